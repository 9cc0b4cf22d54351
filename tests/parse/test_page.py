import re
from dataclasses import replace

import pytest

from aggregator.errors import Failure
from aggregator.model import Detail, Enclosure, Entry, Hints, Prose, Selector, Unreadable
from aggregator.parse import page
from tests import shared_data

URL = "https://cluster.example/de/news/wasserstoff"
ENTRY = Entry(
    link=URL, title=Prose("Erste Anlage für …", html=False), published_text="1. März", fingerprint="f", guid="g"
)
PAGE = """<!DOCTYPE html><html lang="de"><head><meta charset="utf-8"><title>Erste Anlage | Cluster</title>
<meta property="article:published_time" content="2026-03-02T09:00:00+01:00"></head>
<body><nav><ul><li><a href="/">Start</a></li></ul></nav><main><div class="date">02.03.2026</div>
<h1>Erste Anlage für Wasserstoff</h1>
<div class="text"><h2>Erste Anlage für Wasserstoff</h2>
<p>Die Anlage in <a href="/orte/schwarze-pumpe">Schwarze Pumpe</a> geht in Betrieb.</p>
<ul><li>Erstens die Speicherung</li><li>Zweitens der Verkehr</li></ul><p>Weitere Auskunft gibt das Werk.</p>
{source}
<h3>Impressionen: Eröffnung</h3>
<div class="gallery"><a href="/files/1.jpg"><img src="/thumb/1.jpg"></a>
<a href="/files/2.png"><img src="/thumb/2.png"></a></div>
</div></main><footer><p>Impressum</p></footer></body></html>"""
RECIPE = Detail(
    title=Selector(css="h1"),
    date=Selector(css=".date"),
    content=Selector(css=".text"),
    image=Selector(css=".gallery a", attribute="href"),
    issuer_text="Quelle:",
    remove=(".gallery", 'h3:-soup-contains("Impressionen")'),
)


def complete(recipe: Detail | None = RECIPE, source: str = "", entry: Entry = ENTRY) -> Entry:
    found = page.complete(entry, PAGE.replace("{source}", source).encode(), Hints(url=URL), recipe)
    assert isinstance(found, Entry)
    return found


def content(entry: Entry) -> str:
    assert entry.content
    assert entry.content.html
    return entry.content.value


def test_a_page_by_recipe() -> None:
    found = complete(source="<p class='source'><em>Quelle: Ministerium für Beispiele (MfB)</em></p>")
    assert (found.title, found.published_text) == (("Erste Anlage für Wasserstoff", False), "02.03.2026")
    assert found.issuer_text == "Ministerium für Beispiele (MfB)"
    assert found.enclosures == (
        Enclosure(url="https://cluster.example/files/1.jpg", type="image/jpeg"),
        Enclosure(url="https://cluster.example/files/2.png", type="image/png"),
    )
    text = content(found)
    assert text.startswith('<p>Die Anlage in <a href="https://cluster.example/orte/schwarze-pumpe">')
    assert "<li>Zweitens der Verkehr</li>" in text
    for gone in ("Quelle", "Impressionen", "gallery", "Impressum", "Start", "02.03.", "<h2>"):
        assert gone not in text
    assert (found.guid, found.link, found.fingerprint, found.language) == ("g", URL, "f", "de")


@pytest.mark.parametrize(
    ("source", "issuer", "left"),
    [
        pytest.param("<p>Quelle: Amt A</p>", "Amt A", "", id="a paragraph"),
        pytest.param("<p><strong>Quelle:</strong> Amt B</p>", "Amt B", "", id="the word alone is bold"),
        pytest.param(
            "<p>Letzter Satz.<br>Quelle: Amt C<br>Noch einer.</p>", "Amt C", "Letzter Satz.", id="between two breaks"
        ),
        pytest.param(
            "<p>Satz.<br/><em><b>Quelle:</b> <a href='/'>Amt D</a></em></p>", "Amt D", "Satz.", id="through inline tags"
        ),
        pytest.param("<div><p>Quelle: Amt E</p><p>Ende</p></div>", "Amt E", "Ende", id="a block in a block"),
        pytest.param("<p>Die Quelle: ein Bach im Spreewald.</p>", None, "ein Bach", id="the word within a sentence"),
        pytest.param("<p>Quellen: viele</p>", None, "viele", id="a longer word"),
    ],
)
def test_the_line_that_names_the_issuer(source: str, issuer: str | None, left: str) -> None:
    found = complete(source=source)
    assert found.issuer_text == issuer
    assert left in content(found)
    assert not issuer or issuer not in content(found)
    assert "Weitere Auskunft" in content(found)
    assert not re.search(r"<(p|em|strong|div)>\s*</\1>", content(found))  # nothing empty is left behind


