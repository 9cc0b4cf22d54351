"""The documents of some recorded views, letter by letter.

A case is a folder: `stories.json` (a View) beside feed.rss, feed.atom, feed.json and page.html. `pytest --review-golden -s` shows
each difference and asks.
"""

from __future__ import annotations

import difflib
from pathlib import Path

import pytest
from pydantic import TypeAdapter

from aggregator.publish import jsonfeed, pages, xml
from aggregator.publish.view import View

CASES = sorted(path.parent for path in (Path(__file__).parent.parent / "golden" / "published").glob("*/stories.json"))
RENDERERS = {
    "feed.rss": xml.rss,
    "feed.atom": xml.atom,
    "feed.json": jsonfeed.render,
    "page.html": lambda view: pages.feed(view, pages.frame(view.site, [view.feed], live=True)),
}


@pytest.mark.parametrize("name", RENDERERS)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_published(case: Path, name: str, request: pytest.FixtureRequest) -> None:
    view = TypeAdapter(View).validate_json((case / "stories.json").read_bytes())
    made = RENDERERS[name](view).content
    golden = case / name
    if request.config.getoption("--review-golden", default=False):
        review(golden, made)
    assert made == golden.read_bytes()


def review(golden: Path, made: bytes) -> None:
    before = golden.read_bytes() if golden.exists() else b""
    if before == made:
        return
    lines = difflib.unified_diff(
        before.decode().splitlines(), made.decode().splitlines(), str(golden), "made now", lineterm=""
    )
    print(*lines, sep="\n")
    if input(f"Take this as {golden.name}? [y/N] ").strip().lower() == "y":
        golden.write_bytes(made)


def test_there_are_cases() -> None:
    assert CASES
