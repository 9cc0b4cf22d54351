from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator import due
from aggregator.errors import Failure
from aggregator.model import Failed, Failing, Rest, Rhythm, Source, SourceState
from aggregator.passes import remember

NOW = datetime(2026, 10, 12, 8, 0, tzinfo=UTC)  # a Monday, ten o'clock in Berlin
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def source(id: str = "a", interval: str = "auto", *, enabled: bool = True) -> Source:  # noqa: A002
    return Source(
        id=id, name=id, url="https://news.example/", interval=interval, timezone="Europe/Berlin", enabled=enabled
    )


def state(
    id: str = "a",  # noqa: A002
    *,
    next_due: datetime | None = None,
    failures: int = 0,
    failure: Failure = Failure.TIMEOUT,
) -> SourceState:
    failing = Failing(failure=failure, message="", since=NOW) if failures else None
    return SourceState(source_id=id, next_due=next_due, failures=failures, strikes=failures, failing=failing)


def test_who_is_due_and_in_which_order() -> None:
    sources = [source(name) for name in ("later", "late-b", "new-b", "now", "late-a", "new-a", "known")]
    sources.append(source("off", enabled=False))
    states = {
        "later": state("later", next_due=NOW + MINUTE),
        "late-b": state("late-b", next_due=NOW - HOUR),
        "late-a": state("late-a", next_due=NOW - HOUR),
        "now": state("now", next_due=NOW),
        "known": state("known"),
        "gone-from-the-configuration": state("x", next_due=NOW - DAY),
    }
    chosen = [one.id for one in due.due(sources, states, NOW)]
    assert chosen == ["known", "new-a", "new-b", "late-a", "late-b", "now"]


@pytest.mark.parametrize(
    ("written", "length"),
    [
        ("90s", 90 * timedelta(seconds=1)),
        ("30m", 30 * MINUTE),
        (" 6 h ", 6 * HOUR),
        ("1d", DAY),
        ("0m", None),
        ("5x", None),
        ("m", None),
        ("-5m", None),
        ("1.5h", None),
        ("٣h", None),
        ("9999999d", None),
        ("auto", None),
        ("", None),
    ],
)
def test_durations(written: str, length: timedelta | None) -> None:
    assert due.duration(written) == length


# ----------------------------------------------------------------------------------------------------------- the next time


@given(st.text(min_size=1, max_size=20), st.sampled_from(["90s", "30m", "6h", "7d"]))
def test_jitter_is_a_tenth_at_most_and_always_the_same(id: str, interval: str) -> None:  # noqa: A002
    length = due.duration(interval)
    assert length
    first = due.next_due(source(id, interval), state(), NOW)
    assert length * 0.9 <= first - NOW <= length
    assert due.next_due(source(id, interval), state(), NOW) == first


def test_sources_of_one_interval_spread() -> None:
    times = {due.next_due(source(f"source-{number}", "1h"), state(), NOW) for number in range(100)}
    assert len(times) == 100
    assert max(times) - min(times) > 5 * MINUTE


def test_nothing_known_is_asked_every_hour() -> None:
    assert HOUR * 0.9 <= due.next_due(source(), state(), NOW) - NOW <= HOUR


