"""HTTP/1.1 over one stream: a request and its answer, then perhaps the next. The protocol itself is h11's (RFC 9112)."""

from __future__ import annotations

import asyncio

import h11

from aggregator.errors import Failure
from aggregator.fetch.stream import Stream, UnreachableError

_IDLE_SECONDS = 5.0  # most servers close an idle connection after 5 to 75 s
_HEAD_TOO_LARGE = 431  # h11's hint for a head that has not ended after 100 kB


class Connection:
    """Serves one request at a time; an UnreachableError, which is all that is raised, is its end."""

    def __init__(self, stream: Stream, *, server: str) -> None:
        self.stream = stream
        self._server = server  # as messages name it
        self._h11 = h11.Connection(our_role=h11.CLIENT)
        self._expires = 0.0

    async def ask(self, request: h11.Request, content: bytes = b"") -> h11.Response:
        """The head of the answer; interim answers (RFC 9110 section 15.2) are passed over."""
        try:
            sent = self._h11.send(request) or b""
            sent += (self._h11.send(h11.Data(content)) or b"") if content else b""
            sent += self._h11.send(h11.EndOfMessage()) or b""
        except h11.LocalProtocolError as error:
            raise UnreachableError(Failure.PROTOCOL, f"{self._server}: {error}") from error
        self.stream.write(sent)
        while not isinstance(event := await self._event(), h11.Response):
            if self._h11.their_state is h11.SWITCHED_PROTOCOL or not isinstance(event, h11.InformationalResponse):
                raise UnreachableError(Failure.PROTOCOL, f"{self._server}: an answer in another protocol")
        return event

    async def chunk(self) -> bytes | None:
        """The next piece of the body as sent, None at its end."""
        if self._h11.their_state is not h11.SEND_BODY:
            return None
        event = await self._event()
        return bytes(event.data) if isinstance(event, h11.Data) else None

    async def _event(self) -> h11.Event | type[h11.NEED_DATA] | type[h11.PAUSED]:
        """The next one, never NEED_DATA."""
        within = self._h11.their_state is h11.SEND_BODY
        try:
            while (event := self._h11.next_event()) is h11.NEED_DATA:
                self._h11.receive_data(await self.stream.read())
        except h11.RemoteProtocolError as error:
            raise UnreachableError(self._failure(error, within=within), f"{self._server}: {error}") from error
        except OSError as error:
            failure = Failure.TRUNCATED if within else Failure.PROTOCOL
            raise UnreachableError(
                failure, f"{self._server}: {error.strerror or 'the connection broke off'}"
            ) from error
        return event

    def _failure(self, error: h11.RemoteProtocolError, *, within: bool) -> Failure:
        if error.error_status_hint == _HEAD_TOO_LARGE and not within:
            return Failure.HEADERS_TOO_LARGE
        # The other side is done, though neither the announced length nor the last chunk has come
        return (
            Failure.TRUNCATED
            if within and self._h11.their_state is h11.ERROR and self.stream.ended
            else Failure.PROTOCOL
        )

    # ------------------------------------------------------------------------------------------------ after the answer

    @property
    def unread(self) -> bytes:
        """What came behind an answer that is all there is of HTTP: the first words in the tunnel that a proxy has opened."""
        return self._h11.trailing_data[0]

    def rest(self) -> bool:
        """Whether it can serve another request; it is then at rest, and expires."""
        if self._h11.our_state is not h11.DONE or self._h11.their_state is not h11.DONE or self.stream.readable:
            return False
        self._h11.start_next_cycle()
        self._expires = asyncio.get_running_loop().time() + _IDLE_SECONDS
        return True

    def expired(self) -> bool:
        """Whether it rested for too long, or the other side ended it: anything to read is that end."""
        return self.stream.readable or asyncio.get_running_loop().time() > self._expires
