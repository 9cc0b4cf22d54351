"""Which stories stand in which published feed, and in which order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from aggregator.model import Authority, Headline, PublishedFeed, Selection, Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """All headlines in the order of publication, and where on it each label and each source stands (rising positions)."""

    headlines: tuple[Headline, ...]
    labels: Mapping[str, tuple[int, ...]]
    sources: Mapping[str, tuple[int, ...]]


def shelve(headlines: Sequence[Headline]) -> Shelf:
    """The headlines newest first, those of one instant by id; indexed once for all feeds of a pass."""
    ordered = sorted(headlines, key=lambda headline: headline.id)
    ordered.sort(key=lambda headline: headline.published, reverse=True)  # stable: ids of one instant stay in order
    return Shelf(
        headlines=tuple(ordered),
        labels=_index(headline.labels for headline in ordered),
        sources=_index(headline.sources for headline in ordered),
    )


def _index(names: Iterable[Sequence[str]]) -> Mapping[str, tuple[int, ...]]:
    places: dict[str, list[int]] = {}
    for position, of_one in enumerate(names):
        for name in set(of_one):
            places.setdefault(name, []).append(position)
    return {name: tuple(found) for name, found in places.items()}


def select(
    feed: PublishedFeed,
    shelf: Shelf,
    sources: Mapping[str, Source],
    found: Mapping[str, frozenset[str]],
) -> tuple[Headline, ...]:
    """All headlines that the feed's selection takes, newest first.

    Regions and authorities are those of the sources that carry a story. `found` holds for each word of the selection, also
    of its `without_words`, the ids of the stories that contain it.
    """
    wanted = _wanted(feed.selection, sources, found)
    return tuple(headline for headline in _candidates(wanted, shelf) if _fits(headline, wanted))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    """A selection with regions, authorities and words looked up. Each of `carriers` must meet a story's sources."""

    labels: frozenset[str]
    carriers: tuple[frozenset[str], ...]
    languages: tuple[str, ...]
    stories: frozenset[str] | None  # None: any
    without_labels: frozenset[str]
    without_carriers: frozenset[str]
    without_languages: tuple[str, ...]
    without_stories: frozenset[str]


def _wanted(selection: Selection, sources: Mapping[str, Source], found: Mapping[str, frozenset[str]]) -> _Wanted:
    carriers = [frozenset(selection.sources)] if selection.sources else []
    if selection.regions:
        carriers.append(_of_regions(selection.regions, sources))
    if selection.authorities:
        carriers.append(_of_authorities(selection.authorities, sources))
    containing = [found[word] for word in selection.words]
    return _Wanted(
        labels=frozenset(selection.labels),
        carriers=tuple(carriers),
        languages=tuple(language.lower() for language in selection.languages),
        stories=frozenset.intersection(*containing) if containing else None,
        without_labels=frozenset(selection.without_labels),
        without_carriers=frozenset(selection.without_sources)
        | _of_regions(selection.without_regions, sources)
        | _of_authorities(selection.without_authorities, sources),
        without_languages=tuple(language.lower() for language in selection.without_languages),
        without_stories=frozenset().union(*(found[word] for word in selection.without_words)),
    )


def _of_regions(regions: Sequence[str], sources: Mapping[str, Source]) -> frozenset[str]:
    if not regions:
        return frozenset()
    wanted = frozenset(regions)
    return frozenset(name for name, source in sources.items() if not wanted.isdisjoint(source.region))


def _of_authorities(authorities: Sequence[Authority], sources: Mapping[str, Source]) -> frozenset[str]:
    if not authorities:
        return frozenset()
    return frozenset(name for name, source in sources.items() if source.authority in authorities)


def _candidates(wanted: _Wanted, shelf: Shelf) -> Iterable[Headline]:
    """The shortest list of headlines that surely holds all that fit: 1,000 feeds of one source each must not mean
    1,000 walks along the whole shelf."""
    choices = [(shelf.sources, names) for names in wanted.carriers]
    if wanted.labels:
        choices.append((shelf.labels, wanted.labels))
    if not choices:
        return shelf.headlines
    index, names = min(choices, key=lambda choice: sum(len(choice[0].get(name, ())) for name in choice[1]))
    return (shelf.headlines[position] for position in _positions(index, names))


def _positions(index: Mapping[str, tuple[int, ...]], names: frozenset[str]) -> Sequence[int]:
    lists = [index[name] for name in names if name in index]
    if len(lists) == 1:
        return lists[0]
    return sorted(set().union(*lists))


def _fits(headline: Headline, wanted: _Wanted) -> bool:
    return (
        (not wanted.labels or not wanted.labels.isdisjoint(headline.labels))
        and all(not names.isdisjoint(headline.sources) for names in wanted.carriers)
        and (not wanted.languages or _speaks(headline.language, wanted.languages))
        and (wanted.stories is None or headline.id in wanted.stories)
        and not _excluded(headline, wanted)
    )


def _excluded(headline: Headline, wanted: _Wanted) -> bool:
    return (
        headline.id in wanted.without_stories
        or not wanted.without_labels.isdisjoint(headline.labels)
        or not wanted.without_carriers.isdisjoint(headline.sources)
        or (bool(wanted.without_languages) and _speaks(headline.language, wanted.without_languages))
    )


def _speaks(language: str | None, wanted: Sequence[str]) -> bool:
    """RFC 4647 section 3.3.1, basic filtering: `de` takes `de-AT` too."""
    tag = (language or "").lower()
    return any(tag == range_ or tag.startswith(range_ + "-") for range_ in wanted)
