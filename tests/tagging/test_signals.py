"""Second signals, languages, asides, boilerplate, parts, what people decide."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aggregator import tagging
from aggregator.model import ByHand, Exclusion, Scope, Strength, Term


@pytest.fixture
def tagged(item, label, taxonomy):
    """The labels of an item by one cluster; `terms` replace its own."""

    def tag(*, terms=(), asides=(), exclude=(), by_hand=(), story="", **fields):
        energy = label("energie", strong=["Solar*", "Strom"], exclude=exclude)
        if terms:
            energy = replace(energy, terms=tuple(terms))
        marks = tuple(Exclusion(text=text, scope=Scope.SENTENCE) for text in asides)
        rules = tagging.compiled(taxonomy(energy, asides=marks, by_hand=by_hand))
        return tagging.tag(item(**fields), (), rules, story=story)

    return tag


def labels(found) -> list[str]:
    return [tag.label for tag in found.tags]


BUCH = Term(text="Buch", strength=Strength.STRONG, needs=("Campus*", "*labor"))
GIFT = Term(text="gift", strength=Strength.STRONG, language="de")


@pytest.mark.parametrize(
    ("text", "given"),
    [
        pytest.param("Ein Buch.", False, id="the second signal is missing"),
        pytest.param("Ein Haus in Buch. Der Campusplan.", True, id="it may stand anywhere in the item"),
        pytest.param("Ein Großlabor in Buch.", True, id="and one of several is enough"),
    ],
)
def test_a_second_signal(tagged, text: str, given: bool) -> None:
    assert bool(tagged(terms=[BUCH], text=text).tags) is given


def test_a_missing_second_signal_is_told(tagged) -> None:
    (miss,) = tagged(terms=[BUCH], text="Ein Buch.").near_misses
    assert miss.evidence[0].rule == "needs one of: *labor, Campus*"


@pytest.mark.parametrize(("language", "given"), [("de", True), ("de-DE", True), (None, True), ("en", False)])
def test_the_language_of_a_term(tagged, language: str | None, given: bool) -> None:
    assert bool(tagged(terms=[GIFT], text="Gift", language=language).tags) is given


@pytest.mark.parametrize(
    ("aside", "text", "given"),
    [
        pytest.param("Abnehmer …", "Abnehmer sind Solarfirmen.", False, id="what stands behind is only mentioned"),
        pytest.param("Abnehmer …", "Solarfirmen suchen Abnehmer.", True, id="not what stands before"),
        pytest.param("… einsetzbar", "In Solarfirmen einsetzbar.", False, id="before"),
        pytest.param("nebenbei", "Solar nebenbei.", False, id="the whole sentence"),
        pytest.param("nebenbei", "Das nebenbei. Solar ist wichtig.", True, id="and no other"),
    ],
)
def test_asides(tagged, aside: str, text: str, given: bool) -> None:
    assert bool(tagged(asides=[aside], text=text).tags) is given


def test_boilerplate_to_the_end_of_the_text(tagged) -> None:
    about = {"text": "Über uns", "scope": Scope.REST}
    assert labels(tagged(exclude=[about], text="Ein Fest. Über uns: Wir bauen Solarparks.")) == []
    assert labels(tagged(exclude=[about], text="Solar. Über uns: ein Verein.")) == ["energie"]
    assert labels(tagged(exclude=[about], title="Solar", text="Über uns: ein Verein.")) == ["energie"]


@pytest.mark.parametrize("name", ["https://house.example/1", "1", "tag:x,2026:1"])
def test_what_a_person_decided_wins(tagged, name: str) -> None:
    given = tagged(by_hand=(ByHand(item=name, labels=("energie",)),), text="Nichts", story="tag:x,2026:1")
    assert [(tag.label, tag.evidence[0].rule) for tag in given.tags] == [("energie", "by hand")]
    barred = tagged(by_hand=(ByHand(item=name, without=("energie",)),), title="Strom", story="tag:x,2026:1")
    assert labels(barred) == []
    assert [miss.label for miss in barred.near_misses] == ["energie"]


def test_a_repeaters_boilerplate_adds_nothing(item, label, taxonomy) -> None:
    rules = tagging.compiled(taxonomy(label("energie", strong=["Strom"])))
    origin = item(guid="1", title="Ein Fest", text="Es wird gefeiert. " * 30)
    copy = item(guid="2", title="Strom", summary="Strom.", text="Es wird gefeiert. " * 30 + "Strom, Strom.")
    assert labels(tagging.tag(origin, (origin, copy), rules)) == []


def test_words_of_the_address_where_they_weigh(item, label, taxonomy) -> None:
    energy = label("energie", strong=["Wärmepumpe*"])
    here = item(url="https://house.example/presse/neue-waermepumpe-in-betrieb.html")
    for weight, given in ((0.0, []), (1.5, ["energie"])):
        rules = tagging.compiled(taxonomy(energy, field_weights={"url": weight}))
        assert labels(tagging.tag(here, (), rules)) == given


SCHOOL = Term(text="Schule", strength=Strength.STRONG, open_right=True)


@pytest.mark.parametrize(
    ("fields", "given"),
    [
        pytest.param(
            {"title": "Schule lobt Schulen", "text": f"{'Wort ' * 80} Solardach und Strom."}, False, id="in passing"
        ),
        pytest.param(
            {"title": "Schule feiert", "text": "Das Solardach liefert."}, False, id="one term against the title"
        ),
        pytest.param({"title": "Solardach für die Schule", "text": "Strom fließt."}, True, id="both in the title"),
        pytest.param(
            {"title": "Wir feiern", "text": "Das Solardach der Schule liefert."}, True, id="as loud as the other"
        ),
    ],
)
def test_news_of_subjects_that_belong_elsewhere(item, label, taxonomy, fields: dict[str, str], given: bool) -> None:
    rules = tagging.compiled(taxonomy(label("energie", strong=["Solar*", "Strom"]), elsewhere=(SCHOOL,)))
    found = tagging.tag(item(**fields), (), rules)
    assert bool(found.tags) is given
    if not given:  # the near miss says what outweighed it
        (miss,) = found.near_misses
        last = miss.evidence[-1]
        assert (last.rule, last.text.split(", ")[0], last.weight) == ("elsewhere", "Schule", 0.0)


def test_elsewhere_is_no_label(item, label, taxonomy) -> None:
    rules = tagging.compiled(taxonomy(label("energie", strong=["Solar*"]), elsewhere=(SCHOOL,)))
    found = tagging.tag(item(title="Schule"), (), rules)
    assert (found.tags, found.near_misses) == ((), ())
