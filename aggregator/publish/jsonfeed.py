"""Stories to JSON Feed 1.1 (jsonfeed.org/version/1.1). Keys stand in a fixed order; what is empty is left out."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TypeAlias

from aggregator.model import Item, Story
from aggregator.publish import legible, shown
from aggregator.publish.checks import jsonfeed as rules
from aggregator.publish.checks import values
from aggregator.publish.shown import Shown
from aggregator.publish.view import Rendered, View, whole

Json: TypeAlias = str | int | float | bool | Sequence["Json"] | Mapping[str, "Json"] | None


def render(view: View) -> Rendered:
    """JSON Feed 1.1; what the format has no word for stands in each item's `_aggregator`."""
    return whole(view, _render, lambda content: rules.faults(content, view.document("json"), view.sound))


def _render(view: View) -> bytes:
    site, feed = view.site, view.feed
    document: dict[str, Json] = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": legible.text(feed.title).strip() or feed.id,
        "home_page_url": view.page,
        "feed_url": view.document("json"),
        "next_url": view.chain("json").get("prev-archive", ""),
        "description": legible.text(feed.description).strip(),
        "language": legible.language(feed.language) or "",
        "authors": [_filled({"name": legible.name(site.title) or "aggregator", "url": _contact(site.contact)})],
        "hubs": [{"type": "WebSub", "url": view.hub}] if view.hub else [],
    }
    document = {**_filled(document), "items": [_item(each, view) for each in shown.stories(view)]}
    # a surrogate without its other half has no UTF-8: UnicodeEncodeError, a ValueError
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def _contact(contact: str) -> str:
    found = f"mailto:{contact}" if "@" in contact and ":" not in contact else legible.address(contact)
    return "" if any(values.link(found)) else found


def _item(each: Shown, view: View) -> Json:
    return _filled(
        {
            "id": each.id,
            "url": each.url,
            "title": each.title,
            "content_html": each.content,
            "summary": each.summary,
            "date_published": _rfc3339(each.published),
            "date_modified": _rfc3339(each.updated) if each.updated != each.published else "",
            "authors": [{"name": name} for name in each.authors],
            "tags": [mark.name for mark in each.marks],
            "language": each.language or "",
            "attachments": _attachments(each),
            "_aggregator": _extension(each, view),
        }
    )


def _attachments(each: Shown) -> Json:
    return [
        _filled(
            {
                "url": enclosure.url,
                "mime_type": enclosure.type or "application/octet-stream",
                "size_in_bytes": enclosure.length or 0,
            }
        )
        for enclosure in each.enclosures
    ]


def _extension(each: Shown, view: View) -> Json:
    story = each.story
    return _filled(
        {
            "origin": _place(story.origin, view),
            "issuer": each.issuer or "",
            "carriers": [_place(item, view) for item in story.carriers],
            "tags": _tags(story),
            "related": list(story.related),
            "absorbed": list(story.absorbed),
        }
    )


def _place(item: Item, view: View) -> Json:
    return {
        "source": item.source_id,
        "name": shown.source_name(item.source_id, view.sources),
        "item": item.id,
        "url": item.url,
        "title": item.title,
        "published": _rfc3339(item.published),
    }


def _tags(story: Story) -> Json:
    return [
        {
            "label": tag.label,
            "score": tag.score,
            **({"version": tag.version} if tag.version else {}),
            "evidence": [
                {"rule": each.rule, "field": each.field, "text": each.text, "weight": each.weight}
                for each in tag.evidence
            ],
        }
        for tag in story.tags
    ]


def _filled(fields: Mapping[str, Json]) -> dict[str, Json]:
    """The format wants a key left out rather than empty."""
    return {key: value for key, value in fields.items() if value or value is False}


def _rfc3339(instant: datetime) -> str:
    return instant.isoformat().replace("+00:00", "Z")
