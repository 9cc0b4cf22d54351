"""What is said of a story, the same in every format."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from html import escape
from typing import NamedTuple
from zoneinfo import ZoneInfo

from aggregator import text, urls
from aggregator.model import Enclosure, Item, Source, Story
from aggregator.publish import legible, words
from aggregator.publish.checks import markup, values
from aggregator.publish.view import View

# A feed of no stories was last changed then: any constant will do, now would make the bytes differ from run to run
NEVER = datetime(2000, 1, 1, tzinfo=UTC)
_CONTENT = 100_000  # characters of HTML that one entry may bring
_SUMMARY = 500  # characters of the text that stand in for a missing summary


_SLUG = re.compile(r"[0-9a-f]{32}")  # as `stories.merge` mints them
_TEASER = 400  # characters in which the sentence is looked for that a cut summary breaks off in


class Place(NamedTuple):
    """Where a story stands: a URL and the name of the source."""

    url: str
    name: str


class Mark(NamedTuple):
    """A label on a story: `term` for programs, `name` for people."""

    term: str
    name: str


class Outlet(NamedTuple):
    """The source of a story's origin: `feed` is its address as strangers may know it, `page` its homepage."""

    name: str
    feed: str
    page: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One story as the documents show it: instants in UTC to the second, texts never empty but `summary`."""

    id: str
    url: str
    title: str
    summary: str  # plain text, "" when there is nothing to say
    content: str  # safe HTML with a line on where it comes from
    published: datetime
    updated: datetime
    language: str | None  # where it is not the feed's
    authors: tuple[str, ...]
    issuer: str | None  # where it is not the source
    outlet: Outlet
    also: tuple[Place, ...]  # further places, each URL once
    marks: tuple[Mark, ...]
    enclosures: tuple[Enclosure, ...]
    story: Story


def stories(view: View) -> tuple[Shown, ...]:
    """The view's stories as its documents show them, in its order; worked out once for all its formats (a fifth of the time).

    Raises ValueError or OverflowError for an instant that can not be written.
    """
    if "stories" not in view.memory:
        view.memory["stories"] = tuple(_stories(view))
    known: tuple[Shown, ...] = view.memory["stories"]
    return known


def _stories(view: View) -> Iterator[Shown]:
    room = view.room
    outlets: dict[str, Outlet] = {}
    for story in view.stories:
        item = story.origin
        if item.source_id not in outlets:
            outlets[item.source_id] = outlet(item, view.sources)
        full = len(item.html) <= min(_CONTENT, room)
        room -= len(item.html) if full else 0
        yield _shown(story, view, item.html if full else "", outlets[item.source_id])


def changed(view: View) -> datetime:
    """When what this view shows last changed: the newest change among its stories, never the time of publishing."""
    return max((max(_second(story.changed), updated(story)) for story in view.stories), default=NEVER)


def published(story: Story) -> datetime:
    """When it was published; never after we first had it: clocks differ, and readers wonder at news from the future."""
    return _second(min(story.published, max(story.minted, story.origin.first_seen)))


def updated(story: Story) -> datetime:
    """RFC 4287 section 4.2.15: the last change that matters to readers.

    A correction that reached us after the story was first published counts from then; otherwise what the origin itself says,
    for that we saw it later than it was written is nothing to tell readers.
    """
    first = published(story)
    if story.changed > story.minted:
        return _second(max(story.changed, first))
    return _second(max(story.origin.updated or first, first))


def source_name(source_id: str, sources: Mapping[str, Source]) -> str:
    """The source's name; its id when it left the configuration."""
    source = sources.get(source_id)
    return legible.name(source.name if source else source_id) or source_id


def also(story: Story, sources: Mapping[str, Source]) -> tuple[Place, ...]:
    """Where else the story stands: every further carrier, each URL once."""
    places: dict[str, Place] = {}
    for item in story.carriers:
        url = legible.address(item.url)
        if url and item.url != story.origin.url and url not in places:
            places[url] = Place(url, source_name(item.source_id, sources))
    return tuple(places.values())


def page(story_id: str) -> str:
    """Where the story's page stands, from the output directory: `stories/<the last part of its id>.html`."""
    slug = story_id.rpartition("story/")[2]
    return f"stories/{slug if _SLUG.fullmatch(slug) else text.digest(slug)}.html"


def link(item: Item, outlet: Outlet) -> str:
    """The item's URL. Items hold http(s) alone; should one not, the source's page stands in: this link is pressed."""
    return legible.address(item.url) or outlet.page


def outlet(item: Item, sources: Mapping[str, Source]) -> Outlet:
    source = sources.get(item.source_id)
    if source is None:
        return Outlet(source_name(item.source_id, sources), "", "")
    feed, page = legible.identifier(urls.public(source.url, source.secrets)), legible.identifier(source.homepage or "")
    return Outlet(source_name(item.source_id, sources), feed, page)


