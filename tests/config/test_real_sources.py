"""The configuration of the capital region: it loads, says where each source comes from, and its recipes read pages of the shape
they were written for."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from aggregator import urls
from aggregator.clean import dates
from aggregator.clean import item as clean
from aggregator.config import load
from aggregator.model import (
    Authority,
    Document,
    Entry,
    FullText,
    Hints,
    Item,
    Kind,
    Recognised,
    Source,
    Standing,
)
from aggregator.parse import document, page
from tests import shared_data

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted((ROOT / "config/sources").glob("*.yaml"))
RECIPES = ROOT / "tests/golden/recipes"
FAMILIES = sorted(path.name for path in RECIPES.iterdir())
NOW = datetime(2026, 11, 1, tzinfo=UTC)
WORKING = "reported working in public code"
ATTESTED = re.compile(rf"(?:{WORKING}(?:, \d{{4}}(?:-\d\d)?)?|named in public code only|seen as a page)")


@pytest.fixture(scope="module")
def config() -> load.Config:
    return load.load(ROOT / "config", environment={})


@pytest.fixture(scope="module")
def sources(config: load.Config) -> dict[str, Source]:
    return {source.id: source for source in config.sources}


def attestations(written: str) -> Iterator[tuple[str, list[str]]]:
    """Each id with what the comments between it and the source before say of it."""
    found: list[str] = []
    for line in written.splitlines():
        if line.startswith("  # attested: "):
            found.append(line.removeprefix("  # attested: "))
        elif line.startswith("  - id: "):
            yield line.removeprefix("  - id: "), found
            found = []


def cleaned(entry: Entry, source: Source) -> Item:
    guid = entry.link or ""
    known = Recognised(entry=entry, guid=guid, standing=Standing.NEW, aliases=(), first_seen=None)
    found = clean.clean(known, source, now=NOW)
    assert isinstance(found, Item)
    return found


def listed(source: Source, body: bytes, url: str) -> Document:
    found = document.read(body, Hints(url=url, kind=Kind.LISTING, listing=source.listing))
    assert isinstance(found, Document), found
    return found


def completed(source: Source, entry: Entry, body: bytes) -> Item:
    found = page.complete(entry, body, Hints(url=entry.link or source.url), source.detail)
    assert isinstance(found, Entry), found
    return cleaned(found, source)


def prose(item: Item) -> str:
    return " ".join(item.text.replace("•", " ").split())


# ------------------------------------------------------------------------------------------------------------- what is written


def test_every_source_says_how_well_it_is_attested_and_only_the_working_ones_are_enabled(
    sources: dict[str, Source],
) -> None:
    said = dict(pair for file in FILES for pair in attestations(file.read_text(encoding="utf-8")))
    assert set(said) == set(sources)
    assert {name: words for name, words in said.items() if len(words) != 1 or not ATTESTED.fullmatch(words[0])} == {}
    enabled = [source.id for source in sources.values() if source.enabled]
    assert [name for name in enabled if not said[name][0].startswith(WORKING)] == []
    assert "berlin-presse" in enabled


def test_what_every_source_says_of_itself() -> None:
    wanted = ("name", "url", "homepage", "kind", "language", "authority", "region")
    for file in FILES:
        for block in file.read_text(encoding="utf-8").split("\n  - ")[1:]:
            lines = block.splitlines()
            missing = [key for key in wanted if not any(line.startswith(f"    {key}: ") for line in lines)]
            assert (lines[0], missing) == (lines[0], [])


def test_sources_are_distinct_and_of_known_regions(config: load.Config) -> None:
    assert len({source.url for source in config.sources}) == len({source.id for source in config.sources})
    regions = {region for source in config.sources for region in source.region}
    assert regions == {"berlin", "brandenburg", "deutschland", "europa"}
    abroad = [
        source.id for source in config.sources if source.enabled and not {"berlin", "brandenburg"} & {*source.region}
    ]
    assert abroad == [], "nothing picks the region's items out of a source of the whole country"


def test_the_press_gives_no_full_text_and_nobody_gives_images(sources: dict[str, Source]) -> None:
    press = [name for name, _ in attestations((ROOT / "config/sources/press.yaml").read_text(encoding="utf-8"))]
    assert [name for name in press if sources[name].full_text is not FullText.NEVER] == ["bitkom"]
    assert [source.id for source in sources.values() if source.detail and source.detail.image] == []


def test_cluster_sites_only_carry_what_others_issued(sources: dict[str, Source]) -> None:
    labelled = {source.id: source.authority for source in sources.values() if source.labels}
    assert len(labelled) >= 8
    assert Authority.ISSUER not in labelled.values()


# ------------------------------------------------------------------------------------------------------------------ stable keys


@pytest.mark.parametrize(
    ("url", "key"),
    [
        pytest.param(
            "https://www.berlin.de/sen/finanzen/presse/pressemitteilungen/pressemitteilung.1102315.php",
            "pressemitteilung.1102315",
            id="berlin.de counts the releases of the whole state",
        ),
        pytest.param(
            "http://mwaek.brandenburg.de/de/ern%EF%BF%BDhrung/bb1.c.478829.de",
            "bb1.c.478829",
            id="whatever the slug says",
        ),
        pytest.param(
            "https://stk.brandenburg.de/cms/detail.php/detail.php?gsid=bb1.c.704177.de",
            "bb1.c.704177",
            id="in the query",
        ),
        pytest.param(
            "https://mbjs.brandenburg.de/aktuelles/pressemitteilungen.html?news=brandenburg_06.c.900002.de",
            "brandenburg_06.c.900002",
            id="a query that is the id",
        ),
        pytest.param("https://www.diw.de/de/diw_01.c.912345.de/x.html", "diw_01.c.912345", id="DIW"),
        pytest.param("https://nachrichten.idw-online.de/news832347", "news832347", id="the wire without a language"),
        pytest.param("https://idw-online.de/de/news832347", "news832347", id="the wire with a language"),
        pytest.param("https://proagro.de/x/branchennews/?a=1&news-meldung=11690", "news-meldung=11690", id="pro agro"),
        pytest.param("https://www.ihk.de/berlin/presse/kammer-tagt-5123456", "5123456", id="a chamber's seven digits"),
        pytest.param("https://www.pressebox.de/inaktiv/firma/titel/boxid/123456", "boxid/123456", id="pressebox"),
        pytest.param("https://other.example/news12", None, id="another site's news12 is not the wire's"),
        pytest.param("https://other.example/de/?news-meldung=11690", None, id="another site's parameter"),
        pytest.param("https://fu-berlin.de/pressemitteilung.5.php", None, id="a host that only ends like berlin.de"),
        pytest.param("https://metall-brandenburg.de/bb1.c.5.de", None, id="a host that only ends like brandenburg.de"),
    ],
)
def test_stable_keys(config: load.Config, url: str, key: str | None) -> None:
    patterns = [re.compile(pattern) for pattern in config.stable_keys]
    assert urls.stable_key(url, patterns) == key


# ---------------------------------------------------------------------------------------------------------------------- recipes


@pytest.mark.parametrize("family", FAMILIES)
def test_the_listing_of_a_family(sources: dict[str, Source], family: str) -> None:
    wanted = json.loads((RECIPES / family / "expected.json").read_text(encoding="utf-8"))["listing"]
    source = sources[wanted["source"]]
    assert source.url == wanted["url"]
    found = listed(source, (RECIPES / family / "listing.html").read_bytes(), wanted["url"])
    entries = [
        {
            "link": entry.link,
            "title": entry.title and entry.title.value,
            "published": _instant(entry, source),
        }
        for entry in found.entries
    ]
    assert (entries, found.next_page) == (wanted["entries"], wanted["next"])


@pytest.mark.parametrize("family", [family for family in FAMILIES if (RECIPES / family / "detail.html").exists()])
def test_the_page_behind_a_link_of_a_family(sources: dict[str, Source], family: str) -> None:
    expected = json.loads((RECIPES / family / "expected.json").read_text(encoding="utf-8"))
    listing, wanted = expected["listing"], expected["detail"]
    first = listed(
        sources[listing["source"]], (RECIPES / family / "listing.html").read_bytes(), listing["url"]
    ).entries[0]
    item = completed(sources[wanted["source"]], first, (RECIPES / family / "detail.html").read_bytes())
    assert {
        "source": wanted["source"],
        "title": item.title,
        "published": item.published.isoformat(),
        "issuer": item.issuer,
        "text": prose(item),
    } == wanted
    assert item.enclosures == ()


def _instant(entry: Entry, source: Source) -> str | None:
    moment = dates.read(entry.published_text or "", zone=source.timezone)
    return moment.instant.isoformat() if moment else None


# --------------------------------------------------------------------------------------------------------------- recorded pages


def test_the_page_the_product_starts_from(sources: dict[str, Source]) -> None:
    recorded = shared_data.folder("seed")
    source = sources["innobb"]
    (entry,) = listed(source, (recorded / "listing.html").read_bytes(), source.url).entries
    item = completed(source, entry, (recorded / "detail.html").read_bytes())
    assert item.title == "Cluster der Hauptstadtregion setzen auf Digitalisierung"
    assert item.published.isoformat() == "2017-11-21T23:00:00+00:00"  # midnight in Berlin
    assert item.issuer == "Ministerium für Wirtschaft und Energie (MWE)"
    assert item.text.startswith("Die Branchen-Cluster in Berlin")
    assert item.text.endswith("angesiedelt sind.")
    assert "Wie gehen Handwerksbetriebe in der Lausitz" in item.text


@pytest.mark.parametrize(
    ("number", "issuer", "begins", "ends", "published"),
    [
        pytest.param(
            1102315,
            "Senatsverwaltung für Finanzen",
            "Transaktion ist jetzt formal abgeschlossen",
            None,
            "2021-07-01T14:50:00+00:00",
            id="a department",
        ),
        pytest.param(
            1102306,
            "Bezirksamt Charlottenburg-Wilmersdorf von Berlin",
            "Der Gehweg an der Ostseite",
            "Plath",
            "2021-07-01T14:05:00+00:00",
            id="a district, with a contact block in the text",
        ),
    ],
)
def test_recorded_releases_of_berlin(
    sources: dict[str, Source], number: int, issuer: str, begins: str, ends: str | None, published: str
) -> None:
    recorded = shared_data.folder("berlin-presse")
    source = sources["berlin-presse"]
    feed = document.read((recorded / "feed.xml").read_bytes(), Hints(url=source.url, kind=source.kind))
    assert isinstance(feed, Document)
    (entry,) = (entry for entry in feed.entries if str(number) in (entry.link or ""))
    item = completed(source, entry, (recorded / f"pressemitteilung.{number}.html").read_bytes())
    assert entry.title
    assert entry.title.value == item.title
    assert (item.issuer, item.published.isoformat()) == (issuer, published)
    assert prose(item).startswith(begins)
    assert prose(item).endswith(ends or prose(item)[-1])
    for around in (
        "Pressemitteilung",
        "Coronavirus",
        "Nahverkehr",
        "@",
        "Impressum",
        "Sekundäre Navigation",
        "Kontakt",
    ):
        assert around not in item.text
