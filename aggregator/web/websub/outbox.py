"""Messages under way: so many at a time, so few to one host, and a slow one holds up nobody else."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Hashable, Iterable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aggregator.errors import Failure
from aggregator.fetch.client import Client
from aggregator.model import Failed, Limits, Message, Sent

# Nobody reads what subscribers answer but a challenge; nobody waits for them as long as for a source.
LIMITS = Limits(deadline=10.0, body=4_000, per_host=2, gap=0.0, concurrency=40)
_OF_HOST = 4  # under way or waiting for their turn
_FAILING = 8  # places for those that failed before: they are the ones that take ten seconds
_TOGETHER = 0.05  # seconds: what comes back in them is written down in one go, and makes room in one go
_WORN = 1_000  # messages after which a client is made anew: it remembers every host it has met


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """A message with what it is about: equal `key`s are the same piece of work, of which there is one at a time."""

    key: Hashable
    host: str
    message: Message
    about: Any
    failing: bool = False


@dataclass(frozen=True, slots=True)
class Returned:
    """What became of a parcel."""

    parcel: Parcel
    outcome: Sent | Failed


class Room:
    """What there is room for; taken up while it is decided what is sent."""

    def __init__(self, under_way: Iterable[Parcel] = (), *, places: int = LIMITS.concurrency) -> None:
        parcels = tuple(under_way)
        self.left = places - len(parcels)
        self._keys = {parcel.key for parcel in parcels}
        self._hosts = Counter(parcel.host for parcel in parcels)
        self._failing = sum(parcel.failing for parcel in parcels)

    def take(self, key: Hashable, host: str, *, failing: bool = False) -> bool:
        """Whether there is; then it is taken."""
        if (
            self.left <= 0
            or key in self._keys
            or self._hosts[host] >= _OF_HOST
            or (failing and self._failing >= _FAILING)
        ):
            return False
        self.left -= 1
        self._keys.add(key)
        self._hosts[host] += 1
        self._failing += failing
        return True


class Outbox:
    """Sends parcels, and keeps what became of them until somebody takes it. A parcel keeps its room until then."""

    def __init__(self, opened: Callable[[], AbstractAsyncContextManager[Client]], log: Callable[[], Any]) -> None:
        self._opened = opened
        self._log = log
        self._under_way: dict[asyncio.Task[Sent | Failed], Parcel] = {}
        self._returned: list[Returned] = []
        self._stack = AsyncExitStack()
        self._client: Client | None = None
        self._sent = 0

    @property
    def busy(self) -> bool:
        """Whether anything is under way, or has come back and was not taken."""
        return bool(self._under_way or self._returned)

    def room(self) -> Room:
        """None at all while the last messages of a worn client are awaited."""
        places = 0 if self._sent >= _WORN else LIMITS.concurrency
        return Room(self._under_way.values(), places=places)

    def take(self) -> tuple[Returned, ...]:
        """What has come back."""
        returned, self._returned = tuple(self._returned), []
        return returned

    async def send(self, parcels: Iterable[Parcel], *, now: datetime) -> None:
        """Sends them on their way, and returns."""
        for parcel in parcels:
            if self._client is None:
                self._client = await self._stack.enter_async_context(self._opened())
            task = asyncio.create_task(self._client.send(parcel.message, now=now))
            self._under_way[task] = parcel
            self._sent += 1
            task.add_done_callback(self._came_back)

    async def wait(self, seconds: float) -> None:
        """Until one comes back and others that are about to, at most so long."""
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
            await asyncio.sleep(_TOGETHER)

    async def rest(self) -> None:
        """Ends the connections where nothing is under way."""
        if not self._under_way and self._client is not None:
            self._client, self._sent = None, 0
            await self._stack.aclose()

    def _came_back(self, task: asyncio.Task[Sent | Failed]) -> None:
        parcel = self._under_way.pop(task)
        if task.cancelled():
            return
        error = task.exception()
        if error is None:
            self._returned.append(Returned(parcel, task.result()))
            return
        self._log().error("websub.internal", exc_info=error)  # a bug of ours costs one message
        failed = Failed(failure=Failure.INTERNAL, detail=type(error).__name__)
        self._returned.append(Returned(parcel, failed))
