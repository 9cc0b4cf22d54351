"""Cron lines, in the nights in which clocks change too."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from aggregator import due
from aggregator.errors import ConfigError, Failure
from aggregator.model import Failing, Source, SourceState

NOW = datetime(2026, 10, 12, 8, 0, tzinfo=UTC)  # a Monday, ten o'clock in Berlin
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def source(*, interval: str) -> Source:
    return Source(id="a", name="a", url="https://news.example/", interval=interval, timezone="Europe/Berlin")


def state(*, failures: int = 0) -> SourceState:
    failing = Failing(failure=Failure.TIMEOUT, message="", since=NOW) if failures else None
    return SourceState(source_id="a", failures=failures, strikes=failures, failing=failing)


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
    assert due.next_due(every_quarter, state(failures=4), NOW) == NOW + 105 * MINUTE
    assert due.next_due(every_quarter, state(failures=50), NOW) == NOW + DAY


@pytest.mark.parametrize("interval", ["5x", "", "* * * *", "61 * * * *", "0 6 * * 8", "0 6 * * foo"])
def test_intervals_that_are_none(interval: str) -> None:
    with pytest.raises(ConfigError, match="interval"):
        due.next_due(source(interval=interval), state(), NOW)


@pytest.mark.parametrize("hours", [0, 1, 2, 3])
def test_around_the_change_of_clocks_time_goes_on(hours: int) -> None:
    night = datetime(2026, 10, 25, hours, tzinfo=UTC)
    for line in ("30 2 * * *", "*/15 * * * *"):
        assert night < due.next_due(source(interval=line), state(), night) <= night + DAY + HOUR


@pytest.mark.parametrize(
    ("line", "start", "times"),
    [
        pytest.param(
            "30 2 * * *",
            "2026-10-24T12:00",
            ["2026-10-25T00:30", "2026-10-26T01:30", "2026-10-27T01:30"],
            id="the hour that comes twice: the first of them",
        ),
        pytest.param(
            "30 2 * * *",
            "2026-03-28T12:00",
            ["2026-03-29T01:30", "2026-03-30T00:30", "2026-03-31T00:30"],
            id="the hour that is left out: 03:30",
        ),
        pytest.param(
            "30 2 * * 0",
            "2026-10-24T12:00",
            ["2026-10-25T00:30", "2026-11-01T01:30"],
            id="a Sunday's line, on the Sunday with two of them",
        ),
        pytest.param(
            "0,30 2 * * *",
            "2026-10-24T12:00",
            ["2026-10-25T00:00", "2026-10-25T00:30", "2026-10-26T01:00"],
            id="two times, each once",
        ),
        pytest.param(
            "*/30 * * * *",
            "2026-10-25T00:00",
            ["2026-10-25T00:30", "2026-10-25T01:00", "2026-10-25T01:30", "2026-10-25T02:00"],
            id="every half hour goes on through both",
        ),
        pytest.param(
            "*/30 * * * *",
            "2026-03-29T00:00",
            ["2026-03-29T00:30", "2026-03-29T01:00", "2026-03-29T01:30"],
            id="and over the gap",
        ),
        pytest.param(
            "0 6 29 2 *",
            "2026-10-12T08:00",
            ["2028-02-29T05:00", "2032-02-29T05:00"],
            id="a leap day comes in leap years",
        ),
        pytest.param(
            "0 6 * * *", "2028-02-28T04:00", ["2028-02-28T05:00", "2028-02-29T05:00", "2028-03-01T05:00"], id="over one"
        ),
    ],
)
def test_one_time_after_the_other(line: str, start: str, times: list[str]) -> None:
    now, found = datetime.fromisoformat(start).replace(tzinfo=UTC), []
    for _ in times:
        now = due.next_due(source(interval=line), state(), now)
        found.append(now.strftime("%Y-%m-%dT%H:%M"))
    assert found == times


def test_within_the_hour_that_came_twice_nothing_is_due_again() -> None:
    second = datetime(2026, 10, 25, 1, 10, tzinfo=UTC)  # 02:10 for the second time
    assert due.next_due(source(interval="30 2 * * *"), state(), second) == datetime(2026, 10, 26, 1, 30, tzinfo=UTC)
