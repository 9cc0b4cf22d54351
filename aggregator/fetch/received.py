"""What came for one request, read and unpacked up to a limit."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from aggregator.errors import Failure
from aggregator.fetch import decode
from aggregator.fetch.stream import UnreachableError
from aggregator.model import Failed

if TYPE_CHECKING:
    import httpx

# What carries a document, and what carries nothing at all: read to its end, so that the connection can serve again.
_DOCUMENTS = frozenset({200, 203})
_BODILESS = frozenset({204, 205, 304})
# Refusals whose page may say who refuses: a look at its beginning, and not for long
_TELLING = frozenset({202, 401, 403, 405, 406, 429, 503})
_GLIMPSE = 64 * 1024  # bytes
_GLIMPSE_SECONDS = 2.0
_MOST_HEADERS = 1_000  # honest answers have 10 to 40; a shop that sets 300 cookies is odd, but no attack
# Headers that are lists and may be spread over several lines (RFC 9110 section 5.3), with what stands between the lines.
# One line of X-Robots-Tag may speak of one robot only, so they stay apart.
_JOINED = {b"content-encoding": b", ", b"link": b", ", b"x-robots-tag": b"\n"}


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server said. `body` is unpacked, and empty unless the status promises a document or explains a refusal."""

    status: int
    headers: Mapping[bytes, bytes]  # names in lower case, the first of each
    body: bytes
    whole: bool  # False: longer than the limit, given up; `body` is its beginning
    failed: Failed | None = None  # why it could not be unpacked


async def read(response: httpx.Response, limit: int, *, cut: bool = False) -> Answer:
    """The answer with at most `limit` bytes of body, on the wire and unpacked; the response is closed in any case. What
    announces more is not read at all, unless its beginning will do (`cut`). Raises UnreachableError where the connection
    breaks off."""
    # The stream itself: `response.aiter_raw()` does nothing more for it and costs a 304 another 4 µs
    stream = cast("httpx.AsyncByteStream", response.stream)
    try:
        raw = response.headers.raw
        if len(raw) > _MOST_HEADERS:
            raise UnreachableError(Failure.HEADERS_TOO_LARGE, f"{len(raw)} headers")
        headers = _first_of_each(raw)
        if response.status_code in _DOCUMENTS and not cut and _announced(headers) > limit:
            return Answer(response.status_code, headers, b"", whole=False)
        return await _read(response.status_code, headers, stream, limit, cut=cut)
    finally:
        await stream.aclose()


def _announced(headers: Mapping[bytes, bytes]) -> int:
    length = headers.get(b"content-length", b"")
    return int(length) if length.isdigit() and len(length) < 20 else 0


async def _read(
    status: int, headers: Mapping[bytes, bytes], stream: httpx.AsyncByteStream, limit: int, *, cut: bool
) -> Answer:
    # A hub takes any 2xx for an answer, and wants to see what it says
    if status in _DOCUMENTS or (cut and 200 <= status < 300 and status not in _BODILESS):
        return await _document(status, headers, stream, limit, cut=cut)
    if status in _BODILESS or headers.get(b"content-length") == b"0":
        return await _document(status, {**headers, b"content-encoding": b""}, stream, limit, cut=cut)
    return Answer(status, headers, await _glimpse(headers, stream) if status in _TELLING else b"", whole=True)


async def _document(
    status: int, headers: Mapping[bytes, bytes], stream: httpx.AsyncByteStream, limit: int, *, cut: bool
) -> Answer:
    coding = headers.get(b"content-encoding", b"").decode("latin-1")
    chunks: list[bytes] = []
    size = 0
    unpacking: decode.Unpacking | None = None
    try:
        async for chunk in stream:
            size += len(chunk)
            if size > limit:
                if not cut:  # not even put together: bombs come in numbers
                    return Answer(status, headers, b"", whole=False)
                beginning = unpacking.beginning() if unpacking else b"".join([*chunks, chunk])[:limit]
                return Answer(status, headers, beginning, whole=False)
            if not chunks and not decode.plain(coding, chunk):
                unpacking = unpacking or decode.Unpacking(coding, limit)
                await _fed(unpacking, chunk)
            else:
                chunks.append(chunk)
        body = unpacking.end() if unpacking else b"".join(chunks)
    except decode.BrokenError as error:
        if error.failed.failure is Failure.TOO_LARGE and unpacking:
            return Answer(status, headers, unpacking.beginning() if cut else b"", whole=False, failed=error.failed)
        return Answer(status, headers, b"", whole=True, failed=error.failed)
    return Answer(status, headers, body, whole=True)


async def _fed(unpacking: decode.Unpacking, chunk: bytes) -> None:
    for step, _ in enumerate(unpacking.feed(chunk)):
        if step:  # a chunk that unpacks to much: others may work in between
            await asyncio.sleep(0)


async def _glimpse(headers: Mapping[bytes, bytes], stream: httpx.AsyncByteStream) -> bytes:
    """The beginning of a page that is not wanted for itself; what is wrong with it does not matter."""
    chunks: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(_GLIMPSE_SECONDS):
            async for chunk in stream:
                chunks.append(chunk)
                size += len(chunk)
                if size > _GLIMPSE:
                    break
    except (TimeoutError, UnreachableError):
        pass
    try:
        unpacking = decode.Unpacking(headers.get(b"content-encoding", b"").decode("latin-1"), _GLIMPSE)
    except decode.BrokenError:
        return b""
    try:
        for _ in unpacking.feed(b"".join(chunks)):
            pass
    except decode.BrokenError:
        pass
    return unpacking.beginning()


def _first_of_each(headers: Sequence[tuple[bytes, bytes]]) -> dict[bytes, bytes]:
    """By lower-case name."""
    found: dict[bytes, bytes] = {}
    for name, value in headers:
        key = name.lower()
        if key not in found:
            found[key] = value
        elif key in _JOINED:
            found[key] += _JOINED[key] + value
    return found
