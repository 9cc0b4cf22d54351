"""What is searched for, and what was found."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Narrowed:
    """Which stories a search looks among; every part that is given must be met."""

    labels: tuple[str, ...] = ()  # any of these clusters and topics
    source: str | None = None  # among those who carried it
    since: datetime | None = None  # published then or later
    until: datetime | None = None  # published before then

    def __bool__(self) -> bool:
        return bool(self.labels or self.source or self.since or self.until)


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """What a search looked for, so that a text can show where it stands; all folded (`text.plain`)."""

    words: frozenset[str] = frozenset()
    starts: tuple[str, ...] = ()  # words may begin so
    rows: tuple[tuple[str, ...], ...] = ()  # words that stand in a row


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One part of what a search found, best first."""

    ids: tuple[str, ...] = ()
    total: int = 0  # stories in all
    marks: Marks = Marks()
