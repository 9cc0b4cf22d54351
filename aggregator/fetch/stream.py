"""One TCP or TLS connection, directly on asyncio's transports: anyio's streams cost a third of a small request."""

from __future__ import annotations

import asyncio
import ssl
from typing import cast

import httpx

from aggregator.errors import Failure

# Reading pauses here until somebody takes what has come: an endless body must not pile up.
_HIGH = 256 * 1024


class UnreachableError(httpx.TransportError):
    """No answer, and why. Never leaves this room: the client makes a `Failed` of it."""

    def __init__(self, failure: Failure, detail: str) -> None:
        super().__init__(detail)
        self.failure = failure
        self.detail = detail


class Stream(asyncio.Protocol):
    """Knows no timeouts: the client's deadline covers all reads and writes together."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._ended = False
        self._error: Exception | None = None
        self._paused = False
        self._waiter: asyncio.Future[None] | None = None

    # ------------------------------------------------------------------------------------------ what the transport tells

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if len(self._buffer) > _HIGH and not self._paused:
            self._paused = True
            self._transport.pause_reading()
        self._wake()

    def eof_received(self) -> None:
        self._ended = True
        self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        self._ended, self._error = True, exc
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    # -------------------------------------------------------------------------------------------------- what we ask of it

    @property
    def ended(self) -> bool:
        """Whether the other side has said all it says."""
        return self._ended

    @property
    def readable(self) -> bool:
        """Whether anything can be read, be it the end."""
        return bool(self._buffer) or self._ended

    async def read(self) -> bytes:
        """What has come, as soon as anything has; b"" at the end. ConnectionError when the connection broke off."""
        if not self._buffer and not self._ended:
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter
        if not self._buffer and self._error is not None:
            raise ConnectionError(0, reason(self._error))
        data = bytes(self._buffer)
        self._buffer.clear()
        if self._paused and not self._ended:
            self._paused = False
            self._transport.resume_reading()
        return data

    def write(self, data: bytes) -> None:
        """Without waiting: a request is a few hundred bytes, a delivery one document. When the other side is gone,
        reading tells."""
        if not self._ended:
            self._transport.write(data)

    def abort(self) -> None:
        """Ends the connection at once. `close` would wait up to 30 s for the other side's TLS goodbye; the answer is
        complete or given up."""
        self._transport.abort()

    async def start_tls(self, ssl_context: ssl.SSLContext, server_hostname: str) -> None:
        """From here on encrypted. UnreachableError where that does not come about."""
        if self._buffer:  # would be read as the answer: whoever sits on the line could put one there
            self.abort()
            raise UnreachableError(Failure.TLS, f"{server_hostname} spoke before the TLS handshake")
        loop = asyncio.get_running_loop()
        try:
            secured = await loop.start_tls(self._transport, self, ssl_context, server_hostname=server_hostname)
        except (OSError, ValueError) as error:  # ssl.SSLError is an OSError; ValueError: a host no certificate can name
            self.abort()
            raise UnreachableError(Failure.TLS, f"TLS with {server_hostname}: {reason(error)}") from error
        except BaseException:
            self.abort()
            raise
        if secured is None:
            raise UnreachableError(Failure.TLS, f"TLS with {server_hostname}: the connection broke off")
        self._transport = secured


# OpenSSL's reasons, where they need words
_TLS_REASONS = {
    "UNSUPPORTED_PROTOCOL": "the server speaks only an outdated version of TLS",
    "TLSV1_ALERT_PROTOCOL_VERSION": "the server speaks no version of TLS that is allowed here",
    "WRONG_VERSION_NUMBER": "what answers does not speak TLS",
    "RECORD_LAYER_FAILURE": "what answers does not speak TLS",
    "SSLV3_ALERT_HANDSHAKE_FAILURE": "the server and we have no cipher in common",
    "UNEXPECTED_EOF_WHILE_READING": "the connection broke off during the handshake",
}


def reason(error: Exception) -> str:
    """What went wrong, in the words of OpenSSL or of the system."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return str(error.verify_message)
    if isinstance(error, ssl.SSLError):
        return _TLS_REASONS.get(error.reason, error.reason) if error.reason else str(error)
    return (error.strerror if isinstance(error, OSError) else None) or str(error) or "the connection broke off"
