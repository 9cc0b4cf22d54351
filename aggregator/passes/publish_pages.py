"""The part of the publish stroke that writes pages beside the feeds': one for every story, and those about this installation.

A story's page is written again when something of the story changed since the pages were last written, when a story it names as
related did, or when its file is missing. Pages of stories that are no more are taken away; an absorbed story's leads to the one
that it proved to be.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from aggregator.model import Carried, Item, ItemKey, Label, Revision, Site, Source, SourceState, State, Story
from aggregator.passes import health
from aggregator.publish import files, rights, shown
from aggregator.text import digest

if TYPE_CHECKING:
    from aggregator.config.load import Config
    from aggregator.passes import matching
    from aggregator.publish.own_pages import Listed
    from aggregator.publish.pages import Frame
    from aggregator.publish.story_page import Dossier, Revised
    from aggregator.publish.view import Rendered
    from aggregator.store.connect import Store

MARK = "*stories"  # under this name the store keeps what the stories' pages were made from; no feed can be called so
FOLDER = "stories"
# Grows when the pages are written otherwise for the same stories
_RENDERING = "1"
_BATCH = 200
# Our own file names, and no others: people may keep files beside ours
_OURS = re.compile(r"[0-9a-f]{32}\.html")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Which stories' pages are to be written, and which files are of no story any more."""

    stale: tuple[str, ...]  # ids
    former: Mapping[str, tuple[str, ...]]  # id → names of the files of stories that it absorbed
    gone: tuple[str, ...]  # names of files
    sources: tuple[Listed, ...]
    mark: str
    total: int  # pages that there are once it is carried out


class _Mark(NamedTuple):
    """What the pages were made from, as the store keeps it."""

    rules: str  # all but stories and sources
    sources: str
    generation: int
    stories: int  # how many pages of stories there are

    def __str__(self) -> str:
        return " ".join(map(str, self))


def _mark(written: str | None) -> _Mark:
    rules, sources, generation, stories = (written or "- - -1 0").split(" ")
    return _Mark(rules, sources, int(generation), int(stories))


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What there is of the pages, and what they were made from."""

    was: _Mark
    rules: str
    sources: tuple[Listed, ...]
    written: frozenset[str]  # names of the files of stories
    complete: bool  # no page about this installation is missing


def look(config: Config, store: Store, output: Path, known: str | None) -> Look:
    """`known` is the mark of the last time; None: take nothing as known."""
    return Look(
        was=_mark(known),
        rules=_rules(config),
        sources=listed(config, store),
        written=_standing(output),
        complete=all((output / name).is_file() for name in names(config.site)),
    )


def current(found: Look, generation: int) -> bool:
    """Whether every page is there, and nothing that they are made from has changed."""
    was = found.was
    stand = found.complete and was.stories == len(found.written)
    return stand and (found.rules, _digest(found.sources), generation) == (was.rules, was.sources, was.generation)


def count(config: Config, found: Look) -> int:
    """How many pages the mark of the last time stands for."""
    return found.was.stories + len(names(config.site))


def plan(config: Config, store: Store, found: Look) -> Plan:
    """What differs from the pages that there are."""
    was, rules, sources = found.was, found.rules, found.sources
    if was.rules == rules and was.stories == len(found.written):
        return _further(config, store, was, sources)
    addresses = {_page(slug): story_id for slug, story_id in store.addresses().items()}
    standing = {f"{FOLDER}/{name}" for name in found.written}
    stale = {addresses[name] for name in addresses.keys() - standing}
    stale |= set(addresses.values()) if was.rules != rules else _changed(store, was.generation)
    former: dict[str, list[str]] = defaultdict(list)
    for name, story_id in sorted(addresses.items()):
        if story_id in stale and name != shown.page(story_id):
            former[story_id].append(name)
    return Plan(
        stale=tuple(sorted(stale)),
        former={story_id: tuple(found) for story_id, found in former.items()},
        gone=tuple(sorted(standing - addresses.keys())),
        sources=sources,
        mark=str(_Mark(rules, _digest(sources), store.generation(), len(addresses))),
        total=len(addresses) + len(names(config.site)),
    )


def _further(config: Config, store: Store, was: _Mark, sources: tuple[Listed, ...]) -> Plan:
    """What settling changed since, without a look at all that there is."""
    since = store.changed_since(was.generation)
    stories = {name: one for batch in _batches(since.changed) for name, one in store.stories(batch).items()}
    former = {
        name: tuple(sorted({shown.page(one) for one in story.absorbed} - {shown.page(name)}))
        for name, story in stories.items()
        if story.absorbed
    }
    answered = {name for names in former.values() for name in names}
    stories_now = store.address_count()
    return Plan(
        stale=tuple(sorted(_with_related(stories))),
        former=former,
        gone=tuple(sorted({shown.page(one) for one in since.gone} - answered)),
        sources=sources,
        mark=str(_Mark(was.rules, _digest(sources), since.generation, stories_now)),
        total=stories_now + len(names(config.site)),
    )


def _changed(store: Store, generation: int) -> set[str]:
    """The stories that were written again since that generation, and those that name them as related."""
    changed = store.changed_since(generation).changed
    return {name for batch in _batches(changed) for name in _with_related(store.stories(batch))}


def _with_related(stories: Mapping[str, Story]) -> set[str]:
    return stories.keys() | {name for story in stories.values() for name in story.related}


def _rules(config: Config) -> str:
    return digest(_RENDERING, config.digest, repr(sorted(config.boilerplate.items())))


def _digest(sources: Sequence[Listed]) -> str:
    return digest(repr(sources))


def _page(slug: str) -> str:
    return shown.page(f"story/{slug}")


def _standing(output: Path) -> frozenset[str]:
    return frozenset(filter(_OURS.fullmatch, files.standing(output / FOLDER)))


def documents(planned: Plan, config: Config, store: Store, frame: Frame) -> Iterator[tuple[str, Rendered]]:
    """Names and contents of the plan's pages, one at a time; one without content could not be shown."""
    from aggregator.passes import matching
    from aggregator.publish import story_page

    yield from _own(planned.sources, frame)
    merging = matching.merging(config)
    sources = {source.id: source for source in config.sources}
    labels = {label.id: label for label in config.taxonomy.labels}
    for batch in _batches(planned.stale):
        for dossier in _dossiers(store, batch, merging, sources, labels):
            story = dossier.story
            yield shown.page(story.id), story_page.page(dossier, frame)
            for name in planned.former.get(story.id, ()):
                yield name, story_page.moved(story, frame)


