"""The clock of the machine may be set: the scheduler is told.

APScheduler 3 reckons by the wall clock: when that is set back by an hour, a job of every five seconds rests for an hour.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from apscheduler.triggers.interval import IntervalTrigger

if TYPE_CHECKING:
    from apscheduler.schedulers.asyncio import AsyncIOScheduler

_LOOK = 1.0  # seconds
_STEP = timedelta(seconds=2)  # what NTP slews away in a second is a thousandth of it
_DAY = timedelta(days=1)


class Every(IntervalTrigger):  # type: ignore[misc]
    """Every so many seconds, from now where the last time is long ago. The library's own trigger names every time between, only
    to have them coalesced: after 400 days, seven million of them, in 15 seconds in which nobody is answered."""

    def get_next_fire_time(self, previous: datetime | None, now: datetime) -> datetime | None:
        following: datetime | None = super().get_next_fire_time(previous, now)
        return following if following is None or following >= now else now + self.interval


async def follow(scheduler: AsyncIOScheduler, clock: Callable[[], datetime]) -> None:
    """Sets the jobs anew whenever the wall clock goes another way than the monotonic one; for ever. A machine that slept is such
    a case: the monotonic clock rests with it."""
    import structlog

    loop = asyncio.get_running_loop()
    wall, steady = clock(), loop.time()
    while True:
        await asyncio.sleep(_LOOK)
        now, later = clock(), loop.time()
        step = now - wall - timedelta(seconds=later - steady)
        wall, steady = now, later
        if abs(step) > _STEP:
            structlog.get_logger().warning("clock.stepped", seconds=round(step.total_seconds(), 1))
            stepped(scheduler, step, now=now)


def stepped(scheduler: AsyncIOScheduler, step: timedelta, *, now: datetime) -> None:
    """What runs every so often goes on at that pace from now. What has a time of day keeps it, and does not run twice for a
    clock that was set back by an hour; past a day it is reckoned anew."""
    for job in scheduler.get_jobs():
        if isinstance(job.trigger, IntervalTrigger):
            job.reschedule(Every(seconds=job.trigger.interval.total_seconds(), start_date=now))
        elif step < -_DAY:
            job.modify(next_run_time=job.trigger.get_next_fire_time(None, now))
    scheduler.wakeup()
