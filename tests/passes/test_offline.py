"""When nobody can be reached it is us: real sockets, ports of loopback at which nobody listens."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from aggregator.config import load
from aggregator.errors import Failure
from aggregator.model import Failing, Source, SourceState, SourceUpdate, Validators
from aggregator.passes import offline, one_pass
from aggregator.store import connect
from aggregator.store.connect import Store
from tests.servers.local_world import LocalServer

NOW = datetime(2026, 11, 24, tzinfo=UTC)
FEED = b"<rss version='2.0'><channel><title>F</title><item><title>Eins</title><guid>1</guid></item></channel></rss>"
CLOSED = ("http://127.0.0.2:9/", "http://127.0.0.3:9/")


def gathered(store: Store, folder: Path, *urls: str, now: datetime = NOW) -> tuple[one_pass.Asked, ...]:
    (folder / "aggregator.yaml").write_text("base_url: https://news.example/\ntitle: News\nlimits: {gap: 0s}\n")
    rows = [f"  - {{id: s{n}, name: S, url: '{url}', private_network: true}}\n" for n, url in enumerate(urls)]
    (folder / "sources.yaml").write_text("sources:\n" + "".join(rows))
    config = load.load(folder, environment={})
    return asyncio.run(one_pass.gather(config, config.sources, store.states(), store, now=now)).asked


@pytest.fixture
def store(tmp_path: Path):
    with connect.opened(f"sqlite:///{tmp_path}/a.sqlite") as opened:
        yield opened


def test_nobody_is_blamed_and_all_are_due_soon(store: Store, tmp_path: Path) -> None:
    failing = Failing(failure=Failure.HTTP_5XX, message="HTTP 500", since=NOW - timedelta(days=1))
    before = SourceState(
        source_id="s0", failures=3, failing=failing, last_checked=NOW, next_due=NOW, validators=Validators(etag='"1"')
    )
    store.commit(SourceUpdate(state=before))
    done = gathered(store, tmp_path, *CLOSED)
    assert [one.status for one in done] == ["offline", "offline"]
    assert store.state("s0") == replace(before, next_due=NOW + offline.AGAIN)
    assert store.state("s1") == SourceState(source_id="s1", next_due=NOW + offline.AGAIN)
    assert store.offline_since() == NOW
    gathered(store, tmp_path, *CLOSED, now=NOW + timedelta(minutes=5))
    assert store.offline_since() == NOW, "since then, not since the last look"


def test_one_answer_and_the_others_are_to_blame(store: Store, tmp_path: Path) -> None:
    gathered(store, tmp_path, *CLOSED)
    with LocalServer() as server:
        server.reply("/", status=404)
        done = gathered(store, tmp_path, *CLOSED, server.url())
    assert [one.failed.failure for one in done if one.failed] == [Failure.CONNECT, Failure.CONNECT, Failure.HTTP_404]
    assert (store.state("s0").failures, store.offline_since()) == (1, None)


def test_two_that_were_dead_before_prove_nothing(store: Store, tmp_path: Path) -> None:
    with LocalServer() as server:
        server.reply("/", FEED)
        gathered(store, tmp_path, *CLOSED, server.url())
    done = gathered(store, tmp_path, *CLOSED)
    assert [one.status for one in done] == ["failed", "failed"]
    assert store.state("s1").failures == 2


def test_one_host_is_that_host(store: Store, tmp_path: Path) -> None:
    assert [one.status for one in gathered(store, tmp_path, CLOSED[0], CLOSED[0] + "b")] == ["failed", "failed"]


def test_without_a_route_one_public_source_is_enough() -> None:
    public = Source(id="a", name="A", url="https://a.example/")
    own = replace(public, private_network=True)
    fresh = SourceState(source_id="a")
    assert offline.offline([(public, fresh)], routed=False)
    assert not offline.offline([(public, fresh)], routed=True)
    assert not offline.offline([(own, fresh)], routed=False)


@pytest.mark.parametrize(
    ("four", "six", "expected"),
    [
        pytest.param("eth0 00000000 0100000A 0003 0 0 0 00000000 0 0 0\n", "", True, id="IPv4"),
        pytest.param("eth0 0000000A 00000000 0001 0 0 0 00FFFFFF 0 0 0\n", "", False, id="the own network alone"),
        pytest.param("", f"{'0' * 32} 00 {'0' * 32} 00 {'f' * 32} 1 1 0 1 eth0\n", True, id="IPv6"),
        pytest.param("", f"{'0' * 32} 00 {'0' * 32} 00 {'0' * 32} 1 1 0 1       lo\n", False, id="loopback's own"),
    ],
)
def test_routes(tmp_path: Path, four: str, six: str, expected: bool) -> None:
    (tmp_path / "route").write_text("Iface Destination Gateway Flags RefCnt Use Metric Mask\n" + four)
    (tmp_path / "ipv6_route").write_text(six)
    assert offline.routed(tmp_path) is expected


def test_where_routes_can_not_be_seen_there_are_some(tmp_path: Path) -> None:
    assert offline.routed(tmp_path / "nothing")


# ------------------------------------------------------------------------------------------------- one address, one request


def test_two_sources_with_one_address_cost_one_request(store: Store, tmp_path: Path) -> None:
    with LocalServer() as server:
        server.reply("/", FEED, headers={"ETag": '"1"'})
        done = gathered(store, tmp_path, server.url(), server.url())
        assert [(one.status, one.new) for one in done] == [("ok", 1), ("ok", 1)]
        assert server.count() == 1
        store.commit(SourceUpdate(state=replace(store.state("s0"), validators=Validators(etag='"0"'))))
        done = gathered(store, tmp_path, server.url(), server.url())
        assert [one.status for one in done] == ["unchanged", "unchanged"]
        assert server.count() == 2, "they remember different answers: asked once, without condition"
        assert "if-none-match" not in server.last("/").headers


def test_a_closed_host_stays_closed_in_the_next_pass(store: Store, tmp_path: Path) -> None:
    with LocalServer() as server:
        server.reply("/busy", status=429, headers={"Retry-After": "600"})
        gathered(store, tmp_path, server.url("/busy"))
        done = gathered(store, tmp_path, server.url("/busy"), server.url("/feed"), now=NOW + timedelta(minutes=9))
        assert server.count() == 1
        assert {one.failed.failure for one in done if one.failed} == {Failure.RATE_LIMITED}
        assert (store.state("s0").failures, store.state("s1").failures) == (1, 0)
        server.reply("/feed", FEED)
        server.reply("/busy", FEED)
        done = gathered(store, tmp_path, server.url("/busy"), server.url("/feed"), now=NOW + timedelta(minutes=12))
        assert [one.status for one in done] == ["ok", "ok"]


def test_what_is_reserved_is_an_excerpt_and_no_link_is_followed(store: Store, tmp_path: Path) -> None:
    with LocalServer() as server:
        entry = "<item><title>Eins</title><link>/a</link><description>Kurz.</description></item>"
        entry = entry.replace("/item>", "/item>").replace(
            "</item>", "<content:encoded>&lt;p>Lang und breit und noch mehr.&lt;/p></content:encoded></item>"
        )
        head = "<rss version='2.0' xmlns:content='http://purl.org/rss/1.0/modules/content/'><channel><title>F</title>"
        server.reply("/feed", f"{head}{entry}</channel></rss>".encode(), headers={"TDM-Reservation": "1"})
        gathered(store, tmp_path, server.url("/feed"))
    [item] = store.unsettled(2)
    assert (item.summary, item.text, item.html) == ("Kurz.", "Kurz.", "")
    rights = store.state("s0").rights
    assert rights is not None
    assert rights.tdm_reserved
    assert server.count() == 1
