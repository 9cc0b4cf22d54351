"""How the sources are: a page for people, JSON for programs, readiness for whoever watches the process."""

from __future__ import annotations

import asyncio
import time
from datetime import datetime
from functools import partial

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from aggregator.errors import StoreError
from aggregator.model import Event
from aggregator.passes import health, told
from aggregator.publish import pages
from aggregator.store import connect
from aggregator.web import metrics
from aggregator.web.site import Site

# Seconds without a look at what is due: a pass of a thousand slow sources takes minutes, and looks are every five seconds
_LATE = 1800
_EVENTS = 20
UNREADABLE = "the store can not be read now"


def routes(site: Site) -> list[Route]:
    """`/status`, `/status.json`, `/readyz` and `/metrics`."""

    frame = pages.frame(site.config.site, site.config.feeds, live=True)

    async def page(_: Request) -> Response:
        rows = await asyncio.to_thread(sources, site)
        notices = [told.notice(event, site.config) for event in await asyncio.to_thread(_events, site)]
        shown = [_row(row, now=site.clock()) for row in rows]
        rendered = pages.status(shown, frame, notices=notices, fault=site.condition.config_fault)
        return Response(rendered.content, media_type="text/html; charset=utf-8")

    async def as_json(_: Request) -> Response:
        rows = await asyncio.to_thread(sources, site)
        events = [told.as_dict(event, site.config) for event in await asyncio.to_thread(_events, site)]
        shown = [health.as_dict(row, now=site.clock()) for row in rows]
        return JSONResponse({"sources": shown, "events": events, "config": {"fault": site.condition.config_fault}})

    async def ready(_: Request) -> Response:
        missing = await asyncio.to_thread(_missing, site)
        return PlainTextResponse(f"{missing or 'ok'}\n", status_code=503 if missing else 200)

    async def counted(_: Request) -> Response:
        text = partial(site.metrics.text, site.condition, site.config.sources, site.store_url)
        content = await asyncio.to_thread(text)
        return Response(content, media_type=metrics.CONTENT_TYPE)

    return [
        Route("/status", page),
        Route("/status.json", as_json),
        Route("/readyz", ready),
        Route("/metrics", counted),
    ]


def _missing(site: Site) -> str:
    """What is missing for readers to be served; "" where nothing is."""
    try:
        with connect.opened(site.store_url, new=False) as store:
            store.generation()
    except StoreError:
        return UNREADABLE
    if not (site.output / "index.html").is_file():
        return "nothing is published yet"
    looked = site.condition.looked
    if looked is not None and time.monotonic() - looked > _LATE:
        return f"no pass for {time.monotonic() - looked:.0f} s"
    return ""


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


def _events(site: Site) -> tuple[Event, ...]:
    with connect.opened(site.store_url, new=False) as store:
        return store.events(_EVENTS)


def sources(site: Site) -> tuple[health.Health, ...]:
    """The state of every source now."""
    with connect.opened(site.store_url, new=False) as store:
        return health.health(site.config.sources, store.states(), store.source_counts())
