"""How the sources are: a page for people, JSON for programs, readiness for whoever watches the process."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from aggregator.errors import StoreError
from aggregator.passes import health, told
from aggregator.publish import pages
from aggregator.store import connect
from aggregator.web.site import Site

_EVENTS = 20


def routes(site: Site) -> list[Route]:
    """`/status`, `/status.json` and `/readyz`."""

    frame = pages.frame(site.config.site, site.config.feeds, live=True)

    async def page(_: Request) -> Response:
        rows = await asyncio.to_thread(sources, site)
        now = site.clock()
        rendered = pages.status([_row(row, now=now) for row in rows], frame)
        return Response(rendered.content, media_type="text/html; charset=utf-8")

    async def as_json(_: Request) -> Response:
        rows = await asyncio.to_thread(sources, site)
        events = await asyncio.to_thread(_events, site)
        shown = [health.as_dict(row, now=site.clock()) for row in rows]
        return JSONResponse({"sources": shown, "events": events})

    async def ready(_: Request) -> Response:
        try:
            await asyncio.to_thread(sources, site)
        except StoreError as error:
            return PlainTextResponse(f"{error}\n", status_code=503)
        if not (site.output / "index.html").is_file():
            return PlainTextResponse("nothing is published yet\n", status_code=503)
        return PlainTextResponse("ok\n")

    return [Route("/status", page), Route("/status.json", as_json), Route("/readyz", ready)]


def _row(row: health.Health, *, now: datetime) -> pages.SourceRow:
    failing, drift = row.remembered.failing, row.remembered.drift
    troubled = [f"{failing.failure.value}: {failing.message}"] if failing else []
    said = [*troubled, *health.advice(row, now=now)]
    return pages.SourceRow(
        id=row.source.id,
        name=row.source.name,
        state=row.state.value,
        homepage=row.source.homepage,
        error=". ".join(said) or None,
        since=failing.since if failing else drift.since if drift else None,
        last_success=row.remembered.last_success,
        next_due=row.remembered.next_due,
        items=row.items,
    )


def _events(site: Site) -> list[dict[str, Any]]:
    with connect.opened(site.store_url) as store:
        return [told.as_dict(event, site.config) for event in store.events(_EVENTS)]


def sources(site: Site) -> tuple[health.Health, ...]:
    """The state of every source now."""
    with connect.opened(site.store_url) as store:
        return health.health(site.config.sources, store.states(), store.source_counts())
