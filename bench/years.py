"""A made-up year of publishers and of what befalls them: what they post when, and which faults come, healing ones and lasting
ones. Everything by a seed, nothing by the clock."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from math import exp

from aggregator.errors import Failure
from aggregator.model import Kind, Listing, Selector, Source

START = datetime(
    2026, 2, 2, 6, 0, tzinfo=UTC
)  # a Monday; so that summer, Christmas and New Year are met by one that has learned
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
PAST = 200  # days of posts before the start, of which the newest stand in the first document


@dataclass(frozen=True, kw_only=True)
class Manner:
    """How one kind of publisher posts: `gap` is the mean time between two days with posts, in days."""

    name: str
    count: int
    gap: tuple[float, float]
    posts: float  # on a day with posts
    regular: float  # of the gamma distribution of its gaps: 1 is pure chance, 4 nearly a clock
    weekend: bool = False
    summer: float = 0.5  # of the usual, from the middle of July to the end of August
    christmas: float = 0.05
    window: int = 20
    listing: bool = False
    host: str = ""  # all on one host
    this_year: bool = False  # its page shows the posts of the running year alone


MANNERS = (
    Manner(name="ministry", count=9, gap=(1, 1.6), posts=3, regular=2, summer=0.45),
    Manner(name="ministry-list", count=4, gap=(1.2, 2), posts=2, regular=2, window=200, listing=True, this_year=True),
    Manner(name="portal", count=6, gap=(1, 1), posts=25, regular=4, weekend=True, summer=0.8, christmas=0.4, window=50),
    Manner(name="agency", count=14, gap=(4, 7), posts=1.3, regular=2),
    Manner(name="institute", count=8, gap=(2, 4), posts=1.2, regular=1.5, summer=0.6, window=10),
    Manner(name="cluster", count=12, gap=(7, 18), posts=1.6, regular=1.5, listing=True, window=12),
    Manner(
        name="shared", count=8, gap=(6, 14), posts=1.4, regular=1.5, listing=True, window=10, host="cluster.example"
    ),
    Manner(name="association", count=12, gap=(18, 32), posts=1.2, regular=2, summer=0.2, christmas=0.0, window=15),
)


@dataclass(frozen=True, kw_only=True)
class Place:
    """One source with all that it posts in the year."""

    source: Source
    manner: Manner
    gap: float  # days
    posts: tuple[datetime, ...]


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What is wrong with some places for a while. `due`: so soon somebody must have been told; None: nobody needs to be."""

    name: str
    places: tuple[str, ...]
    start: datetime
    end: datetime
    failure: Failure | None = None
    mode: str = ""  # what is wrong with the documents
    due: timedelta | None = None


@dataclass(frozen=True, kw_only=True)
class Year:
    """The world of one run."""

    places: tuple[Place, ...]
    faults: tuple[Fault, ...]
    offline: tuple[tuple[datetime, datetime], ...]
    asleep: tuple[tuple[datetime, datetime], ...]
    end: datetime
    chance: random.Random = field(repr=False)


def year(seed: int, *, days: int = 365, share: float = 1.0) -> Year:
    """A year of 73 sources; `share` of them for a smaller one."""
    chance = random.Random(seed)
    end = START + days * DAY
    places = [
        _place(manner, number, chance, end)
        for manner in MANNERS
        for number in range(max(1, round(manner.count * share)))
    ]
    lasting = tuple(_lasting(places, chance, days))
    return Year(
        places=tuple(places),
        faults=(*lasting, *_passing(places, chance, days)),
        offline=tuple(_spans(chance, days, 10, (2, 14))),
        asleep=tuple(_spans(chance, days, 4, (10, 90))),
        end=end,
        chance=chance,
    )


# ---------------------------------------------------------------------------------------------------------------- posting


def _place(manner: Manner, number: int, chance: random.Random, end: datetime) -> Place:
    name = f"{manner.name}-{number}"
    gap = chance.uniform(*manner.gap)
    url = f"https://{manner.host or f'{name}.example'}/{name}"
    listing = Listing(item="li", link=Selector(css="a", attribute="href")) if manner.listing else None
    source = Source(id=name, name=name, url=url, kind=Kind.AUTO, timezone="Europe/Berlin", listing=listing)
    return Place(source=source, manner=manner, gap=gap, posts=tuple(sorted(_posts(manner, gap, chance, end))))


