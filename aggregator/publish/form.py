"""The form of a search: what was asked, what may be chosen, and the addresses that ask the same again. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import quote, urlencode

from aggregator.model import Label, Marks, Source
from aggregator.publish import words

PAGE = 30  # results of a page


class Choice(NamedTuple):
    """One line of a list to choose from."""

    id: str
    name: str
    chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A search as it was asked: words, and what it was narrowed to; "" where nothing was said."""

    query: str = ""
    cluster: str = ""
    source: str = ""
    since: str = ""  # a day: 2026-10-12
    until: str = ""
    page: int = 1
    total: int = 0  # what was found in all
    marks: Marks = field(default_factory=Marks)

    @property
    def narrowing(self) -> tuple[tuple[str, str], ...]:
        """The parameters beside the words, in a fixed order."""
        given = (("cluster", self.cluster), ("source", self.source), ("from", self.since), ("to", self.until))
        return tuple((name, value) for name, value in given if value)

    @property
    def asks(self) -> bool:
        """Whether anything was asked for."""
        return bool(self.query or self.narrowing)

    def address(self, path: str, page: int = 1) -> str:
        """Where the same is answered again."""
        numbered = [("page", str(page))] if page > 1 else []
        return f"{path}?{urlencode([('q', self.query), *self.narrowing, *numbered], safe='', errors='ignore', quote_via=quote)}"

    @property
    def previous(self) -> str:
        """The address of the page before, "" on the first."""
        return self.address("search", self.page - 1) if self.page > 1 else ""

    @property
    def following(self) -> str:
        """The address of the page after, "" on the last."""
        return self.address("search", self.page + 1) if self.page * PAGE < self.total else ""

    @property
    def pages(self) -> int:
        """How many there are."""
        return max(1, -(-self.total // PAGE))


def clusters(form: Form, labels: Mapping[str, Label], language: str) -> list[Choice]:
    """All clusters and topics, by name."""
    named = (Choice(each, words.name(label, each, language), each == form.cluster) for each, label in labels.items())
    return sorted(named, key=lambda choice: (choice.name.casefold(), choice.id))


def sources(form: Form, configured: Mapping[str, Source]) -> list[Choice]:
    """All sources, by name."""
    named = (Choice(each.id, each.name, each.id == form.source) for each in configured.values())
    return sorted(named, key=lambda choice: (choice.name.casefold(), choice.id))
