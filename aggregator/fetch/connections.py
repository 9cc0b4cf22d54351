"""The way of every request: an httpx transport that looks at an address before it connects, and keeps connections.

Requests and answers are httpx's, but no `httpx.AsyncClient` stands in front of the transport: it costs 50 to 75 µs a request
(a 304 is 350) and brings a cookie jar, redirects and logins, which are our own here. httpcore's connection is used without its
pool, which looks at every connection for each request and has no public place for the guard; httpx as it comes takes 785
(docs/decisions/0004-httpx-without-its-pool.md, measured by bench/fetch.py).
"""

from __future__ import annotations

import ssl
from collections.abc import AsyncGenerator, AsyncIterator
from typing import NamedTuple, Protocol, cast

import httpcore
import httpx

from aggregator.errors import Failure
from aggregator.fetch import dial, proxies, targets
from aggregator.fetch.stream import UnreachableError
from aggregator.fetch.targets import Target

_BROKEN = (httpcore.ProtocolError, httpcore.NetworkError)
_REPEATABLE = frozenset({"GET", "HEAD"})
_IDLE_SECONDS = 5.0  # most servers close an idle connection after 5 to 75 s
_IDLE_KEPT = 20


class _Place(NamedTuple):
    """Where a connection leads. `private` is part of it: what was dialled unguarded must serve no guarded request."""

    private: bool
    scheme: str
    host: str
    port: int


class Transport(httpx.AsyncBaseTransport):
    """Connections of one client. The caller sees to how many are in use at once, and to the time: httpx's timeouts are not
    kept, a deadline of the caller's covers all of them together."""

    def __init__(self, *, resolve: dial.Resolve, between: proxies.Proxies) -> None:
        self._resolve = resolve
        self._between = between
        self._idle: list[tuple[_Place, httpcore.AsyncHTTP11Connection]] = []
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
        try:
            connection, response = await self._answered(request, target, place)
        except _BROKEN as error:
            failure = Failure.HEADERS_TOO_LARGE if _too_many_headers(error) else Failure.PROTOCOL
            raise _broken(target, error, failure) from error
        body = _Body(self, place, target, connection, response)
        return httpx.Response(response.status, headers=response.headers, stream=body, extensions=response.extensions)

    async def aclose(self) -> None:
        """Ends the idle connections."""
        while self._idle:
            await self._idle.pop()[1].aclose()

    async def _answered(
        self, asked: httpx.Request, target: Target, place: _Place
    ) -> tuple[httpcore.AsyncHTTP11Connection, httpcore.Response]:
        proxy = self._between.between(target)
        request = _request(asked, target, proxy)
        # What may not be asked twice never goes over a connection that may be closing (RFC 9112 section 9.3.1)
        kept = await self._kept(place) if asked.method in _REPEATABLE else None
        if kept is not None:
            try:
                return kept, await kept.handle_async_request(request)
            except _BROKEN:
                pass  # closed by the server in the meantime
        stream = await self._stream(target, proxy, private=place.private)
        connection = httpcore.AsyncHTTP11Connection(
            origin=request.url.origin, stream=stream, keepalive_expiry=_IDLE_SECONDS
        )
        return connection, await connection.handle_async_request(request)

    # ------------------------------------------------------------------------------------------------- kept connections

    async def _kept(self, place: _Place) -> httpcore.AsyncHTTP11Connection | None:
        for position in range(len(self._idle) - 1, -1, -1):
            if self._idle[position][0] == place:
                _, connection = self._idle.pop(position)
                if not connection.has_expired():
                    return connection
                await connection.aclose()
        return None

    async def keep(self, place: _Place, connection: httpcore.AsyncHTTP11Connection) -> None:
        """Takes a connection back when its answer was read to the end."""
        if not connection.is_idle():
            return
        self._idle.append((place, connection))
        if len(self._idle) > _IDLE_KEPT:
            await self._idle.pop(0)[1].aclose()

    # ------------------------------------------------------------------------------------------------------ new connections

    async def _stream(self, target: Target, proxy: Target | None, *, private: bool) -> httpcore.AsyncNetworkStream:
        if proxy is None:
            stream: httpcore.AsyncNetworkStream = await dial.connect(
                target.host, target.port, private=private, resolve=self._resolve
            )
        else:
            if not private:
                proxies.check(target)
            stream = await self._proxied(target, proxy)
        return await self._secured(stream, target)

    async def _proxied(self, target: Target, proxy: Target) -> httpcore.AsyncNetworkStream:
        """A stream by way of a proxy, which the operator has named and may stand anywhere."""
        dialled = await dial.connect(proxy.host, proxy.port, private=True, resolve=self._resolve)
        stream = await self._secured(dialled, proxy)
        return await _tunnel(stream, target, proxy) if target.scheme == "https" else stream

    async def _secured(self, stream: httpcore.AsyncNetworkStream, target: Target) -> httpcore.AsyncNetworkStream:
        if target.scheme != "https":
            return stream
        return await stream.start_tls(self._trusted(), server_hostname=target.host)

    def _trusted(self) -> ssl.SSLContext:
        """Made when first needed: it takes longer than asking many a source."""
        if self._tls is None:
            self._tls = proxies.trust()
        return self._tls


