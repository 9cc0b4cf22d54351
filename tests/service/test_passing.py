"""How the process of a pass ends, and what the service makes of it."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
import structlog

from aggregator.config import load
from aggregator.service.condition import Condition
from aggregator.service.following import Current, Installed
from aggregator.service.passing import Passes, Place
from tests.servers.running import configure

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parent.parent.parent
DONE = """
import os, pickle, sys
from datetime import UTC, datetime
from aggregator.model import Settled
from aggregator.passes.one_pass import Summary
from aggregator.passes.publish_changed import Published
began, published = datetime(2026, 11, 26, tzinfo=UTC), Published(written=3, unchanged=0)
summary = Summary(began=began, asked=(), settled=Settled(new=2), published=published, seconds=1.5)
sys.stdout.buffer.write(pickle.dumps(summary))
"""


class World:
    """A service's passes, each a process that runs the given code."""

    def __init__(self, folder: Path, code: str) -> None:
        configure(folder, "id: one, name: S, url: 'https://one.example/'")
        config = load.load(folder / "config", environment={})
        self.store = folder / "store.sqlite"
        url = f"sqlite:///{self.store}"

        async def application(*_: object) -> None:
            raise AssertionError("nobody asks")

        self.condition = Condition()
        self.current = Current(Installed(config=config, store_url=url, application=application))
        place = Place(
            data=folder,
            output=folder,
            command=(sys.executable, "-c", code),
            environment={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        self.passes = Passes(place, self.current, self.condition, lambda: datetime(2026, 11, 26, tzinfo=UTC))

    def looks(self, count: int = 1) -> Sequence[str]:
        """Looks so often; the events that were told."""

        async def life() -> None:
            for _ in range(count):
                await self.passes.tick()

        with structlog.testing.capture_logs() as told:
            asyncio.run(life())
        return [line["event"] for line in told]


@pytest.mark.parametrize(
    ("code", "result", "told"),
    [
        pytest.param(DONE, "done", [], id="carried out"),
        pytest.param("raise SystemExit(3)", "busy", [], id="somebody else holds the lock"),
        pytest.param("raise SystemExit(4)", "failed", [], id="our store or disk: the pass told of it"),
        pytest.param(
            "import os; os.kill(os.getpid(), 9)", "failed", ["pass.killed"], id="killed: nobody else would tell"
        ),
    ],
)
def test_how_a_pass_ends(tmp_path: Path, code: str, result: str, told: list[str]) -> None:
    world = World(tmp_path, code)
    assert world.looks() == told
    assert world.condition.passes == {result: 1}
    assert world.current.fresh is (result == "busy"), "what is new is published by ourselves"
    if result == "done":
        assert (world.condition.stories["new"], world.condition.files, world.condition.last_seconds) == (2, 3, 1.5)


def test_after_a_failed_pass_nobody_is_asked_for_a_while(tmp_path: Path) -> None:
    world = World(tmp_path, "raise SystemExit(4)")
    world.looks(5)
    assert world.condition.passes == {"failed": 1}


def test_a_pass_that_does_not_end_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aggregator.service.passing._LONGEST", 0.3)
    world = World(tmp_path, "import time; time.sleep(60)")
    assert world.looks() == ["pass.killed"]
    assert world.condition.passes == {"failed": 1}


def test_a_pass_that_will_not_stop_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aggregator.service.passing._GRACE", 0.3)
    deaf = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); open('deaf', 'w').close(); time.sleep(60)"
    )
    monkeypatch.chdir(tmp_path)
    world = World(tmp_path, deaf)

    async def life() -> None:
        looking = asyncio.create_task(world.passes.tick())
        while not (tmp_path / "deaf").exists():
            await asyncio.sleep(0.02)
        await world.passes.stop()
        await asyncio.wait_for(looking, 30)

    asyncio.run(life())
    assert world.condition.passes == {"stopped": 1}


def test_a_store_that_is_gone_is_waited_for_and_none_is_begun(tmp_path: Path) -> None:
    world = World(tmp_path, DONE)
    world.store.touch()
    assert world.looks(2) == []
    done = dict(world.condition.passes)
    world.store.rename(tmp_path / "the disk that is not mounted")
    world.current.fresh = True
    assert world.looks(3) == ["store.failed"]
    assert not world.store.exists()
    assert world.condition.passes == done
    (tmp_path / "the disk that is not mounted").rename(world.store)
    assert "store.well" in world.looks(2)
    assert world.condition.passes["done"] > done["done"]


def test_a_store_that_can_not_be_read_is_told_once_and_heals(tmp_path: Path) -> None:
    world = World(tmp_path, DONE)
    world.current.fresh = False
    world.store.write_bytes(b"this is no database" * 100)
    assert world.looks(3) == ["store.failed"]
    world.store.unlink()
    assert world.looks(2) == ["store.well"]
    assert world.condition.passes == {"done": 2}
