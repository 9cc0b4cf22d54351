"""What a renderer is given, what it gives back, and what happens when one story can not be rendered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from typing import Any, TypeAlias
from urllib.parse import quote

from aggregator import text
from aggregator.model import Label, PublishedFeed, Site, Source, Story
from aggregator.publish import rights
from aggregator.publish.checks.faults import Fault

Check: TypeAlias = Callable[[bytes], tuple[Fault, ...]]

# Characters of HTML that all entries of a document bring together (a feed stays around 1 MB, which readers and validators still
# take). Past that an entry carries its summary: HTML can not be cut like text.
ROOM = 700_000


def archived_name(feed_id: str, number: int, extension: str) -> str:
    """The file of a page of a feed's archive, from the output directory."""
    return f"feeds/{feed_id}/{number}.{extension}"


def page_name(number: int) -> str:
    """The file of that page for people, beside the feed's `index.html`."""
    return f"page-{number}.html"


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """One published feed with the stories that stand in it, in their order: everything the renderers need, and of each story only
    what its sources allow to be published.

    A source or label that the stories name may be missing (it left the configuration): its id is shown then.
    """

    site: Site
    feed: PublishedFeed
    stories: tuple[Story, ...]
    sources: Mapping[str, Source]
    labels: Mapping[str, Label]
    hub: str | None = None  # URL of the WebSub hub, where there is one
    query: str | None = None  # the words of a search that is read as a feed: it stands at another address
    number: int = 0  # of the archive's page that this is, counted from the oldest, 1; 0: what is subscribed to
    last: int = 0  # the archive's newest page; 0: there is none
    room: int = ROOM  # characters of HTML that all entries may bring together
    narrowing: tuple[tuple[str, str], ...] = ()  # what else the search was asked for: names and values of parameters
    memory: dict[str, Any] = field(
        default_factory=dict, compare=False, repr=False
    )  # what `shown` worked out, for all formats

    def __post_init__(self) -> None:
        object.__setattr__(self, "stories", tuple(rights.allowed(story, self.sources) for story in self.stories))

    @property
    def page(self) -> str:
        """Where the view stands for people."""
        if self.query is not None:
            return self._searched("search")
        return f"{self.site.base_url}{self.feed.id}/" + (page_name(self.number) if self.number else "")

    def document(self, extension: str) -> str:
        """Where the view stands as a feed: `extension` is rss, atom or json."""
        return self._archived(self.number, extension) if self.number else self.subscribed(extension)

    def subscribed(self, extension: str) -> str:
        """What readers subscribe to, whichever page of the archive this is."""
        if self.query is None:
            return f"{self.site.base_url}feeds/{self.feed.id}.{extension}"
        return self._searched(f"search.{extension}")

    @property
    def older(self) -> int:
        """The archive's page that comes before this document; 0: none."""
        return (self.number or self.last + 1) - 1

    @property
    def newer(self) -> int:
        """The archive's page that comes after this one; 0: none, what comes then is in the document that is subscribed to."""
        return self.number + 1 if 0 < self.number < self.last else 0

    def chain(self, extension: str) -> Mapping[str, str]:
        """Relation to URL of the documents before and after it (RFC 5005 section 4)."""
        ways = {}
        if self.older:
            ways["prev-archive"] = self._archived(self.older, extension)
        if self.newer:
            ways["next-archive"] = self._archived(self.newer, extension)
        if self.number:
            ways["current"] = self.subscribed(extension)
        return ways

    def _archived(self, number: int, extension: str) -> str:
        return f"{self.site.base_url}{archived_name(self.feed.id, number, extension)}"

    @property
    def sound(self) -> set[str]:
        """HTML of its stories that is known to be without fault: the same in all formats."""
        known: set[str] = self.memory.setdefault("sound", set())
        return known

    def _searched(self, path: str) -> str:
        asked = "".join(f"&{name}={quote(value, safe='')}" for name, value in self.narrowing)
        return f"{self.site.base_url}{path}?q={quote(text.legal(self.query or ''), safe='')}{asked}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """A whole document, the ids of the stories that had to be left out of it, and why."""

    content: bytes
    dropped: tuple[str, ...] = ()
    faults: tuple[Fault, ...] = ()

    @property
    def refused(self) -> tuple[Fault, ...]:
        """What is wrong with the document as it is; it must not take the place of a good one then."""
        return tuple(fault for fault in self.faults if fault.entry not in self.dropped)


def whole(view: View, write: Callable[[View], bytes], check: Check | None = None) -> Rendered:
    """The document of this view, held against the rules of its format. One bad story drops at most itself."""
    rendered = _written(view, write)
    found = check(rendered.content) if check else ()
    if not check or not found:
        return rendered
    bad = {fault.entry for fault in found} - {""}
    kept = tuple(story for story in view.stories if story.id not in bad | set(rendered.dropped))
    dropped = tuple(story.id for story in view.stories if story not in kept)
    again = _written(replace(view, stories=kept, memory={}), write)
    left = check(again.content) if kept != view.stories else found
    of_entries = tuple(fault for fault in (*rendered.faults, *found) if fault.entry in dropped)
    return Rendered(
        content=again.content,
        dropped=tuple(dict.fromkeys((*dropped, *again.dropped))),
        faults=(*of_entries, *again.faults, *left),
    )


def _written(view: View, write: Callable[[View], bytes]) -> Rendered:
    """The document without the stories that can not be written.

    Items are valid by construction, so the first try is made without looking at every character again (that would cost more
    than rendering). Only when it fails is every text of the view mended, and a story that still fails left out.
    """
    try:
        return Rendered(content=write(view))
    except UNFIT:
        view = mended(replace(view, memory={}))
    sound = tuple(story for story in view.stories if _fits(replace(view, stories=(story,), memory={}), write))
    dropped = tuple(story.id for story in view.stories if story not in sound)
    faults = tuple(Fault("Unwritable", "entry", "", story_id) for story_id in dropped)
    return Rendered(content=write(replace(view, stories=sound, memory={})), dropped=dropped, faults=faults)


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
