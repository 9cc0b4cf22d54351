"""Content codings undone (RFC 9110 section 8.4.1) while the answer comes in, within a limit. Pure.

Whatever a server packs, no step makes more than some 4 MB, and nothing is unpacked past the limit: a megabyte that unpacks to a
gigabyte costs what the limit costs. brotli and zstandard are imported when an answer uses them.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Protocol

from aggregator.errors import Failure
from aggregator.model import Failed

ACCEPTED = "gzip, deflate, br, zstd"
# Codings that are none: servers name the charset here, or that nothing was done.
_NONE = frozenset({"", "identity", "none", "utf-8", "utf8", "binary", "8bit"})
_LAYERS = 2
_MAGIC = b"\x1f\x8b\x08"
_MEMBERS = 100  # gzip members and zstd frames: half a million empty ones in 10 MB would hold up everybody
_STEP = 256 * 1024  # bytes made at a time, some 0.3 ms
# zstd has no bound on what one call gives: a block of 4 bytes may stand for 128 kB, so this many make 4 MB at the most. A
# body of 1 MB takes 8,000 calls of half a microsecond.
_ZSTD_STEP = 128
_ZSTD_WINDOW = 8 * 1024 * 1024  # RFC 8878 section 3.1.1.1.2: what every decoder should support, and no more


class BrokenError(Exception):
    """The body can not be unpacked. Never leaves this room."""

    def __init__(self, failure: Failure, detail: str) -> None:
        super().__init__(detail)
        self.failed = Failed(failure=failure, detail=detail)


class _Layer(Protocol):
    """One coding undone. `feed` gives what came out in pieces, `end` raises BrokenError where something is missing."""

    def feed(self, data: bytes) -> Iterator[bytes]: ...

    def end(self) -> None: ...


class Unpacking:
    """One body on its way: fed with what comes off the wire, it keeps what was unpacked, at most `limit` bytes.

    A gzip file that nobody declared (`sitemap.xml.gz`) is unpacked as well; a body declared as gzip that is none is taken as
    it is. Raises BrokenError: BAD_ENCODING for what is broken or in a coding that was not asked for, TRUNCATED for what is cut
    short, TOO_LARGE past the limit.
    """

    def __init__(self, coding: str, limit: int) -> None:
        names = [name for name in map(str.strip, reversed(coding.lower().split(","))) if name not in _NONE]
        if len(names) > _LAYERS:
            raise BrokenError(Failure.BAD_ENCODING, f"more than {_LAYERS} content codings: {coding}")
        self._layers = [_layer(name) for name in names]
        if len(names) < _LAYERS:
            self._layers.append(_Gzip(_MAGIC))
        self._limit = limit
        self._parts: list[bytes] = []
        self._size = 0

    def feed(self, data: bytes) -> Iterator[None]:
        """Takes the bytes in; gives way after each step, so that the caller can let others work in between."""
        for piece in _through(self._layers, data):
            self._size += len(piece)
            if self._size > self._limit:
                self._parts.append(piece)
                raise BrokenError(Failure.TOO_LARGE, f"more than {self._limit:,} bytes when unpacked")
            self._parts.append(piece)
            yield

    def end(self) -> bytes:
        """The whole body."""
        for layer in self._layers:
            layer.end()
        return b"".join(self._parts)

    def beginning(self) -> bytes:
        """What came out up to the limit."""
        return b"".join(self._parts)[: self._limit]


def decoded(raw: bytes, coding: str, limit: int) -> bytes | Failed:
    """A body that is there as a whole."""
    try:
        unpacking = Unpacking(coding, limit)
        for _ in unpacking.feed(raw):
            pass
        return unpacking.end()
    except BrokenError as error:
        return error.failed


def plain(coding: str, beginning: bytes) -> bool:
    """Whether a body that begins so is as published: nothing declared, and no gzip file."""
    return coding in _NONE and not beginning.startswith(_MAGIC[:1])


def _through(layers: list[_Layer], data: bytes) -> Iterator[bytes]:
    pieces: Iterable[bytes] = (data,)
    for layer in layers:
        pieces = _fed(layer, pieces)
    return iter(pieces)


def _fed(layer: _Layer, pieces: Iterable[bytes]) -> Iterator[bytes]:
    for piece in pieces:
        yield from layer.feed(piece)


def _layer(name: str) -> _Layer:
    if name in {"gzip", "x-gzip"}:
        return _Gzip(_MAGIC[:2])
    if name == "deflate":
        return _Deflate()
    if name == "br":
        return _Brotli()
    if name == "zstd":
        return _Zstd()
    raise BrokenError(Failure.BAD_ENCODING, f"content coding {name}, which was not asked for")


def _inflated(inflater: Any, data: bytes, name: str) -> Iterator[bytes]:
    while data:
        try:
            piece = inflater.decompress(data, _STEP)
        except zlib.error as error:
            raise BrokenError(Failure.BAD_ENCODING, f"broken {name}: {error}") from error
        data = inflater.unconsumed_tail
        if piece:
            yield piece


class _Gzip:
    """All members of a gzip file (RFC 1952 section 2.2); anything else after a member is padding. What does not begin with
    the magic bytes passes as it is; a body that ends within them is no body."""

    def __init__(self, magic: bytes) -> None:
        self._magic = magic
        self._held = b""  # until it is as long as the magic bytes
        self._members = 0
        self._inflater: Any = None
        self._passing = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        while data:
            if self._passing:
                if not self._members:
                    yield data
                return
            if self._inflater is None:
                data = self._begun(self._held + data)
                continue
            yield from _inflated(self._inflater, data, "gzip")
            data = self._inflater.unused_data if self._inflater.eof else b""
            if self._inflater.eof:
                self._inflater = None

    def _begun(self, data: bytes) -> bytes:
        """The data for a new member, or for none."""
        self._held = b""
        if not data.startswith(self._magic):
            if self._magic.startswith(data):
                self._held = data
                return b""
            self._passing = True
            return data
        if self._members == _MEMBERS:
            raise BrokenError(Failure.BAD_ENCODING, f"more than {_MEMBERS} gzip members")
        self._members += 1
        self._inflater = zlib.decompressobj(16 + zlib.MAX_WBITS)
        return data

    def end(self) -> None:
        if self._inflater is not None:
            raise BrokenError(Failure.TRUNCATED, "gzip cut short")


class _Deflate:
    """`deflate` is the zlib format, but many servers send it without the zlib header (RFC 9110 section 8.4.1.2)."""

    def __init__(self) -> None:
        self._held = b""
        self._inflater: Any = None

    def feed(self, data: bytes) -> Iterator[bytes]:
        if self._inflater is None:
            data = self._held = self._held + data
            if len(data) < 2:
                return
            wrapped = data[0] & 0x0F == 8 and (data[0] << 8 | data[1]) % 31 == 0
            self._inflater = zlib.decompressobj(zlib.MAX_WBITS if wrapped else -zlib.MAX_WBITS)
        if not self._inflater.eof:
            yield from _inflated(self._inflater, data, "deflate")

    def end(self) -> None:
        if self._held and (self._inflater is None or not self._inflater.eof):
            raise BrokenError(Failure.TRUNCATED, "deflate cut short")


class _Brotli:
    """RFC 7932."""

    def __init__(self) -> None:
        import brotli

        self._decompressor = brotli.Decompressor()
        self._error: type[Exception] = brotli.error
        self._begun = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        if not data or self._decompressor.is_finished():  # what follows the end is padding
            return
        self._begun = True
        while True:
            try:
                piece = self._decompressor.process(data, output_buffer_limit=_STEP)
            except self._error as error:
                raise BrokenError(Failure.BAD_ENCODING, "broken br") from error
            data = b""
            if piece:
                yield piece
            if self._decompressor.is_finished() or self._decompressor.can_accept_more_data():
                return

    def end(self) -> None:
        if self._begun and not self._decompressor.is_finished():
            raise BrokenError(Failure.TRUNCATED, "br cut short")


class _Zstd:
    """RFC 8878: one frame or several in a row."""

    def __init__(self) -> None:
        import zstandard

        self._error: type[Exception] = zstandard.ZstdError
        self._frame: Callable[[], Any] = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW).decompressobj
        self._decompressor: Any = None
        self._frames = 0

    def feed(self, data: bytes) -> Iterator[bytes]:
        for start in range(0, len(data), _ZSTD_STEP):
            slice_ = data[start : start + _ZSTD_STEP]
            while slice_:
                if self._decompressor is None:
                    self._begin()
                try:
                    piece = self._decompressor.decompress(slice_)
                except self._error as error:
                    raise BrokenError(Failure.BAD_ENCODING, f"broken zstd: {error}") from error
                slice_ = self._decompressor.unused_data if self._decompressor.eof else b""
                if self._decompressor.eof:
                    self._decompressor = None
                if piece:
                    yield piece

    def _begin(self) -> None:
        if self._frames == _MEMBERS:
            raise BrokenError(Failure.BAD_ENCODING, f"more than {_MEMBERS} zstd frames")
        self._frames += 1
        self._decompressor = self._frame()

    def end(self) -> None:
        if self._decompressor is not None:
            raise BrokenError(Failure.TRUNCATED, "zstd cut short")
