"""JSON Feed 1.0 and 1.1 (https://www.jsonfeed.org/version/1.1/) to a `Document`. Pure.

Plain code instead of a pydantic model: what is wrong in one field costs that field, never the item, and pydantic's import alone
costs 50 ms in every parser process.
"""

from __future__ import annotations

import json
import re
from typing import Any, TypeAlias

from aggregator import urls
from aggregator.errors import Failure
from aggregator.model import Document, Enclosure, Entry, Hints, Prose, Unreadable
from aggregator.parse import links
from aggregator.parse.entry import fingerprinted

Object: TypeAlias = dict[str, Any]

_VERSION = re.compile(r"(?:https?://(?:www\.)?jsonfeed\.org/version/)?(\d+)(?:\.(\d+))?/?$")


def read(text: str | bytes, hints: Hints) -> Document | Unreadable:
    """The feed. Only items that are no objects or hold nothing at all drop out, each counted in the repairs."""
    try:
        found = json.loads(text, strict=False)  # a raw line break in a string is what editors paste
    except (ValueError, RecursionError) as error:
        ends = text.rstrip()[-1:] in {"}", "]", b"}", b"]"}
        failure = Failure.MALFORMED if ends else Failure.TRUNCATED
        return Unreadable(failure=failure, detail=f"JSON that does not parse: {str(error)[:200]}")
    if not isinstance(found, dict) or not isinstance(found.get("items"), list):
        return Unreadable(failure=Failure.NOT_A_FEED, detail="JSON without a list of items is no JSON Feed")
    items: list[Any] = found["items"]
    entries = [_entry(item, hints.url) for item in items[: hints.limit]]
    readable = tuple(entry for entry in entries if entry)
    return Document(
        format=_format(found),
        title=_string(found.get("title")),
        homepage=urls.absolute(_string(found.get("home_page_url")), hints.url),
        language=_string(found.get("language")),
        hubs=_hubs(found, hints.url),
        topic=urls.absolute(_string(found.get("feed_url")), hints.url),
        entries=readable,
        repairs=_repairs(len(items), len(entries), len(readable), hints.limit),
    )


def _format(feed: Object) -> str:
    version = _VERSION.match(_string(feed.get("version")) or "")
    return f"json{version[1]}{version[2] or '0'}"[:8] if version else "json"


def _repairs(items: int, taken: int, readable: int, limit: int) -> tuple[str, ...]:
    repairs = [f"items that are none were left out: {taken - readable}"] if taken > readable else []
    if items > taken:
        repairs.append(f"{items - taken} entries beyond the limit of {limit} were left out")
    return tuple(repairs)


def _hubs(feed: Object, base: str) -> tuple[str, ...]:
    hubs = (hub for hub in _list(feed.get("hubs")) if isinstance(hub, dict) and hub.get("type", "WebSub") == "WebSub")
    return tuple(hub for hub in (urls.absolute(_string(hub.get("url")), base) for hub in hubs) if hub)


def _entry(item: object, base: str) -> Entry | None:
    if not isinstance(item, dict):
        return None
    content = _content(item, base)
    entry = Entry(
        guid=_identifier(item.get("id")),
        link=urls.absolute(_string(item.get("url")), base) or urls.absolute(_string(item.get("external_url")), base),
        title=_plain(item.get("title")),
        summary=_plain(item.get("summary")),
        content=content,
        published_text=_string(item.get("date_published")),
        updated_text=_string(item.get("date_modified")),
        authors=_authors(item),
        categories=tuple(dict.fromkeys(filter(None, map(_string, _list(item.get("tags")))))),
        enclosures=_enclosures(item, base),
        language=_string(item.get("language")),
        fingerprint="",
    )
    empty = not (entry.guid or entry.link or entry.title or entry.summary or content)
    return None if empty else fingerprinted(entry)


def _content(item: Object, base: str) -> Prose | None:
    markup = _string(item.get("content_html"))
    return Prose(links.absolute(markup, base), html=True) if markup else _plain(item.get("content_text"))


def _plain(value: object) -> Prose | None:
    written = _string(value)
    return Prose(written, html=False) if written else None


def _string(value: object) -> str | None:
    """A text, None when it is another type or blank; lone surrogates (JSON may escape them) are no characters."""
    if not isinstance(value, str):
        return None
    return value.encode("utf-8", "replace").decode().strip() or None


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _identifier(value: object) -> str | None:
    """Version 1.1: "if an id is presented as a number or other type, a reader should coerce it to a string"."""
    if isinstance(value, bool):
        return None
    return str(value) if isinstance(value, int | float) else _string(value)


def _authors(item: Object) -> tuple[str, ...]:
    """Names of version 1.1's `authors` or version 1.0's `author`; who has only a URL is not named."""
    authors = [*_list(item.get("authors")), item.get("author")]
    names = (_string(author.get("name")) for author in authors if isinstance(author, dict))
    return tuple(dict.fromkeys(name for name in names if name))


def _enclosures(item: Object, base: str) -> tuple[Enclosure, ...]:
    found: dict[str, Enclosure] = {}
    for attachment in _list(item.get("attachments")):
        if isinstance(attachment, dict):
            _add(found, attachment.get("url"), attachment, base)
    for picture in ("image", "banner_image"):
        _add(found, item.get(picture), {}, base)
    return tuple(found.values())


def _add(found: dict[str, Enclosure], url: object, attachment: Object, base: str) -> None:
    absolute = urls.absolute(_string(url), base)
    if not absolute or absolute in found:
        return
    size = attachment.get("size_in_bytes")
    found[absolute] = Enclosure(
        url=absolute,
        type=_string(attachment.get("mime_type")) or links.media_type(absolute),
        length=size if isinstance(size, int) and not isinstance(size, bool) and size > 0 else None,
    )
