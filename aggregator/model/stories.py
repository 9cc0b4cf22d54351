"""Stories, the comparisons they are made of, and their tags."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple, TypeAlias

from aggregator.model.items import Item, ItemKey


class Verdict(StrEnum):
    """What two items are to each other."""

    SAME = "same"
    UPDATE = "update"
    RELATED = "related"
    DIFFERENT = "different"  # they share a key, but something forbids that they are one story


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """The comparison of two items; `left` sorts before `right`. Symmetric: it says nothing about who came first."""

    left: ItemKey
    right: ItemKey
    verdict: Verdict
    rule: str  # canonical-url, stable-key, content-hash ...; for DIFFERENT: what forbids
    strength: float  # 0 to 1; stronger matches are joined first
    evidence: str  # what they share or what forbids, for people


class Keyed(NamedTuple):
    """The keys under which an item is found, and the day (since 1970) of its publication; 0 where it has no date of its own."""

    keys: tuple[int, ...]
    day: int


class Sought(NamedTuple):
    """A key that is looked for, on these days."""

    key: int
    first: int
    last: int


Shared: TypeAlias = dict[ItemKey, set[int]]  # other items, with the keys that one has in common with them


class Evidence(NamedTuple):
    """One hit of one rule. `text` is what stood in the item, `weight` what it counted. A tuple, because a pass makes a dozen of
    them for each item."""

    rule: str
    field: str  # title, summary, text, category, issuer, url; item for what bars a label from it; source, by hand
    text: str
    weight: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Tag:
    """A label on a story, with what speaks for it."""

    label: str
    score: float
    evidence: tuple[Evidence, ...]
    # Of the taxonomy that gave it. A new version that changes nothing about a tag leaves it as it is.
    version: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tagging:
    """What the rules say of one item: its tags, and the labels that came near (with their evidence)."""

    tags: tuple[Tag, ...]
    near_misses: tuple[Tag, ...] = ()


class Ahead(NamedTuple):
    """What settling wants to know of an item by itself, worked out where it was cleaned: its keys, and its labels as if nobody
    else carried it."""

    keyed: Keyed
    tagging: Tagging


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Items that are one piece of news, before it has an id: `origin` is one of `members`, which are sorted by key.
    `related` are items of other groups that tell of the same event."""

    origin: ItemKey
    members: tuple[ItemKey, ...]
    related: tuple[ItemKey, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryName:
    """What outlives every new settling of a story: its id, when it was minted, who its members were."""

    id: str  # tag: URI, RFC 4151
    minted: datetime
    members: tuple[ItemKey, ...]
    absorbed: tuple[str, ...] = ()  # ids of younger stories that proved to be this one


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """One or more items that are the same piece of news; what gets published."""

    id: str  # tag: URI, RFC 4151
    minted: datetime
    origin: Item  # whose text is shown
    carriers: tuple[Item, ...]  # all items of the story, the origin first, then by published, source, guid
    related: tuple[str, ...]  # ids of stories that tell of the same event
    published: datetime
    changed: datetime  # when what it says last changed; a further carrier or label does not count
    tags: tuple[Tag, ...]
    near_misses: tuple[Tag, ...]
    absorbed: tuple[str, ...]
    version: str  # hash of all that is published of it

    @property
    def labels(self) -> tuple[str, ...]:
        return tuple(tag.label for tag in self.tags)


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """How a carrier's item differs from the origin's."""

    item: Item
    share: float  # of the origin's text that it carries, 0 to 1
    own: float  # of its text that the origin does not have
    other_title: bool
    how: str  # whole text, shortened, translation ..., for people
    differences: tuple[tuple[str, str], ...]  # what the origin says, what it says in the same place


@dataclass(frozen=True, slots=True, kw_only=True)
class Headline:
    """What selecting needs to know of a stored story; `version` tells whether what is published of it changed."""

    id: str
    version: str
    minted: datetime
    published: datetime
    changed: datetime
    labels: tuple[str, ...]
    sources: tuple[str, ...]  # of all carriers, the origin's first
    language: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Since:
    """What settlings did to the stories since an earlier generation. Ids are sorted."""

    generation: int  # now
    changed: tuple[str, ...]  # new or written again
    gone: tuple[str, ...]  # absorbed or without members; they may never have been seen


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryUpdate:
    """All that one transaction of the settle stroke commits."""

    settled: tuple[ItemKey, ...]  # items that are settled by it
    keys: Mapping[ItemKey, Keyed]  # the candidate keys of these items
    matches: tuple[Match, ...]  # replace every stored match that touches an item of `rematched`
    rematched: tuple[ItemKey, ...]
    stories: tuple[Story, ...]  # new or changed ones, whole
    gone: tuple[str, ...]  # ids of stories that are no more (absorbed, or without members)


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """How much is kept. None: all of it."""

    age: timedelta | None = None  # since an item was first seen
    per_source: int | None = None  # the newest so many items
    total: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """What retention needs to know of a stored item. `listed`: its source shows it still."""

    key: ItemKey
    story_id: str
    published: datetime
    first_seen: datetime
    listed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What a stroke changed: how many stories are new, how many are other than before."""

    new: int = 0
    changed: int = 0
