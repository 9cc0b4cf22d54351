"""The configuration is followed: read again on SIGHUP and when one of its files changed.

What is read is held complete before anything changes, then everything made of it is swapped at once: sources, rules, feeds,
routes and pages belong to one configuration at any moment. A faulty one is told of and left lying.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from aggregator.errors import ConfigError, ConfigFaultsError, Place
from aggregator.service import notify
from aggregator.service.condition import Condition

if TYPE_CHECKING:
    from aggregator.config.load import Config

Application: TypeAlias = Callable[[Any, Any, Any], Awaitable[None]]
# Between two looks at the files; what two find alike is followed, for an editor that saves three files, a checkout that writes
# thirty. Looked at, not watched: the kernel's watches (inotify) stay with a folder that was moved away, do not follow links (a
# release that is a link to be turned, a file that stands elsewhere), and hear nothing on network file systems. Nine take 0.2 ms.
_LOOK = 0.5  # seconds
# What stands for the files that a configuration is read from: their names, and of each file (not of the link to it) what changes
# when somebody writes it or puts another in its place
Files: TypeAlias = frozenset[tuple[str, int, int, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What is done beside passes and web server, every so many seconds, never twice at a time."""

    seconds: int
    work: Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Installed:
    """What is made of one configuration."""

    config: Config
    store_url: str
    application: Application
    jobs: tuple[Job, ...] = ()
    files: Files | None = None  # as they were before they were read; None: as they are when they are first looked at


class Current:
    """The configuration in use; an ASGI application that is always the one of it."""

    def __init__(self, installed: Installed) -> None:
        self.installed = installed
        self.fresh = True  # nothing was published with it yet
        self.swapped: Callable[[], None] = lambda: None  # who wants to know of it

    def swap(self, installed: Installed) -> None:
        self.installed, self.fresh = installed, True
        self.swapped()

    def at_once(self, request: bytes) -> Any:
        """The answer that needs no waiting, where this application knows of such (web/front.py)."""
        known = getattr(self.installed.application, "at_once", None)
        return known(request) if known is not None else None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.installed.application(scope, receive, send)


async def follow(
    current: Current,
    folder: Path,
    read: Callable[[], Installed],
    *,
    wanted: asyncio.Event,
    condition: Condition,
    clock: Callable[[], datetime],
) -> None:
    """Reads again whenever that is `wanted` or a file in the folder changed; for ever."""
    watching = asyncio.create_task(_watch(folder, current.installed.files, wanted))
    try:
        while True:
            await wanted.wait()
            wanted.clear()
            await again(current, read, condition=condition, clock=clock)
    finally:
        watching.cancel()


async def again(
    current: Current, read: Callable[[], Installed], *, condition: Condition, clock: Callable[[], datetime]
) -> None:
    """Reads the configuration once; keeps the old one where the new one is wrong."""
    import structlog

    log = structlog.get_logger()
    notify.reloading()
    try:
        installed = await asyncio.to_thread(read)
    except ConfigError as error:
        faults = error.faults if isinstance(error, ConfigFaultsError) else (error,)
        # /status is for everybody: where it is wrong, not what stands there, nor where the file does
        condition.config_fault = "; ".join(f"{_named(fault.place)}: expected {fault.expected}" for fault in faults)
        condition.reloads[False] += 1
        for fault in faults:
            log.error("config.refused", place=str(fault.place), found=fault.found, expected=fault.expected)
    else:
        condition.config_fault = None
        condition.config_loaded = clock()
        condition.reloads[True] += 1
        if installed.config == current.installed.config:
            log.info("config.same")
        else:
            current.swap(installed)
            log.info("config.loaded", sources=len(installed.config.sources), feeds=len(installed.config.feeds))
    finally:
        notify.ready("serving")


def _named(place: Place) -> Place:
    return Place(Path(place.file).name, place.line)


def standing(folder: Path) -> Files:
    """The files of the configuration as they are now; none where there is no folder."""
    from aggregator.config import load

    found = set()
    for path in load.noticed(folder):
        with suppress(OSError):  # taken away since, or a link that leads nowhere
            state = path.stat()
            found.add((str(path), state.st_ino, state.st_size, state.st_mtime_ns))
    return frozenset(found)


async def _watch(folder: Path, seen: Files | None, changed: asyncio.Event) -> None:
    """Sets the event when a file of the configuration is another one than in `seen`, came or went; for ever."""
    before = seen if seen is not None else await asyncio.to_thread(standing, folder)
    known = before
    while True:
        await asyncio.sleep(_LOOK)
        now = await asyncio.to_thread(standing, folder)
        if now != known and now == before:
            known = now
            changed.set()
        before = now
