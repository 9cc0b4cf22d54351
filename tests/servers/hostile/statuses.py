"""Servers that answer properly, conditionally, or with a status that has to be understood."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tests.servers.hostile import documents
from tests.servers.hostile.behaviour import OK, Behaviour, Stage
from tests.servers.local_world import Answer, Raw, Reply, Seen

RSS = {"Content-Type": "application/rss+xml"}


def _feed(headers: Mapping[str, str] = RSS, status: int = 200) -> Callable[[Stage], None]:
    return lambda stage: stage.server.reply("/feed", documents.feed(stage.name), headers=headers, status=status)


def _document(made: Callable[[str], bytes]) -> Callable[[Stage], None]:
    return lambda stage: stage.server.reply("/feed", made(stage.name), headers=RSS)


def _refusing(status: int, headers: Mapping[str, str] | None = None) -> Callable[[Stage], None]:
    body = b"" if status == 204 else documents.ERROR_PAGE
    return lambda stage: stage.server.reply("/feed", body, status=status, headers=headers)


def _page(body: bytes) -> Callable[[Stage], None]:
    return lambda stage: stage.server.reply("/feed", body, headers={"Content-Type": "text/html", "ETag": '"page"'})


def _conditional(header: str, value: str, asked: str, *, body: bytes = b"") -> Callable[[Stage], None]:
    """200 with a validator; 304 to whoever sends it back."""

    def serve(stage: Stage) -> None:
        def answer(seen: Seen) -> Answer:
            if seen.headers.get(asked) != value:
                return Reply(body=documents.feed(stage.name), headers={header: value})
            return Raw(content=b"HTTP/1.1 304 Not Modified\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))

        stage.server.script("/feed", answer)

    return serve


def _another_etag_each_time(stage: Stage) -> None:
    def answer(_: Seen) -> Reply:
        return Reply(body=documents.feed(stage.name), headers={"ETag": f'"{stage.server.count()}"'})

    stage.server.script("/feed", answer)


def _flapping(stage: Stage) -> None:
    good = Reply(body=documents.feed(stage.name))
    stage.server.script("/feed", [Reply(status=500), good])


_DATE = "Mon, 12 Oct 2026 08:00:00 GMT"
_LATER = "Fri, 31 Dec 2027 08:00:00 GMT"

GOOD = (
    Behaviour(name="ok", does="answers with a feed", expected=OK, items=3, serve=_feed()),
    Behaviour(name="ok-utf16", does="writes UTF-16", expected=OK, items=2, serve=_document(documents.utf16)),
    Behaviour(name="ok-latin1", does="writes ISO 8859-1", expected=OK, items=2, serve=_document(documents.latin1)),
    Behaviour(
        name="etag",
        does="answers 304 to its ETag",
        expected=OK,
        items=3,
        serve=_conditional("ETag", '"v1"', "if-none-match"),
    ),
    Behaviour(
        name="lastmod",
        does="answers 304 to its Last-Modified",
        expected=OK,
        items=3,
        serve=_conditional("Last-Modified", _DATE, "if-modified-since"),
    ),
    Behaviour(
        name="304-unasked",
        does="says 304 to whoever asks for the first time",
        expected="http_other",
        serve=_refusing(304),
    ),
    Behaviour(
        name="304-with-body",
        does="sends a page along with its 304",
        expected=OK,
        items=3,
        serve=_conditional("ETag", '"v1"', "if-none-match", body=documents.ERROR_PAGE),
    ),
    Behaviour(
        name="etag-changes",
        does="names another ETag for the same bytes",
        expected=OK,
        items=3,
        serve=_another_etag_each_time,
    ),
)

STATUS = (
    Behaviour(
        name="429",
        does="asks for a pause of two hours",
        expected="rate_limited",
        serve=_refusing(429, {"Retry-After": "7200"}),
    ),
    Behaviour(
        name="503-date",
        does="is down until a date",
        expected="http_5xx",
        serve=_refusing(503, {"Retry-After": _LATER}),
    ),
    Behaviour(name="410", does="says that the feed is gone", expected="gone", serve=_refusing(410)),
    Behaviour(name="404", does="does not find it", expected="http_404", serve=_refusing(404)),
    Behaviour(name="500", does="is broken", expected="http_5xx", serve=_refusing(500)),
    Behaviour(name="401", does="wants a password", expected="http_401", serve=_refusing(401)),
    Behaviour(
        name="200-html-error",
        does="says 200 and shows an error page",
        expected="not_a_feed",
        serve=_page(documents.ERROR_PAGE),
    ),
    Behaviour(name="200-empty", does="says 200 and nothing else", expected="empty", serve=_page(b"")),
    Behaviour(
        name="200-json-ct",
        does="calls its RSS JSON",
        expected=OK,
        items=3,
        serve=_feed({"Content-Type": "application/json"}),
    ),
    Behaviour(
        name="200-octet",
        does="calls its RSS a download",
        expected=OK,
        items=3,
        serve=_feed({"Content-Type": "application/octet-stream", "Content-Disposition": "attachment"}),
    ),
    Behaviour(name="204", does="says that there is no content", expected="empty", serve=_refusing(204)),
    Behaviour(name="flap", does="fails the first time", expected="http_5xx", serve=_flapping),
)
