"""The routes of the service: published files with validators, content negotiation, search, status.

Files are served as they lie in the output directory: any static web server may take this room's place, search and status aside.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from aggregator.web import search, status
from aggregator.web.site import Site

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

TYPES = {
    ".rss": "application/rss+xml; charset=utf-8",
    ".atom": "application/atom+xml; charset=utf-8",
    ".json": "application/feed+json; charset=utf-8",
    ".opml": "text/x-opml; charset=utf-8",
    ".xml": "application/xml; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
}
_OPML = frozenset({"opml.xml", "feeds.opml"})
# What a reader asks for, and the file that answers; the first is for those who take anything (RFC 9110 section 12.5.1).
_OFFERED = {
    "application/atom+xml": ".atom",
    "application/rss+xml": ".rss",
    "application/feed+json": ".json",
    "application/json": ".json",
    "application/xml": ".atom",
    "text/xml": ".rss",
    "text/html": ".html",
    "application/xhtml+xml": ".html",
}
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _File:
    """A published file as it is sent; known by its time and size until it changes."""

    content: bytes
    etag: str
    modified: datetime
    stamp: tuple[int, int]


Files: TypeAlias = dict[Path, _File]


def build(site: Site) -> Starlette:
    """The ASGI application for one installation."""
    files: Files = {}

    async def published(request: Request) -> Response:
        return await asyncio.to_thread(_published, site, files, request)

    async def negotiated(request: Request) -> Response:
        feed_id = request.path_params["feed_id"]
        suffix = preferred(request.headers.get("accept", "*/*"))
        name = f"{feed_id}/index.html" if suffix == ".html" else f"feeds/{feed_id}{suffix}"
        if not any(feed.id == feed_id for feed in site.config.feeds):
            return _missing()
        response = await asyncio.to_thread(_file_response, site, files, request, name)
        response.headers["Vary"] = "Accept"
        return response

    routes = [
        Route("/healthz", _alive),
        *status.routes(site),
        *search.routes(site),
        Route("/feeds/{feed_id:str}.{suffix:str}", published),
        Route("/feeds/{feed_id:str}", negotiated),
        Route("/{path:path}", published),
    ]
    return Starlette(routes=routes, middleware=[Middleware(_Headers), Middleware(GZipMiddleware, minimum_size=500)])


async def _alive(_: Request) -> Response:
    return PlainTextResponse("ok\n")


def _missing() -> Response:
    return PlainTextResponse("not found\n", status_code=404)


def _published(site: Site, files: Files, request: Request) -> Response:
    path = request.url.path.lstrip("/")
    name = f"{path}index.html" if path == "" or path.endswith("/") else path
    if "." not in Path(name).name and (site.output / name / "index.html").is_file():
        return Response(status_code=308, headers={"Location": f"{request.url.path.rsplit('/', 1)[-1]}/"})
    return _file_response(site, files, request, name)


def _file_response(site: Site, files: Files, request: Request, name: str) -> Response:
    path = site.output / name
    content_type = TYPES[".opml"] if name in _OPML else TYPES.get(path.suffix)
    if content_type is None or ".." in Path(name).parts or path.name.startswith("."):
        return _missing()
    file = _current(files, path)
    if file is None:
        return _missing()
    headers = {
        "ETag": file.etag,
        "Last-Modified": format_datetime(file.modified, usegmt=True),
        "Cache-Control": "public, max-age=300",
        "Content-Type": content_type,
    }
    if name.startswith("feeds/") or name in _OPML:
        headers["Access-Control-Allow-Origin"] = "*"
    if fresh(request, file.etag, file.modified):
        return Response(status_code=304, headers=headers)
    return Response(file.content, headers=headers)


def _current(files: Files, path: Path) -> _File | None:
    """The file as it is now: read again only when its time or size changed."""
    try:
        state = path.stat()
        stamp = (state.st_mtime_ns, state.st_size)
        known = files.get(path)
        if known is not None and known.stamp == stamp:
            return known
        content = path.read_bytes()
    except (OSError, ValueError):
        files.pop(path, None)
        return None
    files[path] = _File(
        content=content,
        etag=f'"{blake2b(content, digest_size=16).hexdigest()}"',
        modified=datetime.fromtimestamp(int(state.st_mtime), UTC),
        stamp=stamp,
    )
    return files[path]


def fresh(request: Request, etag: str, modified: datetime) -> bool:
    """Whether what the reader has is what there is: If-None-Match before If-Modified-Since (RFC 9110 section 13.2.2)."""
    wanted = request.headers.get("if-none-match")
    if wanted is not None:
        known = {part.strip().removeprefix("W/") for part in wanted.split(",")}
        return "*" in known or etag in known
    since = request.headers.get("if-modified-since")
    if since is None:
        return False
    try:
        return modified <= parsedate_to_datetime(since)
    except (TypeError, ValueError):
        return False


def preferred(accept: str) -> str:
    """The suffix of the format that an Accept header likes best; what it refuses is not given, Atom when all is equal."""
    best, best_quality = ".atom", 0.0
    ranges = [_media_range(part) for part in accept.split(",")]
    for offered, suffix in _OFFERED.items():
        quality = max((q for name, q in ranges if name in {offered, "*/*", f"{offered.split('/')[0]}/*"}), default=0.0)
        exact = [q for name, q in ranges if name == offered]
        quality = exact[0] + 0.001 if exact and exact[0] > 0 else (0.0 if exact else quality)
        if quality > best_quality:
            best, best_quality = suffix, quality
    return best


def _media_range(part: str) -> tuple[str, float]:
    name, *parameters = (piece.strip() for piece in part.split(";"))
    quality = next((piece[2:] for piece in parameters if piece.startswith("q=")), "1")
    try:
        return name.lower(), min(1.0, max(0.0, float(quality)))
    except ValueError:
        return name.lower(), 0.0


class _Headers:
    """Adds the security headers to every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                added = [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()]
                message["headers"] = [*message.get("headers", []), *added]
            await send(message)

        await self._app(scope, receive, sending)
