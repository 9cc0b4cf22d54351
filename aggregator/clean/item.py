"""An entry to an item, or the reason why not. The one place where items are made: what an `Item` promises is kept here. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from aggregator import text, urls
from aggregator.clean import boilerplate, dates, html
from aggregator.model import DateTrust, Enclosure, Entry, Item, Prose, Recognised, Rejected, Source

_TITLE = 500  # characters
_SUMMARY = 1_000
_SUMMARY_MARKUP = 20_000  # more of a summary's HTML is not looked at: what is shown of it stands at its beginning
_NAME = 200  # of an author, a category, an issuer
_MANY = 20  # authors, categories, enclosures of one item
_HEADLINE = 80  # of a title made of the text's first words

# Feeds carry 1789-01-20 and 2999; the web's oldest press releases are of 1995
_EARLIEST = datetime(1995, 1, 1, tzinfo=UTC)
_AHEAD = timedelta(days=1)  # further in the future: an event's date, or none
_TOLERANCE = timedelta(
    hours=1
)  # so much after we saw it can an item be published: clocks differ, and nothing stays on top

_LANGUAGE = re.compile(r"([A-Za-z]{2,3})(?:[-_][A-Za-z0-9_-]*)?$")
_MEDIA_TYPE = re.compile(r"[a-z0-9.+-]+/[a-z0-9.+-]+$")
_NUMBER_ALONE = re.compile(r"\d+$")  # a guid that some program took for a link (Laravel's feeds)
_MAIL_AND_NAME = re.compile(r"[^\s@()]+@[^\s@()]+\s*\((.+)\)$")  # RSS 2.0: author is an e-mail address
_ISSUER = re.compile(r"(?:Quelle|Herausgeber|Source|Issued by)\s*:\s*", re.IGNORECASE)


def clean(recognised: Recognised, source: Source, *, now: datetime, characters: int = 500_000) -> Item | Rejected:
    """The entry as an item of the source; `Rejected` when it has neither title nor text nor link. No field is longer than
    `characters` before it is cleaned."""
    entry = recognised.entry
    link = _link(entry, source) or _file(entry, source)
    page = link or _home(source)
    texts = _texts(entry, page, characters)
    if not texts.title and not link:
        return Rejected(entry=entry, reason="no title, no text and no link")
    title = texts.title or urls.host(page) or source.name
    first_seen = recognised.first_seen or now
    published, trust = _published(entry, source.timezone, first_seen, now)
    return Item(
        id=text.digest("item", source.id, recognised.guid)[:16],
        source_id=source.id,
        guid=text.legal(recognised.guid),
        url=page,
        title=title,
        summary=texts.summary,
        html=texts.html,
        text=texts.body,
        published=published,
        updated=_updated(entry, source.timezone, published, now),
        date_trust=trust,
        published_text=_as_written(entry),
        first_seen=first_seen,
        language=_language(entry.language) or _language(source.language),
        authors=_several(map(_author, entry.authors)),
        categories=_several(map(_name, entry.categories)),
        issuer=_issuer(entry),
        enclosures=_enclosures(entry, page),
        content_hash=text.digest(title, texts.summary, texts.body),
        fingerprint=entry.fingerprint,
    )


def _home(source: Source) -> str:
    """Where the source itself can be read; without the password that its URL may carry."""
    return (
        urls.absolute(source.homepage)
        or urls.absolute(urls.public(source.url, source.secrets))
        or urls.public(source.url, source.secrets)
    )


def _link(entry: Entry, source: Source) -> str | None:
    if not entry.link or _NUMBER_ALONE.match(entry.link.strip()):
        return None
    return urls.absolute(entry.link, source.homepage or urls.public(source.url, source.secrets))


def _file(entry: Entry, source: Source) -> str | None:
    """What is enclosed, where that is all there is (podcasts, gazettes as PDF); a picture only goes with a text."""
    files = (one.url for one in entry.enclosures if not one.type.strip().lower().startswith("image/"))
    return next((url for url in (urls.absolute(file, source.homepage or source.url) for file in files) if url), None)


# ----------------------------------------------------------------------------------------------------------------- texts


@dataclass(frozen=True, slots=True, kw_only=True)
class _Texts:
    title: str
    summary: str
    html: str
    body: str


def _texts(entry: Entry, page: str, characters: int) -> _Texts:
    """The HTML is the content, else a summary that is HTML; what is missing of title and summary is taken from the text."""
    markup, body = _body(entry.content, page, characters)
    if not markup and entry.summary and entry.summary.html:
        markup, body = _body(entry.summary, page, characters)
        written = body.replace("\n", " ")
    else:
        written = _line(entry.summary, min(characters, _SUMMARY_MARKUP))
    summary = text.shorten(boilerplate.teaser(written), _SUMMARY)
    title = text.shorten(_line(entry.title, characters), _TITLE) or text.shorten(_first(body, "") or summary, _HEADLINE)
    summary = summary or text.shorten(_first(body, title), _SUMMARY)
    return _Texts(title=title, summary=summary, html=markup, body=body)


def _body(prose: Prose | None, page: str, characters: int) -> tuple[str, str]:
    """Safe HTML and the plain text of it, without what only stands around it."""
    if prose is None:
        return "", ""
    value = prose.value[:characters]
    markup = html.safe(value, page) if prose.html else html.paragraphs(value)
    body = html.words(markup)
    if boilerplate.suspected(body):
        markup = boilerplate.without(markup)
        body = html.words(markup)
    return markup, body


def _line(prose: Prose | None, characters: int) -> str:
    if prose is None:
        return ""
    value = prose.value[:characters]
    if prose.html:
        return html.plain(value).replace("\n", " ")
    return text.line(html.unescaped(value))


def _first(body: str, title: str) -> str:
    """The first paragraph that says something: not the title again, not a kicker of a word or two."""
    lines = [line for line in body.split("\n") if line and line != title]
    return next((line for line in lines if line.count(" ") >= 3), lines[0] if lines else "")


# ----------------------------------------------------------------------------------------------------------------- dates


def _published(entry: Entry, zone: str, first_seen: datetime, now: datetime) -> tuple[datetime, DateTrust]:
    """When it was published, else when it was first seen. Nothing is published long after it was seen: that keeps
    announcements from standing on top for days, and items whose date moves at every fetch from coming back."""
    moment = _moment(entry.published_text, zone) or _moment(entry.updated_text, zone)
    if moment is None or not _EARLIEST <= moment.instant <= now + _AHEAD:
        return first_seen, DateTrust.FIRST_SEEN
    return min(moment.instant, first_seen + _TOLERANCE), moment.trust


def _updated(entry: Entry, zone: str, published: datetime, now: datetime) -> datetime | None:
    moment = _moment(entry.updated_text, zone)
    if moment is None or not published <= moment.instant <= now + _AHEAD:
        return None
    return max(published, min(moment.instant, now))


def _moment(written: str | None, zone: str) -> dates.Moment | None:
    return dates.read(written, zone=zone) if written else None


def _as_written(entry: Entry) -> str | None:
    written = entry.published_text or entry.updated_text
    return text.line(written)[:_NAME] or None if written else None


# ----------------------------------------------------------------------------------------------------------------- names


def _name(written: str) -> str:
    short = written[: 4 * _NAME]
    return text.shorten(html.plain(short).replace("\n", " "), _NAME)


def _author(written: str) -> str:
    """The name alone where an e-mail address stands with it."""
    name = _name(written)
    both = _MAIL_AND_NAME.match(name)
    return both[1].strip() if both else name


def _several(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, names)))[:_MANY]


def _issuer(entry: Entry) -> str | None:
    if not entry.issuer_text:
        return None
    return _ISSUER.sub("", _name(entry.issuer_text), count=1).strip(" .,;:–-|") or None


def _language(written: str | None) -> str | None:
    """`de` of `de-DE` or `de_AT` (RFC 5646 section 2.2.1)."""
    found = _LANGUAGE.match(written.strip()) if written else None
    return found[1].lower() if found else None


def _enclosures(entry: Entry, page: str) -> tuple[Enclosure, ...]:
    if not entry.enclosures:
        return ()
    found: dict[str, Enclosure] = {}
    for enclosure in entry.enclosures:
        url = urls.absolute(enclosure.url, page)
        if url and url not in found:
            found[url] = _enclosure(enclosure, url)
    return tuple(found.values())[:_MANY]


def _enclosure(enclosure: Enclosure, url: str) -> Enclosure:
    media_type = enclosure.type.strip().lower()
    length = enclosure.length
    return replace(
        enclosure,
        url=url,
        type=media_type if _MEDIA_TYPE.match(media_type) else "",
        length=length if length is not None and length >= 0 else None,
    )
