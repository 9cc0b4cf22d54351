from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest

from aggregator.errors import Failure
from aggregator.fetch import client, politeness
from aggregator.fetch.client import Client
from aggregator.model import Failed, Fetched, Limits, Outcome, Validators
from tests.servers.local_world import LocalServer, Raw, Reply, Seen

NOW = datetime(2026, 10, 12, 8, 0, tzinfo=UTC)


def with_client(limits: Limits, work: Callable[[Client], Awaitable[list[Outcome]]]) -> list[Outcome]:
    async def run() -> list[Outcome]:
        async with client.opened(limits, user_agent="test") as opened:
            return await work(opened)

    return asyncio.run(run())


def all_at_once(limits: Limits, urls: list[str]) -> list[Outcome]:
    async def work(opened: Client) -> list[Outcome]:
        return await asyncio.gather(*(opened.fetch(url, private_network=True, now=NOW) for url in urls))

    return with_client(limits, work)


def in_turn(limits: Limits, urls: list[str]) -> list[Outcome]:
    async def work(opened: Client) -> list[Outcome]:
        return [await opened.fetch(url, private_network=True, now=NOW) for url in urls]

    return with_client(limits, work)


def slowly(server: LocalServer) -> Callable[[Seen], Reply]:
    def script(_: Seen) -> Reply:
        server.closing.wait(0.02)
        return Reply(body=b"<rss/>")

    return script


@pytest.mark.parametrize("per_host", [1, 3])
def test_so_many_at_a_time_at_one_host(server: LocalServer, per_host: int) -> None:
    server.script("/", slowly(server))
    outcomes = all_at_once(Limits(per_host=per_host), [server.url("/")] * 9)
    assert all(isinstance(outcome, Fetched) for outcome in outcomes)
    assert server.most_at_once == per_host


def test_so_many_at_a_time_in_all(server: LocalServer) -> None:
    server.script("/", slowly(server))
    hosts = [server.url("/", host="127.0.0.1"), server.url("/", host="localhost")] * 4
    all_at_once(Limits(per_host=5, concurrency=2), hosts)
    assert server.most_at_once == 2


def test_a_full_host_does_not_hold_up_another(server: LocalServer) -> None:
    """Four places, one of them for the slow host: its queue must not take the others."""
    with LocalServer() as slow:
        slow.script("/", slowly(slow))
        server.reply("/", b"<rss/>")
        finished: list[str] = []

        async def work(opened: Client) -> list[Outcome]:
            async def one(url: str) -> Outcome:
                outcome = await opened.fetch(url, private_network=True, now=NOW)
                finished.append(url)
                return outcome

            return await asyncio.gather(*map(one, [slow.url("/")] * 6 + [server.url("/")]))

        with_client(Limits(per_host=1, concurrency=2), work)
    assert finished.index(server.url("/")) <= 1


def test_the_gap_between_two_starts(server: LocalServer) -> None:
    server.reply("/", b"<rss/>")
    started = time.monotonic()
    all_at_once(Limits(per_host=3, gap=0.05), [server.url("/")] * 4)
    assert time.monotonic() - started >= 0.15


def test_waiting_for_a_turn_is_no_part_of_the_deadline(server: LocalServer) -> None:
    server.script("/", slowly(server))
    outcomes = all_at_once(Limits(per_host=1, deadline=0.1), [server.url("/")] * 8)
    assert all(isinstance(outcome, Fetched) for outcome in outcomes)


@pytest.mark.parametrize(("status", "failure"), [(429, Failure.RATE_LIMITED), (503, Failure.HTTP_5XX)])
def test_after_retry_after_the_host_is_left_alone(server: LocalServer, status: int, failure: Failure) -> None:
    server.reply("/busy", status=status, headers={"Retry-After": "60"})
    server.reply("/feed", b"<rss/>")
    with LocalServer() as other:
        other.reply("/feed", b"<rss/>")
        first, second, elsewhere = in_turn(Limits(), [server.url("/busy"), server.url("/feed"), other.url("/feed")])
    assert isinstance(first, Failed)
    assert first.failure is failure
    assert isinstance(second, Failed)
    assert second.failure is Failure.RATE_LIMITED
    assert second.retry_after == first.retry_after
    assert NOW + timedelta(minutes=1) <= second.retry_after <= NOW + timedelta(seconds=66)
    assert isinstance(elsewhere, Fetched)
    assert server.count() == 1


