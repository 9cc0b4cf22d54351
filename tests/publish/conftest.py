"""A small invented world: three sources, two labels, stories of any number."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from aggregator.model import (
    Authority,
    DateTrust,
    Enclosure,
    Evidence,
    Item,
    Label,
    LabelKind,
    PublishedFeed,
    Selection,
    Site,
    Source,
    Story,
    Tag,
)
from aggregator.publish.view import View

NOON = datetime(2026, 10, 12, 10, 0, tzinfo=UTC)
SITE = Site(
    base_url="https://news.example/",
    title="Nachrichten aus der Region",
    description="Alle Meldungen, jede nur einmal.",
    language="de",
    contact="redaktion@news.example",
    timezone="Europe/Berlin",
    imprint_url="https://news.example/impressum",
    minting="news.example,2026",
)
SOURCES = {
    "ministerium": Source(
        id="ministerium",
        name="Ministerium für Wirtschaft",
        url="https://ministerium.example/presse/rss.xml",
        homepage="https://ministerium.example/",
        authority=Authority.ISSUER,
        region=("brandenburg",),
    ),
    "cluster": Source(
        id="cluster",
        name="Clustermanagement",
        url="https://cluster.example/news",
        authority=Authority.REPEATER,
        region=("berlin",),
    ),
    "zeitung": Source(
        id="zeitung", name="Die Zeitung", url="https://zeitung.example/feed", homepage="https://zeitung.example/"
    ),
}
LABELS = {
    "energie": Label(id="energie", kind=LabelKind.CLUSTER, names={"de": "Energietechnik", "en": "Energy"}),
    "digital": Label(id="digital", kind=LabelKind.TOPIC, names={"de": "Digitalisierung", "en": "Digitisation"}),
}
FEED = PublishedFeed(
    id="energie",
    title="Energietechnik",
    description="Meldungen aus dem Cluster",
    language="de",
    selection=Selection(labels=("energie",)),
    group="cluster",
)


def item(number: int = 1, source: str = "ministerium", **changes: Any) -> Item:
    values: dict[str, Any] = {
        "id": f"{source}-{number}",
        "source_id": source,
        "guid": f"meldung.{number}",
        "url": f"https://{source}.example/meldung.{number}",
        "title": f"Förderung für Speicher {number}",
        "summary": f"Das Land fördert {number} Speicher mit 5 Mio. €.",
        "html": f"<p>Das Land fördert <strong>{number}</strong> Speicher &amp; Netze.</p>",
        "text": f"Das Land fördert {number} Speicher & Netze.",
        "published": NOON - timedelta(hours=number),
        "updated": None,
        "date_trust": DateTrust.EXACT,
        "published_text": None,
        "first_seen": NOON,
        "language": "de",
        "authors": ("Erika Beispiel",),
        "categories": (),
        "issuer": None,
        "enclosures": (Enclosure(url=f"https://{source}.example/{number}.pdf", type="application/pdf", length=1234),),
        "content_hash": str(number),
        "fingerprint": str(number),
    }
    return Item(**{**values, **changes})


def story(number: int = 1, *, origin: Item | None = None, further: tuple[Item, ...] = (), **changes: Any) -> Story:
    origin = origin or item(number)
    values: dict[str, Any] = {
        "id": f"tag:news.example,2026:{number}",
        "minted": NOON,
        "origin": origin,
        "carriers": (origin, *further),
        "related": (),
        "published": origin.published,
        "changed": NOON,
        "tags": (
            Tag(
                label="energie",
                score=1.5,
                evidence=(Evidence(rule="Speicher*", field="title", text="Speicher", weight=1.5),),
            ),
        ),
        "near_misses": (),
        "absorbed": (),
        "version": str(number),
    }
    return Story(**{**values, **changes})


def view(*stories: Story, **changes: Any) -> View:
    return View(**{"site": SITE, "feed": FEED, "stories": stories, "sources": SOURCES, "labels": LABELS, **changes})


@pytest.fixture
def make_item() -> Callable[..., Item]:
    return item


@pytest.fixture
def make_story() -> Callable[..., Story]:
    return story


@pytest.fixture
def make_view() -> Callable[..., View]:
    return view


@pytest.fixture
def site() -> Site:
    return SITE


@pytest.fixture
def sources() -> dict[str, Source]:
    return SOURCES
