"""Everything as JSON Lines and back again."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from aggregator.errors import StoreError
from aggregator.model import Item, ItemKey, SourceState, SourceUpdate, Story
from aggregator.store import connect, schema
from aggregator.store.connect import Store
from tests.store.test_backup import dump

Make = Callable[..., Item]


@pytest.fixture
def filled(
    store: Store,
    make_item: Make,
    make_story: Callable[..., Story],
    put: Callable[..., None],
    settle: Callable[..., None],
) -> Store:
    items = [make_item("amt", str(number), title=f"Förderung Ünïcode \U0001f4a1 {number}") for number in range(3)]
    put(*items)
    store.commit(SourceUpdate(state=SourceState(source_id="amt"), aliases=(("link:x", "1"),)))
    settle(make_story("eins", items[0], items[1]), keys={item.key: (1, -5, 2**62) for item in items[:2]})
    return store


@pytest.fixture
def other(fresh: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(fresh, tmp_path / "other.sqlite"))


def test_nothing_is_lost_on_the_way(filled: Store, path: Path, other: Path) -> None:
    lines = list(filled.export())
    assert json.loads(lines[0]) == {"format": "aggregator store", "schema": schema.VERSION}
    with connect.opened(f"sqlite:///{other}") as moved:
        assert moved.load(iter(lines), "export.jsonl") == len(lines) - 1
        assert dump(other) == dump(path)
        assert list(moved.export()) == lines
        assert moved.search("förderung", 10) == filled.search("förderung", 10) != ()
        assert moved.items([ItemKey("amt", "2")]) == filled.items([ItemKey("amt", "2")])
    with closing(sqlite3.connect(other)) as raw:
        assert raw.execute("PRAGMA foreign_key_check").fetchall() == []
        raw.execute("INSERT INTO items_search (items_search, rank) VALUES ('integrity-check', 1)")


def test_a_store_that_holds_something_is_not_filled(filled: Store) -> None:
    with pytest.raises(StoreError, match="expected an empty one"):
        filled.load(iter(list(filled.export())), "export.jsonl")


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        pytest.param(lambda lines: [], ":1: ", id="an empty file"),
        pytest.param(
            lambda lines: lines[1:], ":1: the file does not begin like an export", id="without its first line"
        ),
        pytest.param(lambda lines: [*lines[:3], lines[3][:20], *lines[4:]], ":4: ", id="a line that breaks off"),
        pytest.param(lambda lines: [*lines, '{"table": "users"}'], "unknown table 'users'", id="a strange table"),
        pytest.param(
            lambda lines: [*lines, '{"table": "aliases", "colour": 1}'],
            "unknown column 'colour'",
            id="a strange column",
        ),
        pytest.param(lambda lines: [*lines, "[]"], "no object", id="no object"),
        pytest.param(
            lambda lines: [lines[0].replace('"schema":', '"schema":9'), *lines[1:]], "this program has", id="newer"
        ),
        pytest.param(lambda lines: [*lines, lines[1]], "UNIQUE|twice", id="a row twice"),
    ],
)
def test_a_broken_file_names_its_line_and_changes_nothing(
    broken: Callable[[list[str]], list[str]], said: str, filled: Store, other: Path
) -> None:
    lines = broken(list(filled.export()))
    before = dump(other)
    with connect.opened(f"sqlite:///{other}") as moved, pytest.raises(StoreError, match=said):
        moved.load(iter(lines), "export.jsonl")
    assert dump(other) == before
