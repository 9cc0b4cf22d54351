"""Dates as written to instants."""

from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from aggregator.clean import dates
from aggregator.model import DateTrust

BERLIN = "Europe/Berlin"
EXACT, ASSUMED, DAY = DateTrust.EXACT, DateTrust.ZONE_ASSUMED, DateTrust.DAY


def read(written: str, zone: str = BERLIN) -> tuple[str, DateTrust] | None:
    moment = dates.read(written, zone=zone)
    return (f"{moment.instant:%Y-%m-%d %H:%M:%S}", moment.trust) if moment else None


@pytest.mark.parametrize(
    ("written", "instant", "trust"),
    [
        pytest.param(
            "Thu, 01 Jul 2021 16:50:00 +0200", "2021-07-01 14:50:00", EXACT, id="RFC 822 as most feeds have it"
        ),
        pytest.param("Thu, 1 Jul 2021 16:50:00 GMT", "2021-07-01 16:50:00", EXACT, id="a day of one digit, GMT"),
        pytest.param(
            "Mon, 01 Jul 2021 16:50:00 +0200", "2021-07-01 14:50:00", EXACT, id="a wrong weekday is overlooked"
        ),
        pytest.param(
            "1 Jul 2021 16:50 -0430", "2021-07-01 21:20:00", EXACT, id="no weekday, no seconds, west of Greenwich"
        ),
        pytest.param(
            "Thu, 01 Jul 21 16:50:00 EST", "2021-07-01 21:50:00", EXACT, id="a year of two digits, an American zone"
        ),
        pytest.param("Thu, 01 Jul 2021 16:50:00", "2021-07-01 14:50:00", ASSUMED, id="RFC 822 without a zone"),
        pytest.param("Mon, 12 Oct 2026 10:00:00 CET", "2026-10-12 09:00:00", EXACT, id="CET is not UTC"),
        pytest.param("Mon, 12 Oct 2026 10:00:00 CEST", "2026-10-12 08:00:00", EXACT, id="CEST"),
        pytest.param(
            "Mo, 12 Okt 2026 10:00:00 MESZ", "2026-10-12 08:00:00", EXACT, id="German day and month, summer time"
        ),
        pytest.param("Di, 3 Mrz 2026 10:00:00 MEZ", "2026-03-03 09:00:00", EXACT, id="German winter time"),
        pytest.param("Sat, 2 June 2012, 00:00:01 GMT", "2012-06-02 00:00:01", EXACT, id="a full month and a comma"),
        pytest.param("Tue,17 Apr 2007 11:10:00 CET", "2007-04-17 10:10:00", EXACT, id="no space after the comma"),
        pytest.param("Fri,8Jul2011 11:00:00 GMT", "2011-07-08 11:00:00", EXACT, id="no spaces in the date"),
        pytest.param("Fri, 06 Mar 200906:00:00 EDT", "2009-03-06 10:00:00", EXACT, id="the time glued to the year"),
        pytest.param('Sun, 14 Aug 2005 20:00:00 -0500"', "2005-08-15 01:00:00", EXACT, id="a quotation mark too many"),
        pytest.param("Thu, 01 Jul 2021\n  16:50:00 +0200", "2021-07-01 14:50:00", EXACT, id="folded in two lines"),
        pytest.param("Sat, 01 Jan 2011 24:00:00 GMT", "2011-01-02 00:00:00", EXACT, id="24:00 is the next day"),
        pytest.param("Sat, 31 Dec 2016 23:59:60 GMT", "2016-12-31 23:59:59", EXACT, id="a leap second"),
        pytest.param(
            "Thu Nov 12 2020 17:00:00 GMT+0000 (Coordinated Universal Time)",
            "2020-11-12 17:00:00",
            EXACT,
            id="JavaScript",
        ),
        pytest.param("Thu Nov 12 17:00:00 CET 2020", "2020-11-12 16:00:00", EXACT, id="ctime: the year at the end"),
        pytest.param(
            "Thu, 25 Feb 2016 00:00:00 Europe/Brussels", "2016-02-24 23:00:00", EXACT, id="a zone by its place"
        ),
        pytest.param("2017-06-27T00:54:20Z", "2017-06-27 00:54:20", EXACT, id="RFC 3339"),
        pytest.param("2022-07-28T03:40:34.000000000Z", "2022-07-28 03:40:34", EXACT, id="nanoseconds"),
        pytest.param("2026-02-17T17:36:36-0500", "2026-02-17 22:36:36", EXACT, id="an offset without colon"),
        pytest.param("2026-10-12 10:00:00+02", "2026-10-12 08:00:00", EXACT, id="PostgreSQL's offset"),
        pytest.param("2018-12-12T12:12", "2018-12-12 11:12:00", ASSUMED, id="ISO 8601 without seconds and zone"),
        pytest.param("2026-03-29T02:30:00", "2026-03-29 01:30:00", ASSUMED, id="in the hour that spring leaves out"),
        pytest.param(
            "2026-10-25T02:30:00", "2026-10-25 00:30:00", ASSUMED, id="in the hour that comes twice: the first"
        ),
        pytest.param("2026-W42-1", "2026-10-11 22:00:00", DAY, id="a day of a week"),
        pytest.param("20261012T101500Z", "2026-10-12 10:15:00", EXACT, id="ISO 8601 without signs"),
        pytest.param("202610121015", "2026-10-12 08:15:00", ASSUMED, id="digits of a date are no milliseconds of Unix"),
        pytest.param("Mon, 12 Oct 2026 10:00:00 AEST", "2026-10-12 00:00:00", EXACT, id="a zone on the other side"),
        pytest.param("Mon, 12 Oct 2026 10:00:00 MET DST", "2026-10-12 08:00:00", EXACT, id="MET DST is summer time"),
        pytest.param(
            "Mon, 12 Oct 2026 10:00:00 XYZ", "2026-10-12 08:00:00", ASSUMED, id="a zone that nobody knows is none"
        ),
        pytest.param("Mon, 12 Oct 2026 10:00 GMT+2", "2026-10-12 08:00:00", EXACT, id="GMT and hours"),
        pytest.param("2026-10-12T10:00:00-05:00Z", "2026-10-12 15:00:00", EXACT, id="an offset and a Z"),
        pytest.param("Sa., 17. Okt. 2026", "2026-10-16 22:00:00", DAY, id="abbreviations with full stops"),
        pytest.param("1760262000", "2025-10-12 09:40:00", EXACT, id="seconds of Unix"),
        pytest.param("1760262000123", "2025-10-12 09:40:00", EXACT, id="milliseconds"),
        pytest.param("12.10.26", "2026-10-11 22:00:00", DAY, id="a day alone is midnight in its zone"),
        pytest.param("1.1.2026", "2025-12-31 23:00:00", DAY, id="in winter"),
        pytest.param("12. 10. 2026", "2026-10-11 22:00:00", DAY, id="spaces between"),
        pytest.param("12.10.2026 10:15", "2026-10-12 08:15:00", ASSUMED, id="German, with a time"),
        pytest.param("Fr 06.12.24 | 19:43 Uhr", "2024-12-06 18:43:00", ASSUMED, id="broadcasters"),
        pytest.param("10. Dezember 2025, 15:58 Uhr MEZ", "2025-12-10 14:58:00", EXACT, id="portals"),
        pytest.param("12. Oktober 2026, 10.30 Uhr", "2026-10-12 08:30:00", ASSUMED, id="a full stop in the time"),
        pytest.param("am 3. März 2020 um 14 Uhr", "2020-03-03 13:00:00", ASSUMED, id="an hour alone"),
        pytest.param("Pressemitteilung vom 01.07.2021", "2021-06-30 22:00:00", DAY, id="with what it is"),
        pytest.param(
            "Pressemitteilung Nr. 105/2017 vom 01.07.2017", "2017-06-30 22:00:00", DAY, id="a number before it"
        ),
        pytest.param("veröffentlicht am 28.04.2023", "2023-04-27 22:00:00", DAY, id="published on"),
        pytest.param("Datum: 25. Juli 2024", "2024-07-24 22:00:00", DAY, id="labelled"),
        pytest.param("Stand: 05.05.2011", "2011-05-04 22:00:00", DAY, id="as of"),
        pytest.param("21.04.17Potsdam", "2017-04-20 22:00:00", DAY, id="glued to the place"),
        pytest.param("26.03.2024BERLIN", "2024-03-25 23:00:00", DAY, id="glued, four digits"),
        pytest.param("Fürstenwalde/Spree, den 18.08.2020", "2020-08-17 22:00:00", DAY, id="place and day"),
        pytest.param("Potsdam / Breslau, 10. Juni 2021. Der Minister", "2021-06-09 22:00:00", DAY, id="a dateline"),
        pytest.param("1. Jänner 2024", "2023-12-31 23:00:00", DAY, id="Austrian January"),
        pytest.param("November 26, 2005", "2005-11-25 23:00:00", DAY, id="the month first"),
        pytest.param("12th of October 2026", "2026-10-11 22:00:00", DAY, id="an ordinal"),
        pytest.param("22-11-2017", "2017-11-21 23:00:00", DAY, id="hyphens, only one order possible"),
        pytest.param("09/15/2014 4:20 pm PST", "2014-09-16 00:20:00", EXACT, id="American order and zone"),
        pytest.param("03/04/2014 4:20 pm", "2014-03-04 15:20:00", ASSUMED, id="pm is American: the month first"),
        pytest.param("Nov. 16, 2020, 12:57 a.m.", "2020-11-15 23:57:00", ASSUMED, id="an hour after midnight"),
        pytest.param("12.10.2026, 10:00-12:00 Uhr", "2026-10-12 08:00:00", ASSUMED, id="from ... to is no offset"),
        pytest.param(
            "Veröffentlicht: 01.07.2021 | Aktualisiert: 03.07.2021",
            "2021-06-30 22:00:00",
            DAY,
            id="two days, one published",
        ),
        pytest.param("mer, 9 avr 2018 00:00:00 +0200", "2018-04-08 22:00:00", EXACT, id="French, by dateparser"),
        pytest.param("5 grudnia 2020", "2020-12-04 23:00:00", DAY, id="Polish, by dateparser"),
    ],
)
def test_dates(written: str, instant: str, trust: DateTrust) -> None:
    assert read(written) == (instant, trust)


