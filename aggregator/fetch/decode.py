"""Content codings undone (RFC 9110 section 8.4.1) within a limit. Pure.

The whole answer is decoded at once: it is capped on the wire already, and one call of zlib is both the fastest way and the
one where nobody can forget the cap in a loop.
"""

from __future__ import annotations

import zlib

from aggregator.errors import Failure
from aggregator.model import Failed

# Codings that are none: servers name the charset here, or that nothing was done.
_NONE = frozenset({"", "identity", "none", "utf-8", "utf8", "binary", "8bit"})
_GZIP = frozenset({"gzip", "x-gzip"})
_LAYERS = 2
_MAGIC = b"\x1f\x8b\x08"
_MEMBERS = 100  # each costs a copy of the rest: half a million empty ones in 10 MB would hold up everybody for minutes


def decoded(raw: bytes, coding: str, limit: int) -> bytes | Failed:
    """The bytes as published, at most `limit` of them. `coding` is the Content-Encoding header.

    BAD_ENCODING for what is cut short, broken or in a coding that was not asked for; TOO_LARGE past the limit. A gzip file
    that nobody declared (`sitemap.xml.gz`) is unpacked as well; a body declared as gzip that is none is taken as it is.
    """
    layers = [name for name in reversed(_names(coding)) if name not in _NONE]
    if len(layers) > _LAYERS:
        return _bad(f"more than {_LAYERS} content codings: {coding}")
    body: bytes | Failed = raw
    for name in layers:
        if isinstance(body, Failed):
            return body
        body = _undone(body, name, limit)
    if isinstance(body, bytes) and len(layers) < _LAYERS and body.startswith(_MAGIC):
        body = _gunzipped(body, limit)
    return _too_large(limit) if isinstance(body, bytes) and len(body) > limit else body


def _names(coding: str) -> list[str]:
    return [name.strip().lower() for name in coding.split(",")]


def _undone(body: bytes, name: str, limit: int) -> bytes | Failed:
    if name in _GZIP:
        return _gunzipped(body, limit) if body.startswith(_MAGIC[:2]) else body
    if name == "deflate":
        return _inflated(body, limit)
    return _bad(f"content coding {name}, which was not asked for")


def _gunzipped(body: bytes, limit: int) -> bytes | Failed:
    """All members of a gzip file (RFC 1952 section 2.2); anything else after a member is padding."""
    parts: list[bytes] = []
    size = 0
    while body.startswith(_MAGIC[:2]):
        if len(parts) == _MEMBERS:
            return _bad(f"more than {_MEMBERS} gzip members")
        inflater = zlib.decompressobj(16 + zlib.MAX_WBITS)
        try:
            part = inflater.decompress(body, limit + 1 - size)
        except zlib.error as error:
            return _bad(f"broken gzip: {error}")
        parts.append(part)
        size += len(part)
        if size > limit:
            return _too_large(limit)
        if not inflater.eof:
            return _bad("gzip cut short")
        body = inflater.unused_data
    return b"".join(parts)


def _inflated(body: bytes, limit: int) -> bytes | Failed:
    """`deflate` is the zlib format, but many servers send it without the zlib header (RFC 9110 section 8.4.1.2)."""
    wrapped = len(body) > 1 and body[0] & 0x0F == 8 and (body[0] << 8 | body[1]) % 31 == 0
    inflater = zlib.decompressobj(zlib.MAX_WBITS if wrapped else -zlib.MAX_WBITS)
    try:
        whole = inflater.decompress(body, limit + 1)
    except zlib.error as error:
        return _bad(f"broken deflate: {error}")
    if len(whole) > limit:
        return _too_large(limit)
    return whole if inflater.eof else _bad("deflate cut short")


def _bad(detail: str) -> Failed:
    return Failed(failure=Failure.BAD_ENCODING, detail=detail)


def _too_large(limit: int) -> Failed:
    return Failed(failure=Failure.TOO_LARGE, detail=f"more than {limit:,} bytes when unpacked")
