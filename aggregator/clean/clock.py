"""The time of day that a line names, with its zone. Pure; the line is in lower case."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import time, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

# Hours east of Greenwich, in RFC 822 section 5.1 and in German. feedparser takes CET and the German names for UTC. Left out
# is what means several zones (IST) and is no zone of RFC 822.
_ZONES = {
    **dict.fromkeys(("z", "ut", "utc", "gmt", "wet"), 0),
    **dict.fromkeys(("cet", "mez", "met", "bst", "west"), 1),
    **dict.fromkeys(("cest", "mesz", "mest", "eet"), 2),
    **dict.fromkeys(("eest", "msk"), 3),
    **dict.fromkeys(("est", "cdt"), -5),
    **dict.fromkeys(("cst", "mdt"), -6),
    **dict.fromkeys(("mst", "pdt"), -7),
    "edt": -4,
    "pst": -8,
    "akdt": -8,
    "akst": -9,
    "hst": -10,
    "hkt": 8,
    "sgt": 8,
    "jst": 9,
    "kst": 9,
    "aest": 10,
    "aedt": 11,
    "nzst": 12,
    "nzdt": 13,
}
_FURTHEST = timedelta(hours=14)  # Kiribati; no place is further from Greenwich

_TIME = re.compile(
    r"(?<![\d:+-])(\d{1,2})(?::(\d\d)(?::(\d\d)(?:[.,]\d+)?)?(?![\d:])|\.(\d\d)(?=\s*(?:uhr|h)\b)|(?=\s*(?:uhr\b|[ap]\.?m\b)))"
    r"\s*(?:(?:uhr|h)\b)?\s*(?:([ap])\.?m\b\.?)?",
    re.ASCII,
)
_OFFSET = re.compile(  # GMT+2, +02:00, and PostgreSQL's +02 at the end; "10:00-12:00 Uhr" are two times
    r"[\s,;(]*(?:(?:gmt|utc)\s?([+-])(\d\d?)(?::?(\d\d))?|([+-])(\d\d):?(\d\d)|([+-])(\d\d)$)(?!\d|:\d|\s*uhr)",
    re.ASCII,
)
_ABBREVIATION = re.compile(
    r"[\s,;(]*([a-z]{1,4})(?![a-zäöüß/\d])( dst\b)?"
)  # EST5EDT is a rule, MET DST is summer time
_PLACE = re.compile(r"[\s,;(]*([a-z]+)/([a-z]+(?:_[a-z]+)*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """A time of day. `day_later`: it was written 24:00. `zone` is None where none was written."""

    time: time
    day_later: bool
    zone: tzinfo | None
    start: int
    end: int


def find(line: str) -> Clock | None:
    """The first time of day; ValueError for one that no clock shows."""
    found = _TIME.search(line)
    if not found:
        return None
    hour, minute, second = int(found[1]), int(found[2] or found[4] or 0), int(found[3] or 0)
    if found[5]:
        if hour > 12 and found[5] == "a":
            raise ValueError(f"{hour} am")
        hour = hour % 12 + (12 if found[5] == "p" else 0)
    midnight = (hour, minute, second) == (24, 0, 0)
    shown = time(0 if midnight else hour, minute, min(second, 59) if second == 60 else second)  # 60: a leap second
    where, end = zone(line, found.end())
    return Clock(time=shown, day_later=midnight, zone=where, start=found.start(), end=end)


def zone(line: str, start: int) -> tuple[tzinfo | None, int]:
    """The zone that stands there and where it ends; ValueError for an offset that no place has."""
    offset = _OFFSET.match(line, start)
    if offset:
        sign, hours, minutes = (*(part for part in offset.groups() if part), "0")[:3]
        return _fixed(int(hours), int(minutes), east=sign == "+"), offset.end()
    place = _PLACE.match(line, start)
    if place:
        return _place(place[1], place[2]), place.end()
    name = _ABBREVIATION.match(line, start)
    if name and name[1] in _ZONES:
        return timezone(timedelta(hours=_ZONES[name[1]] + (1 if name[2] else 0))), name.end()
    return None, start


def _fixed(hours: int, minutes: int, *, east: bool) -> timezone:
    offset = timedelta(hours=hours, minutes=minutes)
    if minutes > 59 or offset > _FURTHEST:
        raise ValueError(f"offset of {hours}:{minutes}")
    return timezone(offset if east else -offset)


def _place(area: str, city: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(f"{area.capitalize()}/{city.title()}")
    except (ZoneInfoNotFoundError, OSError):  # OSError: a folder of the zone database (America/Argentina)
        return None
