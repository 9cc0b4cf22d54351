"""The service's application: published files with validators, content negotiation, search, status.

Files are served as they lie in the output directory: any static web server may take their part, search and status aside.
"""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from aggregator.errors import StoreError
from aggregator.web import search, status
from aggregator.web.front import Front
from aggregator.web.published import Shelf
from aggregator.web.site import Site


def build(site: Site) -> Front:
    """The ASGI application for one installation."""
    routes = [Route("/healthz", _alive), *status.routes(site), *search.routes(site)]
    # For answers that are worked out for one reader; published files never come here
    packed = Middleware(GZipMiddleware, minimum_size=1_000, compresslevel=5)
    computed = Starlette(
        routes=routes, middleware=[packed], exception_handlers={StoreError: _unavailable, 404: _missing}
    )
    return Front(Shelf(site.output), computed)


async def _alive(_: Request) -> Response:
    return PlainTextResponse("ok\n")


async def _missing(_: Request, __: Exception) -> Response:
    return PlainTextResponse("not found\n", status_code=404)


async def _unavailable(_: Request, error: Exception) -> Response:
    return PlainTextResponse(f"{error}\n", status_code=503, headers={"Retry-After": "10"})
