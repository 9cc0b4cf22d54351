"""Deaths in the middle: kill -9, a full disk, several at once. Whole transactions or none, and nothing acknowledged is lost."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from aggregator.store import connect

pytestmark = pytest.mark.slow

WRITING = """
import sys
from datetime import UTC, datetime
from aggregator.errors import StoreError
from aggregator.model import DateTrust, Item, SourceState, SourceUpdate
from aggregator.store import connect

NOW = datetime(2026, 10, 12, tzinfo=UTC)

def item(source_id, guid):
    return Item(
        id=f"{source_id}-{guid}", source_id=source_id, guid=guid, url="https://amt.example/", title="Titel",
        summary="", html="", text="wort " * 400, published=NOW, updated=None, date_trust=DateTrust.DAY,
        published_text=None, first_seen=NOW, language=None, authors=(), categories=(), issuer=None, enclosures=(),
        content_hash=guid, fingerprint=guid,
    )

def update(source_id):
    new = tuple(item(source_id, str(number)) for number in range(20))
    return SourceUpdate(state=SourceState(source_id=source_id, last_checked=NOW), new=new)
"""
# kill -9 from inside SQLite, after so many times fifty instructions of its virtual machine: anywhere, but the same for ever
KILLED = """
import os, signal, sqlite3, sys
left = int(sys.argv[2])
def step():
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return 0
connected = sqlite3.connect
def connect_and_count(*args, **kwargs):
    connection = connected(*args, **kwargs)
    connection.set_progress_handler(step, 50)
    return connection
sqlite3.connect = connect_and_count
"""
FOR_EVER = (
    WRITING
    + """
with connect.opened(sys.argv[1]) as store:
    for number in range(len(store.states()), 1_000_000):
        store.commit(update(f"source-{number}"))
        print(number, flush=True)
"""
)
ON_A_SMALL_DISK = (
    WRITING
    + """
import resource
with connect.opened(sys.argv[1]) as store:
    store.commit(update("before"))
    resource.setrlimit(resource.RLIMIT_FSIZE, (600_000, 600_000))
    try:
        for number in range(100):
            store.commit(update(f"source-{number}"))
            print(number, flush=True)
    except StoreError as error:
        print(error, file=sys.stderr)
        sys.exit(error.exit_status)
"""
)


def checked(path: Path) -> dict[str, int]:
    """Items of each source, where the file is sound and every source is whole."""
    with sqlite3.connect(path) as raw:
        assert raw.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert raw.execute("PRAGMA foreign_key_check").fetchall() == []
        raw.execute("INSERT INTO items_search (items_search, rank) VALUES ('integrity-check', 1)")
        states = [row[0] for row in raw.execute("SELECT source_id FROM sources")]
        items = dict(raw.execute("SELECT source_id, count(*) FROM items GROUP BY source_id"))
    assert items == dict.fromkeys(states, 20)
    return items


def test_a_kill_between_any_two_instructions_leaves_whole_transactions(url: str, path: Path) -> None:
    before = 0
    for fifties in (60, 77, 100, 131, 200, 500, 1_003):
        command = [sys.executable, "-c", KILLED + FOR_EVER, url, str(fifties)]
        killed = subprocess.run(command, capture_output=True, text=True, check=False)
        assert killed.returncode == -9, killed.stderr
        acknowledged = before + len(killed.stdout.split())
        before = len(checked(path))
        assert before in {acknowledged, acknowledged + 1}, "at the most the commit that was under way"


def test_a_kill_from_outside_loses_nothing_acknowledged(url: str, path: Path) -> None:
    before = 0
    for lines in (1, 2, 5, 20):
        with subprocess.Popen([sys.executable, "-c", FOR_EVER, url], stdout=subprocess.PIPE, text=True) as writer:
            assert writer.stdout is not None
            told = [writer.stdout.readline() for _ in range(lines)]
            writer.kill()
            told += [line for line in writer.stdout if line.endswith("\n")]
        acknowledged = before + len(told)
        before = len(checked(path))
        assert before in {acknowledged, acknowledged + 1}


def test_a_full_disk_ends_the_command_and_not_the_store(url: str, path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", ON_A_SMALL_DISK, url], capture_output=True, text=True, check=False)
    assert done.returncode == 4, done.stderr
    assert f"{path}: the disk" in done.stderr
    acknowledged = len(done.stdout.split())
    assert 0 < acknowledged < 100
    assert len(checked(path)) == acknowledged + 1
    with connect.opened(url) as store:
        store.withdraw([])  # there is space again


def test_several_programs_may_open_a_new_store_at_once(tmp_path: Path) -> None:
    path = tmp_path / "aggregator.sqlite"
    code = "import sys; from aggregator.store import connect\nwith connect.opened(sys.argv[1]) as s: print(s.counts())"
    command = [sys.executable, "-c", code, f"sqlite:///{path}"]
    started = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(4)]
    ended = [process.communicate() for process in started]
    assert [process.returncode for process in started] == [0] * 4, ended
    assert checked(path) == {}


def test_a_kill_while_a_store_is_made_leaves_none_or_a_whole_one(tmp_path: Path) -> None:
    code = KILLED + "from aggregator.store import connect\nwith connect.opened(sys.argv[1]): pass"
    ends = set()
    for instructions in (1, 5, 20, 40, 80, 10_000):  # in fifties of SQLite's virtual machine
        path = tmp_path / f"{instructions}.sqlite"
        killed = subprocess.run(
            [sys.executable, "-c", code, f"sqlite:///{path}", str(instructions)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert killed.returncode in {-9, 0}, killed.stderr
        ends.add(killed.returncode)
        if path.exists():
            with sqlite3.connect(path) as raw:
                made = raw.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
                assert bool(made) == bool(raw.execute("PRAGMA user_version").fetchone()[0])
        with connect.opened(f"sqlite:///{path}") as store:
            assert store.states() == {}
    assert ends == {-9, 0}
