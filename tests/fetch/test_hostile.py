"""Servers that are slow, endless, broken or not there."""

from __future__ import annotations

import gzip
import time
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aggregator.errors import Failure
from aggregator.model import Failed, Fetched, Limits, Outcome
from tests import patience
from tests.servers.local_world import LocalServer, Raw, Reply, Seen

FEED = b"<rss><channel><title>Neues</title></channel></rss>"
Fetch = Callable[..., Outcome]


def failure(outcome: Outcome) -> Failure:
    assert isinstance(outcome, Failed), outcome
    assert outcome.detail
    assert outcome.detail.isprintable()
    return outcome.failure


# ------------------------------------------------------------------------------------------------------ size and time


def test_codings_are_undone(server: LocalServer, fetch: Fetch) -> None:
    server.reply("/feed", gzip.compress(FEED), headers={"Content-Encoding": "gzip"})
    outcome = fetch(server.url("/feed"))
    assert isinstance(outcome, Fetched)
    assert outcome.body == FEED


@pytest.mark.parametrize(
    ("body", "headers", "expected"),
    [
        pytest.param(gzip.compress(bytes(10**6)), {"Content-Encoding": "gzip"}, Failure.TOO_LARGE, id="gzip bomb"),
        pytest.param(gzip.compress(FEED)[:-9], {"Content-Encoding": "gzip"}, Failure.TRUNCATED, id="gzip cut short"),
        pytest.param(FEED, {"Content-Encoding": "compress"}, Failure.BAD_ENCODING, id="not asked for"),
        pytest.param(bytes(20_001), {}, Failure.TOO_LARGE, id="announced as too large"),
        pytest.param([bytes(15_000)] * 2, {}, Failure.TOO_LARGE, id="too large without saying so"),
    ],
)
def test_bodies_that_are_refused(
    server: LocalServer, fetch: Fetch, body: bytes, headers: dict[str, str], expected: Failure
) -> None:
    server.reply("/feed", body, headers=headers)
    assert failure(fetch(server.url("/feed"), limits=Limits(body=20_000))) is expected


def test_what_is_announced_as_too_large_is_not_read(server: LocalServer, fetch: Fetch) -> None:
    server.script("/feed", lambda _: Reply(headers={"Content-Length": "99999999"}, body=server.drip(b"x")))
    started = time.monotonic()
    assert failure(fetch(server.url("/feed"), limits=Limits(body=20_000, deadline=5))) is Failure.TOO_LARGE
    assert time.monotonic() - started < 2 * patience.busy()


@pytest.mark.parametrize("kind", ["chunked", "until the connection ends"])
def test_an_endless_body_ends_at_the_limit(server: LocalServer, fetch: Fetch, kind: str) -> None:
    piece = b"x" * 10_000
    if kind == "chunked":
        server.script("/feed", lambda _: Reply(body=server.drip(piece, pause=0)))
    else:
        server.script(
            "/feed", lambda _: Raw(content=(b"HTTP/1.1 200 OK\r\n\r\n" + p for p in server.drip(piece, pause=0)))
        )
    assert failure(fetch(server.url("/feed"), limits=Limits(body=100_000, deadline=5))) is Failure.TOO_LARGE


@pytest.mark.parametrize("path", ["/silent", "/slow-header", "/slow-body", "/continue", "/slow-redirects"])
def test_the_deadline_is_for_everything(server: LocalServer, fetch: Fetch, path: str) -> None:
    server.script("/silent", lambda _: Raw(content=iter(lambda: server.closing.wait(5) and b"", b"")))
    server.script("/slow-header", lambda _: Raw(content=server.drip(b"H")))
    server.script("/slow-body", lambda _: Reply(body=server.drip(b"x")))
    server.script("/continue", lambda _: Raw(content=server.drip(b"HTTP/1.1 100 Continue\r\n\r\n")))

    def slowly(seen: Seen) -> Reply:
        server.closing.wait(0.06)
        return Reply(status=302, headers={"Location": seen.path + "?"[: "?" not in seen.path] + "x"})

    server.script("/slow-redirects", slowly)
    started = time.monotonic()
    outcome = fetch(server.url(path), limits=Limits(deadline=0.15, redirects=50))
    assert failure(outcome) is Failure.TIMEOUT
    assert 0.14 < time.monotonic() - started < 1.5 * patience.busy()


# ---------------------------------------------------------------------------------------------------- broken answers


