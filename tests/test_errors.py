"""Each failure says what was seen and what to do, in the code and in the documentation."""

from __future__ import annotations

from pathlib import Path

import pytest

from aggregator.errors import ADVICE, Failure

PAGE = (Path(__file__).parent.parent / "docs/failures.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("failure", Failure)
def test_every_class_has_its_advice_and_stands_in_the_page(failure: Failure) -> None:
    assert f"| `{failure.value}` | {ADVICE[failure]} |" in PAGE


def test_there_is_no_advice_for_what_does_not_exist() -> None:
    assert set(ADVICE) == set(Failure)
    assert len(set(ADVICE.values())) == len(Failure), "two classes that want the same done would be one"
