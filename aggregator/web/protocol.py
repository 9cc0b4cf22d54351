"""The HTTP reader under uvicorn, by httptools.

Two things are added to uvicorn's: a bound on the length of headers, and a short way for the commonest question, a published file
that is in memory. Behind uvicorn's cycle of task, event and messages 304s come at 0.18 of nginx's rate, by the short way at 0.75
(bench/serve.py).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from aggregator.web.published import Answer
from aggregator.web.request import LONGEST

_REFUSAL = b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


class Protocol(HttpToolsProtocol):
    """httptools hands on whole headers, however long, and keeps what is not whole yet: what came is counted, and a
    connection that brings more than a request may have is closed before its headers are there."""

    _inside = False  # a request whose end has not come yet
    _heading = False  # a request whose headers are not whole yet
    _waiting = 0  # bytes of those headers, about
    _last = 0.0  # when a file was last sent by the short way
    _quick: Callable[[bytes], Answer | None] | None = None  # the application's `at_once`

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)  # type: ignore[arg-type]  # a stream, as uvicorn says
        self._quick = getattr(self.app, "at_once", None)

    def data_received(self, data: bytes) -> None:
        found = self._at_once(data)
        if found is not None:
            self._send(found)
            return
        super().data_received(data)
        self._waiting = self._waiting + len(data) if self._heading else 0
        if self._waiting > LONGEST and not self.transport.is_closing():
            self.transport.write(_REFUSAL)
            self.transport.close()

    def on_message_begin(self) -> None:
        self._inside = self._heading = True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._heading = False
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._inside = False
        super().on_message_complete()

    def _at_once(self, data: bytes) -> Answer | None:
        """Between two requests only, while the other side reads what it is sent."""
        if self._quick is None or self._inside or self.flow.write_paused:
            return None
        cycle: RequestResponseCycle | None = self.cycle  # none before the first request, whatever uvicorn says
        return self._quick(data) if cycle is None or cycle.response_complete else None

    def _send(self, found: Answer) -> None:
        self.transport.write(found.wire(self.server_state.default_headers))
        self.server_state.total_requests += 1
        self._last = self.loop.time()
        if self.timeout_keep_alive_task is None:
            self._wait_for_more(self.timeout_keep_alive)

    def _wait_for_more(self, seconds: float) -> None:
        self.timeout_keep_alive_task = self.loop.call_later(seconds, self.timeout_keep_alive_handler)

    def timeout_keep_alive_handler(self) -> None:
        """The timer is not set anew for each file that is sent: when it is up, it is asked whether it was for long."""
        left = self._last + self.timeout_keep_alive - self.loop.time()
        if left > 0:
            self._wait_for_more(left)
        else:
            super().timeout_keep_alive_handler()
