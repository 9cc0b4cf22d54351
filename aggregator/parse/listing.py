"""A listing page, read by recipe, to a `Document`. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from aggregator import urls
from aggregator.errors import Failure
from aggregator.model import Document, Entry, Hints, Listing, Prose, Selector, Unreadable
from aggregator.parse import places
from aggregator.parse.entry import fingerprinted

if TYPE_CHECKING:
    from bs4 import Tag

    from aggregator.parse.decode import Decoded


def read(decoded: Decoded, hints: Hints, recipe: Listing) -> Document | Unreadable:
    """One entry an item that has a link. A page on which the recipe finds no item is unreadable: the site was rebuilt, and an
    empty list would hide it."""
    tree = places.soup(decoded)
    base = places.base_of(tree, hints.url)
    try:
        items = places.elements(tree, recipe.item)
        read_items = [_entry(item, recipe, base) for item in items[: hints.limit]]
        next_page = _next(tree, recipe, base, hints.url)
    except places.RecipeError as error:
        return places.unusable(error)
    entries = tuple(entry for entry in read_items if entry)
    if not entries:
        what = "has a link" if items else "is found"
        return Unreadable(
            failure=Failure.NO_ENTRIES, detail=f"no item {what} by {recipe.item!r} on {places.described(tree)}"
        )
    lost = len(read_items) - len(entries)
    return Document(
        format="listing",
        title=places.title(tree),
        homepage=hints.url,
        language=places.language(tree),
        hubs=_named(tree, "hub", base),
        topic=next(iter(_named(tree, "self", base)), None),
        next_page=next_page,
        entries=entries,
        repairs=(*decoded.repairs, *((f"items without a link were left out: {lost}",) if lost else ())),
    )


def _named(tree: Tag, rel: str, base: str) -> tuple[str, ...]:
    """Links of the head alone: what stands further down may be a visitor's (WebSub section 8.1)."""
    found = (urls.absolute(places.attribute(link, "href"), base) for link in tree.select(f'head > link[rel~="{rel}"]'))
    return tuple(link for link in found if link)


def _entry(item: Tag, recipe: Listing, base: str) -> Entry | None:
    anchor, link = _link(item, recipe.link, base)
    if not link:
        return None
    title = places.value(item, recipe.title) if recipe.title else places.line(anchor)
    date = places.value(item, recipe.date) or _date_in(link, recipe.date_in_url)
    summary = _summary(item, recipe.summary, link, base)
    return fingerprinted(
        Entry(
            link=link,
            title=Prose(title, html=False) if title else None,
            summary=Prose(summary, html=False) if summary else None,
            published_text=date,
            language=places.attribute(item, "lang"),
            fingerprint="",
        )
    )


def _link(item: Tag, selector: Selector, base: str) -> tuple[Tag, str | None]:
    """The element and the first of its URLs that may be published; `href` where the recipe names no attribute."""
    for element in places.elements(item, selector.css):
        link = urls.absolute(places.attribute(element, selector.attribute or "href"), base)
        if link:
            return element, link
    return item, None


def _summary(item: Tag, selector: Selector | None, link: str, base: str) -> str | None:
    """The teaser without its "more" links, which lead where the entry leads."""
    if not selector:
        return None
    if not selector.attribute:
        for element in places.elements(item, selector.css):
            for anchor in element.find_all("a", href=True):
                if element is not item and urls.absolute(places.attribute(anchor, "href"), base) == link:
                    anchor.extract()
    return places.value(item, selector)


def _date_in(link: str, pattern: str | None) -> str | None:
    """A date that stands in the URL: groups named year, month, day as `2017-11-22`, a single group as it stands there."""
    found = places.compiled(pattern).search(link[: urls.SEARCHED]) if pattern else None
    if not found:
        return None
    named = found.groupdict()
    if not named.get("year"):
        return found[found.lastindex or 0]
    parts = [named["year"], named.get("month"), named.get("day")]
    return "-".join(part.zfill(2) for part in parts if part)


def _next(tree: Tag, recipe: Listing, base: str, here: str) -> str | None:
    if not recipe.next:
        return None
    _, link = _link(tree, recipe.next, base)
    return link if link and re.sub("#.*", "", link) != re.sub("#.*", "", here) else None
