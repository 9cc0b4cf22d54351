"""What is SQLite's own: opening a file, upserts, full text search, and what its errors mean for people."""

from __future__ import annotations

import json
import sqlite3
import unicodedata
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from sqlalchemy import (
    CTE,
    ClauseElement,
    Column,
    ColumnElement,
    CompoundSelect,
    Connection,
    Engine,
    Insert,
    Integer,
    Select,
    Table,
    Text,
    bindparam,
    column,
    create_engine,
    func,
    insert,
    intersect,
    literal_column,
    select,
    table,
    type_coerce,
    union,
)
from sqlalchemy.dialects import sqlite
from sqlalchemy.pool import NullPool

# Readers start as late as they can; a writer takes its place at once, or two that read first and write later would
# refuse each other without waiting (SQLITE_BUSY in an upgrade of a lock is not retried).
BEGIN_READING = "BEGIN"
BEGIN_WRITING = "BEGIN IMMEDIATE"

# The search table belongs to FTS5; it indexes `items` and keeps no text of its own. Items come in when they are first
# settled (`items.settle`); from then on triggers keep it in step.
_SEARCH = literal_column("items_search", Text)
_NUMBER = literal_column("rowid", Integer).label("number")


def engine(path: str, timeout: float) -> Engine:
    """An engine for one file; `timeout` in seconds is how long a writer waits for another one."""

    def connect() -> sqlite3.Connection:
        # isolation_level None: sqlite3 begins nothing by itself, so that DDL is part of transactions as well
        connection = sqlite3.connect(path, timeout=timeout, isolation_level=None)
        _write_ahead(connection)
        # FULL costs a sync for every commit: 1,000 small transactions take 270 ms instead of 25. NORMAL may lose the last
        # commits with the power, although what they gave is published already.
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA cache_size = -16000")
        return connection

    return create_engine("sqlite://", creator=connect, poolclass=NullPool)


def _write_ahead(connection: sqlite3.Connection) -> None:
    try:
        connection.execute("PRAGMA journal_mode = WAL")
    except sqlite3.OperationalError:
        # Two make the same new file at once (1 of 300 openings, five at a time): the change of mode does not wait for the
        # other, a transaction does.
        connection.execute(BEGIN_WRITING)
        connection.rollback()
        connection.execute("PRAGMA journal_mode = WAL")


def version(connection: Connection) -> int:
    """The version of the store's schema; 0 for a new file."""
    return int(connection.exec_driver_sql("PRAGMA user_version").scalar_one())


def set_version(connection: Connection, number: int) -> None:
    connection.exec_driver_sql(f"PRAGMA user_version = {number:d}")


def empty(connection: Connection) -> bool:
    """Whether nothing at all is in the file."""
    return not connection.exec_driver_sql("SELECT count(*) FROM sqlite_master").scalar_one()


def vacuum(connection: Connection, path: str) -> tuple[int, int]:
    """Writes the file anew without holes, and its search table in one piece; its size before and after."""
    raw = _driver(connection)  # not inside a transaction
    raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    before = Path(path).stat().st_size
    raw.execute("INSERT INTO items_search (items_search) VALUES ('optimize')")
    raw.execute("VACUUM")
    raw.execute("PRAGMA optimize")
    raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return before, Path(path).stat().st_size


def unsound(connection: Connection) -> tuple[str, ...]:
    """Without the comparison of indexes and tables, which takes minutes for a large file."""
    found = [str(row[0]) for row in connection.exec_driver_sql("PRAGMA quick_check(5)")]
    if found != ["ok"]:
        return tuple(found)
    return (missing,) if (missing := dangling(connection)) else ()


def engine_version(connection: Connection) -> str:
    return str(connection.exec_driver_sql("SELECT sqlite_version()").scalar_one())


def foreign_keys(connection: Connection, *, on: bool) -> None:
    """Migrations that rebuild a table need them off: dropping the old one would delete what points to it."""
    connection.exec_driver_sql(f"PRAGMA foreign_keys = {'ON' if on else 'OFF'}")


