"""The configuration is followed: read again on SIGHUP and when one of its files changed.

What is read is held complete before anything changes, then everything made of it is swapped at once: sources, rules, feeds,
routes and pages belong to one configuration at any moment. A faulty one is told of and left lying.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
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
_DEBOUNCE = 500  # milliseconds: an editor that saves three files, a checkout that writes thirty


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
    watching = asyncio.create_task(_watch(folder, wanted))
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


async def _watch(folder: Path, changed: asyncio.Event) -> None:
    """Sets the event when a file of the configuration changed. The folder is watched, not the files: editors put new ones in
    their place."""
    import structlog

    watchfiles = await asyncio.to_thread(__import__, "watchfiles")  # 90 ms, in which readers are answered
    try:
        async for _ in watchfiles.awatch(folder, debounce=_DEBOUNCE, step=100, watch_filter=_ours):
            changed.set()
    except (OSError, RuntimeError) as error:  # no folder any more, no watches left (sysctl fs.inotify.max_user_watches)
        structlog.get_logger().warning("config.unwatched", error=str(error), instead="SIGHUP")


def _ours(_: object, path: str) -> bool:
    """YAML that is no editor's draft. `..data` is the link that Kubernetes turns to another folder."""
    name = Path(path).name
    return name.startswith("..") or (name.endswith((".yaml", ".yml")) and not name.startswith("."))
