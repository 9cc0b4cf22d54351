"""What was told is kept as it was, and what is unfinished is found again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aggregator.model import Event, State, Telling
from aggregator.store import events as kept
from aggregator.store.connect import Store
from aggregator.text import legal

TEXTS = st.text(st.characters(exclude_categories=["Cs"])).map(legal)
IDS = st.lists(st.sampled_from(["amt", "verein", "*"]), unique=True).map(tuple)
NOW = datetime(2026, 10, 12, 8, tzinfo=UTC)
EVENTS = st.builds(
    Event,
    number=st.integers(1, 20),
    at=st.datetimes(timezones=st.just(UTC)),
    over=st.none() | st.integers(1, 100),
    state=st.none() | st.sampled_from(State),
    cause=TEXTS,
    sources=IDS,
    detail=TEXTS,
    open=IDS,
    waiting=st.sets(st.sampled_from(Telling)).map(sorted).map(tuple),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=25)
@given(event=EVENTS)
def test_an_event_comes_back_as_it_was(event: Event, store: Store) -> None:
    store.commit_events([event])
    assert event in store.events(100)
    unfinished, last = store.unfinished_events()
    assert (event in unfinished) == bool(event.open or event.waiting)
    assert last >= event.number


def test_old_events_that_are_done_with_are_forgotten(store: Store) -> None:
    def event(number: int, *open_: str) -> Event:
        at = NOW + timedelta(hours=number)
        return Event(number=number, at=at, state=State.GONE, cause="gone", sources=("amt",), open=open_)

    store.commit_events([event(1, "amt"), event(2), event(3)])
    store.commit_events([event(kept.KEPT + 2)])
    assert [one.number for one in store.events(1_000)] == [kept.KEPT + 2, 3, 1], "but for what is open"
    assert [one.number for one in store.unfinished_events()[0]] == [1]
