"""Subscriptions in the store: each writer writes what is its own."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from aggregator.model import Intent, Mode, Push, PushState, SourceState, SourceUpdate
from aggregator.store.connect import Store
from aggregator.store.websub import Delivered

TOPIC = "https://news.example/feeds/all.atom"


@pytest.fixture
def intent(now: datetime) -> Intent:
    return Intent(
        mode=Mode.SUBSCRIBE,
        topic=TOPIC,
        callback="https://reader.example/a",
        host="reader.example",
        lease=3600,
        secret="s",
        asked=now,
        next_try=now,
    )


@pytest.fixture
def push(now: datetime) -> Push:
    return Push(token="t", source_id="amt", hub="h", topic="t", secret="s", asked=now, next_try=now)


def test_a_newer_request_survives_what_becomes_of_the_older_one(store: Store, intent: Intent, now: datetime) -> None:
    shelf = store.websub
    newer = replace(intent, mode=Mode.UNSUBSCRIBE, asked=now + timedelta(seconds=1))
    shelf.ask(intent)
    shelf.ask(newer)
    shelf.drop(intent)
    shelf.postpone(intent, next_try=now + timedelta(days=1))
    shelf.subscribe(intent, expires=now + timedelta(hours=1), delivered="", now=now)
    assert shelf.intents(now, 10) == (newer,)


def test_what_a_delivery_writes_survives_a_renewal_and_the_other_way_round(
    store: Store, intent: Intent, now: datetime
) -> None:
    shelf, later = store.websub, now + timedelta(hours=9)
    shelf.subscribe(intent, expires=now + timedelta(hours=1), delivered="one", now=now)
    shelf.subscribe(replace(intent, secret="new"), expires=later, delivered="two", now=now)
    shelf.commit([Delivered(topic=TOPIC, callback=intent.callback, tries=3, next_try=now, failing_since=now)])
    [found] = shelf.owed(TOPIC, "two", now, 10)
    assert (found.secret, found.expires, found.delivered, found.tries) == ("new", later, "one", 3)


def test_a_delivery_does_not_bring_back_who_has_left(store: Store, intent: Intent, now: datetime) -> None:
    shelf = store.websub
    shelf.subscribe(intent, expires=now + timedelta(hours=1), delivered="one", now=now)
    shelf.unsubscribe(intent)
    shelf.commit([Delivered(topic=TOPIC, callback=intent.callback, delivered="two", next_try=now)])
    assert shelf.versions() == ()


def test_what_a_hub_said_meanwhile_survives_our_next_request(store: Store, push: Push, now: datetime) -> None:
    shelf, until = store.websub, now + timedelta(days=10)
    shelf.put([push])
    shelf.change("t", state=PushState.LIVE, expires=until, hinted=now, idle=2)
    shelf.put([replace(push, state=PushState.LIVE, tries=1)])
    found = shelf.push("t")
    assert found is not None
    assert (found.expires, found.hinted, found.idle, found.tries) == (until, now, 2, 1)


def test_a_newer_hint_survives_the_look_at_an_older_one(store: Store, push: Push, now: datetime) -> None:
    shelf = store.websub
    shelf.put([replace(push, hinted=now + timedelta(seconds=1))])
    shelf.followed("t", now)
    assert shelf.push("t") == replace(push, hinted=now + timedelta(seconds=1))


@pytest.mark.parametrize(
    ("state", "pushed"),
    [(PushState.ASKED, False), (PushState.LIVE, True), (PushState.LEAVING, False), (PushState.DENIED, False)],
)
def test_a_source_is_told_of_news_while_its_subscription_lives(
    store: Store, push: Push, now: datetime, state: PushState, pushed: bool
) -> None:
    until = now + timedelta(days=10)
    store.commit(SourceUpdate(state=SourceState(source_id="amt")))
    store.websub.put([replace(push, state=state, expires=until)])
    assert store.state("amt").pushed_until == (until if pushed else None)
    assert store.states()["amt"] == store.state("amt")


def test_a_pass_that_stores_a_source_does_not_touch_its_subscription(store: Store, push: Push, now: datetime) -> None:
    store.commit(SourceUpdate(state=SourceState(source_id="amt", next_due=now + timedelta(days=1))))
    store.websub.put([replace(push, state=PushState.LIVE, expires=now + timedelta(days=1))])
    store.websub.make_due(["amt"], now)
    read = store.state("amt")
    store.commit(SourceUpdate(state=replace(read, pushed_until=None)))
    assert (read.next_due, store.state("amt").pushed_until) == (now, now + timedelta(days=1))
