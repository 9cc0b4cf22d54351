"""What hits weigh together."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator import tagging
from aggregator.tagging.folded import fold


@pytest.fixture
def rules(label, taxonomy):
    return tagging.compiled(
        taxonomy(
            label("energie", strong=["Wasserstoff*"], medium=["Strom", "Netz", "Gas"], weak=["Klima", "Kohle", "Wind"]),
            label("metall", strong=["Stahl*", "Blech*", "Guss*", "Zink*"]),
        )
    )


@pytest.fixture
def labels(rules, item):
    def tagged(**fields):
        return [tag.label for tag in tagging.tag(item(**fields), (), rules).tags]

    return tagged


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("Wasserstoff", ["energie"], id="a strong term is enough"),
        pytest.param("Strom", [], id="a medium one is not"),
        pytest.param("Strom Strom Strom Strom", [], id="however often it stands there"),
        pytest.param("Strom und Netz", ["energie"], id="two different medium ones are"),
        pytest.param("Klima, Kohle, Wind", [], id="weak ones never are"),
        pytest.param("Strom, Klima, Kohle", [], id="and do not lift a medium one over the threshold in the text"),
    ],
)
def test_strengths(labels, text: str, expected: list[str]) -> None:
    assert labels(text=text) == expected


def test_weak_terms_lift_a_medium_one_in_the_title(labels) -> None:
    assert labels(title="Strom", text="Klima, Kohle") == ["energie"]
    assert labels(title="Strom", text="Klima") == []


def test_a_mention_beside_what_the_item_is_about_does_not_count(labels) -> None:
    assert labels(title="Stahl und Blech", text="Auch Wasserstoff.") == ["metall"]
    assert labels(title="Stahl und Blech", summary="Auch Wasserstoff.") == ["metall"]
    assert labels(title="Stahl und Wasserstoff", text="Blech. Guss. Zink.") == ["energie", "metall"]


def test_a_label_of_one_term_needs_half_of_the_strongest(labels) -> None:
    assert labels(title="Stahl, Blech und Wasserstoff", text="Guss. Zink.") == ["metall"]
    assert labels(title="Stahl, Blech und Wasserstoff", text="Guss. Strom.") == ["energie", "metall"]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        pytest.param(
            {"summary": "Ein Fest.", "text": "Ein Fest. Mit Wasserstoff."}, [], id="one word of the body is a mention"
        ),
        pytest.param(
            {"summary": "Ein Fest.", "text": "Wasserstoff und Strom."}, ["energie"], id="two say what it is about"
        ),
        pytest.param(
            {"summary": "Viel Strom.", "text": "Viel Strom. Und Wasserstoff."}, ["energie"], id="the lead begins"
        ),
        pytest.param(
            {"text": "Ein Fest. " * 40 + "Wasserstoff."}, [], id="without a summary the text's beginning is the lead"
        ),
        pytest.param({"text": "Wasserstoff." + " Ein Fest." * 40}, ["energie"], id="and what it names counts"),
        pytest.param({"categories": ("Wasserstoff",)}, ["energie"], id="the publisher's filing is no mention"),
    ],
)
def test_where_a_term_stands(labels, fields, expected: list[str]) -> None:
    assert labels(**fields) == expected


def test_a_summary_that_is_the_beginning_of_the_text_counts_once(rules, item) -> None:
    (tag,) = tagging.tag(item(summary="Wasserstoff …", text="Wasserstoff und Zeit"), (), rules).tags
    assert [(one.field, one.weight) for one in tag.evidence] == [("summary", 1.5)]


def test_fields_weigh_and_repeats_count_less(rules, item) -> None:
    (tag,) = tagging.tag(item(title="Wasserstoff", text="Wasserstoff, Wasserstofftank"), (), rules).tags
    assert [(one.field, one.text, one.weight) for one in tag.evidence] == [
        ("title", "Wasserstoff", 3.0),
        ("text", "Wasserstoff, Wasserstofftank", 0.75),
    ]
    assert tag.score == 3.75


def test_a_field_of_weight_zero_is_not_read(rules, item) -> None:
    assert not tagging.tag(item(issuer="Wasserstoff AG"), (), rules).tags


def test_categories_are_read(rules, item) -> None:
    (tag,) = tagging.tag(item(categories=("Wirtschaft", "Wasserstoff")), (), rules).tags
    assert tag.evidence[0].field == "category"


def test_a_label_of_the_source_needs_no_word(rules, item) -> None:
    tagged = tagging.tag(item(text="Stahl"), (), rules, fixed=("energie",))
    assert [(tag.label, tag.score) for tag in tagged.tags] == [("energie", 1.0), ("metall", 1.0)]
    assert [one.rule for one in tagged.tags[0].evidence] == ["source"]


def test_a_teaser_is_read_in_the_words_of_its_longest_carrier(rules, item) -> None:
    origin = item(guid="1", text="Mehr …")
    carriers = (origin, item(guid="2", text="Stahl " * 30), item(guid="3", text="Wasserstoff " * 300))
    for order in (carriers, carriers[::-1]):
        assert [tag.label for tag in tagging.tag(origin, order, rules).tags] == ["energie"]


def test_a_whole_text_is_read_in_its_own_words(rules, item) -> None:
    origin = item(guid="1", text="Stahl " * 100)
    assert [tag.label for tag in tagging.tag(origin, (item(guid="2", text="Wasserstoff " * 999),), rules).tags] == [
        "metall"
    ]


def test_near_misses_say_what_was_found(rules, item) -> None:
    (miss,) = tagging.tag(item(text="Strom"), (), rules).near_misses
    assert (miss.label, miss.score, miss.evidence[0].rule) == ("energie", 0.5, "Strom")


_TEXTS = st.lists(
    st.sampled_from(
        [
            "Wasserstoff",
            "Strom",
            "Netz",
            "Klima",
            "Stahl",
            "ß",
            "ﬁ",
            "İ",
            "\u00ad",
            "é",
            "e\u0301",
            ". ",
            "\n",
            " ",
            "-",
            "Ж",
        ]
    )
    | st.text(max_size=6)
).map("".join)


@given(title=_TEXTS, text=_TEXTS)
def test_scores_are_sums_of_evidence_that_quotes_the_item(rules_once, title: str, text: str) -> None:
    rules, item = rules_once
    tagged = tagging.tag(item(title=title, text=text), (), rules)
    for tag in (*tagged.tags, *tagged.near_misses):
        assert tag.score == pytest.approx(sum(one.weight for one in tag.evidence))
        for one in tag.evidence:
            assert one.text.split(", ")[0] in fold({"title": title, "text": text}[one.field])[0]


@pytest.fixture(scope="module")
def rules_once(label, taxonomy, item):
    labels = (
        label("energie", strong=["Wasserstoff*"], medium=["Strom", "Netz"], weak=["*klima*"]),
        label("metall", strong=["*stahl"]),
    )
    return tagging.compiled(taxonomy(*labels)), item


@given(text=st.text() | _TEXTS)
def test_the_folded_text_is_as_long_as_the_quoted(text: str) -> None:
    quoted, folded = fold(text)
    assert len(quoted) == len(folded)
    for written, compared in zip(quoted, folded, strict=True):
        if written.isascii() and written.isalnum():
            assert compared == written.lower()
        assert compared in " |" or compared.isalnum()


@given(
    text=st.text(alphabet=st.characters(codec="latin-1", exclude_categories=["Cc"])),
    strange=st.sampled_from(["", "ł", "Ж", "\u2011"]),
)
def test_strange_letters_change_nothing_about_the_others(text: str, strange: str) -> None:
    assert fold(text)[1] == fold(text + strange)[1][: len(fold(text)[1])]
