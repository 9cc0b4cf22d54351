"""A clock that is set neither stops the scheduler nor has it run a job twice."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.cron import CronTrigger

from aggregator import service
from aggregator.service import clock

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
STEPS = [
    pytest.param(-HOUR, id="an hour back"),
    pytest.param(-400 * DAY, id="400 days back"),
    pytest.param(DAY, id="a day ahead, or a day asleep"),
    pytest.param(400 * DAY, id="400 days ahead"),
]


def now() -> datetime:
    return datetime.now(UTC)


def looked(step: timedelta, follow: Callable[[AsyncIOScheduler], None]) -> int:
    """How often a job of every 20 ms ran in 200 ms after the clock was set, if `follow` tells the scheduler of it."""
    ran: list[datetime] = []

    async def look() -> None:
        ran.append(now())

    async def life(traveller: time_machine.Traveller) -> int:
        scheduler = service._scheduler()
        scheduler.add_job(look, clock.Every(seconds=0.02), next_run_time=now())
        scheduler.start()
        await asyncio.sleep(0.1)
        assert ran
        before = len(ran)
        traveller.shift(step)
        follow(scheduler)
        await asyncio.sleep(0.2)
        scheduler.shutdown(wait=False)
        return len(ran) - before

    with time_machine.travel(datetime(2026, 6, 1, 12, tzinfo=UTC), tick=True) as traveller:
        return asyncio.run(life(traveller))


@pytest.mark.slow
@pytest.mark.parametrize("step", STEPS)
def test_it_goes_on_at_its_pace(step: timedelta) -> None:
    ran = looked(step, lambda scheduler: clock.stepped(scheduler, step, now=now()))
    assert 3 <= ran <= 12, "neither at rest nor once for every look that the clock has jumped over"


@pytest.mark.slow
def test_without_being_told_it_would_rest() -> None:
    assert looked(-HOUR, lambda _: None) <= 1


@pytest.mark.slow
def test_ahead_it_need_not_be_told() -> None:
    assert 3 <= looked(400 * DAY, lambda _: None) <= 12


def test_a_step_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[timedelta] = []
    monkeypatch.setattr(clock, "_LOOK", 0.01)
    monkeypatch.setattr(clock, "stepped", lambda _scheduler, step, now: told.append(step))
    wall = [now()]

    async def life() -> None:
        loop = asyncio.get_running_loop()
        start, ahead = loop.time(), timedelta()

        def read() -> datetime:
            return wall[0] + timedelta(seconds=loop.time() - start) + ahead

        following = asyncio.create_task(clock.follow(AsyncIOScheduler(), read))
        await asyncio.sleep(0.05)
        assert told == []
        ahead = -HOUR
        await asyncio.sleep(0.05)
        following.cancel()

    asyncio.run(life())
    [step] = told
    assert abs(step + HOUR) < timedelta(seconds=1)


@pytest.mark.parametrize(
    ("step", "following"),
    [
        pytest.param(-HOUR, "2026-06-02T03:00", id="set back over it by an hour: not twice on one day"),
        pytest.param(-2 * DAY, "2026-05-31T03:00", id="set back by days: by the days that are"),
        pytest.param(2 * DAY, "2026-06-02T03:00", id="set ahead: it is late, and runs once"),
    ],
)
def test_a_job_with_a_time_of_day(step: timedelta, following: str) -> None:
    async def life() -> datetime:
        scheduler = service._scheduler()
        with time_machine.travel(datetime(2026, 6, 1, 3, 1, tzinfo=UTC), tick=False):
            scheduler.start(paused=True)
            job = scheduler.add_job(now, CronTrigger(hour=3, timezone=UTC))
            clock.stepped(scheduler, step, now=now() + step)
            found: datetime = job.next_run_time
            scheduler.shutdown(wait=False)
        return found

    assert f"{asyncio.run(life()):%Y-%m-%dT%H:%M}" == following
