"""What is kept and what goes, and that what went does not come back as news."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from aggregator.config import load
from aggregator.model import Holding, ItemKey, Retention
from aggregator.passes import one_pass, retain
from aggregator.store import connect
from tests.servers.local_world import LocalServer

NOW = datetime(2026, 11, 26, tzinfo=UTC)


def held(source: str, guid: str, age: int, *, story: str = "", listed: bool = False) -> Holding:
    """An item that was published and first seen so many days ago, in a story of its own unless one is named."""
    then = NOW - timedelta(days=age)
    return Holding(
        key=ItemKey(source, guid), story_id=story or f"{source}-{guid}", published=then, first_seen=then, listed=listed
    )


@pytest.mark.parametrize(
    ("items", "keep", "going"),
    [
        pytest.param([held("a", "1", 900)], Retention(), [], id="without bounds everything stays"),
        pytest.param(
            [held("a", "1", 400), held("a", "2", 300)],
            Retention(age=timedelta(days=365)),
            ["a1"],
            id="what is old goes",
        ),
        pytest.param(
            [held("a", "1", 400, listed=True)], Retention(age=timedelta(days=365)), [], id="what a source shows stays"
        ),
        pytest.param(
            [held("a", "1", 400, story="s"), held("b", "1", 300, story="s")],
            Retention(age=timedelta(days=365)),
            [],
            id="a story of which one item stays, stays whole",
        ),
        pytest.param(
            [held("a", "1", 400, story="s"), held("b", "1", 390, story="s"), held("c", "1", 380)],
            Retention(age=timedelta(days=365)),
            ["a1", "b1", "c1"],
            id="whole stories go, the oldest first",
        ),
        pytest.param(
            [held("a", str(n), 100 + n) for n in range(5)] + [held("b", "1", 900)],
            Retention(per_source=3),
            ["a4", "a3"],
            id="the newest of each source stay",
        ),
        pytest.param(
            [held("a", str(n), 100 + n) for n in range(3)] + [held("b", "1", 50)],
            Retention(total=2),
            ["a2", "a1"],
            id="the newest of all stay",
        ),
        pytest.param(
            [held("a", str(n), n) for n in range(5)],
            Retention(per_source=1),
            [],
            id="what is younger than a month stays",
        ),
    ],
)
def test_what_goes(items: list[Holding], keep: Retention, going: list[str]) -> None:
    assert [f"{key.source_id}{key.guid}" for key in retain.expired(items, keep, now=NOW)] == going
    assert retain.expired(items[::-1], keep, now=NOW) == retain.expired(items, keep, now=NOW)


def feed(*numbers: int) -> bytes:
    items = "".join(
        f"<item><title>Meldung {number} über Vorhaben {number * 7}</title><link>http://one.example/{number}</link>"
        f"<guid isPermaLink='false'>g{number}</guid><description>{f'Wort{number} ' * 50}</description>"
        f"<pubDate>Mon, {1 + number % 28:02} Jun 2026 10:00:00 +0200</pubDate></item>"
        for number in numbers
    )
    return (
        f"<rss version='2.0'><channel><title>F</title><link>http://one.example/</link>{items}</channel></rss>".encode()
    )


def configured(folder: Path, url: str) -> load.Config:
    (folder / "aggregator.yaml").write_text(
        "base_url: https://news.example/\ntitle: News\nlimits: {gap: 0s}\nretention: {days: 365}\n"
    )
    (folder / "sources.yaml").write_text(
        f"sources: [{{id: one, name: One, url: '{url}', private_network: true, robots: ignore}}]\n"
    )
    return load.load(folder, environment={})


@pytest.mark.slow
def test_two_years_later(tmp_path: Path) -> None:
    """Ten items; two years later the source shows two of them still, and retention keeps one year."""
    url = f"sqlite:///{tmp_path / 'store.sqlite'}"

    def passed(now: datetime) -> list[str]:
        """A pass at that time; the numbers of the items that are published then."""
        asyncio.run(one_pass.run(config, store, tmp_path / "public", now=now, request=one_pass.Request(force=True)))
        published = json.loads((tmp_path / "public/feeds/all.json").read_text())["items"]
        return sorted(one["title"].split()[1] for one in published)

    with LocalServer() as server, connect.opened(url) as store:
        config = configured(tmp_path, server.url("/feed"))
        server.reply("/feed", feed(*range(10)))
        assert len(passed(NOW)) == 10
        server.reply("/feed", feed(3, 4, 20))
        assert len(passed(NOW + timedelta(days=730))) == 11, "after so long the clock may be wrong"
        assert passed(NOW + timedelta(days=731)) == ["20", "3", "4"]
        assert store.counts()["stories"] == 3
        assert len(store.known("one").items) == 11, "tombstones"
        assert store.search("Wort7", 10).ids == ()
        server.reply("/feed", feed(3, 4, 7, 20))  # an old one comes back to the page
        assert passed(NOW + timedelta(days=732)) == ["20", "3", "4"]
        before, after = store.vacuum()
        assert after <= before
        assert passed(NOW + timedelta(days=733)) == ["20", "3", "4"]


@pytest.mark.slow
def test_a_clock_that_is_two_years_ahead_for_some_hours_takes_nothing_away(tmp_path: Path) -> None:
    with LocalServer() as server, connect.opened(f"sqlite:///{tmp_path / 'store.sqlite'}") as store:
        config = configured(tmp_path, server.url("/feed"))
        for at, shown in (
            (NOW, range(10)),
            (NOW + timedelta(hours=6), (8, 9)),
            (NOW + timedelta(days=730), (8, 9)),
            (NOW + timedelta(days=730, hours=12), (8, 9)),
            (NOW + timedelta(hours=24), (8, 9)),
            (NOW + timedelta(hours=48), (8, 9)),
        ):
            server.reply("/feed", feed(*shown))
            passed = one_pass.run(config, store, tmp_path / "public", now=at, request=one_pass.Request(force=True))
            asyncio.run(passed)
            assert store.counts()["stories"] == 10, at
