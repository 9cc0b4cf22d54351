"""Search in what is stored: a page, and any search as a feed."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from aggregator.model import Narrowed, PublishedFeed, Selection, Story
from aggregator.publish import pages, xml
from aggregator.publish.form import PAGE, Form
from aggregator.publish.view import Rendered, View
from aggregator.store import connect
from aggregator.text import digest
from aggregator.web.site import Site

_LONGEST = 500  # characters of a query: nobody types more
_LONGEST_ID = 64  # of a source or label
_FEED = 50  # stories of a search that is read as a feed
_NUMBER = re.compile(r"[1-9][0-9]{0,2}")
_DAY = re.compile(r"(?:19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}")
_HEADERS = {"Cache-Control": "public, max-age=60"}


def routes(site: Site) -> list[Route]:
    """`/search` and `/search.atom`."""
    frame = pages.frame(site.config.site, site.config.feeds, live=True)

    def as_page(form: Form) -> Rendered:
        view, form = found(site, form, PAGE, by_date=False)
        return pages.search(view, frame, form)

    def as_feed(form: Form) -> Rendered:
        return xml.atom(found(site, replace(form, page=1), _FEED, by_date=True)[0])

    async def page(request: Request) -> Response:
        return await _answer(request, as_page, "text/html; charset=utf-8")

    async def feed(request: Request) -> Response:
        answer = await _answer(request, as_feed, "application/atom+xml; charset=utf-8")
        answer.headers["Access-Control-Allow-Origin"] = "*"
        return answer

    return [Route("/search", page), Route("/search.atom", feed)]


async def _answer(request: Request, render: Callable[[Form], Rendered], media_type: str) -> Response:
    form = asked(request.query_params)
    if len(form.query) > _LONGEST:
        return PlainTextResponse(f"a query has at most {_LONGEST} characters\n", status_code=400)
    content = (await asyncio.to_thread(render, form)).content
    # weak: it is compressed on its way out or not (RFC 9110 section 8.8.1)
    etag = f'W/"{digest(content.decode())}"'
    headers = {**_HEADERS, "ETag": etag}
    if etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(content, media_type=media_type, headers=headers)


def asked(parameters: QueryParams) -> Form:
    """What the parameters ask for. What is no day and no number counts as if it was not there, and so do other parameters."""
    number = parameters.get("page", "")
    return Form(
        query=parameters.get("q", "").strip(),
        cluster=parameters.get("cluster", "")[:_LONGEST_ID],
        source=parameters.get("source", "")[:_LONGEST_ID],
        since=_day(parameters.get("from", "")),
        until=_day(parameters.get("to", "")),
        page=int(number) if _NUMBER.fullmatch(number) else 1,
    )


def _day(written: str) -> str:
    try:
        return date.fromisoformat(written).isoformat() if _DAY.fullmatch(written) else ""
    except ValueError:
        return ""


def found(site: Site, form: Form, size: int, *, by_date: bool) -> tuple[View, Form]:
    """The stories that a search finds, as a feed that nobody configured; and the form with what is known of them. People see the
    best first, who reads it as a feed the newest: anything else would hide what is new behind what fits better."""
    stories: tuple[Story, ...] = ()
    if form.asks:
        with connect.opened(site.store_url, new=False) as store:
            narrowed = _narrowed(form, ZoneInfo(site.config.site.timezone))
            answer = store.search(form.query, size, offset=(form.page - 1) * size, narrowed=narrowed, by_date=by_date)
            by_id = store.stories(answer.ids)
            stories = tuple(by_id[story_id] for story_id in answer.ids if story_id in by_id)
            form = replace(form, total=answer.total, marks=answer.marks)
    view = View(
        site=site.config.site,
        feed=_feed(site, form),
        stories=stories,
        sources={source.id: source for source in site.config.sources},
        labels={label.id: label for label in site.config.taxonomy.labels},
        query=form.query,
        narrowing=form.narrowing,
    )
    return view, form


def _feed(site: Site, form: Form) -> PublishedFeed:
    title = ", ".join([form.query, *(value for _, value in form.narrowing)]).strip(", ")
    title = f"{site.config.site.title}: {title}"
    language = site.config.site.language
    return PublishedFeed(id="search", title=title, description=title, language=language, selection=Selection())


def _narrowed(form: Form, zone: ZoneInfo) -> Narrowed:
    """Days are those of the site's zone; the last one is in."""
    return Narrowed(
        labels=(form.cluster,) if form.cluster else (),
        source=form.source or None,
        since=_midnight(form.since, zone),
        until=_midnight(form.until, zone, timedelta(days=1)),
    )


def _midnight(day: str, zone: ZoneInfo, later: timedelta = timedelta(0)) -> datetime | None:
    return datetime.combine(date.fromisoformat(day) + later, time(), zone) if day else None
