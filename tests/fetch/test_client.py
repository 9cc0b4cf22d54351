from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from aggregator.errors import Failure
from aggregator.model import Failed, Fetched, Hop, NotModified, Outcome, Validators
from tests.servers.local_world import LocalServer, Reply, Seen

NOW = datetime(2026, 10, 12, 8, 0, tzinfo=UTC)
FEED = b"<rss><channel><title>Neues</title></channel></rss>"
Fetch = Callable[..., Outcome]


def failure(outcome: Outcome) -> Failure:
    assert isinstance(outcome, Failed), outcome
    assert outcome.detail
    assert outcome.detail.isprintable()
    return outcome.failure


# ----------------------------------------------------------------------------------------------------- what is asked and said


def test_a_document(server: LocalServer, fetch: Fetch) -> None:
    server.reply(
        "/feed",
        FEED,
        headers={"Content-Type": 'Text/XML; Charset="ISO-8859-1"', "ETag": 'W/"1"', "Last-Modified": "gestern"},
    )
    assert fetch(server.url("/feed#top")) == Fetched(
        url=server.url("/feed#top"),
        status=200,
        content_type="text/xml",
        charset="iso-8859-1",
        body=FEED,
        validators=Validators(etag='W/"1"', last_modified="gestern"),
    )


def test_what_a_request_says(server: LocalServer, fetch: Fetch) -> None:
    server.reply("/feed", FEED, headers={"Set-Cookie": "a=b"})
    fetch(server.url("/feed"), accept="text/html")
    assert server.last("/feed").headers == {
        "host": f"127.0.0.1:{server.port}",
        "user-agent": "aggregator/1 (+https://news.example)",
        "accept-encoding": "gzip, deflate, br, zstd",
        "accept": "text/html",
    }


def test_a_password_goes_to_its_server_and_nowhere_else(server: LocalServer, fetch: Fetch) -> None:
    server.reply("/feed", FEED)
    outcome = fetch(server.url("/feed", host="user:geheim@127.0.0.1"))
    assert isinstance(outcome, Fetched)
    assert outcome.url == server.url("/feed")
    assert server.last("/feed").headers["authorization"] == "Basic dXNlcjpnZWhlaW0="


def test_cookies_are_not_kept(server: LocalServer, fetch: Fetch) -> None:
    server.reply("/a", status=302, headers={"Location": "/b", "Set-Cookie": "a=b; Path=/"})
    server.reply("/b", FEED)
    assert isinstance(fetch(server.url("/a")), Fetched)
    assert "cookie" not in server.last("/b").headers


@pytest.mark.parametrize(
    ("content_type", "expected"),
    [
        pytest.param("application/rss+xml", ("application/rss+xml", None), id="no charset"),
        pytest.param("text/xml;charset=UTF-8;x=y", ("text/xml", "utf-8"), id="a charset among parameters"),
        pytest.param("text/xml; charset = 'utf-8'", ("text/xml", "utf-8"), id="wrong quotes and spaces"),
        pytest.param("text/xml, text/html", ("text/xml", None), id="two types"),
        pytest.param(";;", ("", None), id="nonsense"),
        pytest.param("", ("", None), id="empty"),
    ],
)
def test_content_types(server: LocalServer, fetch: Fetch, content_type: str, expected: tuple[str, str | None]) -> None:
    server.reply("/feed", FEED, headers={"Content-Type": content_type})
    outcome = fetch(server.url("/feed"))
    assert isinstance(outcome, Fetched)
    assert (outcome.content_type, outcome.charset) == expected


# ---------------------------------------------------------------------------------------------------------- asking for news only


