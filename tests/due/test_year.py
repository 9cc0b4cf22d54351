"""A simulated year of the service's looks: nothing is lost, nothing is asked twice, whatever the clock does."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from aggregator.model import Source
from bench import year
from bench.year import DAY, HOUR, Event

MINUTE = timedelta(minutes=1)
LOOK = timedelta(seconds=5)


def source(name: str, interval: str, *, zone: str = "Europe/Berlin") -> Source:
    return Source(id=name, name="S", url=f"https://{name}.example/", interval=interval, timezone=zone)


NIGHTLY = {"Europe/Berlin": "30 2 * * *", "America/New_York": "30 2 * * *", "UTC": "15 0 * * *"}
STEPS = (
    Event(at=40 * DAY + 11 * HOUR, step=-HOUR),
    Event(at=60 * DAY + 11 * HOUR, step=DAY),
    Event(at=80 * DAY + 11 * HOUR, step=-DAY),
    Event(at=100 * DAY + 11 * HOUR, step=400 * DAY),
    Event(at=120 * DAY + 11 * HOUR, step=-400 * DAY),
    Event(at=140 * DAY + 22 * HOUR, sleep=10 * HOUR),
    Event(at=160 * DAY + 12 * HOUR, sleep=20 * DAY),
)


@pytest.mark.slow
@pytest.mark.parametrize("zone", NIGHTLY)
def test_a_nightly_line_runs_exactly_once_a_day(zone: str) -> None:
    """Also in the night in which 02:30 comes twice, and in that in which it does not come."""
    life = year.lived([source("a", NIGHTLY[zone], zone=zone)])
    days = life.days("a", zone)
    first, *rest = sorted(days)  # on the first day it is asked at once as well, for the first time
    assert set(days.values()) <= {1, 2}
    assert {days[day] for day in rest} == {1}
    covered = [datetime.fromisoformat(day) for day in (first, *rest)]
    assert all(later - day == DAY for day, later in pairwise(covered)), "no day is left out"
    assert len(covered) >= 365


@pytest.mark.slow
def test_intervals_are_kept_and_nothing_comes_twice() -> None:
    life = year.lived([source("half", "30m"), source("six", "6h"), source("auto", "auto")], days=90)
    for name, shortest, longest in (
        ("half", 27 * MINUTE, 30 * MINUTE + LOOK),
        ("six", 5.4 * HOUR, 6 * HOUR + LOOK),
        ("auto", 15 * MINUTE, 24 * HOUR + LOOK),
    ):
        gaps = [later - at for (at, _), (later, _) in pairwise(life.asked[name])]
        assert shortest <= min(gaps), name
        assert max(gaps) <= longest, name
    assert max(life.late) <= 2 * LOOK


@pytest.mark.slow
def test_a_year_in_which_the_clock_is_set_and_the_machine_sleeps() -> None:
    names = {"half": "30m", "six": "6h", "auto": "auto", "night": "30 2 * * *"}
    life = year.lived([source(name, interval) for name, interval in names.items()], events=STEPS)
    steps = [event.at for event in STEPS if event.step]
    slept = [(event.at, event.at + event.sleep) for event in STEPS if event.sleep]
    for name, shortest, longest in (
        ("half", 15 * MINUTE, HOUR),
        ("six", 5 * HOUR, 12 * HOUR),
        ("auto", 15 * MINUTE, 48 * HOUR),
        ("night", 12 * HOUR, 48 * HOUR),
    ):
        for (at, _), (later, _) in pairwise(life.asked[name][1:]):  # the first time it is asked at once
            stepped = any(at <= step <= later for step in steps)
            awake = later - at - sum((end - start for start, end in slept if at <= end and start <= later), timedelta())
            assert awake <= longest + LOOK, (
                f"{name} waited {awake} from {at}: at most twice its wait, whatever the clock says"
            )
            assert stepped or later - at >= shortest, f"{name} was asked twice at {at}"
    backwards = {
        f"{wall:%Y-%m-%d}" for at, wall in life.asked["night"] if any(abs(at - step) < 2 * DAY for step in steps)
    }
    nights = life.days("night", "Europe/Berlin")
    assert {day for day, times in nights.items() if times > 1} <= backwards | {"2026-01-01"}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("count", "seconds"), [pytest.param(73, 60, id="73 sources"), pytest.param(400, 125, id="400 sources")]
)
def test_what_is_due_at_once_is_asked_in_two_minutes_and_not_at_once(count: int, seconds: int) -> None:
    life = year.lived(year.made_up(count), days=0.05)
    share = max(10, -(-count // 24))
    looks = [at for at, number in life.looks if at <= timedelta(minutes=5)]
    assert max(number for _, number in life.looks) <= share
    assert len(life.asked) == count
    first = [asked[0][0] for asked in life.asked.values()]
    assert max(first) <= timedelta(seconds=seconds)
    assert len(looks) >= count / share