@pytest.mark.parametrize(
    ("interval", "failures", "wait"),
    [
        pytest.param("1h", ["timeout"], HOUR, id="the first changes nothing"),
        pytest.param("1h", ["timeout"] * 2, 2 * HOUR, id="the second adds the interval"),
        pytest.param("1h", ["timeout"] * 5, 5 * HOUR, id="and so on"),
        pytest.param("1h", ["timeout"] * 24, DAY, id="up to a day"),
        pytest.param("1h", ["timeout"] * 10_000, DAY, id="for ever"),
        pytest.param("5m", ["http_5xx"] * 3, 65 * MINUTE, id="half an hour where the interval is shorter"),
        pytest.param("1h", ["http_404"], 4 * HOUR, id="what waiting does not mend counts for four"),
        pytest.param("1h", ["dns", "not_a_feed"], 8 * HOUR, id="each by its weight"),
        pytest.param("1h", ["timeout", "robots_disallowed", "timeout"], 6 * HOUR, id="in any order"),
        pytest.param("1h", ["offline"] * 50, HOUR, id="our own line is no source's fault"),
        pytest.param("7d", ["timeout"] * 3, 7 * DAY, id="who is asked once a week stays at that"),
        pytest.param("15m", ["gone"], 7 * DAY, id="what is gone is asked once a week"),
        pytest.param("15m", ["gone", "timeout"], 45 * MINUTE, id="as long as it says so"),
    ],
)
def test_back_off(interval: str, failures: list[str], wait: timedelta) -> None:
    failing = source(interval=interval)
    remembered = state()
    for failure in failures:
        remembered = remember.failed(failing, remembered, Failed(failure=Failure(failure), detail=""), now=NOW)
    assert remembered.next_due is not None
    assert wait * 0.9 <= remembered.next_due - NOW <= wait
    mended = remember.succeeded(failing, remembered, remember.Heard(), now=NOW)
    assert (mended.failures, mended.strikes, mended.failing) == (0, 0, None)


@given(st.lists(st.sampled_from(Failure), max_size=60), st.sampled_from(["auto", "5m", "1h", "2d", "*/15 * * * *"]))
def test_no_failure_silences_a_source_for_good(failures: list[Failure], interval: str) -> None:
    remembered = state()
    for failure in failures:
        remembered = remember.failed(source(interval=interval), remembered, Failed(failure=failure, detail=""), now=NOW)
        assert remembered.next_due is not None
        longest = 7 * DAY if failure is Failure.GONE else 2 * DAY
        assert NOW < remembered.next_due <= NOW + longest + 15 * MINUTE


def test_a_server_that_says_in_a_year_is_asked_tomorrow() -> None:
    assert due.next_due(source(), state(failures=1), NOW, retry_after=NOW + 365 * DAY) == NOW + DAY


# -------------------------------------------------------------------------------------------------- what feeds and servers wish

ACTIVE = Rhythm(window=20, rates=(1.0,) * 48, learned=NOW)  # one an hour: every twenty minutes


@pytest.mark.parametrize(
    ("rhythm", "rest", "fresh_for", "wait"),
    [
        pytest.param(ACTIVE, None, None, 20 * MINUTE, id="no wish"),
        pytest.param(ACTIVE, Rest(seconds=3600), None, HOUR, id="ttl"),
        pytest.param(ACTIVE, None, 45 * MINUTE, 45 * MINUTE, id="max-age"),
        pytest.param(ACTIVE, Rest(seconds=3600), 45 * MINUTE, HOUR, id="the longer of both"),
        pytest.param(ACTIVE, Rest(seconds=60), 60 * MINUTE / 60, 20 * MINUTE, id="never more often for it"),
        pytest.param(ACTIVE, Rest(seconds=86_400), None, 75 * MINUTE, id="not so long that entries would be lost"),
        pytest.param(replace(ACTIVE, window=1000), Rest(seconds=864_000), None, DAY, id="nor longer than a day"),
        pytest.param(ACTIVE, Rest(hours=(8,)), None, HOUR, id="skipHours: at nine"),
        pytest.param(ACTIVE, Rest(hours=tuple(range(8, 20))), None, 12 * HOUR, id="a working day"),
        pytest.param(ACTIVE, Rest(days=(0,)), None, 16 * HOUR, id="skipDays: at midnight in GMT"),
        pytest.param(ACTIVE, Rest(days=(0, 1, 2)), None, DAY, id="once a day all the same"),
    ],
)
def test_wishes(rhythm: Rhythm, rest: Rest | None, fresh_for: timedelta | None, wait: timedelta) -> None:
    remembered = replace(state(), rhythm=rhythm, rest=rest)
    waits = due.next_due(source(), remembered, NOW, fresh_for=fresh_for) - NOW
    assert wait * 0.85 <= waits <= wait
    assert due.next_due(source(interval="5m"), remembered, NOW, fresh_for=fresh_for) - NOW <= 5 * MINUTE


