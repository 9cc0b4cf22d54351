"""Changed rules applied to what is stored: `retag` and `remerge`, and their dry runs.

Both settle with the rules as they are now and say what differs from what is stored. By the law of closures one settling of
everything gives what any number of passes would give.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from aggregator import tagging
from aggregator.errors import UsageError
from aggregator.model import Group, ItemKey, Story, StoryName, StoryUpdate
from aggregator.passes import one_pass, settle_stories
from aggregator.stories import boilerplate, merge

if TYPE_CHECKING:
    from aggregator.config.load import Config
    from aggregator.passes.settle_stories import Rules
    from aggregator.store.connect import Store

_BATCH = 500  # stories looked at together


@dataclass(frozen=True, slots=True, kw_only=True)
class TagChange:
    """One label that comes to a story or goes from it."""

    sign: Literal["+", "-"]
    label: str
    story: str
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryChange:
    """A story that other items carry than before; `before` and `after` are numbers of carriers, 0 where it was or is not."""

    story: str
    title: str
    before: int
    after: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What changed rules change."""

    tags: tuple[TagChange, ...]
    stories: tuple[StoryChange, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        return {
            "tags": [asdict(change) for change in self.tags],
            "stories": [asdict(change) for change in self.stories],
        }


def retag(config: Config, store: Store, *, now: datetime, dry_run: bool) -> Difference:
    """The tags of every story by the rules as they are now; touches only stories that change."""
    rules = one_pass.rules(config)
    changes: list[TagChange] = []
    for before in _batches(store):
        after = [_retagged(story, rules, now=now) for story in before]
        changes += _tag_changes(zip(before, after, strict=True))
        if not dry_run:
            changed = tuple(new for old, new in zip(before, after, strict=True) if new != old)
            store.commit_stories(_update(stories=changed))
    return Difference(tags=tuple(sorted(changes, key=lambda change: (change.label, change.sign, change.title))))


def remerge(config: Config, store: Store, *, now: datetime, dry_run: bool) -> Difference:
    """Stories and tags of everything stored by the rules as they are now."""
    before = {story.id: story for batch in _batches(store) for story in batch}
    items = [item for story in before.values() for item in story.carriers]
    plan = settle_stories.planned(store, one_pass.rules(config), items, (), now=now)
    after = {**before, **{story.id: story for story in plan.update.stories}}
    for gone in plan.update.gone:
        after.pop(gone, None)
    if not dry_run:
        store.commit_stories(plan.update)
    kept = sorted(before.keys() & after.keys())
    moved = [
        name for name in sorted(before.keys() | after.keys()) if _members(before.get(name)) != _members(after.get(name))
    ]
    return Difference(
        tags=tuple(_tag_changes((before[name], after[name]) for name in kept)),
        stories=tuple(
            StoryChange(
                story=name,
                title=(after.get(name) or before[name]).origin.title,
                before=len(_members(before.get(name))),
                after=len(_members(after.get(name))),
            )
            for name in moved
        ),
    )


def standing_sentences(store: Store, config: Config, source_id: str | None) -> dict[str, Any]:
    """What boilerplate.yaml could say by what is stored: `everywhere`, and `sources` by id."""
    if source_id is not None and source_id not in {source.id for source in config.sources}:
        raise UsageError(f"no source is called {source_id}; `aggregator sources list` names all")
    items = (item for batch in _batches(store) for story in batch for item in story.carriers)
    found = boilerplate.proposed(item for item in items if source_id in {None, item.source_id})
    return {
        "everywhere": list(found.get("", ())),
        "sources": {name: list(sentences) for name, sentences in found.items() if name},
    }


def _batches(store: Store) -> Iterable[list[Story]]:
    names = [headline.id for headline in store.headlines()]
    for start in range(0, len(names), _BATCH):
        found = store.stories(names[start : start + _BATCH])
        yield [found[name] for name in names[start : start + _BATCH]]


def _members(story: Story | None) -> frozenset[ItemKey]:
    return frozenset(item.key for item in story.carriers) if story else frozenset()


def _retagged(story: Story, rules: Rules, *, now: datetime) -> Story:
    """The same story with the tags that the rules give it now."""
    fixed = settle_stories.fixed_labels(story.carriers, rules)
    tags = tagging.tag(story.origin, story.carriers, rules.tagging, fixed=fixed, story=story.id)
    members = tuple(sorted(_members(story)))
    named = merge.Named(
        group=Group(origin=story.origin.key, members=members),
        name=StoryName(id=story.id, minted=story.minted, members=members, absorbed=story.absorbed),
    )
    items = {item.key: item for item in story.carriers}
    return merge.story(named, items, tagging=tags, related=story.related, previous=story, now=now)


def _tag_changes(pairs: Iterable[tuple[Story, Story]]) -> Sequence[TagChange]:
    changes = []
    for before, after in pairs:
        title = after.origin.title
        gone, come = set(before.labels) - set(after.labels), set(after.labels) - set(before.labels)
        changes += [TagChange(sign="-", label=label, story=after.id, title=title) for label in sorted(gone)]
        changes += [TagChange(sign="+", label=label, story=after.id, title=title) for label in sorted(come)]
    return changes


def _update(*, stories: tuple[Story, ...]) -> StoryUpdate:
    """A commit that changes these stories and nothing of what they are made of."""
    return StoryUpdate(settled=(), keys={}, matches=(), rematched=(), stories=stories, gone=())