def _posts(manner: Manner, gap: float, chance: random.Random, end: datetime) -> Iterator[datetime]:
    day = (START - PAST * DAY).replace(hour=0)
    wait = chance.gammavariate(manner.regular, gap / manner.regular)
    while day < end:
        working = manner.weekend or day.weekday() < 5
        wait -= _busy(manner, day) * (1 if manner.weekend else 1.4) if working else 0
        if wait <= 0:
            wait = chance.gammavariate(manner.regular, gap / manner.regular)
            for _ in range(1 + _poisson(manner.posts - 1, chance)):
                yield day + timedelta(hours=min(max(chance.gauss(11, 2.5), 5), 21))
        day += DAY


def _busy(manner: Manner, day: datetime) -> float:
    when = (day.month, day.day)
    if when >= (12, 21) or when <= (1, 5):
        return manner.christmas
    if (3, 30) <= when <= (4, 7):  # Easter
        return 0.4
    return manner.summer if (7, 12) <= when <= (8, 30) else 1.0


def _poisson(mean: float, chance: random.Random) -> int:
    count, left = 0, chance.random()
    bound = exp(-mean)
    while left > bound:
        count, left = count + 1, left * chance.random()
    return count


# ----------------------------------------------------------------------------------------------------------------- faults

TWO_DAYS = 2 * DAY
_FORTNIGHT = 14 * DAY
# Name, how many in a year, which manners, failure or mode, how long, due
_LASTING: tuple[tuple[str, int, str, Failure | str, timedelta, timedelta], ...] = (
    ("certificate expired", 4, "", Failure.TLS, 3 * DAY, TWO_DAYS),
    ("relaunch, 404", 5, "", Failure.HTTP_404, _FORTNIGHT, TWO_DAYS),
    ("relaunch, a page instead", 2, "agency institute", Failure.NOT_A_FEED, _FORTNIGHT, TWO_DAYS),
    ("recipe finds nothing", 3, "cluster shared ministry-list", Failure.NO_ENTRIES, _FORTNIGHT, TWO_DAYS),
    ("behind a challenge", 3, "", Failure.CHALLENGE, _FORTNIGHT, TWO_DAYS),
    ("gone for good", 2, "", Failure.GONE, 60 * DAY, TWO_DAYS),
    ("domain lapsed", 1, "", Failure.DNS, 30 * DAY, TWO_DAYS),
    ("server down for four days", 3, "", Failure.CONNECT, 4 * DAY, TWO_DAYS + DAY),
    ("dates vanish", 3, "cluster shared ministry", "date", 30 * DAY, TWO_DAYS),
    ("texts vanish", 3, "ministry portal agency", "text", 30 * DAY, TWO_DAYS),
    ("empty document", 2, "ministry portal institute", "empty", _FORTNIGHT, TWO_DAYS),
    ("another publisher", 1, "agency institute", "face", 60 * DAY, _FORTNIGHT),
    ("falls silent", 6, "", "silent", 400 * DAY, 0 * DAY),
    ("filter renamed", 2, "ministry portal", "few", 400 * DAY, 84 * DAY),
)
_HOST_DOWN = 3 * DAY + 12 * HOUR


