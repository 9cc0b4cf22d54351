"""Messages: one request as it is, with every guard of a fetch and none of its courtesies."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from aggregator.errors import Failure
from aggregator.fetch import client
from aggregator.model import Failed, Limits, Message, Sent
from tests.fetch.conftest import NOW
from tests.servers.local_world import LocalServer, Reply

SHORT = Limits(deadline=1.0, body=1_000)


@pytest.fixture
def send() -> Callable[..., Sent | Failed]:
    """Sends one message with a client of its own; loopback is allowed unless a test says otherwise."""

    def once(url: str, body: bytes | None = b"x", *, private: bool = True, **headers: str) -> Sent | Failed:
        named = tuple((name.replace("_", "-"), value) for name, value in headers.items())

        async def run() -> Sent | Failed:
            async with client.opened(SHORT, user_agent="aggregator/1") as opened:
                message = Message(url=url, headers=named, body=body, private_network=private)
                return await opened.send(message, now=NOW)

        return asyncio.run(run())

    return once


def test_a_message_goes_out_as_it_is(server: LocalServer, send: Callable[..., Sent]) -> None:
    server.reply("/callback", b"thanks", status=201)
    answer = send(server.url("/callback?a=1"), b"<feed/>" * 50_000, Content_Type="application/atom+xml", Link="<x>")
    assert (answer.status, answer.body) == (201, b"thanks")
    [seen] = server.requests
    assert (seen.method, seen.path, seen.body) == ("POST", "/callback?a=1", b"<feed/>" * 50_000)
    assert (seen.headers["content-type"], seen.headers["link"]) == ("application/atom+xml", "<x>")
    assert seen.headers["content-length"] == "350000"


def test_without_a_body_it_is_a_question(server: LocalServer, send: Callable[..., Sent]) -> None:
    server.reply("/callback", b"challenge")
    assert send(server.url("/callback"), None).body == b"challenge"
    [seen] = server.requests
    assert (seen.method, "content-length" in seen.headers) == ("GET", False)


def test_no_redirect_is_followed_and_no_robots_txt_asked_for(server: LocalServer, send: Callable[..., Sent]) -> None:
    server.reply("/callback", status=307, headers={"Location": "/other?x=1"})
    answer = send(server.url("/callback"))
    assert (answer.status, answer.location) == (307, server.url("/other?x=1"))
    assert [seen.path for seen in server.requests] == ["/callback"]


@pytest.mark.parametrize("status", [302, 400, 401, 403, 404, 410, 500, 502], ids=str)
def test_any_status_is_an_answer(server: LocalServer, send: Callable[..., Sent], status: int) -> None:
    server.reply("/callback", b"no", status=status)
    assert send(server.url("/callback")).status == status


@pytest.mark.parametrize("status", [429, 503], ids=str)
def test_later_is_a_failure_with_a_time(server: LocalServer, send: Callable[..., Failed], status: int) -> None:
    server.reply("/callback", status=status, headers={"Retry-After": "600"})
    answer = send(server.url("/callback"))
    assert isinstance(answer, Failed)
    assert answer.status == status
    assert answer.retry_after is not None
    assert 600 <= (answer.retry_after - NOW).total_seconds() <= 661


def test_a_private_address_is_refused(server: LocalServer, send: Callable[..., Failed]) -> None:
    assert send(server.url("/callback"), private=False).failure is Failure.BLOCKED_ADDRESS
    assert send("http://2130706433/", private=False).failure is Failure.BLOCKED_ADDRESS
    assert server.connections == 0


@pytest.mark.slow
def test_the_deadline_counts(server: LocalServer, send: Callable[..., Failed]) -> None:
    server.script("/slow", lambda _: Reply(body=server.drip(b"x")))
    assert send(server.url("/slow")).failure is Failure.TIMEOUT


def test_of_a_long_answer_the_beginning_will_do(server: LocalServer, send: Callable[..., Sent]) -> None:
    server.reply("/callback", b"x" * 1_000_000)
    assert len(send(server.url("/callback")).body) <= 1_000


def test_what_is_shown_of_a_message_holds_no_secret() -> None:
    message = Message(url="https://reader.example/callback/t0ken", body=b"hub.secret=s3cret")
    assert "t0ken" not in repr(message)
    assert "s3cret" not in repr(message)
