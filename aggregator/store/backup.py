"""Copies of a whole store: made while others write, put back in one step, one before every change of the schema.

SQLite's own online backup (sqlite.org/backup.html): the copy is one state of the store, whoever writes meanwhile.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from aggregator.errors import StoreError
from aggregator.store import schema, sqlite

_WAIT = 5.0  # seconds for somebody else's lock
_PAGES = 2_000  # copied at a time, 8 MB: a writer that waits gets its turn in between
_PAUSE = 0.005  # seconds for it
_DAMAGED = frozenset({sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT})
_TRIES = 3  # a write between two steps starts the copy again; after so many it is made in one step, and writers wait


def write(path: str, target: Path) -> None:
    """A copy of the store in the file `target`, on the disk when this returns; an old file of that name is replaced by the
    whole new one. For its owner alone (mode 0600): the store knows secrets of subscriptions. Raises StoreError.
    """
    with alone(target.parent):
        _write(path, target)


def _write(path: str, target: Path) -> None:
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
    _aside_if_damaged(Path(path), source)
    with (
        _told(Path(path)),
        closing(_reader(str(source))) as copy,
        closing(sqlite3.connect(path, timeout=_WAIT)) as store,
    ):
        copy.backup(store)
        store.execute("PRAGMA journal_mode = WAL")
        with store:
            store.execute("DELETE FROM rendered")
            if store.execute(
                "SELECT 1 FROM sqlite_master WHERE name = 'archives'"
            ).fetchone():  # not in copies of old schemas
                store.execute("UPDATE archives SET digest = ''")
        store.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def before_upgrade(path: str, found: int) -> None:
    """Writes a copy of the store beside it, named by the schema it has, in the place of an older one: who has gone back to an
    older program meanwhile has news that are not in that. To be called `alone` in the folder. Raises StoreError."""
    _write(path, Path(f"{path}.schema-{found}"))


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """One at a time of those who copy into this folder: two would write the same file (of four processes that opened an old store
    at once three failed). Who comes second waits."""
    opened = _locked(folder)
    try:
        yield
    finally:
        if opened is not None:
            os.close(opened)


def _locked(folder: Path) -> int | None:
    try:
        opened = os.open(folder, os.O_RDONLY)
    except OSError:
        return None  # whoever writes there says why not
    try:
        fcntl.flock(opened, fcntl.LOCK_EX)
    except OSError:  # some network file systems lock no folders
        os.close(opened)
        return None
    return opened


def _aside_if_damaged(path: Path, source: Path) -> None:
    """At no moment there is no store: the next pass would begin a new one."""
    if not path.exists():
        return
    try:
        with _told(path), closing(sqlite3.connect(path, timeout=_WAIT)) as store:
            store.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except StoreError as error:
        if not isinstance(error.__cause__, sqlite3.DatabaseError) or error.__cause__.sqlite_errorcode not in _DAMAGED:
            raise  # somebody else may have it open
        with _told(path):
            damaged = path.with_name(f"{path.name}.damaged")
            damaged.unlink(missing_ok=True)
            os.link(path, damaged)
            for suffix in ("-wal", "-shm"):  # a log beside a file that it is not of would be played into it
                beside = path.with_name(path.name + suffix)
                if beside.exists():
                    beside.replace(path.with_name(f"{damaged.name}{suffix}"))
        write(str(source), path)


def _reader(path: str) -> sqlite3.Connection:
    if not Path(path).is_file():
        raise StoreError(f"{path}: there is no such file; expected a store, or a copy of one")
    return sqlite3.connect(path, timeout=_WAIT)


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
