"""How a source publishes, learned from what was seen; and how long one may wait for it. Pure.

Two things decide how long. *Punctuality*: for a given number of requests a day, the sum of all items' delays is smallest when a
source is asked in proportion to the square root of the items it brings (each hour of the day and weekend by its own rate). And
*safety*: a document shows its newest entries alone, so between two requests at most half of them should be replaced.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from math import sqrt
from zoneinfo import ZoneInfo

from aggregator.model import Rhythm

SHORTEST = timedelta(minutes=15)
LONGEST = timedelta(hours=24)
UNKNOWN = timedelta(hours=1)  # between two requests while nothing is known

_HOUR = timedelta(hours=1)
_WEEK = timedelta(weeks=1)
_DAY = timedelta(days=1)
_FIRST = 4 * 7 * _DAY  # of a first document's dates: what is older says little of today's rhythm
_LONGEST_LESSON = 2 * 7 * _DAY  # a program that was off for a year learns of the last weeks
_MEMORY = 0.04  # weight of a new hour: half of what is known of 11:00 on working days is of the last 17 of them
_AVERAGE = 1 / 24  # items an hour, before anything is known
# A source of one item an hour is asked every 20 minutes, one of an item a day every 100, one of an item a week every 4 hours.
_PUNCTUALITY = 1 / 3  # hours, times the square root of the items an hour
_EVEN = 0.1  # of the mean rate that every hour has: what never came on a Sunday may come
# Bursts that were never seen: an election, a plenary day. Forty times the usual rate turns two items a day into 3.3 an hour;
# more than eight an hour is what only a press portal does, and of that it is known soon.
_BURST, _BURST_MOST = 40, 8.0
_REPLACED = 1 / 3  # of a window: with less nothing can be said of how fast the next would go
_FORGETS = 90 * _DAY  # in which the fastest time doubles: bursts that come once a quarter are expected still


def learn(
    known: Rhythm | None,
    published: Sequence[datetime],
    *,
    window: int,
    since: datetime | None,
    now: datetime,
    zone: str,
) -> Rhythm:
    """What is known after an answer with items published then (as the source says), which came after `since`: when the source
    was last asked, None for its first answer. `window` is the number of entries that the document shows."""
    before = known or Rhythm()
    window = window or before.window
    if since is None:
        return _first(published, window=window, now=now, zone=ZoneInfo(zone))
    start = max(before.learned or since, now - _LONGEST_LESSON)
    if now <= start or (not published and now - start < _DAY):  # silence is written down once a day
        return before if before.window == window else _with(before, window=window)
    fastest = before.fastest * float(2 ** ((now - start) / _FORGETS)) if before.fastest else None
    return Rhythm(
        window=window,
        rates=_moved(before.rates, published, since=start, now=now, zone=ZoneInfo(zone)),
        fastest=_fastest(fastest, len(published), window, now - since),
        learned=now,
    )


def wait(known: Rhythm | None, now: datetime, zone: str) -> timedelta:
    """How long to wait from now on, between SHORTEST and LONGEST."""
    if known is None or not known.rates:
        return min(UNKNOWN, safe(known))
    rates, passed, asked = _smooth(known.rates), timedelta(), 0.0
    for place, share in _hours(now, now + LONGEST, ZoneInfo(zone)):
        wanted = sqrt(rates[place]) / _PUNCTUALITY * share
        if asked + wanted >= 1:
            passed += _HOUR * (share * (1 - asked) / wanted)
            break
        asked += wanted
        passed += _HOUR * share
    return max(min(passed, safe(known)), SHORTEST)


def safe(known: Rhythm | None) -> timedelta:
    """How long one may wait at the most so that half of the document's window still stands, between SHORTEST and LONGEST."""
    if known is None or not known.window:
        return LONGEST
    mean = _mean(known.rates) if known.rates else _AVERAGE
    unseen = _HOUR * (known.window / 2 / min(max(_BURST * mean, 1e-6), _BURST_MOST))
    return max(min(unseen, known.fastest or LONGEST, LONGEST), SHORTEST)


def cadence(published: Sequence[datetime]) -> timedelta | None:
    """The median time between two publications, None for fewer than two. Items of the same instant are one: a batch once a
    week is a weekly source."""
    from statistics import median  # 5 ms, and most passes find nothing new

    instants = sorted(set(published))
    if len(instants) < 2:
        return None
    return timedelta(seconds=median((later - earlier).total_seconds() for earlier, later in pairwise(instants)))


# --------------------------------------------------------------------------------------------------------------- learning


