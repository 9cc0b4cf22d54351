"""A simulated season of sources with realistic troubles (the whole year: bench/alarms.py)."""

from __future__ import annotations

import pytest

from bench import alarms, years


@pytest.mark.slow
def test_lasting_troubles_are_told_in_time_and_nothing_else_is() -> None:
    year = years.year(5, days=100, share=0.2)
    found = alarms.count(year, alarms.simulated(year))
    assert found.lasting >= 12
    assert sum(map(len, found.after.values())) >= 10
    assert found.missed == found.late == ()
    assert len(found.false) <= 1, found.false
