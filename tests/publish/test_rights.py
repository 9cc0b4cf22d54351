"""What a source does not allow to be published stands in no document and on no page."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.model import Enclosure, Publish
from aggregator.publish import jsonfeed, pages, rights, xml

RENDER = [
    xml.rss,
    xml.atom,
    jsonfeed.render,
    lambda view: pages.feed(view, pages.frame(view.site, [view.feed])),
    lambda view: pages.index(view, pages.frame(view.site, [view.feed])),
]
FIRST = "Das Land fördert 12 Speicher mit 5 Mio. Euro."
LATE = "Geheimnisvoll bleibt, wer sie baut."
TEXT = " ".join([FIRST, *(f"Satz Nummer {number} sagt weiter nichts Neues." for number in range(9)), LATE])
PICTURES = (
    Enclosure(url="https://ministerium.example/bild.jpg", type="image/jpeg", length=9),
    Enclosure(url="https://ministerium.example/bild.PNG?w=9"),
    Enclosure(url="https://ministerium.example/1.pdf", type="application/pdf"),
)
BIG, SMALL = "https://ministerium.example/bild.jpg", "https://ministerium.example/klein.jpg"
HTML = (
    f'<p>{FIRST}</p><figure><img src="{BIG}" alt="Bild"><figcaption>Foto: dpa</figcaption></figure>'
    f'<p><a href="https://ministerium.example/bild"><img src="{SMALL}" alt="Bild"></a></p><p>{LATE}</p>'
)


@pytest.fixture
def told(make_item, make_story, make_view, sources):
    def view(**allowed):
        item = make_item(1, html=HTML, text=TEXT, summary=TEXT, enclosures=PICTURES)
        theirs = {**sources, "ministerium": replace(sources["ministerium"], **allowed)}
        return make_view(make_story(1, origin=item, further=(make_item(2, "zeitung"),)), sources=theirs)

    return view


@pytest.mark.parametrize("render", RENDER)
def test_of_the_press_an_excerpt_is_published(told, render) -> None:
    said = render(told(publish=Publish.EXCERPT)).content.decode()
    assert FIRST in said
    assert "Geheimnisvoll" not in said
    assert "Nummer 8" not in said
    assert "bild" not in said.lower()


def test_of_the_press_files_are_named_and_the_text_leads_to_them(told) -> None:
    content = xml.atom(told(publish=Publish.EXCERPT)).content.decode()
    assert "https://ministerium.example/1.pdf" in content
    assert "https://ministerium.example/meldung.1" in content


@pytest.mark.parametrize("render", RENDER[:3])
def test_pictures_are_published_where_the_source_allows_it(told, render) -> None:
    said = render(told()).content.decode()
    assert LATE in said
    assert not any(word in said for word in ("bild.jpg", "klein.jpg", "bild.PNG", "Foto: dpa", "/bild"))
    assert "1.pdf" in said
    said = render(told(images=True)).content.decode()
    assert all(word in said for word in ("bild.jpg", "klein.jpg", "Foto: dpa"))


@pytest.mark.parametrize("render", RENDER)
def test_of_a_source_that_left_the_configuration_an_excerpt_is_published(told, render) -> None:
    view = told()
    others = {name: source for name, source in view.sources.items() if name != "ministerium"}
    assert "Geheimnisvoll" not in render(replace(view, sources=others, memory={})).content.decode()


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        pytest.param("Kurz.", "Kurz.", id="what is short stays"),
        pytest.param(
            f"{'Ein Satz von Dr. Mai. ' * 20}", ("Ein Satz von Dr. Mai. " * 11).strip(), id="it ends with a sentence"
        ),
        pytest.param("Wort " * 100, "Wort " * 48 + "Wort…", id="of one long sentence its beginning"),
        pytest.param("", "", id="nothing of nothing"),
    ],
)
def test_excerpt(written: str, shown: str) -> None:
    assert rights.excerpt(written) == shown


@given(st.text(alphabet="aB.! \nü", max_size=900))
def test_an_excerpt_is_short_and_of_an_excerpt_nothing_is_cut(written: str) -> None:
    shown = rights.excerpt(written)
    assert len(shown) <= rights.EXCERPT
    assert rights.excerpt(shown) == shown


def test_what_is_allowed_is_the_same_story(make_item, make_story, sources) -> None:
    story = make_story(1, origin=make_item(1))
    assert rights.allowed(story, sources) is story
