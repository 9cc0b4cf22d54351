"""Which state a source is in: what is wrong is seen at once, and called its state once it lasts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from aggregator.errors import Failure
from aggregator.model import Drift, Failed, Lacking, Pace, Profile, Source, SourceState, State
from aggregator.passes import alarms, health, remember, usual

NOW = datetime(2026, 10, 12, 8, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SOURCE = Source(id="amt", name="Amt", url="https://amt.example/feed")
WELL = SourceState(source_id="amt", last_checked=NOW, last_success=NOW, last_changed=NOW - DAY)


def state(remembered: SourceState, source: Source = SOURCE) -> State:
    [found] = health.health([source], {"amt": remembered}, {})
    return found.state


def after(failure: Failure, *hours: float, before: SourceState = WELL) -> SourceState:
    """A source that fails so many hours from now on."""
    for hour in hours:
        failed = Failed(failure=failure, detail="", status=500)
        before = remember.failed(SOURCE, before, failed, now=NOW + hour * HOUR)
    return before


@pytest.mark.parametrize(
    ("failure", "hours", "expected"),
    [
        pytest.param("timeout", [0], State.OK, id="a single timeout is no state"),
        pytest.param("timeout", [0, 5, 10, 15, 19], State.OK, id="nor are many within a day"),
        pytest.param("timeout", [0, 23], State.OK, id="nor two that are a day apart"),
        pytest.param("timeout", [0, 10, 21], State.FAILING, id="three over a day are"),
        pytest.param("http_404", [0, 21], State.FAILING, id="what waiting seldom mends counts from the second on"),
        pytest.param("http_404", [0, 12], State.OK, id="though not within a day"),
        pytest.param("challenge", [0, 21], State.BLOCKED, id="a refusal is a state of its own"),
        pytest.param("rate_limited", [0, 8, 30], State.BLOCKED, id="so is being asked to stay away"),
        pytest.param("gone", [0], State.GONE, id="410 says so itself"),
        pytest.param("offline", [0, 10, 40], State.OK, id="our own network is no source's fault"),
    ],
)
def test_failures(failure: str, hours: list[float], expected: State) -> None:
    remembered = after(Failure(failure), *hours)
    assert state(remembered) is expected
    [found] = health.health([SOURCE], {"amt": remembered}, {})
    assert health.as_dict(found, now=NOW)["error"]["class"] == failure, "but the error stands there from the first on"


def test_one_that_never_answered_fails_at_once() -> None:
    remembered = after(Failure.HTTP_404, 0, before=SourceState(source_id="amt"))
    assert (state(remembered), health.lasting(remembered)) == (State.FAILING, False)


def test_a_good_answer_ends_it() -> None:
    failing = after(Failure.HTTP_5XX, 0, 10, 21)
    mended = remember.succeeded(SOURCE, failing, remember.Heard(), now=NOW + 22 * HOUR)
    assert (state(failing), state(mended)) == (State.FAILING, State.OK)
    assert mended.well_since == NOW + 22 * HOUR
    later = remember.succeeded(SOURCE, mended, remember.Heard(), now=NOW + 30 * HOUR)
    assert later.well_since == NOW + 22 * HOUR, "it is well since then"


def test_a_list_of_the_year_s_releases_is_empty_at_first() -> None:
    year = datetime(2027, 1, 1, 6, tzinfo=UTC)
    failed = Failed(failure=Failure.NO_ENTRIES, detail="", status=200)
    remembered = WELL
    for day in range(15):
        remembered = remember.failed(SOURCE, remembered, failed, now=year + day * DAY)
        assert state(remembered) is (State.OK if day < 14 else State.FAILING)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        pytest.param({"drift": Drift(message="was A, is B", since=NOW)}, State.DRIFTING, id="another face"),
        pytest.param({"lacking": (1, 0)}, State.OK, id="one answer that lacks something"),
        pytest.param({"lacking": (3, 5)}, State.OK, id="several within hours"),
        pytest.param({"lacking": (2, 21)}, State.DRIFTING, id="two a day apart"),
        pytest.param({"scarce": NOW}, State.DRIFTING, id="far fewer than usual"),
    ],
)
def test_drift(change: dict[str, object], expected: State) -> None:
    profile = Profile()
    if "lacking" in change:
        answers, hours = change.pop("lacking")
        lacking = Lacking(what="no dates", since=NOW, until=NOW + hours * HOUR, answers=answers)
        profile = replace(profile, lacking=lacking)
    if "scarce" in change:
        profile = replace(profile, pace=Pace(at=NOW, lately=0.1, usual=3.0, scarce=change.pop("scarce")))
    assert state(replace(WELL, profile=profile, **change)) is expected


@pytest.mark.parametrize(
    ("gap", "longest", "days", "expected"),
    [
        pytest.param(1, 4, 13, State.OK, id="a daily source may rest for two weeks"),
        pytest.param(1, 4, 16, State.QUIET, id="but not longer"),
        pytest.param(7, 14, 40, State.OK, id="a weekly one for six"),
        pytest.param(7, 14, 46, State.QUIET, id="but not much longer"),
        pytest.param(7, 30, 60, State.OK, id="one that once rested for a month may do so again"),
    ],
)
def test_quiet(gap: int, longest: int, days: int, expected: State) -> None:
    profile = Profile(gap=gap * DAY, longest=longest * DAY, gaps=50)
    start = datetime(2026, 9, 10, tzinfo=UTC)
    remembered = replace(WELL, profile=profile, last_changed=start, last_success=start + days * DAY)
    assert state(remembered) is expected
    silent_but_failing = replace(remembered, last_success=start)
    assert state(silent_but_failing) is State.OK, "while nobody answers nothing is known of its silence"


@pytest.mark.parametrize(("days", "expected"), [(390, State.OK), (401, State.QUIET)])
@pytest.mark.parametrize("known", [{}, {"gap": 200 * DAY, "longest": 300 * DAY, "gaps": 3}])
def test_more_than_a_year_is_silence_whatever_is_known(known: dict[str, Any], days: int, expected: State) -> None:
    start = datetime(2026, 9, 10, tzinfo=UTC)
    remembered = replace(WELL, profile=Profile(**known), last_changed=start, last_success=start + days * DAY)
    assert state(remembered) is expected


@pytest.mark.parametrize(
    ("since", "until", "days"),
    [
        pytest.param("2026-03-01", "2026-03-11", 10, id="in spring a day is a day"),
        pytest.param("2026-07-01", "2026-08-01", 15.5, id="in summer half of one"),
        pytest.param("2026-12-20", "2027-01-08", 1.9, id="between the years a tenth"),
        pytest.param("2026-06-21", "2027-01-18", 10 + 31 + 110 + 1.9 + 10, id="over both"),
        pytest.param("2026-03-11", "2026-03-01", -10, id="also backwards, when the clock was set back"),
    ],
)
def test_working_days(since: str, until: str, days: float) -> None:
    start, end = (datetime.fromisoformat(day).replace(tzinfo=UTC) for day in (since, until))
    assert usual.working(start, end) / DAY == pytest.approx(days)


@pytest.mark.parametrize(
    ("source", "remembered", "expected"),
    [
        pytest.param(replace(SOURCE, enabled=False), after(Failure.GONE, 0), State.PAUSED, id="switched off"),
        pytest.param(SOURCE, SourceState(source_id="amt"), State.NEW, id="never asked"),
        pytest.param(SOURCE, WELL, State.OK, id="well"),
    ],
)
def test_the_others(source: Source, remembered: SourceState, expected: State) -> None:
    assert state(remembered, source) is expected


def test_the_page_for_operators_names_every_state_and_event() -> None:
    page = (Path(__file__).parents[2] / "docs/health.md").read_text(encoding="utf-8")
    named = [f"| `{one.value}` |" for one in State]
    named += [f"installation ({cause})" for cause in (alarms.OFFLINE, alarms.OUTPUT)]
    assert [one for one in named if one not in page] == []
