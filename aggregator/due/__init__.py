"""When a source is to be asked again, and how. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import blake2b

from aggregator.due import backoff, cron, rhythm
from aggregator.due.rhythm import LONGEST, SHORTEST
from aggregator.model import Rest, Source, SourceState

AUTO = "auto"
_HOUR = timedelta(hours=1)
_JITTER = 0.1
_PUSHED = 2  # times the usual wait
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_DURATION = re.compile(r"\s*(\d{1,6})\s*([smhd])\s*", re.ASCII)


def due(sources: Sequence[Source], states: Mapping[str, SourceState], now: datetime) -> tuple[Source, ...]:
    """The enabled sources whose time has come, never asked ones first, then by how long they wait, then by id."""

    def waiting_since(source: Source) -> datetime | None:
        state = states.get(source.id)
        if state is None or state.next_due is None:
            return None
        return now if _set_back(state, now) else state.next_due

    known = [(waiting_since(source), source) for source in sources if source.enabled]
    never = sorted((source for since, source in known if since is None), key=lambda source: source.id)
    waiting = sorted(((since, source.id, source) for since, source in known if since is not None and since <= now))
    return (*never, *(source for _, _, source in waiting))


def _set_back(state: SourceState, now: datetime) -> bool:
    """Whether the clock was set back so far that the source would wait for more than twice its wait: a clock that was a year
    ahead for a while must not silence it for a year. Less is waited for: what is due once a day is asked once a day."""
    if state.last_checked is None or state.next_due is None or state.last_checked <= now:
        return False
    return state.next_due - now > 2 * max(state.next_due - state.last_checked, SHORTEST)


def next_due(
    source: Source,
    state: SourceState,
    now: datetime,
    *,
    retry_after: datetime | None = None,
    fresh_for: timedelta | None = None,
) -> datetime:
    """When the source is due after a request at `now`; `state` counts that request.

    `auto` waits as long as the rhythm says, twice as long where a hub tells of news, and longer where feed or server
    (`fresh_for`) wish it, each as far as no entry is lost by it, up to 24 hours; a written interval is kept to. Failures add to
    both. Never before `retry_after`, of which the first 24 hours count. ConfigError for an interval that is none.
    """
    written = duration(source.interval)
    if source.interval == AUTO:
        following = _by_rhythm(source, state, now, fresh_for)
    elif written is not None:
        following = now + _early(written + backoff.penalty(state, written), source.id)
    else:
        penalty = backoff.penalty(state, SHORTEST)
        following = cron.following(source.interval, source.timezone, now + penalty, source_id=source.id)
    return max(following, min(retry_after, now + LONGEST)) if retry_after else following


def full(state: SourceState, now: datetime) -> bool:
    """Whether the source is to be asked without validators: some servers answer 304 for ever, whatever they have. Once in 18
    to 24 hours, by the source's id."""
    if state.last_full is None:
        return True
    return abs(now - state.last_full) >= LONGEST * (1 - _share(state.source_id) / 4)


def duration(written: str) -> timedelta | None:
    """`90s`, `30m`, `6h`, `1d`; None for anything else, also for nothing at all (`0m`)."""
    found = _DURATION.fullmatch(written)
    if not found:
        return None
    return timedelta(**{_UNITS[found.group(2)]: int(found.group(1))}) or None


def _by_rhythm(source: Source, state: SourceState, now: datetime, fresh_for: timedelta | None) -> datetime:
    usual = rhythm.wait(state.rhythm, now, source.timezone)
    if state.pushed_until is not None and now < state.pushed_until:
        # Somebody tells us of news, and may have stopped doing so without a word: never so long that an entry is lost
        usual = max(usual, min(usual * _PUSHED, rhythm.safe(state.rhythm)))
    if state.failing:
        return now + max(_early(usual + backoff.penalty(state, usual), source.id), SHORTEST)
    wishes = [fresh_for or timedelta(), timedelta(seconds=state.rest.seconds if state.rest else 0)]
    wished = min(max(wishes), rhythm.safe(state.rhythm))
    following = now + max(_early(usual, source.id), SHORTEST, wished)
    return _awake(following, state.rest, now + LONGEST) if state.rest else following


def _awake(following: datetime, rest: Rest, latest: datetime) -> datetime:
    """After the hours and days in which the feed wishes not to be asked, though not later than `latest`."""
    while following.hour in rest.hours or following.weekday() in rest.days:
        following = following.replace(minute=0, second=0, microsecond=0) + _HOUR
        if following >= latest:
            return latest
    return following


def _early(interval: timedelta, source_id: str) -> timedelta:
    """Up to a tenth less, always the same for one source: sources of one interval spread over time. Less and not more, or a
    source of 30m would miss every second run of a cron job that runs every 30 minutes."""
    return interval * (1 - _JITTER * _share(source_id))


def _share(source_id: str) -> float:
    """A number from 0 to 1 that belongs to the source."""
    return int.from_bytes(blake2b(source_id.encode("utf-8"), digest_size=4).digest(), "big") / 2**32
