"""What runs beside the routes: every two seconds a look at what is to be sent, as hub and as subscriber."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Sequence
from functools import partial
from typing import Any

from aggregator import __version__
from aggregator.errors import StoreError
from aggregator.store import connect
from aggregator.web.site import Site
from aggregator.web.websub import outbox, protocol
from aggregator.web.websub.deliver import Documents, Hub
from aggregator.web.websub.outbox import Outbox, Parcel, Returned, Room
from aggregator.web.websub.subscribe import Subscribing

SECONDS = 2


def _log() -> Any:
    import structlog

    return structlog.get_logger()


class Worker:
    """The sending side of WebSub for one installation."""

    def __init__(self, site: Site, types: dict[str, str]) -> None:
        from aggregator.fetch import client

        config = site.config
        self._site = site
        agent = f"aggregator/{__version__} (+{config.contact})"
        self._outbox = Outbox(partial(client.opened, outbox.LIMITS, user_agent=agent), _log)
        topics = protocol.topics(config.site.base_url, [feed.id for feed in config.feeds])
        self._hub = self._subscribing = None
        if config.site.hub:
            self._hub = Hub(
                hub=config.site.hub,
                documents=Documents(site.output, topics),
                types=types,
                private=config.websub.private_callbacks,
                log=_log,
            )
        if config.websub.subscribe:
            self._subscribing = Subscribing(
                callbacks=f"{config.site.base_url}websub/",
                sources={source.id: source for source in config.sources if source.enabled},
                drawn=partial(secrets.token_urlsafe, 32),
                log=_log,
            )

    @property
    def busy(self) -> bool:
        """Whether anything is under way."""
        return self._outbox.busy

    async def tick(self) -> None:
        """Sends what is to be sent, as long as there is more of it than finds room."""
        while await self._round():
            await self._outbox.wait(SECONDS)

    async def _round(self) -> bool:
        await self._outbox.rest()
        returned, room = self._outbox.take(), self._outbox.room()
        try:
            parcels = await asyncio.to_thread(self._looked, returned, room)
        except StoreError as error:  # locked for long, or gone: what came back is asked or sent once more
            _log().error("websub.failed", error=str(error))
            return False
        await self._outbox.send(parcels, now=self._site.clock())
        return bool(parcels) or room.left <= 0

    def _looked(self, returned: Sequence[Returned], room: Room) -> list[Parcel]:
        if not connect.stands(
            self._site.store_url
        ):  # before the first pass; or its disk is gone, and no other is to be made
            return []
        now = self._site.clock()
        with connect.opened(self._site.store_url, new=False) as store:
            shelf = store.websub
            subscribing = self._subscribing.round(shelf, returned, room, now) if self._subscribing else []
            return [*subscribing, *(self._hub.round(shelf, returned, room, now) if self._hub else [])]
