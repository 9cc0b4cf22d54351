"""What stands in which feed: places, pages, and what is to be published of them."""

from __future__ import annotations

import sqlite3
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from aggregator.model import FeedStory
from aggregator.store import feeds, sqlite
from aggregator.store.connect import Store


@pytest.fixture
def places(now: datetime) -> list[FeedStory]:
    """Nine stories, one an hour, the last the newest: three on each page, but the last three on none; every third has left."""
    moments = [now + timedelta(hours=number) for number in range(9)]
    return [
        FeedStory(str(number), "all", (number // 3 + 1) % 3, number % 3 == 2, number, moment, moment)
        for number, moment in enumerate(moments)
    ]


def test_places_come_back_as_they_were(store: Store, places: list[FeedStory]) -> None:
    store.feeds.commit([*places, places[0]._replace(feed_id="other")], [("all", 1), ("all", 2)])
    assert store.feeds.places("all") == {place.story_id: place for place in places}
    assert set(store.feeds.places_of(["0", "1", "nobody"])) == {
        places[0],
        places[0]._replace(feed_id="other"),
        places[1],
    }
    assert set(store.feeds.tail("all")) == {places[6], places[7]}
    assert sorted(store.feeds.on_page("all", 1)) == ["0", "1"]
    assert store.feeds.archives() == {"all": {1: "", 2: ""}}


def test_news_are_what_was_published_or_corrected_last(store: Store, places: list[FeedStory], now: datetime) -> None:
    store.feeds.commit(places, [])
    assert store.feeds.news("all", 3) == ("4", "3", "1")
    store.feeds.commit([places[0]._replace(moment=now + timedelta(days=1))], [])
    assert store.feeds.news("all", 3) == ("0", "4", "3")
    assert store.feeds.news("all", 0) == ()


def test_no_question_walks_over_all_places(store: Store, path: Path) -> None:
    """A feed may have 100,000 stories: reading and sorting them takes a second, the index a millisecond."""
    with sqlite3.connect(path) as raw:
        for statement in (feeds._NEWS, feeds._TAIL, feeds._ON_PAGE):
            words = sqlite._words(statement)
            plan = raw.execute(f"EXPLAIN QUERY PLAN {words}", ("all", 1)[: words.count("?")]).fetchall()
            assert [row[3].split(" ")[0] for row in plan] == ["SEARCH"]
        for table in ("stories", "gone_stories"):
            [row] = raw.execute(f"EXPLAIN QUERY PLAN SELECT * FROM {table} WHERE generation > 1").fetchall()
            assert f"ix_{table}_generation" in row[3]


def test_a_place_is_entered_once(store: Store, places: list[FeedStory]) -> None:
    store.feeds.commit(places, [])
    store.feeds.commit([places[6]._replace(page=3, entered=100)], [("all", 3)])
    assert store.feeds.places("all")["6"] == places[6]._replace(page=3)


def test_what_was_published_of_pages_is_remembered_until_the_feed_is_no_more(
    store: Store, places: list[FeedStory]
) -> None:
    other = places[0]._replace(feed_id="other")
    store.feeds.commit([*places, other], [("all", 1), ("other", 1)])
    store.feeds.commit_published({"all": "a", "other": "b"}, {("all", 1): "c"})
    assert store.feeds.archives() == {"all": {1: "c"}, "other": {1: ""}}
    store.feeds.forget(["all", "nobody"])
    store.feeds.forget([])
    assert (store.rendered(), store.feeds.archives()) == ({"other": "b"}, {"other": {1: ""}})
    assert (store.feeds.places("all"), store.feeds.places("other")) == ({}, {"0": other})
