"""Cron lines: the next time that one names. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from aggregator.errors import ConfigError, Place

if TYPE_CHECKING:
    from apscheduler.triggers.cron import CronTrigger

_WEEK = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_NEVER = timedelta(hours=24)  # what a line that never comes (31 February) is as good as


def following(line: str, timezone: str, earliest: datetime, *, source_id: str) -> datetime:
    """The first time of the line after `earliest`, in the zone of `earliest`. ConfigError for a line that is none.

    In the night in which the clock is put back an hour comes twice. A line that names its hours (`30 2 * * *`) means one time
    a day and gets the first; one of every hour (`*/15 * * * *`) goes on. In the night in which an hour is left out, a time
    within it comes an hour later by the clock.
    """
    triggers = _triggers(line, timezone, source_id)
    once = not line.split()[1].startswith("*")
    found = [time for time in (_next(trigger, earliest, once=once) for trigger in triggers) if time is not None]
    return min(found).astimezone(earliest.tzinfo) if found else earliest + _NEVER


def _next(trigger: CronTrigger, earliest: datetime, *, once: bool) -> datetime | None:
    later = earliest
    while True:
        # Not by APScheduler's own parameter for the time before: in the hour that comes twice it gives that instant again.
        later += timedelta(microseconds=1)
        time: datetime | None = trigger.get_next_fire_time(None, later)
        if time is None or not (once and time.fold):
            return time
        later = time.astimezone(UTC)  # a sum of local time would be the first of the two hours again


def _triggers(line: str, timezone: str, source_id: str) -> tuple[CronTrigger, ...]:
    """A cron line that names days of the month and weekdays means either (POSIX crontab); APScheduler means both at once."""
    from zoneinfo import ZoneInfo

    from apscheduler.triggers.cron import CronTrigger

    zone = ZoneInfo(timezone)
    try:
        minute, hour, day, month, weekday = line.lower().split()
        days = [(day, "*"), ("*", _weekdays(weekday))] if "*" not in {day, weekday} else [(day, _weekdays(weekday))]
        return tuple(
            CronTrigger(minute=minute, hour=hour, day=in_month, month=month, day_of_week=in_week, timezone=zone)
            for in_month, in_week in days
        )
    except (ValueError, LookupError) as error:
        found = f"{source_id}: interval: {line}"
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
