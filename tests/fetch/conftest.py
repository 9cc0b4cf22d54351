from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from aggregator.fetch import client
from aggregator.model import Limits, Outcome
from tests.servers.local_world import LocalServer

NOW = datetime(2026, 10, 12, 8, 0, tzinfo=UTC)
SHORT = Limits(deadline=2.0)


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """What stands in the environment of the machine that runs the tests is not theirs."""
    for name in ("http_proxy", "https_proxy", "no_proxy", "all_proxy", "ssl_cert_file", "ssl_cert_dir"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def server() -> Iterator[LocalServer]:
    with LocalServer() as running:
        yield running


@pytest.fixture
def fetch() -> Callable[..., Outcome]:
    """One fetch with a client of its own. Loopback is allowed unless a test says otherwise."""

    def once(url: str, *, limits: Limits = SHORT, **options: Any) -> Outcome:
        async def run() -> Outcome:
            async with client.opened(limits, user_agent="aggregator/1 (+https://news.example)") as opened:
                return await opened.fetch(url, **{"private_network": True, "now": NOW, **options})

        return asyncio.run(run())

    return once
