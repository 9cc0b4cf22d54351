"""Faults that show only across keys and files: double ids, names of labels and sources that nobody defines.

Works on what the files say, not on what was read from it, so that one bad key hides none of these.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from aggregator.config import scalars
from aggregator.config.document import Data, Document, Steps
from aggregator.config.faults import nearest
from aggregator.errors import ConfigError, Place

_TRUE = frozenset({"true", "yes", "on", "1", "t", "y"})  # as pydantic reads them


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """The documents of one configuration; None is a file that is not there or is no YAML."""

    sources: Sequence[Document]
    clusters: Document | None
    feeds: Document | None
    unread: frozenset[str]  # kinds of which something could not be read: what it would define is not known


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    """One mapping with an id in a list of a file."""

    document: Document
    steps: Steps
    data: Mapping[str, Data]

    @property
    def id(self) -> str | None:
        written = self.data.get("id")
        return written if isinstance(written, str) else None

    def place(self, *steps: str | int) -> Place:
        return self.document.place((*self.steps, *steps))


def across(files: Files) -> Iterator[ConfigError]:
    """Every fault that needs more than one key to see."""
    sources = [entry for document in files.sources for entry in _entries(document, "sources")]
    labels = list(_labels(files.clusters))
    feeds = list(_entries(files.feeds, "feeds"))
    yield from _double(sources, "source")
    yield from _double(labels, "label")
    yield from _double(feeds, "feed")
    yield from _taken(sources, labels, feeds, default_feeds=_default_feeds(files.feeds))
    for source in sources:
        yield from _without_recipe(source)
    if "clusters" not in files.unread:
        yield from _unknown(_named(sources, ("clusters",)), labels, "label")
        yield from _unknown(_named(feeds, ("select", "labels"), ("without", "labels")), labels, "label")
        decided = list(_entries(files.clusters, "by_hand"))
        yield from _unknown(_named(decided, ("labels",), ("without",)), labels, "label")
        yield from _wholes(labels)
    if "sources" not in files.unread:
        yield from _unknown(_named(feeds, ("select", "sources"), ("without", "sources")), sources, "source")


def _default_feeds(document: Document | None) -> bool:
    return document is None or str(document.at(("defaults",))).lower() in _TRUE


def _labels(document: Document | None) -> Iterator[_Entry]:
    yield from _entries(document, "clusters")
    if document and isinstance(umbrella := document.at(("umbrella",)), dict):
        yield _Entry(document=document, steps=("umbrella",), data=umbrella)
    yield from _entries(document, "topics")


def _entries(document: Document | None, key: str) -> Iterator[_Entry]:
    listed = document.at((key,)) if document else None
    if document and isinstance(listed, list):
        for position, data in enumerate(listed):
            if isinstance(data, dict):
                yield _Entry(document=document, steps=(key, position), data=data)


def _double(entries: Iterable[_Entry], what: str) -> Iterator[ConfigError]:
    first: dict[str, Place] = {}
    for entry in entries:
        if entry.id is None:
            continue
        if entry.id in first:
            expected = f"another id: that {what} is already at {first[entry.id]}"
            yield ConfigError(entry.place("id"), f"id: {entry.id} a second time", expected)
        first.setdefault(entry.id, entry.place("id"))


def _taken(
    sources: Sequence[_Entry], labels: Sequence[_Entry], feeds: Sequence[_Entry], *, default_feeds: bool
) -> Iterator[ConfigError]:
    """Labels, sources and feeds share the names of feeds and pages."""
    first = {entry.id: entry.place("id") for entry in reversed(labels)}
    for source in sources:
        if source.id in first:
            expected = f"another id: a label has it at {first[source.id]}, and both get a feed"
            yield ConfigError(source.place("id"), f"id: {source.id}", expected)
    made = {entry.id: entry.place("id") for entry in [*labels, *sources]} if default_feeds else {}
    for feed in feeds:
        if feed.id in made:
            expected = f"another id, or defaults: false: a feed is made for what is at {made[feed.id]}"
            yield ConfigError(feed.place("id"), f"id: {feed.id}", expected)
    allowed = set() if default_feeds else {"all"}
    for entry in [*labels, *sources, *feeds]:
        if entry.id in scalars.RESERVED - (allowed if entry in feeds else set()):
            yield ConfigError(
                entry.place("id"), f"id: {entry.id}", "another id: the program has a page or feed of that name"
            )


def _without_recipe(source: _Entry) -> Iterator[ConfigError]:
    if source.data.get("kind") == "listing" and not source.data.get("listing"):
        expected = "a key listing with the selectors item and link: how the page is read"
        yield ConfigError(source.place("kind"), "kind: listing without its recipe", expected)


def _wholes(labels: Sequence[_Entry]) -> Iterator[ConfigError]:
    """A part names its whole, which is no part itself."""
    parts = {label.id for label in labels if label.data.get("part_of")}
    whole = [label for label in labels if label.id not in parts]
    named = [(str(label.data["part_of"]), label.place("part_of")) for label in labels if label.id in parts]
    yield from _unknown(named, whole, "whole")


def _named(entries: Iterable[_Entry], *ways: tuple[str, ...]) -> Iterator[tuple[str, Place]]:
    """The names listed under these keys, each with its place."""
    for entry in entries:
        for way in ways:
            names = entry.document.at((*entry.steps, *way))
            for position, name in enumerate(names if isinstance(names, list) else []):
                if isinstance(name, str):
                    yield name, entry.place(*way, position)


def _unknown(named: Iterable[tuple[str, Place]], entries: Iterable[_Entry], what: str) -> Iterator[ConfigError]:
    known = {entry.id for entry in entries if entry.id}
    for name, place in named:
        if name not in known:
            yield ConfigError(place, f"unknown {what} {name}", nearest(name, known))
