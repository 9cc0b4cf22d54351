"""Characters and words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator import text

ANY = st.text(st.characters(exclude_categories=()), max_size=60)  # lone surrogates and controls, too


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        pytest.param("ein\x0b Wort\x00", "ein Wort", id="controls that XML forbids go"),
        pytest.param("a\ud800b\uffff\ufffec", "abc", id="lone surrogates and noncharacters go"),
        pytest.param("\x93Zitat\x94", "Zitat", id="C1 controls are a decoding accident"),
        pytest.param("Fo\u0308rderung", "Förderung", id="decomposed letters are put together"),
        pytest.param("eins\n zwei\tdrei\u00a0vier", "eins zwei drei vier", id="every white space is one space"),
        pytest.param(
            "Presse\u00admit\u200btei\ufefflung", "Pressemitteilung", id="soft hyphens and zero width spaces go"
        ),
        pytest.param(
            "Kommunikations¬technologien", "Kommunikationstechnologien", id="a not sign in a word is a soft hyphen"
        ),
        pytest.param("A ¬ B", "A ¬ B", id="a not sign between words stays"),
        pytest.param("gut\u202egnudlE", "gutgnudlE", id="nothing turns round what follows"),
        pytest.param("Glück 🎉 auf", "Glück 🎉 auf", id="characters beyond the first plane stay"),
    ],
)
def test_line(written: str, shown: str) -> None:
    assert text.line(written) == shown


@given(ANY)
def test_line_is_legal_and_done_once(written: str) -> None:
    once = text.line(written)
    assert text.line(once) == once
    assert text.xml(once) == once == text.legal(once)
    assert "\n" not in once


@given(ANY)
def test_xml_leaves_what_any_parser_takes(written: str) -> None:
    from xml.etree import ElementTree
    from xml.sax.saxutils import escape

    for shown in (text.xml(written), text.legal(written)):
        ElementTree.fromstring(f"<a>{escape(shown)}</a>".encode())


def test_legal_does_not_put_characters_together() -> None:
    assert text.legal("<b>\u0338\x0b") == "<b>\u0338"


@pytest.mark.parametrize(
    ("left", "right"),
    [
        pytest.param("Brücke", "BRUECKE", id="umlauts are spelt out"),
        pytest.param("Straße", "strasse", id="sharp s"),
        pytest.param("Ｅｎｅｒｇｉｅ", "energie", id="full width letters"),
        pytest.param("ﬁnanzen", "finanzen", id="ligatures"),
        pytest.param("Bru\u0308cke", "brücke", id="decomposed"),
    ],
)
def test_fold(left: str, right: str) -> None:
    assert text.fold(left) == text.fold(right)


@given(ANY)
def test_fold_is_done_once(written: str) -> None:
    once = text.fold(written)
    assert text.fold(once) == once


def test_words_keep_numbers_whole() -> None:
    assert text.words("8.000 Euro, 3,5 Prozent; CO2-frei: Gründer*innen") == [
        *("8.000", "euro", "3,5", "prozent", "co2", "frei", "gruender", "innen")
    ]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        pytest.param([], frozenset(), id="no words, no shingle"),
        pytest.param(["a", "b"], frozenset({"a b"}), id="a short text is one shingle"),
        pytest.param(["a", "b", "c", "d"], frozenset({"a b c", "b c d"}), id="runs of three"),
    ],
)
def test_shingles(words: list[str], expected: frozenset[str]) -> None:
    assert text.shingles(words) == expected


@given(st.lists(ANY, max_size=3), st.lists(ANY, max_size=3))
def test_digests_differ_where_parts_differ(left: list[str], right: list[str]) -> None:
    assert (text.digest(*left) == text.digest(*right)) == (left == right)


@given(ANY, st.integers(min_value=1, max_value=80))
def test_shorten_keeps_the_limit(written: str, limit: int) -> None:
    assert len(text.shorten(written, limit)) <= limit


def test_shorten_cuts_between_words() -> None:
    assert text.shorten("Der Minister hat, wie er sagt, gesprochen", 20) == "Der Minister hat…"


@pytest.mark.parametrize(
    ("written", "parts"),
    [
        pytest.param("Es ist so. Und so!", 2, id="two sentences"),
        pytest.param(
            "Am 3. Juni kam Prof. Dr. Meier, z. B. Anna.", 1, id="ordinals, titles and abbreviations end none"
        ),
        pytest.param("Es kostet 5 Mio. Euro bzw. Dollar.", 1, id="Mio. and bzw. end none"),
        pytest.param("Das war 2021. Der Minister sprach.", 2, id="a year ends one"),
        pytest.param("Titel\nText", 2, id="a line ends one"),
        pytest.param("„Gut.“ Sagte er: „Ja!“ Und ging.", 3, id="quotes belong to their sentence"),
    ],
)
def test_sentences(written: str, parts: int) -> None:
    found = list(text.sentences(written))
    assert len(found) == parts
    assert "".join(found) == written


@given(ANY)
def test_sentences_lose_nothing(written: str) -> None:
    assert "".join(text.sentences(written)) == written
