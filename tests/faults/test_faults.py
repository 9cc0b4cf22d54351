"""What breaks under a program in years of work: disks, locks, limits, clocks. Each fault ends in a clear message and the
documented status, leaves what is published as it was, and is over when its cause is gone.
"""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest

from tests import patience
from tests.faults.kills import STRACE
from tests.faults.world import Place, World, complete, differing
from tests.servers.local_world import LocalServer, Raw, Reply

pytestmark = pytest.mark.slow

ROOT = os.geteuid() == 0 if hasattr(os, "geteuid") else False
Ended = subprocess.CompletedProcess[str]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with LocalServer() as server:
        yield World(server=server, folder=tmp_path_factory.mktemp("faults") / "world", sources=6, items=8)


@pytest.fixture(scope="module")
def first(world: World) -> Place:
    """An installation after its first pass."""
    place = world.place("first")
    assert place.run().returncode == 0
    return place


@pytest.fixture(scope="module")
def second_state(world: World, first: Place) -> dict[str, str]:
    """What an undisturbed second pass comes to."""
    world.number = 2
    place = world.place("second", like=first)
    assert place.run().returncode == 0
    return place.state()


@pytest.fixture
def place(world: World, first: Place, second_state: dict[str, str], request: pytest.FixtureRequest) -> Place:
    """A copy of the installation, before its second pass."""
    world.number = 2
    return world.place(request.node.name.split("[")[0][:60], like=first)


def limited(place: Place, **limits: int) -> Ended:
    """A pass under limits of the operating system (setrlimit(2))."""
    return place.run(before=["prlimit", *(f"--{name}={most}" for name, most in limits.items())])


def intact(place: Place, before: dict[str, bytes]) -> None:
    """What is published is what was published, file by file."""
    assert place.published() == before


def healed(place: Place, second_state: dict[str, str]) -> None:
    """The next pass does all that this one could not."""
    again = place.run()
    assert again.returncode == 0, again.stderr
    # What the operator was told of the fault stays told
    assert [name for name in differing(place.state(), second_state) if name != "feeds/health.atom"] == []
    assert [path for path in place.root.rglob(".*") if path.is_file()] == []


def said(ended: Ended, status: int, *words: str) -> None:
    assert ended.returncode == status, ended.stderr
    assert "Traceback" not in ended.stderr
    for word in words:
        assert word in ended.stderr, ended.stderr


# ------------------------------------------------------------------------------------------------------------------- disks


@contextmanager
def small_disk(folder: Path, free: int) -> Iterator[None]:
    """The folder, with what is in it, on a file system with so many bytes left."""
    kept = folder.with_name(folder.name + "-kept")
    folder.rename(kept)
    folder.mkdir()
    pages = sum(-(-path.stat().st_size // 4096) + 1 for path in kept.rglob("*"))
    options = f"size={pages * 4096 + free}"
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)], check=False)
    if mounted.returncode:
        pytest.skip("file systems can not be mounted here")
    try:
        shutil.copytree(kept, folder, dirs_exist_ok=True)
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.mark.skipif(not ROOT, reason="mounting a small disk needs root")
@pytest.mark.parametrize(
    ("which", "word"), [pytest.param("var", "full", id="store"), pytest.param("public", "No space left", id="output")]
)
def test_a_full_disk_leaves_everything_as_it_was(
    which: str, word: str, place: Place, second_state: dict[str, str]
) -> None:
    with small_disk(place.root / which, 300_000):
        before = place.published()
        filler = place.root / which / "filler"
        with suppress(OSError), filler.open("wb", buffering=0) as file:
            while file.write(b"\0" * 4096):
                pass
        said(place.run(), 4, word)
        assert {name: content for name, content in place.published().items() if name != "filler"} == before
        filler.unlink()
        shutil.copytree(
            place.root / which, larger := place.root / "larger"
        )  # healing wants more than the small disk has
        assert place.published() == before
    shutil.rmtree(place.root / which)
    larger.rename(place.root / which)
    shutil.rmtree(place.root / f"{which}-kept")
    healed(place, second_state)


def test_a_limit_on_the_size_of_files(place: Place, second_state: dict[str, str]) -> None:
    before = place.published()
    ended = limited(place, fsize=40_000)  # the store's log grows past it
    said(ended, 4, "the disk")
    intact(place, before)
    healed(place, second_state)


@pytest.mark.skipif(STRACE is None, reason="no strace on this machine")
@pytest.mark.parametrize("call", ["fsync", "fdatasync"])
def test_a_disk_that_can_not_sync_acknowledges_nothing(call: str, place: Place, second_state: dict[str, str]) -> None:
    """fdatasync is the store's, fsync that of the published files."""
    before = place.published()
    tracing = [str(STRACE), "-f", "-qq", "-e", f"trace={call}", "-e", f"inject={call}:error=EIO", "-o", "/dev/null"]
    said(place.run(before=tracing), 4, "the disk" if call == "fdatasync" else "Input/output error")
    intact(place, before)
    healed(place, second_state)


