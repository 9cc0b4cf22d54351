"""Stories to RSS 2.0 and Atom 1.0, by feedgen with what `feedgen_ext` mends."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING, Literal

from aggregator.publish import shown, words
from aggregator.publish.feedgen_ext import BYTES, EntryExtension, FeedExtension, plain
from aggregator.publish.shown import Mark, Shown
from aggregator.publish.view import Rendered, View, whole

if TYPE_CHECKING:
    from feedgen.entry import FeedEntry
    from feedgen.feed import FeedGenerator


def rss(view: View) -> Rendered:
    """RSS 2.0 with Atom links and Dublin Core (rssboard.org/rss-profile)."""
    return whole(view, _rss)


def atom(view: View) -> Rendered:
    """Atom 1.0 (RFC 4287)."""
    return whole(view, _atom)


def _rss(view: View) -> bytes:
    feed = _feed(view, "rss")
    for each in shown.stories(view):
        _add_item(_entry(feed, each), each, view)
    document: bytes = feed.rss_str(pretty=True)
    return document


def _atom(view: View) -> bytes:
    feed = _feed(view, "atom")
    for each in shown.stories(view):
        _add_entry(_entry(feed, each), each, view)
    document: bytes = feed.atom_str(pretty=True)
    return document


def _feed(view: View, format_: Literal["rss", "atom"]) -> FeedGenerator:
    from feedgen.feed import FeedGenerator

    site, told = view.site, view.feed
    feed = FeedGenerator()
    feed.register_extension("agg", FeedExtension, EntryExtension)
    feed.agg.hub = view.hub
    feed.agg.archive = view.number > 0
    feed.agg.chain = view.chain(format_)
    feed.id(_feed_id(view))
    if format_ == "rss":
        feed.title(plain(told.title or told.id))
        feed.description(plain(told.description or told.title or told.id))
    else:
        feed.title(told.title or told.id)
        feed.subtitle(told.description or None)
    feed.language(told.language)
    feed.updated(shown.changed(view))
    author = _author(view)
    feed.author(**author)
    if "email" in author:
        feed.managingEditor(plain(f"{author['email']} ({author['name']})"))
    feed.generator("aggregator")  # no version: an update of the program changes no feed
    feed.docs("")
    if site.imprint_url:
        phrases = words.of(told.language)
        feed.rights(f"{phrases['rights']}. {phrases['imprint']}: {site.imprint_url}")
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
    name = {"name": site.title or "aggregator"}
    if site.contact.startswith(("https://", "http://")):
        return {**name, "uri": site.contact}
    return {**name, "email": site.contact} if "@" in site.contact else name


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


def _add_entry(entry: FeedEntry, each: Shown, view: View) -> None:
    entry.title(each.title)
    entry.published(each.published)
    entry.updated(each.updated)
    if each.summary:
        entry.summary(each.summary)
    entry.content(each.content, type="html")
    entry.author([{"name": name} for name in each.authors])
    _categorise(entry, each.marks, view)


def _categorise(entry: FeedEntry, marks: Sequence[Mark], view: View) -> None:
    scheme = f"{view.site.base_url}labels"
    if marks:
        entry.category([{"term": mark.term, "scheme": scheme, "label": mark.name} for mark in marks])
