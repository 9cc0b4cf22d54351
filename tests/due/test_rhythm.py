"""What is learned of how a source publishes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.due import rhythm
from aggregator.model import Rhythm

NOW = datetime(2026, 10, 12, 8, 0, tzinfo=UTC)  # a Monday, ten o'clock in Berlin
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
BERLIN = "Europe/Berlin"


@pytest.mark.parametrize(
    ("gaps", "median"),
    [
        pytest.param([], None, id="no item says nothing"),
        pytest.param([DAY], None, id="nor does one"),
        pytest.param([DAY, 3 * DAY], 2 * DAY, id="two items, one gap"),
        pytest.param([DAY, 2 * DAY, 3 * DAY, 60 * DAY], DAY, id="one long silence changes nothing"),
        pytest.param([DAY, DAY, DAY, 8 * DAY, 8 * DAY, 15 * DAY], 7 * DAY, id="a batch once a week"),
    ],
)
def test_cadence(gaps: list[timedelta], median: timedelta | None) -> None:
    assert rhythm.cadence([NOW - gap for gap in gaps]) == median


def first(gaps: list[timedelta], window: int = 20) -> Rhythm:
    return rhythm.learn(None, [NOW - gap for gap in gaps], window=window, since=None, now=NOW, zone=BERLIN)


@pytest.mark.parametrize(
    ("gaps", "shortest", "longest"),
    [
        pytest.param([], HOUR, HOUR, id="no date: an hour"),
        pytest.param([number * HOUR for number in range(20)], 15 * MINUTE, 25 * MINUTE, id="hourly"),
        pytest.param([number * DAY for number in range(20)], 20 * MINUTE, 2 * HOUR, id="always at ten, and it is ten"),
        pytest.param([number * 7 * DAY + 3 * HOUR for number in range(20)], 2 * HOUR, 8 * HOUR, id="weekly"),
        pytest.param([400 * DAY, 420 * DAY, 450 * DAY], 12 * HOUR, DAY, id="dead for a year"),
    ],
)
def test_a_first_document_says_how_long_to_wait(gaps: list[timedelta], shortest: timedelta, longest: timedelta) -> None:
    assert shortest <= rhythm.wait(first(gaps), NOW, BERLIN) <= longest


def test_the_night_and_the_weekend_are_longer() -> None:
    weekdays = [
        NOW - day * DAY - hour * HOUR for day in range(28) for hour in (0, 2, 4) if (NOW - day * DAY).weekday() < 5
    ]
    known = rhythm.learn(None, weekdays, window=60, since=None, now=NOW, zone=BERLIN)
    morning, night, sunday = (
        rhythm.wait(known, datetime(2026, 10, day, hour, tzinfo=UTC), BERLIN)
        for day, hour in ((12, 7), (12, 20), (18, 7))
    )
    assert 2 * morning < night
    assert morning < sunday


def test_silence_makes_it_longer_and_news_shorter() -> None:
    known = first([number * 6 * HOUR for number in range(20)])
    before = rhythm.wait(known, NOW, BERLIN)
    silent = rhythm.learn(known, [], window=0, since=NOW + 29 * DAY, now=NOW + 30 * DAY, zone=BERLIN)
    assert silent.window == 20
    assert rhythm.wait(silent, NOW, BERLIN) > before
    busy = rhythm.learn(known, [NOW + 30 * MINUTE] * 9, window=20, since=NOW, now=NOW + HOUR, zone=BERLIN)
    assert rhythm.wait(busy, NOW, BERLIN) < before


@pytest.mark.parametrize(
    ("new", "passed", "fastest"),
    [
        pytest.param(6, HOUR, None, id="less than a third of the window says nothing"),
        pytest.param(10, 2 * HOUR, 2 * HOUR, id="half of it in two hours"),
        pytest.param(20, 2 * HOUR, HOUR, id="all of it in two hours"),
        pytest.param(20, MINUTE, 15 * MINUTE, id="a batch is no rate"),
    ],
)
def test_how_fast_half_of_the_window_goes(new: int, passed: timedelta, fastest: timedelta | None) -> None:
    known = Rhythm(window=20, rates=(0.01,) * 48, learned=NOW)
    now = NOW + passed
    learned = rhythm.learn(known, [now] * new, window=20, since=NOW, now=now, zone=BERLIN)
    assert learned.fastest == fastest
    later = rhythm.learn(learned, [], window=20, since=now + 80 * DAY, now=now + 90 * DAY, zone=BERLIN)
    assert (later.fastest is None) is (fastest is None)
    if fastest and later.fastest:
        assert fastest < later.fastest <= 2 * fastest, "it is forgotten slowly"


RATES = st.lists(st.floats(0, 500), min_size=48, max_size=48).map(tuple)
RHYTHMS = st.none() | st.builds(
    Rhythm,
    window=st.integers(0, 2000),
    rates=st.just(()) | RATES,
    fastest=st.none() | st.timedeltas(timedelta(0), 100 * DAY),
    learned=st.none() | st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),
)


@given(RHYTHMS, st.lists(st.datetimes(timezones=st.just(UTC)), max_size=30), st.timedeltas(-2 * DAY, 400 * DAY))
def test_whatever_is_seen_the_bounds_hold(known: Rhythm | None, published: list[datetime], passed: timedelta) -> None:
    for since in (None, NOW - passed):
        learned = rhythm.learn(known, published, window=len(published), since=since, now=NOW, zone=BERLIN)
        assert all(rate >= 0 for rate in learned.rates)
        assert rhythm.SHORTEST <= rhythm.wait(learned, NOW, BERLIN) <= rhythm.safe(learned) <= rhythm.LONGEST
