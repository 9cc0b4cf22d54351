"""Which changes in the health of sources and of the installation somebody is told of. Pure.

One event for what began together, one when all of it is over. What mends itself within a day is none, nor is what becomes of a
trouble that was told already, unless something else has to be done about it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from aggregator import text, urls
from aggregator.errors import ADVICE, Failure
from aggregator.model import INSTALLATION, Event, State, Telling
from aggregator.passes import health as healths
from aggregator.passes.health import Health

OFFLINE, OUTPUT = "offline", "output"
_UNREACHABLE = frozenset({State.FAILING, State.BLOCKED, State.GONE})
_TROUBLE = _UNREACHABLE | {State.DRIFTING, State.QUIET}
_TOGETHER = timedelta(hours=24)  # every source is asked once in so long: what began within it began at once
_WELL = timedelta(hours=12)  # of good answers, until a trouble is over: what comes and goes is one trouble

_SAYS = {
    "quiet": "nothing new for far longer than usual. Look at the site whether it publishes elsewhere now.",
    "drifting": "it is not what it was. Look whether the site was rebuilt (mend `listing` and `detail`), whether a filter in "
    "`url` still selects what it should, whether it is still the same publisher.",
    OFFLINE: "no source could be reached for most of a day. Look at this machine's network, DNS and proxy.",
    OUTPUT: "the published files could not be written; what subscribers see is old. Look at the disk and at who may write to "
    "the output directory; the next pass writes everything that is missing.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """What a pass found of the installation itself. `output`: why the published files could not be written."""

    offline_since: datetime | None = None
    output: str | None = None


def step(
    before: Sequence[Event],
    found: Sequence[Health],
    installation: Installation,
    *,
    tell: tuple[Telling, ...] = (),
    last: int = 0,
    now: datetime,
) -> tuple[Event, ...]:
    """The events that are new or have changed. `before` are those that are still open, `last` is the highest number that any
    event has, `tell` says where new ones are told."""
    rows = {row.source.id: row for row in found}
    known = {event.number: event for event in before}
    standing = {event.number: event for event in before}
    escalated = _escalated(before, rows)
    for event in before:
        left = tuple(one for one in event.open if _lasts(one, event, rows, installation) and one not in escalated)
        standing[event.number] = replace(event, open=left)
    covered = {one for event in standing.values() for one in event.open}
    fresh: list[Event] = []
    for event in _raised(rows, covered, now):
        host = _joins(event, standing.values(), rows)
        if host is None:
            fresh.append(event)
        else:
            joined = standing[host]
            standing[host] = replace(
                joined,
                sources=(*joined.sources, *(one for one in event.sources if one not in joined.sources)),
                open=(*joined.open, *event.open),
            )
    fresh += _of_installation(installation, covered, now)
    ended = [event for event in standing.values() if known[event.number].open and not event.open]
    over = [_over(event, rows, escalated, now) for event in ended]
    numbered = [
        # A second apart: two entries of one instant are a warning of the W3C's validator (DuplicateUpdated)
        replace(event, number=last + place, at=now + timedelta(seconds=place - 1), waiting=tell)
        for place, event in enumerate([*fresh, *(event for event in over if event.sources)], start=1)
    ]
    return (*(event for event in standing.values() if event != known[event.number]), *numbered)


# ------------------------------------------------------------------------------------------------------- what goes on


def _lasts(one: str, event: Event, rows: Mapping[str, Health], installation: Installation) -> bool:
    if one == INSTALLATION:
        return (installation.offline_since if event.cause == OFFLINE else installation.output) is not None
    row = rows.get(one)
    return row is not None and row.source.enabled and not _well(row)


def _well(row: Health) -> bool:
    """Well for a while: whoever fails again within hours was not mended."""
    state = row.remembered
    if row.state is not State.OK or state.failing is not None:
        return False
    since, until = state.well_since, state.last_success
    return since is None or until is None or until - since >= _WELL


def _escalated(before: Sequence[Event], rows: Mapping[str, Health]) -> set[str]:
    """Sources in a told trouble that have another one now, about which something else is to be done."""
    return {
        one
        for event in before
        for one in event.open
        if one in rows and alarming(rows[one]) and _other(event.state, rows[one].state)
    }


def _other(told: State | None, now: State) -> bool:
    if now is State.GONE:
        return told is not State.GONE
    return (told in _UNREACHABLE) != (now in _UNREACHABLE)


# ------------------------------------------------------------------------------------------------------- what begins


def alarming(row: Health) -> bool:
    """Whether somebody should look at the source."""
    if row.state in _UNREACHABLE:
        return healths.lasting(row.remembered)
    return row.state in _TROUBLE


def _raised(rows: Mapping[str, Health], covered: set[str], now: datetime) -> Iterator[Event]:
    """One event for each kind of trouble, with those that fail in the same way since the same time, if not yet for long."""
    groups: dict[tuple[State, str], list[Health]] = {}
    for row in rows.values():
        if row.source.id not in covered and alarming(row):
            groups.setdefault((row.state, _cause(row)), []).append(row)
    taken = {row.source.id for group in groups.values() for row in group} | covered
    for (state, cause), group in groups.items():
        if state in _UNREACHABLE:
            also = [row for row in rows.values() if row.source.id not in taken and _along(row, group, cause)]
            taken |= {row.source.id for row in also}
            group += also  # noqa: PLW2901  whoever fails along belongs to it
        ids = tuple(row.source.id for row in group)
        yield Event(number=0, at=now, state=state, cause=cause, sources=ids, open=ids, detail=_detail(group[0]))


def _cause(row: Health) -> str:
    failing = row.remembered.failing
    return failing.failure.value if failing is not None and row.state in _UNREACHABLE else row.state.value


def _along(row: Health, group: Sequence[Health], cause: str) -> bool:
    failing = row.remembered.failing
    if failing is None or not row.source.enabled:
        return False
    began = [_began(other) for other in group]
    if not min(began) - _TOGETHER <= failing.since <= max(began) + _TOGETHER:
        return False
    return _host(row) in {_host(other) for other in group} or (
        failing.failure.value == cause and row.remembered.failures > 1
    )


def _joins(event: Event, standing: Iterable[Event], rows: Mapping[str, Health]) -> int | None:
    """The event that told of the same already: it began no later, on the same host."""
    if event.state not in _UNREACHABLE or event.state is State.GONE:
        return None
    hosts = {_host(rows[one]) for one in event.sources}
    began = max(_began(rows[one]) for one in event.sources)
    for other in standing:
        unreachable = other.state in _UNREACHABLE and began <= other.at + _TOGETHER
        if unreachable and hosts <= {_host(rows[one]) for one in other.open if one in rows}:
            return other.number
    return None


def _began(row: Health) -> datetime:
    """Of a source that fails."""
    assert row.remembered.failing is not None
    return row.remembered.failing.since


def _host(row: Health) -> str:
    return urls.host(row.source.url)


def _detail(row: Health) -> str:
    drifting = healths.drift(row.remembered)
    if row.state is State.DRIFTING and drifting is not None:
        return text.line(drifting[0])
    failing = row.remembered.failing
    return text.line(failing.message) if failing is not None and row.state in _UNREACHABLE else ""


def _of_installation(installation: Installation, covered: set[str], now: datetime) -> Iterator[Event]:
    offline = installation.offline_since
    if INSTALLATION in covered:
        return
    here = (INSTALLATION,)
    if installation.output is not None:
        yield Event(
            number=0, at=now, state=None, cause=OUTPUT, sources=here, open=here, detail=text.line(installation.output)
        )
    elif offline is not None and now - offline >= healths.PATIENCE:
        yield Event(number=0, at=now, state=None, cause=OFFLINE, sources=here, open=here)


def _over(event: Event, rows: Mapping[str, Health], escalated: set[str], now: datetime) -> Event:
    """Of those that are well again: who was removed or switched off is not."""
    well = tuple(
        one
        for one in event.sources
        if one == INSTALLATION or (one in rows and rows[one].source.enabled and one not in escalated)
    )
    return Event(number=0, at=now, over=event.number, state=event.state, cause=event.cause, sources=well)


# ---------------------------------------------------------------------------------------------------------- in words


def headline(event: Event, names: Mapping[str, str]) -> str:
    """An event in one line; `names` are those of the sources by id."""
    said = "over" if event.over is not None else event.state.value if event.state else "installation"
    cause = "" if event.cause == said else f" ({event.cause})"
    if INSTALLATION in event.sources:
        return f"{said}: this installation{cause}"
    first = names.get(event.sources[0], event.sources[0])
    more = f" and {len(event.sources) - 1} more" if len(event.sources) > 1 else ""
    return f"{said}{cause}: {first}{more}"


def advice(event: Event) -> str:
    """What to do about an event, a sentence or two."""
    if event.over is not None:
        return "Well again; nothing is left to do."
    if event.cause in _SAYS:
        said = _SAYS[event.cause]
        return said[0].upper() + said[1:]
    return ADVICE[Failure(event.cause)]
