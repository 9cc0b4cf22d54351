"""Servers that are silent, slow, endless, or break HTTP itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from tests.servers.hostile import documents
from tests.servers.hostile.behaviour import OK, Behaviour, Stage
from tests.servers.local_world import Raw

_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\n"
_CHUNKED = _HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
_PIECE = b"<!-- " + b"x" * 65_000 + b" -->"
_PAUSE = 0.5  # seconds between two bytes of those who drip


def _bytes(made: Callable[[str], bytes], *, reset: bool = False) -> Callable[[Stage], None]:
    return lambda stage: stage.server.raw("/feed", made(stage.name), reset=reset)


def _stream(made: Callable[[Stage], Iterable[bytes]]) -> Callable[[Stage], None]:
    return lambda stage: stage.server.script("/feed", lambda _: Raw(content=made(stage)))


def _silence(stage: Stage) -> Iterator[bytes]:
    stage.server.closing.wait()
    yield b""


def _slow_header(stage: Stage) -> Iterator[bytes]:
    yield _HEAD
    yield from stage.server.drip(b"X", pause=_PAUSE)


def _slow_body(stage: Stage) -> Iterator[bytes]:
    yield _HEAD + b"Content-Length: 100000\r\n\r\n<rss>"
    yield from stage.server.drip(b" ", pause=_PAUSE)


def _endless(stage: Stage) -> Iterator[bytes]:
    yield _HEAD + b"\r\n<rss>"
    yield from stage.server.drip(_PIECE, pause=0)


def _endless_chunked(stage: Stage) -> Iterator[bytes]:
    yield _CHUNKED
    yield from stage.server.drip(b"%x\r\n%b\r\n" % (len(_PIECE), _PIECE), pause=0)


def _continues(stage: Stage) -> Iterator[bytes]:
    yield from stage.server.drip(b"HTTP/1.1 100 Continue\r\n\r\n" * 20, pause=0.02)


def _half(name: str) -> bytes:
    """The feed up to the middle of its third entry."""
    whole = documents.feed(name, 4)
    return whole[: whole.index(b"<pubDate>", whole.index(f"{name}-3".encode()))]


def _truncated(name: str) -> bytes:
    return _HEAD + b"Content-Length: %d\r\n\r\n%b" % (len(documents.feed(name, 4)), _half(name))


def _cut_without_a_length(name: str) -> bytes:
    return _HEAD + b"\r\n" + _half(name)


def _length_too_short(name: str) -> bytes:
    return _HEAD + b"Content-Length: %d\r\n\r\n%b" % (len(_half(name)), documents.feed(name, 4))


def _both_lengths(name: str) -> bytes:
    body = documents.feed(name)
    return _HEAD + b"Content-Length: 7\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)


def _chunk(name: str, *, size: bytes = b"", end: bytes = b"0\r\n\r\n") -> bytes:
    body = documents.feed(name)
    return _CHUNKED + (size or b"%x" % len(body)) + b"\r\n" + body + b"\r\n" + end


def _with(header: bytes) -> Callable[[str], bytes]:
    def made(name: str) -> bytes:
        body = documents.feed(name)
        return _HEAD + header + b"\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)

    return made


def _starting(line: bytes) -> Callable[[str], bytes]:
    return lambda name: line + b"\r\nConnection: close\r\n\r\n" + documents.feed(name)


TRANSPORT = (
    Behaviour(name="stall", does="takes the request and never answers", expected="timeout", serve=_stream(_silence)),
    Behaviour(name="slow-header", does="sends a header byte by byte", expected="timeout", serve=_stream(_slow_header)),
    Behaviour(name="slow-body", does="sends a body byte by byte", expected="timeout", serve=_stream(_slow_body)),
    Behaviour(name="endless", does="sends a body without an end", expected="too_large", serve=_stream(_endless)),
    Behaviour(
        name="endless-chunked",
        does="sends chunks without an end",
        expected="too_large",
        serve=_stream(_endless_chunked),
    ),
    Behaviour(name="close-now", does="hangs up without a word", expected="protocol", serve=_bytes(lambda _: b"")),
    Behaviour(
        name="rst-mid",
        does="resets the connection within the body",
        expected="truncated",
        serve=_bytes(_truncated, reset=True),
    ),
    Behaviour(
        name="truncated",
        does="sends less than its Content-Length",
        expected="truncated",
        serve=_bytes(_truncated),
    ),
    Behaviour(
        name="truncated-mid-item",
        does="hangs up within an entry, having named no length",
        expected="truncated",
        items=2,
        serve=_bytes(_cut_without_a_length),
    ),
    Behaviour(
        name="cl-short",
        does="names a Content-Length that ends within an entry",
        expected="truncated",
        items=2,
        serve=_bytes(_length_too_short),
    ),
    Behaviour(
        name="te-and-cl",
        does="sends chunks and another Content-Length",
        expected=OK,
        items=3,
        serve=_bytes(_both_lengths),
    ),
    Behaviour(
        name="bad-chunk",
        does="writes a chunk's size that is no number",
        expected="protocol",
        serve=_bytes(lambda name: _chunk(name, size=b"zz")),
    ),
    Behaviour(
        name="chunk-no-end",
        does="hangs up before the last chunk",
        expected="truncated",
        serve=_bytes(lambda name: _chunk(name, end=b"")),
    ),
    Behaviour(name="http09", does="answers as HTTP 0.9 did", expected="protocol", serve=_bytes(documents.feed)),
    Behaviour(
        name="bad-status",
        does="swaps status and phrase",
        expected="protocol",
        serve=_bytes(_starting(b"HTTP/1.1 OK 200")),
    ),
    Behaviour(
        name="status-999",
        does="invents the status 999",
        expected="http_other",
        serve=_bytes(_starting(b"HTTP/1.1 999 Request denied")),
    ),
    Behaviour(
        name="header-nul",
        does="has a NUL in a header",
        expected="protocol",
        serve=_bytes(_with(b"X-Name: a\0b")),
    ),
    Behaviour(
        name="header-log-inject",
        does="writes escape codes and a made-up log line into a header",
        expected="bad_encoding",
        serve=_bytes(_with(b'Content-Encoding: \x1b[2J\x85{"event":"source.ok","level":"info"}')),
    ),
    Behaviour(
        name="huge-header",
        does="sends a header of 2 MB",
        expected="headers_too_large",
        serve=_bytes(_with(b"X-Name: " + b"a" * 2_000_000)),
    ),
    Behaviour(
        name="many-headers",
        does="sends 50,000 headers",
        expected="headers_too_large",
        serve=_bytes(_with(b"\r\n".join(b"X-%d: a" % number for number in range(50_000)))),
    ),
    Behaviour(
        name="many-cookies",
        does="sets 300 cookies",
        expected=OK,
        items=3,
        serve=_bytes(_with(b"\r\n".join(b"Set-Cookie: c%d=%s" % (number, b"v" * 40) for number in range(300)))),
    ),
    Behaviour(
        name="continue-flood",
        does="says 100 Continue for ever",
        expected="timeout",
        serve=_stream(_continues),
    ),
)
