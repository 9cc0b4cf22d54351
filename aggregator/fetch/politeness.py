"""The pace at one host and in all: how many at a time, how far apart, and not at all after "try again later"."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime

from aggregator.model import Limits


@dataclass(slots=True)
class _Host:
    places: asyncio.Semaphore
    next_start: float = 0.0
    closed_until: float = 0.0
    told: datetime | None = field(default=None)
    gap: float = 0.0


class Pace:
    """Who may ask now. Times are those of the event loop's monotonic clock: a step of the wall clock changes nothing."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._all = asyncio.Semaphore(limits.concurrency)
        self._hosts: dict[str, _Host] = {}

    @asynccontextmanager
    async def turn(self, host: str) -> AsyncIterator[datetime | None]:
        """Waits for a turn at this host. Gives None, or the time until which the host wants no request at all."""
        known = self._host(host)
        async with known.places:  # before a place among all: a slow host's queue must not hold those
            if known.gap and not self._closed(known):
                await self._gap(known)
            async with self._all:
                yield known.told if self._closed(known) else None

    def close(self, host: str, *, until: datetime, now: datetime) -> None:
        """Every turn before `until` is refused."""
        known = self._host(host)
        ends = asyncio.get_running_loop().time() + (until - now).total_seconds()
        if ends > known.closed_until:
            known.closed_until, known.told = ends, until

    def slow(self, host: str, *, gap: float) -> None:
        """The host wants at least so many seconds between two requests."""
        known = self._host(host)
        known.gap = max(known.gap, gap)

    def _host(self, host: str) -> _Host:
        known = self._hosts.get(host)
        if known is None:
            places = asyncio.Semaphore(self._limits.per_host)
            known = self._hosts[host] = _Host(places, gap=self._limits.gap)
        return known

    def _closed(self, known: _Host) -> bool:
        return known.told is not None and asyncio.get_running_loop().time() < known.closed_until

    async def _gap(self, known: _Host) -> None:
        now = asyncio.get_running_loop().time()
        start = max(now, known.next_start)
        known.next_start = start + known.gap
        if start > now:
            await asyncio.sleep(start - now)
