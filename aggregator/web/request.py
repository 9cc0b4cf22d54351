"""A whole request of the simplest kind, read without a parser. Pure."""

from __future__ import annotations

import re

from aggregator.web.published import Asked

# Of a request's line and headers together. Browsers send 1 to 2 kB, nginx and Apache end at 8 to 32.
LONGEST = 64 * 1024

# A path that means what it says: no query, nothing encoded
_LINE = re.compile(rb"GET (/[A-Za-z0-9/._~-]*) HTTP/1\.1")
# A header that is what it looks like (RFC 9112 section 5): no folding, no space before the colon, visible characters only
_HEADER = re.compile(rb"([A-Za-z0-9-]+):[ \t]*([\x20-\x7e\t]*)")
_END = b"\r\n\r\n"
# Headers that say something about the connection or announce a body: their requests go the long way
_LONG_WAY = frozenset(
    {b"connection", b"upgrade", b"expect", b"content-length", b"transfer-encoding", b"te", b"trailer"}
)
_USUAL = b"connection: keep-alive"  # says what HTTP/1.1 means anyway


def read(data: bytes) -> Asked | None:
    """What one whole GET without a body asks for; None for anything else, and for anything odd."""
    if not data.endswith(_END) or data.find(_END) != len(data) - len(_END) or len(data) > LONGEST:
        return None
    first, *lines = data[: -len(_END)].split(b"\r\n")
    line = _LINE.fullmatch(first)
    if line is None:
        return None
    asked, host = Asked(line[1].decode("ascii")), False
    for each in lines:
        header = _HEADER.fullmatch(each)
        if header is None:
            return None
        name = header[1].lower()
        if name in _LONG_WAY and header[0].lower() != _USUAL:
            return None
        host = host or name == b"host"
        asked.take(name, header[2])
    return asked if host else None  # without Host it is no HTTP/1.1