def test_what_the_page_does_not_say_stays() -> None:
    recipe = replace(RECIPE, title=Selector(css=".none"), date=Selector(css=".none"), image=None)
    found = complete(recipe)
    assert (found.title, found.published_text, found.enclosures) == (ENTRY.title, ENTRY.published_text, ())


def test_a_selector_for_the_issuer_and_an_image_by_its_source() -> None:
    recipe = replace(RECIPE, issuer=Selector(css=".by"), image=Selector(css=".gallery img"))
    found = complete(recipe, "<p class='by'>Quelle: Amt F</p>")
    assert found.issuer_text == "Amt F"
    assert [enclosure.url for enclosure in found.enclosures] == [
        "https://cluster.example/thumb/1.jpg",
        "https://cluster.example/thumb/2.png",
    ]


@pytest.mark.slow
def test_a_page_without_recipe() -> None:
    found = complete(
        None,
        "<p>Das Land fördert das Vorhaben mit Mitteln der Europäischen Union.</p>",
        replace(ENTRY, published_text=None),
    )
    assert found.published_text == "2026-03-02T09:00:00+01:00"
    assert found.title == ENTRY.title
    text = content(found)
    assert "Zweitens der Verkehr" in text
    assert 'href="https://cluster.example/orte/schwarze-pumpe"' in text
    assert "Impressum" not in text
    assert complete(None, entry=replace(ENTRY, title=None)).title == ("Erste Anlage für Wasserstoff", False)


@pytest.mark.parametrize(
    ("body", "recipe", "failure"),
    [
        pytest.param(b"", RECIPE, Failure.EMPTY, id="nothing"),
        pytest.param(b"%PDF-1.7 ...", RECIPE, Failure.MALFORMED, id="a PDF"),
        pytest.param(b"<html><body><p>x</p>", RECIPE, Failure.MALFORMED, id="a page without the content's place"),
        pytest.param(b"<html><body></body></html>", None, Failure.NO_ENTRIES, id="a page without main text"),
        pytest.param(b"<html>x", replace(RECIPE, remove=(":has(",)), Failure.MALFORMED, id="a selector that is none"),
    ],
)
def test_pages_that_can_not_be_read(body: bytes, recipe: Detail | None, failure: Failure) -> None:
    found = page.complete(ENTRY, body, Hints(url=URL), recipe)
    assert isinstance(found, Unreadable)
    assert found.failure is failure


@pytest.mark.slow
def test_a_deep_page_is_no_recursion() -> None:
    body = b"<html><body><div class=text>" + b"<div>" * 5_000 + b"Quelle: x"
    assert isinstance(page.complete(ENTRY, body, Hints(url=URL), RECIPE), Entry)


def test_the_page_the_product_starts_from() -> None:
    body = (shared_data.folder("seed") / "detail.html").read_bytes()
    found = page.complete(ENTRY, body, Hints(url="https://cluster.example/de/news/x"), RECIPE)
    assert isinstance(found, Entry)
    assert found.title == ("Cluster der Hauptstadtregion setzen auf Digitalisierung", False)
    assert found.published_text == "22.11.2017"
    assert found.issuer_text == "Ministerium für Wirtschaft und Energie (MWE)"
    assert len(found.enclosures) == 2
    text = content(found)
    assert text.count("<li>") == 2
    assert "Clustermanagements unterstützt" in text
    for gone in ("menu", "22.11.2017", "Impressionen", "Kontakt", "Quelle"):
        assert gone not in text


BERLIN = Detail(
    title=Selector(css="h1.title"),
    date=Selector(css='meta[name="dcterms.date"]', attribute="content"),
    content=Selector(css=".article > .body"),
    image=Selector(css=".article .main-image img", attribute="data-orig"),
    remove=(".pressnumber",),
)


@pytest.mark.parametrize(
    ("name", "title", "words", "images"),
    [
        ("pressemitteilung.1102306.html", "Gehweg- und Fahrbahnsanierungen an der Suarezstraße", "Spurrinnen", 1),
        ("pressemitteilung.1102315.html", "Stromnetz Berlin ist wieder im Eigentum des Landes Berlin", "Kollatz", 0),
    ],
)
def test_press_pages_of_berlin(name: str, title: str, words: str, images: int) -> None:
    body = (shared_data.folder("berlin-presse") / name).read_bytes()
    found = page.complete(ENTRY, body, Hints(url="https://www.berlin.de/presse/x.php"), BERLIN)
    assert isinstance(found, Entry)
    assert (found.title, found.published_text) == ((title, False), "2021-07-01")
    assert words in content(found)
    assert "Pressemitteilung" not in content(found)
    assert len(found.enclosures) == images
