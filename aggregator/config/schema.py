"""Which keys there are, their types and defaults; and the JSON Schema that editors complete and check with.

Importing this costs what pydantic costs (50 ms), so it is imported where a configuration is read, not before.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, model_validator

from aggregator.config import scalars
from aggregator.config.keys import Bytes, Count, Css, Id, Keys, Language, Line, Place, Seconds, Text, Url, Zone
from aggregator.config.keys import short_for as _short_for
from aggregator.config.keys import written as _written
from aggregator.config.telling import AlarmKeys
from aggregator.model import Authority, FullText, Kind, Publish, RobotsTxt, Scope


class LimitKeys(Keys):
    deadline: Seconds = _written("30s", ge=1, description="one request with all its redirects")
    body: Bytes = _written("10MB", ge=1000, description="one answer, after decompression")
    redirects: int = Field(default=5, ge=0, le=20, description="hops of one request")
    per_host: Count = Field(default=2, description="requests at a time to one host")
    gap: Seconds = _written("5s", description="between two requests to one host; robots.txt may ask for more")
    concurrency: Count = Field(default=20, description="requests at a time in all")
    entries: Count = Field(default=2_000, description="of one document; the rest is left out")
    characters: Count = Field(default=500_000, description="of one field; the rest is cut off")
    parse_seconds: Seconds = _written("10s", ge=1, description="processor time for one document")
    parse_memory: Bytes = _written("250MB", ge=100_000_000, description="memory of each process that reads documents")


class RetentionKeys(Keys):
    days: Annotated[int, Field(ge=31)] | None = Field(
        default=None, description="items first seen longer ago go; without it they stay"
    )
    per_source: Count | None = Field(default=10_000, description="the newest so many of each source stay")
    total: Count | None = Field(default=500_000, description="the newest so many stay in all")


def _two(pair: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(pair)) != 2:
        raise ValueError("two addresses, as `aggregator items` shows them")
    return pair


UrlPair = Annotated[tuple[Url, ...], AfterValidator(_two)]


class StoryKeys(Keys):
    same: tuple[UrlPair, ...] = Field(
        default=(), description="pairs of addresses that are one story, whatever the rules say"
    )
    apart: tuple[UrlPair, ...] = Field(default=(), description="pairs of addresses that are two stories")


class WebsubKeys(Keys):
    hub: bool = Field(default=False, description="`aggregator serve` tells subscribers of the published feeds at once")
    subscribe: bool = Field(default=False, description="`aggregator serve` lets the hubs of sources tell it at once")
    private_callbacks: bool = Field(
        default=False, description="true: subscribers of the hub may stand at private or loopback addresses"
    )


class PageKeys(Keys):
    """Plain text: an empty line parts paragraphs, web and mail addresses become links."""

    about: Text | None = Field(
        default=None, description="what this is and for whom, in place of the program's own words"
    )
    imprint: Text | None = Field(
        default=None, description="who answers for it; makes imprint.html, unless imprint_url is set"
    )
    accessibility: Text | None = Field(
        default=None, description="the whole statement, in place of the one that is made"
    )
    enforcement: Text | None = Field(
        default=None, description="whom people may turn to when an answer about a barrier fails to come"
    )
    reviewed: date | None = Field(default=None, description="when accessibility was last looked at: 2026-11-01")


class AggregatorFile(Keys):
    """aggregator.yaml: this installation."""

    base_url: Annotated[str, AfterValidator(scalars.base_url)] = Field(
        description="the public address of the output directory"
    )
    title: Line = Field(description="what the published feeds are called")
    description: Line | None = Field(
        default=None, description="a sentence for the front page; the title where it is missing"
    )
    language: Language = Field("de", description="of the pages, and of sources that name none")
    contact: Annotated[str, AfterValidator(scalars.contact)] | None = Field(
        default=None, description="mail or web address for people whose servers we ask; base_url where it is missing"
    )
    timezone: Zone = Field("UTC", description="for dates without a zone, and for showing times")
    imprint_url: Url | None = Field(default=None, description="who answers for this installation")
    pages: PageKeys = Field(default_factory=PageKeys, description="the pages about this installation")
    served: bool = Field(
        default=False, description="the pages are served by `aggregator serve`: they link search and status"
    )
    minting: Annotated[str, AfterValidator(scalars.minting)] | None = Field(
        default=None,
        description="domain and year in the ids of stories (RFC 4151); never change it once something is published",
    )
    store: Annotated[str, AfterValidator(scalars.store_url)] | None = Field(
        default=None, description="SQLAlchemy address; without it SQLite in the data directory"
    )
    stable_keys: tuple[Annotated[str, AfterValidator(scalars.key_pattern)], ...] = Field(
        default=(), description="regular expressions for publishers' own ids in URLs, one group each"
    )
    merge_window_days: int = Field(
        default=14, ge=0, le=366, description="how far apart the dates of one story's items may be"
    )
    stories: StoryKeys = Field(default_factory=StoryKeys, description="what the rules for stories get wrong")
    feed_limit: int = Field(default=100, ge=1, le=200, description="stories in a published feed that sets no limit")
    retention: RetentionKeys = Field(
        default_factory=RetentionKeys, description="what is kept; what a source still shows is kept in any case"
    )
    alarms: AlarmKeys = Field(
        default_factory=AlarmKeys, description="where troubles that last are told, beside feeds/health.atom"
    )
    limits: LimitKeys = Field(default_factory=LimitKeys, description="bounds of requests and documents")
    websub: WebsubKeys = Field(default_factory=WebsubKeys, description="being told, and telling, instead of asking")


class ListingKeys(Keys):
    item: Css = Field(description="selects each entry in the page; everything below but `next` is searched inside it")
    link: Place = Field(description="the entry's address, such as h3 a@href")
    title: Place | None = None
    date: Place | None = None
    summary: Place | None = None
    next: Place | None = Field(default=None, description="the next page's address, searched in the whole page")
    pages: int = Field(default=1, ge=1, le=50, description="how many pages are read")
    date_in_url: Annotated[str, AfterValidator(scalars.date_pattern)] | None = Field(
        default=None, description="regular expression for a date that stands in the address alone"
    )


class IssuerKeys(Keys):
    text: Line | None = Field(default=None, description="how the line begins that names the issuer, such as Quelle:")
    selector: Place | None = Field(default=None, description="the element that names the issuer")

    @model_validator(mode="after")
    def _one_of_them(self) -> IssuerKeys:
        if (self.text is None) == (self.selector is None):
            raise ValueError('a selector, or {text: "Quelle:"}')
        return self


class DetailKeys(Keys):
    title: Place | None = None
    date: Place | None = None
    summary: Place | None = None
    content: Place | None = None
    image: Place | None = None
    issuer: (
        Annotated[IssuerKeys, BeforeValidator(_short_for("selector"), json_schema_input_type=str | IssuerKeys)] | None
    ) = Field(default=None, description="who issued it, where somebody else only carries it")
    remove: tuple[Css, ...] = Field(default=(), description="selectors cut out of the content")


class SourceKeys(Keys):
    id: Id = Field(description="unique; stands in addresses, never change it")
    name: Line = Field(description="who publishes there")
    url: Url = Field(description="address of the feed, sitemap or page")
    homepage: Url | None = Field(default=None, description="where people read it")
    kind: Kind = Kind.AUTO
    interval: Annotated[str, AfterValidator(scalars.interval)] = Field(
        "auto", description="how often: auto, a duration such as 30m or 6h, or a cron line"
    )
    language: Language | None = Field(default=None, description="of its texts; the installation's where it is missing")
    timezone: Zone | None = Field(
        default=None, description="of dates without a zone; the installation's where it is missing"
    )
    authority: Authority = Field(
        default=Authority.PUBLISHER,
        description="who is the origin of a shared story: issuer before publisher before repeater",
    )
    region: tuple[Line, ...] = ()
    clusters: tuple[str, ...] = Field(
        default=(), description="labels of clusters.yaml that every item from here carries"
    )
    full_text: FullText = Field(
        default=FullText.AUTO,
        description="whether links are followed for the text; auto: where the entry has only a teaser",
    )
    publish: Publish = Field(
        default=Publish.FULL,
        description="how much of a text is published: full, or excerpt (250 characters) where the press has its rights in it",
    )
    images: bool = Field(default=False, description="true: its pictures may be published")
    private_network: bool = Field(default=False, description="true: may stand at a private or loopback address")
    robots: RobotsTxt = Field(
        default=RobotsTxt.RESPECT,
        description="whether robots.txt counts; ignore only with the consent of who runs the site",
    )
    enabled: bool = Field(default=True, description="false: not asked any more; what is stored stays")
    listing: ListingKeys | None = Field(default=None, description="how a listing page is read")
    detail: DetailKeys | None = Field(default=None, description="how the page behind an entry's link is read")


class SourcesFile(Keys):
    """sources.yaml and sources/*.yaml: where news comes from."""

    sources: tuple[SourceKeys, ...] = Field(description="the list of sources")


class TermKeys(Keys):
    text: Annotated[str, AfterValidator(scalars.term)] = Field(
        description="a word or phrase; * at either end leaves that end open"
    )
    case: bool | None = Field(
        default=None, description="true: capitals count; without it they do for acronyms of 2 to 5 characters"
    )


class SignalKeys(TermKeys):
    needs: tuple[Annotated[str, AfterValidator(scalars.term)], ...] = Field(
        default=(), description="counts only where one of these words stands in the item, too"
    )
    language: Language | None = Field(default=None, description="counts only in items of this language")


class ExclusionKeys(TermKeys):
    scope: Scope = Field(
        default=Scope.TERM,
        description="how far it reaches: the words themselves, their sentence, the rest of the text, the whole item",
    )


Terms = tuple[Annotated[SignalKeys, BeforeValidator(_short_for("text"), json_schema_input_type=str | SignalKeys)], ...]
Asides = tuple[Annotated[TermKeys, BeforeValidator(_short_for("text"), json_schema_input_type=str | TermKeys)], ...]
Exclusions = tuple[
    Annotated[ExclusionKeys, BeforeValidator(_short_for("text"), json_schema_input_type=str | ExclusionKeys)], ...
]


class NameKeys(Keys):
    model_config = ConfigDict(extra="allow")

    de: Line = Field(description="the name in German")
    en: Line = Field(description="the name in English")
    __pydantic_extra__: dict[str, Line]

    @model_validator(mode="after")
    def _languages(self) -> NameKeys:
        for language in self.__pydantic_extra__:
            scalars.language(language)
        return self

    def by_language(self) -> dict[str, str]:
        return {"de": self.de, "en": self.en} | self.__pydantic_extra__


class SignalsKeys(Keys):
    strong: Terms = Field(default=(), description="each is enough alone")
    medium: Terms = Field(default=(), description="each needs a second signal")
    weak: Terms = Field(default=(), description="only add to others")


class LabelKeys(SignalsKeys):
    id: Id = Field(description="unique among clusters and topics; stands in addresses, never change it")
    names: NameKeys = Field(description="the name in each language, de and en at least")
    description: Line | None = None
    short_names: tuple[Line, ...] = Field(default=(), description="as they stand in enumerations")
    part_of: str | None = Field(
        default=None, description="a label of which this is a part: its words speak for that one, too"
    )
    exclude: Exclusions = Field(default=(), description="what looks like a signal and is none")


class FieldKeys(Keys):
    title: float = Field(default=3.0, ge=0)
    summary: float = Field(default=1.5, ge=0)
    text: float = Field(default=1.0, ge=0)
    category: float = Field(default=1.0, ge=0)
    issuer: float = Field(default=0.0, ge=0)
    url: float = Field(default=0.0, ge=0, description="the words in the item's address")


class ByHandKeys(Keys):
    item: Line = Field(description="the address or guid of an item, or the id of a story")
    labels: tuple[str, ...] = Field(default=(), description="it carries these, whatever the rules say")
    without: tuple[str, ...] = Field(default=(), description="and none of these")


class ClustersFile(Keys):
    """clusters.yaml: the taxonomy and its rules."""

    version: Line = Field(default="1", description="of the rules; change it when they change")
    fields: FieldKeys = Field(default_factory=FieldKeys, description="what a hit counts, by where it stands")
    threshold: float = Field(default=1.0, gt=0, description="the score from which on a label is given")
    enumeration: int = Field(default=3, ge=2, description="so many clusters named in one sentence are an enumeration")
    ignored: Exclusions = Field(default=(), description="for every label: offices, institutions, idioms, boilerplate")
    asides: Asides = Field(
        default=(),
        description="words beside which a sentence only mentions things: customers, uses, examples; "
        "with a closing … what stands behind them, with an opening … what stands before",
    )
    elsewhere: SignalsKeys = Field(
        default_factory=SignalsKeys,
        description="words of subjects that belong to no cluster: what such news mentions beside them is not what it is about",
    )
    by_hand: tuple[ByHandKeys, ...] = Field(default=(), description="what people decided; it wins over every rule")
    clusters: tuple[LabelKeys, ...] = ()
    umbrella: LabelKeys | None = Field(default=None, description="stands for several clusters at once")
    topics: tuple[LabelKeys, ...] = ()


class SelectKeys(Keys):
    labels: tuple[str, ...] = Field(default=(), description="clusters or topics, any of them")
    sources: tuple[str, ...] = ()
    regions: tuple[Line, ...] = ()
    languages: tuple[Language, ...] = ()
    authorities: tuple[Authority, ...] = ()
    words: tuple[Line, ...] = ()


class WithoutKeys(Keys):
    labels: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    regions: tuple[Line, ...] = ()
    languages: tuple[Language, ...] = ()
    authorities: tuple[Authority, ...] = ()
    words: tuple[Line, ...] = ()


class FeedKeys(Keys):
    id: Id = Field(description="unique; stands in the address of the feed")
    title: Line = Field(description="what subscribers see")
    description: Line | None = None
    language: Language | None = None
    limit: int | None = Field(default=None, ge=1, le=200)
    select: SelectKeys = Field(default_factory=SelectKeys, description="every part that is given must be met")
    without: WithoutKeys = Field(default_factory=WithoutKeys, description="none of these may be met")


class FeedsFile(Keys):
    """feeds.yaml: the published feeds."""

    defaults: bool = Field(
        default=False,
        description="true: also all, one per cluster, one per topic, one per source (as without this file)",
    )
    feeds: tuple[FeedKeys, ...] = ()


class BoilerplateFile(Keys):
    """boilerplate.yaml: standing sentences, which say nothing about what an item tells of."""

    everywhere: tuple[Line, ...] = Field(default=(), description="of any source")
    sources: dict[Id, tuple[Line, ...]] = Field(
        default_factory=dict, description="by source; `aggregator sources boilerplate` writes this file"
    )


FILES: dict[str, type[Keys]] = {
    "aggregator": AggregatorFile,
    "sources": SourcesFile,
    "clusters": ClustersFile,
    "feeds": FeedsFile,
    "boilerplate": BoilerplateFile,
}


def json_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of all files: any of them fits the whole, each alone is at `#/$defs/AggregatorFile`,
    `#/$defs/SourcesFile`, `#/$defs/ClustersFile`, `#/$defs/FeedsFile`, `#/$defs/BoilerplateFile`."""
    from pydantic.json_schema import models_json_schema

    _, schema = models_json_schema(
        [(model, "validation") for model in FILES.values()], title="aggregator configuration"
    )
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    return head | schema | {"anyOf": [{"$ref": f"#/$defs/{model.__name__}"} for model in FILES.values()]}
