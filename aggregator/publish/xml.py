"""Stories to RSS 2.0 and Atom 1.0, by feedgen with what `feedgen_ext` mends."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from html import escape
from typing import TYPE_CHECKING, Literal

from aggregator import text
from aggregator.publish import legible, shown, words
from aggregator.publish.checks import atom as atom_rules
from aggregator.publish.checks import rss as rss_rules
from aggregator.publish.checks import values
from aggregator.publish.feedgen_ext import BYTES, EntryExtension, FeedExtension, plain
from aggregator.publish.shown import Mark, Shown
from aggregator.publish.view import Rendered, View, whole

if TYPE_CHECKING:
    from feedgen.entry import FeedEntry
    from feedgen.feed import FeedGenerator


_BRACKETS = re.compile(r"[()\\]")  # what would end a name in brackets


def rss(view: View) -> Rendered:
    """RSS 2.0 with Atom links and Dublin Core (rssboard.org/rss-profile)."""
    return whole(view, _rss, lambda content: rss_rules.faults(content, view.document("rss"), view.sound))


def atom(view: View) -> Rendered:
    """Atom 1.0 (RFC 4287)."""
    return whole(view, _atom, lambda content: atom_rules.faults(content, view.document("atom"), view.sound))


def _rss(view: View) -> bytes:
    feed = _feed(view, "rss")
    for each in shown.stories(view):
        _add_item(_entry(feed, each), each, view)
    return _plainly(feed.rss_str(pretty=True))


def _atom(view: View) -> bytes:
    feed = _feed(view, "atom")
    stories = shown.stories(view)
    instants = _instants(stories)
    for each in stories:
        _add_entry(_entry(feed, each), each, view, instants[each.id])
    feed.updated(max(shown.changed(view), *instants.values()) if instants else shown.changed(view))
    return _plainly(feed.atom_str(pretty=True))


def _plainly(document: bytes) -> bytes:
    """The ampersands of texts as the RSS profile advises: nobody then takes `&lt;` in a title for a bracket."""
    return document.replace(b"&amp;", b"&#x26;")


def _instants(stories: Sequence[Shown]) -> Mapping[str, datetime]:
    """When each story was last changed, no two at the same instant: many dates are a day alone, and readers sort by this one.
    The fraction of the second is made of the origin's id, so it is the same in every feed, whoever came first, and does not move
    with its neighbours.
    """
    taken: set[datetime] = set()
    found: dict[str, datetime] = {}
    for each in sorted(stories, key=lambda each: each.story.origin.id):
        instant = each.updated + timedelta(microseconds=int(text.digest(each.story.origin.id)[:12], 16) % 1_000_000)
        while instant in taken:
            instant += timedelta(microseconds=1)
        taken.add(instant)
        found[each.id] = instant
    return found


def _feed(view: View, format_: Literal["rss", "atom"]) -> FeedGenerator:
    from feedgen.feed import FeedGenerator

    site, told = view.site, view.feed
    feed = FeedGenerator()
    feed.register_extension("agg", FeedExtension, EntryExtension)
    feed.agg.hub = view.hub
    # The only page of an archive is marked as one when the next is there, which it then leads to: without either neighbour the
    # mark is a fault to validators (RFC 5005 asks for it with SHOULD)
    feed.agg.archive = view.number > 0 and bool(view.older or view.newer)
    feed.agg.chain = view.chain(format_)
    feed.id(_feed_id(view))
    title = legible.text(told.title).strip() or told.id
    description = legible.text(told.description).strip()
    if format_ == "rss":
        feed.title(plain(title))
        feed.description(plain(description or title))
    else:
        feed.title(title)
        feed.subtitle(description or None)
    feed.language(legible.language(told.language))
    feed.updated(shown.changed(view))
    author = _author(view)
    feed.author(**author)
    if "email" in author:
        feed.managingEditor(f"{author['email']} ({_BRACKETS.sub('', author['name']).strip() or 'aggregator'})")
    feed.generator("aggregator")  # no version: an update of the program changes no feed
    feed.docs("")
    if site.imprint_url:
        phrases = words.of(told.language)
        rights = legible.text(f"{phrases['rights']}. {phrases['imprint']}: {site.imprint_url}")
        feed.rights(plain(rights) if format_ == "rss" else rights)
    if view.hub:
        feed.link(href=view.hub, rel="hub")
    for relation, url in feed.agg.chain.items():
        feed.link(href=url, rel=relation, type=f"application/{format_}+xml")
    feed.link(href=view.document(format_), rel="self", type=f"application/{format_}+xml")
    feed.link(href=view.page, rel="alternate", type="text/html")  # last: RSS takes the last as the channel's link
    return feed


def _feed_id(view: View) -> str:
    """RFC 4287 section 4.2.6: permanent, so without the address where an installation agreed on a tagging entity."""
    if view.site.minting and view.query is None:
        return f"tag:{view.site.minting}:feeds/{view.feed.id}"
    return view.subscribed("atom")


def _author(view: View) -> dict[str, str]:
    site = view.site
    name = {"name": legible.name(site.title) or "aggregator"}
    if uri := legible.address(site.contact):
        return {**name, "uri": uri}
    return name if any(values.address(site.contact)) else {**name, "email": site.contact}


def _entry(feed: FeedGenerator, each: Shown) -> FeedEntry:
    entry = feed.add_entry(order="append")
    entry.agg.shown = each
    entry.id(each.id)
    return entry


def _add_item(entry: FeedEntry, each: Shown, view: View) -> None:
    entry.title(plain(each.title))
    if each.url:
        entry.link(href=each.url)
    if each.summary:  # before the content: alone, that would become the description. HTML by the RSS profile
        entry.description(escape(each.summary, quote=False), isSummary=True)
    entry.content(each.content, type="html")
    _categorise(entry, [mark._replace(name=plain(mark.name)) for mark in each.marks], view)
    if each.outlet.feed:
        entry.source(url=each.outlet.feed, title=plain(each.outlet.name))
    if each.enclosures:
        first = each.enclosures[0]
        entry.enclosure(first.url, str(first.length or 0), first.type or BYTES)


def _add_entry(entry: FeedEntry, each: Shown, view: View, updated: datetime) -> None:
    entry.title(each.title)
    entry.published(each.published)
    entry.updated(updated)
    if each.summary:
        entry.summary(each.summary)
    entry.content(each.content, type="html")
    entry.author([{"name": name} for name in each.authors])
    _categorise(entry, each.marks, view)


def _categorise(entry: FeedEntry, marks: Sequence[Mark], view: View) -> None:
    scheme = f"{view.site.base_url}labels"
    if marks:
        entry.category([{"term": mark.term, "scheme": scheme, "label": mark.name} for mark in marks])
