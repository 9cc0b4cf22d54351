"""An installation without its passes, driven by hand: the routes, the worker, and a clock that tests set."""

from __future__ import annotations

import asyncio
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.routing import Route

from aggregator.store import connect
from aggregator.store.connect import Store
from aggregator.web import app, published
from aggregator.web.site import Site
from aggregator.web.websub.worker import Worker

NOW = datetime(2026, 10, 12, 8, tzinfo=UTC)
BASE = "https://news.example/"
TOPIC = f"{BASE}feeds/all.atom"


@dataclass
class Installation:
    """One that is driven by hand: `tick` is what the service does every two seconds."""

    site: Site
    runner: asyncio.Runner
    worker: Worker
    now: datetime = NOW

    def __post_init__(self) -> None:
        self._transport = httpx.ASGITransport(app.build(self.site))

    def serves(self, routes: list[Route]) -> None:
        """These routes alone."""
        self._transport = httpx.ASGITransport(Starlette(routes=routes))

    def publish(self, content: bytes, name: str = "feeds/all.atom") -> None:
        path = self.site.output / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    def ask(self, callback: str, mode: str = "subscribe", topic: str = TOPIC, **more: str) -> httpx.Response:
        form = {"hub.mode": mode, "hub.topic": topic, "hub.callback": callback}
        return self.request("POST", "/hub", data=form | {f"hub.{name}": value for name, value in more.items()})

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        """To the routes themselves, without a server between."""

        async def sent() -> httpx.Response:
            async with httpx.AsyncClient(transport=self._transport, base_url=BASE) as client:
                return await client.request(method, path, **options)

        return self.runner.run(sent())

    def tick(self, **passed: float) -> None:
        """After that time (`seconds=5`) a look at what is to be sent, until all of it is answered and written down."""
        self.now += timedelta(**passed)
        self.runner.run(self._settled())

    async def _settled(self) -> None:
        await self.worker.tick()
        while self.worker.busy:
            await asyncio.sleep(0.01)
            await self.worker.tick()

    def restart(self) -> None:
        """What is known beside the store is gone."""
        self.worker = Worker(self.site, published.TYPES)

    def store(self) -> AbstractContextManager[Store]:
        return connect.opened(self.site.store_url)
