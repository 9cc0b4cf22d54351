"""What somebody is told: one event for what began together, one when it is over, and none for what heals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from aggregator.errors import Failure
from aggregator.model import INSTALLATION, Event, Failing, Profile, Source, SourceState, State, Telling
from aggregator.passes import alarms, health

NOW = datetime(2026, 10, 12, 8, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
WELL = SourceState(source_id="", last_checked=NOW, last_success=NOW, last_changed=NOW - DAY)


def failing(hours: float = 30, failure: str = "timeout", failures: int = 4) -> SourceState:
    """For so many hours, up to now."""
    found = Failing(failure=Failure(failure), message="no answer", since=NOW - hours * HOUR)
    return replace(WELL, failing=found, failures=failures, last_success=NOW - (hours + 1) * HOUR)


def mended(hours: float) -> SourceState:
    return replace(WELL, well_since=NOW - hours * HOUR)


QUIET = replace(WELL, profile=Profile(gap=DAY, longest=DAY, gaps=50), last_changed=NOW - 40 * DAY)


class World:
    """Sources by id: `a`, `b` ... each on a host of its own, `x1`, `x2` on one."""

    def __init__(self) -> None:
        self.open: dict[int, Event] = {}
        self.all: list[Event] = []

    def step(
        self, states: Mapping[str, SourceState], now: datetime = NOW, *, off: str = "", **installation: object
    ) -> list[Event]:
        """The events that are new."""
        sources = [
            Source(id=one, name=one.upper(), url=f"https://{one[0]}.example/{one}", enabled=one not in off.split())
            for one in states
        ]
        found = health.health(sources, states, {})
        told = alarms.Installation(**installation)
        last = len(self.all)
        changed = alarms.step(tuple(self.open.values()), found, told, tell=(Telling.MAIL,), last=last, now=now)
        for event in changed:
            self.open.pop(event.number, None)
            if event.open:
                self.open[event.number] = event
        fresh = [event for event in changed if event.number > last]
        assert [event.number for event in fresh] == list(range(last + 1, last + len(fresh) + 1))
        self.all += fresh
        return fresh


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        pytest.param({"a": failing(), "b": WELL}, [("failing", "timeout", "a")], id="one that fails"),
        pytest.param({"a": failing(3), "b": failing(10)}, [], id="what has not lasted"),
        pytest.param(
            {"a": failing(), "b": failing()}, [("failing", "timeout", "a b")], id="two in the same way are one"
        ),
        pytest.param(
            {"a": failing(), "b": failing(failure="http_404")},
            [("failing", "timeout", "a"), ("failing", "http_404", "b")],
            id="two in two ways are two",
        ),
        pytest.param(
            {"a": failing(), "b": failing(15), "c": failing(2, failures=2), "d": failing(1, failures=1)},
            [("failing", "timeout", "a b")],
            id="those that began with it belong to it, those that began later or failed once do not",
        ),
        pytest.param(
            {"x1": failing(), "x2": failing(15, "connect", 1)},
            [("failing", "timeout", "x1 x2")],
            id="on one host any failure belongs to it",
        ),
        pytest.param({"a": failing(1, "gone", 1)}, [("gone", "gone", "a")], id="gone, at once"),
        pytest.param({"a": failing(failure="challenge")}, [("blocked", "challenge", "a")], id="blocked"),
        pytest.param({"a": QUIET, "b": QUIET}, [("quiet", "quiet", "a b")], id="quiet"),
        pytest.param(
            {"a": replace(failing(2, "http_404", 1), last_success=None)}, [], id="one that never answered, once"
        ),
    ],
)
def test_what_is_told(states: dict[str, SourceState], expected: list[tuple[str, str, str]]) -> None:
    told = World().step(states)
    assert [(event.state, event.cause, " ".join(event.sources)) for event in told] == expected
    assert all(event.waiting == (Telling.MAIL,) for event in told)
    assert len({event.at for event in told}) == len(told), "no two entries of one instant"


def test_it_is_told_once_and_its_end_when_all_of_it_is_over() -> None:
    world = World()
    [begun] = world.step({"a": failing(), "b": failing()})
    assert world.step({"a": failing(), "b": failing()}) == []
    assert world.step({"a": mended(20), "b": failing()}) == []
    assert world.step({"a": mended(20), "b": mended(2)}) == [], "well for two hours is not yet well"
    [over] = world.step({"a": mended(20), "b": mended(13)})
    assert (over.over, over.sources, over.open) == (begun.number, ("a", "b"), ())
    assert world.step({"a": mended(30), "b": mended(30)}) == []


def test_what_comes_and_goes_is_one_trouble() -> None:
    world = World()
    world.step({"a": failing()})
    for _ in range(3):
        assert world.step({"a": mended(3)}) == []
        assert world.step({"a": failing(25)}) == []


def test_another_class_is_the_same_trouble_another_remedy_is_not() -> None:
    world = World()
    world.step({"a": failing()})
    assert world.step({"a": failing(failure="http_5xx")}) == []
    assert world.step({"a": failing(failure="challenge")}) == []
    [gone] = world.step({"a": failing(failure="gone")})
    assert gone.state is State.GONE
    [quiet] = world.step({"a": QUIET})
    assert quiet.state is State.QUIET


def test_one_that_fails_along_on_the_same_host_a_day_later_joins() -> None:
    world = World()
    [begun] = world.step({"x1": failing(), "x2": WELL})
    assert world.step({"x1": failing(40), "x2": failing(21)}) == []
    assert world.open[begun.number].open == ("x1", "x2")
    assert world.step({"x1": mended(13), "x2": failing(40)}) == []
    [over] = world.step({"x1": mended(13), "x2": mended(13)})
    assert over.sources == ("x1", "x2")


def test_another_trouble_on_the_same_host_weeks_later_is_told() -> None:
    world = World()
    world.step({"x1": failing(), "x2": WELL}, NOW - 14 * DAY)
    [event] = world.step({"x1": failing(15 * 24), "x2": failing(30, "http_404")})
    assert (event.cause, event.sources) == ("http_404", ("x2",))


def test_who_is_switched_off_or_removed_is_not_told_of() -> None:
    world = World()
    world.step({"a": failing(), "b": failing(failure="http_404")})
    assert world.step({"a": failing(), "b": failing()}, off="a") == []
    assert world.step({}) == []
    assert world.open == {}


@pytest.mark.parametrize(
    ("hours", "told"), [pytest.param(5, 0, id="an evening offline"), pytest.param(21, 1, id="a day offline")]
)
def test_offline(hours: int, told: int) -> None:
    world = World()
    events = world.step({"a": WELL}, offline_since=NOW - hours * HOUR)
    assert len(events) == told
    assert all((event.state, event.cause, event.sources) == (None, "offline", (INSTALLATION,)) for event in events)
    assert world.step({"a": WELL}, offline_since=NOW - hours * HOUR) == []
    assert len(world.step({"a": WELL})) == told, "and when it is over"


def test_an_output_that_can_not_be_written_is_told_at_once() -> None:
    world = World()
    [event] = world.step({"a": WELL}, output="/srv/public: Read-only file system")
    assert alarms.headline(event, {}) == "installation: this installation (output)"
    assert (event.detail, alarms.advice(event)[:9]) == ("/srv/public: Read-only file system", "The publi")


def test_headlines() -> None:
    [one] = World().step({"a": failing()})
    assert alarms.headline(one, {"a": "Amt"}) == "failing (timeout): Amt"
    [three] = World().step({"a": QUIET, "b": QUIET, "c": QUIET})
    assert alarms.headline(three, {"a": "Amt"}) == "quiet: Amt and 2 more"
