"""A store of an older program is brought up to date with all that is in it."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine

from aggregator.errors import Failure
from aggregator.model import Failing, SourceState, Validators
from aggregator.store import connect, migrate, schema

NOW = datetime(2026, 10, 12, 8, tzinfo=UTC)
MICROSECONDS = int(NOW.timestamp()) * 1_000_000


def old_store(path: Path, version: int) -> Path:
    """An empty store of that schema, made by its own migrations."""
    engine = create_engine(f"sqlite:///{path}")
    config = Config()
    config.set_main_option("script_location", str(Path(migrate.__file__).parent / "migrations"))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, f"{version:04}")
        connection.exec_driver_sql(f"PRAGMA user_version = {version}")
    engine.dispose()
    return path


@pytest.fixture
def first_store(tmp_path: Path) -> Path:
    """A store of schema 1 with two sources."""
    path = old_store(tmp_path / "old.sqlite", 1)
    with sqlite3.connect(path) as raw:
        raw.execute(
            "INSERT INTO sources (source_id, etag, body_hash, last_checked, last_success, next_due, failures, failure,"
            " failure_message, failing_since, cadence, moved_to) VALUES"
            " ('amt', '\"v1\"', 'abc', ?, ?, ?, 3, 'timeout', 'slow', ?, 3600000000, 'https://new.example/feed')",
            (MICROSECONDS,) * 4,
        )
        raw.execute("INSERT INTO sources (source_id, failures) VALUES ('verein', 0)")
        raw.execute("INSERT INTO aliases (source_id, alias, guid) VALUES ('amt', 'link:a.example/1', '1')")
    return path


@pytest.mark.slow
def test_a_store_of_the_first_schema_keeps_what_is_in_it(first_store: Path) -> None:
    with connect.opened(f"sqlite:///{first_store}") as store:
        assert store.states() == {
            "amt": SourceState(
                source_id="amt",
                validators=Validators(etag='"v1"'),
                body_hash="abc",
                last_checked=NOW,
                last_success=NOW,
                next_due=NOW,
                failures=3,
                failing=Failing(failure=Failure.TIMEOUT, message="slow", since=NOW),
                cadence=timedelta(hours=1),
            ),
            "verein": SourceState(source_id="verein"),
        }
    with sqlite3.connect(first_store) as raw:
        assert raw.execute("PRAGMA user_version").fetchone() == (schema.VERSION,)
        assert raw.execute("SELECT count(*) FROM aliases").fetchone() == (1,)
        assert raw.execute("PRAGMA integrity_check").fetchone() == ("ok",)


@pytest.mark.slow
def test_what_was_stored_before_words_had_parts_is_found_by_them(tmp_path: Path) -> None:
    path = old_store(tmp_path / "old.sqlite", 4)
    with sqlite3.connect(path) as raw:
        raw.execute(
            "INSERT INTO items (number, withdrawn, source_id, guid, id, published, date_trust, first_seen, content_hash,"
            " fingerprint, authors, categories, enclosures, url, title, summary, text, html) VALUES"
            " (1, 0, 'amt', '1', 'amt-1', ?, 'exact', ?, 'h', 'f', '[]', '[]', '[]', 'https://a.example/1',"
            " 'Wasserstoffstrategie', '', 'Mit Fördermitteln', '')",
            (MICROSECONDS, MICROSECONDS),
        )
    with connect.opened(f"sqlite:///{path}") as store:
        for found in ("strategie", "foerdermittel", "FÖRDERMITTELN", "wasserstoff"):
            assert [row.item.guid for row in store.listed(search=found)] == ["1"], found
        assert store.listed(search="Fordermitteln") == ()
