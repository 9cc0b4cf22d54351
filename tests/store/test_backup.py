"""Copies of a store: made while others write, put back in one step, one before every upgrade."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from aggregator.errors import StoreError
from aggregator.model import Item, SourceState, SourceUpdate
from aggregator.store import backup, connect, schema
from aggregator.store.connect import Store
from tests.store.test_migrations import first_store  # noqa: F401  a fixture

Make = Callable[..., Item]


def put(store: Store, make_item: Make, source_id: str, count: int = 5) -> None:
    new = tuple(make_item(source_id, str(number)) for number in range(count))
    store.commit(SourceUpdate(state=SourceState(source_id=source_id), new=new))


def dump(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as raw:
        tables = [table.name for table in schema.metadata.sorted_tables]
        return [repr(row) for table in tables for row in raw.execute(f"SELECT * FROM {table}")]


def test_a_copy_is_put_back_as_it_was(store: Store, url: str, path: Path, tmp_path: Path, make_item: Make) -> None:
    put(store, make_item, "amt")
    before = dump(path)
    connect.backup_to(url, copy := tmp_path / "copy")
    assert copy.stat().st_mode & 0o777 == 0o600
    assert [one.name for one in tmp_path.iterdir() if "copy" in one.name] == ["copy"]
    put(store, make_item, "verein")
    store.commit_rendered({"all": "abc"})
    connect.restore_from(url, copy)
    assert dump(path) == before
    assert store.rendered() == {}, "what is published is compared again"


def test_a_copy_taken_while_others_write_is_one_state(url: str, tmp_path: Path, make_item: Make) -> None:
    ended = threading.Event()

    def write() -> None:
        with connect.opened(url) as store:
            for number in range(10_000):
                if ended.is_set():
                    return
                put(store, make_item, f"source-{number}", 20)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for number in range(5):
            connect.backup_to(url, tmp_path / f"copy-{number}")
    finally:
        ended.set()
        writer.join()
    for number in range(5):
        with closing(sqlite3.connect(tmp_path / f"copy-{number}")) as raw:
            assert raw.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            states, items = (raw.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in ("sources", "items"))
            assert items == 20 * states, "whole transactions"


def test_a_store_that_can_not_be_opened_is_moved_aside(url: str, path: Path, tmp_path: Path) -> None:
    connect.backup_to(url, copy := tmp_path / "copy")
    path.write_bytes(b"no database" * 500)
    connect.restore_from(url, copy)
    assert path.with_name(f"{path.name}.damaged").read_bytes().startswith(b"no database")
    with connect.opened(url) as store:
        assert store.states() == {}


def test_a_store_that_somebody_holds_is_not_taken_for_damaged(
    url: str, path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backup, "_WAIT", 0.05)
    connect.backup_to(url, copy := tmp_path / "copy")
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(StoreError, match="locked by another program"):
            connect.restore_from(url, copy)
    assert list(tmp_path.glob("*.damaged*")) == []


def test_at_no_moment_of_a_restore_there_is_no_store(
    url: str, path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a pass that comes then begins a new one."""
    connect.backup_to(url, copy := tmp_path / "copy")
    path.write_bytes(b"no database" * 500)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(backup, "_write", killed)
    with pytest.raises(KeyboardInterrupt):
        connect.restore_from(url, copy)
    monkeypatch.undo()
    with pytest.raises(StoreError, match="no SQLite database"), connect.opened(url):
        pass
    connect.restore_from(url, copy)
    with connect.opened(url) as store:
        assert store.states() == {}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param(b"", "no copy of a store", id="an empty file"),
        pytest.param(b"news " * 5000, "no SQLite database", id="something else"),
    ],
)
def test_what_is_no_copy_is_refused(content: bytes, said: str, url: str, path: Path, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong"
    wrong.write_bytes(content)
    before = path.read_bytes()
    with pytest.raises(StoreError, match=said):
        connect.restore_from(url, wrong)
    assert path.read_bytes() == before


def test_a_copy_of_a_newer_program_and_a_cut_one_are_refused(url: str, tmp_path: Path) -> None:
    connect.backup_to(url, newer := tmp_path / "newer")
    with closing(sqlite3.connect(newer)) as raw:
        raw.execute(f"PRAGMA user_version = {schema.VERSION + 1}")
    with pytest.raises(StoreError, match="newer program"):
        connect.restore_from(url, newer)
    connect.backup_to(url, cut := tmp_path / "cut")
    cut.write_bytes(cut.read_bytes()[: cut.stat().st_size // 2])
    with pytest.raises(StoreError, match="damaged"):
        connect.restore_from(url, cut)


def test_a_full_disk_leaves_the_old_copy(url: str, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    copy.write_text("the old copy")
    code = (
        "import sys; from pathlib import Path; from aggregator.store import connect;"
        "connect.backup_to(sys.argv[1], Path(sys.argv[2]))"
    )
    command = ["prlimit", "--fsize=20000", sys.executable, "-c", code, url, str(copy)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "StoreError" in done.stderr
    assert copy.read_text() == "the old copy"
    assert [one.name for one in tmp_path.iterdir() if one.name.startswith(".")] == []


@pytest.mark.slow
def test_an_upgrade_keeps_a_copy_of_what_was_before(first_store: Path) -> None:  # noqa: F811
    before = first_store.read_bytes()
    with connect.opened(f"sqlite:///{first_store}"):
        pass
    kept = Path(f"{first_store}.schema-1")
    assert backup.version(kept) == 1
    with closing(sqlite3.connect(kept)) as raw, closing(sqlite3.connect(":memory:")) as old:
        old.deserialize(before)
        assert list(raw.iterdump()) == list(old.iterdump())


@pytest.mark.slow
def test_who_went_back_and_upgrades_again_has_a_copy_of_what_came_meanwhile(first_store: Path) -> None:  # noqa: F811
    kept = Path(f"{first_store}.schema-1")
    with connect.opened(f"sqlite:///{first_store}"):
        pass
    for beside in ("-wal", "-shm"):
        Path(f"{first_store}{beside}").unlink(missing_ok=True)
    first_store.write_bytes(kept.read_bytes())  # the older program has its store back, and goes on
    with closing(sqlite3.connect(first_store)) as raw, raw:
        raw.execute("INSERT INTO sources (source_id, failures) VALUES ('came later', 0)")
    with connect.opened(f"sqlite:///{first_store}"):
        pass
    with closing(sqlite3.connect(kept)) as raw:
        assert raw.execute("SELECT count(*) FROM sources WHERE source_id = 'came later'").fetchone() == (1,)


@pytest.mark.slow
def test_several_programs_may_upgrade_a_store_at_once(first_store: Path) -> None:  # noqa: F811
    """A service whose readers and whose first pass come together."""
    with closing(sqlite3.connect(first_store)) as raw, raw:
        rows = [(f"s{number}", "x" * 10_000) for number in range(800)]
        raw.executemany("INSERT INTO sources (source_id, failures, failure_message) VALUES (?, 0, ?)", rows)
    code = "import sys; from aggregator.store import connect\nwith connect.opened(sys.argv[1]) as s: print(len(s.states()))"
    command = [sys.executable, "-c", code, f"sqlite:///{first_store}"]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(3)]
    assert [process.communicate() for process in running] == [("802\n", "")] * 3
    with closing(sqlite3.connect(f"{first_store}.schema-1")) as raw:
        assert raw.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert raw.execute("SELECT count(*) FROM sources").fetchone() == (802,)


@pytest.mark.slow
def test_an_upgrade_that_is_killed_leaves_the_old_schema_or_the_new_one(first_store: Path) -> None:  # noqa: F811
    from tests.store.test_crash import KILLED

    code = KILLED + "from aggregator.store import connect\nwith connect.opened(sys.argv[1]): pass"
    original = first_store.read_bytes()
    found = set()
    for fifties in (1, 4, 9, 20, 35, 60, 90, 10_000):
        for beside in first_store.parent.glob(f"{first_store.name}*"):
            beside.unlink()
        first_store.write_bytes(original)
        command = [sys.executable, "-c", code, f"sqlite:///{first_store}", str(fifties)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode in {-9, 0}, done.stderr
        with closing(sqlite3.connect(first_store)) as raw:
            assert raw.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            version = raw.execute("PRAGMA user_version").fetchone()[0]
            tables = {row[0] for row in raw.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        assert ("sketches" in tables) == (version == schema.VERSION), "never between"
        found.add(version)
        with connect.opened(f"sqlite:///{first_store}") as store:
            assert len(store.states()) == 2
    assert found == {1, schema.VERSION}


def test_pages_of_archives_are_compared_again_after_a_restore(url: str, path: Path, tmp_path: Path) -> None:
    """On the disk may stand what was written after the copy was made."""
    with closing(sqlite3.connect(path)) as raw, raw:
        raw.execute("INSERT INTO archives (feed_id, page, digest) VALUES ('all', 1, 'as it was')")
    connect.backup_to(url, copy := tmp_path / "copy")
    connect.restore_from(url, copy)
    with connect.opened(url) as store:
        assert store.feeds.archives() == {"all": {1: ""}}
