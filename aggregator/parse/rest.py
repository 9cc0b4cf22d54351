"""When a feed wishes not to be asked: RSS 2.0 `ttl`, `skipHours`, `skipDays`, and the module syndication of RSS 1.0. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from aggregator.model import Rest

if TYPE_CHECKING:
    from aggregator.parse.entry import Parsed

_HOUR, _DAY = 3600, 86_400
_PERIODS = {"hourly": _HOUR, "daily": _DAY, "weekly": 7 * _DAY, "monthly": 30 * _DAY, "yearly": 365 * _DAY}
_WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
# feedparser keeps the last hour and the last day alone. Anchored at tags, bounded in length.
_SKIPPED = re.compile(rb"<skip(Hours|Days)>([^<]{0,40}(?:</?(?:hour|day)>[^<]{0,40}){1,64})</skip\1>")
_ONE = re.compile(rb"<(?:hour|day)>\s*(\w{1,9})\s*<")


def read(feed: Parsed, utf8: bytes) -> Rest | None:
    """Of feedparser's view and the bytes it read. None for a feed that wishes nothing; what can not be meant is left out."""
    hours, days = _skipped(utf8)
    rest = Rest(seconds=max(_ttl(feed), _period(feed)), hours=hours, days=days)
    return rest if rest != Rest() else None


def _ttl(feed: Parsed) -> int:
    """In minutes (RSS 2.0)."""
    return _number(feed.get("ttl")) * 60


def _period(feed: Parsed) -> int:
    """So many times a period; once where none is named."""
    period = _PERIODS.get(str(feed.get("sy_updateperiod") or "").strip().lower(), 0)
    return period // max(_number(feed.get("sy_updatefrequency")), 1)


def _number(written: Any) -> int:
    text = str(written or "").strip()
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 6 else 0


def _skipped(utf8: bytes) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Hours in GMT; Netscape's 24 is midnight. All hours or all days can not be meant."""
    if b"<skip" not in utf8:
        return (), ()
    found: dict[bytes, set[int]] = {b"Hours": set(), b"Days": set()}
    for kind, listed in _SKIPPED.findall(utf8):
        for one in _ONE.findall(listed):
            word = one.decode("utf-8", "replace").lower()
            if kind == b"Days" and word in _WEEK:
                found[kind].add(_WEEK.index(word))
            elif kind == b"Hours" and word.isascii() and word.isdecimal() and int(word) <= 24:
                found[kind].add(int(word) % 24)
    hours, days = found[b"Hours"], found[b"Days"]
    return tuple(sorted(hours)) if len(hours) < 24 else (), tuple(sorted(days)) if len(days) < 7 else ()
