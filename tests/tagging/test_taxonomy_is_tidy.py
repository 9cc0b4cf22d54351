"""The taxonomy of the real case holds no term that does nothing and none that is written for a single item."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

import pytest

from aggregator.model import Label, Strength, Term
from aggregator.tagging import folded
from aggregator.tagging.rules import ENDINGS

_RANK = {Strength.WEAK: 0, Strength.MEDIUM: 1, Strength.STRONG: 2}


def written(term: Term) -> str:
    return f"{'*' if term.open_left else ''}{term.text}{'*' if term.open_right else ''}"


def stem(term: Term) -> str:
    return folded.fold(term.text)[1].strip()


def covers(wide: Term, narrow: Term, at: int) -> bool:
    """Whether whatever the narrow term hits, the wide one hits in the same place, and counts no less."""
    if wide is narrow or wide.case or wide.needs or wide.language or _RANK[wide.strength] < _RANK[narrow.strength]:
        return False
    inside, whole = stem(wide), stem(narrow)
    stop = at + len(inside)
    left = wide.open_left or (whole[at - 1] == " " if at else not narrow.open_left)
    ending = whole[stop:].partition(" ")[0]
    if wide.open_right:
        return left
    bare = not ending or (len(inside.rsplit(" ", 1)[-1]) >= 6 and ending in ENDINGS)
    return left and bare and not (narrow.open_right and stop + len(ending) == len(whole))


def covered(label: Label) -> Iterator[tuple[str, str]]:
    """Terms with another one that does their work."""
    # An asterisk inside of a phrase or a hyphen at its end stands for more than its letters
    plain = [term for term in label.terms if "*" not in term.text and not term.text.endswith("-")]
    by_stem: dict[str, list[Term]] = defaultdict(list)
    for term in plain:
        by_stem[stem(term)].append(term)
    for narrow in plain:
        whole = stem(narrow)
        if "," in narrow.text:  # the full name of a cluster is one signal, its parts are three
            continue
        for start in range(len(whole)):
            for stop in range(start + 1, len(whole) + 1):
                for wide in by_stem.get(whole[start:stop], ()):
                    if covers(wide, narrow, start):
                        yield written(narrow), written(wide)


def test_no_term_is_covered_by_another_of_its_label(berlin_brandenburg) -> None:
    assert {label.id: found for label in berlin_brandenburg.labels if (found := list(covered(label)))} == {}


def test_a_covered_term_would_be_found(label) -> None:
    made = label("metall", strong=["*stahl*", "Edelstahl", "Draht", "Drahtes"], medium=["Stahlbau*"], weak=["Zinn"])
    assert list(covered(made)) == [("Edelstahl", "*stahl*"), ("Stahlbau*", "*stahl*")]


@pytest.mark.parametrize(
    ("shape", "why"),
    [
        pytest.param(r"(\S+\s+){5}\S", "a phrase of more than five words hits one item", id="no long phrases"),
        pytest.param(r"\w\*\w", "an asterisk inside of a word is no ending", id="no asterisks inside of words"),
    ],
)
def test_terms_are_written_for_many_items(berlin_brandenburg, shape: str, why: str) -> None:
    terms = [*berlin_brandenburg.elsewhere, *(term for label in berlin_brandenburg.labels for term in label.terms)]
    names = {name for label in berlin_brandenburg.labels for name in (*label.names.values(), "Luft- und Raumfahrt")}
    found = [
        term.text for term in terms if re.search(shape, term.text) and not any(name in term.text for name in names)
    ]
    assert found == [], why
