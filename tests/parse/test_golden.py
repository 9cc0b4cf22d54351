"""Recorded inputs beside what must come out of them: one folder a case under tests/golden/feeds.

`input.*` are the bytes, `hints.json` what is known of them, `document.json` the expectation (fields that are empty are left out).
No run changes an expectation; `AGGREGATOR_RECORD=name-of-case pytest tests/parse/test_golden.py` writes that one anew, to be read
with `git diff` before it is committed.
"""

import dataclasses
import json
import os
from pathlib import Path
from typing import Any

import pytest

from aggregator.model import Document, Hints, Kind, Unreadable
from aggregator.parse import document

FEEDS = Path(__file__).resolve().parent.parent / "golden" / "feeds"
CASES = sorted(folder.name for folder in FEEDS.iterdir() if folder.is_dir())
RECORD = os.environ.get("AGGREGATOR_RECORD", "")


def plain(value: Any) -> Any:
    if isinstance(value, dict):
        shown = {key: plain(inner) for key, inner in value.items()}
        return {key: inner for key, inner in shown.items() if inner not in (None, (), [], "", 0) or inner is False}
    if hasattr(value, "_asdict"):
        return dict(value._asdict())
    return [plain(inner) for inner in value] if isinstance(value, list | tuple) else value


def shown(found: Document | Unreadable) -> dict[str, Any]:
    said = {field.name: getattr(found, field.name) for field in dataclasses.fields(found)}
    return {
        "is": type(found).__name__,
        **plain({name: as_data(value) for name, value in said.items() if value is not False}),
    }


def as_data(value: Any) -> Any:
    if dataclasses.is_dataclass(value):
        return {field.name: as_data(getattr(value, field.name)) for field in dataclasses.fields(value)}
    return [as_data(inner) for inner in value] if type(value) is tuple else value


def read(folder: Path) -> Document | Unreadable:
    (given,) = folder.glob("input.*")
    hints = json.loads((folder / "hints.json").read_text())
    return document.read(given.read_bytes(), Hints(**{**hints, "kind": Kind(hints.get("kind", "auto"))}))


@pytest.mark.parametrize("case", CASES)
def test_golden(case: str) -> None:
    found = shown(read(FEEDS / case))
    expected = FEEDS / case / "document.json"
    if case == RECORD:
        expected.write_text(json.dumps(found, ensure_ascii=False, indent=2) + "\n")
    assert found == json.loads(expected.read_text())


@pytest.mark.parametrize("case", CASES)
def test_known_entries_are_counted_and_not_read_again(case: str) -> None:
    first = read(FEEDS / case)
    if isinstance(first, Unreadable):
        return
    (given,) = (FEEDS / case).glob("input.*")
    hints = Hints(**{**json.loads((FEEDS / case / "hints.json").read_text()), "kind": Kind.AUTO})
    again = document.read(given.read_bytes(), hints, frozenset(entry.fingerprint for entry in first.entries))
    assert isinstance(again, Document)
    assert (again.entries, len(again.known)) == ((), len(first.entries))
    assert (again.title, again.homepage, again.language, again.hubs) == (
        first.title,
        first.homepage,
        first.language,
        first.hubs,
    )
