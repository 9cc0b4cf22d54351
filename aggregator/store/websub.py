"""Subscriptions by WebSub: others' to our feeds, ours to sources.

Routes and the worker write to the same rows at the same time, so each writes the columns that are its own, never a whole row
that it read before.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, delete, func, select, update

from aggregator.model import HubLink, Intent, Push, Subscriber
from aggregator.store import schema, sqlite

_SUBSCRIBERS, _INTENTS, _PUSHES, _SOURCES = schema.subscribers, schema.intents, schema.pushes, schema.sources
_Transaction = Callable[[], AbstractContextManager[Connection]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How many subscriptions and open requests there are, in all, of one topic and of one host."""

    subscribers: int
    of_topic: int
    of_host: int
    intents: int
    intents_of_host: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """What became of one delivery: the columns of a subscriber that change with it."""

    topic: str
    callback: str
    delivered: str | None = None  # digest of what was taken; None: nothing was
    tries: int = 0
    next_try: datetime
    failing_since: datetime | None = None


class Subscriptions:
    """The part of the store that knows of WebSub; every method is one transaction."""

    def __init__(self, reading: _Transaction, writing: _Transaction) -> None:
        self._reading = reading
        self._writing = writing

    # ------------------------------------------------------------------------------------------------ to our feeds: asking

    def counts(self, topic: str, host: str) -> Counts:
        with self._reading() as connection:
            return Counts(
                subscribers=_count(connection, _SUBSCRIBERS),
                of_topic=_count(connection, _SUBSCRIBERS, topic=topic),
                of_host=_count(connection, _SUBSCRIBERS, host=host),
                intents=_count(connection, _INTENTS),
                intents_of_host=_count(connection, _INTENTS, host=host),
            )

    def standing(self, topic: str, callback: str) -> bool:
        """Whether there is such a subscription, or a request for it."""
        with self._reading() as connection:
            return any(_count(connection, table, topic=topic, callback=callback) for table in (_SUBSCRIBERS, _INTENTS))

    def ask(self, intent: Intent) -> None:
        """Remembers a request; it takes the place of an earlier one for the same subscription."""
        with self._writing() as connection:
            _put(connection, _INTENTS, _columns(intent, _INTENTS))

    def intents(self, now: datetime, limit: int) -> tuple[Intent, ...]:
        """Those whose turn it is, the longest waiting first."""
        due = select(_INTENTS).where(_INTENTS.c.next_try <= now).order_by(_INTENTS.c.next_try).limit(limit)
        with self._reading() as connection:
            return tuple(Intent(**row) for row in connection.execute(due).mappings())

    def postpone(self, intent: Intent, *, next_try: datetime) -> None:
        """Whoever asked could not be asked back: once more then."""
        later = update(_INTENTS).values(tries=intent.tries + 1, next_try=next_try)
        with self._writing() as connection:
            connection.execute(_this_intent(later, intent))

    def drop(self, intent: Intent) -> None:
        """The request leads to nothing; what stood before it stands."""
        with self._writing() as connection:
            connection.execute(_this_intent(delete(_INTENTS), intent))

    def subscribe(self, intent: Intent, *, expires: datetime, delivered: str, now: datetime) -> None:
        """They meant it. A renewal keeps what was delivered and owed."""
        new = Subscriber(
            topic=intent.topic,
            callback=intent.callback,
            host=intent.host,
            secret=intent.secret,
            expires=expires,
            delivered=delivered,
            next_try=now,
        )
        with self._writing() as connection:
            connection.execute(_this_intent(delete(_INTENTS), intent))
            _put(connection, _SUBSCRIBERS, _columns(new, _SUBSCRIBERS), only=("expires", "secret"))

    def unsubscribe(self, intent: Intent) -> None:
        """They meant it."""
        with self._writing() as connection:
            connection.execute(_this_intent(delete(_INTENTS), intent))
            connection.execute(_this_subscriber(delete(_SUBSCRIBERS), intent.topic, intent.callback))

    # -------------------------------------------------------------------------------------------- to our feeds: delivering

    def versions(self) -> tuple[tuple[str, str], ...]:
        """Each topic that anybody subscribed to, with each digest that somebody was last given."""
        wanted = select(_SUBSCRIBERS.c.topic, _SUBSCRIBERS.c.delivered).distinct()
        with self._reading() as connection:
            return tuple((row.topic, row.delivered) for row in connection.execute(wanted))

    def owed(self, topic: str, digest: str, now: datetime, limit: int) -> tuple[Subscriber, ...]:
        """Who has another document of the topic and may be given this one now: who did not fail first."""
        table = _SUBSCRIBERS.c
        wanted = (
            select(_SUBSCRIBERS)
            .where(table.topic == topic, table.delivered != digest, table.next_try <= now, table.expires > now)
            .order_by(table.tries, table.next_try, table.callback)
            .limit(limit)
        )
        with self._reading() as connection:
            return tuple(Subscriber(**row) for row in connection.execute(wanted).mappings())

    def of_topic(self, topic: str, limit: int) -> tuple[Subscriber, ...]:
        with self._reading() as connection:
            found = connection.execute(select(_SUBSCRIBERS).where(_SUBSCRIBERS.c.topic == topic).limit(limit))
            return tuple(Subscriber(**row) for row in found.mappings())

    def commit(self, fates: Sequence[Delivered]) -> None:
        """What became of deliveries."""
        with self._writing() as connection:
            for fate in fates:
                taken = {} if fate.delivered is None else {"delivered": fate.delivered}
                changed = update(_SUBSCRIBERS).values(
                    tries=fate.tries, next_try=fate.next_try, failing_since=fate.failing_since, **taken
                )
                connection.execute(_this_subscriber(changed, fate.topic, fate.callback))

    def end(self, topic: str, callback: str) -> None:
        with self._writing() as connection:
            connection.execute(_this_subscriber(delete(_SUBSCRIBERS), topic, callback))

    def expire(self, now: datetime) -> int:
        """Ends what its subscribers have not renewed; how many there were."""
        with self._writing() as connection:
            return connection.execute(delete(_SUBSCRIBERS).where(_SUBSCRIBERS.c.expires <= now)).rowcount

    # ------------------------------------------------------------------------------------------------------- to sources

    def links(self) -> dict[str, HubLink]:
        """By source, which hub its last document named."""
        with self._reading() as connection:
            found = select(_SOURCES.c.source_id, _SOURCES.c.hub).where(_SOURCES.c.hub.is_not(None))
            return {row.source_id: row.hub for row in connection.execute(found)}

    def pushes(self) -> tuple[Push, ...]:
        """All subscriptions of ours, also those that are ending."""
        with self._reading() as connection:
            found = connection.execute(select(_PUSHES).order_by(_PUSHES.c.source_id, _PUSHES.c.token))
            return tuple(Push(**row) for row in found.mappings())

    def push(self, token: str) -> Push | None:
        with self._reading() as connection:
            row = connection.execute(select(_PUSHES).where(_PUSHES.c.token == token)).mappings().first()
            return None if row is None else Push(**row)

    def put(self, pushes: Sequence[Push]) -> None:
        """Remembers what is about to be asked of hubs: before it is, since they may ask back before they answer. A lease, and
        what the hub said meanwhile, stay as they are."""
        kept = {"expires", "hinted", "looked", "idle", "token"}
        only = tuple(column.name for column in _PUSHES.c if column.name not in kept)
        with self._writing() as connection:
            for push in pushes:
                _put(connection, _PUSHES, _columns(push, _PUSHES), only=only)

    def change(self, token: str, **values: Any) -> None:
        """Sets these columns of one of our subscriptions."""
        with self._writing() as connection:
            connection.execute(update(_PUSHES).where(_PUSHES.c.token == token).values(**values))

    def followed(self, token: str, hinted: datetime) -> None:
        """The source was asked after that hint; a newer one stands."""
        seen = update(_PUSHES).where(_PUSHES.c.token == token, _PUSHES.c.hinted == hinted)
        with self._writing() as connection:
            connection.execute(seen.values(hinted=None))

    def forget(self, tokens: Collection[str]) -> None:
        with self._writing() as connection:
            connection.execute(delete(_PUSHES).where(_PUSHES.c.token.in_(tokens)))

    def checked(self, source_ids: Collection[str]) -> dict[str, tuple[datetime | None, datetime | None]]:
        """When each of these sources was last asked, and when it last had something new."""
        wanted = select(_SOURCES.c.source_id, _SOURCES.c.last_checked, _SOURCES.c.last_changed)
        with self._reading() as connection:
            found = connection.execute(wanted.where(_SOURCES.c.source_id.in_(source_ids)))
            return {source_id: (checked, changed) for source_id, checked, changed in found}

    def make_due(self, source_ids: Collection[str], now: datetime) -> None:
        """These sources are to be asked at once."""
        later = update(_SOURCES).where(_SOURCES.c.source_id.in_(source_ids), _SOURCES.c.next_due > now)
        with self._writing() as connection:
            connection.execute(later.values(next_due=now))


def _count(connection: Connection, table: Table, **of: str) -> int:
    counted = select(func.count()).select_from(table).where(*(table.c[name] == value for name, value in of.items()))
    return int(connection.execute(counted).scalar_one())


def _columns(value: Intent | Subscriber | Push, table: Table) -> dict[str, Any]:
    return {column.name: getattr(value, column.name) for column in table.c}


def _put(connection: Connection, table: Table, row: dict[str, Any], *, only: Sequence[str] = ()) -> None:
    """Inserts, or overwrites the columns `only` (without any: all)."""
    names = only or [column.name for column in table.c if not column.primary_key]
    connection.execute(sqlite.upsert(table, *names), row)


def _this_intent(statement: Any, intent: Intent) -> Any:
    """A newer request for the same subscription has another time, and stays."""
    table = _INTENTS.c
    return statement.where(table.topic == intent.topic, table.callback == intent.callback, table.asked == intent.asked)


def _this_subscriber(statement: Any, topic: str, callback: str) -> Any:
    return statement.where(_SUBSCRIBERS.c.topic == topic, _SUBSCRIBERS.c.callback == callback)
