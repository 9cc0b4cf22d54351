"""A service or a pass that is told to end, or killed: quickly, cleanly, and the next one goes on where it was."""

from __future__ import annotations

import json
import os
import resource
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests import patience
from tests.servers.local_world import LocalServer, Reply
from tests.servers.running import BASE, Running, configure, feed

pytestmark = pytest.mark.slow


def call(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    clean = {name: value for name, value in os.environ.items() if not name.upper().endswith("_PROXY")}
    command = [sys.executable, "-m", "aggregator", *arguments]
    return subprocess.Popen(command, cwd=folder, env=clean, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def counted(folder: Path, question: str) -> int:
    """What a reader of the store sees meanwhile; nothing yet where there is none."""
    path = folder / "var/aggregator.sqlite"
    if not path.exists():
        return 0
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=5)) as store:
            return int(store.execute(question).fetchone()[0])
    except sqlite3.OperationalError:
        return 0


def settling(folder: Path) -> bool:
    return counted(folder, "SELECT count(*) FROM items") >= 1000


def publishing(folder: Path) -> bool:
    return any((folder / "public").rglob(".*.new"))


def world(folder: Path, server: LocalServer) -> None:
    """Ten sources of 100 entries, each with a feed of its own to be published."""
    rows = []
    for number in range(10):
        server.reply(f"/{number}", feed(*(f"Meldung-{number}-{entry}" for entry in range(100))))
        rows.append(f"id: s{number}, name: S{number}, private_network: true, url: '{server.url(f'/{number}')}'")
    configure(folder, *rows)


def published(folder: Path) -> set[str]:
    return {item["title"] for item in json.loads((folder / "public/feeds/all.json").read_text())["items"]}


@pytest.mark.parametrize("moment", [settling, publishing])
def test_a_pass_ends_wherever_it_is(tmp_path: Path, moment: Callable[[Path], bool]) -> None:
    with LocalServer() as server:
        world(tmp_path, server)
        with Running(tmp_path) as service:
            service.wait(lambda: moment(tmp_path) or bool(service.told("pass.done")), what=moment.__name__)
            assert service.stop() < 5
        assert list((tmp_path / "public").rglob(".*.new")) == []
        with closing(sqlite3.connect(tmp_path / "var/aggregator.sqlite")) as store:
            assert store.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        again = call(tmp_path, "-q", "run")
        assert again.communicate(timeout=60) == ("", "")
        assert again.returncode == 0
        assert counted(tmp_path, "SELECT count(*) FROM items") == 1000
        assert counted(tmp_path, "SELECT count(*) FROM waiting") == 0
        assert len(published(tmp_path)) == 100
        assert max(server.paths().values()) <= 2


@pytest.mark.parametrize(
    ("number", "status"),
    [
        pytest.param(signal.SIGTERM, -signal.SIGTERM, id="SIGTERM: dies of it, when all is tidy"),
        pytest.param(signal.SIGINT, 1, id="Ctrl-C"),
        pytest.param(signal.SIGKILL, -signal.SIGKILL, id="kill -9"),
    ],
)
def test_the_lock_dies_with_its_holder(tmp_path: Path, number: int, status: int) -> None:
    with LocalServer() as server:
        server.script("/slow", lambda _: Reply(body=server.drip(b" ", pause=0.1)))
        row = f"id: slow, name: S, private_network: true, url: '{server.url('/slow')}'"
        configure(tmp_path, row, base=BASE.replace("gap: 0s", "gap: 0s, deadline: 60s"))
        first = call(tmp_path, "run")
        end = time.monotonic() + 20
        while not server.count("/slow"):
            assert time.monotonic() < end
            time.sleep(0.02)
        second = call(tmp_path, "run")
        assert "another pass is running" in second.communicate(timeout=20)[1]
        assert second.returncode == 3
        asked = time.monotonic()
        first.send_signal(number)
        _, told = first.communicate(timeout=20)
        assert time.monotonic() - asked < 5 * patience.busy()
        assert first.returncode == status
        assert "Traceback" not in told
        server.reply("/slow", feed("Jetzt"))
        third = call(tmp_path, "-q", "run")
        assert third.communicate(timeout=20) == ("", "")
        assert third.returncode == 0
    assert published(tmp_path) == {"Jetzt"}


def test_of_many_at_once_one_works(tmp_path: Path) -> None:
    with LocalServer() as server:
        server.script("/feed", lambda _: Reply(body=feed("Eins"), headers={"ETag": '"1"'}))
        configure(tmp_path, f"id: one, name: S, private_network: true, interval: 1h, url: '{server.url('/feed')}'")
        running = [call(tmp_path, "run", "--json") for _ in range(5)]
        done = [(process, *process.communicate(timeout=60)) for process in running]
        assert {process.returncode for process, *_ in done} <= {0, 3}
        works = [json.loads(out)["sources"]["due"] for process, out, _ in done if process.returncode == 0]
        assert sum(works) == 1, "who came when the first had ended found nothing due"
        assert server.count("/feed") == 1


def test_who_comes_second_knows_it_at_once(tmp_path: Path) -> None:
    import fcntl

    configure(tmp_path, *(f"id: s{number}, name: S, url: 'https://{number}.example/'" for number in range(300)))
    (tmp_path / "var").mkdir()
    with (tmp_path / "var/pass.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        refused = call(tmp_path, "run")
        refused.communicate(timeout=20)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert refused.returncode == 3
    # Of the processor: what it takes by the clock is a matter of who else is at work
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 0.6


def test_a_service_that_is_killed_leaves_no_pass_behind(tmp_path: Path) -> None:
    with LocalServer() as server:
        server.script("/slow", lambda _: Reply(body=server.drip(b" ", pause=0.1)))
        row = f"id: slow, name: S, private_network: true, url: '{server.url('/slow')}'"
        configure(tmp_path, row, base=BASE.replace("gap: 0s", "gap: 0s, deadline: 60s"))
        with Running(tmp_path) as service:
            service.wait(lambda: server.count("/slow") == 1)
        server.reply("/slow", feed("Jetzt"))
        end = time.monotonic() + 10
        while (again := call(tmp_path, "-q", "run")).wait(timeout=20) == 3:
            assert time.monotonic() < end, "the pass of the killed service holds the lock"
        assert again.returncode == 0
