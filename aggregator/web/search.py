"""Search in what is stored: a page, and any search as a feed."""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from aggregator.model import PublishedFeed, Selection, Story
from aggregator.publish import pages, xml
from aggregator.publish.view import View
from aggregator.store import connect
from aggregator.web.site import Site

_LONGEST = 500  # characters of a query: nobody types more
_MOST = 50  # stories of an answer


def routes(site: Site) -> list[Route]:
    """`/search` and `/search.atom`."""
    frame = pages.frame(site.config.site, site.config.feeds, live=True)

    async def page(request: Request) -> Response:
        query = request.query_params.get("q", "").strip()
        if len(query) > _LONGEST:
            return _too_long()
        rendered = await asyncio.to_thread(lambda: pages.search(found(site, query), frame))
        return Response(rendered.content, media_type="text/html; charset=utf-8")

    async def as_feed(request: Request) -> Response:
        query = request.query_params.get("q", "").strip()
        if len(query) > _LONGEST:
            return _too_long()
        rendered = await asyncio.to_thread(lambda: xml.atom(found(site, query)))
        return Response(rendered.content, media_type="application/atom+xml; charset=utf-8")

    return [Route("/search", page), Route("/search.atom", as_feed)]


def _too_long() -> Response:
    return PlainTextResponse(f"a query has at most {_LONGEST} characters\n", status_code=400)


def found(site: Site, query: str) -> View:
    """The stories that a query finds, best first, as a feed that nobody configured."""
    stories: tuple[Story, ...] = ()
    if query:
        with connect.opened(site.store_url) as store:
            ids = store.search(query, _MOST)
            by_id = store.stories(ids)
            stories = tuple(by_id[story_id] for story_id in ids if story_id in by_id)
    title = f"{site.config.site.title}: {query}"
    feed = PublishedFeed(
        id="search",
        title=title,
        description=title,
        language=site.config.site.language,
        selection=Selection(),
    )
    return View(
        site=site.config.site,
        feed=feed,
        stories=stories,
        sources={source.id: source for source in site.config.sources},
        labels={label.id: label for label in site.config.taxonomy.labels},
        query=query,
    )
