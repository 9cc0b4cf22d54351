"""Items, entries and matches for the tests of this folder: everything has a value, a test names what it is about."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from aggregator.model import DateTrust, Entry, Item, ItemKey, Match, Prose, Verdict

DAY = datetime(2026, 10, 12, 8, tzinfo=UTC)
RELEASE = (
    "Das Land fördert den Bau einer Anlage für grünen Wasserstoff in der Lausitz mit zwölf Millionen Euro. "
    "Den Bescheid überreichte die Staatssekretärin am Montag in Cottbus. Die Anlage soll im Frühjahr 2028 in Betrieb "
    "gehen und vierzig Arbeitsplätze schaffen."
)


def _item(source: str = "a", guid: str = "1", *, days: float = 0, **changed: Any) -> Item:
    said: dict[str, Any] = {
        "id": f"{source}-{guid}",
        "url": f"https://{source}.example/presse/{guid}",
        "title": f"Meldung {guid} von {source}",
        "summary": "",
        "html": "",
        "text": "",
        "published": DAY + timedelta(days=days),
        "updated": None,
        "date_trust": DateTrust.EXACT,
        "published_text": None,
        "first_seen": DAY,
        "language": "de",
        "authors": (),
        "categories": (),
        "issuer": None,
        "enclosures": (),
        "content_hash": "",
        "fingerprint": "",
    }
    return Item(source_id=source, guid=guid, **(said | changed))


def _entry(title: str | None = "Neue Anlage eröffnet", **changed: Any) -> Entry:
    said: dict[str, Any] = {"title": Prose(title, html=False) if title else None, "fingerprint": f"{title} {changed}"}
    return Entry(**(said | changed))


def _same(left: ItemKey, right: ItemKey, strength: float = 1.0, verdict: Verdict = Verdict.SAME) -> Match:
    left, right = sorted((left, right))
    return Match(left=left, right=right, verdict=verdict, rule="test", strength=strength, evidence="")


@pytest.fixture(scope="session")
def item() -> Callable[..., Item]:
    return _item


@pytest.fixture(scope="session")
def entry() -> Callable[..., Entry]:
    return _entry


@pytest.fixture(scope="session")
def match() -> Callable[..., Match]:
    return _same


@pytest.fixture(scope="session")
def release() -> str:
    """A text long enough to be somebody's own."""
    return RELEASE
