"""Items, and what is remembered of their sources."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from aggregator.errors import Failure
from aggregator.model.answers import Enclosure, Entry, Rest, Rights, Validators
from aggregator.model.health import Profile
from aggregator.model.websub import HubLink


class DateTrust(StrEnum):
    """How sure `Item.published` is."""

    EXACT = "exact"  # an instant with its zone
    ZONE_ASSUMED = "zone-assumed"  # an instant without a zone: the source's zone was taken
    DAY = "day"  # a day alone: midnight in the source's zone
    FIRST_SEEN = "first-seen"  # no usable date: when we first saw it


class ItemKey(NamedTuple):
    """Identity of an item: two sources can never overwrite each other's items. Sorts by source, then guid."""

    source_id: str
    guid: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One thing that one source published; valid by construction, because only `clean.item` makes one: legal XML
    characters, safe HTML, aware instants, absolute http(s) URLs, a title that is not empty."""

    id: str  # minted from source and guid; stands in URLs and on the command line
    source_id: str
    guid: str
    url: str
    title: str  # plain text
    summary: str  # plain text, "" when there is none
    html: str  # safe HTML, "" when there is none
    text: str  # the plain text of `html`
    published: datetime
    updated: datetime | None
    date_trust: DateTrust
    published_text: str | None  # as the source wrote it
    first_seen: datetime
    language: str | None
    authors: tuple[str, ...]
    categories: tuple[str, ...]
    issuer: str | None  # who issued it, where the item names somebody else than its source
    enclosures: tuple[Enclosure, ...]
    content_hash: str  # over title, summary and text, without dates
    fingerprint: str  # of the entry it was made from

    @property
    def key(self) -> ItemKey:
        return ItemKey(self.source_id, self.guid)


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """What an item said until `replaced`."""

    replaced: datetime
    title: str
    summary: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """An entry that can not become an item."""

    entry: Entry
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownItem:
    """What identity needs to know of a stored item."""

    guid: str
    content_hash: str
    fingerprint: str
    first_seen: datetime
    title: str
    url: str
    published_text: str | None = None  # as the source wrote it


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """The stored items of one source as identity sees them."""

    items: Mapping[str, KnownItem]  # by guid
    aliases: Mapping[str, str]  # alias -> guid
    fingerprints: frozenset[str]


class Standing(StrEnum):
    """What identity says of an entry before it is cleaned."""

    NEW = "new"
    CHANGED = "changed"  # known, its fingerprint differs
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognised:
    """An entry with the guid under which it is (to be) stored."""

    entry: Entry
    guid: str
    standing: Standing
    aliases: tuple[str, ...]  # further names of the same item that are not stored yet
    first_seen: datetime | None  # of the stored item


@dataclass(frozen=True, slots=True, kw_only=True)
class Failing:
    """What is wrong with a source now; `since` is the first of the failures in a row."""

    failure: Failure
    message: str
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """How a source publishes, as far as it was seen."""

    window: int = 0  # entries that its document shows
    rates: tuple[
        float, ...
    ] = ()  # items an hour: the 24 hours of a working day, then those of Saturday and Sunday, in its zone
    fastest: timedelta | None = None  # in which half of a window was new; only where more than a third was
    learned: datetime | None = None  # up to when `rates` know


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """Where a chain of permanent redirects leads, since when it was seen to, and how often."""

    url: str
    since: datetime
    times: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """What a source calls itself, and the host that its items' links lead to (without `www.`)."""

    title: str | None = None
    host: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """A source that shows another face all at once: perhaps somebody else's now."""

    message: str
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceState:
    """What is remembered of a source from pass to pass."""

    source_id: str
    validators: Validators = field(default_factory=Validators)
    body_hash: str | None = None
    last_checked: datetime | None = None
    last_success: datetime | None = None
    last_changed: datetime | None = None  # when a pass last found a new item
    last_full: datetime | None = None  # when it last answered with a body
    next_due: datetime | None = None
    failures: int = 0  # in a row
    strikes: int = 0  # the same, each by its weight
    failing: Failing | None = None
    cadence: timedelta | None = None  # median time between two items
    rhythm: Rhythm | None = None
    rest: Rest | None = None  # as its last document says
    move: Move | None = None
    face: Face | None = None
    drift: Drift | None = None
    rights: Rights | None = None  # what its last whole answer reserved
    hub: HubLink | None = None  # who tells of its news, as its last document says
    pushed_until: datetime | None = None  # a hub tells us until then; read with the state, never written with it
    profile: Profile | None = None  # how it usually answers
    well_since: datetime | None = None  # the first good answer after it failed


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceUpdate:
    """All that one transaction commits for one source."""

    state: SourceState
    new: tuple[Item, ...] = ()
    changed: tuple[Item, ...] = ()  # with another content than stored
    refreshed: tuple[tuple[str, str], ...] = ()  # (guid, fingerprint): other bytes, same content
    aliases: tuple[tuple[str, str], ...] = ()  # (alias, guid)
    rejected: tuple[Rejected, ...] = ()
    listed: tuple[str, ...] | None = None  # fingerprints of all that the source shows; None where it was not read anew

    @property
    def says_more(self) -> bool:
        """Whether there is anything to commit beside the state."""
        return bool(self.new or self.changed or self.refreshed or self.aliases or self.rejected)
