"""Validated keys → the values the other rooms work with."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from aggregator.config import document
from aggregator.model import (
    Alarms,
    ByHand,
    Detail,
    Exclusion,
    FeedGroup,
    Label,
    LabelKind,
    Limits,
    Listing,
    Mail,
    OwnTexts,
    PublishedFeed,
    Retention,
    Scope,
    Security,
    Selection,
    Site,
    Source,
    Strength,
    Taxonomy,
    Term,
    Webhook,
    Websub,
)

if TYPE_CHECKING:
    from aggregator.config import schema, telling

# KI, BER, VML, 5G, H2: in lower case these are other words or parts of words (Ski, Beere)
_ACRONYM = re.compile(r"(?=.*[A-ZÄÖÜ])[A-ZÄÖÜ0-9]{2,5}")
_FIRST_YEAR = 2026  # for story ids; fixed, because a date that moved would mint other ids for the same stories


def site(keys: schema.AggregatorFile) -> Site:
    return Site(
        base_url=keys.base_url,
        title=keys.title,
        description=keys.description or keys.title,
        language=keys.language,
        contact=keys.contact or keys.base_url,
        timezone=keys.timezone,
        imprint_url=keys.imprint_url,
        texts=_texts(keys.pages),
        served=keys.served,
        hub=f"{keys.base_url}hub" if keys.websub.hub else None,
        minting=keys.minting or _minting(keys.base_url),
    )


def websub(keys: schema.WebsubKeys) -> Websub:
    return Websub(**keys.model_dump())


def _texts(keys: schema.PageKeys) -> OwnTexts:
    return OwnTexts(
        about=keys.about or "",
        imprint=keys.imprint or "",
        accessibility=keys.accessibility or "",
        enforcement=keys.enforcement or "",
        reviewed=keys.reviewed,
    )


def _minting(base_url: str) -> str:
    """RFC 4151 section 2.1 allows letters, digits, dots and hyphens: a name in Unicode goes by its punycode."""
    host = urlsplit(base_url).hostname or ""
    with suppress(UnicodeError):
        host = host.encode("idna").decode("ascii")
    return f"{re.sub('[^a-z0-9.-]', '-', host).strip('-.')},{_FIRST_YEAR}"


def limits(keys: schema.LimitKeys) -> Limits:
    return Limits(**keys.model_dump())


def retention(keys: schema.RetentionKeys) -> Retention:
    age = None if keys.days is None else timedelta(days=keys.days)
    return Retention(age=age, per_source=keys.per_source, total=keys.total)


_PORTS = {Security.STARTTLS: 587, Security.TLS: 465, Security.NONE: 25}


def alarms(keys: telling.AlarmKeys) -> Alarms:
    return Alarms(webhook=Webhook(**dict(keys.webhook)) if keys.webhook else None, mail=_mail(keys.mail))


def _mail(keys: telling.MailKeys | None) -> Mail | None:
    if keys is None:
        return None
    host, port = keys.server
    return Mail(
        to=keys.to,
        sender=keys.sender,
        host=host,
        port=port or _PORTS[keys.security],
        security=keys.security,
        user=keys.user,
        password=keys.password,
    )


_SECRET = 4  # characters at the least


def secrets(url: str, written: str, environment: Mapping[str, str]) -> tuple[str, ...]:
    """What stands in a URL out of the environment, but for its host: whoever keeps it out of the file wants it kept."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ()
    told = f"{parts.netloc.rpartition('@')[0]} {parts.path} {parts.query} {parts.fragment}"
    names = {name for doubled, name in document.NAME.findall(written) if not doubled}
    values = {environment[name] for name in names & environment.keys()}
    return tuple(sorted(value for value in values if len(value) >= _SECRET and value in told))


def source(keys: schema.SourceKeys, defaults: schema.AggregatorFile, secrets: tuple[str, ...]) -> Source:
    return Source(
        id=keys.id,
        name=keys.name,
        url=keys.url,
        secrets=secrets,
        homepage=keys.homepage,
        kind=keys.kind,
        interval=keys.interval,
        language=keys.language or defaults.language,
        timezone=keys.timezone or defaults.timezone,
        authority=keys.authority,
        region=keys.region,
        labels=keys.clusters,
        listing=_listing(keys.listing) if keys.listing else None,
        detail=_detail(keys.detail) if keys.detail else None,
        full_text=keys.full_text,
        publish=keys.publish,
        images=keys.images,
        private_network=keys.private_network,
        robots=keys.robots,
        enabled=keys.enabled,
    )


def _listing(keys: schema.ListingKeys) -> Listing:
    return Listing(**dict(keys))


