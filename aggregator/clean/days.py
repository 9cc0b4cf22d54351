"""The days that a line names in full. Pure; the line is in lower case."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january jan januar jänner jän jaenner",
            "february feb februar feber febr",
            "march mar märz mär mrz maerz",
            "april apr",
            "may mai",
            "june jun juni",
            "july jul juli",
            "august aug",
            "september sep sept",
            "october oct oktober okt",
            "november nov",
            "december dec dezember dez",
        ),
        start=1,
    )
    for name in names.split()
}
_AMERICAN = re.compile(r"\d\s*[ap]\.?m\b|\b[ecmp][sd]t\b")  # 4:20 pm, PST

_NAME = rf"(?<![a-zäöüß])({'|'.join(sorted(MONTHS, key=len, reverse=True))})(?![a-zäöüß])"
_GAP = r"[\s.,/-]*"
_DAY = r"(?<![\d:])(\d{1,2})"
_FULL_YEAR = r"(\d{4})(?=\D|$|\d\d:)"  # "200906:00:00": the time is glued to the year
# Two digits are a year only where nothing else can be meant: "18.6. 20 Teilnehmer", "12. Oktober, 19 Uhr", "12.10. 10.30 Uhr"
_SHORT_YEAR = r"(\d\d)(?![\d:]|\.\d|\s*uhr)"
_LAST_YEAR = r"'?(\d\d)(?=$|\s+\d\d?:\d)"
_NUMBERED = re.compile(rf"{_DAY}\.\s?(\d{{1,2}})\.(?:\s?{_FULL_YEAR}|{_SHORT_YEAR})(?!\.\d)", re.ASCII)
_NAMED = re.compile(rf"{_DAY}(?:st|nd|rd|th)?{_GAP}(?:of\s+)?{_NAME}{_GAP}(?:{_FULL_YEAR}|{_LAST_YEAR})")
_MONTH_FIRST = re.compile(rf"{_NAME}\.?\s*(\d{{1,2}})(?:st|nd|rd|th)?(?!\d)[\s,]+(\d{{4}})(?!\d)")
_YEAR_FIRST = re.compile(r"(?<!\d)(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?=\D|$|\d\d:)", re.ASCII)
_EITHER = re.compile(r"(?<![\d/-])(\d{1,2})([/-])(\d{1,2})\2(\d{4})(?![\d/-])", re.ASCII)
_RANGE = re.compile(r"\d\.\s*(?:[-–—]|bis)\s*$")  # "12.-14.10.2026" is when something takes place


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A day and where it stands in the line."""

    start: int
    end: int
    day: date


def find(line: str) -> tuple[Named, ...]:
    """The days in the order of the text. ValueError for a day that no calendar has, and for one that may be either of two."""
    found = [
        *(_named(match, match[3] or match[4], match[2], match[1]) for match in _NUMBERED.finditer(line)),
        *(_named(match, match[3] or match[4], MONTHS[match[2]], match[1]) for match in _NAMED.finditer(line)),
        *(_named(match, match[3], MONTHS[match[1]], match[2]) for match in _MONTH_FIRST.finditer(line)),
        *(_named(match, match[1], match[3], match[4]) for match in _YEAR_FIRST.finditer(line)),
        *(_named(match, match[4], *_either(int(match[1]), int(match[3]), line)) for match in _EITHER.finditer(line)),
    ]
    if any(_RANGE.search(line[: one.start]) for one in found):
        raise ValueError("a range of days")
    return tuple(sorted(found, key=lambda one: one.start))


def _named(match: re.Match[str], year: str, month: int | str, day: int | str) -> Named:
    return Named(start=match.start(), end=match.end(), day=date(_year(year), int(month), int(day)))


def _year(written: str) -> int:
    """Two digits as in RFC 5322 section 4.3: up to 49 in this century."""
    number = int(written)
    if len(written) > 2:
        return number
    return number + (2000 if number < 50 else 1900)


def _either(first: int, second: int, line: str) -> tuple[int, int]:
    """(month, day) of two numbers: by what is possible, or by something American in the line."""
    if first == second or first > 12:
        return second, first
    if second > 12 or _AMERICAN.search(line):
        return first, second
    raise ValueError("day and month may be either way round")
