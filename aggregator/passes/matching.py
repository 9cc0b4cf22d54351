"""Which stored items a fresh one is compared with, and what comes of it: the step between the store's index and the rules."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import islice
from typing import TYPE_CHECKING

from aggregator import urls
from aggregator.model import Carried, Item, ItemKey, Keyed, Match, Shared, Sought, Story, Verdict
from aggregator.stories import compare, keys, plain, profile
from aggregator.stories import provenance as told
from aggregator.stories.compare import Compared

if TYPE_CHECKING:
    from aggregator.config.load import Config
    from aggregator.store.connect import Store

_TOGETHER = 200  # items whose candidates are looked up in one question
OF_ONE_SOURCE = 200  # candidates
_HALF_A_ROUND = 1_000
_KEPT = 4_000  # profiles kept for the next comparison


@dataclass(frozen=True, slots=True, kw_only=True)
class Merging:
    """All of the configuration that decides what is one story."""

    stable_keys: tuple[re.Pattern[str], ...] = ()
    window: timedelta = timedelta(days=14)
    boilerplate: Mapping[str, frozenset[str]] = field(
        default_factory=dict
    )  # source id, or "" for all → `plain.sentence_key`
    # canonical URLs that somebody has looked at: SAME or DIFFERENT
    decided: Mapping[frozenset[str], Verdict] = field(default_factory=dict)

    def looked_at(self, shared: Collection[int]) -> bool:
        """Whether somebody decided on a pair that these keys may have brought together."""
        return bool(self.decided) and any(urls.numbered(url) in shared for pair in self.decided for url in pair)

    def standing(self, source_id: str) -> frozenset[str]:
        """The standing sentences of a source."""
        everywhere = self.boilerplate.get("", frozenset())
        return everywhere | self.boilerplate.get(source_id, frozenset()) if self.boilerplate else everywhere


def merging(config: Config) -> Merging:
    """What decides stories alone, taken out of the configuration."""
    return Merging(
        stable_keys=tuple(re.compile(pattern) for pattern in config.stable_keys),
        window=timedelta(days=config.merge_window_days),
        boilerplate={
            source_id: frozenset(map(plain.sentence_key, sentences))
            for source_id, sentences in config.boilerplate.items()
            if sentences
        },
        decided=_decided(config.same, Verdict.SAME) | _decided(config.apart, Verdict.DIFFERENT),
    )


def _decided(pairs: Iterable[tuple[str, str]], verdict: Verdict) -> dict[frozenset[str], Verdict]:
    return {frozenset(map(urls.canonical, pair)): verdict for pair in pairs}


def keyed(item: Item, merging: Merging) -> Keyed:
    """Under what an item is found."""
    found = keys.keys(item, stable_keys=merging.stable_keys, boilerplate=merging.standing(item.source_id))
    return Keyed(found, keys.day(item))


def matches(
    store: Store, merging: Merging, fresh: Mapping[ItemKey, Item], found: Mapping[ItemKey, Keyed]
) -> Iterator[Match]:
    """Every fresh item against all that it shares enough keys with: settled items of the store and others of this round."""
    known = Profiles(merging)
    sought = {key: _sought(fresh[key], its, merging) for key, its in found.items()}
    holders: dict[int, list[ItemKey]] = defaultdict(list)
    for key, its in found.items():
        for one in its.keys:
            holders[one].append(key)
    for batch in _batches(sorted(fresh), _TOGETHER):
        stored = store.candidates({key: sought[key] for key in batch})
        for key in batch:
            pairs = _worth(key, _of_store(stored.get(key, {}), fresh) | _of_round(key, sought[key], holders), merging)
            items = store.items(pairs.keys() - fresh.keys()) if pairs else {}
            for other in sorted(pairs):
                if other in items or (other in fresh and key < other):  # each pair once
                    match = compared(fresh[key], fresh.get(other) or items[other], pairs[other], known)
                    if match is not None:
                        yield match


def _worth(key: ItemKey, shared: Shared, merging: Merging) -> Shared:
    """What is to be compared. An item that looks like hundreds of one source is a page of that source's making (an error page, a
    form) or an attack: 2,000 of them would be two million pairs. The one place where a count of what is stored decides."""
    found = {
        other: its
        for other, its in shared.items()
        if merging.looked_at(its) or keys.worth(its, one_source=other.source_id == key.source_id)
    }
    if len(found) <= OF_ONE_SOURCE:
        return found
    many = Counter(other.source_id for other in found)
    return {other: its for other, its in found.items() if many[other.source_id] <= OF_ONE_SOURCE}


def _sought(item: Item, its: Keyed, merging: Merging) -> tuple[Sought, ...]:
    found = keys.sought(its, window=merging.window)
    if not merging.decided:
        return found
    page = urls.canonical(item.url)
    others = sorted(url for pair in merging.decided if page in pair for url in pair)
    return (*found, *(Sought(urls.numbered(url), *keys.ALWAYS) for url in others))


def _of_store(stored: Shared, fresh: Mapping[ItemKey, Item]) -> Shared:
    """What is settled again in this round has other keys now than the store knows."""
    return {other: shared for other, shared in stored.items() if other not in fresh}


def _of_round(key: ItemKey, sought: Sequence[Sought], holders: Mapping[int, Sequence[ItemKey]]) -> Shared:
    """Others that are settled in the same round; through no run of words or title that half of the round has."""
    shared: Shared = {}
    for one in sought:
        found = holders.get(one.key, ())
        if len(found) > _HALF_A_ROUND and keys.kind(one.key) in keys.WEAK:
            continue
        for other in found:
            if key != other:
                shared.setdefault(other, set()).add(one.key)
    return shared


def compared(left: Item, right: Item, shared: set[int], known: Profiles) -> Match | None:
    """What the rules say of two items, and before them the configuration."""
    merging = known.merging
    if merging.decided:
        verdict = merging.decided.get(frozenset((urls.canonical(left.url), urls.canonical(right.url))))
        if verdict is not None:
            return compare.decided(left, right, verdict)
    return compare.compare(known.of(left), known.of(right), shared=shared, window=merging.window)


def between(left: Item, right: Item, merging: Merging) -> tuple[tuple[str, ...], Match | None]:
    """Which kinds of keys two items share, and what the rules say of them; None where they are not even compared, or where
    nothing is worth remembering. For people who ask why not."""
    asked = {one.key for one in _sought(left, keyed(left, merging), merging)}
    shared = asked & set(keyed(right, merging).keys)
    kinds = tuple(sorted({keys.kind(key).name.lower() for key in shared}))
    if not merging.looked_at(shared) and not keys.worth(shared, one_source=left.source_id == right.source_id):
        return kinds, None
    return kinds, compared(left, right, shared, Profiles(merging))


def provenance(story: Story, merging: Merging) -> tuple[Carried, ...]:
    """How each carrier differs from the origin, in the story's order; the origin first."""
    known = Profiles(merging)
    origin = known.of(story.origin).profile
    return tuple(told.carried(origin, known.of(item).profile, item) for item in story.carriers)


class Profiles:
    """What counts of each item, worked out once."""

    def __init__(self, merging: Merging) -> None:
        self.merging = merging
        self._made: dict[ItemKey, Compared] = {}

    def of(self, item: Item) -> Compared:
        made = self._made.get(item.key)
        if made is None or made.item is not item:
            if len(self._made) >= _KEPT:
                self._made.clear()
            made = Compared(item, profile.profile(item, self.merging.standing(item.source_id)))
            self._made[item.key] = made
        return made


def _batches(ordered: Sequence[ItemKey], size: int) -> Iterator[list[ItemKey]]:
    left = iter(ordered)
    while batch := list(islice(left, size)):
        yield batch
