"""Subscriptions by WebSub (W3C Recommendation): those of others to our feeds, and ours to sources that name a hub.

Secrets and callbacks are capabilities: they are left out of what is shown of a value, so that no log line holds them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple


class HubLink(NamedTuple):
    """What a document says of itself: which hub tells of its news, and under which name."""

    hub: str
    topic: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Websub:
    """What an installation does of it."""

    hub: bool = False  # tells subscribers of its own feeds
    subscribe: bool = False  # lets the hubs of sources tell it
    private_callbacks: bool = False  # subscribers may stand at addresses that are not public


class Mode(StrEnum):
    """What a subscriber wants of a hub."""

    SUBSCRIBE = "subscribe"
    UNSUBSCRIBE = "unsubscribe"


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """What somebody asked our hub for, until they have shown that they meant it."""

    mode: Mode
    topic: str
    callback: str = field(repr=False)
    host: str  # of the callback, without its port
    lease: int  # seconds
    secret: str | None = field(default=None, repr=False)
    asked: datetime
    tries: int = 0
    next_try: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscriber:
    """A subscription to one of our feeds. What it was last given is `delivered`; anything else there is, it is owed."""

    topic: str
    callback: str = field(repr=False)
    host: str
    secret: str | None = field(default=None, repr=False)
    expires: datetime
    delivered: str  # digest of the document, "" for none
    tries: int = 0  # since it last took something
    next_try: datetime
    failing_since: datetime | None = None


class PushState(StrEnum):
    """How a subscription of ours stands."""

    ASKED = "asked"  # the hub has not yet asked back
    LIVE = "live"
    DENIED = "denied"
    LEAVING = "leaving"  # the hub is to end it
    LEFT = "left"  # and has ended it


@dataclass(frozen=True, slots=True, kw_only=True)
class Push:
    """A subscription of ours to a source. `token` is the last part of the callback, known to the hub alone."""

    token: str = field(repr=False)
    source_id: str
    hub: str
    topic: str
    secret: str = field(repr=False)
    state: PushState = PushState.ASKED
    asked: datetime
    expires: datetime | None = None  # of the lease
    tries: int = 0
    next_try: datetime
    hinted: datetime | None = None  # when the hub last said that there is something new; None: that was looked at
    looked: datetime | None = None  # the last request of its source that was weighed for the next line
    idle: int = 0  # requests in a row that found nothing new, though the hub said so
    reason: str | None = None  # why it is not what it should be
