"""What a service does beside passes follows its configuration, and ends with it."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from aggregator import service
from aggregator.config import load
from aggregator.errors import ConfigError, Place
from aggregator.service import following
from aggregator.service.condition import Condition
from aggregator.service.following import Current, Installed, Job
from aggregator.service.passing import Place as Workplace
from tests.servers.running import configure


def now() -> datetime:
    return datetime.now(UTC)


async def application(scope: object, receive: object, send: object) -> None:
    raise AssertionError("nobody asks")


@pytest.mark.slow
def test_jobs_follow_the_configuration_and_end_with_the_service(tmp_path: Path) -> None:
    configure(tmp_path, "id: one, name: S, url: 'https://one.example/'")
    config = load.load(tmp_path / "config", environment={})
    done: list[str] = []
    given_up: list[str] = []

    def job(name: str) -> Job:
        async def work() -> None:
            done.append(name)
            if name == "endless":
                try:
                    await asyncio.Event().wait()
                except asyncio.CancelledError:
                    given_up.append(name)
                    raise

        return Job(seconds=0.02, work=work)  # type: ignore[arg-type]

    def installed(*names: str) -> Installed:
        url = f"sqlite:///{tmp_path}/store.sqlite"
        return Installed(config=config, store_url=url, application=application, jobs=tuple(map(job, names)))

    async def until(*names: str) -> None:
        while not set(names) <= set(done):
            await asyncio.sleep(0.01)

    async def life() -> None:
        current = Current(installed("one", "endless"))
        busy = (sys.executable, "-c", "raise SystemExit(3)")
        serving = service.Serving(
            folder=tmp_path / "config",
            read=lambda: current.installed,
            place=Workplace(data=tmp_path, output=tmp_path, command=busy, environment=os.environ),
            host="127.0.0.1",
            port=0,
            clock=now,
        )
        condition = Condition()
        running = asyncio.create_task(service.serve(serving, current, condition, current))
        await asyncio.wait_for(until("one", "endless"), 10)
        current.swap(installed("two", "endless"))
        await asyncio.wait_for(until("two"), 10)
        done.clear()
        await asyncio.wait_for(until("two"), 10)
        assert "one" not in done, "what the configuration before wanted done is no more"
        while not condition.passes["busy"]:
            await asyncio.sleep(0.01)
        os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.wait_for(running, 5)
        assert condition.looked is not None

    asyncio.run(life())
    assert given_up, "what hangs does not hold up the end"


@pytest.mark.slow
def test_a_change_between_reading_and_the_first_look_is_seen(tmp_path: Path) -> None:
    def installed() -> Installed:
        files = following.standing(tmp_path / "config")
        config = load.load(tmp_path / "config", environment={})
        url = f"sqlite:///{tmp_path}/store.sqlite"
        return Installed(config=config, store_url=url, application=application, files=files)

    async def life() -> None:
        configure(tmp_path, "id: one, name: S, url: 'https://one.example/'")
        current, condition = Current(installed()), Condition()
        configure(tmp_path, "id: two, name: S, url: 'https://two.example/'")
        follow = following.follow(
            current, tmp_path / "config", installed, wanted=asyncio.Event(), condition=condition, clock=now
        )
        following_it = asyncio.create_task(follow)
        while [source.id for source in current.installed.config.sources] != ["two"]:
            await asyncio.sleep(0.01)
        following_it.cancel()
        assert condition.reloads == {True: 1}

    asyncio.run(asyncio.wait_for(life(), 20))


def test_everybody_may_read_which_file_is_wrong_and_not_where_it_stands(tmp_path: Path) -> None:
    configure(tmp_path, "id: one, name: S, url: 'https://one.example/'")
    config = load.load(tmp_path / "config", environment={})
    current = Current(Installed(config=config, store_url="sqlite:////x", application=application))

    def refused() -> Installed:
        raise ConfigError(Place("/etc/aggregator/sources.yaml", 4), "url: geheim", "an address")

    condition = Condition()
    asyncio.run(following.again(current, refused, condition=condition, clock=now))
    assert condition.config_fault == "sources.yaml:4: expected an address"
