"""The table of docs/writing-rules.md holds."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from aggregator import tagging

PAGE = Path(__file__).resolve().parents[2] / "docs" / "writing-rules.md"


def _rows() -> list[tuple[str, str, str]]:
    table = PAGE.read_text(encoding="utf-8").partition("## How a word is written")[2].partition("\n- ")[0]
    return re.findall(r"^\| `(.+?)` \| (.+?) \|(.*)\|$", table, re.MULTILINE)


@pytest.mark.parametrize(("written", "hits", "misses"), _rows())
def test_every_example_of_the_page(item, label, taxonomy, written: str, hits: str, misses: str) -> None:
    text = written.removeprefix("{text: ").removesuffix(", case: true}")
    case = written.startswith("{") or written == "KI"
    rules = tagging.compiled(taxonomy(label("energie", strong=[{"text": text, "case": case}])))

    def found(example: str) -> bool:
        return bool(tagging.tag(item(text=example.partition(":")[0].removeprefix("and also ")), (), rules).tags)

    assert [example for example in hits.split(", ") if not found(example)] == []
    assert [example for example in misses.strip().split(", ") if example and found(example)] == []


def test_the_page_has_its_examples() -> None:
    assert len(_rows()) >= 10
