"""Bytes to text: which encoding a body is really in, whatever its labels say. Pure.

feedparser believes labels and falls back to windows-1252 as a whole: one invalid byte in a German UTF-8 feed turns every umlaut
of the feed into two wrong characters (feedparser pull request 421, in 6.0.14 still so). Hence this happens before it.
"""

from __future__ import annotations

import codecs
import re
import zlib
from dataclasses import dataclass, replace

from aggregator.errors import Failure
from aggregator.model import Hints, Unreadable
from aggregator.parse import twice

INFLATED = 10_000_000  # bytes; what a gzip body may become

# XML 1.0 appendix F: byte order marks first (UTF-32 before UTF-16, whose mark it begins with), then how "<?xm" or "<x" looks
_MARKS = (
    (codecs.BOM_UTF32_BE, "utf-32be", 4),
    (codecs.BOM_UTF32_LE, "utf-32le", 4),
    (codecs.BOM_UTF16_BE, "utf-16be", 2),
    (codecs.BOM_UTF16_LE, "utf-16le", 2),
    (b"\x00\x00\x00<", "utf-32be", 0),
    (b"<\x00\x00\x00", "utf-32le", 0),
    (b"\x4c\x6f\xa7\x94", "cp037", 0),
)
_UTF16 = (
    (re.compile(rb"(?:\x00[\t\n\r ])*+\x00<\x00[^\x00]"), "utf-16be"),
    (re.compile(rb"(?:[\t\n\r ]\x00)*+<\x00[^\x00]\x00"), "utf-16le"),
)
_DECLARATION = re.compile(rb"\s*<\?xml\b[^>]*?>")
_DECLARED = re.compile(rb"""<\?xml[^>]*?\bencoding\s*=\s*["']\s*([^"']*?)\s*["']""")
_META = re.compile(rb"""<meta\b[^<>]{0,300}?\bcharset\s*=\s*["']?\s*([\w.:-]+)""", re.IGNORECASE)
_HEAD = 65_536  # bytes in which a <meta charset> is searched: some pages put it after the 1,024 that HTML grants
_NON_ASCII = re.compile("[^\x00-\x7f]")

