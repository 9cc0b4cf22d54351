"""Main text of pages without a recipe: the shapes in which German authorities, clusters and papers publish."""

import pytest

from aggregator.model import Entry, Hints, Unreadable
from aggregator.parse import page

pytestmark = pytest.mark.slow  # trafilatura is imported
URL = "https://mwe.presse.example/de/meldung/4711"
ENTRY = Entry(link=URL, fingerprint="f")
NEWS = """<p>Das Ministerium für Wirtschaft fördert den Ausbau der Wasserstoffwirtschaft in der Lausitz mit 12 Millionen Euro.
Die Mittel stammen je zur Hälfte aus dem Land und der Europäischen Union.</p>
<p>„Mit dem Vorhaben entstehen in Lübbenau rund 80 Arbeitsplätze“, sagte die Ministerin bei der Übergabe des Bescheides am
Montag. Der Bau der Anlage soll im Frühjahr beginnen und bis zum Jahr 2028 abgeschlossen sein.</p>
<p>Am Vorhaben beteiligen sich drei Hochschulen, zwei Stadtwerke und elf mittelständische Unternehmen der Region. Sie haben
sich vor zwei Jahren zu einem Verbund zusammengeschlossen.</p>"""
SIDE = """<aside class="marginalspalte"><h3>Ministerin</h3><p>Lebenslauf und Termine der Hausleitung</p>
<h3>Publikationen</h3><ul><li><a href="/b/1">Broschüre Energiestrategie</a></li></ul></aside>"""
RELATED = """<div class="related"><h3>Weitere Meldungen</h3><ul><li><a href="/m/1">Radweg an der Spree eröffnet</a></li>
<li><a href="/m/2">Förderbescheid für Cottbus</a></li><li><a href="/m/3">Neue Leiterin im Museum</a></li></ul></div>"""
COOKIES = """<div id="cookie-banner" class="cookie-consent"><p>Wir verwenden Cookies, damit alles gut geht.</p>
<button>Alle akzeptieren</button></div>"""
CONTACT = """<footer><p>Pressestelle, Heinrich-Mann-Allee 107, 14473 Potsdam</p></footer>"""


def shaped(inside: str, head: str = "") -> bytes:
    nav = '<nav><ul><li><a href="/">Startseite</a></li><li><a href="/themen">Themen von A bis Z</a></li></ul></nav>'
    return (
        f'<!DOCTYPE html><html lang="de"><head><title>Wasserstoff | MWE</title>{head}</head><body>{nav}{inside}</body></html>'
    ).encode()


@pytest.mark.parametrize(
    ("inside", "gone"),
    [
        pytest.param(f"<main><article><h1>A</h1>{NEWS}</article></main>{SIDE}", "Lebenslauf", id="boxes at the side"),
        pytest.param(f"<main><h1>A</h1><div class=text>{NEWS}</div>{RELATED}</main>", "Radweg", id="related news"),
        pytest.param(f"{COOKIES}<main><h1>A</h1>{NEWS}</main>", "Cookies", id="a cookie banner"),
        pytest.param(f"<main><h1>A</h1>{NEWS}</main>{CONTACT}", "Heinrich-Mann", id="an address in the footer"),
        pytest.param(
            f"<div class=wrapper><div class=content><h1>A</h1>{NEWS}</div></div>", "Startseite", id="nothing but div"
        ),
        pytest.param(
            f"<table><tr><td>{SIDE}</td><td><h1>A</h1>{NEWS}</td></tr></table>", "Lebenslauf", id="a layout of tables"
        ),
        pytest.param(
            f"<main><h1>A</h1><figure><img src=x.jpg><figcaption>Foto: Muster</figcaption></figure>{NEWS}</main>",
            "Themen von A",
            id="a picture with a caption",
        ),
    ],
)
def test_the_text_and_not_what_stands_around_it(inside: str, gone: str) -> None:
    found = page.complete(ENTRY, shaped(inside), Hints(url=URL), None)
    assert isinstance(found, Entry)
    assert found.content
    for part in ("12 Millionen Euro", "rund 80 Arbeitsplätze", "elf mittelständische Unternehmen"):
        assert part in found.content.value
    assert gone not in found.content.value


TEXT = "Förderung für Lübbenau: „größere“ Öfen – 50 €"


@pytest.mark.parametrize(
    ("encoding", "head", "charset"),
    [
        pytest.param("utf-8", "", None, id="UTF-8 without a label"),
        pytest.param("utf-8", '<meta charset="iso-8859-1">', None, id="UTF-8 labelled ISO 8859-1"),
        pytest.param("cp1252", '<meta charset="iso-8859-1">', None, id="windows-1252 labelled ISO 8859-1"),
        pytest.param("cp1252", '<meta charset="utf-8">', "utf-8", id="windows-1252 labelled UTF-8"),
        pytest.param(
            "cp1252", "<!-- x -->" * 300 + '<meta charset="windows-1252">', None, id="a label that comes late"
        ),
    ],
)
def test_no_encoding_of_a_page_spoils_its_text(encoding: str, head: str, charset: str | None) -> None:
    body = shaped(f"<main><h1>A</h1><p>{TEXT}</p>{NEWS}</main>", head).decode().encode(encoding)
    found = page.complete(ENTRY, body, Hints(url=URL, charset=charset), None)
    assert isinstance(found, Entry)
    assert found.content
    assert TEXT in found.content.value


def test_a_page_encoded_twice_or_in_iso_8859_15() -> None:
    whole = shaped(f"<main><h1>A</h1><p>50 € für Öfen</p>{NEWS}</main>", '<meta charset="iso-8859-15">').decode()
    plain = whole.replace("„", "").replace("“", "")
    for body in (whole.encode().decode("cp1252").encode(), plain.encode("iso8859-15")):
        found = page.complete(ENTRY, body, Hints(url=URL), None)
        assert isinstance(found, Entry)
        assert found.content
        assert "50 € für Öfen" in found.content.value


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"<html><body>" + b"<div>" * 20_000 + b"<p>x</p>", id="nested deeply"),
        pytest.param(b"<html><body><p " + b"a=1 " * 50_000 + b">x</p>", id="attributes"),
        pytest.param(b"<html><body>" + b"<!--" * 50_000, id="open comments"),
    ],
)
def test_hostile_pages_are_read_or_refused(body: bytes) -> None:
    assert isinstance(page.complete(ENTRY, body, Hints(url=URL), None), Entry | Unreadable)
