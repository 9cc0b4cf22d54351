"""Simulated months of publishers: nothing is lost that could be seen, and nobody is asked more than needed."""

from __future__ import annotations

import statistics

import pytest

from bench import schedule

# Name: days, requests a day at the most, median delay in minutes at the most. Measured with several seeds, and some room.
BOUNDS = {
    "agency, one an hour": (45, 85, 15),
    "agency, ttl of 60 minutes": (60, 24.1, 35),
    "press portal, 56 on a working day": (45, 96, 10),
    "ministry, one a day, bursts": (180, 18, 35),
    "ministry, skips the weekend": (180, 17, 40),
    "eight on a morning, then nothing": (120, 45, 30),
    "two a day, fifty once a month": (90, 65, 20),
    "police, six by day and night": (60, 50, 25),
    "days without a time": (120, 26, 60),
    "cluster, one batch a week": (365, 8, 120),
    "report, once a month": (365, 3, 600),
    "dies after three months": (365, 12, 35),
    "wakes after seven months": (365, 12, 60),
}
FEASIBLE = [publisher for publisher in schedule.PUBLISHERS if publisher.feasible]


@pytest.mark.slow
@pytest.mark.parametrize("publisher", FEASIBLE, ids=lambda publisher: publisher.name)
def test_a_publisher(publisher: schedule.Publisher) -> None:
    days, most, late = BOUNDS[publisher.name]
    year = schedule.simulated(publisher, days=days, seed=3)
    assert year.items > 5
    assert year.lost == 0
    assert year.a_day <= most
    assert year.busiest <= 97
    assert year.replaced(2 / 3, 9) <= 0.02, "two thirds of the window at the most, but for a batch"
    assert statistics.median(year.late) <= late


@pytest.mark.slow
def test_hours_that_are_known_beat_even_distances() -> None:
    [publisher] = [one for one in FEASIBLE if one.name == "ministry, one a day, bursts"]
    year = schedule.simulated(publisher, days=180, seed=3)
    _, even = schedule.evenly(publisher, year.requests, days=180, seed=3)
    assert statistics.median(year.late) < 0.7 * even
