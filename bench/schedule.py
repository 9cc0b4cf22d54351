"""A simulated year of publishers asked by the program's own schedule: what it costs, what is lost, how late news is.

    ./do python bench/schedule.py [DAYS] [SEED]

Nothing is fetched: each publisher is a list of instants, its document the newest N of them. `lost` are entries that no request
saw. `<=1/3`, `<=2/3` and `more`: of the requests that found something, those after which so much of the window was new.
`median` and `90 %`: minutes from publication to the request that saw it. The last two columns: the median delay and the lost
entries of as many requests at even distances.
"""

from __future__ import annotations

import random
import statistics
import sys
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from aggregator.model import Rest, Source, SourceState
from aggregator.passes import remember

START = datetime(2026, 1, 5, tzinfo=UTC)  # a Monday
ZONE = ZoneInfo("Europe/Berlin")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
PAST = 60  # days of entries that stand in the first document


@dataclass(frozen=True, kw_only=True)
class Publisher:
    """`posts` gives the instants of one local day."""

    name: str
    window: int
    posts: Callable[[random.Random, datetime], Iterator[datetime]]
    feasible: bool = True  # without knowing the future, by asking every 15 minutes at the most
    rest: Rest | None = None


@dataclass(frozen=True, kw_only=True)
class Year:
    """What came of it. `late` in minutes."""

    items: int
    lost: int
    requests: int
    busiest: int  # requests on one day
    shares: tuple[float, ...]  # of the window, one a request that found something
    late: tuple[float, ...]
    days: int

    @property
    def a_day(self) -> float:
        return self.requests / self.days

    def replaced(self, low: float, high: float) -> float:
        """The share of the requests after which so much of the window was new."""
        return sum(low < share <= high for share in self.shares) / max(len(self.shares), 1)


def at(day: datetime, hour: float) -> datetime:
    return day + timedelta(hours=hour)


def spread(chance: random.Random, day: datetime, count: int, first: float, last: float) -> Iterator[datetime]:
    for _ in range(count):
        yield at(day, chance.uniform(first, last))


def poisson(chance: random.Random, mean: float) -> int:
    """Counted arrivals."""
    count, left = 0, chance.expovariate(1)
    while left < mean:
        count += 1
        left += chance.expovariate(1)
    return count


def number(day: datetime) -> int:
    """Days since START."""
    return (day.date() - START.date()).days


def works(day: datetime) -> bool:
    return day.weekday() < 5


def agency(chance: random.Random, day: datetime) -> Iterator[datetime]:
    for hour in range(24):
        mean = 1.4 if 6 <= hour < 22 else 0.3
        yield from spread(chance, day, poisson(chance, mean * (1 if works(day) else 0.6)), hour, hour + 1)


def portal(chance: random.Random, day: datetime) -> Iterator[datetime]:
    if works(day):
        for hour, mean in enumerate([2, 5, 8, 9, 8, 6, 7, 6, 4, 1]):
            yield from spread(chance, day, poisson(chance, mean), 8 + hour, 9 + hour)
    else:
        yield from spread(chance, day, poisson(chance, 3), 9, 18)


def ministry(chance: random.Random, day: datetime) -> Iterator[datetime]:
    if not works(day):
        yield from spread(chance, day, poisson(chance, 0.05), 10, 16)
    elif chance.random() < 1 / 22:  # a cabinet's or a parliament's day
        yield from spread(chance, day, 8, 9, 10.5)
    else:
        yield from spread(chance, day, poisson(chance, 1.1), 8.5, 17.5)


def rests(chance: random.Random, day: datetime) -> Iterator[datetime]:
    """Eight in one morning, then nothing for days."""
    if works(day) and number(day) % 9 == 0:
        yield from spread(chance, day, 8, 9, 11.5)


def cluster(chance: random.Random, day: datetime) -> Iterator[datetime]:
    if day.weekday() == 2:
        yield from spread(chance, day, chance.choice([0, 1, 1, 2, 3]), 9, 16)


def monthly(chance: random.Random, day: datetime) -> Iterator[datetime]:
    if day.day == 15:
        yield from spread(chance, day, 1, 10, 12)


def fifty(chance: random.Random, day: datetime) -> Iterator[datetime]:
    """Two a day, and once a month fifty on one day."""
    if day.day == 20:
        yield from spread(chance, day, 50, 8, 20)
    elif works(day):
        yield from spread(chance, day, poisson(chance, 2.5), 8, 18)


def police(chance: random.Random, day: datetime) -> Iterator[datetime]:
    yield from spread(chance, day, poisson(chance, 6), 0, 24)


def midnight(chance: random.Random, day: datetime) -> Iterator[datetime]:
    """Dates without a time of day: all at midnight, though they come in the morning (the schedule sees midnight)."""
    if works(day):
        for _ in range(poisson(chance, 1.5)):
            yield day


def dies(chance: random.Random, day: datetime) -> Iterator[datetime]:
    if number(day) < 90:
        yield from ministry(chance, day)


def wakes(chance: random.Random, day: datetime) -> Iterator[datetime]:
    if not -30 <= number(day) <= 180:
        yield from ministry(chance, day)


def wakes_with_a_shout(chance: random.Random, day: datetime) -> Iterator[datetime]:
    """Half a year of nothing, then fifty on its first day: what nobody who asks once a day can see whole."""
    if number(day) < -30:
        yield from ministry(chance, day)
    elif number(day) == 180:
        yield from spread(chance, day, 50, 8, 20)


