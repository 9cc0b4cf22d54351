"""Brings a store's schema up to date. Imported only where it is not: alembic takes longer to import than a pass to run."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

from aggregator.errors import StoreError
from aggregator.store import schema, sqlite


def migrate(connection: Connection, path: str) -> None:
    """All missing migrations in one transaction: killed in between, the store is what it was."""
    sqlite.foreign_keys(connection, on=False)
    connection.commit()
    with connection.begin():
        connection.exec_driver_sql(sqlite.BEGIN_WRITING)
        found = sqlite.version(connection)
        if found < schema.VERSION:  # else another process was faster
            if not found and not sqlite.empty(connection):
                raise StoreError(
                    f"{path}: is the database of another program; expected a store of this one, or no file"
                )
            command.upgrade(_config(connection), "head")
            sqlite.set_version(connection, schema.VERSION)
    sqlite.foreign_keys(connection, on=True)
    connection.commit()


def _config(connection: Connection) -> Config:
    config = Config()
    folder = Path(__file__).parent / "migrations"
    config.set_main_option("script_location", str(folder).replace("%", "%%"))  # % is ConfigParser's own
    config.attributes["connection"] = connection
    return config
