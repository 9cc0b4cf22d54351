"""The transport is a true one of httpx: `httpx.AsyncClient` works with it as with its own, and stays guarded."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Awaitable, Callable
from typing import TypeVar

import httpx
import pytest

from aggregator.errors import Failure
from aggregator.fetch import dial, proxies
from aggregator.fetch.connections import Transport
from aggregator.fetch.stream import UnreachableError
from tests.servers.local_world import LocalServer, Reply

T = TypeVar("T")
OWN = {"private": True}
FEED = b"<rss><channel><title>Neues</title></channel></rss>"


def opened() -> Transport:
    return Transport(resolve=dial.SystemResolver(None), between=proxies.from_environment({}))


def with_client(work: Callable[[httpx.AsyncClient], Awaitable[T]]) -> T:
    async def run() -> T:
        async with httpx.AsyncClient(transport=opened(), timeout=2) as client:
            return await work(client)

    return asyncio.run(run())


def get(url: str, **options: object) -> httpx.Response:
    return with_client(lambda client: client.get(url, **{"extensions": OWN, **options}))  # type: ignore[arg-type]


def test_an_answer(server: LocalServer) -> None:
    server.reply("/feed", gzip.compress(FEED), headers={"Content-Encoding": "gzip", "ETag": '"1"'})
    answer = get(server.url("/feed"))
    assert (answer.status_code, answer.content, answer.headers["etag"]) == (200, FEED, '"1"')
    assert (answer.http_version, answer.reason_phrase, str(answer.url)) == ("HTTP/1.1", "OK", server.url("/feed"))
    assert server.last("/feed").headers["host"] == f"127.0.0.1:{server.port}"


def test_what_the_server_calls_its_status(server: LocalServer) -> None:
    server.raw("/feed", b"HTTP/1.0 200 Sehr gern\r\n\r\n<rss/>")
    answer = get(server.url("/feed"))
    assert (answer.http_version, answer.reason_phrase, answer.content) == ("HTTP/1.0", "Sehr gern", b"<rss/>")


def test_redirects_and_cookies_are_those_of_httpx(server: LocalServer) -> None:
    server.reply("/a", status=302, headers={"Location": "/b", "Set-Cookie": "a=b"})
    server.reply("/b", [FEED] * 3)
    assert get(server.url("/a"), follow_redirects=True).content == FEED * 3
    assert server.last("/b").headers["cookie"] == "a=b"


def test_requests_at_once_and_after_each_other(server: LocalServer) -> None:
    server.reply("/feed", FEED)

    async def work(client: httpx.AsyncClient) -> list[bytes]:
        asked = [client.get(server.url("/feed"), extensions=OWN) for _ in range(4)]
        answers = [*await asyncio.gather(*asked), await client.get(server.url("/feed"), extensions=OWN)]
        return [answer.content for answer in answers]

    assert with_client(work) == [FEED] * 5
    assert server.connections == 4
    assert server.idle()


def test_without_a_word_nothing_private_is_reached(server: LocalServer) -> None:
    with pytest.raises(httpx.TransportError) as refused:
        get(server.url("/feed"), extensions={})
    assert isinstance(refused.value, UnreachableError)
    assert refused.value.failure is Failure.BLOCKED_ADDRESS
    assert server.connections == 0


def test_another_scheme() -> None:
    async def run() -> None:
        async with opened() as transport:
            await transport.handle_async_request(httpx.Request("GET", "ftp://news.example/"))

    with pytest.raises(UnreachableError) as refused:
        asyncio.run(run())
    assert refused.value.failure is Failure.SCHEME


def test_an_answer_that_breaks_off_while_it_is_read(server: LocalServer) -> None:
    server.raw("/feed", b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n<rss>")

    async def work(client: httpx.AsyncClient) -> int:
        async with client.stream("GET", server.url("/feed"), extensions=OWN) as answer:
            with pytest.raises(httpx.TransportError, match=f"127.0.0.1:{server.port}"):
                await answer.aread()
            return answer.status_code

    assert with_client(work) == 200


# ------------------------------------------------------------------------------------------------------------ connections


def test_an_answer_given_up_takes_its_connection_along(server: LocalServer) -> None:
    server.script("/endless", lambda _: Reply(body=server.drip(b"x" * 1000, pause=0)))
    server.reply("/feed", FEED)

    async def work(client: httpx.AsyncClient) -> bytes:
        async with client.stream("GET", server.url("/endless"), extensions=OWN) as answer:
            async for _ in answer.aiter_raw():
                break
        return (await client.get(server.url("/feed"), extensions=OWN)).content

    assert with_client(work) == FEED
    assert server.last("/feed").connection == 2


def test_a_connection_is_given_back_once(server: LocalServer) -> None:
    """Closing twice is allowed; kept twice, a connection would serve two requests at a time."""
    server.reply("/feed", FEED)

    async def run() -> None:
        async with opened() as transport:
            for _ in range(2):
                answer = await transport.handle_async_request(httpx.Request("GET", server.url("/feed"), extensions=OWN))
                assert await answer.aread() == FEED
                await answer.aclose()
                assert isinstance(answer.stream, httpx.AsyncByteStream)
                await answer.stream.aclose()
            request = httpx.Request("GET", server.url("/feed"), extensions=OWN)
            both = await asyncio.gather(*(transport.handle_async_request(request) for _ in range(2)))
            assert [await answer.aread() for answer in both] == [FEED] * 2

    asyncio.run(run())
    assert sorted(seen.connection for seen in server.requests) == [1, 1, 1, 2]


@pytest.mark.parametrize(("method", "connections"), [("GET", 1), ("POST", 2)])
def test_what_may_not_be_asked_twice_gets_a_connection_of_its_own(
    server: LocalServer, method: str, connections: int
) -> None:
    server.reply("/", FEED)

    async def work(client: httpx.AsyncClient) -> None:
        await client.get(server.url("/"), extensions=OWN)
        await client.request(method, server.url("/"), extensions=OWN)

    with_client(work)
    assert server.connections == connections
