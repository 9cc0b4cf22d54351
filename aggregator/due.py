"""When a source is to be asked again. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import blake2b
from itertools import pairwise
from typing import TYPE_CHECKING

from aggregator.errors import ConfigError, Failure, Place
from aggregator.model import Source, SourceState

if TYPE_CHECKING:
    from apscheduler.triggers.cron import CronTrigger

AUTO = "auto"
SHORTEST = timedelta(minutes=15)  # of `auto`; whoever writes an interval may go below
LONGEST = timedelta(hours=24)
_UNKNOWN = timedelta(hours=1)
_JITTER = 0.1
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_DURATION = re.compile(r"\s*(\d{1,6})\s*([smhd])\s*", re.ASCII)
_WEEK = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")


def due(sources: Sequence[Source], states: Mapping[str, SourceState], now: datetime) -> tuple[Source, ...]:
    """The enabled sources whose time has come, never asked ones first, then by how long they wait, then by id."""

    def waiting_since(source: Source) -> datetime | None:
        state = states.get(source.id)
        return state.next_due if state else None

    known = [(waiting_since(source), source) for source in sources if source.enabled]
    never = sorted((source for since, source in known if since is None), key=lambda source: source.id)
    waiting = sorted(((since, source.id, source) for since, source in known if since is not None and since <= now))
    return (*never, *(source for _, _, source in waiting))


def next_due(source: Source, state: SourceState, now: datetime, *, retry_after: datetime | None = None) -> datetime:
    """When the source is due after a request at `now`; `state` counts that request. Never before `retry_after`.

    After failures in a row the interval doubles with each, up to 24 hours (a longer one stays); what is gone (410) waits that
    long at once. ConfigError for an interval that is none.
    """
    fixed = _interval(source, state)
    if fixed is None:
        earliest = now + (_backed_off(SHORTEST, state) if state.failures > 1 else timedelta())
        following = _following(_cron(source), earliest)
    else:
        following = now + _early(_backed_off(fixed, state), source.id)
        if source.interval == AUTO:
            following = max(following, now + SHORTEST)
    return max(following, retry_after) if retry_after else following


def duration(written: str) -> timedelta | None:
    """`90s`, `30m`, `6h`, `1d`; None for anything else, also for nothing at all (`0m`)."""
    found = _DURATION.fullmatch(written)
    if not found:
        return None
    return timedelta(**{_UNITS[found.group(2)]: int(found.group(1))}) or None


def cadence(published: Sequence[datetime]) -> timedelta | None:
    """The median time between two publications, None for fewer than two. Items of the same instant are one: a batch once a
    week is a weekly source."""
    from statistics import median  # 5 ms, and most passes find nothing new

    instants = sorted(set(published))
    if len(instants) < 2:
        return None
    return timedelta(seconds=median((later - earlier).total_seconds() for earlier, later in pairwise(instants)))


def _interval(source: Source, state: SourceState) -> timedelta | None:
    """None for a cron line. `auto` asks twice in the time in which one item appears."""
    if source.interval == AUTO:
        return _UNKNOWN if state.cadence is None else min(max(state.cadence / 2, SHORTEST), LONGEST)
    return duration(source.interval)


def _backed_off(interval: timedelta, state: SourceState) -> timedelta:
    longest = max(interval, LONGEST)
    if state.failures and state.failing and state.failing.failure is Failure.GONE:
        return longest
    doublings = min(max(state.failures - 1, 0), 20)
    return min(interval * int(2**doublings), longest)


def _early(interval: timedelta, source_id: str) -> timedelta:
    """Up to a tenth less, always the same for one source: sources of one interval spread over time. Less and not more, or a
    source of 30m would miss every second run of a cron job that runs every 30 minutes."""
    share = int.from_bytes(blake2b(source_id.encode("utf-8"), digest_size=4).digest(), "big") / 2**32
    return interval * (1 - _JITTER * share)


def _cron(source: Source) -> tuple[CronTrigger, ...]:
    """A cron line that names days of the month and weekdays means either (POSIX crontab); APScheduler means both at once."""
    from zoneinfo import ZoneInfo

    from apscheduler.triggers.cron import CronTrigger

    zone = ZoneInfo(source.timezone)
    try:
        minute, hour, day, month, weekday = source.interval.lower().split()
        days = [(day, "*"), ("*", _weekdays(weekday))] if "*" not in {day, weekday} else [(day, _weekdays(weekday))]
        return tuple(
            CronTrigger(minute=minute, hour=hour, day=in_month, month=month, day_of_week=in_week, timezone=zone)
            for in_month, in_week in days
        )
    except (ValueError, LookupError) as error:
        found = f"{source.id}: interval: {source.interval}"
        raise ConfigError(Place("sources"), found, "auto, a duration such as 30m or 6h, or a cron line") from error


def _weekdays(field: str) -> str:
    """The weekday field of a cron line as names: cron counts from Sunday (0 and 7), APScheduler 3 from Monday."""
    if field == "*":
        return field
    return ",".join(_WEEK[number % 7] for part in field.split(",") for number in _numbers(part))


def _numbers(part: str) -> range:
    """`1`, `1-5`, `*/2`, `sat-mon`; ValueError or LookupError for anything else."""
    span, _, step = part.partition("/")
    first, _, last = ("0-6" if span == "*" else span).partition("-")
    start = _number(first)
    end = _number(last) if last else (6 if step else start)
    if not (0 <= start <= 7 and 0 <= end <= 7):
        raise ValueError(part)
    return range(start, (end if end >= start else end + 7) + 1, int(step or 1))


def _number(day: str) -> int:
    return int(day) if day.isdecimal() else _WEEK.index(day)


def _following(triggers: tuple[CronTrigger, ...], earliest: datetime) -> datetime:
    """The first time of a cron line after `earliest`. A line that never comes (31 February) is as good as once a day."""
    # Not by APScheduler's own parameter for the time before: in the hour that comes twice it gives that instant again.
    later = earliest + timedelta(microseconds=1)
    times = [trigger.get_next_fire_time(None, later) for trigger in triggers]
    found = [time.astimezone(earliest.tzinfo) for time in times if time is not None]
    return min(found) if found else earliest + LONGEST
