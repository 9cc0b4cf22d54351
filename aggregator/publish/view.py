"""What a renderer is given, what it gives back, and what happens when one story can not be rendered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from typing import Any
from urllib.parse import quote

from aggregator import text
from aggregator.model import Label, PublishedFeed, Site, Source, Story


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """One published feed with the stories that stand in it, in their order: everything the renderers need.

    A source or label that the stories name may be missing (it left the configuration): its id is shown then.
    """

    site: Site
    feed: PublishedFeed
    stories: tuple[Story, ...]
    sources: Mapping[str, Source]
    labels: Mapping[str, Label]
    hub: str | None = None  # URL of the WebSub hub, where there is one
    query: str | None = None  # the words of a search that is read as a feed: it stands at another address
    memory: dict[str, Any] = field(
        default_factory=dict, compare=False, repr=False
    )  # what `shown` worked out, for all formats

    @property
    def page(self) -> str:
        """Where the view stands for people."""
        return f"{self.site.base_url}{self.feed.id}/" if self.query is None else self._searched("search")

    def document(self, extension: str) -> str:
        """Where the view stands as a feed: `extension` is rss, atom or json."""
        if self.query is None:
            return f"{self.site.base_url}feeds/{self.feed.id}.{extension}"
        return self._searched(f"search.{extension}")

    def _searched(self, path: str) -> str:
        return f"{self.site.base_url}{path}?q={quote(self.query or '', safe='')}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """A whole document, and the ids of the stories that had to be left out of it."""

    content: bytes
    dropped: tuple[str, ...] = ()


def whole(view: View, write: Callable[[View], bytes]) -> Rendered:
    """The document of this view. One bad story drops at most itself.

    Items are valid by construction, so the first try is made without looking at every character again (that would cost more
    than rendering). Only when it fails is every text of the view mended, and a story that still fails left out.
    """
    try:
        return Rendered(content=write(view))
    except UNFIT:
        view = mended(replace(view, memory={}))
    sound = tuple(story for story in view.stories if _fits(replace(view, stories=(story,), memory={}), write))
    dropped = tuple(story.id for story in view.stories if story not in sound)
    return Rendered(content=write(replace(view, stories=sound, memory={})), dropped=dropped)


# lxml: ValueError for a character that XML forbids, UnicodeEncodeError (a ValueError) for a lone surrogate; OverflowError: an
# instant in the year 1 or 9999 has no counterpart in another zone
UNFIT = (ValueError, OverflowError)


def _fits(view: View, write: Callable[[View], bytes]) -> bool:
    try:
        write(view)
    except UNFIT:
        return False
    return True


def mended(value: Any) -> Any:
    """The same value with only legal characters in every text of it, however deep."""
    if type(value) is str:  # not an Enum's member
        return text.legal(value)
    if isinstance(value, tuple):
        parts = [mended(part) for part in value]
        return type(value)(*parts) if hasattr(value, "_fields") else tuple(parts)
    if isinstance(value, Mapping):
        return {mended(key): mended(part) for key, part in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{part.name: mended(getattr(value, part.name)) for part in fields(value)})
    return value
