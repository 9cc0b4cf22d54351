"""Texts and addresses as every reader takes them: without what a wrong decoding left, without what looks like markup and is none.

Items are valid by construction, but a validator asks for more than XML does. What is mended here are a publisher's mistakes, in
documents alone: stored and compared is what the publisher wrote.
"""

from __future__ import annotations

import re
from urllib.parse import quote

from aggregator import text as characters
from aggregator import urls
from aggregator.publish.checks import values

# What no XML and no HTML document may hold: controls, lone surrogates, noncharacters. All of them count as unprintable.
_NONCHARACTERS = "".join(chr(plane + end) for plane in range(0, 0x110000, 0x10000) for end in (0xFFFE, 0xFFFF))
_NO_CHARACTER = re.compile(f"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef{_NONCHARACTERS}]")
_LOST = "\ufffd"  # what decoders put in the place of bytes they could not read
# UTF-8 that somebody took for Latin-1: `Ã¼` where `ü` was written
_TWICE = re.compile("[\u00c2\u00c3][\u0080-\u00bf]")
_TAG = re.compile(r"<(?=[a-zA-Z/!?])")
_ADDRESS = re.compile(r"\s*<[^<>\s]*@[^<>]*>")
_LEGAL = "!#$%&'()*+,/:;=?@~"  # RFC 2396 section 2, and %: what is escaped already stays so
_ORDINARY = re.compile(r"https?://[0-9a-zA-Z;/?:@&=+$.\-_!~*'()%,#]+")
_WEB = re.compile(r"https?://([^/?#\s]+)")
# Hosts that validators know: with a dot in their name, or an IPv4 address
_NAMED = re.compile(
    r"https?://(?:[0-9]{1,3}(?:\.[0-9]{1,3}){3}|(?:[A-Za-z0-9-]+\.)+[A-Za-z0-9][A-Za-z0-9-]*)(?::\d+)?(?=[/?#]|$)"
)


def text(written: str) -> str:
    """The text without characters that stand for nothing; a lost one is a question mark."""
    if written.isascii() and written.isprintable():
        return written
    for _ in range(3):  # some texts went through it more than once
        if not _TWICE.search(written):
            break
        written = _decoded(written)
    if _LOST in written:
        written = written.replace(_LOST, "?")
    if written.isprintable() or written.replace("\n", " ").isprintable():
        return written
    return _NO_CHARACTER.sub("", written)


def _decoded(written: str) -> str:
    try:
        return written.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return written  # other characters stand beside it: it may be meant so


def name(written: str) -> str:
    """A name of somebody or something, where no format says whether it is text or HTML: no tags, no mail addresses."""
    shown = text(written)
    if "<" in shown:
        shown = _TAG.sub("‹", _ADDRESS.sub("", shown))
    return shown.strip()


def address(url: str) -> str:
    """An http(s) URL with the characters of RFC 2396, which knows no brackets (TYPO3: `tx_news_pi1[news]=1`); "" for what is
    none, and where a host needs them (IPv6)."""
    if _ORDINARY.fullmatch(url):
        return url
    found = _WEB.match(url)
    return quote(url, safe=_LEGAL, errors="ignore") if found and "[" not in found[1] else ""


def enclosed(url: str) -> str:
    """The address of a file as RSS takes it, "" where its host has no name that validators take (intranets)."""
    found = address(url)
    host = _NAMED.match(found)
    if not host:
        return ""
    rest = found[host.end() :]
    return found if not rest or rest.startswith("/") else f"{host[0]}/{rest}"


def identifier(url: str) -> str:
    """The address of a feed as an atom:id, in its canonical form (RFC 4287 section 4.2.6.1); "" where it has none."""
    found = address(urls.normal(url)) if address(url) else ""
    return "" if any(values.identifier(found)) else found


def language(tag: str | None) -> str | None:
    """The tag, when it is of a language that exists: feeds say `xx` and `html`."""
    return tag if tag and characters.is_language(tag) else None
