"""What systemd wants to know of a service (sd_notify(3)): lines in a datagram to a socket that it names. Elsewhere nothing."""

from __future__ import annotations

import asyncio
import os
import socket
import time
from contextlib import suppress


def tell(*lines: str) -> None:
    """Sends the lines to whoever started us; nothing where nobody wants to know, or nobody reads them: a queue of such datagrams
    takes ten (sysctl net.unix.max_dgram_qlen), and waiting for the eleventh would hold up every reader of the feeds."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    if address.startswith("@"):  # a name without a file (unix(7), abstract)
        address = "\0" + address[1:]
    kind = socket.SOCK_DGRAM | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK
    with suppress(OSError), socket.socket(socket.AF_UNIX, kind) as sender:
        sender.connect(address)
        sender.send("\n".join(lines).encode())


def ready(status: str) -> None:
    tell("READY=1", f"STATUS={status}")


def reloading() -> None:
    """With the time, by which systemd tells this reload from one before (Type=notify-reload)."""
    tell("RELOADING=1", f"MONOTONIC_USEC={time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000}")


def stopping() -> None:
    tell("STOPPING=1")


async def alive() -> None:
    """Says again and again that the event loop turns, twice as often as is asked for (`WatchdogSec=`); waits for ever."""
    wanted = os.environ.get("WATCHDOG_USEC", "")
    for_us = os.environ.get("WATCHDOG_PID", "") in {"", str(os.getpid())}
    if not wanted.isdecimal() or not for_us:
        await asyncio.Event().wait()
    while True:
        tell("WATCHDOG=1")
        await asyncio.sleep(int(wanted) / 2_000_000)
