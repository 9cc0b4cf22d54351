"""Copies of a whole store: made while others write, put back in one step, one before every change of the schema.

SQLite's own online backup (sqlite.org/backup.html): the copy is one state of the store, whoever writes meanwhile.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from aggregator.errors import StoreError
from aggregator.store import schema, sqlite

_PAGES = 2_000  # copied at a time, 8 MB: a writer that waits gets its turn in between
_PAUSE = 0.005  # seconds for it
_TRIES = 3  # a write between two steps starts the copy again; after so many it is made in one step, and writers wait


def write(path: str, target: Path) -> None:
    """A copy of the store in the file `target`, on the disk when this returns; an old file of that name is replaced by the
    whole new one. For its owner alone (mode 0600): the store knows secrets of subscriptions. Raises StoreError.
    """
    new = target.with_name(f".{target.name}.new")
    with _told(target):
        new.unlink(missing_ok=True)
        os.close(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        try:
            with closing(_reader(path)) as source, closing(sqlite3.connect(new)) as copy:
                _copied(source, copy)
                copy.execute("PRAGMA journal_mode = DELETE")  # one file, with nothing beside it
            _synced(new)
            new.replace(target)
            _synced(target.parent)
        finally:
            with suppress(OSError):
                new.unlink(missing_ok=True)


def version(source: Path) -> int:
    """The schema of a copy that can be put back. StoreError where it is none, is damaged or of a newer program."""
    with _told(source), closing(_reader(str(source))) as copy:
        found = int(copy.execute("PRAGMA user_version").fetchone()[0])
        if not found or not copy.execute("SELECT 1 FROM sqlite_master WHERE name = 'items'").fetchone():
            raise StoreError(f"{source}: is no copy of a store; expected a file made by `aggregator backup`")
        if found > schema.VERSION:
            raise StoreError(
                f"{source}: made by a newer program (schema {found}, this one knows {schema.VERSION}); update the program"
            )
        faults = [row[0] for row in copy.execute("PRAGMA quick_check(1)")]
        if faults != ["ok"]:
            raise StoreError(f"{source}: is damaged ({faults[0]}); expected another copy")
        return found


def restore(path: str, source: Path) -> None:
    """Puts a copy in the store's place: one transaction, so whoever reads sees the old store or the new one.

    A store that can not be opened any more is moved aside first (`.damaged`). What was published is taken as unknown: the next
    pass compares every file. Raises StoreError.
    """
    version(source)
    _aside_if_damaged(Path(path))
    with _told(Path(path)), closing(_reader(str(source))) as copy, closing(sqlite3.connect(path, timeout=5.0)) as store:
        copy.backup(store)
        store.execute("PRAGMA journal_mode = WAL")
        with store:
            store.execute("DELETE FROM rendered")
            if store.execute(
                "SELECT 1 FROM sqlite_master WHERE name = 'archives'"
            ).fetchone():  # not in copies of old schemas
                store.execute("UPDATE archives SET digest = ''")
        store.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def before_upgrade(path: str, found: int) -> Path:
    """A copy of the store beside it, named by the schema it has; one that is there already is left alone."""
    target = Path(f"{path}.schema-{found}")
    if not target.exists():
        write(path, target)
    return target


def _aside_if_damaged(path: Path) -> None:
    if not path.exists():
        return
    try:
        with closing(sqlite3.connect(path)) as store:
            store.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.DatabaseError:
        with _told(path):
            for suffix in ("", "-wal", "-shm"):
                beside = path.with_name(path.name + suffix)
                if beside.exists():
                    beside.replace(path.with_name(f"{path.name}.damaged{suffix}"))


def _reader(path: str) -> sqlite3.Connection:
    if not Path(path).is_file():
        raise StoreError(f"{path}: there is no such file; expected a store, or a copy of one")
    return sqlite3.connect(path, timeout=5.0)


def _copied(source: sqlite3.Connection, copy: sqlite3.Connection) -> None:
    left: int | None = None
    again = 0

    def step(_status: int, remaining: int, _total: int) -> None:
        nonlocal left, again
        again += left is not None and remaining > left
        left = remaining
        if again > _TRIES:
            raise _TooBusyError

    try:
        source.backup(copy, pages=_PAGES, progress=step, sleep=_PAUSE)
    except _TooBusyError:
        source.backup(copy)


class _TooBusyError(Exception):
    """Others write faster than the copy grows."""


def _synced(path: Path) -> None:
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """Whatever goes wrong, as StoreError with the file."""
    try:
        yield
    except sqlite3.Error as error:
        raise StoreError(f"{path}: {sqlite.meaning(error)}") from error
    except OSError as error:
        raise StoreError(f"{error.filename or path}: {error.strerror or error}") from error
