"""One request over one connection, and connections kept for the next.

httpcore's connection is used without the pool and the client of httpx: for a 304 over loopback that is 0.2 ms instead of 0.8,
and the pool looks at every connection for each request (1.2 ms with 20). Redirects, cookies, decoding and the pace are ours
anyway.
"""

from __future__ import annotations

import ssl
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import NamedTuple, Protocol, TypeAlias, cast

import httpcore

from aggregator.errors import Failure
from aggregator.fetch import dial, proxies
from aggregator.fetch.stream import UnreachableError
from aggregator.fetch.targets import Target

Headers: TypeAlias = Sequence[tuple[bytes, bytes]]
# What carries a document, and what carries nothing at all: read to its end, so that the connection can serve again.
_DOCUMENTS = frozenset({200, 203})
_BODILESS = frozenset({204, 205, 304})
_IDLE_SECONDS = 5.0  # most servers close an idle connection after 5 to 75 s
_IDLE_KEPT = 20


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server said; `body` is as sent, and empty unless the status promises a document."""

    status: int
    headers: Mapping[bytes, bytes]  # names in lower case, the first of each
    body: bytes
    whole: bool  # False: longer than the limit, given up


class _Place(NamedTuple):
    """Where a connection leads. `private` is part of it: what was dialled unguarded must serve no guarded request."""

    private: bool
    scheme: str
    host: str
    port: int


class Connections:
    """Connections of one client. The caller sees to how many are in use at once."""

    def __init__(self, *, resolve: dial.Resolve, between: proxies.Proxies) -> None:
        self._resolve = resolve
        self._between = between
        self._idle: list[tuple[_Place, httpcore.AsyncHTTP11Connection]] = []
        self._tls: ssl.SSLContext | None = None

    async def ask(self, target: Target, headers: Headers, *, private: bool, limit: int) -> Answer:
        """One GET. Reads at most about `limit` bytes of body. Raises UnreachableError for whatever goes wrong."""
        place = _Place(private, target.scheme, target.host, target.port)
        proxy = self._between.between(target)
        request = _request(target, headers, proxy)
        try:
            connection, response = await self._answered(place, request, target, proxy)
            try:
                return await _read(response, limit)
            finally:
                await _body(response).aclose()
                await self._keep(place, connection)
        except (httpcore.ProtocolError, httpcore.NetworkError) as error:
            detail = f"{target.authority.decode('ascii')}: {str(error) or 'the connection broke off'}"
            raise UnreachableError(Failure.PROTOCOL, detail) from error

    async def aclose(self) -> None:
        """Ends the idle connections."""
        while self._idle:
            await self._idle.pop()[1].aclose()

    async def _answered(
        self, place: _Place, request: httpcore.Request, target: Target, proxy: Target | None
    ) -> tuple[httpcore.AsyncHTTP11Connection, httpcore.Response]:
        kept = await self._kept(place)
        if kept is not None:
            try:
                return kept, await kept.handle_async_request(request)
            except (httpcore.ProtocolError, httpcore.NetworkError):
                pass  # closed by the server in the meantime: GET may be asked again (RFC 9112 section 9.3.1)
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

    async def _keep(self, place: _Place, connection: httpcore.AsyncHTTP11Connection) -> None:
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


def _request(target: Target, headers: Headers, proxy: Target | None) -> httpcore.Request:
    named = [(b"Host", target.authority), *headers]
    if target.authorization:
        named.append((b"Authorization", target.authorization))
    path = target.path
    if proxy is not None and target.scheme == "http":  # RFC 9112 section 3.2.2: a proxy gets the whole URL
        path = target.shown.encode("ascii")
        named.extend(_proxy_authorization(proxy))
    return httpcore.Request(b"GET", _url(target, path), headers=named)


def _url(target: Target, path: bytes) -> httpcore.URL:
    return httpcore.URL(scheme=target.scheme, host=target.host, port=target.port, target=path)


def _proxy_authorization(proxy: Target) -> list[tuple[bytes, bytes]]:
    return [(b"Proxy-Authorization", proxy.authorization)] if proxy.authorization else []


def _bracketed(host: str) -> bytes:
    return f"[{host}]".encode("ascii") if ":" in host else host.encode("ascii")


async def _read(response: httpcore.Response, limit: int) -> Answer:
    headers = _first_of_each(response.headers)
    length = headers.get(b"content-length", b"")
    if response.status in _DOCUMENTS:
        if length.isdigit() and len(length) < 20 and int(length) > limit:
            return Answer(response.status, headers, b"", whole=False)
    elif response.status not in _BODILESS and length != b"0":
        return Answer(response.status, headers, b"", whole=True)
    chunks: list[bytes] = []
    size = 0
    async with aclosing(_body(response).__aiter__()) as stream:
        async for chunk in stream:
            chunks.append(chunk)
            size += len(chunk)
            if size > limit:
                return Answer(response.status, headers, b"", whole=False)
    return Answer(response.status, headers, b"".join(chunks), whole=True)


class _Body(Protocol):
    """What httpcore's answers carry, though it calls it any iterable."""

    def __aiter__(self) -> AsyncGenerator[bytes, None]: ...

    async def aclose(self) -> None: ...


def _body(response: httpcore.Response) -> _Body:
    # Not by `response.aclose()`, which asks `typing` twice what the stream is: a tenth of a small request.
    return cast(_Body, response.stream)


def _first_of_each(headers: Headers) -> dict[bytes, bytes]:
    """By lower-case name. Content-Encoding is a list that may be spread over several lines (RFC 9110 section 5.3)."""
    found: dict[bytes, bytes] = {}
    for name, value in headers:
        key = name.lower()
        if key not in found:
            found[key] = value
        elif key == b"content-encoding":
            found[key] += b", " + value
    return found
