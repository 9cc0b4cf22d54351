"""Under cron and init systems: silence when all is well, and nobody who reads what is said."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.servers.local_world import LocalServer
from tests.servers.running import configure, feed

pytestmark = pytest.mark.slow

CLEAN = {
    name: value
    for name, value in os.environ.items()
    if not name.upper().endswith("_PROXY") and name != "PYTHONUNBUFFERED"
}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[LocalServer]:
    """One source that is well and one that is not, asked at every pass."""
    with LocalServer() as server:
        server.reply("/well", feed("Eins", "Zwei"))
        server.reply("/ill", status=500)
        rows = [
            f"id: {name}, name: S, interval: 1s, private_network: true, url: '{server.url(f'/{name}')}'"
            for name in ("well", "ill")
        ]
        configure(tmp_path, *rows)
        yield server


def shell(folder: Path, line: str) -> subprocess.CompletedProcess[str]:
    """A command line with `aggregator` in it, by sh."""
    words = line.replace("aggregator", f"{sys.executable} -m aggregator")
    return subprocess.run(["sh", "-c", words], cwd=folder, env=CLEAN, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    "where",
    [
        pytest.param("2>/dev/full", id="a log on a full disk"),
        pytest.param("</dev/null >&- 2>&-", id="no streams at all"),
    ],
)
def test_a_pass_does_its_work_whatever_becomes_of_its_words(where: str, server: LocalServer, tmp_path: Path) -> None:
    done = shell(tmp_path, f"aggregator -v run {where}")
    assert (done.returncode, done.stderr) == (0, "")
    assert "Eins" in (tmp_path / "public/feeds/all.rss").read_text()


@pytest.mark.parametrize("before", ["", "PYTHONUNBUFFERED=1 "], ids=["in a buffer", "at once"])
def test_a_result_that_can_not_be_written_is_an_error(before: str, server: LocalServer, tmp_path: Path) -> None:
    done = shell(tmp_path, f"{before}aggregator run --json >/dev/full")
    assert done.returncode == 1
    assert done.stderr == (
        "aggregator: standard output: No space left on device; what was to be written there is not whole\n"
    )


def test_a_service_goes_on_whatever_becomes_of_its_log(server: LocalServer, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "aggregator", "-v", "serve", "--port", "0"]
    with (
        Path("/dev/full").open("w") as full,
        subprocess.Popen(command, cwd=tmp_path, env=CLEAN, stderr=full) as service,
    ):
        try:
            until((tmp_path / "public/feeds/all.rss").exists, "a pass")
            service.send_signal(signal.SIGHUP)  # is told of
            asked = server.count("/well")
            until(lambda: server.count("/well") > asked, "another pass")
            service.terminate()
            assert service.wait(timeout=10) == 0
        finally:
            service.kill()


def until(happened: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + 20
    while not happened():
        assert time.monotonic() < end, f"{what} did not happen in time"
        time.sleep(0.02)


def test_with_q_all_that_went_well_is_silent(server: LocalServer, tmp_path: Path) -> None:
    assert shell(tmp_path, "aggregator -q run --source well").returncode == 0
    for command in ("backup copy", "publish", "vacuum", "config check", "restore copy --replace"):
        done = shell(tmp_path, f"aggregator -q {command}")
        assert (done.returncode, done.stdout, done.stderr) == (0, "", ""), command


def test_an_address_that_is_taken_is_said_and_nobody_is_asked(server: LocalServer, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = f"127.0.0.1:{other.getsockname()[1]}"
        done = shell(tmp_path, f"aggregator serve --port {other.getsockname()[1]}")
    assert done.returncode == 1
    assert f"aggregator: {taken}: can not listen there" in done.stderr
    assert "address already in use" in done.stderr
    assert "Traceback" not in done.stderr
    assert server.count() == 0
