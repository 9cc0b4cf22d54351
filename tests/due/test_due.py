from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator import due
from aggregator.errors import ConfigError, Failure
from aggregator.model import Failing, Source, SourceState

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
    cadence: timedelta | None = None,
) -> SourceState:
    failing = Failing(failure=failure, message="", since=NOW) if failures else None
    return SourceState(source_id=id, next_due=next_due, failures=failures, failing=failing, cadence=cadence)


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
    assert due.cadence([NOW - gap for gap in gaps]) == median


# ----------------------------------------------------------------------------------------------------------- the next time


@pytest.mark.parametrize(
    ("cadence", "interval"),
    [
        pytest.param(None, HOUR, id="unknown is an hour"),
        pytest.param(4 * HOUR, 2 * HOUR, id="twice in the time of one item"),
        pytest.param(MINUTE, 15 * MINUTE, id="never more often than every quarter of an hour"),
        pytest.param(30 * DAY, DAY, id="never less often than once a day"),
    ],
)
def test_auto(cadence: timedelta | None, interval: timedelta) -> None:
    wait = due.next_due(source(), state(cadence=cadence), NOW) - NOW
    assert max(interval * 0.9, 15 * MINUTE) <= wait <= interval


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


@pytest.mark.parametrize(
    ("interval", "failures", "wait"),
    [
        pytest.param("1h", 0, HOUR, id="no failure"),
        pytest.param("1h", 1, HOUR, id="the first changes nothing"),
        pytest.param("1h", 2, 2 * HOUR, id="the second doubles"),
        pytest.param("1h", 5, 16 * HOUR, id="and so on"),
        pytest.param("1h", 6, DAY, id="up to a day"),
        pytest.param("1h", 10_000, DAY, id="for ever"),
        pytest.param("7d", 3, 7 * DAY, id="who is asked once a week stays at that"),
    ],
)
def test_back_off(interval: str, failures: int, wait: timedelta) -> None:
    waits = due.next_due(source(interval=interval), state(failures=failures), NOW) - NOW
    assert wait * 0.9 <= waits <= wait


def test_what_is_gone_is_asked_once_a_day() -> None:
    waits = due.next_due(source(interval="15m"), state(failures=1, failure=Failure.GONE), NOW) - NOW
    assert 0.9 * DAY <= waits <= DAY


@pytest.mark.parametrize("interval", ["15m", "auto", "*/15 * * * *"])
def test_never_before_the_server_says(interval: str) -> None:
    later = NOW + 5 * HOUR
    assert due.next_due(source(interval=interval), state(failures=1), NOW, retry_after=later) == later
    soon = NOW + MINUTE
    assert due.next_due(source(interval=interval), state(failures=1), NOW, retry_after=soon) > soon


@pytest.mark.parametrize(
    ("line", "following"),
    [
        pytest.param("30 2 * * *", "2026-10-13T00:30", id="in the source's zone"),
        pytest.param("*/15 * * * *", "2026-10-12T08:15", id="not the instant itself"),
        pytest.param("0 10 * * *", "2026-10-13T08:00", id="today's time is the one that has come"),
        pytest.param("0 6 * * 1-5", "2026-10-13T04:00", id="Tuesday is 2: cron counts from Sunday"),
        pytest.param("0 6 * * 0", "2026-10-18T04:00", id="Sunday is 0"),
        pytest.param("0 6 * * 7", "2026-10-18T04:00", id="Sunday is 7"),
        pytest.param("0 6 * * 0-3", "2026-10-13T04:00", id="from Sunday on"),
        pytest.param("0 6 * * SAT-MON", "2026-10-17T04:00", id="over the end of the week"),
        pytest.param("0 6 * * */3", "2026-10-14T04:00", id="every third day: Sunday, Wednesday, Saturday"),
        pytest.param("0 6 15 * 5", "2026-10-15T04:00", id="the fifteenth or a Friday"),
        pytest.param("0 6 30 * 5", "2026-10-16T04:00", id="a Friday or the thirtieth"),
        pytest.param("0 6 * jan *", "2027-01-01T05:00", id="winter time"),
        pytest.param("0 6 31 2 *", "2026-10-13T08:00", id="never is once a day"),
    ],
)
def test_cron_lines(line: str, following: str) -> None:
    assert due.next_due(source(interval=line), state(), NOW) == datetime.fromisoformat(following).replace(tzinfo=UTC)


def test_a_cron_line_backs_off_too() -> None:
    every_quarter = source(interval="*/15 * * * *")
    assert due.next_due(every_quarter, state(failures=1), NOW) == NOW + 15 * MINUTE
    assert due.next_due(every_quarter, state(failures=4), NOW) == NOW + 135 * MINUTE
    assert due.next_due(every_quarter, state(failures=50), NOW) == NOW + DAY + 15 * MINUTE


@pytest.mark.parametrize("interval", ["5x", "", "* * * *", "61 * * * *", "0 6 * * 8", "0 6 * * foo"])
def test_intervals_that_are_none(interval: str) -> None:
    with pytest.raises(ConfigError, match="interval"):
        due.next_due(source(interval=interval), state(), NOW)


@pytest.mark.parametrize("hours", [0, 1, 2, 3])
def test_around_the_change_of_clocks_time_goes_on(hours: int) -> None:
    night = datetime(2026, 10, 25, hours, tzinfo=UTC)
    for line in ("30 2 * * *", "*/15 * * * *"):
        assert night < due.next_due(source(interval=line), state(), night) <= night + DAY + HOUR