@pytest.mark.parametrize(
    "written",
    [
        pytest.param("", id="nothing"),
        pytest.param("Klicken Sie auf den Button rechts!", id="prose"),
        pytest.param("vor 3 Tagen", id="relative"),
        pytest.param("heute, 15:30 Uhr", id="today"),
        pytest.param("12. Oktober", id="no year"),
        pytest.param("18.6.", id="no year, numbers"),
        pytest.param("18.6. 20 Teilnehmer", id="a number that is no year"),
        pytest.param("12. Oktober, 19 Uhr", id="an hour that is no year"),
        pytest.param("12. Oktober, 10.30 Uhr", id="a time that is no year"),
        pytest.param("Sept. 2026", id="no day"),
        pytest.param("31.02.2026", id="31 February"),
        pytest.param("Mon, 29 Feb 2009 00:00:00 GMT", id="29 February of a common year"),
        pytest.param("2026-13-01", id="month 13"),
        pytest.param("0000-00-00", id="zeros"),
        pytest.param("0000-00-00 00:00:00", id="zeros of MySQL"),
        pytest.param("Wed, 30 Nov -001 00:00:00 +0000", id="year -1"),
        pytest.param("Mon, 12 Oct 2026 25:00:00 GMT", id="hour 25"),
        pytest.param("Mon, 12 Oct 2026 10:61:00 GMT", id="minute 61"),
        pytest.param("2023-05-29 00:00:00+15:00", id="an offset that no place has"),
        pytest.param("Mon, 12 Oct 2026 10:00:00 +9900", id="an offset of 99 hours"),
        pytest.param("05/06/2017", id="either of two"),
        pytest.param("12.10.2026 - 14.10.2026", id="from ... to"),
        pytest.param("12.-14.10.2026", id="from ... to, the year once"),
        pytest.param("Der Termin am 12.10.2026 wird auf den 14.10.2026 verlegt", id="two days, none published"),
        pytest.param("Fr 1.2.3.4", id="a version"),
        pytest.param("x" * 10_000 + " 12.10.2026", id="a whole text"),
    ],
)
def test_no_date_is_guessed(written: str) -> None:
    assert read(written) is None