def test_validators_come_back_as_they_were(server: LocalServer, fetch: Fetch) -> None:
    validators = Validators(etag='W/"ä b-gzip"', last_modified="Mo, 12 Okt 2026")

    def script(seen: Seen) -> Reply:
        known = seen.headers.get("if-none-match") == validators.etag
        return (
            Reply(status=304)
            if known
            else Reply(headers={"ETag": 'W/"ä b-gzip"', "Last-Modified": "Mo, 12 Okt 2026"}, body=FEED)
        )

    server.script("/feed", script)
    first = fetch(server.url("/feed"))
    assert isinstance(first, Fetched)
    assert first.validators == validators
    again = fetch(server.url("/feed"), validators=first.validators)
    assert again == NotModified(url=server.url("/feed"), validators=validators)
    assert server.last("/feed").headers["if-modified-since"] == "Mo, 12 Okt 2026"


def test_a_304_may_name_new_validators(server: LocalServer, fetch: Fetch) -> None:
    server.reply("/feed", status=304, headers={"ETag": '"2"'})
    outcome = fetch(server.url("/feed"), validators=Validators(etag='"1"', last_modified="x"))
    assert isinstance(outcome, NotModified)
    assert outcome.validators == Validators(etag='"2"', last_modified="x")


def test_a_304_that_nobody_asked_for(server: LocalServer, fetch: Fetch) -> None:
    server.reply("/feed", status=304)
    assert failure(fetch(server.url("/feed"))) is Failure.HTTP_OTHER
    assert failure(fetch(server.url("/feed"), validators=Validators(etag='"\x1b"'))) is Failure.HTTP_OTHER


def test_an_etag_can_not_smuggle_a_header(server: LocalServer, fetch: Fetch) -> None:
    server.reply("/feed", FEED, headers={"ETag": '"\x9b31m"'})
    outcome = fetch(server.url("/feed"), validators=Validators(etag='"a"\r\nX-Evil: 1', last_modified="y"))
    assert isinstance(outcome, Fetched)
    assert outcome.validators.etag is None
    assert not {"x-evil", "if-none-match"} & server.last("/feed").headers.keys()
    assert server.last("/feed").headers["if-modified-since"] == "y"


# --------------------------------------------------------------------------------------------------------------- statuses


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (200, Failure.EMPTY),
        (204, Failure.EMPTY),
        (205, Failure.EMPTY),
        (401, Failure.HTTP_401),
        (403, Failure.HTTP_403),
        (404, Failure.HTTP_404),
        (410, Failure.GONE),
        (418, Failure.HTTP_4XX),
        (429, Failure.RATE_LIMITED),
        (500, Failure.HTTP_5XX),
        (503, Failure.HTTP_5XX),
        (599, Failure.HTTP_5XX),
        (201, Failure.HTTP_OTHER),
        (206, Failure.HTTP_OTHER),
        (300, Failure.HTTP_OTHER),
        (999, Failure.HTTP_OTHER),
    ],
)
def test_statuses(server: LocalServer, fetch: Fetch, status: int, expected: Failure) -> None:
    server.reply("/feed", b"" if status in {200, 204, 205} else FEED, status=status)
    outcome = fetch(server.url("/feed"))
    assert failure(outcome) is expected
    assert isinstance(outcome, Failed)
    assert outcome.status == status


def test_a_blank_body_is_empty(server: LocalServer, fetch: Fetch) -> None:
    server.reply("/feed", b" \r\n")
    assert failure(fetch(server.url("/feed"))) is Failure.EMPTY


def test_203_is_a_document(server: LocalServer, fetch: Fetch) -> None:
    server.reply("/feed", FEED, status=203)
    assert isinstance(fetch(server.url("/feed")), Fetched)