def defer_foreign_keys(connection: Connection) -> None:
    """Until the end of the transaction: what points to each other comes in any order."""
    connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")


def upsert(into: Table, *names: str) -> sqlite.Insert:
    """INSERT that overwrites the columns `names` of a row with the same primary key."""
    return upsert_by(into, tuple(into.primary_key.columns.keys()), *names)


def upsert_by(into: Table, unique: Collection[str], *names: str) -> sqlite.Insert:
    """INSERT that overwrites the columns `names` of a row with the same `unique` columns."""
    statement = sqlite.insert(into)
    return statement.on_conflict_do_update(
        index_elements=list(unique), set_={name: statement.excluded[name] for name in names}
    )


# ---------------------------------------------------------------------------------------------------- straight to the driver
#
# What is asked for every source or written for every item: statements that Core puts in words once, and the driver's own
# numbers and texts in and out (`columns.writing`, `columns.reading`). A question costs 10 µs instead of 110, an item 5
# instead of 60. Values stand in the order in which the statement names them, for an INSERT that of the table's columns.


def rows(connection: Connection, statement: ClauseElement, *values: int | str | None) -> list[tuple[Any, ...]]:
    """All rows of the answer."""
    return list(each(connection, statement, *values))


def each(connection: Connection, statement: ClauseElement, *values: int | str | None) -> Iterator[tuple[Any, ...]]:
    """The rows one after the other; to be read to the end, inside the transaction."""
    return _driver(connection).execute(_words(statement), values)


def run(connection: Connection, statement: ClauseElement, *values: int | str | None) -> int:
    """How many rows it touched."""
    return _driver(connection).execute(_words(statement), values).rowcount


def run_many(connection: Connection, statement: ClauseElement, of: Collection[Sequence[Any]]) -> None:
    """Once for each of the rows."""
    if of:
        _driver(connection).executemany(_words(statement), of)


RowError = sqlite3.Error  # what is raised where a row can not be stored


def filling(connection: Connection, into: Table) -> Callable[[Sequence[Any]], None]:
    """Stores a row as the driver takes it, with every column of the table, our own numbers among them. Raises RowError."""
    words = str(insert(into).compile(dialect=sqlite.dialect(), column_keys=into.columns.keys()))
    execute = _driver(connection).execute
    return lambda values: execute(words, values).close()


def dangling(connection: Connection) -> str:
    """Where a row points to one that is not there; "" where none does."""
    found = _driver(connection).execute("PRAGMA foreign_key_check").fetchone()
    return f"a row of {found[0]} points to one of {found[2]} that is not there" if found else ""


