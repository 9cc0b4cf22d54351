"""What does not count, and what enumerations are."""

from __future__ import annotations

import pytest

from aggregator import tagging
from aggregator.model import LabelKind


@pytest.fixture
def tagged(item, label, taxonomy):
    """The tagging of a text by one cluster with an exclusion."""

    def tag(text, *, exclude=(), ignored=()):
        energy = label("energie", strong=["Energie*", "Strom"], exclude=exclude)
        rules = tagging.compiled(taxonomy(energy, label("tourismus", strong=["Urlaub"]), ignored=ignored))
        return tagging.tag(item(text=text), (), rules)

    return tag


@pytest.mark.parametrize(
    ("ignored", "text", "given"),
    [
        pytest.param("voller Energie", "Voller Energie ins Jahr.", False, id="an idiom"),
        pytest.param("voller Energie", "Voller Energie ins Jahr. Strom wird knapp.", True, id="the rest still counts"),
        pytest.param("*minister", "Der Energieminister sprach.", False, id="an open exclusion covers the whole word"),
        pytest.param(
            "Minister* für Arbeit und Energie", "Die Ministerin für Arbeit und Energie.", False, id="asterisk inside"
        ),
        pytest.param(
            "Minister* für …", "Ministerin für Arbeit, Umwelt und Energie sprach.", False, id="a list of nouns"
        ),
        pytest.param(
            "Minister* für …", "Ministerium für Inneres fördert Strom.", True, id="the list ends with its last noun"
        ),
        pytest.param("Minister* für ...", "Minister für Energie", False, id="three dots are an ellipsis"),
        pytest.param("Senator* für …", "Senatorin für Klima und Energie", False, id="whatever the house is called"),
        pytest.param({"text": "AB Energie", "case": True}, "ab Energie im Netz", True, id="capitals count"),
    ],
)
def test_ignored_phrases(tagged, ignored, text: str, given: bool) -> None:
    assert bool(tagged(text, ignored=(ignored,)).tags) is given


@pytest.mark.parametrize(
    ("scope", "text", "given"),
    [
        pytest.param("term", "Stromausfall und Energie", True, id="a term: only its own words"),
        pytest.param("sentence", "Stromausfall trotz Energie.", False, id="a sentence: nothing in it"),
        pytest.param("sentence", "Ein Stromausfall. Energie bleibt.", True, id="a sentence: the next one counts"),
        pytest.param("item", "Ein Stromausfall. Energie bleibt.", False, id="an item: nothing anywhere"),
    ],
)
def test_scopes(tagged, scope: str, text: str, given: bool) -> None:
    from aggregator.model import Scope

    exclusion = {"text": "Stromausfall", "scope": Scope(scope)}
    assert bool(tagged(text, exclude=(exclusion,)).tags) is given


def test_an_exclusion_of_a_label_leaves_the_others_alone(tagged) -> None:
    from aggregator.model import Scope

    tags = tagged("Energie und Urlaub.", exclude=({"text": "Urlaub", "scope": Scope.ITEM},)).tags
    assert [tag.label for tag in tags] == ["tourismus"]


def test_what_was_taken_away_is_shown_as_a_near_miss(tagged) -> None:
    (miss,) = tagged("Ministerin für Arbeit und Energie", ignored=("Minister* für …",)).near_misses
    (evidence,) = miss.evidence
    assert (miss.label, miss.score) == ("energie", 0)
    assert (evidence.rule, evidence.text, evidence.weight) == ("excluded: Minister* für …", "Energie", 0.0)


def test_what_bars_a_label_weighs_as_much_as_all_that_spoke_for_it(tagged) -> None:
    from aggregator.model import Scope

    (miss,) = tagged("Strom. Energie.", exclude=({"text": "Strom", "scope": Scope.ITEM},)).near_misses
    assert miss.score == 0
    assert sum(evidence.weight for evidence in miss.evidence) == 0
    assert any(evidence.weight < 0 for evidence in miss.evidence)


@pytest.fixture
def enumerating(label, taxonomy):
    return tagging.compiled(
        taxonomy(
            label("energie", strong=["Energie", "Solar*"], short=["Energie", "ET"]),
            label("metall", strong=["Metall", "Stahl*"], short=["Metall"]),
            label("tourismus", strong=["Tourismus"], short=["Tourismus"]),
            label("digital", kind=LabelKind.TOPIC, strong=["Digitalisierung"]),
            label("alle", kind=LabelKind.UMBRELLA, strong=["Clusterstrategie"]),
        )
    )


@pytest.mark.parametrize(
    ("title", "text", "labels"),
    [
        pytest.param(
            "Preis", "Aus Energie, Metall und Tourismus.", ["alle"], id="three clusters in a sentence: all of them"
        ),
        pytest.param("Preis", "Aus Energie und Metall.", ["energie", "metall"], id="two are two"),
        pytest.param(
            "Preis", "Energie. Metall. Tourismus.", ["energie", "metall", "tourismus"], id="three sentences are none"
        ),
        pytest.param("Preis", "Aus ET, Metall und Tourismus.", ["alle"], id="an acronym counts"),
        pytest.param(
            "Preis",
            "Aus et, Metall und Energie.",
            ["energie", "metall"],
            id="but not in small letters, and twice is once",
        ),
        pytest.param(
            "Preis",
            "Solartechnik in Energie, Metall, Tourismus.",
            ["alle"],
            id="what else the sentence names is an example",
        ),
        pytest.param(
            "Preis", "Digitalisierung in Energie, Metall, Tourismus.", ["digital", "alle"], id="topics are not touched"
        ),
        pytest.param(
            "Solarpark", "Aus Energie, Metall, Tourismus.", ["energie"], id="boilerplate under a cluster's own news"
        ),
        pytest.param(
            "Clusterstrategie",
            "Stahlwerk, Stahlbau und Stahlguss, Solarpark.",
            ["alle"],
            id="under the strategy clusters are examples",
        ),
        pytest.param("Clusterstrategie und Stahl", "", ["metall", "alle"], id="but a title that names both has both"),
    ],
)
def test_enumerations(enumerating, item, title: str, text: str, labels: list[str]) -> None:
    assert [tag.label for tag in tagging.tag(item(title=title, text=text), (), enumerating).tags] == labels


def test_an_office_in_an_enumeration_names_no_cluster(label, taxonomy, item) -> None:
    labels = [label(name, strong=[name], short=[name]) for name in ("Energie", "Metall", "Tourismus")]
    rules = tagging.compiled(taxonomy(*labels, label("alle", kind=LabelKind.UMBRELLA), ignored=("Minister* für …",)))
    tags = tagging.tag(item(text="Das Ministerium für Energie lobt Metall und Tourismus."), (), rules).tags
    assert [tag.label for tag in tags] == ["Metall", "Tourismus"]
