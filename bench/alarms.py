"""A simulated year of 73 sources: what somebody is told of their troubles, and of what is none.

    ./do python bench/alarms.py [SEED ...]

Nothing is fetched: what sources publish and what befalls them is made up (bench/years.py), what is remembered, when they are
asked, how they are and what is told is the program's own. `false`: told of what healed by itself within a day or was no trouble.
`missed`: a lasting trouble that was not told within its time. Both for the whole installation.
"""

from __future__ import annotations

import statistics
import sys
from bisect import bisect_right
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from aggregator import due
from aggregator.errors import Failure
from aggregator.model import (
    INSTALLATION,
    Document,
    Entry,
    Event,
    Failed,
    Fetched,
    Hop,
    Prose,
    Recognised,
    SourceState,
    Standing,
    State,
    Validators,
)
from aggregator.passes import alarms, health, offline, remember, usual
from bench import years
from bench.years import DAY, Fault, Place, Year

TICK = timedelta(minutes=15)
_UNREACHABLE = {State.FAILING, State.BLOCKED, State.GONE}
_ODD = 0.003  # of all requests fail by chance


@dataclass(slots=True)
class Told:
    """What came of a year."""

    events: list[Event] = field(default_factory=list)
    asked: int = 0
    passes: int = 0


@dataclass(slots=True)
class World:
    """The state of the world while it runs."""

    year: Year
    states: dict[str, SourceState] = field(default_factory=dict)
    modes: dict[str, str] = field(default_factory=dict)  # how the last document of a place looked
    seen: dict[str, int] = field(default_factory=dict)  # posts that were known then
    told: Told = field(default_factory=Told)
    open: dict[int, Event] = field(default_factory=dict)
    offline_since: datetime | None = None


def simulated(year: Year) -> Told:
    """Runs the whole year."""
    world = World(year)
    faults: dict[str, list[Fault]] = {place.source.id: [] for place in year.places}
    for fault in year.faults:
        for one in fault.places:
            faults[one].append(fault)
    places = {place.source.id: place for place in year.places}
    sources = tuple(place.source for place in year.places)
    now = years.START
    while now < year.end:
        wake = max((end for start, end in year.asleep if start <= now < end), default=None)
        if wake is not None:
            now = wake
            continue
        wanted = due.due(sources, world.states, now)
        if wanted:
            _pass(world, [places[source.id] for source in wanted], faults, now)
            _alarm(world, sources, now)
        now += TICK
    return world.told


def _pass(world: World, asked: list[Place], faults: dict[str, list[Fault]], now: datetime) -> None:
    world.told.passes += 1
    world.told.asked += len(asked)
    if any(start <= now < end for start, end in world.year.offline):
        before = [(place.source, _state(world, place)) for place in asked]
        if offline.offline(before, routed=True):
            world.offline_since = world.offline_since or now
            for place in asked:
                world.states[place.source.id] = offline.postponed(_state(world, place), now=now)
            return
    else:
        world.offline_since = None
    for place in asked:
        standing = [fault for fault in faults[place.source.id] if fault.start <= now < fault.end]
        world.states[place.source.id] = _asked(world, place, standing, now)


def _state(world: World, place: Place) -> SourceState:
    return world.states.get(place.source.id) or SourceState(source_id=place.source.id)


def _asked(world: World, place: Place, standing: list[Fault], now: datetime) -> SourceState:
    state = _state(world, place)
    failures = [fault.failure for fault in standing if fault.failure is not None]
    if any(start <= now < end for start, end in world.year.offline):
        failures = [Failure.DNS]
    elif not failures and world.year.chance.random() < _ODD:
        failures = [Failure.TIMEOUT]
    if failures:
        return remember.failed(place.source, state, Failed(failure=failures[0], detail="", status=400), now=now)
    return _answered(world, place, state, {fault.mode for fault in standing if fault.mode}, now)


def _answered(world: World, place: Place, state: SourceState, modes: set[str], now: datetime) -> SourceState:
    one, count = place.source.id, bisect_right(place.posts, now)
    mode = "+".join(sorted(modes))
    before, known = world.modes.get(one), world.seen.get(one, 0)
    new = _new(place, known, count, modes)
    shown = _shown(place, count, modes, now)
    if before == mode and not new:
        return remember.succeeded(place.source, state, remember.Heard(), now=now)
    world.modes[one] = mode
    if "silent" not in modes:
        world.seen[one] = count
    if shown == 0 and place.source.listing is not None:
        failed = Failed(failure=Failure.NO_ENTRIES, detail="", status=200)
        return remember.failed(place.source, state, failed, now=now)
    # Another template changes every entry, so that all are read again
    looked_at = shown if before != mode else min(len(new), shown)
    filled = tuple(
        0 if name in modes or (name == "summary" and "text" in modes) else looked_at for name in usual.FIELDS
    )
    heard = remember.Heard(
        published=tuple(new) if shown else (),
        window=shown,
        full=True,
        reading=usual.Reading(entries=shown, looked_at=looked_at, filled=filled),
    )
    return remember.succeeded(place.source, _faced(place, state, modes, now), heard, now=now)


def _new(place: Place, known: int, count: int, modes: set[str]) -> list[datetime]:
    if "silent" in modes or "empty" in modes:
        return []
    new = list(place.posts[max(known, count - place.manner.window) : count])
    return (
        new[::20]
        if "few" in modes and len(new) > 19
        else new
        if "few" not in modes
        else [post for post in new if post.minute % 20 == 0]
    )