def test_who_waits_already_is_turned_away_too(server: LocalServer) -> None:
    def busy(_: Seen) -> Reply:
        server.closing.wait(0.02)
        return Reply(status=429, headers={"Retry-After": "60"})

    server.script("/", busy)
    outcomes = all_at_once(Limits(per_host=2), [server.url("/")] * 6)
    assert all(isinstance(outcome, Failed) and outcome.retry_after for outcome in outcomes)
    assert server.count() == 2


def test_a_redirect_to_a_host_that_wants_to_be_left_alone(server: LocalServer) -> None:
    with LocalServer() as busy:
        busy.reply("/", status=429, headers={"Retry-After": "60"})
        server.reply("/", status=302, headers={"Location": busy.url("/")})
        _, second = in_turn(Limits(), [busy.url("/"), server.url("/")])
        assert busy.count() == 1
    assert isinstance(second, Failed)
    assert second.failure is Failure.RATE_LIMITED


def test_after_that_time_the_host_is_asked_again() -> None:
    async def run() -> tuple[datetime | None, datetime | None]:
        pace = politeness.Pace(Limits())
        until = NOW + timedelta(seconds=0.03)
        pace.close("news.example", until=until, now=NOW)
        pace.close("news.example", until=NOW, now=NOW)  # an earlier time does not open it again
        async with pace.turn("news.example") as before:
            pass
        await asyncio.sleep(0.04)
        async with pace.turn("news.example") as after:
            return before, after

    assert asyncio.run(run()) == (NOW + timedelta(seconds=0.03), None)


# ------------------------------------------------------------------------------------------------------------ connections


def test_a_connection_serves_many_requests(server: LocalServer) -> None:
    server.reply("/", b"<rss/>")
    in_turn(Limits(), [server.url("/")] * 5)
    assert (server.count(), server.connections) == (5, 1)


def test_a_connection_that_the_server_closed_is_not_a_failure(server: LocalServer) -> None:
    """Announced or not: the next request goes over a new connection."""
    server.script("/rude", lambda _: Reply(body=b"<rss/>"))
    server.reply("/polite", b"<rss/>", headers={"Connection": "close"})
    answered: list[int] = []

    def once(seen: Seen) -> Reply:
        if seen.connection in answered:
            raise OSError  # the second request on a connection finds it closing
        answered.append(seen.connection)
        return Reply(body=b"<rss/>")

    server.script("/once", once)
    outcomes = in_turn(Limits(), [server.url(path) for path in ("/polite", "/polite", "/once", "/once", "/once")])
    assert all(isinstance(outcome, Fetched) for outcome in outcomes)


def test_what_comes_after_a_304_is_not_the_next_answer(server: LocalServer) -> None:
    forged = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nFORGED"
    server.script("/a", lambda _: Raw(content=[b"HTTP/1.1 304 Not Modified\r\n\r\n", forged]))
    server.reply("/b", b"<rss/>")

    async def work(opened: Client) -> list[Outcome]:
        await opened.fetch(server.url("/a"), validators=Validators(etag='"1"'), private_network=True, now=NOW)
        await asyncio.sleep(0.02)
        return [await opened.fetch(server.url("/b"), private_network=True, now=NOW)]

    (outcome,) = with_client(Limits(), work)
    assert isinstance(outcome, Fetched)
    assert outcome.body == b"<rss/>"


def test_connections_end_with_the_client(server: LocalServer) -> None:
    server.reply("/", b"<rss/>")
    in_turn(Limits(), [server.url("/")])
    assert server.idle()
