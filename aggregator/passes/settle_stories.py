"""The settle stroke: items not yet settled become stories with tags.

Obeys the law of closures (docs/decisions/0001-the-house.md): whatever the order of arrival and the size of rounds, the same
items give the same stories. So every round takes its items' old matches and new ones, reaches everything connected to them, and
puts that whole closure together again.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from aggregator.model import (
    Authority,
    Item,
    ItemKey,
    Match,
    Story,
    StoryName,
    StoryUpdate,
    Verdict,
)
from aggregator.stories import compare, merge

if TYPE_CHECKING:
    from aggregator import tagging
    from aggregator.store.connect import Store

ROUND = 2_000  # items settled in one transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """All that decides what is one story and how it is tagged."""

    stable_keys: tuple[re.Pattern[str], ...]
    window: timedelta
    authority: Mapping[str, Authority]
    fixed: Mapping[str, tuple[str, ...]]  # labels that a source's every item carries
    tagging: tagging.Rules
    minting: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What a stroke changed: how many stories are new, how many are other than before."""

    new: int = 0
    changed: int = 0


def settle(store: Store, rules: Rules, *, now: datetime) -> Settled:
    """Settles everything unsettled, one transaction for every round."""
    new = changed = 0
    while True:
        withdrawn, fresh = store.unsettled_withdrawn(), store.unsettled(ROUND)
        if not withdrawn and not fresh:
            return Settled(new=new, changed=changed)
        plan = planned(store, rules, fresh, withdrawn, now=now)
        store.commit_stories(plan.update)
        new += plan.new
        changed += plan.changed


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What one round would commit."""

    update: StoryUpdate
    new: int
    changed: int


def planned(
    store: Store, rules: Rules, fresh: Sequence[Item], withdrawn: Collection[ItemKey], *, now: datetime
) -> Plan:
    """What settling these items would commit; reads the store, writes nothing."""
    keys = {item.key: compare.keys(item, stable_keys=rules.stable_keys) for item in fresh}
    matches = _compared(store, rules, fresh, keys)
    rematched = {*keys, *withdrawn}
    reached, kept = _closure(store, rematched, matches)
    items = {item.key: item for item in fresh}
    items |= store.items(reached - items.keys() - set(withdrawn))
    groups = merge.partition(items.values(), [*kept, *matches], authority=rules.authority, window=rules.window)
    earlier = store.names(reached)
    naming = merge.name(groups, items, earlier, minting=rules.minting, now=now)
    stories = _stories(store, rules, naming, items, earlier, now=now)
    return Plan(
        update=StoryUpdate(
            settled=tuple(sorted(rematched)),
            keys=keys,
            matches=tuple(matches),
            rematched=tuple(sorted(rematched)),
            stories=tuple(story for story, before in stories if story != before),
            gone=naming.gone,
        ),
        new=sum(before is None for _, before in stories),
        changed=sum(before is not None and story.version != before.version for story, before in stories),
    )


def _compared(
    store: Store, rules: Rules, fresh: Sequence[Item], keys: Mapping[ItemKey, tuple[str, ...]]
) -> list[Match]:
    """Every fresh item against everything that shares a key with it: settled items of the store and others of this round."""
    holders: dict[str, set[ItemKey]] = defaultdict(set)
    for item_key, its_keys in keys.items():
        for key in its_keys:
            holders[key].add(item_key)
    for key, settled in store.candidates(holders.keys()).items():
        holders[key].update(settled)
    shared: dict[tuple[ItemKey, ItemKey], list[str]] = defaultdict(list)
    for key in sorted(holders):
        members = sorted(holders[key])
        for position, left in enumerate(members):
            for right in members[position + 1 :]:
                # One source never merges with itself: a link that 2,000 of its items share would make 2 million pairs.
                if left.source_id != right.source_id and (left in keys or right in keys):
                    shared[left, right].append(key)
    items = {item.key: item for item in fresh}
    items |= store.items({key for pair in shared for key in pair} - items.keys())
    found = (
        compare.compare(items[left], items[right], shared=its_keys, window=rules.window)
        for (left, right), its_keys in shared.items()
    )
    return [match for match in found if match is not None]


def _closure(store: Store, start: Collection[ItemKey], matches: Sequence[Match]) -> tuple[set[ItemKey], list[Match]]:
    """Everything reachable from `start` over stored and new matches; and the stored matches that still hold.

    Stored matches that touch `start` are about to be replaced: they lead to what must be settled again, no more.
    """
    fresh_edges: dict[ItemKey, list[Match]] = defaultdict(list)
    for match in matches:
        fresh_edges[match.left].append(match)
        fresh_edges[match.right].append(match)
    reached: set[ItemKey] = set()
    kept: dict[tuple[ItemKey, ItemKey], Match] = {}
    frontier = set(start)
    while frontier:
        reached |= frontier
        stored = store.matches(frontier)
        for match in stored:
            if match.left not in start and match.right not in start:
                kept[match.left, match.right] = match
        edges = [*stored, *(match for key in frontier for match in fresh_edges.get(key, ()))]
        joined = [match for match in edges if match.verdict in {Verdict.SAME, Verdict.UPDATE}]
        frontier = {key for match in joined for key in (match.left, match.right)} - reached
        if not frontier:  # a story's members belong together even where the match between them is gone
            frontier = {key for name in store.names(reached) for key in name.members} - reached
    return reached, list(kept.values())


def _stories(
    store: Store,
    rules: Rules,
    naming: merge.Naming,
    items: Mapping[ItemKey, Item],
    earlier: Sequence[StoryName],
    *,
    now: datetime,
) -> list[tuple[Story, Story | None]]:
    """Each named group as a story, beside the story of that id as it was."""
    from aggregator import tagging

    before = store.stories([name.id for name in earlier])
    ids = {key: named.name.id for named in naming.named for key in named.group.members}
    made = []
    for named in naming.named:
        carriers = [items[key] for key in named.group.members]
        fixed = fixed_labels(carriers, rules)
        tagged = tagging.tag(items[named.group.origin], carriers, rules.tagging, fixed=fixed, story=named.name.id)
        related = tuple(sorted({ids[key] for key in named.group.related if key in ids} - {named.name.id}))
        previous = before.get(named.name.id)
        story = merge.story(named, items, tagging=tagged, related=related, previous=previous, now=now)
        made.append((story, previous))
    return made


def fixed_labels(carriers: Sequence[Item], rules: Rules) -> Sequence[str]:
    """The labels that the configuration gives every item of one of these carriers' sources."""
    return sorted({label for item in carriers for label in rules.fixed.get(item.source_id, ())})