def _detail(keys: schema.DetailKeys) -> Detail:
    parts = dict(keys) | {
        "issuer": keys.issuer.selector if keys.issuer else None,
        "issuer_text": keys.issuer.text if keys.issuer else None,
    }
    return Detail(**parts)


def taxonomy(keys: schema.ClustersFile) -> Taxonomy:
    return Taxonomy(
        version=keys.version,
        labels=(
            *(_label(each, LabelKind.CLUSTER) for each in keys.clusters),
            *(_label(each, LabelKind.UMBRELLA) for each in [keys.umbrella] if each),
            *(_label(each, LabelKind.TOPIC) for each in keys.topics),
        ),
        ignored=_exclusions(keys.ignored),
        asides=tuple(_exclusion(each, Scope.SENTENCE) for each in keys.asides),
        elsewhere=tuple(_signals(keys.elsewhere)),
        by_hand=tuple(ByHand(item=each.item, labels=each.labels, without=each.without) for each in keys.by_hand),
        enumeration=keys.enumeration,
        field_weights=keys.fields.model_dump(),
        threshold=keys.threshold,
    )


def _label(keys: schema.LabelKeys, kind: LabelKind) -> Label:
    return Label(
        id=keys.id,
        kind=kind,
        names=keys.names.by_language(),
        description=keys.description or "",
        short_names=keys.short_names,
        terms=tuple(_signals(keys)),
        exclusions=_exclusions(keys.exclude),
        part_of=keys.part_of,
    )


def _signals(keys: schema.SignalsKeys) -> Iterator[Term]:
    yield from _terms(keys.strong, Strength.STRONG)
    yield from _terms(keys.medium, Strength.MEDIUM)
    yield from _terms(keys.weak, Strength.WEAK)


def _terms(written: Iterable[schema.SignalKeys], strength: Strength) -> Iterator[Term]:
    for term in written:
        text, left, right = _open_ends(term.text)
        yield Term(
            text=text,
            strength=strength,
            case=_case(term, text),
            open_left=left,
            open_right=right,
            needs=term.needs,
            language=term.language,
        )


def _exclusions(written: Iterable[schema.ExclusionKeys]) -> tuple[Exclusion, ...]:
    return tuple(_exclusion(term, term.scope) for term in written)


def _exclusion(term: schema.TermKeys, scope: Scope) -> Exclusion:
    text, left, right = _open_ends(term.text)
    return Exclusion(text=text, scope=scope, case=_case(term, text), open_left=left, open_right=right)


def _open_ends(written: str) -> tuple[str, bool, bool]:
    """`*wasserstoff*` → the text, open to the left, open to the right."""
    return written.strip("* "), written.startswith("*"), written.endswith("*")


def _case(term: schema.TermKeys, text: str) -> bool:
    return bool(_ACRONYM.fullmatch(text)) if term.case is None else term.case


def feeds(
    keys: schema.FeedsFile, *, site: Site, labels: Iterable[Label], sources: Iterable[Source], limit: int
) -> tuple[PublishedFeed, ...]:
    """The published feeds in the order of display: all, clusters with the umbrella, topics, sources, own ones."""
    made = _default_feeds(site, labels, sources, limit) if keys.defaults else ()
    return (*made, *(_own_feed(feed, site, limit) for feed in keys.feeds))


def _default_feeds(
    site: Site, labels: Iterable[Label], sources: Iterable[Source], limit: int
) -> Iterator[PublishedFeed]:
    def feed(name: str, selection: Selection, group: FeedGroup, **rest: str) -> PublishedFeed:
        values = {"title": f"{site.title}: {name}", "description": name, "language": site.language} | rest
        return PublishedFeed(**values, selection=selection, limit=limit, group=group)

    yield feed("", Selection(), "all", id="all", title=site.title, description=site.description)
    for label in labels:
        name = label.names.get(site.language) or label.names["de"]
        group: FeedGroup = "topic" if label.kind is LabelKind.TOPIC else "cluster"
        selection = Selection(labels=(label.id,))
        yield feed(name, selection, group, id=label.id, description=label.description or name)
    for each in sources:
        selection = Selection(sources=(each.id,))
        yield feed(each.name, selection, "source", id=each.id, language=each.language or site.language)


def _own_feed(keys: schema.FeedKeys, site: Site, limit: int) -> PublishedFeed:
    return PublishedFeed(
        id=keys.id,
        title=keys.title,
        description=keys.description or keys.title,
        language=keys.language or site.language,
        selection=Selection(
            **dict(keys.select),
            **{f"without_{key}": values for key, values in dict(keys.without).items()},
        ),
        limit=keys.limit or limit,
    )
