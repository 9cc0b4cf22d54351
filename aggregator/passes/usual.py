"""How a source usually answers, and what an answer lacks of that. Pure.

A recipe that finds titles but no dates any more, a feed whose texts are gone, a filter that no longer knows a renamed
department: all of them answer 200, and nobody misses what does not come.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from math import exp

from aggregator.model import Entry, Lacking, Pace, Profile, Prose

FIELDS = ("title", "date", "link", "summary", "text")
_DAY = timedelta(days=1)

# Weight of one entry in what is usual, and in what was seen lately: five entries in a row without a date leave a third
_SLOW, _QUICK = 0.02, 0.2
_SURE = 10  # entries from which on something is known of fields
_USUALLY = 0.7  # what fewer entries have is not missed
_FALLEN = 0.4  # of its usual share

_READINGS = 3  # documents from which on something is known of their size
_SIZE = 0.1  # weight of one document in its usual size
_MANY = 5  # entries; what a shorter document shows says little
_SHRUNK, _BELOW = 0.3, 0.5  # of the mean, and of the fewest that were seen
_RISING = 1.01  # the fewest, with every document

_GAP = 0.1  # weight of one gap
_FORGOTTEN = 0.99  # the longest gap, with every gap
_GAPS = 50
_WATCHED = timedelta(days=2)
_LATELY, _USUAL = 21.0, 180.0  # days in which a pace is forgotten to a third
_SCARCE, _AGAIN = 0.2, 0.35  # of the usual pace: from where on it is scarce, and until when
_EXPECTED = 10  # items in `_LATELY` days; of fewer nothing can be missed
_ACCEPTED = timedelta(weeks=4)  # what an answer lacks for so long is its own way


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What one document held: its entries, and how many of those that were looked at have each of FIELDS."""

    entries: int
    looked_at: int = 0
    filled: tuple[int, ...] = (0,) * len(FIELDS)


def reading(window: int, entries: Sequence[Entry]) -> Reading:
    """Of a document that shows `window` entries, and of those of them that were read as they are to be stored."""
    rows = [
        (
            _said(entry.title),
            bool(entry.published_text or entry.updated_text),
            bool(entry.link),
            _said(entry.summary) or _said(entry.content),
            _said(entry.content),
        )
        for entry in entries
    ]
    filled = tuple(sum(column) for column in zip(*rows, strict=True)) if rows else (0,) * len(FIELDS)
    return Reading(entries=window, looked_at=len(rows), filled=filled)


def _said(prose: Prose | None) -> bool:
    return prose is not None and bool(prose.value.strip())


def read(before: Profile | None, seen: Reading, *, now: datetime) -> Profile:
    """What is known after a document was read. What it lacks is not learned, unless it was lacking for weeks."""
    known = before or Profile()
    lately = _moved(known.lately, seen, _QUICK)
    lacks = _lacks(known, lately, seen, now)
    if not lacks:
        return _learned(replace(known, lately=lately, lacking=None), seen)
    lacking = _still(known.lacking, lacks, now)
    if now - lacking.since >= _ACCEPTED:
        fresh = replace(known, readings=0, sampled=0, filled=(), lately=(), lacking=None)
        return _learned(replace(fresh, lately=_moved((), seen, _QUICK)), seen)
    return replace(known, lately=lately, lacking=lacking)


def again(before: Profile | None, *, now: datetime) -> Profile | None:
    """What is known after the same document was seen once more: what it lacks, it lacks still."""
    if before is None or before.lacking is None:
        return before
    return replace(before, lacking=_still(before.lacking, before.lacking.what, now))


def _still(before: Lacking | None, what: str, now: datetime) -> Lacking:
    if before is None:
        return Lacking(what=what, since=now, until=now)
    return replace(before, what=what, until=max(now, before.until), answers=min(before.answers + 1, 1_000))


def _learned(known: Profile, seen: Reading) -> Profile:
    first = known.readings == 0
    return replace(
        known,
        readings=min(known.readings + 1, _READINGS),
        entries=float(seen.entries) if first else round(known.entries + _SIZE * (seen.entries - known.entries), 2),
        fewest=float(seen.entries) if first else round(min(seen.entries, known.fewest * _RISING), 2),
        sampled=min(known.sampled + seen.looked_at, _SURE),
        filled=_moved(known.filled, seen, _SLOW),
    )


def _moved(shares: tuple[float, ...], seen: Reading, weight: float) -> tuple[float, ...]:
    if not seen.looked_at:
        return shares
    found = [count / seen.looked_at for count in seen.filled]
    if not shares:
        return tuple(round(share, 3) for share in found)
    kept = (1 - weight) ** seen.looked_at
    return tuple(round(kept * share + (1 - kept) * now, 3) for share, now in zip(shares, found, strict=True))


