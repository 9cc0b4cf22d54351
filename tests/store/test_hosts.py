"""What is remembered of servers."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aggregator.model import Host
from aggregator.store.connect import Store

NOW = datetime(2026, 10, 12, 8, tzinfo=UTC)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
INSTANTS = st.none() | st.datetimes(timezones=st.just(UTC))
HOSTS = st.builds(
    Host,
    origin=st.sampled_from(["https://amt.example", "http://amt.example:8080"]),
    closed_until=INSTANTS,
    refusals=st.integers(0, 99),
    robots=TEXTS,
    robots_status=st.none() | st.integers(100, 999),
    robots_checked=INSTANTS,
    robots_read=INSTANTS,
    robots_since=INSTANTS,
    crawl_delay=st.floats(0, 60),
    verdicts=st.dictionaries(TEXTS, st.booleans(), max_size=5),
)


@pytest.mark.slow
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=30)
@given(host=HOSTS)
def test_a_host_comes_back_as_it_was(host: Host, store: Store) -> None:
    store.commit_hosts([host])
    assert store.hosts()[host.origin] == replace(host, robots=None), "its robots.txt is not loaded with it"
    assert store.robots(host.origin) == host.robots


def test_a_host_whose_robots_txt_was_not_loaded_keeps_it(store: Store) -> None:
    store.commit_hosts([Host(origin="https://amt.example", robots="User-agent: *")])
    store.commit_hosts([Host(origin="https://amt.example", refusals=2), Host(origin="https://neu.example")])
    assert store.hosts()["https://amt.example"].refusals == 2
    assert store.robots("https://amt.example") == "User-agent: *"
    assert store.robots("https://neu.example") is None
    assert store.robots("https://nie.example") is None


def test_since_when_nothing_was_reached(store: Store) -> None:
    assert store.offline_since() is None
    store.commit_offline(NOW)
    store.commit_offline(NOW + timedelta(hours=1))
    assert store.offline_since() == NOW + timedelta(hours=1)
    store.commit_offline(None)
    store.commit_offline(None)
    assert store.offline_since() is None