def _lasting(places: list[Place], chance: random.Random, days: int) -> Iterator[Fault]:
    """Each place has one lasting trouble at the most, so that it is clear what an alarm is for."""
    free = places.copy()
    chance.shuffle(free)
    shared = [place for place in free if place.manner.host]
    for name, count, manners, wrong, long, due in _LASTING:
        for _ in range(max(1, round(count * len(places) / 73 * days / 365))):
            suitable = [one for one in free if not manners or one.manner.name in manners.split()]
            if not suitable:
                continue
            place = suitable[0]
            free.remove(place)
            start = START + chance.uniform(30, max(days - 90, 45)) * DAY
            within = due or _quiet_by(place, start)
            yield Fault(
                name=name,
                places=(place.source.id,),
                start=start,
                end=start + long,
                failure=wrong if isinstance(wrong, Failure) else None,
                mode="" if isinstance(wrong, Failure) else wrong,
                due=within,
            )
    down = [place.source.id for place in shared if place in free]
    if len(down) > 1:
        start = START + chance.uniform(30, days - 30) * DAY
        name = "server of several down"
        yield Fault(
            name=name, places=tuple(down), start=start, end=start + _HOST_DOWN, failure=Failure.HTTP_5XX, due=3 * DAY
        )


def _quiet_by(place: Place, start: datetime) -> timedelta:
    """When the silence of a place must have been told: after three weeks, eight of its gaps, or two and a half times the longest
    gap it had, holidays not counted."""
    before = [later - earlier for earlier, later in pairwise(post for post in place.posts if post < start)]
    longest = max(before, default=DAY)
    due = max(21 * DAY, 8 * place.gap * DAY, 2.5 * longest)
    last = max((post for post in place.posts if post < start), default=start)
    summer, christmas = datetime(2026, 7, 1, tzinfo=UTC), datetime(2026, 12, 20, tzinfo=UTC)
    if last < summer + 62 * DAY and last + due > summer:
        due += 62 * DAY
    if last < christmas + 19 * DAY and last + due > christmas:
        due += 19 * DAY
    return due + (last - start)


_LIGHT = (Failure.TIMEOUT, Failure.CONNECT, Failure.HTTP_5XX, Failure.PROTOCOL, Failure.TIMEOUT)
_ANY = (*_LIGHT, Failure.HTTP_404, Failure.HTTP_403, Failure.NOT_A_FEED, Failure.TLS, Failure.RATE_LIMITED)


def _passing(places: list[Place], chance: random.Random, days: int) -> Iterator[Fault]:
    """What heals by itself within a day, or is no trouble at all."""
    for place in places:
        one = (place.source.id,)
        yield from _of_a_place(one, chance, days)
        for start, end in _spans(chance, days, 0.7, (0.5, 20)):
            yield Fault(name="empty for hours", places=one, start=start, end=end, mode="empty")
        for start, end in _spans(chance, days, 0.7, (0.5, 20)):
            yield Fault(name="template broken for hours", places=one, start=start, end=end, mode="date")
        if chance.random() < 0.1:
            start = START + chance.uniform(20, days) * DAY
            yield Fault(name="renamed", places=one, start=start, end=start + 400 * DAY, mode="renamed")
    hosts = sorted({place.source.url.split("/")[2] for place in places})
    for start, end in _spans(chance, days, 6, (1, 10)):
        host = chance.choice(hosts)
        there = tuple(place.source.id for place in places if host in place.source.url)
        yield Fault(name="DNS of a host out", places=there, start=start, end=end, failure=Failure.DNS)
    for start, end in _spans(chance, days, 3, (1, 12)):  # a data centre
        some = tuple(place.source.id for place in chance.sample(places, max(len(places) // 5, 1)))
        yield Fault(name="data centre out", places=some, start=start, end=end, failure=Failure.CONNECT)


def _of_a_place(one: tuple[str, ...], chance: random.Random, days: int) -> Iterator[Fault]:
    for name, count, failures, hours in (
        ("out for minutes", 30.0, _LIGHT, (0.1, 2.0)),
        ("out for hours", 6.0, _ANY, (2.0, 10.0)),
        ("out for most of a day", 1.0, _ANY, (10.0, 24.0)),
    ):
        for start, end in _spans(chance, days, count, hours):
            yield Fault(name=name, places=one, start=start, end=end, failure=chance.choice(failures))


def _spans(
    chance: random.Random, days: int, a_year: float, hours: tuple[float, float]
) -> Iterator[tuple[datetime, datetime]]:
    for _ in range(_poisson(a_year * days / 365, chance)):
        start = START + chance.uniform(1, days) * DAY
        yield start, start + chance.uniform(*hours) * HOUR
