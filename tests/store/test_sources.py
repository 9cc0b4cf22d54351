"""What is remembered of sources."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aggregator.errors import Failure
from aggregator.model import (
    Drift,
    Entry,
    Face,
    Failing,
    HubLink,
    Item,
    Lacking,
    Move,
    Pace,
    Profile,
    Prose,
    Rejected,
    Rest,
    Rhythm,
    Rights,
    SourceState,
    SourceUpdate,
    Validators,
)
from aggregator.store.connect import Store

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
INSTANTS = st.datetimes(timezones=st.just(UTC))
STATES = st.builds(
    SourceState,
    source_id=st.sampled_from(["amt", "verein"]),
    validators=st.builds(Validators, etag=st.none() | TEXTS, last_modified=st.none() | TEXTS),
    body_hash=st.none() | TEXTS,
    last_checked=st.none() | INSTANTS,
    last_success=st.none() | INSTANTS,
    last_changed=st.none() | INSTANTS,
    next_due=st.none() | INSTANTS,
    failures=st.integers(0, 10_000),
    failing=st.none() | st.builds(Failing, failure=st.sampled_from(Failure), message=TEXTS, since=INSTANTS),
    cadence=st.none() | st.timedeltas(timedelta(0), timedelta(days=36_500)),
    strikes=st.integers(0, 10_000),
    last_full=st.none() | INSTANTS,
    rhythm=st.none()
    | st.builds(
        Rhythm,
        window=st.integers(0, 2000),
        rates=st.lists(st.floats(0, 1000), max_size=48).map(tuple),
        fastest=st.none() | st.timedeltas(timedelta(0), timedelta(days=36_500)),
        learned=st.none() | INSTANTS,
    ),
    rest=st.none()
    | st.builds(
        Rest,
        seconds=st.integers(0, 10**9),
        hours=st.lists(st.integers(0, 23)).map(tuple),
        days=st.lists(st.integers(0, 6)).map(tuple),
    ),
    move=st.none() | st.builds(Move, url=TEXTS.filter(bool), since=INSTANTS, times=st.integers(1, 10_000)),
    face=st.none() | st.builds(Face, title=TEXTS, host=st.none() | TEXTS),
    drift=st.none() | st.builds(Drift, message=TEXTS, since=INSTANTS),
    well_since=st.none() | INSTANTS,
    profile=st.none()
    | st.builds(
        Profile,
        entries=st.floats(0, 2000),
        filled=st.lists(st.floats(0, 1), max_size=5).map(tuple),
        gap=st.none() | st.timedeltas(timedelta(0), timedelta(days=36_500)),
        pace=st.none() | st.builds(Pace, at=INSTANTS, lately=st.floats(0, 9), usual=st.floats(0, 9)),
        lacking=st.none() | st.builds(Lacking, what=TEXTS, since=INSTANTS, until=INSTANTS),
    ),
    rights=st.none()
    | st.builds(Rights, tdm_reserved=st.booleans(), tdm_policy=st.none() | TEXTS, robots=st.lists(TEXTS).map(tuple)),
    hub=st.none() | st.builds(HubLink, TEXTS, TEXTS),
)


@pytest.mark.slow
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=50)
@given(state=STATES)
def test_a_state_comes_back_as_it_was(state: SourceState, store: Store) -> None:
    store.commit(SourceUpdate(state=state))
    assert store.state(state.source_id) == state
    assert store.states()[state.source_id] == state


def test_a_source_never_asked_has_a_fresh_state(store: Store) -> None:
    assert store.state("amt") == SourceState(source_id="amt")
    assert store.states() == {}


def test_several_sources_are_committed_at_once(store: Store, now: datetime) -> None:
    states = [SourceState(source_id=f"s{number}", last_checked=now) for number in range(5)]
    store.commit_all([SourceUpdate(state=state) for state in states])
    store.commit_all([])
    assert store.states() == {state.source_id: state for state in states}


def test_an_instant_of_another_zone_comes_back_in_utc(store: Store) -> None:
    local = datetime.fromisoformat("2026-10-25T02:30:00.000001+02:00")
    store.commit(SourceUpdate(state=SourceState(source_id="amt", next_due=local)))
    found = store.state("amt").next_due
    assert found == local
    assert found is not None
    assert found.utcoffset() == timedelta(0)


def test_a_message_that_no_database_takes_does_not_end_a_pass(store: Store, now: datetime) -> None:
    failing = Failing(failure=Failure.INTERNAL, message="bytes \udcff", since=now)
    state = SourceState(source_id="amt", failing=failing, validators=Validators(etag='"\ud800"'))
    store.commit(SourceUpdate(state=state))
    assert store.state("amt").failing == replace(failing, message="bytes ?")


def test_the_last_rejects_of_a_source_are_kept(
    store: Store, path: Path, make_item: Callable[..., Item], now: datetime
) -> None:
    def rejected(title: str) -> Rejected:
        return Rejected(entry=Entry(title=Prose(title, html=False), fingerprint=title), reason="no link")

    def stored() -> list[tuple[str, str]]:
        with sqlite3.connect(path) as raw:
            return raw.execute("SELECT reason, title FROM rejects ORDER BY position").fetchall()

    state = SourceState(source_id="amt", last_checked=now)
    store.commit(SourceUpdate(state=state, rejected=(rejected("Erste \udcff\0"), rejected("Zweite"))))
    assert stored() == [("no link", "Erste"), ("no link", "Zweite")]
    store.commit(SourceUpdate(state=state))
    assert len(stored()) == 2, "an answer with nothing new says nothing of them"
    store.commit(SourceUpdate(state=state, new=(make_item(),)))
    assert stored() == []
