"""Everything as JSON Lines and back again."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Column, Table

from aggregator.errors import StoreError
from aggregator.model import Item, ItemKey, SourceState, SourceUpdate, Story
from aggregator.store import columns, connect, portable, schema
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
        assert moved.load(iter(lines), "export.jsonl") == len(lines) - 2
        assert dump(other) == dump(path)
        assert list(moved.export()) == lines
        assert moved.search("förderung", 10) == filled.search("förderung", 10) != ()
        assert moved.items([ItemKey("amt", "2")]) == filled.items([ItemKey("amt", "2")])
    with closing(sqlite3.connect(other)) as raw:
        assert raw.execute("PRAGMA foreign_key_check").fetchall() == []
        raw.execute("INSERT INTO items_search (items_search, rank) VALUES ('integrity-check', 1)")


# What a column may hold that is read as more than what it is
HELD: dict[str, object] = {
    "rhythm": "[1.5,2,3,[0.5]]",
    "rest": "[3600,[1],[2]]",
    "rights": '[true,null,["noai"]]',
    "hub": '["https://hub.example/","https://a.example/feed"]',
    "profile": "[[1,2.0,3.0],[4,[0.5],[0.5]],[5,6,7],null,null]",
    "verdicts": '{"/":true}',
    "failure": "dns",
    "date_trust": "exact",
    "verdict": "same",
    "state": "ok",
    "mode": "subscribe",
    "waiting": '["mail"]',
}


def put_into(path: Path, tables: Iterable[Table]) -> None:
    """Two rows into each, with what is awkward in a text, and the numbers that lie at the edge."""
    with closing(sqlite3.connect(path)) as raw:
        for table in tables:
            raw.execute(f"DELETE FROM {table.name}")
            for number in (1, 2):
                row = {column.name: _held(column, number) for column in table.columns}
                if table.name == "pushes":
                    row["state"] = "live"
                names, places = ", ".join(f'"{name}"' for name in row), ", ".join("?" * len(row))
                raw.execute(f"INSERT INTO {table.name} ({names}) VALUES ({places})", list(row.values()))
        raw.commit()


def _held(column: Column[Any], number: int) -> object:
    for key in column.foreign_keys:
        return _held(key.column, number)
    if column.nullable and number == 2:
        return None
    kind = column.type.sql if isinstance(column.type, columns.Written) else str(column.type)
    if column.name in HELD and not column.primary_key:
        return HELD[column.name]
    if isinstance(column.type, columns.Written) and kind == "TEXT":
        return "[]"
    if kind in {"TEXT", "BLOB"}:
        value = f'{number} \u2028\r\n\x85 \U0001f4a1 " e\u0301 \x7f {column.name}'
        return value if kind == "TEXT" else value.encode() + b"\0\xff"
    if kind == "FLOAT":
        return 0.1 + number
    return number if column.primary_key or kind == "INTEGER" else 2**50 + number


def test_every_table_arrives_byte_by_byte(path: Path, other: Path) -> None:
    put_into(path, schema.metadata.sorted_tables)
    with connect.opened(f"sqlite:///{path}") as store, connect.opened(f"sqlite:///{other}") as moved:
        lines = list(store.export())
        told = {json.loads(line).get("table") for line in lines} - {None}
        assert schema.metadata.tables.keys() - told == {"rendered"}
        assert moved.load(iter(lines), "export.jsonl") == len(lines) - 2
        assert list(moved.export()) == lines


@pytest.mark.parametrize("name", [table.name for table in portable.tables() if table.name != "counters"])
def test_whatever_a_store_holds_is_not_overwritten(name: str, path: Path, other: Path) -> None:
    put_into(path, [schema.metadata.tables[name]])
    with connect.opened(f"sqlite:///{other}") as empty:
        lines = list(empty.export())
    with connect.opened(f"sqlite:///{path}") as store, pytest.raises(StoreError, match="expected an empty one"):
        store.load(iter(lines), "export.jsonl")


def test_a_store_that_holds_something_is_not_filled(filled: Store) -> None:
    with pytest.raises(StoreError, match="expected an empty one"):
        filled.load(iter(list(filled.export())), "export.jsonl")


def changed(lines: list[str], table: str, **values: object) -> list[str]:
    """With these values in the first row of the table."""
    place = next(place for place, line in enumerate(lines) if json.loads(line).get("table") == table)
    return [*lines[:place], json.dumps(json.loads(lines[place]) | values), *lines[place + 1 :]]


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        pytest.param(lambda lines: [], ":1: ", id="an empty file"),
        pytest.param(
            lambda lines: lines[1:], ":1: the file does not begin like an export", id="without its first line"
        ),
        pytest.param(lambda lines: [*lines[:3], lines[3][:20], *lines[4:]], ":4: ", id="a line that breaks off"),
        pytest.param(lambda lines: [*lines[:-1], '{"table": "users"}'], "unknown table 'users'", id="a strange table"),
        pytest.param(
            lambda lines: [*lines[:-1], '{"table": "aliases", "colour": 1}'],
            "unknown column 'colour'",
            id="a strange column",
        ),
        pytest.param(lambda lines: [*lines[:-1], "[]"], "no object", id="no object"),
        pytest.param(
            lambda lines: [lines[0].replace('"schema":', '"schema":9'), *lines[1:]], "this program has", id="newer"
        ),
        pytest.param(lambda lines: [*lines[:-1], lines[1]], r":\d+: UNIQUE", id="a row twice"),
        pytest.param(lambda lines: lines[:-1], r"\d+ rows of more", id="cut off at the end of a line"),
        pytest.param(lambda lines: [*lines[:-2], lines[-1]], r"rows of \d+", id="without one of its rows"),
        pytest.param(lambda lines: [*lines, *lines], r":\d+: a line after the last", id="two files in one"),
        pytest.param(
            lambda lines: changed(lines, "items", published="x"), "unsupported type", id="a text for an instant"
        ),
        pytest.param(lambda lines: changed(lines, "items", number=10**30), "too large", id="a number out of range"),
        pytest.param(lambda lines: changed(lines, "items", title=["x"]), "title: list", id="a list for a text"),
        pytest.param(
            lambda lines: changed(lines, "items", title=None), "NOT NULL", id="nothing where something must be"
        ),
        pytest.param(lambda lines: changed(lines, "items", title="\ud800"), "surrogates", id="half a character"),
        pytest.param(lambda lines: changed(lines, "items", authors="[["), r":\d+: Expecting", id="no list of authors"),
        pytest.param(lambda lines: changed(lines, "items", date_trust="x"), "DateTrust", id="a word of another list"),
        pytest.param(lambda lines: changed(lines, "items", url={"base64": 1}), "bytes-like", id="no base64"),
        pytest.param(
            lambda lines: changed(lines, "members", item=99), "a row of members points", id="a row without its item"
        ),
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