def issuer(item: Item, name: str) -> str | None:
    """Who issued it, when that is somebody else than the source of that name."""
    written = legible.name(item.issuer or "")
    return written if written and text.fold(written) != text.fold(name) else None


def teaser(item: Item) -> str:
    """The summary; where the publisher cut it in the middle of a sentence and the text goes on, to that sentence's end."""
    if _ends_sentence(item.summary):
        return item.summary
    summary = item.summary.rstrip(" .…")
    if not summary or not item.text.startswith(summary):
        return item.summary or item.text
    rest = item.text[len(summary) : len(summary) + _TEASER]
    return summary + next(text.sentences(rest), "").rstrip()


def _ends_sentence(summary: str) -> bool:
    bare = summary.rstrip(" \"“”»«'")
    return bare.endswith((".", "!", "?")) and not bare.endswith("..")


def headline(item: Item) -> str:
    """The title; where it holds nothing legible, the first words of the text, or the host, or the item's id."""
    title = legible.text(item.title).strip()
    return (
        title or legible.text(text.shorten((item.summary or item.text).strip(), 80)) or urls.host(item.url) or item.id
    )


def _shown(story: Story, view: View, html: str, source: Outlet) -> Shown:
    item = story.origin
    language = view.feed.language
    issued_by = issuer(item, source.name)
    summary = legible.text(item.summary.strip() or text.shorten(item.text.strip(), _SUMMARY)).strip()
    url = link(item, source)
    further = also(story, view.sources)
    footer = _footer(Place(url, source.name), issued_by, further, _corrected(story, view), words.of(language))
    return Shown(
        id=story.id,
        url=url,
        title=headline(item),
        summary=summary,
        content=_sound(html, footer, view) or _paragraph(summary) + footer,
        published=published(story),
        updated=updated(story),
        language=legible.language(item.language) if item.language != language else None,
        authors=_authors(item, issued_by or source.name),
        issuer=issued_by,
        outlet=source,
        also=further,
        marks=tuple(_marks(story, view)),
        enclosures=tuple(_enclosures(item)),
        story=story,
    )


def _marks(story: Story, view: View) -> Iterator[Mark]:
    for tag in story.tags:
        term = legible.text(tag.label).strip()
        if term:
            named = words.name(view.labels.get(tag.label), tag.label, view.feed.language)
            yield Mark(term, legible.name(named) or term)


def _enclosures(item: Item) -> Iterator[Enclosure]:
    seen: set[str] = set()
    for each in item.enclosures:
        url = legible.enclosed(each.url)
        if url and url not in seen:
            seen.add(url)
            media_type = each.type if not any(values.media_type(each.type)) else ""
            yield replace(each, url=url, type=media_type)


def _authors(item: Item, otherwise: str) -> tuple[str, ...]:
    """RFC 4287 section 4.1.2: an entry without an author would get the feed's, and we wrote nothing of it."""
    named = dict.fromkeys(filter(None, map(legible.name, item.authors)))
    return tuple(named) or (otherwise,)


def _sound(html: str, footer: str, view: View) -> str:
    """The HTML with its footer, "" where a strict parser would mend it: readers differ in how they do."""
    content = legible.text(html) + footer
    if not html or any(markup.html(content)):
        return ""
    view.sound.add(content)
    return content


def _paragraph(summary: str) -> str:
    return f"<p>{escape(summary, quote=False)}</p>" if summary else ""


def _corrected(story: Story, view: View) -> str:
    """When what it says was changed after it had been published, for people who read it before; "" where it was not."""
    if story.changed <= story.minted:
        return ""
    return words.moment(story.changed.astimezone(ZoneInfo(view.site.timezone)), view.feed.language)


def _footer(
    origin: Place, issued_by: str | None, further: tuple[Place, ...], corrected: str, phrases: Mapping[str, str]
) -> str:
    parts = [f"{phrases['source']}: {_anchor(origin)}"]
    if issued_by:
        parts.append(f"{phrases['issuer']}: {escape(issued_by, quote=False)}")
    if further:
        parts.append(f"{phrases['also']}: {', '.join(map(_anchor, further))}")
    if corrected:
        parts.append(f"{phrases['corrected'].capitalize()}: {corrected}")
    return f"<p>{' · '.join(parts)}</p>"


def _anchor(place: Place) -> str:
    name = escape(place.name, quote=False)
    return f'<a href="{escape(place.url)}">{name}</a>' if place.url else name


def _second(instant: datetime) -> datetime:
    """In UTC, without fractions: RSS knows none, and the formats shall agree."""
    utc = instant if instant.tzinfo is UTC else instant.astimezone(UTC)
    return utc.replace(microsecond=0)
