"""One story's page: everything that is known of it, in people's words, and only as text."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from lxml import etree

from aggregator.model import Carried, Enclosure, Evidence, PublishedFeed, Selection, Story, Tag
from aggregator.publish import evidence, pages, story_page, words
from aggregator.publish.story_page import Dossier, Revised
from aggregator.publish.view import View

STRICT = etree.XMLParser(recover=False, resolve_entities=False, no_network=True)
WHEN = datetime(2026, 10, 13, 8, 0, tzinfo=UTC)


def dossier(story: Story, view: View, **changes: Any) -> Dossier:
    """What is known of the story, all its carriers with the whole text."""
    carried = tuple(
        Carried(item=item, share=1, own=0, other_title=False, how="whole text", differences=())
        for item in story.carriers
    )
    return Dossier(**{"story": story, "carried": carried, "sources": view.sources, "labels": view.labels} | changes)


@pytest.fixture
def frame(site):
    energy = PublishedFeed(
        id="energie",
        title="E",
        description="",
        language="de",
        selection=Selection(labels=("energie",)),
        group="cluster",
    )
    return pages.frame(site, [energy])


@pytest.fixture
def shown(make_view, frame):
    """The page of a story, as a tree."""

    def show(story: Story, **changes: Any) -> etree._Element:
        rendered = story_page.page(dossier(story, make_view(story), **changes), frame)
        assert rendered.dropped == ()
        return etree.fromstring(rendered.content, STRICT)

    return show


def said(element: etree._Element | None) -> str:
    assert element is not None
    return " ".join("".join(element.itertext()).split())


def section(page: etree._Element, name: str) -> str:
    return said(page.find(f".//section[@aria-labelledby='{name}']"))


def test_it_begins_with_what_when_and_who(shown, make_story) -> None:
    page = shown(make_story(1))
    assert page.findtext(".//h1") == "Förderung für Speicher 1"
    assert page.findtext("head/title") == "Förderung für Speicher 1 – Nachrichten aus der Region"
    head = said(page.find(".//article/header"))
    assert head == (
        "Energietechnik Förderung für Speicher 1 12. Oktober 2026, 11:00 Uhr · Quelle: Ministerium für Wirtschaft · "
        "Von Erika Beispiel"
    )
    assert page.find(".//p[@class='original']/a").get("href") == "https://ministerium.example/meldung.1"


def test_its_text_has_our_own_elements_alone(shown, make_item, make_story) -> None:
    written = '<p id="x">Ein <strong>Satz</strong>, <a href="https://a.example/">Link</a>.</p><ul><li>Punkt</li></ul>'
    page = shown(make_story(1, origin=make_item(1, html=written, summary="")))
    text = page.find(".//div[@class='sheet prose']")
    assert [(each.tag, dict(each.attrib)) for each in text.iter() if each is not text] == [
        ("p", {}),
        ("strong", {}),
        ("a", {"href": "https://a.example/"}),
        ("ul", {}),
        ("li", {}),
    ]
    assert said(text) == "Ein Satz, Link. Punkt"


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        pytest.param(
            {"summary": "Kurz gesagt."}, "Kurz gesagt. Das Land fördert 1 Speicher & Netze.", id="a lead of its own"
        ),
        pytest.param(
            {"summary": "Das Land fördert 1 Speicher & …"},
            "Das Land fördert 1 Speicher & Netze.",
            id="a lead that is the beginning",
        ),
        pytest.param(
            {"html": "<p>Titel!</p><p>Text</p>", "title": "Titel!", "summary": ""}, "Text", id="the title said again"
        ),
        pytest.param({"html": "", "text": "Zeile\nZeile 2", "summary": ""}, "Zeile Zeile 2", id="plain text"),
        pytest.param({"html": "", "text": "", "summary": "Nur das."}, "Nur das.", id="a summary alone"),
        pytest.param(
            {"html": "", "text": "", "summary": ""},
            "Die Quelle gibt keinen Text, nur den Titel.",
            id="nothing but a title",
        ),
    ],
)
def test_what_stands_as_its_text(shown, make_item, make_story, changes: dict[str, str], text: str) -> None:
    page = shown(make_story(1, origin=make_item(1, **changes)))
    assert said(page.find(".//div[@class='sheet prose']")) == text


def test_a_text_without_end_is_cut_and_says_so(shown, make_item, make_story) -> None:
    page = shown(make_story(1, origin=make_item(1, html="<p>Wort Wort Wort Wort</p>" * 9000)))
    text = said(page.find(".//div[@class='sheet prose']"))
    assert 50_000 < len(text) < 70_000
    assert text.endswith("die Originalmeldung enthält ihn ganz.")


def test_an_excerpt_says_that_it_is_one(shown, make_item, make_story) -> None:
    story = make_story(1, origin=make_item(1, html="", text="", summary="Ein Satz."))
    text = said(shown(story, excerpt=True).find(".//div[@class='sheet prose']"))
    assert text == "Ein Satz. Hier steht nur ein Auszug; die Rechte liegen bei der Quelle."


def test_a_text_in_another_language_says_so(shown, make_item, make_story) -> None:
    page = shown(make_story(1, origin=make_item(1, language="en")))
    assert page.find(".//h1").get("lang") == "en"
    assert page.find(".//div[@class='sheet prose']").get("lang") == "en"


def test_everyone_who_carried_it_and_how(shown, make_item, make_story) -> None:
    portal, paper = make_item(2, "cluster", title="Geld für Speicher"), make_item(3, "zeitung", language="en")
    story = make_story(1, further=(portal, paper))
    carried = (
        Carried(item=story.origin, share=1, own=0, other_title=False, how="whole text", differences=()),
        Carried(
            item=portal, share=0.456, own=0, other_title=True, how="shortened", differences=(("5 Mio.", "6 Mio."),)
        ),
        Carried(item=paper, share=0.1, own=0.9, other_title=False, how="translation", differences=()),
    )
    assert section(shown(story, carried=carried), "carriers") == (
        "Wer diese Meldung brachte "
        "Ministerium für Wirtschaft Ursprung 12. Oktober 2026, 11:00 Uhr "
        "Clustermanagement 12. Oktober 2026, 10:00 Uhr · gekürzt (46 % des Textes) Titel dort: Geld für Speicher "
        "Statt „5 Mio.“ heißt es dort: „6 Mio.“ "
        "Die Zeitung 12. Oktober 2026, 09:00 Uhr · Übersetzung"
    )


def test_what_it_said_before(shown, make_story) -> None:
    story = make_story(1)
    story = replace(story, changed=story.minted + timedelta(hours=1))
    revised = (
        Revised(replaced=WHEN, title="Alter Titel", differences=(("33,1", "33,7"),)),
        Revised(replaced=WHEN, title=story.origin.title, differences=()),
    )
    page = shown(story, revised=revised)
    assert section(page, "revisions") == (
        "Was sich geändert hat Bis 13. Oktober 2026, 10:00 Uhr Titel: Alter Titel „33,7“, jetzt „33,1“ "
        "Bis 13. Oktober 2026, 10:00 Uhr Anderer Wortlaut"
    )
    assert "geändert 12. Oktober 2026, 13:00 Uhr" in said(page.find(".//header[@class='lead']"))


def test_stories_of_the_same_event_are_linked(shown, make_story) -> None:
    other = replace(make_story(2), id="tag:news.example,2026:story/" + "0" * 32)
    page = shown(make_story(1), related=(other,))
    (link,) = page.find(".//section[@aria-labelledby='related']").iter("a")
    assert link.get("href") == f"../stories/{'0' * 32}.html"
    assert section(page, "related").endswith(
        "Förderung für Speicher 2 12. Oktober 2026, 10:00 Uhr · Ministerium für Wirtschaft"
    )


def test_why_it_is_tagged_and_what_it_missed(shown, make_story) -> None:
    miss = Tag(label="digital", score=0, evidence=(Evidence("KI", "text", "KI", 0.5),))
    page = shown(make_story(1, near_misses=(miss,)))
    why = page.find(".//section[@aria-labelledby='why']")
    assert [said(each) for each in why.iter("h3", "summary")] == [
        "Energietechnik",
        "Knapp nicht vergeben (1)",
        "Digitalisierung",
    ]
    assert [said(each) for each in why.iter("li")] == [
        "„Speicher“ in der Überschrift gesucht war „Speicher…“ +1,5",
        "„KI“ im Text +0,5",
    ]
    assert "kein Thema" in section(shown(make_story(1, tags=())), "why")


@pytest.mark.parametrize(
    ("one", "found", "rule", "weight"),
    [
        pytest.param(Evidence("KI", "title", "KI", 3.0), "„KI“ in der Überschrift", "", "+3", id="the word itself"),
        pytest.param(
            Evidence("*wasserstoff*", "text", "Wasserstoffs, Wasserstoff", 0.25),
            "„Wasserstoffs“, „Wasserstoff“ im Text",
            "gesucht war „…wasserstoff…“",
            "+0,25",
            id="open ends are dots",
        ),
        pytest.param(
            Evidence("excluded: Minister* für Energie", "text", "Energie", 0.0),
            "„Energie“ im Text",
            "zählt nicht: gehört zu „Minister… für Energie“",
            "",
            id="a name of an office",
        ),
        pytest.param(
            Evidence("excluded: Gehweg*", "item", "Gehwegbau", -1.5),
            "„Gehwegbau“ in der Meldung",
            "schließt das Thema aus: Regel „Gehweg…“",
            "−1,5",
            id="what bars the label",
        ),
        pytest.param(
            Evidence("enumeration of clusters", "summary", "A, B", 1.5),
            "„A“, „B“ in der Zusammenfassung",
            "mehrere Themen in einer Aufzählung",
            "+1,5",
            id="an enumeration speaks for all",
        ),
        pytest.param(
            Evidence("in an enumeration of clusters", "summary", "A", 0.0),
            "„A“ in der Zusammenfassung",
            "zählt nicht: steht nur in einer Aufzählung",
            "",
            id="an enumeration speaks for none",
        ),
        pytest.param(
            Evidence("needs one of: Bahn, Bus", "text", "Linie", 0.0),
            "„Linie“ im Text",
            "zählt nicht: es fehlt eines von Bahn, Bus",
            "",
            id="a second signal is missing",
        ),
        pytest.param(
            Evidence("Auto*, beside Kunden", "text", "Autos", 0.2),
            "„Autos“ im Text",
            "nur am Rande, neben „Kunden“",
            "+0,2",
            id="only mentioned",
        ),
        pytest.param(
            Evidence("source", "source", "energie", 1.0),
            "Alle Meldungen dieser Quelle tragen es.",
            "",
            "+1",
            id="by its source",
        ),
        pytest.param(Evidence("by hand", "by hand", "energie", 1.0), "Von Hand vergeben.", "", "+1", id="by hand"),
        pytest.param(
            Evidence("neu", "ort", "x", 0.0), "„x“ ort", "gesucht war „neu“", "", id="a field nobody has named yet"
        ),
    ],
)
def test_evidence_in_peoples_words(one: Evidence, found: str, rule: str, weight: str) -> None:
    assert evidence.sign(one, words.of("de"), "de") == (found, rule, weight)


def test_files_tell_what_they_are(shown, make_item, make_story) -> None:
    files = (
        Enclosure(url="https://a.example/pfad/Bericht.pdf?x=1", type="application/pdf", length=1_260_000),
        Enclosure(url="https://a.example/", type=None, length=None),
    )
    page = shown(make_story(1, origin=make_item(1, enclosures=files)))
    assert section(page, "files") == "Dateien Bericht.pdf PDF, 1,3 MB a.example"


def test_a_former_story_leads_to_the_one_it_proved_to_be(make_story, frame) -> None:
    story = replace(make_story(1), id="tag:news.example,2026:story/" + "a" * 32)
    page = etree.fromstring(story_page.moved(story, frame).content, STRICT)
    assert page.find(".//meta[@http-equiv='refresh']").get("content") == f"0; url={'a' * 32}.html"
    assert page.find(".//main//a").get("href") == f"{'a' * 32}.html"


def test_what_can_not_be_shown_gives_no_page(make_story, make_view, frame) -> None:
    bad = make_story(3, published=datetime.max.replace(tzinfo=UTC))
    rendered = story_page.page(dossier(bad, make_view(bad)), frame)
    assert (rendered.content, rendered.dropped) == (b"", (bad.id,))


def test_an_english_site_speaks_english(make_story, make_view, site) -> None:
    story = make_story(1)
    frame = pages.frame(replace(site, language="en"), [])
    page = etree.fromstring(story_page.page(dossier(story, make_view(story)), frame).content, STRICT)
    assert section(page, "carriers").startswith("Who carried this story")
    assert "“Speicher” in the title searched for “Speicher…” +1.5" in section(page, "why")
