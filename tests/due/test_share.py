"""How much of what is due is asked at once."""

from __future__ import annotations

from collections import Counter
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.due import share
from aggregator.model import Source


def sources(count: int, *, hosts: int = 10_000) -> list[Source]:
    return [
        Source(id=f"s{number}", name="S", url=f"https://h{number % hosts}.example/{number}") for number in range(count)
    ]


@pytest.mark.parametrize(
    ("count", "waiting", "asked"),
    [
        pytest.param(7, 7, 7, id="a small installation at once"),
        pytest.param(73, 73, 10, id="73 sources in eight looks"),
        pytest.param(200, 200, 10, id="200 in twenty"),
        pytest.param(1000, 1000, 42, id="1,000 in 24: two minutes"),
        pytest.param(1000, 3, 3, id="no more than wait"),
        pytest.param(1000, 0, 0, id="nothing"),
    ],
)
def test_a_look(count: int, waiting: int, asked: int) -> None:
    every = sources(count)
    assert len(share.share(every[:waiting], every, gap=5)) == asked


def test_who_waits_longest_comes_first() -> None:
    every = sources(100)
    assert share.share(every, every, gap=5) == tuple(every[:10])


@pytest.mark.parametrize(
    ("gap", "asked"),
    [
        pytest.param(5, 2, id="five seconds apart: as many as its pace allows until the next look"),
        pytest.param(60, 1, id="a minute apart: one"),
        pytest.param(1, 6, id="a second apart"),
        pytest.param(0, 10, id="a host without a pace is as any other"),
    ],
)
def test_one_host_does_not_hold_up_a_pass(gap: float, asked: int) -> None:
    every = sources(30, hosts=1)
    assert len(share.share(every, every, gap=gap)) == asked


def test_sources_of_one_address_come_together() -> None:
    one = [Source(id=f"s{number}", name="S", url="https://a.example/feed") for number in range(15)]
    assert share.share(one, one, gap=5) == tuple(one)


def test_paused_sources_make_no_share_larger() -> None:
    every = [
        Source(id=f"s{number}", name="S", url=f"https://{number}.example/", enabled=number < 240)
        for number in range(2400)
    ]
    assert len(share.share(every[:240], every, gap=5)) == 10


@given(count=st.integers(1, 400), hosts=st.integers(1, 50), gap=st.sampled_from([0, 1, 5, 30]))
def test_everybody_has_a_turn(count: int, hosts: int, gap: float) -> None:
    """However many looks it takes: nobody is lost, nobody twice, no host past its pace."""
    every = waiting = sources(count, hosts=hosts)
    asked: list[Source] = []
    while waiting:
        now = share.share(waiting, every, gap=gap)
        assert 0 < len(now) <= max(10, -(-count // 24))
        if gap:
            assert max(Counter(urlsplit(one.url).netloc for one in now).values()) <= 1 + 5 / gap
        asked += now
        waiting = [one for one in waiting if one not in now]
    assert sorted(one.id for one in asked) == sorted(one.id for one in every)
