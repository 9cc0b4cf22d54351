"""Retention: what is old, or too much, and shown by no source any more, goes; a tombstone stays.

Whole stories go, never single carriers: a story that lost its origin would be another one for its readers.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from aggregator.model import Holding, ItemKey, Retention

if TYPE_CHECKING:
    from aggregator.config.load import Config
    from aggregator.store.connect import Store

DAILY = timedelta(days=1)
_AT_ONCE = 2_000  # items that one pass takes away: the first time after years there may be a hundred thousand
# Younger items stay, whatever the numbers say: their copies may still come, and would be news without them
_YOUNG = timedelta(days=30)
# After a longer pause nothing goes for a day: a clock that was set ahead would make everything old, and what is taken away does
# not come back with the right time
_DOUBTFUL = timedelta(days=40)
_HOSTS = timedelta(days=90)  # a server not asked for so long is forgotten


def retain(config: Config, store: Store, *, now: datetime, hurry: bool = False) -> int:
    """Takes away what a pass may, once a day (`hurry`: in any case); how many items. They wait to be settled then."""
    last = store.retained()
    configured = {source.id for source in config.sources}
    if not hurry and last is not None:
        if timedelta(0) <= now - last < DAILY:
            return 0
        if now - last > _DOUBTFUL:
            store.commit_retained(now, forget_hosts=last - _HOSTS, configured=configured)
            return 0
    keep = config.retention
    gone = expired(store.holdings(), keep, now=now) if _may_be_over(keep, store.source_counts()) else ()
    store.withdraw(gone[:_AT_ONCE])
    if len(gone) <= _AT_ONCE:
        store.commit_retained(now, forget_hosts=now - _HOSTS, configured=configured)
    return len(gone[:_AT_ONCE])


def _may_be_over(keep: Retention, counts: Mapping[str, int]) -> bool:
    """Whether it is worth reading all items: where nothing goes by age, numbers tell."""
    if keep.age is not None:
        return True
    most, total = max(counts.values(), default=0), sum(counts.values())
    return (keep.per_source is not None and most > keep.per_source) or (keep.total is not None and total > keep.total)


def expired(held: Sequence[Holding], keep: Retention, *, now: datetime) -> tuple[ItemKey, ...]:
    """The items of all stories none of whose items is kept, the oldest stories first. Pure."""
    over = _over(held, keep, now=now)
    stories: dict[str, list[Holding]] = defaultdict(list)
    for one in sorted(held, key=lambda one: one.key):
        stories[one.story_id].append(one)
    going = [
        members
        for members in stories.values()
        if all(one.key in over and not one.listed and now - one.first_seen > _YOUNG for one in members)
    ]
    going.sort(key=lambda members: (max(one.published for one in members), members[0].key))
    return tuple(one.key for members in going for one in members)


def _over(held: Sequence[Holding], keep: Retention, *, now: datetime) -> Collection[ItemKey]:
    """The items that one of the bounds would let go."""
    over = {one.key for one in held if keep.age is not None and now - one.first_seen > keep.age}
    newest = sorted(held, key=lambda one: (one.published, one.key), reverse=True)
    if keep.total is not None:
        over.update(one.key for one in newest[keep.total :])
    if keep.per_source is not None:
        counted: dict[str, int] = defaultdict(int)
        for one in newest:
            counted[one.key.source_id] += 1
            if counted[one.key.source_id] > keep.per_source:
                over.add(one.key)
    return over
