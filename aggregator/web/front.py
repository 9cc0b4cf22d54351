"""What stands before the routes: published files from memory, straight to ASGI; everything else is handed on.

Most questions a server of feeds is asked are for a file that did not change. They are answered without a request object, a
routing table, or a coding made anew: bench/serve.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aggregator.web import published
from aggregator.web import request as reading
from aggregator.web.negotiation import preferred
from aggregator.web.published import CROSS_ORIGIN, SECURITY, Answer, Asked, Headers, Held, Shelf

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_METHODS = b"GET, HEAD, OPTIONS"
_NOTHING: Message = {"type": "http.response.body", "body": b""}
# What a script on another site may send along: the validators that a reader of feeds should send
_PREFLIGHT: Headers = [
    *CROSS_ORIGIN,
    (b"access-control-allow-methods", b"GET, HEAD"),
    (b"access-control-allow-headers", b"If-None-Match, If-Modified-Since"),
    (b"access-control-max-age", b"86400"),
]
_UNKNOWN: tuple[None, None] = (None, None)
_LONGEST_ACCEPT = 1_000  # bytes; what is longer says nothing


class Front:
    """The ASGI application: the shelf's files, and `inner` for what is no file."""

    def __init__(self, shelf: Shelf, inner: ASGIApp) -> None:
        self._shelf = shelf
        self._inner = inner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._inner(scope, receive, send)
            return
        name = _name(scope["path"])
        held = self._shelf.at_hand(name) or await self._shelf.find(name)
        if held is not None:
            await self._answer(held, scope, send, added=[])
        elif not await self._negotiated(name, scope, send) and not await self._redirected(name, send):
            await self._inner(scope, receive, _guarded(send))

    async def _answer(self, held: Held, scope: Scope, send: Send, *, added: Headers) -> None:
        method = scope["method"]
        if method not in {"GET", "HEAD"}:
            await _refuse(held, send, options=method == "OPTIONS")
            return
        asked = Asked(scope["path"])
        for name, value in scope["headers"]:
            asked.take(name, value)
        while not isinstance(found := published.answer(held, asked), Answer):
            await self._shelf.prepare(held, found)
        await send(_with(found.start, added))
        await send({"type": "http.response.body", "body": b"" if method == "HEAD" else found.body})

    def at_once(self, request: bytes) -> Answer | None:
        """The answer to a whole request, as it came over the wire, where it needs no waiting: a plain GET, the file at hand
        and in a coding that is prepared."""
        held, found = self._shelf.remembered.get(request, _UNKNOWN)
        if held is not None and self._shelf.is_fresh(held):
            return found
        asked = reading.read(request)
        held = self._shelf.at_hand(_name(asked.path)) if asked is not None else None
        if asked is None or held is None:
            return None
        chosen = published.answer(held, asked)
        if not isinstance(chosen, Answer):
            return None
        self._shelf.remember(request, held, chosen)
        return chosen

    async def _negotiated(self, name: str, scope: Scope, send: Send) -> bool:
        """`/feeds/<id>`: the feed in the format that the reader likes best."""
        folder, _, feed_id = name.rpartition("/")
        if folder != "feeds" or "." in feed_id or not self._shelf.is_file(f"{name}.atom"):
            return False
        suffix = preferred(_accept(scope))
        chosen = f"{feed_id}/index.html" if suffix == ".html" else f"{name}{suffix}"
        held = await self._shelf.find(chosen)
        if held is None:
            return False
        # relative to what was asked for (RFC 9110 section 8.7): it holds below any path, and Host plays no part in it
        where = f"../{chosen}" if suffix == ".html" else f"{feed_id}{suffix}"
        await self._answer(held, scope, send, added=[(b"content-location", where.encode())])
        return True

    async def _redirected(self, name: str, send: Send) -> bool:
        """`/energie` to `/energie/`: the links of a page are relative to its folder."""
        if "." in name or not self._shelf.is_file(f"{name}/index.html"):
            return False
        headers = [(b"location", f"{name.rpartition('/')[2]}/".encode()), (b"content-length", b"0"), *SECURITY]
        await send({"type": "http.response.start", "status": 308, "headers": headers})
        await send(_NOTHING)
        return True


def _name(path: str) -> str:
    """`/energie/` → `energie/index.html`."""
    name = path[1:]
    return f"{name}index.html" if not name or name.endswith("/") else name


def _accept(scope: Scope) -> str:
    values = [value for name, value in scope["headers"] if name == b"accept"]
    return b",".join(values)[:_LONGEST_ACCEPT].decode("latin-1") or "*/*"


def _with(message: Message, added: Headers) -> Message:
    """With further headers, which the format of the answer depends on."""
    if not added:
        return message
    shared = [(name, b"Accept, Accept-Encoding" if name == b"vary" else value) for name, value in message["headers"]]
    return {**message, "headers": [*shared, *added]}


async def _refuse(held: Held, send: Send, *, options: bool) -> None:
    """Files are read, never written: what may be done with them, or 405 for what may not."""
    status, body = (204, b"") if options else (405, b"this can be read, and nothing else\n")
    headers: Headers = [(b"allow", _METHODS), *SECURITY]
    if options and published.is_open(held.name):
        headers += _PREFLIGHT
    if not options:
        headers += [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _guarded(send: Send) -> Send:
    """Adds the security headers to an answer that has none of its own."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            own = {name for name, _ in message.get("headers", [])}
            added = [header for header in SECURITY if header[0] not in own]
            message["headers"] = [*message.get("headers", []), *added]
        await send(message)

    return sending