@pytest.mark.parametrize(
    ("rhythm", "until", "wait"),
    [
        pytest.param(ACTIVE, NOW + DAY, 40 * MINUTE, id="who is told waits twice as long"),
        pytest.param(ACTIVE, NOW, 20 * MINUTE, id="not when nobody tells any more"),
        pytest.param(replace(ACTIVE, window=6), NOW + DAY, 22.5 * MINUTE, id="not so long that entries would be lost"),
    ],
)
def test_a_source_whose_hub_tells_of_news(rhythm: Rhythm, until: datetime, wait: timedelta) -> None:
    told = replace(state(), rhythm=rhythm, pushed_until=until)
    assert wait * 0.85 <= due.next_due(source(), told, NOW) - NOW <= wait
    assert due.next_due(source(interval="1h"), told, NOW) - NOW <= HOUR, "what is written is kept to"
    failing = replace(told, failures=1, failing=Failing(failure=Failure.TIMEOUT, message="", since=NOW))
    assert due.next_due(source(), failing, NOW) - NOW <= 2 * 20 * MINUTE


@given(
    st.integers(0, 10**8),
    st.frozensets(st.integers(0, 23)),
    st.frozensets(st.integers(0, 6)),
    st.timedeltas(timedelta(0), DAY),
)
def test_a_wish_makes_it_later_and_never_later_than_a_day(
    seconds: int, hours: frozenset[int], days: frozenset[int], fresh_for: timedelta
) -> None:
    without = replace(state(), rhythm=ACTIVE)
    wishing = replace(without, rest=Rest(seconds=seconds, hours=tuple(sorted(hours)), days=tuple(sorted(days))))
    usual = due.next_due(source(), without, NOW)
    assert usual <= due.next_due(source(), wishing, NOW, fresh_for=fresh_for) <= NOW + DAY


# ----------------------------------------------------------------------------------------------------------- bounds and clocks


@pytest.mark.parametrize(
    ("since", "full"),
    [
        pytest.param(None, True, id="never"),
        pytest.param(17 * HOUR, False, id="not yet"),
        pytest.param(24 * HOUR, True, id="once a day"),
        pytest.param(-30 * HOUR, True, id="a clock that was ahead"),
    ],
)
def test_a_body_is_asked_for_once_a_day(since: timedelta | None, full: bool) -> None:
    assert due.full(replace(state(), last_full=None if since is None else NOW - since), NOW) is full


def test_not_all_bodies_are_asked_for_at_once() -> None:
    states = [replace(state(f"s{number}"), last_full=NOW - 21 * HOUR) for number in range(100)]
    assert 30 < sum(due.full(one, NOW) for one in states) < 70


@pytest.mark.parametrize(
    ("step", "asked"),
    [
        pytest.param(timedelta(0), False, id="the clock is right"),
        pytest.param(-MINUTE * 20, False, id="twenty minutes back: twenty minutes later"),
        pytest.param(-HOUR, True, id="an hour back: not three times as long as usual"),
        pytest.param(DAY, True, id="a day ahead: everything is due"),
        pytest.param(-400 * DAY, True, id="back from a year ahead: not silent for a year"),
    ],
)
def test_a_step_of_the_clock(step: timedelta, asked: bool) -> None:
    remembered = remember.succeeded(source(interval="30m"), state(), remember.Heard(), now=NOW)
    assert bool(due.due([source()], {"a": remembered}, NOW + step)) is asked


@pytest.mark.parametrize(
    "interval",
    [pytest.param("6h", id="every six hours"), pytest.param("30 2 * * *", id="once a night: not twice in this one")],
)
def test_a_clock_set_back_by_an_hour_is_waited_for(interval: str) -> None:
    remembered = remember.succeeded(source(interval=interval), state(), remember.Heard(), now=NOW)
    assert due.due([source()], {"a": remembered}, NOW - HOUR) == ()


@pytest.mark.parametrize("interval", ["15m", "auto", "*/15 * * * *"])
def test_never_before_the_server_says(interval: str) -> None:
    later = NOW + 5 * HOUR
    assert due.next_due(source(interval=interval), state(failures=1), NOW, retry_after=later) == later
    soon = NOW + MINUTE
    assert due.next_due(source(interval=interval), state(failures=1), NOW, retry_after=soon) > soon
