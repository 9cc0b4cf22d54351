"""A simulated year of the service: its looks, what they find due and how much of it they ask, with a clock that is handed in.

    ./do python bench/year.py                200 sources
    ./do python bench/year.py 1000

Nothing is fetched. The wall clock passes both nights in which it is changed (29 March and 25 October 2026), is set, and the
machine sleeps. For each of these: how many sources were due at once, in how many looks and seconds they were asked, and how
many at the most in one look (five seconds). `usual`: the looks of a day on which nothing happens.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from aggregator import due
from aggregator.due import share
from aggregator.model import Source, SourceState
from aggregator.passes import remember

START = datetime(2026, 1, 1, tzinfo=UTC)
LOOK = timedelta(seconds=share.LOOK)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
GAP = 5.0  # seconds between two requests to one host


@dataclass(frozen=True, kw_only=True)
class Event:
    """At this moment of the steady clock the wall clock is set by so much, or the machine sleeps for so long."""

    at: timedelta
    step: timedelta = timedelta()
    sleep: timedelta = timedelta()


@dataclass(kw_only=True)
class Life:
    """What came of it. Moments of the steady clock since START, and the wall clock at them."""

    looks: list[tuple[timedelta, int]] = field(
        default_factory=list
    )  # those that found something, and how many they asked
    asked: dict[str, list[tuple[timedelta, datetime]]] = field(default_factory=dict)
    late: list[timedelta] = field(default_factory=list)  # by the wall clock, from due to asked

    def days(self, source_id: str, zone: str) -> Counter[str]:
        """Local days, with how often the source was asked on each."""
        return Counter(f"{wall.astimezone(ZoneInfo(zone)):%Y-%m-%d}" for _, wall in self.asked.get(source_id, ()))


def lived(sources: Sequence[Source], *, days: float = 365, events: Sequence[Event] = ()) -> Life:
    """The service's year: a look every five seconds, but for those that find nothing, which are passed over."""
    states: dict[str, SourceState] = {}
    life, wall_ahead, now = Life(), timedelta(), timedelta()
    coming = sorted(events, key=lambda event: event.at)
    while now < days * DAY:
        while coming and coming[0].at <= now:
            event = coming.pop(0)
            wall_ahead += event.step
            now += event.sleep
        wall = START + now + wall_ahead
        waiting = due.due(sources, states, wall)
        chosen = share.share(waiting, sources, gap=GAP)
        for source in chosen:
            before = states.get(source.id, SourceState(source_id=source.id))
            if before.next_due is not None:
                life.late.append(wall - before.next_due)
            states[source.id] = remember.succeeded(
                source, before, remember.Heard(full=due.full(before, wall)), now=wall
            )
            life.asked.setdefault(source.id, []).append((now, wall))
        if chosen:
            life.looks.append((now, len(chosen)))
            now += LOOK
        else:
            following = min(state.next_due for state in states.values() if state.next_due is not None)
            rest = max(-(-(following - wall) // LOOK), 1) * LOOK
            now = min(now + rest, coming[0].at if coming else now + rest)
    return life


def made_up(count: int) -> list[Source]:
    """Of every kind of interval; three sources at a host."""
    kinds = ("auto", "auto", "30m", "1h", "6h", "1d", "30 2 * * *", "*/20 7-19 * * 1-5")
    return [
        Source(
            id=f"s{number}",
            name="S",
            url=f"https://h{number // 3}.example/{number}",
            interval=kinds[number % len(kinds)],
            timezone="Europe/Berlin",
        )
        for number in range(count)
    ]


EVENTS = {
    "set back by an hour": Event(at=3 * DAY + 11 * HOUR, step=-HOUR),
    "set ahead by a day": Event(at=4 * DAY + 11 * HOUR, step=DAY),
    "asleep for ten minutes": Event(at=5 * DAY + 11 * HOUR, sleep=timedelta(minutes=10)),
    "asleep for a night": Event(at=6 * DAY + 22 * HOUR, sleep=9 * HOUR),
    "set ahead by 400 days": Event(at=8 * DAY + 11 * HOUR, step=400 * DAY),
    "set back by 400 days": Event(at=9 * DAY + 11 * HOUR, step=-400 * DAY),
}


def main(count: int) -> None:
    sources = made_up(count)
    life = lived(sources, days=10, events=tuple(EVENTS.values()))
    print(f"{count} sources{'':<16}{'asked':>8}{'looks':>8}{'seconds':>9}{'most in a look':>16}")
    shown("start, none asked before", life, timedelta())
    for name, event in EVENTS.items():
        shown(name, life, event.at)
    usual = [number for at, number in life.looks if 2 * DAY <= at < 3 * DAY]
    looks = DAY // LOOK
    print(f"{'usual, a whole day':<26}{sum(usual):>7}{len(usual):>8}{looks * share.LOOK:>9}{max(usual):>16}")


def shown(name: str, life: Life, since: timedelta) -> None:
    """The looks from there on, up to the first that had room left."""
    rush = []
    full = 0
    for at, number in life.looks:
        if at < since:
            continue
        if rush and (number < full or at - rush[-1][0] > LOOK):
            rush += [(at, number)] if at - rush[-1][0] <= LOOK else []
            break
        full = max(full, number)
        rush.append((at, number))
    total = sum(number for _, number in rush)
    seconds = (rush[-1][0] - rush[0][0]).total_seconds()
    print(f"{name:<26}{total:>7}{len(rush):>8}{seconds:>9.0f}{max(number for _, number in rush):>16}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
