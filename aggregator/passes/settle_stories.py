"""The settle stroke: items not yet settled become stories with tags.

Obeys the law of closures (docs/decisions/0001-the-house.md): whatever the order of arrival and the size of rounds, the same
items give the same stories. So every round takes its items' old matches and new ones, reaches everything connected to them, and
puts that whole closure together again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING

from aggregator.model import (
    Ahead,
    Authority,
    Item,
    ItemKey,
    Match,
    Settled,
    Story,
    StoryName,
    StoryUpdate,
    Tagging,
    Verdict,
)
from aggregator.passes import matching
from aggregator.stories import merge

if TYPE_CHECKING:
    from aggregator import tagging
    from aggregator.store.connect import Store

ROUND = 2_000  # items settled in one transaction
NOTHING: Mapping[ItemKey, Ahead] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """All that decides what is one story and how it is tagged."""

    merging: matching.Merging
    authority: Mapping[str, Authority]
    sites: Mapping[str, frozenset[str]]  # where each source's own pages stand
    fixed: Mapping[str, tuple[str, ...]]  # labels that a source's every item carries
    tagging: tagging.Rules
    minting: str


def settle(store: Store, rules: Rules, *, now: datetime, ahead: Mapping[ItemKey, Ahead] = NOTHING) -> Settled:
    """Settles everything unsettled, one transaction for every round. `ahead` is what these rules say of single items."""
    new = changed = 0
    while True:
        withdrawn, fresh = store.unsettled_withdrawn(), store.unsettled(ROUND)
        if not withdrawn and not fresh:
            return Settled(new=new, changed=changed)
        plan = planned(store, rules, fresh, withdrawn, now=now, ahead=ahead)
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
    store: Store,
    rules: Rules,
    fresh: Sequence[Item],
    withdrawn: Collection[ItemKey],
    *,
    now: datetime,
    ahead: Mapping[ItemKey, Ahead] = NOTHING,
) -> Plan:
    """What settling these items would commit; reads the store, writes nothing."""
    of_round = {item.key: item for item in fresh}
    keys = {
        key: ahead[key].keyed if key in ahead else matching.keyed(item, rules.merging) for key, item in of_round.items()
    }
    matches = list(matching.matches(store, rules.merging, of_round, keys))
    rematched = {*keys, *withdrawn}
    reached, kept, near = _closure(store, rematched, rematched, matches)
    if near:  # stories of the same event name each other: what is told of the others changes as well
        others, more, _ = _closure(store, near, rematched, matches)
        reached, kept = reached | others, kept | more
    items = of_round | store.items(reached - of_round.keys() - set(withdrawn))
    joined = [*kept.values(), *matches]
    groups = merge.partition(
        items.values(), joined, authority=rules.authority, window=rules.merging.window, sites=rules.sites
    )
    earlier = store.names(reached)
    naming = merge.name(groups, items, earlier, minting=rules.minting, now=now)
    alone = {} if rules.tagging.by_hand else ahead  # what a person decided may name the story
    stories = _stories(store, partial(_tagged, rules, alone), naming, items, earlier, now=now)
    return Plan(
        update=StoryUpdate(
            settled=tuple(sorted(rematched)),
            keys=keys,
            matches=tuple(matches),
            rematched=tuple(sorted(rematched)),
            stories=tuple(story for story, before in stories if story != before or _carried_anew(story, of_round)),
            gone=naming.gone,
        ),
        new=sum(before is None for _, before in stories),
        changed=sum(before is not None and story.version != before.version for story, before in stories),
    )


def _carried_anew(story: Story, of_round: Mapping[ItemKey, Item]) -> bool:
    """A carrier may say something else now. The story is the same and its version, too, but not what its page tells of it."""
    return any(item.key in of_round for item in story.carriers[1:])


def _closure(
    store: Store, start: Collection[ItemKey], rematched: Collection[ItemKey], matches: Sequence[Match]
) -> tuple[set[ItemKey], dict[tuple[ItemKey, ItemKey], Match], set[ItemKey]]:
    """Everything reachable from `start` over stored and new matches; the stored matches that still hold; and what tells of the
    same events as anything reached.

    Stored matches that touch `rematched` are about to be replaced: they lead to what must be settled again, no more.
    """
    fresh_edges: dict[ItemKey, list[Match]] = defaultdict(list)
    for match in matches:
        fresh_edges[match.left].append(match)
        fresh_edges[match.right].append(match)
    reached: set[ItemKey] = set()
    near: set[ItemKey] = set()
    kept: dict[tuple[ItemKey, ItemKey], Match] = {}
    frontier = set(start)
    while frontier:
        reached |= frontier
        stored = store.matches(frontier)
        for match in stored:
            if match.left not in rematched and match.right not in rematched:
                kept[match.left, match.right] = match
        edges = [*stored, *(match for key in frontier for match in fresh_edges.get(key, ()))]
        near.update(key for match in edges if match.verdict is Verdict.RELATED for key in (match.left, match.right))
        joined = [match for match in edges if match.verdict in {Verdict.SAME, Verdict.UPDATE}]
        frontier = {key for match in joined for key in (match.left, match.right)} - reached
        if not frontier:  # a story's members belong together even where the match between them is gone
            frontier = {key for name in store.names(reached) for key in name.members} - reached
    return reached, kept, near - reached


def _stories(
    store: Store,
    tagged: Callable[[merge.Named, Sequence[Item]], Tagging],
    naming: merge.Naming,
    items: Mapping[ItemKey, Item],
    earlier: Sequence[StoryName],
    *,
    now: datetime,
) -> list[tuple[Story, Story | None]]:
    """Each named group as a story, beside the story of that id as it was."""
    before = store.stories([name.id for name in earlier])
    ids = {key: named.name.id for named in naming.named for key in named.group.members}
    elsewhere = {key for named in naming.named for key in named.group.related} - ids.keys()
    ids |= {key: name.id for name in store.names(elsewhere) for key in name.members if key in elsewhere}
    again = store.said_before([named.group.origin for named in naming.named if named.name.id in before])
    made = []
    for named in naming.named:
        carriers = [items[key] for key in named.group.members]
        related = tuple(sorted({ids[key] for key in named.group.related if key in ids} - {named.name.id}))
        previous = before.get(named.name.id)
        # Some servers change a text to and fro at every fetch: that is no correction, which readers should see again
        moment = previous.changed if previous and named.group.origin in again else now
        tags = tagged(named, carriers)
        story = merge.story(named, items, tagging=tags, related=related, previous=previous, now=moment)
        made.append((story, previous))
    return made


def _tagged(rules: Rules, alone: Mapping[ItemKey, Ahead], named: merge.Named, carriers: Sequence[Item]) -> Tagging:
    from aggregator import tagging

    origin = named.group.origin
    if len(carriers) == 1 and origin in alone:
        return alone[origin].tagging
    [item] = [item for item in carriers if item.key == origin]
    fixed = fixed_labels(carriers, rules)
    return tagging.tag(item, carriers, rules.tagging, fixed=fixed, story=named.name.id)


def fixed_labels(carriers: Sequence[Item], rules: Rules) -> Sequence[str]:
    """The labels that the configuration gives every item of one of these carriers' sources."""
    return sorted({label for item in carriers for label in rules.fixed.get(item.source_id, ())})