def test_the_zone_is_the_sources() -> None:
    assert read("12.10.2026 10:00", "America/New_York") == ("2026-10-12 14:00:00", ASSUMED)
    assert read("12.10.2026 10:00 MESZ", "America/New_York") == ("2026-10-12 08:00:00", EXACT)


INSTANTS = st.datetimes(min_value=datetime(1995, 1, 1), max_value=datetime(2049, 12, 31)).map(
    lambda naive: naive.replace(microsecond=0, tzinfo=UTC)
)
OFFSETS = st.integers(min_value=-14 * 4, max_value=14 * 4).map(
    lambda quarters: timezone(timedelta(minutes=15 * quarters))
)


@given(INSTANTS, OFFSETS)
def test_what_python_writes_is_read(instant: datetime, offset: timezone) -> None:
    local = instant.astimezone(offset)
    for written in (format_datetime(local), local.isoformat(), local.strftime("%d.%m.%Y %H:%M:%S GMT%z")):
        assert dates.read(written, zone=BERLIN) == dates.Moment(instant=instant, trust=EXACT)


@given(INSTANTS)
def test_every_form_names_the_same_day(instant: datetime) -> None:
    forms = ("%Y-%m-%d", "%d.%m.%Y", "%d %B %Y", "%B %d, %Y", "%a, %d %b %Y", "%Y/%m/%d", "%d.%m.%yPotsdam")
    assert {read(instant.strftime(form)) for form in forms} == {read(f"{instant:%Y%m%d}")}


@given(
    st.one_of(
        st.text(st.characters(exclude_categories=()), max_size=40),
        st.text("0123456789.:/-+TZ, apmJanOkt", max_size=40),
    )
)
@example("0001-01-01T00:00:00+14:00")
@example("9999-12-31T23:59:59-14:00")
@example("31.12.9999 24:00")
@example("\u0661\u0662.\u0661\u0660.\u0662\u0660\u0662\u0666")
@example("12 Oct 2026 10:00 America/Argentina")
@example("12 Oct 2026 10:00 Nowhere/Noplace")
def test_any_text_is_a_date_or_none(written: str) -> None:
    moment = dates.read(written, zone=BERLIN)
    assert moment is None or moment.instant.tzinfo is UTC
