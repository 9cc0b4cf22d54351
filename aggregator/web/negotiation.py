"""Which format of a feed a reader likes best (RFC 9110 section 12.5.1). Pure."""

from __future__ import annotations

# What a reader asks for, and the file that answers; the first is for those who take anything.
_OFFERED = {
    "application/atom+xml": ".atom",
    "application/rss+xml": ".rss",
    "application/feed+json": ".json",
    "application/json": ".json",
    "application/xml": ".atom",
    "text/xml": ".rss",
    "text/html": ".html",
    "application/xhtml+xml": ".html",
}


def preferred(accept: str) -> str:
    """The suffix of the format that an Accept header likes best; what it refuses is not given, Atom when all is equal."""
    best, best_quality = ".atom", 0.0
    ranges = [_media_range(part) for part in accept.split(",")]
    for offered, suffix in _OFFERED.items():
        quality = max((q for name, q in ranges if name in {offered, "*/*", f"{offered.split('/')[0]}/*"}), default=0.0)
        exact = [q for name, q in ranges if name == offered]
        quality = exact[0] + 0.001 if exact and exact[0] > 0 else (0.0 if exact else quality)
        if quality > best_quality:
            best, best_quality = suffix, quality
    return best


def _media_range(part: str) -> tuple[str, float]:
    name, *parameters = (piece.strip() for piece in part.split(";"))
    quality = next((piece[2:] for piece in parameters if piece.startswith("q=")), "1")
    try:
        return name.lower(), min(1.0, max(0.0, float(quality)))
    except ValueError:
        return name.lower(), 0.0
