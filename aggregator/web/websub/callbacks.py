"""`/websub/<token>`: what hubs say to us. A delivery is a hint: nothing of its body is kept, the source is asked itself."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from aggregator.errors import StoreError
from aggregator.model import Push, PushState
from aggregator.store import connect
from aggregator.web.site import Site
from aggregator.web.websub import protocol, subscribe


def routes(site: Site) -> list[Route]:
    """The callbacks, where the installation subscribes."""
    if not site.config.websub.subscribe:
        return []

    async def callback(request: Request) -> Response:
        try:
            return await _answered(site, request)
        except StoreError:  # a hub asks and delivers once more
            return PlainTextResponse("not now\n", status_code=503)

    return [Route("/websub/{token:str}", callback, methods=["GET", "POST"])]


async def _answered(site: Site, request: Request) -> Response:
    push = await asyncio.to_thread(_push, site, request.path_params["token"])
    if push is None:
        return _missing()
    if request.method == "POST":
        return await _delivered(site, push, request)
    return await asyncio.to_thread(_asked, site, push, dict(request.query_params))


def _missing() -> Response:
    return PlainTextResponse("not found\n", status_code=404)


def _push(site: Site, token: str) -> Push | None:
    with connect.opened(site.store_url, new=False) as store:
        return store.websub.push(token)


def _asked(site: Site, push: Push, form: dict[str, str]) -> Response:
    """A hub asks whether we meant it, or says no."""
    now = site.clock()
    refusal = subscribe.denied(push, form, now)
    changes = refusal or subscribe.confirmed(push, form, now)
    answer = "" if refusal else protocol.challenge(form.get("hub.challenge", ""))
    if changes is None or answer is None:
        return _missing()
    with connect.opened(site.store_url, new=False) as store:
        store.websub.change(push.token, **changes)
    told = structlog.get_logger().bind(source=push.source_id)
    if refusal:
        told.warning("websub.hub_denied", reason=refusal["reason"])
    else:
        told.info("websub.confirmed", state=changes["state"].value)
    # Section 8.2: what is given back is the hub's text, and no browser may take it for a page of ours
    return Response(answer, media_type="application/octet-stream")


async def _delivered(site: Site, push: Push, request: Request) -> Response:
    if push.state in {PushState.LEAVING, PushState.LEFT}:
        return PlainTextResponse("this subscription has ended\n", status_code=410)
    signature = protocol.Signature(request.headers.get("x-hub-signature", ""), push.secret)
    size = 0
    try:
        async for chunk in request.stream():
            size += len(chunk)
            if size > site.config.limits.body:
                return PlainTextResponse("too large\n", status_code=413)
            signature.feed(chunk)
    except ClientDisconnect:
        return _missing()
    if signature.valid():
        await asyncio.to_thread(_hint, site, push)
    else:
        # Section 7.1.2: said to be taken all the same, so that nobody learns by trying
        structlog.get_logger().warning("websub.forged", source=push.source_id)
    return Response(status_code=202)


def _hint(site: Site, push: Push) -> None:
    now = site.clock()
    with connect.opened(site.store_url, new=False) as store:
        store.websub.change(push.token, hinted=now)
        subscribe.look(store.websub, [replace(push, hinted=now)], now)
    structlog.get_logger().info("websub.hinted", source=push.source_id)