PUBLISHERS = (
    Publisher(name="agency, one an hour", window=20, posts=agency),
    Publisher(name="agency, ttl of 60 minutes", window=20, posts=agency, rest=Rest(seconds=3600)),
    Publisher(name="press portal, 56 on a working day", window=10, posts=portal),
    Publisher(name="ministry, one a day, bursts", window=20, posts=ministry),
    Publisher(name="ministry, skips the weekend", window=20, posts=ministry, rest=Rest(days=(5, 6))),
    Publisher(name="eight on a morning, then nothing", window=10, posts=rests),
    Publisher(name="two a day, fifty once a month", window=10, posts=fifty),
    Publisher(name="police, six by day and night", window=20, posts=police),
    Publisher(name="days without a time", window=10, posts=midnight),
    Publisher(name="cluster, one batch a week", window=10, posts=cluster),
    Publisher(name="report, once a month", window=5, posts=monthly),
    Publisher(name="dies after three months", window=20, posts=dies),
    Publisher(name="wakes after seven months", window=20, posts=wakes),
    Publisher(name="wakes with fifty at once", window=10, posts=wakes_with_a_shout, feasible=False),
)


def posted(publisher: Publisher, days: int, seed: int) -> list[datetime]:
    chance = random.Random(f"{seed} {publisher.name}")
    found = []
    for since in range(-PAST, days):
        local = datetime.combine((START + since * DAY).date(), datetime.min.time(), ZONE)
        found += [instant.astimezone(UTC) for instant in publisher.posts(chance, local)]
    return sorted(found)


def simulated(publisher: Publisher, *, days: int = 365, seed: int = 1) -> Year:
    """A year of requests, each at the time that the one before it named."""
    instants = posted(publisher, days, seed)
    source = Source(id=f"s{seed}", name="S", url="https://s.example/feed", timezone="Europe/Berlin")
    state = SourceState(source_id=source.id, rest=publisher.rest)
    now, end = START, START + days * DAY
    seen = bisect_right(instants, now)
    first = tuple(instants[max(seen - publisher.window, 0) : seen])
    requests, lost, shares, late = [now], 0, [], []
    state = remember.succeeded(source, state, remember.Heard(published=first, window=len(first), full=True), now=now)
    while (now := _due(state)) < end:
        requests.append(now)
        there = bisect_right(instants, now)
        new = instants[max(seen, there - publisher.window) : there]
        lost += there - seen - len(new)
        late += [(now - instant) / timedelta(minutes=1) for instant in new]
        shown = min(there, publisher.window)
        if new:
            shares.append(len(new) / max(shown, 1))
        heard = remember.Heard(published=tuple(new), window=shown if new else 0, full=bool(new))
        state, seen = remember.succeeded(source, state, heard, now=now), there
    by_day: dict[int, int] = {}
    for request in requests:
        by_day[(request - START).days] = by_day.get((request - START).days, 0) + 1
    return Year(
        items=seen - bisect_right(instants, START),
        lost=lost,
        requests=len(requests),
        busiest=max(by_day.values()),
        shares=tuple(shares),
        late=tuple(late),
        days=days,
    )


def evenly(publisher: Publisher, requests: int, *, days: int = 365, seed: int = 1) -> tuple[int, float]:
    """Entries lost, and the median delay in minutes, of so many requests at even distances."""
    instants = posted(publisher, days, seed)
    step = days * DAY / requests
    seen, lost, late = bisect_right(instants, START), 0, []
    for place in range(1, requests + 1):
        now = START + place * step
        there = bisect_right(instants, now)
        new = instants[max(seen, there - publisher.window) : there]
        lost += there - seen - len(new)
        late += [(now - instant) / timedelta(minutes=1) for instant in new]
        seen = there
    return lost, statistics.median(late) if late else 0


def _due(state: SourceState) -> datetime:
    assert state.next_due is not None
    return state.next_due


def main(days: int, seed: int) -> None:
    heads = (
        "publisher",
        "window",
        "items",
        "lost",
        "a day",
        "most",
        "<=1/3",
        "<=2/3",
        "more",
        "median",
        "90 %",
        "even:",
        "lost",
    )
    print(f"{heads[0]:<36}" + "".join(f"{head:>8}" for head in heads[1:]))
    for publisher in PUBLISHERS:
        year = simulated(publisher, days=days, seed=seed)
        missed, even = evenly(publisher, year.requests, days=days, seed=seed)
        bands = (year.replaced(0, 1 / 3), year.replaced(1 / 3, 2 / 3), year.replaced(2 / 3, 9e9))
        median = statistics.median(year.late) if year.late else 0
        slow = statistics.quantiles(year.late, n=10)[-1] if len(year.late) > 1 else 0
        print(
            f"{publisher.name:<36}{publisher.window:>8}{year.items:>8}{year.lost:>8}{year.a_day:>8.1f}{year.busiest:>8}"
            + "".join(f"{share:>7.0%} " for share in bands)
            + f"{median:>7.0f}{slow:>8.0f}{even:>8.0f}{missed:>8}"
        )


if __name__ == "__main__":
    given = [int(word) for word in sys.argv[1:]]
    main(*(given + [365, 1][len(given) :]))
