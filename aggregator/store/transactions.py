"""Transactions on an open store, and what the library raises in words of ours."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from aggregator.errors import StoreError
from aggregator.store import sqlite


@contextmanager
def translated(path: str) -> Iterator[None]:
    """Whatever the library raises, as StoreError with the file and what to do."""
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error) as error:
        cause = error.orig if isinstance(error, DBAPIError) else error
        raise StoreError(f"{path}: {sqlite.meaning(cause)}") from error


class Transactions:
    """An open store. Every question and commit is one transaction; none stays open after it."""

    def __init__(self, connection: Connection, path: str) -> None:
        self._connection = connection
        self._path = path

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        """One state of the store for all questions inside."""
        with translated(self._path), self._connection.begin():
            self._connection.exec_driver_sql(sqlite.BEGIN_READING)
            yield self._connection

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        """All of what is inside, or nothing."""
        with translated(self._path), self._connection.begin():
            self._connection.exec_driver_sql(sqlite.BEGIN_WRITING)
            yield self._connection
