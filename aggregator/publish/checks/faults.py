"""A fault of a document, and what is known of the document while it is looked for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias


class Fault(NamedTuple):
    """One rule that a document breaks. `entry` is the id of the entry that breaks it, "" when it is the document itself."""

    rule: str  # the feed validator's name of it
    place: str  # element, and attribute where it is one
    value: str  # what stands there, shortened
    entry: str = ""


Broken: TypeAlias = Iterator[tuple[str, str]]  # rule, and the value that breaks it


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How a document is read: where it stands, and what is known of its bytes."""

    location: str  # its own address: what `rel="self"` must say
    # Whether every ampersand of a text is written `&#x26;`, as the RSS profile advises: then a text that looks like an entity
    # (`&lt;`) is known to be meant so (rssboard.org/rss-profile#data-types-characterdata)
    plain: bool = False
    odd: bool = True  # whether any character of it needs looking at one by one
    sound: set[str] = field(default_factory=set)  # HTML known to be without fault; grows while documents are checked


def shortened(value: str) -> str:
    return value if len(value) <= 80 else f"{value[:79]}…"
