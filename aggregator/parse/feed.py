"""RSS 0.9x to 2.0, RDF, Atom 0.3 and 1.0 (feedparser) to a `Document`. Pure."""

from __future__ import annotations

import html.entities
import io
import re
import xml.sax
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import compress
from typing import TYPE_CHECKING

from aggregator import text, urls
from aggregator.errors import Failure
from aggregator.model import Document, Hints, Unreadable
from aggregator.parse import decode, entry, mending, spans

if TYPE_CHECKING:
    import feedparser

    from aggregator.parse.decode import Decoded
    from aggregator.parse.entry import Parsed

# What XML 1.0 forbids makes expat give up, and feedparser then reads the whole feed with its SGML parser, which is slower, has
# no CPU bound and lets the characters through. Reading on without them loses nothing.
_CONTROL = bytes({*range(32)} - {9, 10, 13})
_NO_CHARACTERS = re.compile(rb"\xef\xbf[\xbe\xbf]")  # U+FFFE, U+FFFF
_REFERENCE = re.compile(rb"&#(?:0*(?:[12]?\d|3[01]|\d{5,})|[xX](?:0*1?[0-9a-fA-F]|[0-9a-fA-F]{4,}));")
_ENTITY = re.compile(rb"&(?!(?:lt|gt|amp|quot|apos);)([A-Za-z][A-Za-z0-9]{1,31});")
_XML_TYPE = re.compile(r"(?:application|text)/(?:xml(?:-dtd|-external-parsed-entity)?|.*\+xml)$")
_TAG = re.compile(r"<[^<>]*>")
# What feedparser 6.0.14 was seen to raise on hostile documents, besides its own bozo
_FEEDPARSER_RAISES = (
    ValueError,
    LookupError,
    AttributeError,
    TypeError,
    AssertionError,
    OverflowError,
    xml.sax.SAXException,
)


def read(decoded: Decoded, hints: Hints, known: frozenset[str] = frozenset()) -> Document | Unreadable:
    """The feed with those of its first `hints.limit` entries that are not `known`."""
    utf8, repairs = _mended(decoded.utf8)
    cut = _cut(mending.captions_apart(utf8), known, hints.limit)
    result = _attempt(cut.utf8)
    if isinstance(result, Unreadable):
        cut = _readable(cut)
        result = _attempt(cut.utf8)
    if isinstance(result, Unreadable):
        return result
    if result["bozo"]:
        result, repairs = _closed(cut.utf8, result, repairs)
    if not result["version"] and not result["entries"] and not cut.known:
        return Unreadable(failure=Failure.NOT_A_FEED, detail="XML, but neither RSS nor Atom")
    document = _document(result, hints, cut.fingerprints)
    entries = tuple(entry for entry in document.entries if entry.fingerprint not in known)
    return replace(
        document,
        entries=entries,
        known=cut.known + len(document.entries) - len(entries),
        repairs=(*decoded.repairs, *repairs, *cut.repairs, *_fault(result)),
    )


def parsed(
    body: bytes, hints: Hints, *, sanitize: bool, resolve: bool = True, headers: Mapping[str, str] | None = None
) -> feedparser.FeedParserDict:
    """feedparser's own view of a body that was decoded and mended by us; `headers` are further ones of the answer.

    `read` asks neither for sanitising nor for resolving: `clean` and `links` do that in a fraction of the time.
    """
    import feedparser

    decoded = decode.read(body, hints)
    utf8, repairs = _mended(decoded.utf8)
    based = {**(headers or {}), "content-location": hints.url} if resolve else {}
    result = _parse(utf8, sanitize=sanitize, resolve=resolve, headers=based)
    result["encoding"] = decoded.encoding
    if repairs:
        result.update(bozo=True, bozo_exception=xml.sax.SAXException("; ".join(repairs)))
    if decoded.mislabelled:
        said = "; ".join(decoded.repairs) or f"labels are wrong, parsed as {decoded.encoding}"
        result.update(bozo=True, bozo_exception=feedparser.CharacterEncodingOverride(said))
    if hints.content_type and not _XML_TYPE.match(hints.content_type):
        said = f"{hints.content_type} is not an XML media type"
        result.update(bozo=True, bozo_exception=feedparser.NonXMLContentType(said))
    return result


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cut:
    """What is left for feedparser, with the fingerprint of each entry in it."""

    utf8: bytes
    fingerprints: tuple[str, ...] = ()
    known: int = 0
    repairs: tuple[str, ...] = ()


def _mended(utf8: bytes) -> tuple[bytes, tuple[str, ...]]:
    repairs = []
    legal = _REFERENCE.sub(_legal, _NO_CHARACTERS.sub(b"", utf8.translate(None, _CONTROL)))
    if len(legal) != len(utf8):
        repairs.append("characters that XML forbids were removed")
    mended = _without_entities(legal)
    if mended != legal:
        repairs.append("entities of HTML, which XML does not know, were replaced")
    mended, further = mending.mended(mended)
    return mended, (*repairs, *further)


def _without_entities(utf8: bytes) -> bytes:
    if not _ENTITY.search(utf8):
        return utf8
    # In CDATA an entity is text, and HTML's own affair
    return mending.outside_cdata(utf8, lambda markup: _ENTITY.sub(_numeric, markup))


