"""Where news comes from, as the configuration says."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Kind(StrEnum):
    """How a source publishes. `AUTO` looks at the bytes."""

    AUTO = "auto"
    FEED = "feed"
    LISTING = "listing"
    SITEMAP = "sitemap"


class Authority(StrEnum):
    """Who is the origin of a story that several sources carry: the issuer before the publisher before the repeater."""

    ISSUER = "issuer"
    PUBLISHER = "publisher"
    REPEATER = "repeater"


class FullText(StrEnum):
    """Whether an entry's link is followed for its text; `AUTO`: when the entry itself carries none or only a teaser."""

    NEVER = "never"
    AUTO = "auto"
    ALWAYS = "always"


class RobotsTxt(StrEnum):
    """Whether a source's robots.txt counts. `IGNORE` wants the consent of who runs the site."""

    RESPECT = "respect"
    IGNORE = "ignore"


class Publish(StrEnum):
    """How much of a source's texts may be published: all that it gives, or a very short extract beside title and link."""

    FULL = "full"
    EXCERPT = "excerpt"


@dataclass(frozen=True, slots=True, kw_only=True)
class Selector:
    """One place in a page. `css` alone gives the element's text, with `attribute` (written `a@href`) that attribute;
    an empty `css` is the element itself."""

    css: str
    attribute: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """How a listing page is read: `item` is searched in the page, everything else but `next` inside each item."""

    item: str
    link: Selector
    title: Selector | None = None
    date: Selector | None = None
    summary: Selector | None = None
    next: Selector | None = None
    pages: int = 1
    date_in_url: str | None = None  # regular expression with the groups day, month, year, or one group that is a date


@dataclass(frozen=True, slots=True, kw_only=True)
class Detail:
    """How the page behind an entry's link is read. `issuer_text` is a line's start such as `Quelle:`; the rest of that
    line names the issuer, and the line leaves the content."""

    title: Selector | None = None
    date: Selector | None = None
    summary: Selector | None = None
    content: Selector | None = None
    image: Selector | None = None
    issuer: Selector | None = None
    issuer_text: str | None = None
    remove: tuple[str, ...] = ()  # selectors cut out of the content before it is taken


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One configured place that publishes news. Made by `config`, never changed by the network."""

    id: str
    name: str
    url: str
    secrets: tuple[str, ...] = field(default=(), repr=False)  # what stands in `url` out of the environment
    homepage: str | None = None
    kind: Kind = Kind.AUTO
    interval: str = "auto"  # auto, a duration such as 30m or 6h, or a cron line
    language: str | None = None
    timezone: str = "UTC"
    authority: Authority = Authority.PUBLISHER
    region: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()  # clusters and topics that every item from here carries
    listing: Listing | None = None
    detail: Detail | None = None
    full_text: FullText = FullText.NEVER
    publish: Publish = Publish.FULL
    images: bool = False  # whether its pictures may be published
    private_network: bool = False
    robots: RobotsTxt = RobotsTxt.RESPECT
    enabled: bool = True