def _shown(place: Place, count: int, modes: set[str], now: datetime) -> int:
    if "empty" in modes:
        return 0
    if place.manner.this_year:
        start = bisect_right(place.posts, now.replace(month=1, day=1, hour=0))
        return min(count - start, place.manner.window)
    return min(count, place.manner.window)


def _faced(place: Place, state: SourceState, modes: set[str], now: datetime) -> SourceState:
    renamed, lapsed = "renamed" in modes, "face" in modes
    title, host = place.source.name, place.source.url
    if renamed:
        title, host = f"{title}, renamed", "https://new.example/1"
    if lapsed:  # also one that was renamed before
        title, host = "Somebody else", "https://other.example/1"
    standing = Standing.NEW if lapsed else Standing.CHANGED
    entry = Entry(link=host, title=Prose("x", html=False), fingerprint="")
    recognised = Recognised(entry=entry, guid="1", standing=standing, aliases=(), first_seen=None)
    if renamed:  # ministries are, and move: the old address redirects for good
        hops = (Hop(place.source.url, 301),)
        answer = Fetched(
            url=host, hops=hops, status=200, content_type="", charset=None, body=b"", validators=Validators()
        )
        state = remember.moved(state, answer, now=now)
    return remember.faced(state, Document(format="rss20", title=title), [recognised], now=now)


def _alarm(world: World, sources: tuple[years.Source, ...], now: datetime) -> None:
    found = health.health(sources, world.states, {})
    changed = alarms.step(
        tuple(world.open.values()),
        found,
        alarms.Installation(offline_since=world.offline_since),
        last=len(world.told.events),
        now=now,
    )
    for event in changed:
        if event.number > len(world.told.events):
            world.told.events.append(event)
        else:
            world.told.events[event.number - 1] = event
        world.open.pop(event.number, None)
        if event.open:
            world.open[event.number] = event


# ------------------------------------------------------------------------------------------------------------- the count


@dataclass(frozen=True, kw_only=True)
class Count:
    """How what was told fits what happened."""

    lasting: int
    told: int  # events
    missed: tuple[str, ...]
    late: tuple[str, ...]
    false: tuple[str, ...]
    after: dict[str, list[timedelta]]  # by the name of the fault: how long until it was told


def count(year: Year, told: Told) -> Count:
    """Compares them."""
    lasting = [fault for fault in year.faults if fault.due is not None]
    raised = [event for event in told.events if event.over is None]
    missed, late, after = [], [], {}
    for fault in lasting:
        assert fault.due is not None
        if fault.start + fault.due > year.end:
            continue
        for one in fault.places:
            at = min((event.at for event in raised if one in event.sources and _fits(event, fault)), default=None)
            named = f"{fault.name} at {one} since {fault.start:%m-%d}"
            if at is None:
                if _awake(year, fault) >= fault.due:
                    missed.append(named)
                continue
            after.setdefault(fault.name, []).append(at - fault.start)
            if at - fault.start > fault.due + _asleep(year, fault):
                late.append(f"{named}: after {(at - fault.start) / DAY:.1f} days")
    false = [_named(event) for event in raised if not _wanted(event, lasting, year)]
    return Count(
        lasting=len(lasting), told=len(raised), missed=tuple(missed), late=tuple(late), false=tuple(false), after=after
    )


def _fits(event: Event, fault: Fault) -> bool:
    if not fault.start <= event.at <= fault.end + 2 * DAY:
        return False
    return (event.state in _UNREACHABLE) == (fault.failure is not None)


def _wanted(event: Event, lasting: list[Fault], year: Year) -> bool:
    if event.sources == (INSTALLATION,):
        return any(start <= event.at <= end and end - start > DAY for start, end in year.offline)
    return any(set(event.sources) & set(fault.places) and _fits(event, fault) for fault in lasting)


def _asleep(year: Year, fault: Fault) -> timedelta:
    """Nobody can be told by a machine that is switched off, or has no network."""
    spans = [*year.asleep, *year.offline]
    until = fault.start + (fault.due or timedelta())
    return sum((end - start for start, end in spans if start < until and end > fault.start), timedelta())


def _awake(year: Year, fault: Fault) -> timedelta:
    """For how much of a fault the machine was on: one that ended while it was off was never to be seen."""
    off = (min(end, fault.end) - max(start, fault.start) for start, end in year.asleep)
    return fault.end - fault.start - sum((max(each, timedelta()) for each in off), timedelta())


def _named(event: Event) -> str:
    state = event.state.value if event.state else "installation"
    return f"{event.at:%Y-%m-%d} {state} {event.cause} {' '.join(event.sources)}"


def main() -> None:
    seeds = [int(seed) for seed in sys.argv[1:]] or [1, 2, 3]
    for seed in seeds:
        year = years.year(seed)
        told = simulated(year)
        found = count(year, told)
        print(
            f"seed {seed}: {len(year.places)} sources, {told.passes:,} passes, {told.asked:,} requests, "
            f"{len(year.faults) - found.lasting:,} passing faults, {found.lasting} lasting ones"
        )
        print(
            f"  {found.told} alarms, {len(found.missed)} missed, {len(found.late)} late, {len(found.false)} false "
            f"({len(found.false) / 12:.1f} a month)"
        )
        for name, waits in sorted(found.after.items()):
            days = [wait / DAY for wait in waits]
            print(f"  {name:<28} {len(days):>3}  median {statistics.median(days):5.1f}  most {max(days):5.1f} days")
        for kind, ones in (("missed", found.missed), ("late", found.late), ("false", found.false)):
            for one in ones:
                print(f"  {kind}: {one}")


if __name__ == "__main__":
    main()
