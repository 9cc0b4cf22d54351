"""What the network gave, and what its bytes say."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple, TypeAlias

from aggregator.errors import Failure
from aggregator.model.sources import Kind, Listing
from aggregator.model.websub import HubLink


@dataclass(frozen=True, slots=True, kw_only=True)
class Validators:
    """RFC 9110 section 8.8, verbatim as the server wrote them; sent back, never interpreted."""

    etag: str | None = None
    last_modified: str | None = None


class Hop(NamedTuple):
    """One redirect on the way: the URL that answered and its status code."""

    url: str
    status: int


# X-Robots-Tag directives that forbid keeping or showing the text. Not `noindex` and `none`: widespread programs send them with
# every feed, meaning that search engines shall list the pages instead of the feed.
_EXCERPT_ONLY = frozenset({"noai", "noarchive", "nosnippet"})
_NO_PAGE = frozenset({"noindex", "none"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Rights:
    """What a server reserves for what it publishes, as the headers of an answer say."""

    tdm_reserved: bool = False  # `tdm-reservation: 1` (TDM Reservation Protocol): text and data mining is reserved
    tdm_policy: str | None = None  # where its terms stand
    robots: tuple[str, ...] = ()  # directives of X-Robots-Tag for everybody or for us, sorted

    @property
    def reserved(self) -> bool:
        """Nothing beyond the excerpt is kept, and no link is followed for the text."""
        return self.tdm_reserved or not _EXCERPT_ONLY.isdisjoint(self.robots)

    @property
    def page_reserved(self) -> bool:
        """The same of a page behind a link, where `noindex` means the page itself."""
        return self.reserved or not _NO_PAGE.isdisjoint(self.robots)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A complete answer of a source: already decompressed, never longer than the limit."""

    url: str  # after redirects
    hops: tuple[Hop, ...] = ()
    status: int
    content_type: str  # media type in lower case without parameters, "" when the server named none
    charset: str | None  # of the Content-Type header
    body: bytes
    validators: Validators
    fresh_for: timedelta | None = None  # how long the server says that it will say the same (RFC 9111 section 4.2.1)
    rights: Rights | None = None  # None: nothing is reserved
    hub: HubLink | None = None  # as the headers say, which count before the document
    date: datetime | None = None  # what the server's clock says


@dataclass(frozen=True, slots=True, kw_only=True)
class NotModified:
    """304: nothing changed since the validators that were sent. `validators` are those to send next time."""

    url: str
    hops: tuple[Hop, ...] = ()
    validators: Validators
    fresh_for: timedelta | None = None  # as in `Fetched`
    rights: Rights | None = None  # None: the answer says nothing of them, what was said last holds


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """No usable answer. `failure` is for programs, `detail` for people."""

    failure: Failure
    detail: str
    status: int | None = None
    retry_after: datetime | None = None


Outcome: TypeAlias = Fetched | NotModified | Failed


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One request that is sent as it is. `url` may be a capability: it is not shown."""

    url: str = field(repr=False)
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | None = field(default=None, repr=False)  # None: a GET; else a POST
    private_network: bool = False  # the host may stand at an address that is not public


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What a message was answered with: any status, the beginning of a body where it is a 2xx."""

    status: int
    body: bytes = field(repr=False)
    location: str | None = None  # absolute, where the status is a redirect


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds of one request and of one document. Sizes in bytes, times in seconds."""

    deadline: float = 30.0  # the whole request with all its redirects
    body: int = 10_000_000  # after decompression
    redirects: int = 5
    per_host: int = 2  # requests at a time to one host
    gap: float = 0.0  # seconds between two starts at one host; robots.txt may ask for more
    concurrency: int = 20  # requests at a time in all
    entries: int = 2_000  # per document
    characters: int = 500_000  # per field
    parse_seconds: float = 10.0  # CPU seconds for one document
    parse_memory: int = 250_000_000  # address space of a parser process; a page of 1.6 MB needs 110 MB


@dataclass(frozen=True, slots=True, kw_only=True)
class Hints:
    """What is known about bytes before they are read."""

    url: str  # where they came from, the base of relative links
    content_type: str = ""
    charset: str | None = None
    kind: Kind = Kind.AUTO
    listing: Listing | None = None
    limit: int = 2_000  # entries
    characters: int = 500_000  # per field


class Prose(NamedTuple):
    """A text as written, and whether it is HTML or plain characters."""

    value: str
    html: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Enclosure:
    """RFC 4287 section 4.2.7.2 `rel="enclosure"`: `length` in bytes or None."""

    url: str
    type: str = ""
    length: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry of a document, the same whatever the format was: strings as written, nothing interpreted but links, which
    are absolute where the document allows it."""

    guid: str | None = None
    link: str | None = None
    title: Prose | None = None
    summary: Prose | None = None
    content: Prose | None = None
    published_text: str | None = None
    updated_text: str | None = None
    authors: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    enclosures: tuple[Enclosure, ...] = ()
    issuer_text: str | None = None
    language: str | None = None
    fingerprint: str  # hash of the entry's own bytes (or fields): the same fingerprint is the same entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Rest:
    """When a feed wishes not to be asked: RSS 2.0 `ttl`, `skipHours` and `skipDays`, and the module syndication of RSS 1.0."""

    seconds: int = 0  # not sooner than so long after the last time
    hours: tuple[int, ...] = ()  # of the day in UTC, 0 to 23, ascending
    days: tuple[int, ...] = ()  # of the week in UTC, Monday is 0, ascending


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What a source's bytes say. `known` are the fingerprints of entries left out because they were known already."""

    format: str  # rss20, atom10, rss10, json11, sitemap, news-sitemap, listing ...
    title: str | None = None
    homepage: str | None = None
    language: str | None = None
    hubs: tuple[str, ...] = ()
    topic: str | None = None  # what it calls itself: `rel="self"`, the name under which a hub knows it
    next_page: str | None = None  # listings: where the next page is
    entries: tuple[Entry, ...] = ()
    known: tuple[str, ...] = ()
    rest: Rest | None = None
    truncated: bool = False  # it breaks off before its end: the entries are whole, but not all
    repairs: tuple[str, ...] = ()  # what was wrong and mended, one short sentence each


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """Bytes that are no document of any kind we read, and why."""

    failure: Failure
    detail: str
