"""Relative links inside HTML made absolute, the rest of the text as it was. Pure.

feedparser can do it too, but only by writing every text anew with its SGML parser (half of its time), whether it has relative
links or not.
"""

from __future__ import annotations

import html
import re
from urllib.parse import urljoin, urlsplit

_ATTRIBUTES = r"(?:href|src|poster|cite|data-src)"
_RELATIVE = re.compile(rf"\s{_ATTRIBUTES}\s*=\s*[\"']?\s*(?![a-z][a-z0-9+.-]*:|[\"'#>\s])", re.IGNORECASE)
_TAG = re.compile(r"<[a-zA-Z][^<>]*>")
_LINK = re.compile(rf"(\s{_ATTRIBUTES}\s*=\s*)(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))", re.IGNORECASE)
_ABSOLUTE = re.compile(r"[a-z][a-z0-9+.-]*:|#|$", re.IGNORECASE)

# Not the mimetypes module: it reads the machine's own tables, and then the same feed differs from host to host
_MEDIA_TYPES = {
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "png": "image/png",
    "gif": "image/gif",
    "webp": "image/webp",
    "avif": "image/avif",
    "svg": "image/svg+xml",
    "mp3": "audio/mpeg",
    "m4a": "audio/mp4",
    "ogg": "audio/ogg",
    "opus": "audio/ogg",
    "wav": "audio/wav",
    "mp4": "video/mp4",
    "webm": "video/webm",
    "pdf": "application/pdf",
}


def absolute(markup: str, base: str) -> str:
    """The HTML with the links of its tags resolved against `base`. Links within the page (`#...`) stay."""
    if not _RELATIVE.search(markup):
        return markup
    return _TAG.sub(lambda tag: _LINK.sub(lambda link: _resolved(link, base), tag[0]), markup)


def _resolved(link: re.Match[str], base: str) -> str:
    written = html.unescape(link[2] or link[3] or link[4] or "").strip()
    if _ABSOLUTE.match(written):
        return link[0]
    try:
        return f'{link[1]}"{html.escape(urljoin(base, written))}"'
    except ValueError:  # urljoin on "//[" and the like
        return link[0]


def media_type(url: str) -> str:
    """What the end of the URL's path says it is, "" when it says nothing."""
    try:
        path = urlsplit(url).path
    except ValueError:
        return ""
    return _MEDIA_TYPES.get(path.rpartition(".")[2].lower(), "")