def _lacks(known: Profile, lately: tuple[float, ...], seen: Reading, now: datetime) -> str:
    """What the document lacks, in words; "" where it is as ever."""
    if _few(known, seen.entries, now):
        return f"{seen.entries} entries where {known.entries:.0f} are usual"
    if known.sampled < _SURE:
        return ""
    gone = [
        (field, usual)
        for field, usual, share in zip(FIELDS, known.filled, lately, strict=True)
        if usual >= _USUALLY and share < _FALLEN * usual
    ]
    if not gone:
        return ""
    names = " and ".join(field for field, _ in gone)
    return f"new entries come without {names}, which {min(usual for _, usual in gone):.0%} of them usually have"


def _few(known: Profile, entries: int, now: datetime) -> bool:
    if known.entries < _MANY or known.readings < (_READINGS if entries else 1):
        return False
    if entries and beginning(now):
        return False
    return entries < _SHRUNK * known.entries and entries < _BELOW * known.fewest


def beginning(now: datetime) -> bool:
    """The first weeks of a year: a list of the year's releases, which many ministries have, begins anew."""
    return now.month == 1


# --------------------------------------------------------------------------------------------------- when there is news


def news(
    before: Profile | None,
    published: Sequence[datetime],
    *,
    since: datetime | None,
    asked: datetime | None,
    now: datetime,
) -> Profile:
    """What is known after an answer with items published then; `since` is when there were some before, None for its first.
    `asked` is when it last answered: a gap in which nobody asked is none of the source's."""
    known = before or Profile()
    if since is None:
        days = sorted({instant.astimezone(UTC).date() for instant in published if instant <= now})
        starts = [datetime(day.year, day.month, day.day, tzinfo=UTC) for day in days]
        gaps = [working(earlier, later) for earlier, later in pairwise(starts)]
    elif asked is not None and now - asked <= _WATCHED:
        gaps = [working(since, now)]
    else:
        gaps = []
    for gap in gaps:
        known = _after(known, gap)
    return replace(
        known, pace=_first_pace(published, now) if since is None else _paced(known.pace, len(published), now)
    )


def silence(before: Profile | None, *, now: datetime) -> Profile | None:
    """What is known after an answer without news; written down once a day."""
    if before is None or before.pace is None or now - before.pace.at < _DAY:
        return before
    return replace(before, pace=_paced(before.pace, 0, now))


def _after(known: Profile, gap: timedelta) -> Profile:
    mean, longest = known.gap, known.longest
    seen = min(known.gaps + 1, _GAPS)
    weight = max(_GAP, 1 / seen)
    return replace(
        known,
        gaps=seen,
        gap=_whole(gap if mean is None else mean + weight * (gap - mean)),
        longest=_whole(gap if longest is None else max(gap, longest * _FORGOTTEN)),
    )


def _whole(span: timedelta) -> timedelta:
    return timedelta(seconds=round(span.total_seconds()))


def _first_pace(published: Sequence[datetime], now: datetime) -> Pace | None:
    dates = [instant for instant in published if now - timedelta(days=_USUAL) <= instant <= now]
    if len(dates) < 2:
        return Pace(at=now, lately=0.0, usual=0.0)
    days = max(working(min(dates), now) / _DAY, 7.0)
    rate = round(len(dates) / days, 4)
    return Pace(at=now, lately=rate, usual=rate, days=round(days, 2))


def _paced(before: Pace | None, new: int, now: datetime) -> Pace:
    if before is None:
        return Pace(at=now, lately=0.0, usual=0.0)
    days = max(working(before.at, now) / _DAY, 0.0)
    lately = _rate(before.lately, new, days, _LATELY)
    known = min(before.days + days, _USUAL)
    usual = _rate(before.usual, new, days, max(known, _LATELY))
    scarce = _scarce(before.scarce, lately, usual, now)
    return Pace(at=now, lately=lately, usual=usual, days=round(known, 2), scarce=scarce)


def _rate(rate: float, new: int, days: float, memory: float) -> float:
    """Every item counts 1/memory when it comes, and then less by and by."""
    return round(rate * exp(-days / memory) + new / memory, 4)


def _scarce(before: datetime | None, lately: float, usual: float, now: datetime) -> datetime | None:
    if usual * _LATELY < _EXPECTED:
        return None
    if before is not None:
        return before if lately < _AGAIN * usual else None
    return now if lately < _SCARCE * usual else None


# --------------------------------------------------------------------------------------------------------------- holidays

# (month, day) of the first and of the day after the last, and what a day between them counts: ministries publish half as much
# in summer, and next to nothing between the years.
_HOLIDAYS = (((7, 1), (9, 1), 0.5), ((12, 20), (1, 8), 0.1))


def working(since: datetime, until: datetime) -> timedelta:
    """The time between, in which holidays count less: what a publisher had to publish something."""
    lost = timedelta()
    for start, end, counts in _holidays(since.year - 1, until.year):
        overlap = min(end, until) - max(start, since)
        if overlap > timedelta():
            lost += overlap * (1 - counts)
    return until - since - lost


def _holidays(first: int, last: int) -> Iterator[tuple[datetime, datetime, float]]:
    for year in range(first, last + 1):
        for start, end, counts in _HOLIDAYS:
            yield (
                datetime(year, *start, tzinfo=UTC),
                datetime(year + (end < start), *end, tzinfo=UTC),
                counts,
            )
