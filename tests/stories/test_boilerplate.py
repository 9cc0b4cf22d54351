from __future__ import annotations

from collections.abc import Callable

import pytest

from aggregator.model import Item
from aggregator.stories import boilerplate, keys, plain

MakeItem = Callable[..., Item]
STANDING = "Die Gesellschaft unterstützt Betriebe bei Ansiedlung, Erweiterung und Nachfolge an 7 Orten."
OWN = "Im Ort Nummer {} ist heute ein neuer Spielplatz mit Rutsche eröffnet worden. Zur Feier kamen {} Kinder."


def items(
    make: MakeItem, source: str, count: int, said: str = OWN + " " + STANDING, title: str = "Platz {}"
) -> list[Item]:
    return [
        make(source, str(at), text=said.format(at, at + 9), title=title.format("abcdefghij"[at])) for at in range(count)
    ]


def test_a_sentence_under_most_items_of_a_source_is_proposed(item: MakeItem) -> None:
    assert boilerplate.proposed(items(item, "a", 6)) == {"a": (STANDING,)}


def test_one_of_three_sources_is_proposed_once_for_all(item: MakeItem) -> None:
    assert boilerplate.proposed([one for source in "abc" for one in items(item, source, 6)]) == {"": (STANDING,)}


@pytest.mark.parametrize(
    ("count", "said", "title"),
    [
        pytest.param(4, OWN + " " + STANDING, "Platz {}", id="too few items"),
        pytest.param(6, STANDING + " " + OWN, "Platz {}", id="how a series begins"),
        pytest.param(6, OWN + " " + STANDING, "Immer derselbe", id="one item again and again"),
        pytest.param(6, OWN + " Bitte hier weiterlesen.", "Platz {}", id="a few words"),
    ],
)
def test_what_is_not_proposed(item: MakeItem, count: int, said: str, title: str) -> None:
    assert STANDING not in boilerplate.proposed(items(item, "a", count, said, title)).get("a", ())


def test_what_stands_in_the_configuration_does_not_count(item: MakeItem) -> None:
    listed = frozenset({plain.sentence_key(STANDING.upper())})
    one, other = item("a", text=f"{OWN.format(1, 2)} {STANDING}"), item("a", text=OWN.format(1, 2))
    assert plain.own(one, listed).text.strip() == plain.own(other, listed).text
    assert keys.keys(one, stable_keys=(), boilerplate=listed) == keys.keys(other, stable_keys=(), boilerplate=listed)