@pytest.mark.parametrize(
    ("status", "written", "least", "most"),
    [
        pytest.param(429, "120", 120, 132, id="seconds"),
        pytest.param(503, "Mon, 12 Oct 2026 09:00:00 GMT", 3600, 3960, id="a date"),
        pytest.param(503, "Mon, 12 Oct 2026 10:30:00 +0200", 1800, 1980, id="a date in another zone"),
        pytest.param(429, "99999999999999999999", 86_400, 86_400, id="an eternity is a day"),
        pytest.param(429, "Fri, 01 Jan 2999 00:00:00 GMT", 86_400, 86_400, id="a far date is a day"),
        pytest.param(429, "0", 120, 132, id="at once is two minutes"),
        pytest.param(429, "Mon, 12 Oct 2026 07:00:00 GMT", 120, 132, id="a date that has passed"),
        pytest.param(429, "soon", 120, 132, id="a word"),
        pytest.param(429, "-5", 120, 132, id="a negative number"),
        pytest.param(429, "٣", 120, 132, id="digits that are not ASCII"),
    ],
)
def test_retry_after(server: LocalServer, fetch: Fetch, status: int, written: str, least: int, most: int) -> None:
    """Never before the time that the server names, and up to a tenth later."""
    server.reply("/feed", status=status, headers={"Retry-After": written.encode().decode("latin-1")})
    outcome = fetch(server.url("/feed"))
    assert isinstance(outcome, Failed)
    assert outcome.retry_after is not None
    assert least <= (outcome.retry_after - NOW).total_seconds() <= most


def test_retry_after_counts_only_where_it_means_something(server: LocalServer, fetch: Fetch) -> None:
    server.reply("/feed", status=404, headers={"Retry-After": "120"})
    outcome = fetch(server.url("/feed"))
    assert isinstance(outcome, Failed)
    assert outcome.retry_after is None


# -------------------------------------------------------------------------------------------------------------- redirects


def test_redirects_are_followed_and_noted(server: LocalServer, fetch: Fetch) -> None:
    server.reply("/a/b", status=301, headers={"Location": "../c?x=ä"})
    server.reply("/c", status=307, headers={"Location": server.url("/d", host="user:p@127.0.0.1")})
    server.reply("/d", FEED)
    outcome = fetch(server.url("/a/b"))
    assert isinstance(outcome, Fetched)
    assert outcome.url == server.url("/d")
    assert outcome.hops == (Hop(server.url("/a/b"), 301), Hop(server.url("/c?x=%C3%A4"), 307))


def test_a_redirect_then_304(server: LocalServer, fetch: Fetch) -> None:
    server.reply("/a", status=302, headers={"Location": "/b"})
    server.reply("/b", status=304)
    outcome = fetch(server.url("/a"), validators=Validators(etag='"1"'))
    assert isinstance(outcome, NotModified)
    assert (outcome.url, len(outcome.hops)) == (server.url("/b"), 1)


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        pytest.param("", Failure.BAD_REDIRECT, id="no Location"),
        pytest.param("http://[", Failure.BAD_REDIRECT, id="no URL"),
        pytest.param("/\x7f", Failure.BAD_REDIRECT, id="a control character"),
        pytest.param("file:///etc/passwd", Failure.SCHEME, id="a file"),
        pytest.param("gopher://127.0.0.1/", Failure.SCHEME, id="gopher"),
        pytest.param("data:text/xml,x", Failure.SCHEME, id="data"),
        pytest.param("/feed", Failure.REDIRECT_LOOP, id="to itself"),
        pytest.param("/feed#again", Failure.REDIRECT_LOOP, id="to itself with a fragment"),
    ],
)
def test_bad_redirects(server: LocalServer, fetch: Fetch, location: str, expected: Failure) -> None:
    server.reply("/feed", status=302, headers={"Location": location} if location else {})
    assert failure(fetch(server.url("/feed"))) is expected
    assert server.count() == 1


def test_a_loop_of_two(server: LocalServer, fetch: Fetch) -> None:
    server.reply("/a", status=302, headers={"Location": "/b"})
    server.reply("/b", status=302, headers={"Location": "/a"})
    assert failure(fetch(server.url("/a"))) is Failure.REDIRECT_LOOP
    assert server.count() == 2


def test_a_chain_ends(server: LocalServer, fetch: Fetch) -> None:
    for number in range(9):
        server.reply(f"/{number}", status=302, headers={"Location": f"/{number + 1}"})
    server.reply("/5", FEED)
    assert isinstance(fetch(server.url("/0")), Fetched)
    server.reply("/5", status=302, headers={"Location": "/6"})
    before = server.count()
    assert failure(fetch(server.url("/0"))) is Failure.REDIRECT_LOOP
    assert server.count() - before == 6
