"""The rules for JSON Feed 1.1 (jsonfeed.org/version/1.1): what it demands, and what it strongly recommends."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from aggregator.publish.checks import markup, values
from aggregator.publish.checks.faults import Broken, Fault, shortened

_VERSION = "https://jsonfeed.org/version/1.1"
_LARGEST = 5_000_000

Rules = Mapping[str, Callable[[Any], Broken]]


def faults(content: bytes, location: str, sound: set[str]) -> tuple[Fault, ...]:
    """All faults of a document that stands at this address; none is what one may publish.

    `sound` holds HTML that is known to be without fault, and grows.
    """
    if len(content) > _LARGEST:
        return (Fault("ValidatorLimit", "document", f"{len(content)} bytes"),)
    try:
        document = json.loads(content.decode("utf-8"), parse_constant=_no_number)
    except ValueError as error:  # JSONDecodeError and UnicodeDecodeError are such
        return (Fault("NotJson", "document", shortened(str(error))),)
    if not isinstance(document, dict):
        return (Fault("InvalidValue", "document", type(document).__name__),)
    return tuple(_document(document, location, sound))


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is no JSON")


def _document(document: dict[str, Any], location: str, sound: set[str]) -> Iterator[Fault]:
    if document.get("version") != _VERSION:
        yield Fault("InvalidVersion", "version", shortened(str(document.get("version"))))
    if document.get("feed_url") != location:
        yield Fault("SelfDoesntMatchLocation", "feed_url", shortened(str(document.get("feed_url"))))
    yield from _object(document, _FEED, ("title", "home_page_url", "items"), "")
    seen: set[str] = set()
    items = document.get("items")
    for item in items if isinstance(items, list) else ():
        if not isinstance(item, dict):
            yield Fault("InvalidValue", "items", shortened(str(item)), "?")
            continue
        own = item["id"] if isinstance(item.get("id"), str) and item["id"] else "?"
        yield from _item(item, own, sound)
        if own in seen:
            yield Fault("DuplicateValue", "id", shortened(own), own)
        seen.add(own)


def _item(item: dict[str, Any], own: str, sound: set[str]) -> Iterator[Fault]:
    yield from _object(item, _ITEM, ("id",), own)
    if "content_html" not in item and "content_text" not in item:
        yield Fault("MissingContent", "item", "", own)
    value = item.get("content_html")
    if isinstance(value, str) and value not in sound:
        broken = [Fault(rule, "content_html", shortened(each), own) for rule, each in markup.html(value)]
        yield from broken
        if not broken:
            sound.add(value)


def _object(found: dict[str, Any], rules: Rules, needed: tuple[str, ...], entry: str) -> Iterator[Fault]:
    for key in needed:
        if key not in found:
            yield Fault("MissingElement", key, "", entry)
    for key, value in found.items():
        rule = rules.get(key)
        if rule is None:
            if not key.startswith("_"):  # what is ours begins with an underscore, and a letter after it
                yield Fault("UndefinedElement", key, "", entry)
            continue
        for broken, what in rule(value):
            yield Fault(broken, key, shortened(what), entry)


def _filled(value: Any) -> Broken:
    if not isinstance(value, str):
        yield "InvalidValue", repr(value)
    elif not value or value.isspace():
        yield "NotBlank", value


def _text(value: Any) -> Broken:
    yield from _filled(value)
    if isinstance(value, str) and not value.isascii():
        yield from values.characters(value)


def _url(value: Any) -> Broken:
    yield from _text(value)
    if isinstance(value, str):
        yield from values.link(value)


def _instant(value: Any) -> Broken:
    yield from _text(value)
    if isinstance(value, str):
        yield from values.date_3339(value)


def _language(value: Any) -> Broken:
    yield from _text(value)
    if isinstance(value, str):
        yield from values.language(value)


def _media_type(value: Any) -> Broken:
    yield from _text(value)
    if isinstance(value, str):
        yield from values.media_type(value)


def _number(value: Any) -> Broken:
    if not isinstance(value, int | float) or isinstance(value, bool) or value < 0:
        yield "InvalidNonNegativeInteger", repr(value)


def _truth(value: Any) -> Broken:
    if not isinstance(value, bool):
        yield "InvalidValue", repr(value)


def _list(rule: Callable[[Any], Broken]) -> Callable[[Any], Broken]:
    def check(value: Any) -> Broken:
        if not isinstance(value, list):
            yield "InvalidValue", repr(value)
            return
        for each in value:
            yield from rule(each)

    return check


def _objects(rules: Rules, *needed: str, some: bool = False) -> Callable[[Any], Broken]:
    """A list of objects; with `some` each needs at least one of its keys."""

    def check(value: Any) -> Broken:
        if not isinstance(value, dict):
            yield "InvalidValue", repr(value)
            return
        if some and not value:
            yield "MissingElement", " or ".join(rules)
        yield from ((fault.rule, f"{fault.place}: {fault.value}") for fault in _object(value, rules, needed, ""))

    return _list(check)


_AUTHORS = _objects({"name": _text, "url": _url, "avatar": _url}, some=True)
_FEED: Rules = {
    "version": _text,
    "title": _text,
    "home_page_url": _url,
    "feed_url": _url,
    "description": _text,
    "user_comment": _text,
    "next_url": _url,
    "icon": _url,
    "favicon": _url,
    "authors": _AUTHORS,
    "language": _language,
    "expired": _truth,
    "hubs": _objects({"type": _text, "url": _url}, "type", "url"),
    "items": _list(lambda _: iter(())),
}
_ITEM: Rules = {
    "id": _text,
    "url": _url,
    "external_url": _url,
    "title": _text,
    "content_html": _filled,
    "content_text": _filled,
    "summary": _text,
    "image": _url,
    "banner_image": _url,
    "date_published": _instant,
    "date_modified": _instant,
    "authors": _AUTHORS,
    "tags": _list(_text),
    "language": _language,
    "attachments": _objects(
        {
            "url": _url,
            "mime_type": _media_type,
            "title": _text,
            "size_in_bytes": _number,
            "duration_in_seconds": _number,
        },
        "url",
        "mime_type",
    ),
}