def _batches(ids: Collection[str]) -> Iterator[Sequence[str]]:
    ordered = sorted(ids)
    return (ordered[start : start + _BATCH] for start in range(0, len(ordered), _BATCH))


def _dossiers(
    store: Store,
    ids: Sequence[str],
    merging: matching.Merging,
    sources: Mapping[str, Source],
    labels: Mapping[str, Label],
) -> Iterator[Dossier]:
    from aggregator.publish.story_page import Dossier

    stories = store.stories(ids)
    related = store.stories({name for story in stories.values() for name in story.related})
    corrected = [story.origin.key for story in stories.values() if story.changed > story.minted]
    revisions = store.revisions(corrected) if corrected else {}
    for story_id in sorted(stories):
        whole = stories[story_id]
        story = rights.allowed(whole, sources)
        yield Dossier(
            story=story,
            carried=_carried(whole, merging),
            revised=_revised(whole, revisions, merging),
            excerpt=rights.reserved(sources.get(story.origin.source_id)),
            related=tuple(sorted((related[name] for name in story.related if name in related), key=_newest)),
            sources=sources,
            labels=labels,
        )


def _newest(story: Story) -> tuple[float, str]:
    return -story.published.timestamp(), story.id


def _carried(story: Story, merging: matching.Merging) -> tuple[Carried, ...]:
    from aggregator.passes import matching

    if len(story.carriers) > 1:
        return matching.provenance(story, merging)
    return (Carried(item=story.origin, share=1, own=0, other_title=False, how="", differences=()),)


def _revised(
    story: Story, revisions: Mapping[ItemKey, Sequence[Revision]], merging: matching.Merging
) -> tuple[Revised, ...]:
    from aggregator.publish.story_page import Revised
    from aggregator.stories import profile, provenance

    origin, found = story.origin, revisions.get(story.origin.key, ())
    if not found:
        return ()
    standing = merging.standing(origin.source_id)
    now = profile.profile(origin, standing)

    def told(one: Revision) -> Carried:
        item: Item = replace(origin, title=one.title, summary=one.summary, text=one.text)
        return provenance.carried(now, profile.profile(item, standing), item)

    return tuple(Revised(replaced=one.replaced, title=one.title, differences=told(one).differences) for one in found)


def prune(planned: Plan, output: Path) -> None:
    """Takes away the files of stories that are no more. Raises OutputError."""
    for name in planned.gone:
        files.remove(files.place(output, name))


# ------------------------------------------------------------------------------------------------------- this installation


def listed(config: Config, store: Store) -> tuple[Listed, ...]:
    """The sources as their page lists them."""
    from aggregator.publish.own_pages import Listed

    states, items = store.states(), store.source_counts()
    made = []
    for source in config.sources:
        remembered = states.get(source.id) or SourceState(source_id=source.id)
        state = health.state(source, remembered)
        troubled = state in {State.FAILING, State.BLOCKED, State.GONE}
        made.append(
            Listed(
                source=source,
                state=state.value,
                # of the others it would be another one after every pass, and the page a new one without any news
                last_success=remembered.last_success if troubled else None,
                items=items.get(source.id, 0),
            )
        )
    return tuple(made)


def names(site: Site) -> tuple[str, ...]:
    """Of the pages about this installation."""
    own = ("sources.html", "about.html", "accessibility.html")
    return own if site.imprint_url else (*own, "imprint.html")


def _own(sources: Sequence[Listed], frame: Frame) -> Iterator[tuple[str, Rendered]]:
    from aggregator.publish import own_pages

    written = {
        "sources.html": own_pages.sources(sources, frame),
        "about.html": own_pages.about(frame, sources=len(sources)),
        "accessibility.html": own_pages.accessibility(frame),
        "imprint.html": own_pages.imprint(frame),
    }
    yield from ((name, written[name]) for name in names(frame.site))