# What is written is more than what the label can say: editors paste “ ” – € (80 to 9f of windows-1252) into ISO 8859-1, and
# simplified Chinese sites use characters of GB 18030 under the names of its subsets. HTML (WHATWG Encoding) does the same.
_WIDER = {"iso8859-1": "cp1252", "iso8859-9": "cp1254", "gbk": "gb18030"}
# Python calls these text encodings too. As labels they are bogus (punycode is quadratic besides), and where the bytes are not
# 16 or 32 bits wide, a label that says so is wrong.
_NO_LABELS = re.compile(r"(?:raw-)?unicode-escape|punycode|idna|undefined|utf-(?:7|16|32)(?:-[bl]e)?$")
_ESCAPING = ("iso2022", "hz")  # they write with ASCII bytes and are therefore valid UTF-8
# Emoji as Oracle's UTF8 and Java's modified UTF-8 have them: either half of a UTF-16 pair is a character of its own (CESU-8)
_HALVES = re.compile(rb"\xed[\xa0-\xaf][\x80-\xbf]\xed[\xb0-\xbf][\x80-\xbf]")
# One byte alone among ASCII is never UTF-8: pasted from windows-1252, if it is a letter or sign that German or French text has
# (`Ã` and `â` are not among them: those are what is left of a character that was cut in two)
_PASTED = re.compile(
    rb"(?<![\x80-\xff])[" + re.escape("äöüÄÖÜßéèàçÉ…–„“”‚‘’€§°«»".encode("cp1252")) + rb"](?![\x80-\xff])"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """A body in UTF-8 without byte order mark; an XML declaration, if it had one, says so and stands at the very start.

    `encoding` is how it was written: the name on its label when that was right. `mislabelled` when it was not.
    """

    utf8: bytes
    encoding: str
    mislabelled: bool = False
    repairs: tuple[str, ...] = ()


def read(body: bytes, hints: Hints) -> Decoded:
    """The body as UTF-8. Never fails: what fits nothing is windows-1252, in which almost every byte is a character."""
    decoded = _by_mark(body)
    if not decoded:
        declared = _declared(body)
        label = _label(hints, declared)
        decoded = _as_utf8(body, label, declared) or _by_label(body, label, declared)
    once = twice.undone(decoded.utf8)
    if once is not None:
        decoded = replace(
            decoded, utf8=once, repairs=(*decoded.repairs, "text that was encoded twice was decoded again")
        )
    return _declared_anew(decoded)


def inflate(body: bytes) -> tuple[bytes, tuple[str, ...]] | Unreadable:
    """What is inside when the bytes are gzip though nobody said so (sitemaps, careless servers), at most two layers deep;
    and what was wrong with it. Other bytes come back as they are."""
    repairs: tuple[str, ...] = ()
    for _ in range(2):
        if not body.startswith(b"\x1f\x8b"):
            break
        stream = zlib.decompressobj(wbits=31)
        try:
            body = stream.decompress(body, INFLATED + 1)
        except zlib.error as error:
            return Unreadable(failure=Failure.MALFORMED, detail=f"looks like gzip and is none: {error}")
        if len(body) > INFLATED:
            return Unreadable(failure=Failure.TOO_LARGE, detail=f"gzip of more than {INFLATED} bytes")
        if not stream.eof:
            repairs = ("the gzip stream is cut off",)
    return body, repairs


def _by_mark(body: bytes) -> Decoded | None:
    if body.startswith(codecs.BOM_UTF8):
        text = body[3:].decode("utf-8", "replace")
        return Decoded(utf8=text.encode(), encoding="utf-8", repairs=_replaced(text))
    found = next(((name, skip) for mark, name, skip in _MARKS if body.startswith(mark)), None)
    found = found or next(((name, 0) for pattern, name in _UTF16 if pattern.match(body)), None)
    if not found:
        return None
    name, skip = found
    text = body[skip:].decode(name, "replace").removeprefix("\ufeff")
    return Decoded(utf8=text.encode("utf-8", "replace"), encoding=name, repairs=_replaced(text))


def _replaced(text: str) -> tuple[str, ...]:
    return ("bytes that are no characters were replaced",) if "\ufffd" in text else ()


def _as_utf8(body: bytes, label: str, declared: str) -> Decoded | None:
    codec = _codec(label)
    if codec.startswith(_ESCAPING) or (codec == "ascii" and _codec(declared).startswith(_ESCAPING)):
        return None
    try:
        body.decode()
    except UnicodeDecodeError:
        return _nearly_utf8(_HALVES.sub(_joined, body), codec, _codec(declared))
    if codec == "utf-8" or (codec and body.isascii()):
        return Decoded(utf8=body, encoding=label)
    wrong = not body.isascii() and _codec(declared or label) not in {"", "utf-8", "ascii"}
    repairs = (f"labelled {(declared or label)[:40]}, is utf-8",) if wrong else ()
    return Decoded(utf8=body, encoding="utf-8", mislabelled=True, repairs=repairs)


def _nearly_utf8(body: bytes, *codecs_named: str) -> Decoded | None:
    """UTF-8 with a few bad bytes. 99 % valid sequences prove it under any label: in windows-1252 text an umlaut is hardly ever
    followed by what UTF-8 wants. Where the labels say UTF-8 or nothing, half of them do: a short feed has few umlauts."""
    text = body.decode("utf-8", "replace")
    sequences = len(_NON_ASCII.findall(text))
    bad = text.count("\ufffd") - body.count(b"\xef\xbf\xbd")
    needed = 0.5 if {"", "ascii", "utf-8"}.issuperset(codecs_named) else 0.99
    if (sequences - bad) / sequences < needed:
        return None
    text = _PASTED.sub(lambda byte: byte[0].decode("cp1252").encode(), body).decode("utf-8", "replace")
    repairs = (f"bytes that are not UTF-8 were replaced: {bad}",) if bad else ()
    return Decoded(utf8=text.encode(), encoding="utf-8", mislabelled=True, repairs=repairs)


def _joined(halves: re.Match[bytes]) -> bytes:
    return halves[0].decode("utf-8", "surrogatepass").encode("utf-16", "surrogatepass").decode("utf-16").encode()


def _by_label(body: bytes, label: str, declared: str) -> Decoded:
    for name in dict.fromkeys((label, declared)):
        codec = _codec(name)
        if codec in {"", "ascii", "utf-8"}:
            continue
        for attempt in (_WIDER.get(codec, codec), codec):
            text = _strictly(body, attempt)
            if text is not None:
                return Decoded(utf8=text.encode("utf-8", "replace"), encoding=name, mislabelled=name != label)
    text = body.decode("cp1252", "replace")
    repairs = (f"labelled {(declared or label)[:40]}, read as windows-1252",)
    return Decoded(utf8=text.encode(), encoding="windows-1252", mislabelled=True, repairs=repairs)


def _strictly(body: bytes, codec: str) -> str | None:
    try:
        return body.decode(codec)
    except UnicodeError:
        return None


def _declared_anew(decoded: Decoded) -> Decoded:
    """The XML declaration names the encoding the bytes are in now; blank lines before it, which expat refuses, are gone."""
    found = _DECLARATION.match(decoded.utf8)
    if not found:
        return decoded
    blank = () if found[0].startswith(b"<") else ("blank before the XML declaration",)
    repairs = (*decoded.repairs, *blank)
    utf8 = b"<?xml version='1.0' encoding='utf-8'?>" + decoded.utf8[found.end() :]
    return Decoded(utf8=utf8, encoding=decoded.encoding, mislabelled=decoded.mislabelled, repairs=repairs)


def _declared(body: bytes) -> str:
    """What the document says of itself."""
    found = _DECLARED.match(body.lstrip()[:1024]) or _META.search(body[:_HEAD])
    return _subset_free(found[1].decode("ascii", "replace")) if found else ""


def _label(hints: Hints, declared: str) -> str:
    """The encoding that the labels give, the header before the document (RFC 7303; us-ascii for text/* is RFC 3023, as
    feedparser has it)."""
    charset = _subset_free((hints.charset or "").strip("\"' "))
    if hints.content_type.startswith("text/") and hints.content_type != "text/html":
        return charset or "us-ascii"
    return charset or declared or "utf-8"


def _subset_free(label: str) -> str:
    return "gb18030" if label.lower() == "gb2312" else label.lower()


def _codec(label: str) -> str:
    """Python's name for what the label says, "" when it says nothing that the bytes could be."""
    try:
        name = codecs.lookup(label).name if label else ""
        b"".decode(name or "utf-8")
    except (LookupError, ValueError):
        return ""
    return "" if _NO_LABELS.match(name) else name
