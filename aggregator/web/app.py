"""The service's application: published files with validators, content negotiation, search, status.

Files are served as they lie in the output directory: any static web server may take their part, search and status aside.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from aggregator.errors import StoreError
from aggregator.web import search, status
from aggregator.web.front import Front
from aggregator.web.published import Headers, Shelf
from aggregator.web.site import Site
from aggregator.web.websub import callbacks, hub, protocol


def build(site: Site) -> Front:
    """The ASGI application for one installation."""
    routes = [
        Route("/healthz", _alive),
        *status.routes(site),
        *search.routes(site),
        *hub.routes(site),
        *callbacks.routes(site),
    ]
    # For answers that are worked out for one reader; published files never come here
    packed = Middleware(GZipMiddleware, minimum_size=1_000, compresslevel=5)
    computed = Starlette(
        routes=routes, middleware=[packed], exception_handlers={StoreError: _unavailable, 404: _missing}
    )
    return Front(Shelf(site.output, partial(_linked, site)), computed)


def _linked(site: Site, name: str) -> Headers:
    """Discovery by headers, for who does not look into the document (WebSub section 4)."""
    told = site.config.site
    if not told.hub or not name.startswith("feeds/") or Path(name).suffix not in protocol.SUFFIXES:
        return []
    return [(b"link", protocol.link(told.hub, f"{told.base_url}{name}").encode())]


async def _alive(_: Request) -> Response:
    return PlainTextResponse("ok\n")


async def _missing(_: Request, __: Exception) -> Response:
    return PlainTextResponse("not found\n", status_code=404)


async def _unavailable(_: Request, __: Exception) -> Response:
    """Where the store stands and what ails it is told in the log (`store.failed`), not to readers."""
    return PlainTextResponse(f"{status.UNREADABLE}\n", status_code=503, headers={"Retry-After": "10"})