def _numeric(reference: re.Match[bytes]) -> bytes:
    code = html.entities.name2codepoint.get(reference[1].decode())
    return b"&#%d;" % code if code else reference[0]


def _legal(reference: re.Match[bytes]) -> bytes:
    digits = reference[0][2:-1].lstrip(b"0xX")
    if len(digits) > 7:
        return b""
    code = int(digits or b"0", 16 if reference[0][2:3] in b"xX" else 10)
    return reference[0] if code < 0x110000 and text.xml(chr(code)) else b""


def _cut(utf8: bytes, known: frozenset[str], limit: int) -> _Cut:
    parts = spans.take_apart(utf8)
    if not parts:
        return _Cut(utf8=utf8)
    fingerprints = [spans.fingerprint(span) for span in parts.entries[:limit]]
    new = [fingerprint not in known for fingerprint in fingerprints]
    beyond = len(parts.entries) - len(new)
    repairs = ["the document ends within an entry, which was left out"] if parts.cut_off else []
    if beyond:
        repairs.append(f"{beyond} entries beyond the limit of {limit} were left out")
    return _Cut(
        utf8=parts.document(new + [False] * beyond),
        fingerprints=tuple(compress(fingerprints, new)),
        known=new.count(False),
        repairs=tuple(repairs),
    )


def _attempt(utf8: bytes) -> feedparser.FeedParserDict | Unreadable:
    try:
        return _parse(utf8, sanitize=False)
    except _FEEDPARSER_RAISES as error:
        said = text.shorten(text.line(str(error)), 200)
        return Unreadable(failure=Failure.MALFORMED, detail=f"feedparser: {type(error).__name__}: {said}")


def _closed(
    utf8: bytes, result: feedparser.FeedParserDict, repairs: tuple[str, ...]
) -> tuple[feedparser.FeedParserDict, tuple[str, ...]]:
    """The same document read with the closing tags that it lacks, where that is what is wrong with it."""
    closed = mending.leaves_closed(utf8)
    again = result if closed == utf8 else _attempt(closed)
    if again is result or isinstance(again, Unreadable) or len(again["entries"]) < len(result["entries"]):
        return result, repairs
    return again, (*repairs, "closing tags that are missing or misspelt were added")


def _readable(cut: _Cut) -> _Cut:
    """Without the entries that feedparser can not read even when each stands alone: one bad entry drops itself."""
    parts = spans.take_apart(cut.utf8)
    if not parts:
        return cut
    total = len(parts.entries)
    alone = (parts.document([place == only for place in range(total)]) for only in range(total))
    keep = [not isinstance(_attempt(one), Unreadable) for one in alone]
    return replace(
        cut,
        utf8=parts.document(keep),
        fingerprints=tuple(compress(cut.fingerprints, keep)),
        repairs=(*cut.repairs, f"entries that feedparser can not read were left out: {keep.count(False)}"),
    )


def _parse(
    utf8: bytes, *, sanitize: bool, resolve: bool = False, headers: Mapping[str, str] | None = None
) -> feedparser.FeedParserDict:
    # No Content-Location, no base: guids stay as they are written, which feedparser would resolve too. And a stream, because a
    # string could be an address.
    import feedparser

    return feedparser.parse(
        io.BytesIO(utf8),
        response_headers={**(headers or {}), "content-type": "application/xml; charset=utf-8"},
        sanitize_html=sanitize,
        resolve_relative_uris=resolve,
    )


def _document(result: Parsed, hints: Hints, fingerprints: Sequence[str]) -> Document:
    feed = result["feed"]
    version: str = result["version"]
    homepage = urls.absolute(feed.get("link"), hints.url)
    listed = result["entries"][: hints.limit]
    if len(fingerprints) != len(listed):  # no spans, or feedparser sees other entries than we did
        fingerprints = [""] * len(listed)
    atom, base = version.startswith("atom"), homepage or hints.url
    return Document(
        format=version or "xml",
        title=_plain(feed.get("title")),
        homepage=homepage,
        language=feed.get("language") or None,
        hubs=_hubs(feed, hints.url),
        entries=tuple(
            entry.read(one, atom=atom, base=base, fingerprint=fingerprint)
            for one, fingerprint in zip(listed, fingerprints, strict=True)
        ),
    )


def _hubs(feed: Parsed, base: str) -> tuple[str, ...]:
    found = (urls.absolute(link.get("href"), base) for link in feed.get("links", ()) if link.get("rel") == "hub")
    return tuple(dict.fromkeys(hub for hub in found if hub))


def _plain(title: str | None) -> str | None:
    if not title:
        return None
    return text.line(html.unescape(_TAG.sub("", title)) if entry.title_is_html(title) else title) or None


def _fault(result: Parsed) -> tuple[str, ...]:
    """What made expat give up, in its words; the entries are there all the same, so it is no reason to drop anything."""
    if not result["bozo"]:
        return ()
    error = result.get("bozo_exception")
    said = error.getMessage() if isinstance(error, xml.sax.SAXException) else str(error)
    line = f", line {error.getLineNumber()}" if isinstance(error, xml.sax.SAXParseException) else ""
    return (f"not well-formed: {text.shorten(text.line(said), 120)}{line}",)
