"""The HTTP reader under uvicorn: httptools where it is installed, with the bound on headers that it lacks; else h11."""

from __future__ import annotations

import asyncio
from typing import Any

# Of a request's line and headers together. Browsers send 1 to 2 kB, nginx and Apache end at 8 to 32.
LONGEST = 64 * 1024
_REFUSAL = b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


def chosen() -> type[asyncio.Protocol] | str:
    """What uvicorn's `http` is told. h11 has a bound of its own (64 kB)."""
    try:
        return _bounded()
    except ImportError:
        return "h11"


def _bounded() -> type[asyncio.Protocol]:
    from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

    class Bounded(HttpToolsProtocol):
        """httptools hands on whole headers, however long, and keeps what is not whole yet: what came is counted, and a
        connection that brings more than a request may have is closed before its headers are there."""

        _waiting = 0  # bytes of a request whose headers are not whole yet
        _whole = False  # whether the headers of the request being read are there

        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            if self._whole:
                return
            self._waiting += len(data)
            if self._waiting > LONGEST and not self.transport.is_closing():
                self.transport.write(_REFUSAL)
                self.transport.close()

        def on_headers_complete(self) -> None:
            self._whole = True
            super().on_headers_complete()

        def on_message_complete(self) -> None:
            self._whole, self._waiting = False, 0
            super().on_message_complete()

    return Bounded


def event_loop() -> Any:
    """uvloop's loop where it is installed, else asyncio's: for `asyncio.Runner`."""
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop
    return uvloop.new_event_loop