LENGTH, CHUNKED = b"HTTP/1.1 200 OK\r\nContent-Length: ", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param(b"", Failure.PROTOCOL, id="nothing"),
        pytest.param(b"<rss/>", Failure.PROTOCOL, id="HTTP 0.9"),
        pytest.param(b"HTTP/1.1 OK 200\r\n\r\n", Failure.PROTOCOL, id="no status"),
        pytest.param(LENGTH + b"99\r\n\r\n<rss>", Failure.TRUNCATED, id="shorter than announced"),
        pytest.param(LENGTH + b"x\r\n\r\n<rss>", Failure.PROTOCOL, id="a length that is no number"),
        pytest.param(CHUNKED + b"5\r\n<rss>\r\n", Failure.TRUNCATED, id="no last chunk"),
        pytest.param(CHUNKED + b"9\r\n<rss>", Failure.TRUNCATED, id="half a chunk"),
        pytest.param(CHUNKED + b"zz\r\n<rss>\r\n", Failure.PROTOCOL, id="a chunk without a size"),
        pytest.param(CHUNKED + b"5;" + b"x" * 200_000, Failure.PROTOCOL, id="a chunk with an endless head"),
        pytest.param(b"HTTP/1.1 200 OK\r\nX: a\0b\r\n\r\n<rss/>", Failure.PROTOCOL, id="NUL in a header"),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nX: " + b"a" * 200_000 + b"\r\n\r\n<rss/>",
            Failure.HEADERS_TOO_LARGE,
            id="a huge header",
        ),
        pytest.param(
            b"HTTP/1.1 200 OK\r\n" + b"X: a\r\n" * 50_000 + b"\r\n<rss/>", Failure.HEADERS_TOO_LARGE, id="many headers"
        ),
        pytest.param(
            b"HTTP/1.1 200 OK\r\n" + b"X: a\r\n" * 1_200 + b"\r\n<rss/>",
            Failure.HEADERS_TOO_LARGE,
            id="many small headers",
        ),
        pytest.param(b"HTTP/1.1 101 Switching\r\n\r\n", Failure.PROTOCOL, id="another protocol"),
    ],
)
def test_broken_answers(server: LocalServer, fetch: Fetch, content: bytes, expected: Failure) -> None:
    server.raw("/feed", content)
    assert failure(fetch(server.url("/feed"))) is expected


def test_a_connection_that_is_reset(server: LocalServer, fetch: Fetch) -> None:
    server.raw("/body", LENGTH + b"99\r\n\r\n<rss>", reset=True)
    server.raw("/head", b"HTTP/1.1 200 OK\r\nContent-Le", reset=True)
    assert failure(fetch(server.url("/body"))) is Failure.TRUNCATED
    assert failure(fetch(server.url("/head"))) is Failure.PROTOCOL


def test_what_a_server_writes_stays_one_line(server: LocalServer, fetch: Fetch) -> None:
    server.raw("/feed", b"HTTP/1.1 200 OK\r\nContent-Encoding: \xc2\x9b31m\x85evil\r\nContent-Length: 1\r\n\r\nx")
    assert failure(fetch(server.url("/feed"))) is Failure.BAD_ENCODING


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.binary(max_size=300)
    | st.lists(
        st.sampled_from(
            [
                b"HTTP/1.1 200 OK\r\n",
                b"HTTP/1.1 304 Not Modified\r\n",
                b"HTTP/1.0 302 Found\r\n",
                b"Content-Length: 5\r\n",
                b"Transfer-Encoding: chunked\r\n",
                b"Content-Encoding: gzip\r\n",
                b"Location: http://[::ffff:127.0.0.1]:1/\r\n",
                b"ETag: \xff\r\n",
                b"\r\n",
                b"5\r\nabcde\r\n",
                b"0\r\n\r\n",
                b"\x1f\x8b\x08",
            ]
        ),
        max_size=8,
    ).map(b"".join)
)
def test_any_bytes_give_an_outcome(server: LocalServer, fetch: Fetch, content: bytes) -> None:
    server.raw("/feed", content)
    assert isinstance(fetch(server.url("/feed")), Fetched | Failed)


def test_nobody_listens(fetch: Fetch) -> None:
    with LocalServer() as server:
        url = server.url("/feed")
    outcome = fetch(url)
    assert failure(outcome) is Failure.CONNECT
    assert isinstance(outcome, Failed)
    assert "refused" in outcome.detail.lower()


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        pytest.param("ftp://news.example/", Failure.SCHEME, id="another scheme"),
        pytest.param("http://news.invalid/", Failure.DNS, id="a name that can not be (RFC 6761)"),
        pytest.param("http://a..b.invalid/", Failure.DNS, id="an empty label"),
        pytest.param(f"http://{'a' * 70}.invalid/", Failure.DNS, id="a label that is too long"),
    ],
)
def test_urls_that_lead_nowhere(fetch: Fetch, url: str, expected: Failure) -> None:
    assert failure(fetch(url)) is expected
