"""The way of every request: an httpx transport that looks at an address before it connects, and keeps connections.

Requests and answers are httpx's, but no `httpx.AsyncClient` stands in front of the transport: it costs 50 to 75 µs a request
(a 304 is 250) and brings a cookie jar, redirects and logins, which are our own here. Below stand h11 and asyncio, without
httpcore's pool and connections, which have no public place for the guard and cost another 100 µs
(docs/decisions/0016-h11-without-httpcore.md, measured by bench/fetch.py).
"""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from typing import NamedTuple, cast

import h11
import httpx

from aggregator.errors import Failure
from aggregator.fetch import dial, proxies, targets
from aggregator.fetch.http11 import Connection
from aggregator.fetch.stream import Stream, UnreachableError
from aggregator.fetch.targets import Target

_REPEATABLE = frozenset({"GET", "HEAD"})
_IDLE_KEPT = 20  # connections that nobody uses


class _Place(NamedTuple):
    """Where a connection leads. `private` is part of it: what was dialled unguarded must serve no guarded request."""

    private: bool
    scheme: str
    host: str
    port: int


class Transport(httpx.AsyncBaseTransport):
    """Connections of one client. The caller sees to how many are in use at once, and to the time: httpx's timeouts are not
    kept, a deadline of the caller's covers all of them together."""

    def __init__(self, *, resolve: dial.Resolve, between: proxies.Proxies, kept: int = _IDLE_KEPT) -> None:
        self._resolve = resolve
        self._between = between
        self._kept_most = kept
        self._idle: list[tuple[_Place, Connection]] = []
        self._tls: ssl.SSLContext | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The answer to one request, its body still to be read and in any case to be closed.

        `extensions={"private": True}` allows the URL's host to stand at an address that is not public; for this one request,
        so it must not be handed on to where a redirect leads. Raises UnreachableError for whatever goes wrong, while the body
        is read as well.
        """
        target = targets.of(request.url)
        if target is None:
            raise UnreachableError(Failure.SCHEME, "only http and https are fetched")
        place = _Place(bool(request.extensions.get("private")), target.scheme, target.host, target.port)
        connection, head = await self._answered(request, target, place)
        extensions = {"http_version": b"HTTP/" + head.http_version, "reason_phrase": head.reason}
        body = _Body(self, place, connection)
        return httpx.Response(head.status_code, headers=head.headers.raw_items(), stream=body, extensions=extensions)

    async def aclose(self) -> None:
        """Ends the idle connections."""
        while self._idle:
            self._idle.pop()[1].stream.abort()

    async def _answered(self, asked: httpx.Request, target: Target, place: _Place) -> tuple[Connection, h11.Response]:
        proxy = self._between.between(target)
        request = _request(asked, target, proxy)
        content = b"".join([piece async for piece in cast("httpx.AsyncByteStream", asked.stream)])
        # What may not be asked twice never goes over a connection that may be closing (RFC 9112 section 9.3.1)
        kept = self._kept(place) if asked.method in _REPEATABLE else None
        if kept is not None:
            try:
                return await _head(kept, request, content)
            except UnreachableError:
                pass  # closed by the server in the meantime
        stream = await self._stream(target, proxy, private=place.private)
        return await _head(Connection(stream, server=target.authority.decode("ascii")), request, content)

    # ------------------------------------------------------------------------------------------------- kept connections

    def _kept(self, place: _Place) -> Connection | None:
        for position in range(len(self._idle) - 1, -1, -1):
            if self._idle[position][0] == place:
                _, connection = self._idle.pop(position)
                if not connection.expired():
                    return connection
                connection.stream.abort()
        return None

    def keep(self, place: _Place, connection: Connection) -> None:
        """Takes a connection back; it is ended where its answer was not read to the end."""
        if not connection.rest():
            connection.stream.abort()
            return
        self._idle.append((place, connection))
        if len(self._idle) > self._kept_most:
            self._idle.pop(0)[1].stream.abort()

    # ------------------------------------------------------------------------------------------------------ new connections

    async def _stream(self, target: Target, proxy: Target | None, *, private: bool) -> Stream:
        if proxy is None:
            stream = await dial.connect(target.host, target.port, private=private, resolve=self._resolve)
        else:
            if not private:
                proxies.check(target)
            stream = await self._proxied(target, proxy)
        await self._secure(stream, target)
        return stream

    async def _proxied(self, target: Target, proxy: Target) -> Stream:
        """A stream by way of a proxy, which the operator has named and may stand anywhere. What is wrong with it is told to all
        who read of the sources: its name is not."""
        try:
            stream = await dial.connect(proxy.host, proxy.port, private=True, resolve=self._resolve)
            await self._secure(stream, proxy)
        except UnreachableError as error:
            raise UnreachableError(error.failure, error.detail.replace(proxy.host, "the proxy")) from error
        if target.scheme == "https":
            await _tunnel(stream, target, proxy)
        return stream

    async def _secure(self, stream: Stream, target: Target) -> None:
        if target.scheme == "https":
            await stream.start_tls(self._trusted(), server_hostname=target.host)

    def _trusted(self) -> ssl.SSLContext:
        """Made when first needed: it takes longer than asking many a source."""
        if self._tls is None:
            self._tls = proxies.trust()
            self._tls.set_alpn_protocols(["http/1.1"])
        return self._tls


class _Body(httpx.AsyncByteStream):
    """The bytes of an answer as sent. An iterator and no generator, so that `aclose` ends all there is to end."""

    def __init__(self, transport: Transport, place: _Place, connection: Connection) -> None:
        self._transport = transport
        self._place = place
        self._connection: Connection | None = connection

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        chunk = await self._connection.chunk() if self._connection else None
        if chunk is None:
            raise StopAsyncIteration
        return chunk

    async def aclose(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:  # else given back already, and perhaps in another's use
            self._transport.keep(self._place, connection)


async def _head(connection: Connection, request: h11.Request, content: bytes) -> tuple[Connection, h11.Response]:
    """The head of the answer with the connection that its body comes over; whatever goes wrong ends the connection."""
    try:
        return connection, await connection.ask(request, content)
    except BaseException:
        connection.stream.abort()
        raise


async def _tunnel(stream: Stream, target: Target, proxy: Target) -> None:
    """RFC 9110 section 9.3.6: from here on the stream leads to the target."""
    there = b"%b:%d" % (_bracketed(target.host), target.port)
    request = h11.Request(method="CONNECT", target=there, headers=[(b"Host", there), *_proxy_authorization(proxy)])
    connection, head = await _head(Connection(stream, server="the proxy"), request, b"")
    if not 200 <= head.status_code < 300:
        stream.abort()
        raise UnreachableError(Failure.CONNECT, f"the proxy answers {head.status_code} for {target.host}")
    if connection.unread:
        stream.abort()
        raise UnreachableError(Failure.TLS, f"{target.host} spoke before the TLS handshake")


def _request(asked: httpx.Request, target: Target, proxy: Target | None) -> h11.Request:
    headers = asked.headers.raw
    path = target.path
    if proxy is not None and target.scheme == "http":  # RFC 9112 section 3.2.2: a proxy gets the whole URL
        path = target.shown.encode("ascii")
        headers.extend(_proxy_authorization(proxy))
    try:
        return h11.Request(method=asked.method, target=path, headers=headers)
    except h11.LocalProtocolError as error:  # a header that must not be sent
        raise UnreachableError(Failure.PROTOCOL, f"{target.authority.decode('ascii')}: {error}") from error


def _proxy_authorization(proxy: Target) -> list[tuple[bytes, bytes]]:
    return [(b"Proxy-Authorization", proxy.authorization)] if proxy.authorization else []


def _bracketed(host: str) -> bytes:
    return f"[{host}]".encode("ascii") if ":" in host else host.encode("ascii")
