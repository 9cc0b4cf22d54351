"""What headers mean: codings, a request read without a parser, and how long a feed may be taken for fresh."""

from datetime import UTC, datetime, timedelta

import pytest

from aggregator.web import coding, freshness, request
from aggregator.web.negotiation import preferred


@pytest.mark.parametrize(
    ("header", "codings"),
    [
        pytest.param(b"gzip, deflate, br, zstd", ("br", "zstd", "gzip"), id="a browser"),
        pytest.param(b"gzip", ("gzip",), id="an old reader"),
        pytest.param(b"gzip;q=1.0, br;q=0.5", ("gzip", "br"), id="its own order"),
        pytest.param(b"GZIP , x", ("gzip",), id="capitals and unknown ones"),
        pytest.param(b"x-gzip", ("gzip",), id="another name"),
        pytest.param(b"*", ("br", "zstd", "gzip"), id="anything"),
        pytest.param(b"*, br;q=0", ("zstd", "gzip"), id="anything but one"),
        pytest.param(b"gzip;q=0", (), id="refused"),
        pytest.param(b"identity, gzip;q=0.5", (), id="liked less than none"),
        pytest.param(b"gzip;q=x, br;q=2", (), id="no weights"),
        pytest.param(b"", (), id="empty"),
        pytest.param(None, (), id="not there"),
        pytest.param(b"gzip," + b"x," * 5000, ("gzip",), id="a long one"),
        pytest.param(b"\xff\x00", (), id="no text"),
    ],
)
def test_codings(header: bytes | None, codings: tuple[str, ...]) -> None:
    assert coding.accepted(header) == codings


@pytest.mark.parametrize(
    ("data", "path"),
    [
        pytest.param(b"GET /feeds/all.atom HTTP/1.1\r\nHost: x\r\n\r\n", "/feeds/all.atom", id="a feed"),
        pytest.param(
            b"GET / HTTP/1.1\r\nhost:x\r\nConnection: Keep-Alive\r\n\r\n", "/", id="what HTTP/1.1 means anyway"
        ),
        pytest.param(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", None, id="the last one"),
        pytest.param(b"GET / HTTP/1.0\r\nHost: x\r\n\r\n", None, id="an older HTTP"),
        pytest.param(b"GET / HTTP/1.1\r\nAccept: x\r\n\r\n", None, id="without Host"),
        pytest.param(b"GET /?q=x HTTP/1.1\r\nHost: x\r\n\r\n", None, id="with a query"),
        pytest.param(b"GET /%61 HTTP/1.1\r\nHost: x\r\n\r\n", None, id="an encoded path"),
        pytest.param(b"POST / HTTP/1.1\r\nHost: x\r\n\r\n", None, id="another method"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", None, id="with a body"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n", None, id="in pieces"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: x\r\n folded\r\n\r\n", None, id="a folded header"),
        pytest.param(b"GET / HTTP/1.1\r\nHost : x\r\n\r\n", None, id="a space before the colon"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: x\r\nX: \x00\r\n\r\n", None, id="NUL"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: x\nX: y\r\n\r\n", None, id="a bare line feed"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: x\r\n", None, id="not whole"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\n\r\n", None, id="two at once"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"x" * 70_000 + b"\r\n\r\n", None, id="too long"),
        pytest.param(b"", None, id="nothing"),
    ],
)
def test_a_simple_request(data: bytes, path: str | None) -> None:
    asked = request.read(data)
    assert (asked.path if asked else None) == path


def test_what_a_simple_request_says() -> None:
    asked = request.read(
        b'GET / HTTP/1.1\r\nHOST: x\r\nif-none-match: "a"\r\nIF-NONE-MATCH: "b"\r\nAccept-Encoding:br\r\n\r\n'
    )
    assert asked is not None
    assert (asked.known, asked.codings, asked.since) == (b'"a","b"', b"br", None)


NOON = datetime(2026, 10, 12, 12, tzinfo=UTC)


def atom(*ago: timedelta) -> bytes:
    return b"".join(b"<entry><updated>%s</updated></entry>" % (NOON - each).isoformat().encode() for each in ago)


@pytest.mark.parametrize(
    ("name", "content", "minutes"),
    [
        pytest.param("feeds/a.atom", atom(*(timedelta(minutes=40 * n) for n in range(9))), 10, id="a quarter of the gap"),
        pytest.param("feeds/a.atom", atom(*(timedelta(seconds=20 * n) for n in range(9))), 1, id="a minute at the least"),
        pytest.param("feeds/a.atom", atom(*(timedelta(days=n) for n in range(9))), 60, id="an hour at the most"),
        pytest.param("feeds/a.atom", atom(*[timedelta(0)] * 9, timedelta(minutes=80)), 20, id="many at once are one change"),
        pytest.param("feeds/a.atom", atom(timedelta(0)), 60, id="no rhythm yet"),
        pytest.param("feeds/a.atom", b"<updated>last Tuesday</updated>" * 3, 60, id="no dates"),
        pytest.param("feeds/a.rss", b"<pubDate>Mon, 12 Oct 2026 10:00:00 +0000</pubDate>"
                     b"<pubDate>Mon, 12 Oct 2026 11:00:00 +0000</pubDate>", 15, id="RSS"),
        pytest.param("feeds/a.json", b'"date_published":"2026-10-12T10:00:00Z","date_modified": "2026-10-12T10:40:00Z"',
                     10, id="JSON Feed"),
        pytest.param("feeds/a/2.atom", atom(timedelta(0)), 24 * 60, id="an archive document"),
        pytest.param("a/index.html", b"<p>", 5, id="a page"),
    ],
)  # fmt: skip
def test_how_long_it_is_fresh(name: str, content: bytes, minutes: int) -> None:
    assert freshness.lifetime(name, content) == timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("accept", "suffix"),
    [
        pytest.param("application/rss+xml;q=0, */*", ".atom", id="anything but RSS"),
        pytest.param("application/atom+xml;q=0.2, application/rss+xml;q=0.9", ".rss", id="weights"),
        pytest.param("image/png", ".atom", id="nothing we have"),
        pytest.param("text/html;q=0.9, application/atom+xml", ".atom", id="a reader that also takes pages"),
        pytest.param(";;;,=,q=", ".atom", id="no header at all"),
    ],
)
def test_formats(accept: str, suffix: str) -> None:
    assert preferred(accept) == suffix
