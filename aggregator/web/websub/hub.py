"""`POST /hub`: who wants to be told of our feeds. Nothing is decided here but whether we will ask back."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from aggregator.errors import StoreError
from aggregator.model import Intent, Mode
from aggregator.store import connect
from aggregator.store.websub import Counts
from aggregator.web.site import Site
from aggregator.web.websub import protocol
from aggregator.web.websub.protocol import Refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Caps:
    """How much strangers may make us keep and do."""

    subscribers: int = 10_000
    of_topic: int = 1_000
    of_host: int = 300  # a reader for many people has one callback for each feed
    intents: int = 1_000
    intents_of_host: int = 100


def routes(site: Site, caps: Caps = Caps()) -> list[Route]:
    """`/hub`, where the installation has one."""
    if not site.config.websub.hub:
        return []
    topics = protocol.topics(site.config.site.base_url, [feed.id for feed in site.config.feeds])

    async def hub(request: Request) -> Response:
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != "application/x-www-form-urlencoded":
            return _said(Refused(415, "expected application/x-www-form-urlencoded"))
        body = await _body(request)
        if isinstance(body, Refused):
            return _said(body)
        try:
            return _said(await asyncio.to_thread(_taken, site, caps, body, frozenset(topics)))
        except StoreError:
            return _said(Refused(503, "not now"))

    return [Route("/hub", hub, methods=["POST"])]


async def _body(request: Request) -> bytes | Refused:
    body = b""
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > protocol.LARGEST_REQUEST:
                return Refused(413, f"expected a form of at most {protocol.LARGEST_REQUEST:,} bytes")
    except ClientDisconnect:
        return Refused(400, "the request broke off")
    return body


def _said(answer: Refused | None) -> Response:
    """Section 5.1.2: 202 says that we will ask back, whatever comes of that."""
    if answer is None:
        return PlainTextResponse("you will be asked whether you meant it\n", status_code=202)
    headers = {"Retry-After": "3600"} if answer.status == 503 else {}
    return PlainTextResponse(f"{answer.reason}\n", status_code=answer.status, headers=headers)


def _taken(site: Site, caps: Caps, body: bytes, topics: frozenset[str]) -> Refused | None:
    """Remembers a request; why not, where it is refused."""
    asked = protocol.asked(body, topics, private=site.config.websub.private_callbacks)
    if isinstance(asked, Refused):
        return asked
    now = site.clock()
    with connect.opened(site.store_url, new=False) as store:
        shelf = store.websub
        standing = shelf.standing(asked.topic, asked.callback)
        if asked.mode is Mode.UNSUBSCRIBE and not standing:
            return None  # there is nothing to end, and so nobody to be asked: else anybody could have anybody asked
        if not standing:
            full = _full(shelf.counts(asked.topic, asked.host), caps)
            if full:
                return full
        shelf.ask(
            Intent(
                mode=asked.mode,
                topic=asked.topic,
                callback=asked.callback,
                host=asked.host,
                lease=asked.lease,
                secret=asked.secret,
                asked=now,
                next_try=now,
            )
        )
    return None


def _full(there: Counts, caps: Caps) -> Refused | None:
    if there.of_host >= caps.of_host or there.intents_of_host >= caps.intents_of_host:
        return Refused(503, "too many subscriptions of this host")
    if there.of_topic >= caps.of_topic or there.subscribers >= caps.subscribers or there.intents >= caps.intents:
        return Refused(503, "too many subscriptions")
    return None
