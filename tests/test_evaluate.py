"""Precision, recall, F1 and the mistakes."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator import evaluate


def test_tagging_counts_labels_and_lists_mistakes() -> None:
    expected = {"1": frozenset({"energie"}), "2": frozenset({"energie", "metall"}), "3": frozenset()}
    got = {"1": frozenset({"energie"}), "2": frozenset({"metall"}), "3": frozenset({"metall"})}
    report = evaluate.tagging(expected, got)
    assert report.as_dict() == {
        "items": 3,
        "micro": {"precision": 0.6667, "recall": 0.6667, "f1": 0.6667},
        "labels": {
            "energie": {"precision": 1.0, "recall": 0.5, "f1": 0.6667, "support": 2},
            "metall": {"precision": 0.5, "recall": 1.0, "f1": 0.6667, "support": 1},
        },
        "mistakes": (
            {"id": "2", "expected": ("energie", "metall"), "got": ("metall",)},
            {"id": "3", "expected": (), "got": ("metall",)},
        ),
    }


@pytest.mark.parametrize(
    ("labels", "precision"),
    [
        pytest.param((), 1.0, id="a label that the file never uses is neither right nor wrong"),
        pytest.param(("metall",), 0.5, id="unless the caller names it"),
    ],
)
def test_which_labels_count(labels: tuple[str, ...], precision: float) -> None:
    report = evaluate.tagging({"1": frozenset({"energie"})}, {"1": frozenset({"energie", "metall"})}, labels=labels)
    assert report.micro.precision == precision


def test_an_item_without_answer_has_no_labels() -> None:
    assert evaluate.tagging({"1": frozenset({"energie"})}, {}).micro.recall == 0.0


def test_dedupe_counts_pairs() -> None:
    expected = {"a": "g", "b": "g", "c": "g", "d": None, "e": None}
    report = evaluate.dedupe(expected, {"a": "1", "b": "1", "c": "2", "d": "2", "e": "3"})
    assert report.items == 5
    assert (report.pairs.precision, report.pairs.recall, report.pairs.f1) == (0.5, 0.3333, 0.4)
    assert [(one.ids, one.expected, one.got) for one in report.mistakes] == [
        (("a", "c"), "same", "different"),
        (("b", "c"), "same", "different"),
        (("c", "d"), "different", "same"),
    ]


@given(st.dictionaries(st.text(max_size=3), st.frozensets(st.sampled_from("abc"))))
def test_the_expected_labels_themselves_are_perfect(expected: dict[str, frozenset[str]]) -> None:
    report = evaluate.tagging(expected, expected)
    assert (report.micro.f1, report.mistakes) == (1.0, ())
    assert json.loads(json.dumps(report.as_dict()))["items"] == len(expected)


@given(st.dictionaries(st.text(max_size=3), st.sampled_from("abc")), st.permutations("abc"))
def test_stories_may_be_called_anything(groups: dict[str, str], names: list[str]) -> None:
    renamed = {name: names["abc".index(group)] for name, group in groups.items()}
    assert evaluate.dedupe(groups, renamed).mistakes == ()
