"""How sources are, how they usually are, and what somebody was told of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

INSTALLATION = "*"  # stands among the ids of sources for the installation itself; no source can be called so


class State(StrEnum):
    """The states of a source, as `status` names them."""

    OK = "ok"
    DRIFTING = "drifting"  # answers, but is not what it was: another face, emptier entries, far fewer of them
    QUIET = "quiet"  # answers, but has had nothing new for much longer than usual
    FAILING = "failing"
    BLOCKED = "blocked"  # the site, or our own address check, refuses
    GONE = "gone"
    PAUSED = "paused"  # `enabled: false`
    NEW = "new"  # never asked yet


@dataclass(frozen=True, slots=True, kw_only=True)
class Lacking:
    """What the answers of a source lack of what they usually have, since when, up to when, and how many answers in a row."""

    what: str
    since: datetime
    until: datetime
    answers: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Items a day, as of `at`: over the last weeks, and over the last half year. `scarce`: since when the first is far less."""

    at: datetime
    lately: float
    usual: float
    days: float = 0.0  # that `usual` was learned from
    scarce: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """How a source usually answers, as far as it was seen."""

    readings: int = 0  # documents that it was learned from
    entries: float = 0.0  # of a document, in the mean
    fewest: float = 0.0  # the least of them, slowly forgotten
    sampled: int = 0  # entries that `filled` was learned from, up to where it is sure
    filled: tuple[float, ...] = ()  # the share of entries with each of passes/usual.py's fields
    lately: tuple[float, ...] = ()  # the same of the last few
    gap: timedelta | None = None  # between two answers with news, holidays left out, in the mean
    longest: timedelta | None = None  # the longest of them, slowly forgotten
    gaps: int = 0  # that they were learned from, up to where they are sure
    pace: Pace | None = None
    lacking: Lacking | None = None


class Telling(StrEnum):
    """How an event is told to people, beside the feed and `status`."""

    WEBHOOK = "webhook"
    MAIL = "mail"


class Security(StrEnum):
    """How a connection to a mail server is kept private."""

    STARTTLS = "starttls"  # RFC 3207
    TLS = "tls"  # from the first byte on (RFC 8314)
    NONE = "none"  # a server on this machine


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """Where events are posted to as JSON."""

    url: str = field(repr=False)  # mostly a secret of its own
    private_network: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """Who gets events by mail, and by which server."""

    to: tuple[str, ...]
    sender: str
    host: str
    port: int
    security: Security = Security.STARTTLS
    user: str | None = None
    password: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarms:
    """Where events are told, beside the feed and `status`."""

    webhook: Webhook | None = None
    mail: Mail | None = None

    @property
    def tell(self) -> tuple[Telling, ...]:
        webhook = (Telling.WEBHOOK,) if self.webhook else ()
        return (*webhook, Telling.MAIL) if self.mail else webhook


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something worth an alarm that began, or that is over. One event for all that failed together."""

    number: int  # grows with every event; stands in its id
    at: datetime
    over: int | None = None  # the number of the event that is over
    state: State | None  # None: the installation
    cause: str  # the failure's class, or what else is wrong
    sources: tuple[str, ...]  # ids; INSTALLATION for the installation
    detail: str = ""  # what was seen of the first of them
    open: tuple[str, ...] = ()  # those that are still in trouble
    waiting: tuple[Telling, ...] = ()  # not yet told there
