"""Sixty kills of a pass, and a program that does not survive them. `./do python -m tests.faults.kills` makes five hundred."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults import kills
from tests.faults.world import World
from tests.servers.local_world import LocalServer

pytestmark = pytest.mark.slow


def test_sixty_kills_lose_nothing_double_nothing_tear_nothing(tmp_path: Path) -> None:
    with LocalServer() as server:
        world = World(server=server, folder=tmp_path / "world", items=2)
        results = list(kills.kills(world, 60, 2026))
    assert [one for one in results if one.problems] == []
    assert sum(one.died for one in results) > 40, "few of them hit a pass: nothing is shown"


@pytest.mark.skipif(kills.STRACE is None, reason="no strace on this machine")
def test_the_kills_find_a_program_that_writes_in_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(kills.__file__).with_name("careless")))
    with LocalServer() as server:
        world = World(server=server, folder=tmp_path / "world", sources=4, items=6)
        reference = kills.references(world)[1]
        world.number = 1
        times = reference.calls["pwrite64"]  # the store's, then those of the files, then the store's again
        found = [kills.kill(world, 1, reference, f"pwrite64 {times * share // 100}") for share in (55, 65, 75, 85)]
    assert any(problem.startswith("torn") for one in found for problem in one.problems), found
