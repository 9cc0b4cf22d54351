"""A date as written to an instant, and how sure it is. Pure.

A date that can not be (31.02.), that is not whole (`12. Oktober`, `vor 3 Tagen`) or that may be either of two (05/06/2017) is
no date: nothing is guessed. The two forms that nearly all feeds use have their own fast way; everything else is searched for
one day, one time and one zone, wherever they stand and whatever stands around them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

from aggregator import text
from aggregator.clean import clock, days
from aggregator.model import DateTrust


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """An instant in UTC, and how sure it is."""

    instant: datetime
    trust: DateTrust


_FURTHEST = timedelta(hours=14)  # Kiribati; no place is further from Greenwich
_LONGEST = 200  # characters; a whole paragraph has several dates, and none of them is its own
# RFC 5322 section 3.3 with a year of four digits, seconds and a zone: nine of ten dates in RSS
_RFC822 = re.compile(
    r"(?:[A-Z][a-z]{2}, )?(\d{1,2}) ([A-Z][a-z]{2}) (\d{4}) (\d\d):(\d\d):(\d\d) (?:([+-])(\d\d)([0-5]\d)|GMT|UTC|Z)$",
    re.ASCII,
)
_ISO = re.compile(
    r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?$|\d{4}-W\d\d-\d$", re.ASCII
)
_UNIX = re.compile(r"(\d{9,10})(?:\.\d+|\d{3})?$", re.ASCII)  # seconds, or milliseconds
_COMPACT = re.compile(r"((?:19|20)\d\d)(\d\d)(\d\d)(?:t?(\d\d)(\d\d)(\d\d)?(?=\D|$))?(?!\d)", re.ASCII)
# As C's ctime writes it: the time stands before the year
_CTIME = re.compile(r"\b([a-z]{3} \d\d?) (\d\d?:\d\d(?::\d\d)?(?: [a-z]{3,4})?) (\d{4})\b", re.ASCII)
# Which of several days is the one of publishing
_LABEL = re.compile(
    r"(?:veröffentlicht|erschienen|publiziert|published|posted|datum|date|stand|(?:mitteilung|information|meldung|erklärung)"
    r"(?:\s+nr\.?\s*[\d/]+)?\s+vom)(?:\s+(?:am|on))?\s*:?\s*(?:[a-zäöü]{2,10}[.,]*\s*)?$"
)
# A word, a day and a year: worth asking dateparser, which knows more languages than we do, and takes its time
_ANOTHER_LANGUAGE = re.compile(r"(?=.*[^\W\d_]{3})(?=.*(?<!\d)\d{1,2}(?!\d)).*(?<!\d)\d{4}(?!\d)")
_LANGUAGES = ["fr", "nl", "pl", "es", "it", "pt", "cs", "da", "sv", "en", "de"]


def read(written: str, *, zone: str) -> Moment | None:
    """The moment that a date names, None when it names none. `zone` (an IANA name) is where a date without a zone was written;
    a day alone is its midnight there. A wrong weekday is overlooked."""
    stripped = written.strip()
    try:
        return _rfc822(stripped) or _iso(stripped, zone) or _other(stripped, zone)
    except (ValueError, OverflowError):  # no such day, no such time, no such offset; or before the year 1
        return None


def _rfc822(written: str) -> Moment | None:
    found = _RFC822.match(written)
    month = found and days.MONTHS.get(found[2].lower())
    if not found or not month or found[4] == "24" or found[6] == "60":
        return None
    year, day, hour, minute, second = map(int, found.group(3, 1, 4, 5, 6))
    instant = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    if not found[7]:
        return Moment(instant=instant, trust=DateTrust.EXACT)
    offset = timedelta(hours=int(found[8]), minutes=int(found[9]))
    if offset > _FURTHEST:
        raise ValueError(f"offset {offset}")
    return Moment(instant=instant + offset if found[7] == "-" else instant - offset, trust=DateTrust.EXACT)


def _iso(written: str, zone: str) -> Moment | None:
    """RFC 3339 and what of ISO 8601 feeds use: without seconds, without a zone, a day alone, a day of a week."""
    if not _ISO.match(written) or written[11:16] == "24:00" or written[17:19] == "60":
        return None
    found = datetime.fromisoformat(written)
    offset = found.utcoffset()
    if offset is None:
        trust = DateTrust.DAY if len(written) <= len("2026-10-12") else DateTrust.ZONE_ASSUMED
        return _moment(found.replace(tzinfo=ZoneInfo(zone)), trust)
    if abs(offset) > _FURTHEST:
        raise ValueError(f"offset {offset}")
    return _moment(found, DateTrust.EXACT)


def _other(written: str, zone: str) -> Moment | None:
    line = text.line(written).lower()
    if not line or len(line) > _LONGEST:
        return None
    unix = _UNIX.match(line)
    if unix and not _COMPACT.match(line):  # 201210301015 is no milliseconds of 1976
        return _moment(datetime.fromtimestamp(int(unix[1]), UTC), DateTrust.EXACT)
    line = _CTIME.sub(r"\1 \3 \2", _spelt_out(line))
    found = days.find(line)
    if not found:
        return _in_another_language(line, zone)
    chosen = _published(line, found)
    if chosen is None:
        return None
    rest = line[chosen.end :]
    shown = clock.find(line[: chosen.start] + " " + rest)
    where = shown.zone if shown else clock.zone(rest, 0)[0]
    return _assembled(chosen.day, shown, where, zone)


def _spelt_out(line: str) -> str:
    """`20261012`, `20261012T101500` with signs between, as in RFC 3339."""
    found = _COMPACT.match(line)
    if not found:
        return line
    year, month, day, *parts = found.groups()
    return f"{year}-{month}-{day} {':'.join(part for part in parts if part)}{line[found.end() :]}"


def _published(line: str, found: Sequence[days.Named]) -> days.Named | None:
    """The only day, or the first that is called that of publishing; None when several stand there and none is."""
    if len({one.day for one in found}) == 1:
        return found[0]
    return next((one for one in found if _LABEL.search(line[: one.start])), None)


def _assembled(day: date, shown: clock.Clock | None, where: tzinfo | None, zone: str) -> Moment:
    trust = DateTrust.DAY if shown is None else DateTrust.EXACT if where else DateTrust.ZONE_ASSUMED
    if shown and shown.day_later:
        day += timedelta(days=1)
    # In the hour that comes twice in autumn the first is meant, in the one that spring leaves out the hour after it
    local = datetime.combine(day, shown.time if shown else time(), tzinfo=where or ZoneInfo(zone))
    return _moment(local, trust)


def _moment(aware: datetime, trust: DateTrust) -> Moment:
    return Moment(instant=aware.astimezone(UTC), trust=trust)


def _in_another_language(line: str, zone: str) -> Moment | None:
    """By dateparser, but only the day, and only one whose numbers stand in the line."""
    if not _ANOTHER_LANGUAGE.match(line):
        return None
    import dateparser

    shown = clock.find(line)
    rest = line if shown is None else f"{line[: shown.start]} {line[shown.end :]}"
    found = dateparser.parse(
        rest.strip(" ,;-|"),
        languages=_LANGUAGES,
        settings={
            "DATE_ORDER": "DMY",
            "REQUIRE_PARTS": ["day", "month", "year"],
            "PARSERS": ["absolute-time"],
        },
    )
    if found is None or not {found.year, found.day} <= set(map(int, re.findall(r"\d+", rest))):
        return None
    return _assembled(found.date(), shown, shown.zone if shown else None, zone)