def plain(connection: Connection, query: Select[*tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """The driver's own rows of a question that is put together each time."""
    return list(connection.execute(query).cursor.fetchall())


def among(of: Column[int]) -> ColumnElement[bool]:
    """Whether the column is one of `numbers(...)`: one value for any number of them, no statement for each length."""
    return of.in_(select(func.json_each(bindparam("numbers", type_=Text)).table_valued("value").c.value))


def numbers(these: Iterable[int]) -> str:
    """What `among` is given."""
    return f"[{','.join(map(str, these))}]"


def _driver(connection: Connection) -> sqlite3.Connection:
    found: sqlite3.Connection = connection.connection.driver_connection  # type: ignore[assignment]
    return found


@lru_cache(maxsize=128)  # more than there are such statements: they are all made once, at import
def _words(statement: ClauseElement) -> str:
    names = None
    if isinstance(statement, Insert) and statement.select is None and isinstance(statement.table, Table):
        numbered = statement.table.autoincrement_column
        names = [one.name for one in statement.table.c if one is not numbered]
    return str(statement.compile(dialect=sqlite.dialect(), column_keys=names))


# ---------------------------------------------------------------------------------------------------------- who holds a key

_TOGETHER = 500  # looked for in one statement


def holding(connection: Connection, sought: Sequence[tuple[int, int, int, int]]) -> list[tuple[int, int, int]]:
    """(asker, key, first day, last day) each → (asker, key, item) of all that have the key on one of these days or on none.

    A list of values is joined to the index: 2 µs a key, a tenth of what single questions cost, and nothing is parsed.
    """
    found: list[tuple[int, int, int]] = []
    for start in range(0, len(sought), _TOGETHER):
        batch = sought[start : start + _TOGETHER]
        values = [value for row in batch for value in row]
        found += _driver(connection).execute(_holding(len(batch)), values)
    return found


@lru_cache(maxsize=64)
def _holding(count: int) -> str:
    rows = ", ".join(["(?, ?, ?, ?)"] * count)
    arm = "SELECT asker, k.key, k.item FROM sought CROSS JOIN item_keys AS k ON k.key = sought.key AND k.day"
    return (
        f"WITH sought (asker, key, first, last) AS (VALUES {rows}) "
        f"{arm} BETWEEN first AND last UNION ALL {arm} = 0 WHERE first > 0"
    )


# ------------------------------------------------------------------------------------------------------- full text search


def indexing(rows: Select[Any]) -> Insert:
    """Takes rows of number, title, summary and text into the search table; they are best in the order of their numbers."""
    into = table("items_search", *(column(name) for name in ("rowid", "title", "summary", "text")))
    return Insert(into).from_select(["rowid", "title", "summary", "text"], rows)


def searched(of: Column[str]) -> ColumnElement[str]:
    """The column as the search table holds it."""
    folded: ColumnElement[str] = type_coerce(of, Text)
    for written, spelt in _SPELT:
        folded = func.replace(folded, literal_column(f"'{written}'"), literal_column(f"'{spelt}'"))
    return folded


# As in the triggers (migration 0008): `ä` is `ae` and not `a`
_SPELT = (("ä", "ae"), ("Ä", "Ae"), ("ö", "oe"), ("Ö", "Oe"), ("ü", "ue"), ("Ü", "Ue"), ("ß", "ss"), ("ẞ", "SS"))


def found(terms: str) -> CTE:
    """(number) of the items that fit the terms."""
    query = select(_NUMBER).select_from(table("items_search")).where(_SEARCH.op("MATCH")(terms))
    return query.cte("found").prefix_with("MATERIALIZED")


def found_among(connection: Connection, terms: str, numbers: Collection[int]) -> list[int]:
    """Those of the items that fit the terms. One seek in the index each: for some items, not for all."""
    query = "SELECT rowid FROM items_search WHERE items_search MATCH ? AND rowid = ?"
    execute = _driver(connection).execute
    return [number for one in numbers for (number,) in execute(query, (terms, one))]


_TOGETHER_SOUGHT = 12  # phrases in one MATCH: FTS5 looks at all of them for every item that has one


def found_all(terms: Sequence[Sequence[str]], name: str, *, in_title: bool = False) -> CTE:
    """(number) of the items that have one phrase of each term, anywhere or in the title."""
    each = [_found_any(phrases, "title : " if in_title else "") for phrases in terms]
    query = each[0] if len(each) == 1 else intersect(*(select(one.subquery().c.number) for one in each))
    return query.cte(name).prefix_with("MATERIALIZED")


def _found_any(phrases: Sequence[str], column: str) -> CompoundSelect[int]:
    starts = range(0, len(phrases), _TOGETHER_SOUGHT)
    parts = [f"{column}({' OR '.join(phrases[start : start + _TOGETHER_SOUGHT])})" for start in starts]
    return union(
        *(select(_NUMBER).select_from(table("items_search")).where(_SEARCH.op("MATCH")(part)) for part in parts)
    )


def phrase(text: str) -> str:
    """The words of a text in a row; "" where there are none."""
    legal = _legal(text)
    for written, spelt in _SPELT:
        legal = legal.replace(written, spelt)
    return '"' + legal.replace('"', '""') + '"' if _has_word(legal) else ""


def _legal(text: str) -> str:
    """Without NUL, which ends FTS5's reading, and lone surrogates, which no database takes; in NFC, as what is stored."""
    return unicodedata.normalize("NFC", text.replace("\0", " ").encode("utf-8", "ignore").decode("utf-8"))


def _has_word(text: str) -> bool:
    return any(character.isalnum() for character in text)


# -------------------------------------------------------------------------------------------------- the words that occur

_NEW_WORDS = "SELECT value FROM json_each(?) WHERE value NOT IN (SELECT word FROM items_search_words) ORDER BY value"
_ADD_WORD = "INSERT INTO items_search_words (word) VALUES (?)"
_LAST_WORD = "SELECT coalesce(max(number), 0) FROM items_search_words"
_ADD_PARTS = "INSERT INTO items_search_parts (rowid, word) SELECT number, word FROM items_search_words WHERE number > ?"
_KNOWN_WORDS = "SELECT word FROM items_search_words WHERE word IN (SELECT value FROM json_each(?))"
# LIKE, because of detail=none: the index gives what has all the parts, the words themselves decide
_WITH_PART = "SELECT word FROM items_search_parts WHERE word LIKE '%' || ? || '%' ORDER BY length(word), word LIMIT ?"


def learn(connection: Connection, words: Collection[str]) -> None:
    """Adds to the words that occur; of letters alone, folded."""
    execute = _driver(connection).execute
    new = execute(_NEW_WORDS, (json.dumps(list(words)),)).fetchall()
    if new:
        ((last,),) = execute(_LAST_WORD)
        _driver(connection).executemany(_ADD_WORD, new)
        execute(_ADD_PARTS, (last,))


_TERMS = """CREATE VIRTUAL TABLE temp.items_search_terms USING fts5vocab('main', 'items_search', 'row')"""
_OCCUR = "SELECT term FROM items_search_terms WHERE length(term) BETWEEN 3 AND 40 AND term NOT GLOB '*[0-9]*'"


def index_anew(connection: Connection) -> None:
    """Makes the search table, and the words that occur, again from what is stored."""
    execute = _driver(connection).execute
    execute("INSERT INTO items_search (items_search) VALUES ('rebuild')")
    execute(_TERMS)
    learn(connection, [word for (word,) in execute(_OCCUR)])
    execute("DROP TABLE temp.items_search_terms")


def known_words(connection: Connection, words: Collection[str]) -> frozenset[str]:
    """Those of the words that occur."""
    return frozenset(word for (word,) in _driver(connection).execute(_KNOWN_WORDS, (json.dumps(list(words)),)))


def words_with(connection: Connection, part: str, limit: int) -> list[str]:
    """Words that contain the part (three letters or more, no other characters), the shortest first."""
    return [word for (word,) in _driver(connection).execute(_WITH_PART, (part, limit))]


# ---------------------------------------------------------------------------------------------------------- what is wrong

_MEANING = {
    "SQLITE_BUSY": "is locked by another program; wait for it to end, or end it",
    "SQLITE_LOCKED": "is locked by another program; wait for it to end, or end it",
    "SQLITE_READONLY": "can not be written; expected a file and a directory that this user may write",
    "SQLITE_PERM": "can not be written; expected a file and a directory that this user may write",
    "SQLITE_FULL": "the disk is full; free some space and start again, nothing is half written",
    "SQLITE_IOERR": "the disk could not be read or written (full, over quota, or broken); nothing is half written",
    "SQLITE_CANTOPEN": "can not be opened; expected a file, or a directory to make it in, that this user may write",
    "SQLITE_NOTADB": "is no SQLite database; move it away, or name another store",
    "SQLITE_CORRUPT": "is damaged; restore a backup, or move it away and start with a new store",
    "SQLITE_NOMEM": "needs more memory than there is",
}


def meaning(error: BaseException | None) -> str:
    """What a driver's error means for the person who must act."""
    name = getattr(error, "sqlite_errorname", None) or ""  # SQLITE_IOERR_WRITE: the first two parts say enough
    known = _MEANING.get("_".join(name.split("_")[:2]))
    return f"{known} ({error})" if known else f"{name or type(error).__name__}: {error}"
