"""What systemd hears, and that nothing waits for it."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import pytest

from aggregator.service import notify


def bound(name: str) -> socket.socket:
    ear = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    ear.bind("\0" + name[1:] if name.startswith("@") else name)
    ear.settimeout(5)
    return ear


@pytest.mark.parametrize(
    "kind", [pytest.param("", id="a socket in a folder"), pytest.param("@", id="an abstract name")]
)
def test_lines_arrive(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = kind + str(tmp_path / "notify")
    monkeypatch.setenv("NOTIFY_SOCKET", name)
    with bound(name) as ear:
        notify.ready("serving")
        assert ear.recv(100) == b"READY=1\nSTATUS=serving"
        notify.reloading()
        first, second = ear.recv(100).decode().splitlines()
        assert first == "RELOADING=1"
        assert second.startswith("MONOTONIC_USEC=")


def test_who_does_not_listen_holds_nobody_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A queue of such datagrams takes ten."""
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
    with bound(str(tmp_path / "notify")):
        for _ in range(500):
            notify.stopping()


@pytest.mark.parametrize("name", ["", "/nowhere/at/all", "@nobody"])
def test_nobody_there_is_no_trouble(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", name)
    notify.ready("serving")


def test_the_watchdog_is_fed_twice_as_often_as_it_asks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
    monkeypatch.setenv("WATCHDOG_USEC", "20000")

    async def fed() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(notify.alive(), 0.075)

    with bound(str(tmp_path / "notify")) as ear:
        asyncio.run(fed())
        ear.setblocking(False)
        heard = 0
        try:
            while ear.recv(100) == b"WATCHDOG=1":
                heard += 1
        except BlockingIOError:
            pass
        assert heard >= 4


@pytest.mark.parametrize(
    ("usec", "pid"),
    [
        pytest.param("", "", id="no watchdog"),
        pytest.param("20000", "1", id="the watchdog of another process"),
        pytest.param("soon", "", id="no number"),
    ],
)
def test_no_watchdog_of_ours(usec: str, pid: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
    monkeypatch.setenv("WATCHDOG_USEC", usec)
    monkeypatch.setenv("WATCHDOG_PID", pid)

    async def waited() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(notify.alive(), 0.05)

    with bound(str(tmp_path / "notify")) as ear:
        asyncio.run(waited())
        ear.setblocking(False)
        with pytest.raises(BlockingIOError):
            ear.recv(100)
