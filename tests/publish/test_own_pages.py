"""The pages about an installation: who is read, what it is, who answers, how accessible it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from lxml import etree

from aggregator.model import OwnTexts, PublishedFeed, Selection, Source
from aggregator.publish import own_pages, pages
from aggregator.publish.own_pages import Listed
from aggregator.publish.pages import Frame
from aggregator.publish.view import Rendered

STRICT = etree.XMLParser(recover=False, resolve_entities=False, no_network=True)


def listed(sources: Mapping[str, Source]) -> list[Listed]:
    """The sources, the last of them in trouble since long."""
    rows = [Listed(source=source, state="ok", last_success=None, items=3) for source in sources.values()]
    return [*rows[:-1], replace(rows[-1], state="failing", last_success=datetime(2026, 10, 1, tzinfo=UTC))]


@pytest.fixture
def frame(site) -> Frame:
    of_source = PublishedFeed(
        id="ministerium", title="M", description="", language="de", selection=Selection(), group="source"
    )
    everything = replace(of_source, id="alles", group="all")
    return pages.frame(site, [everything, of_source])


def text_of(page: Rendered) -> str:
    return " ".join("".join(etree.fromstring(page.content, STRICT).find(".//main").itertext()).split())


def told(frame: Frame, **texts: object) -> Frame:
    return replace(frame, site=replace(frame.site, texts=OwnTexts(**texts)))


def test_sources_stand_in_groups_by_who_they_are(sources, frame) -> None:
    page = etree.fromstring(own_pages.sources(listed(sources), frame).content, STRICT)
    assert [each.text for each in page.iter("h2")] == [
        "Herausgeber",
        "Redaktionen und Verlage",
        "Portale und Verteiler",
    ]
    first = page.find(".//tbody/tr")
    assert [link.get("href") for link in first.iter("a")] == [
        "https://ministerium.example/",
        "ministerium/index.html",
        "https://ministerium.example/presse/rss.xml",
    ]
    assert "".join(first.itertext()).split()[-1] == "3"


def test_a_source_in_trouble_tells_since_when(sources, frame) -> None:
    assert "gestört zuletzt erreicht 1. Oktober 2026" in text_of(own_pages.sources(listed(sources), frame))
    never = [replace(one, last_success=None) for one in listed(sources)]
    assert "gestört noch nie erreicht" in text_of(own_pages.sources(never, frame))


def test_keys_in_the_address_that_is_read_stay_here(sources, frame) -> None:
    secret = replace(sources["cluster"], url="https://user:geheim@cluster.example/news?token=geheim")
    assert b"geheim" not in own_pages.sources(listed({"cluster": secret}), frame).content


def test_about_says_what_it_is_and_how_to_subscribe(frame) -> None:
    page = own_pages.about(frame, sources=12)
    said = text_of(page)
    assert "Nachrichten aus der Region sammelt, was 12 Quellen veröffentlichen." in said
    assert "Alle Meldungen, jede nur einmal." in said  # the site's description
    links = [link.get("href") for link in etree.fromstring(page.content, STRICT).find(".//main").iter("a")]
    assert links == [
        "sources.html",
        "feeds/alles.atom",
        "feeds/alles.rss",
        "feeds/alles.json",
        "feeds.opml",
        "mailto:redaktion@news.example",
    ]
    assert "Suche" not in said  # only a service answers it
    assert "Auch jede Suche" in text_of(own_pages.about(replace(frame, live=True), sources=12))


def test_own_words_stand_in_place_of_what_the_program_says(frame) -> None:
    about = text_of(own_pages.about(told(frame, about="Für alle.\n\nUnd jeden."), sources=1))
    assert "Was das hier ist Für alle. Und jeden. Woher" in about
    imprint = own_pages.imprint(told(frame, imprint="Amt\nStraße 1\n\nhttps://amt.example/"))
    assert text_of(imprint) == "Impressum Amt Straße 1 https://amt.example/"
    assert b'<a href="https://amt.example/">' in imprint.content
    assert text_of(own_pages.accessibility(told(frame, accessibility="Alles gut."))) == "Barrierefreiheit Alles gut."


def test_the_imprint_tells_at_least_who_can_be_asked(frame) -> None:
    assert text_of(own_pages.imprint(frame)).endswith("Nachrichten aus der Region Kontakt: redaktion@news.example")


def test_the_statement_names_scope_status_contact_and_enforcement(frame) -> None:
    said = text_of(own_pages.accessibility(frame))
    for part in ("gilt für https://news.example/", "teilweise vereinbar", "Barrieren melden", "Durchsetzungs- oder"):
        assert part in said
    assert "Zuletzt überprüft" not in said
    filled = told(frame, enforcement="Landesstelle, Straße 2", reviewed=date(2026, 11, 1))
    said = text_of(own_pages.accessibility(filled))
    assert "Zuletzt überprüft: 1. November 2026." in said
    assert said.endswith("Durchsetzungsverfahren Landesstelle, Straße 2")


def test_braces_and_brackets_in_own_words_are_text(frame) -> None:
    odd = replace(frame.site, title="{contact} [x](contact)", description="{0}")
    assert "{contact} [x](contact) sammelt" in text_of(own_pages.about(replace(frame, site=odd), sources=1))


@pytest.mark.parametrize("language", ["de-AT", "en", "fr"])
def test_every_page_speaks_the_sites_language_or_english(sources, frame, language: str) -> None:
    spoken = replace(frame, site=replace(frame.site, language=language, contact="https://a.example/"))
    said = text_of(own_pages.accessibility(spoken))
    assert ("Geltungsbereich" in said) == (language == "de-AT")
    for page in (
        own_pages.about(spoken, sources=1),
        own_pages.imprint(spoken),
        own_pages.sources(listed(sources), spoken),
    ):
        assert text_of(page)
