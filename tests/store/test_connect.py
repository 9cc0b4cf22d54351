"""Opening: what is made, what is brought up to date, what is refused and with which words."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

from aggregator.errors import StoreError
from aggregator.model import Item
from aggregator.store import connect, migrate, schema, sqlite


def tables(path: Path) -> dict[str, str]:
    with sqlite3.connect(path) as raw:
        rows = raw.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
    # a table that was made anew by a migration has quotes round its name
    ours = {name: " ".join(sql.split()).replace('"', "") for name, sql in rows}
    return {name: sql for name, sql in ours.items() if not name.startswith(("items_search", "alembic_"))}


def test_the_migrations_make_the_tables_that_the_program_uses(fresh: Path, tmp_path: Path) -> None:
    declared = tmp_path / "declared.sqlite"
    engine = create_engine(f"sqlite:///{declared}")
    schema.metadata.create_all(engine)
    engine.dispose()
    assert tables(fresh) == tables(declared)


def test_the_version_of_the_schema_is_the_number_of_the_last_migration() -> None:
    scripts = ScriptDirectory(str(Path(migrate.__file__).parent / "migrations"))
    assert int(scripts.get_current_head() or 0) == schema.VERSION == len(list(scripts.walk_revisions()))


@pytest.mark.slow
def test_the_other_database_is_not_imported() -> None:
    code = (
        "import sys; from aggregator.store import connect; print([name for name in sys.modules if 'postgres' in name])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]", "a keyword such as postgresql_where imports 35 ms of a dialect"


@pytest.mark.slow
def test_alembic_is_imported_for_a_store_of_another_version_only(url: str, tmp_path: Path) -> None:
    code = (
        "import sys; from aggregator.store import connect\n"
        "for url in sys.argv[1:]:\n"
        "    with connect.opened(url): pass\n"
        "    print('alembic' in sys.modules)"
    )
    command = [sys.executable, "-c", code, url, f"sqlite:///{tmp_path / 'new.sqlite'}"]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout.split() == ["False", "True"]


def test_what_a_commit_acknowledged_survives_a_power_cut(url: str) -> None:
    engine = sqlite.engine(url.removeprefix("sqlite:///"), 1)
    with engine.connect() as connection:
        pragmas = [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("journal_mode", "synchronous")]
        assert pragmas == ["wal", 2]
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
    engine.dispose()


def test_no_transaction_stays_open_after_a_question(store: connect.Store, path: Path) -> None:
    store.states()
    with sqlite3.connect(path, timeout=0) as other:
        other.execute("BEGIN EXCLUSIVE")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param(b"# Notes\n" * 200, "no SQLite database", id="a text file"),
        pytest.param(b"SQLite format 3\0" + b"\xff" * 4096, "no SQLite database", id="a torn header"),
    ],
)
def test_what_is_no_store_is_refused_and_left_alone(content: bytes, said: str, tmp_path: Path) -> None:
    path = tmp_path / "aggregator.sqlite"
    path.write_bytes(content)
    with pytest.raises(StoreError, match=f"{path}.*{said}"), connect.opened(f"sqlite:///{path}"):
        pass
    assert path.read_bytes() == content


def test_another_programs_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "recipes.sqlite"
    with sqlite3.connect(path) as raw:
        raw.execute("CREATE TABLE cakes (name TEXT)")
    with pytest.raises(StoreError, match="another program"), connect.opened(f"sqlite:///{path}"):
        pass
    with sqlite3.connect(path) as raw:
        assert [row[0] for row in raw.execute("SELECT name FROM sqlite_master")] == ["cakes"]


def test_a_newer_programs_store_is_refused(url: str, path: Path) -> None:
    with sqlite3.connect(path) as raw:
        raw.execute(f"PRAGMA user_version = {schema.VERSION + 1}")
    with pytest.raises(StoreError, match=f"newer program .schema {schema.VERSION + 1}"), connect.opened(url):
        pass


@pytest.mark.parametrize(
    ("url", "said"),
    [
        pytest.param("sqlite:////no/such/folder/a.sqlite", "can not be opened", id="a folder that is not there"),
        pytest.param("sqlite:////", "can not be opened", id="a folder"),
        pytest.param("sqlite://", "expected sqlite:////absolute/path", id="a store in memory would forget"),
        pytest.param("/var/lib/store", "expected sqlite:////absolute/path", id="a path"),
        pytest.param("postgresql://u:secret@host/db", "expected sqlite:////absolute/path", id="not yet"),
    ],
)
def test_what_can_not_be_opened_is_said(url: str, said: str) -> None:
    with pytest.raises(StoreError, match=said) as raised, connect.opened(url):
        pass
    assert "secret" not in str(raised.value)


def test_a_damaged_store_is_said(
    url: str, path: Path, store: connect.Store, put: Callable[..., None], make_item: Callable[..., Item]
) -> None:
    put(*(make_item(guid=str(number), text="wort " * 500) for number in range(20)))
    with sqlite3.connect(path) as raw:
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xa5" * (path.stat().st_size - 4096))
    with pytest.raises(StoreError, match="damaged; restore a backup"), connect.opened(url) as damaged:
        damaged.unsettled(100)


def test_a_locked_store_is_said_after_the_wait(url: str, path: Path, make_item: Callable[..., Item]) -> None:
    with connect.opened(url, wait=0.05) as store, sqlite3.connect(path) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match=f"{path}.*locked by another program"):
            store.withdraw([make_item().key])
        assert store.states() == {}, "readers are not held up"
        other.rollback()
        store.withdraw([make_item().key])


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        pytest.param("PRAGMA query_only = 1; INSERT INTO t VALUES (1)", "can not be written", id="read-only"),
        pytest.param(
            "PRAGMA max_page_count = 3; INSERT INTO t SELECT hex(randomblob(9000))", "disk is full", id="disk full"
        ),
    ],
)
def test_a_drivers_error_is_put_in_words(broken: str, said: str, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "a.sqlite") as raw:
        raw.execute("CREATE TABLE t (a)")
        with pytest.raises(sqlite3.Error) as raised:
            raw.executescript(broken)
    assert said in sqlite.meaning(raised.value)


def test_a_path_may_have_any_characters(tmp_path: Path) -> None:
    path = tmp_path / "Müller & Söhne 100% #1?" / "a%20b.sqlite"
    path.parent.mkdir()
    with connect.opened(f"sqlite:///{path}"):
        assert path.is_file()
