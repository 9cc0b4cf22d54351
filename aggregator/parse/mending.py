"""Feeds that are nearly XML made well-formed, before expat sees them. Pure.

What expat refuses feedparser reads with its SGML parser, which is slow and reads other things: it makes `©=3` of `&copy=3` in an
address, and `AT&T;` of `AT&T`.
"""

from __future__ import annotations

import re
from collections.abc import Callable

_CDATA = b"<![CDATA["
# `&` that begins no reference, and references to what XML does not know; `<` that begins no tag, comment or declaration
_BARE = re.compile(rb"&(?!#|(?:lt|gt|amp|quot|apos);)|<(?![A-Za-z_:/!?])")
_OPENED = re.compile(rb"<([A-Za-z_][\w:.-]*)[^<>]*>\s*$")
# An element that holds nothing but text, whose closing tag is misspelt or missing: another one, or the entry's end, follows
_LEAF = rb"(?:title|link|guid|pub[dD]ate|description|author|category|comments|dc:[a-z]+)"
_UNCLOSED = re.compile(
    rb"<(" + _LEAF + rb")((?:\s[^<>]*)?)(?<!/)>([^<]*)"
    rb"(?:</(?!\1\s*>|(?:item|entry|channel)\b)[\w:.-]+\s*>"
    rb"|(?=<(?:" + _LEAF + rb"|enclosure|content:encoded)\b|</(?:item|entry)\b))"
)
_CAPTION = re.compile(rb"(</?media:)description(?=[\s>/])")


def mended(utf8: bytes) -> tuple[bytes, tuple[str, ...]]:
    """The document with its CDATA sections closed and its bare `&` and `<` escaped; and what was done."""
    repairs = []
    closed = _closed(utf8)
    if closed != utf8:
        repairs.append("CDATA sections without an end were closed")
    escaped = closed
    if b"<!ENTITY" not in closed:  # else it may declare what it refers to
        escaped = outside_cdata(closed, _escaped_markup)
    if escaped != closed:
        repairs.append("`&` and `<` that are no markup were escaped")
    return escaped, tuple(repairs)


def outside_cdata(utf8: bytes, change: Callable[[bytes], bytes]) -> bytes:
    """The document with what stands outside of CDATA sections changed."""
    first, *rest = utf8.split(_CDATA)
    pieces = [change(first)]
    for piece in rest:
        data, end, after = piece.partition(b"]]>")
        pieces.append(data + end + change(after))
    return _CDATA.join(pieces)


def captions_apart(utf8: bytes) -> bytes:
    """`media:description` under another name. It is the caption of a picture; feedparser takes it for the entry's content, or
    for its summary, according to where it stands."""
    return _CAPTION.sub(rb"\1caption", utf8) if b"media:description" in utf8 else utf8


def leaves_closed(utf8: bytes) -> bytes:
    """The document with the closing tags of titles, links and dates that are missing or misspelt. feedparser's SGML parser loses
    such an entry's title and all that follows in it."""
    return outside_cdata(utf8, lambda markup: _UNCLOSED.sub(rb"<\1\2>\3</\1>", markup))


def _escaped_markup(markup: bytes) -> bytes:
    """Comments stay: nothing in them is an error."""
    first, *rest = markup.split(b"<!--")
    pieces = [_BARE.sub(_escaped, first)]
    for piece in rest:
        comment, end, after = piece.partition(b"-->")
        pieces.append(comment + end + _BARE.sub(_escaped, after))
    return b"<!--".join(pieces)


def _escaped(bare: re.Match[bytes]) -> bytes:
    return b"&amp;" if bare[0] == b"&" else b"&lt;"


def _closed(utf8: bytes) -> bytes:
    """A section that does not end before the next one begins ends where the element ends that it is the text of."""
    if utf8.count(_CDATA) <= utf8.count(b"]]>"):
        return utf8
    first, *rest = utf8.split(_CDATA)
    pieces = [first]
    for piece in rest:
        opened = None if b"]]>" in piece else _OPENED.search(pieces[-1][-300:])
        end = piece.find(b"</" + opened[1] + b">") if opened else -1
        pieces.append(piece if end < 0 else piece[:end] + b"]]>" + piece[end:])
    return _CDATA.join(pieces)
