"""Dates as feeds were recorded with them: each is right or none, never silently another. Skipped where there are none.

What is right is told by another way than `dates` goes: one strptime format for each shape, and for a few by hand.
"""

import re
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from aggregator.clean import dates
from tests import shared_data

BERLIN = ZoneInfo("Europe/Berlin")
ENGLISH = {"Okt": "Oct", "okt": "Oct", "Dez": "Dec", "dez": "Dec", "mai": "May", "März": "Mar"}
ZONES = {"GMT": 0, "CET": 1, "EDT": -4, "PST": -8}
FORMS = (
    "%d.%m.%Y",
    "%d.%m.%y",
    "%B %d, %Y",
    "%B %d, %Y %I:%M:%S %p",
    "%d %b %Y %H:%M:%S",
    "%d %b %Y %H:%M",
    "%d %b %Y%H:%M:%S",
    "%d%b%Y %H:%M:%S",
    "%d %B %Y, %H:%M:%S",
    "%d %B%Y, %H:%M:%S",
)


def by_form(written: str) -> datetime | None:
    """The instant by the one format that fits; None for a day that no calendar has and for what is no date."""
    line = re.sub(r"^[A-Za-z]+,\s*", "", written.rstrip('"'))
    for name, english in ENGLISH.items():
        line = line.replace(f" {name} ", f" {english} ")
    zone = re.search(r" (?:([A-Z]{3})|([+-]\d\d)(\d\d))$", line)
    where: timezone | ZoneInfo = BERLIN
    if zone:
        line = line[: zone.start()]
        where = timezone(timedelta(hours=ZONES[zone[1]] if zone[1] else int(zone[2]), minutes=int(zone[3] or 0)))
    for form in FORMS:
        try:
            return datetime.strptime(line, form).replace(tzinfo=where).astimezone(UTC)
        except ValueError:
            continue
    return None


def test_every_wild_string_that_names_a_date_is_read_right() -> None:
    file = shared_data.folder("date-strings") / "wild-unparsed-by-feedparser-6.0.14.txt"
    verdicts: dict[str, list[str]] = {"right": [], "none": [], "wrong": [], "rightly none": []}
    for written in file.read_text(encoding="utf-8").splitlines():
        expected, moment = by_form(written), dates.read(written, zone="Europe/Berlin")
        right = "right" if expected else "rightly none"
        found = moment.instant if moment else None
        verdicts[right if found == expected else "wrong" if found else "none"].append(written)
    print({verdict: len(strings) for verdict, strings in verdicts.items()})
    assert verdicts["wrong"] == []
    assert len(verdicts["right"]) >= 0.95 * (len(verdicts["right"]) + len(verdicts["none"]))
    assert len(verdicts["rightly none"]) < 5  # the forms above know nearly all


# In the order of the file; the zone is Berlin where none is written
OTHERS = [
    "2017-12-17T18:55",
    "2017-12-22T14:09",
    "2016-02-24T23:00",
    "2018-01-22T23:00",
    "2018-04-08T22:00",
    "2016-02-17T03:16",
    "2016-02-17T03:16",
    "2020-03-30T19:53",
    "2018-12-12T11:12",
    "2020-11-16T09:57",
    "2020-11-17T04:12",
    "2020-11-12T17:00",
    "2020-11-16T13:16:28",
    "2020-07-03T15:09:58",
    "2020-10-29T14:36:03",
    "2016-01-04T11:37",
    "2019-08-04T22:00",
    "2020-10-15T00:00:39",
    "2022-09-26T00:00",
    "2023-04-16T08:01",
    "2014-09-16T00:20",
    "2023-10-28T18:28:28",
    "2023-10-29T23:00",
    "none",
]


def test_every_string_of_another_readers_cases() -> None:
    file = shared_data.folder("date-strings") / "miniflux-weird-dates.txt"
    lines = [line for line in file.read_text(encoding="utf-8").splitlines() if line]
    if len(lines) != len(OTHERS):
        pytest.skip("another edition of the file")
    for written, expected in zip(lines, OTHERS, strict=True):
        moment = dates.read(written, zone="Europe/Berlin")
        found = moment.instant if moment else None
        assert found == (None if expected == "none" else datetime.fromisoformat(expected).replace(tzinfo=UTC)), written
