"""What is published, and what it says about this installation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, NamedTuple, TypeAlias

from aggregator.model.sources import Authority


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which stories stand in a published feed. A story is in when every non-empty part is met by at least one of its
    values, and none of the `without` parts is by any: one carrier of an unwanted source, region or authority is enough to keep
    it out."""

    labels: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    authorities: tuple[Authority, ...] = ()
    words: tuple[str, ...] = ()  # each must occur in title, summary or text
    without_labels: tuple[str, ...] = ()
    without_sources: tuple[str, ...] = ()
    without_regions: tuple[str, ...] = ()
    without_languages: tuple[str, ...] = ()
    without_authorities: tuple[Authority, ...] = ()
    without_words: tuple[str, ...] = ()


FeedGroup: TypeAlias = Literal["all", "cluster", "topic", "source", "own"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedFeed:
    """One merged feed that subscribers read."""

    id: str
    title: str
    description: str
    language: str
    selection: Selection
    limit: int = 100  # entries of the document that is subscribed to; what is older stands in the archive
    group: FeedGroup = "own"


class FeedStory(NamedTuple):
    """The place of a story in a published feed, which it keeps for ever. A tuple, because a store holds half a million."""

    story_id: str
    feed_id: str
    page: int  # of the feed's archive, counted from the oldest, 1; 0: of none yet
    left: bool  # the feed does not take the story any more, or the story is gone
    entered: int  # the store's generation when it came into the feed
    published: datetime
    moment: datetime  # when it was last news: published, or corrected


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnTexts:
    """What people wrote for the pages about this installation; "" where the program's own words stand. Plain text, an empty
    line parts paragraphs."""

    about: str = ""
    imprint: str = ""
    accessibility: str = ""  # in place of the statement that is made
    enforcement: str = ""  # whom to turn to when an answer fails to come
    reviewed: date | None = None  # when accessibility was last looked at


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What the published documents say about this installation."""

    base_url: str  # ends with a slash
    title: str
    description: str
    language: str
    contact: str  # mail address or URL
    timezone: str
    imprint_url: str | None = None
    served: bool = False  # by `aggregator serve`: the pages then link search and status
    hub: str | None = None  # where one subscribes to its feeds by WebSub
    texts: OwnTexts = OwnTexts()
    minting: str = ""  # RFC 4151 tagging entity for story ids: `example.org,2026`
