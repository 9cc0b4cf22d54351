"""An installation, a subscriber and a hub for every test."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from aggregator.config import load
from aggregator.store import connect
from aggregator.web import published
from aggregator.web.site import Site
from aggregator.web.websub.worker import Worker
from tests.servers.websub import FakeHub, FakeSubscriber
from tests.web.websub.installation import BASE, Installation


@pytest.fixture(scope="session")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A store made by the migrations, once."""
    path = tmp_path_factory.mktemp("fresh") / "aggregator.sqlite"
    with connect.opened(f"sqlite:///{path}"):
        pass
    return path.read_bytes()


@pytest.fixture
def installation(
    tmp_path: Path, fresh: bytes, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Installation]]:
    """Makes one; `websub` is what its configuration says of it, `sources` are lines of its sources.yaml."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with asyncio.Runner() as runner:

        def make(websub: str = "hub: true, private_callbacks: true", sources: str = "") -> Installation:
            folder = tmp_path / "config"
            folder.mkdir()
            (folder / "aggregator.yaml").write_text(f"base_url: {BASE}\ntitle: News\nwebsub: {{{websub}}}\n")
            (folder / "sources.yaml").write_text(f"sources: [{sources}]\n")
            (tmp_path / "aggregator.sqlite").write_bytes(fresh)
            site = Site(
                config=load.load(folder, environment={}),
                output=tmp_path / "public",
                store_url=f"sqlite:///{tmp_path / 'aggregator.sqlite'}",
                clock=lambda: made.now,
            )
            made = Installation(site, runner, Worker(site, published.TYPES))
            return made

        yield make


@pytest.fixture
def hub(installation: Callable[..., Installation]) -> Installation:
    """A hub with one published feed."""
    made = installation()
    made.publish(b"<feed>1</feed>")
    return made


@pytest.fixture
def subscriber() -> Iterator[FakeSubscriber]:
    with FakeSubscriber() as running:
        yield running


@pytest.fixture
def foreign_hub() -> Iterator[FakeHub]:
    with FakeHub() as running:
        yield running
