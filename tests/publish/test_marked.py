"""Where the words of a search stand in a text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html

from aggregator.model import Marks
from aggregator.publish import marked

MARKS = Marks(words=frozenset({"foerderung", "wasserstoffstrategie"}), starts=("mobil",), rows=(("acht", "millionen"),))


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        pytest.param("Neue Förderung", "Neue <mark>Förderung</mark>", id="an umlaut"),
        pytest.param("FOERDERUNG", "<mark>FOERDERUNG</mark>", id="spelt out, in capitals"),
        pytest.param("Förderungen", "Förderungen", id="another word"),
        pytest.param("Wasserstoffstrategie-Rat", "<mark>Wasserstoffstrategie</mark>-Rat", id="before a hyphen"),
        pytest.param("Mobilität", "<mark>Mobilität</mark>", id="a word that goes on"),
        pytest.param("nur acht, Millionen", "nur <mark>acht, Millionen</mark>", id="words in a row"),
        pytest.param("acht Euro", "acht Euro", id="one of them"),
        pytest.param("<b>Förderung</b>&", "&lt;b&gt;<mark>Förderung</mark>&lt;/b&gt;&amp;", id="what looks like HTML"),
        pytest.param("", "", id="nothing"),
    ],
)
def test_whole(written: str, shown: str) -> None:
    assert str(marked.whole(written, MARKS)) == shown


def test_an_excerpt_stands_round_the_first_hit() -> None:
    text = "Vorspann " * 200 + "die Förderung beginnt " + "Nachspann " * 200
    shown = marked.excerpt(text, MARKS, 200)
    assert shown is not None
    assert "die <mark>Förderung</mark> beginnt" in shown
    assert shown.startswith("… Vorspann")
    assert shown.endswith("…")
    assert len(shown) < 230
    assert marked.excerpt("nichts davon", MARKS, 200) is None
    assert str(marked.excerpt("Förderung", MARKS, 200)) == "<mark>Förderung</mark>"


tricky = st.text(st.sampled_from("<>&\"'/ aäß-") | st.characters(exclude_categories=["Cs", "Cc"]), max_size=60)


@given(before=tricky, after=tricky)
def test_whatever_stands_there_only_mark_is_an_element(before: str, after: str) -> None:
    text = f"{before} förderung {after}"
    for shown in (marked.whole(text, MARKS), marked.excerpt(text, MARKS, 40) or ""):
        root = html.fragment_fromstring(str(shown), create_parent="p")
        assert {each.tag for each in root.iter()} <= {"p", "mark"}
    assert " ".join(
        html.fragment_fromstring(str(marked.whole(text, MARKS)), create_parent="p").text_content().split()
    ) == " ".join(text.split())