def _first(published: Sequence[datetime], *, window: int, now: datetime, zone: ZoneInfo) -> Rhythm:
    """From the dates of a first document alone."""
    dates = sorted(instant for instant in published if instant <= now)
    if len(dates) < 2:
        return Rhythm(window=window, learned=now)
    recent = [instant for instant in dates if instant >= now - _FIRST]
    start = max(dates[0], now - _FIRST)
    seen = _seen(start, now, zone)
    mean = (len(recent) or 0.5) / max(sum(seen), 24.0)
    counts = _counts(recent, since=start, now=now, zone=zone)
    # Each hour as if the mean had been seen there for ten hours more: four weeks have eight Sundays' elevens, a day has none
    rates = tuple((count + 10 * mean) / (share + 10) for count, share in zip(counts, seen, strict=True))
    return Rhythm(window=window, rates=_rounded(rates), fastest=_tightest(dates, window), learned=now)


def _tightest(dates: Sequence[datetime], window: int) -> timedelta | None:
    """The shortest time in which half of a window was published; None where many share an instant, which is a day without a
    time or a batch, and a batch says nothing of the next."""
    half = max(window // 2, 1)
    if len(dates) <= half or len(set(dates)) < 0.8 * len(dates):
        return None
    shortest = min(dates[place + half] - dates[place] for place in range(len(dates) - half))
    return max(shortest, SHORTEST)


def _fastest(before: timedelta | None, new: int, window: int, passed: timedelta) -> timedelta | None:
    if not window or new <= _REPLACED * window:
        return before
    seen = max(passed * (window / 2 / new), SHORTEST)
    return min(seen, before) if before else seen


def _moved(
    before: tuple[float, ...], published: Sequence[datetime], *, since: datetime, now: datetime, zone: ZoneInfo
) -> tuple[float, ...]:
    rates = before or (_AVERAGE,) * 48
    seen = _seen(since, now, zone)
    counts = _counts(published, since=since, now=now, zone=zone)
    return _rounded(
        rate * (1 - _MEMORY) ** share + _MEMORY * count for rate, share, count in zip(rates, seen, counts, strict=True)
    )


def _counts(published: Sequence[datetime], *, since: datetime, now: datetime, zone: ZoneInfo) -> list[float]:
    """Items by hour. What has no time of its own (a day alone, a date of another day) may have come in any hour of these."""
    counts, loose = [0.0] * 48, 0
    for instant in published:
        if since <= instant <= now and not _midnight(instant, zone):
            counts[_place(instant.astimezone(zone))] += 1
        else:
            loose += 1
    if loose:
        seen = _seen(since, now, zone)
        total = sum(seen) or 1.0
        counts = [count + loose * share / total for count, share in zip(counts, seen, strict=True)]
    return counts


def _midnight(instant: datetime, zone: ZoneInfo) -> bool:
    local = instant.astimezone(zone)
    return not (local.hour or local.minute or local.second)


def _seen(since: datetime, now: datetime, zone: ZoneInfo) -> list[float]:
    """How many of each of the 48 hours lie between. Whole weeks are not walked through (a first document has many; 0.9 ms): the
    clock change moves an hour of one of them, which is nothing among forty."""
    weeks = max((now - since) // _WEEK, 0)
    seen = [5.0 * weeks] * 24 + [2.0 * weeks] * 24
    for place, share in _hours(since + weeks * _WEEK, now, zone):
        seen[place] += share
    return seen


def _hours(since: datetime, until: datetime, zone: ZoneInfo) -> Iterator[tuple[int, float]]:
    """Each hour between (by the clock), with the share of it that lies there."""
    start = since
    while start < until:
        end = min(start.replace(minute=0, second=0, microsecond=0) + _HOUR, until)
        yield _place(start.astimezone(zone)), (end - start) / _HOUR
        start = end


def _place(local: datetime) -> int:
    return local.hour + (24 if local.weekday() >= 5 else 0)


def _rounded(rates: Iterator[float] | tuple[float, ...]) -> tuple[float, ...]:
    return tuple(round(rate, 5) for rate in rates)


# ---------------------------------------------------------------------------------------------------------------- waiting


def _smooth(rates: Sequence[float]) -> list[float]:
    """A few items an hour of the day are few: what came at eleven may come at ten or at twelve."""
    even = _EVEN * _mean(rates)
    return [
        (rates[day + (hour - 1) % 24] + 2 * rates[day + hour] + rates[day + (hour + 1) % 24]) / 4 + even
        for day in (0, 24)
        for hour in range(24)
    ]


def _mean(rates: Sequence[float]) -> float:
    """Items an hour over the week."""
    return (5 * sum(rates[:24]) + 2 * sum(rates[24:])) / (7 * 24)


def _with(known: Rhythm, *, window: int) -> Rhythm:
    from dataclasses import replace

    return replace(known, window=window)
