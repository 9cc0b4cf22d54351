"""What a source usually answers is learned, and what an answer lacks of it is noticed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from aggregator.model import Entry, Profile, Prose
from aggregator.passes import usual
from aggregator.passes.usual import FIELDS, Reading

NOW = datetime(2026, 10, 12, 8, tzinfo=UTC)
DAY = timedelta(days=1)


def reading(entries: int, looked_at: int, without: str = "") -> Reading:
    filled = tuple(0 if field in without.split() else looked_at for field in FIELDS)
    return Reading(entries=entries, looked_at=looked_at, filled=filled)


def learned(*, without: str = "") -> Profile:
    profile = usual.read(None, reading(20, 20, without), now=NOW)
    for day in range(1, 4):
        profile = usual.read(profile, reading(20, 2, without), now=NOW + day * DAY)
    assert profile.lacking is None
    return profile


@pytest.mark.parametrize(
    ("seen", "lacks"),
    [
        pytest.param(reading(20, 20, "date"), "date", id="titles without dates"),
        pytest.param(reading(20, 20, "summary text"), "summary and text", id="summaries and texts are gone"),
        pytest.param(reading(20, 2, "date"), "", id="two new entries without a date"),
        pytest.param(reading(20, 5, "date"), "date", id="five of them"),
        pytest.param(reading(0, 0), "0 entries", id="nothing where there were always twenty"),
        pytest.param(reading(3, 3), "3 entries", id="three of twenty"),
        pytest.param(reading(12, 1), "", id="twelve of twenty"),
    ],
)
def test_what_a_document_lacks(seen: Reading, lacks: str) -> None:
    profile = usual.read(learned(), seen, now=NOW + 5 * DAY)
    assert lacks in profile.lacking.what if profile.lacking else not lacks


def test_what_was_never_there_is_not_missed() -> None:
    assert usual.read(learned(without="date text"), reading(20, 20, "date text"), now=NOW + 5 * DAY).lacking is None


def test_the_same_document_lacks_it_still_and_a_whole_one_ends_it() -> None:
    lacking = usual.read(learned(), reading(20, 20, "date"), now=NOW + 5 * DAY)
    again = usual.again(lacking, now=NOW + 6 * DAY)
    assert again is not None
    assert again.lacking is not None
    assert (again.lacking.answers, again.lacking.until - again.lacking.since) == (2, DAY)
    assert again.filled == learned().filled, "and it is not learned"
    assert usual.read(again, reading(20, 20), now=NOW + 7 * DAY).lacking is None


def test_after_four_weeks_it_is_the_source_s_own_way() -> None:
    profile = learned()
    for day in range(4, 34):
        profile = usual.read(profile, reading(20, 20, "date"), now=NOW + day * DAY)
    assert profile.lacking is None
    assert profile.filled[FIELDS.index("date")] == 0


def test_a_list_that_begins_anew_with_the_year_is_no_shorter_one() -> None:
    january = datetime(2027, 1, 4, tzinfo=UTC)
    assert usual.read(learned(), reading(1, 1), now=january).lacking is None
    assert usual.read(learned(), reading(0, 0), now=january).lacking is not None


def test_a_filter_that_lets_little_through_is_noticed_within_weeks() -> None:
    start = datetime(2026, 2, 2, 8, tzinfo=UTC)
    profile, changed, scarce = usual.news(None, (), since=None, asked=None, now=start), start, None
    for day in range(1, 150):
        now = start + day * DAY
        if day < 80 or day % 30 == 0:
            profile = usual.news(profile, [now] * 3, since=changed, asked=now - DAY, now=now)
            changed = now
        else:
            profile = usual.silence(profile, now=now) or profile
        if profile.pace and profile.pace.scarce and scarce is None:
            scarce = day
    assert scarce is not None
    assert 80 + 28 < scarce < 80 + 63


def test_a_gap_in_which_nobody_asked_is_not_learned() -> None:
    profile = usual.news(
        Profile(gap=DAY, longest=DAY, gaps=50), [NOW], since=NOW - 90 * DAY, asked=NOW - 89 * DAY, now=NOW
    )
    assert profile.longest == DAY


def test_what_counts_as_filled() -> None:
    bare = Entry(link="https://a.example/1", title=Prose(" ", html=False), fingerprint="")
    whole = Entry(
        link="https://a.example/2",
        title=Prose("T", html=False),
        content=Prose("<p>x</p>", html=True),
        updated_text="2026-10-12",
        fingerprint="",
    )
    assert usual.reading(7, [bare, whole]) == Reading(entries=7, looked_at=2, filled=(1, 1, 2, 1, 1))