class _Stream(Protocol):
    """What httpcore's answers carry, though it calls it any iterable."""

    def __aiter__(self) -> AsyncGenerator[bytes, None]: ...

    async def aclose(self) -> None: ...


class _Body(httpx.AsyncByteStream):
    """The bytes of an answer as sent. An iterator and no generator, so that `aclose` ends all there is to end."""

    def __init__(
        self,
        transport: Transport,
        place: _Place,
        target: Target,
        connection: httpcore.AsyncHTTP11Connection,
        response: httpcore.Response,
    ) -> None:
        self._transport = transport
        self._place = place
        self._target = target
        self._connection: httpcore.AsyncHTTP11Connection | None = connection
        # The stream itself: `response.aiter_stream()` puts a generator round it that leaves this one open when given up
        self._stream = cast(_Stream, response.stream)
        self._chunks = aiter(self._stream)

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        try:
            return await anext(self._chunks)
        except _BROKEN as error:
            failure = Failure.TRUNCATED if _cut_short(error) else Failure.PROTOCOL
            raise _broken(self._target, error, failure) from error

    async def aclose(self) -> None:
        connection, self._connection = self._connection, None
        if connection is None:  # given back already; it may be in another's use
            return
        await self._chunks.aclose()
        await self._stream.aclose()
        await self._transport.keep(self._place, connection)


async def _tunnel(stream: httpcore.AsyncNetworkStream, target: Target, proxy: Target) -> httpcore.AsyncNetworkStream:
    """RFC 9110 section 9.3.6."""
    there = b"%b:%d" % (_bracketed(target.host), target.port)
    headers = [(b"Host", there), *_proxy_authorization(proxy)]
    url = _url(proxy, there)
    connection = httpcore.AsyncHTTP11Connection(origin=url.origin, stream=stream)
    response = await connection.handle_async_request(httpcore.Request("CONNECT", url, headers=headers))
    if not 200 <= response.status < 300:
        await connection.aclose()
        raise UnreachableError(Failure.CONNECT, f"the proxy answers {response.status} for {target.host}")
    return cast(httpcore.AsyncNetworkStream, response.extensions["network_stream"])


def _request(asked: httpx.Request, target: Target, proxy: Target | None) -> httpcore.Request:
    headers = asked.headers.raw
    path = target.path
    if proxy is not None and target.scheme == "http":  # RFC 9112 section 3.2.2: a proxy gets the whole URL
        path = target.shown.encode("ascii")
        headers.extend(_proxy_authorization(proxy))
    content = cast("httpx.AsyncByteStream", asked.stream)
    return httpcore.Request(asked.method, _url(target, path), headers=headers, content=content)


def _url(target: Target, path: bytes) -> httpcore.URL:
    return httpcore.URL(scheme=target.scheme, host=target.host, port=target.port, target=path)


def _proxy_authorization(proxy: Target) -> list[tuple[bytes, bytes]]:
    return [(b"Proxy-Authorization", proxy.authorization)] if proxy.authorization else []


def _bracketed(host: str) -> bytes:
    return f"[{host}]".encode("ascii") if ":" in host else host.encode("ascii")


def _too_many_headers(error: Exception) -> bool:
    """h11 keeps at most 100 kB of a head that does not end; 431 is its hint for that alone."""
    return getattr(error.__cause__, "error_status_hint", None) == 431


def _cut_short(error: Exception) -> bool:
    """The connection ended within the body: reset, or closed before the announced length or the last chunk."""
    return isinstance(error, httpcore.NetworkError) or str(error).startswith("peer closed connection without sending")


def _broken(target: Target, error: Exception, failure: Failure) -> UnreachableError:
    detail = f"{target.authority.decode('ascii')}: {str(error) or 'the connection broke off'}"
    return UnreachableError(failure, detail)