def test_an_output_that_can_not_be_written_costs_the_output_alone(place: Place, second_state: dict[str, str]) -> None:
    held = sum(map(len, place.items().values()))
    shutil.rmtree(place.output / "feeds")
    (place.output / "feeds").write_text("a file where the directory should be")
    said(place.run(), 4, "feeds")
    assert sum(map(len, place.items().values())) > held, "what came in is kept"
    (place.output / "feeds").unlink()
    healed(place, second_state)


# -------------------------------------------------------------------------------------------------------------------- store


def test_a_lock_that_is_given_back_is_waited_for(place: Place, second_state: dict[str, str]) -> None:
    with closing(sqlite3.connect(place.database, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        process = place.start("run", "--force", "--json")
        time.sleep(2.0)  # another program's work
        other.execute("COMMIT")
        _, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert differing(place.state(), second_state) == []


def test_a_lock_that_is_kept_ends_the_pass_with_a_message(place: Place, second_state: dict[str, str]) -> None:
    before = place.published()
    with closing(sqlite3.connect(place.database, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        began = time.monotonic()
        ended = place.run()
        assert (
            time.monotonic() - began < (5.0 + 2.0 + 3.0) * patience.busy()
        )  # the wait, and what starting takes on a busy machine
        other.execute("COMMIT")
    said(ended, 4, "locked by another program")
    intact(place, before)
    healed(place, second_state)


@pytest.mark.parametrize(
    ("broken", "word"),
    [
        pytest.param(lambda path: path.write_bytes(b"no database at all" * 300), "no SQLite database", id="foreign"),
        pytest.param(lambda path: _overwrite(path, 0, b"\xff" * 100), "no SQLite database", id="header gone"),
        pytest.param(lambda path: _overwrite(path, 4096, b"\xff" * 400_000), "damaged", id="pages gone"),
    ],
)
def test_a_damaged_store_is_refused_and_never_made_anew(
    broken: Callable[[Path], None], word: str, place: Place
) -> None:
    before = place.published()
    for name in ("-wal", "-shm"):
        place.database.with_name(place.database.name + name).unlink(missing_ok=True)
    broken(place.database)
    content = place.database.read_bytes()
    said(place.run(), 4, word, str(place.database))
    assert place.database.read_bytes()[: len(content)] == content
    intact(place, before)


def _overwrite(path: Path, start: int, content: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(start)
        file.write(content[: path.stat().st_size - start])


# ------------------------------------------------------------------------------------------------------------------- limits


def test_few_file_handles_are_enough_for_many_sources(tmp_path: Path) -> None:
    with LocalServer() as server:
        place = World(server=server, folder=tmp_path / "world", sources=100, items=1).place("here")
        ended = limited(place, nofile=32)
        said(ended, 0)
        assert ended.stderr == ""
        assert len(place.items()) == 100


def test_too_few_file_handles_for_one_source_are_no_sources_fault(place: Place, second_state: dict[str, str]) -> None:
    before = place.published()
    said(limited(place, nofile=20), 1, "20 file handles are too few", "ulimit -n")
    intact(place, before)
    healed(place, second_state)


def test_little_memory_costs_the_documents_that_need_it(tmp_path: Path) -> None:
    """An address space of 512 MB: a document that unpacks to more than it may costs itself."""
    import zlib

    bomb = zlib.compress(b"<rss>" + b" " * 60_000_000, 9, wbits=31)
    with LocalServer() as server:
        world = World(server=server, folder=tmp_path / "world", sources=20, items=2)
        for source in range(0, 20, 2):
            server.script(f"/{source}", lambda _: Reply(headers={"Content-Encoding": "gzip"}, body=bomb))
        place = world.place("here")
        said(limited(place, **{"as": 512 << 20}), 0)
        assert len(place.items()) == 10


# ----------------------------------------------------------------------------------------------------------- signals, others


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_during_a_fetch_ends_it_within_five_seconds(
    number: signal.Signals, world: World, first: Place, tmp_path: Path
) -> None:
    with LocalServer() as server:
        slow = World(server=server, folder=tmp_path / "world", sources=3, items=2)
        server.script("/1", lambda _: Raw(content=server.drip(b"x", pause=0.2)))
        place = slow.place("here")
        process = place.start("run")
        deadline = time.monotonic() + 20
        while server.count("/1") == 0 and time.monotonic() < deadline:
            time.sleep(0.05)
        began = time.monotonic()
        process.send_signal(number)
        _, err = process.communicate(timeout=20)
        assert time.monotonic() - began < 5 * patience.busy(), err
        assert "Traceback" not in err
        server.script("/1", slow._answer)
        assert place.run().returncode == 0
        assert all(len(guids) >= 2 for guids in place.items().values())


def test_eight_at_once_one_works_and_the_others_say_so(place: Place, second_state: dict[str, str]) -> None:
    started = [place.start("run", "--force", "--json") for _ in range(8)]
    ended = [(process.communicate(timeout=120), process.returncode) for process in started]
    statuses = sorted(status for _, status in ended)
    assert set(statuses) <= {0, 3}, ended
    assert 0 in statuses
    assert all("another pass is running" in err for (_, err), status in ended if status == 3)
    assert differing(place.state(), second_state) == []


def test_what_is_published_is_whole(first: Place) -> None:
    for name, content in first.published().items():
        complete(name, content)
