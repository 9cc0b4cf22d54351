"""What the operator is told, as an Atom feed of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape

from aggregator import text
from aggregator.model import Site
from aggregator.publish import shown
from aggregator.publish.feedgen_ext import plain

ID = "health"  # stands where those of published feeds do; no feed can be called so


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One thing to be told: `number` stands in its id, `at` is different for each, `paragraphs` are plain text."""

    number: int
    at: datetime
    title: str
    term: str  # its kind, for those who sort
    paragraphs: tuple[str, ...]


def atom(site: Site, notices: Sequence[Notice]) -> bytes:
    """Atom 1.0 (RFC 4287), newest first as they are given; the same notices are the same bytes."""
    from feedgen.feed import FeedGenerator

    feed = FeedGenerator()
    feed.id(f"tag:{site.minting}:feeds/{ID}")
    feed.title(plain(text.legal(f"{site.title}: health")))
    feed.subtitle("What lasts and somebody should look at: sources and this installation")
    feed.language("en")
    feed.updated(notices[0].at if notices else shown.NEVER)
    feed.author(_author(site))
    feed.generator("aggregator")
    feed.link(href=f"{site.base_url}feeds/{ID}.atom", rel="self", type="application/atom+xml")
    page = f"{site.base_url}status" if site.served else site.base_url
    feed.link(href=page, rel="alternate", type="text/html")
    for notice in notices:
        entry = feed.add_entry(order="append")
        entry.id(f"tag:{site.minting}:events/{notice.number}")
        entry.title(text.legal(notice.title))
        entry.published(notice.at)
        entry.updated(notice.at)
        entry.category(term=notice.term)
        html = "".join(f"<p>{escape(text.legal(one), quote=False)}</p>" for one in notice.paragraphs)
        entry.content(html, type="html")
    document: bytes = feed.atom_str(pretty=True)
    return document


def _author(site: Site) -> dict[str, str]:
    name = {"name": text.legal(site.title) or "aggregator"}
    if site.contact.startswith(("https://", "http://")):
        return {**name, "uri": site.contact}
    return {**name, "email": site.contact} if "@" in site.contact else name
