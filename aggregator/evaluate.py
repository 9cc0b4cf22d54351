"""Precision, recall and F1 of tags and of stories against labelled data, and the mistakes. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass
from itertools import combinations
from types import MappingProxyType
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """Shares from 0 to 1. What was never expected nor given is 1.0: no mistake was made."""

    precision: float
    recall: float
    f1: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelScore(Score):
    """`support`: so many items are expected to carry the label."""

    support: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WrongTags:
    """An item whose labels differ; both sides sorted."""

    id: str
    expected: tuple[str, ...]
    got: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TaggingReport:
    """`micro` counts every label of every item alike. The fields are the stable keys of `evaluate tagging --json`."""

    items: int
    micro: Score
    labels: Mapping[str, LabelScore]
    mistakes: tuple[WrongTags, ...]

    def as_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class WrongPair:
    """Two items that are wrongly one story (`expected` "different") or wrongly two (`expected` "same")."""

    ids: tuple[str, str]
    expected: str
    got: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DedupeReport:
    """Counted are pairs of items in one story. The fields are the stable keys of `evaluate dedupe --json`."""

    items: int
    pairs: Score
    mistakes: tuple[WrongPair, ...]

    def as_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return asdict(self)


def tagging(
    expected: Mapping[str, frozenset[str]],
    got: Mapping[str, Collection[str]],
    *,
    labels: Collection[str] = (),
    allowed: Mapping[str, Collection[str]] = MappingProxyType({}),
) -> TaggingReport:
    """How well `got` meets `expected`, by item id; an item that `got` does not name has no labels.

    Only labels that the labelled file uses count, plus `labels` (hand in the clusters, so that a cluster which is wrongly given
    shows where the file has none of it). `allowed` are labels, by item id, on which experts disagree: neither right nor wrong.
    Whoever labelled clusters only has said nothing on topics: a topic that is given is then neither right nor wrong.
    """
    universe = frozenset(labels).union(*expected.values())
    given = {name: universe.intersection(got.get(name, ())).difference(allowed.get(name, ())) for name in expected}
    right, wrong, missed = _counted(expected, given)
    return TaggingReport(
        items=len(expected),
        micro=_score(sum(right.values()), sum(wrong.values()), sum(missed.values())),
        labels={label: _label_score(right[label], wrong[label], missed[label]) for label in sorted(universe)},
        mistakes=tuple(
            WrongTags(id=name, expected=tuple(sorted(wanted)), got=tuple(sorted(given[name])))
            for name, wanted in expected.items()
            if wanted != given[name]
        ),
    )


def _counted(
    expected: Mapping[str, frozenset[str]], given: Mapping[str, frozenset[str]]
) -> tuple[dict[str, int], dict[str, int], dict[str, int]]:
    """For each label: how often right, wrongly given, missed."""
    right: dict[str, int] = defaultdict(int)
    wrong: dict[str, int] = defaultdict(int)
    missed: dict[str, int] = defaultdict(int)
    for name, wanted in expected.items():
        for count, labels in (
            (right, wanted & given[name]),
            (wrong, given[name] - wanted),
            (missed, wanted - given[name]),
        ):
            for label in labels:
                count[label] += 1
    return right, wrong, missed


def _label_score(right: int, wrong: int, missed: int) -> LabelScore:
    score = _score(right, wrong, missed)
    return LabelScore(precision=score.precision, recall=score.recall, f1=score.f1, support=right + missed)


def dedupe(expected: Mapping[str, str | None], got: Mapping[str, str]) -> DedupeReport:
    """How well stories meet groups: `expected` is item id → group, or None for an item that is alone; `got` item id → story.

    An item without group belongs with no other: every pair with it in one story is a mistake. An item that `got` does not name is
    alone.
    """
    wanted = _pairs(expected)
    found = _pairs({name: got.get(name) for name in expected})
    order = {name: at for at, name in enumerate(expected)}
    mistakes = [
        WrongPair(
            ids=pair,
            expected="same" if pair in wanted else "different",
            got="same" if pair in found else "different",
        )
        for pair in sorted(wanted ^ found, key=lambda pair: (order[pair[0]], order[pair[1]]))
    ]
    return DedupeReport(
        items=len(expected),
        pairs=_score(len(wanted & found), len(found - wanted), len(wanted - found)),
        mistakes=tuple(mistakes),
    )


def by_kind(
    expected: Mapping[str, str | None], got: Mapping[str, str], kinds: Mapping[str, str]
) -> dict[str, dict[str, float | int]]:
    """How well the items of each kind find their own: `items`, and `precision`, `recall` and `f1` of all pairs with one of them.

    A pair of two kinds counts for both.
    """
    wanted, found = _pairs(expected), _pairs({name: got.get(name) for name in expected})
    report: dict[str, dict[str, float | int]] = {}
    for kind in sorted(set(kinds.values())):
        own = {name for name, its in kinds.items() if its == kind}
        should, did = ({pair for pair in pairs if not own.isdisjoint(pair)} for pairs in (wanted, found))
        score = _score(len(should & did), len(did - should), len(should - did))
        report[kind] = {"items": len(own), "precision": score.precision, "recall": score.recall, "f1": score.f1}
    return report


def _pairs(belongs: Mapping[str, str | None]) -> set[tuple[str, str]]:
    """All pairs that belong together, each in the order of the mapping."""
    members: dict[str, list[str]] = defaultdict(list)
    for name, group in belongs.items():
        if group is not None:
            members[group].append(name)
    return set(_every(members.values()))


def _every(groups: Iterable[list[str]]) -> Iterable[tuple[str, str]]:
    for group in groups:
        yield from combinations(group, 2)


def _score(right: int, wrong: int, missed: int) -> Score:
    precision = right / (right + wrong) if right + wrong else 1.0
    recall = right / (right + missed) if right + missed else 1.0
    f1 = 2 * right / (2 * right + wrong + missed) if right + wrong + missed else 1.0
    return Score(precision=round(precision, 4), recall=round(recall, 4), f1=round(f1, 4))
