"""The pages about this installation: its sources, what it is, who answers for it, how accessible it is. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from aggregator import urls
from aggregator.model import Authority, Source
from aggregator.publish import prose, statements, words
from aggregator.publish.pages import Frame, contact, fill, source
from aggregator.publish.statements import Section
from aggregator.publish.view import Rendered


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A source with what readers may want to know of it. `state` is one of those of `status --json` that do not depend on the
    time at which somebody looks: so the page changes only when there is something to tell."""

    source: Source
    state: str
    last_success: datetime | None
    items: int


class _Line(NamedTuple):
    name: str
    homepage: str | None
    address: str  # as strangers may know it
    page: str  # of its feed here, "" where it has none
    region: str
    items: int
    state: str
    phrase: str
    seen: str  # when it was last reached, for those in trouble


class _Group(NamedTuple):
    authority: str
    heading: str
    lead: str
    lines: tuple[_Line, ...]


def sources(listed: Sequence[Listed], frame: Frame) -> Rendered:
    """Who is read, in groups by who they are; it stands at `sources.html`."""
    phrases = words.of(frame.site.language)
    pages = {line.id: line.page for group in frame.groups for line in group.feeds}
    groups = []
    for authority in Authority:
        lines = tuple(_line(one, pages, frame, phrases) for one in listed if one.source.authority is authority)
        name = f"authority_{authority.value}"
        if lines:
            groups.append(_Group(authority.value, phrases[name], phrases[f"{name}_lead"], lines))
    lead = phrases["sources_lead"].format(count=len(listed))
    return Rendered(content=fill("sources.html", frame, root="", groups=groups, lead=lead))


def _line(one: Listed, pages: Mapping[str, str], frame: Frame, phrases: Mapping[str, str]) -> _Line:
    read = one.source
    seen = ""
    if one.state in {"failing", "blocked", "gone"}:
        when = one.last_success and words.day_alone(one.last_success.astimezone(frame.zone), frame.site.language)
        seen = phrases["last_seen"].format(when=when) if when else phrases["never_seen"]
    return _Line(
        name=read.name,
        homepage=read.homepage,
        address=urls.public(read.url, read.secrets),
        page=pages.get(read.id, ""),
        region=", ".join(read.region),
        items=one.items,
        state=one.state,
        phrase=phrases[f"state_{one.state}"],
        seen=seen,
    )


def about(frame: Frame, *, sources: int) -> Rendered:
    """What this is and how to subscribe; it stands at `about.html`."""
    site = frame.site
    first = next((line.id for group in frame.groups for line in group.feeds), "")
    links = {
        "sources": "sources.html",
        **{kind: f"feeds/{first}.{kind}" if first else "" for kind in ("atom", "rss", "json")},
        "feeds_opml": "feeds.opml",
        "search": "search" if frame.live else "",
        "contact": contact(site.contact),
    }
    description = site.description if site.description != site.title else ""
    values = {"title": site.title, "description": description, "count": str(sources), "contact": site.contact}
    sections = _told("about", frame, values, links)
    if site.texts.about:
        sections = (Section(sections[0].heading, _written(site.texts.about)), *sections[1:])
    return _own("about", sections, frame)


def imprint(frame: Frame) -> Rendered:
    """Who answers for this installation; it stands at `imprint.html`."""
    site = frame.site
    if site.texts.imprint:
        return _own("imprint", (Section("", _written(site.texts.imprint)),), frame)
    values = {"title": site.title, "contact": site.contact}
    return _own("imprint", _told("imprint", frame, values, {"contact": contact(site.contact)}), frame)


def accessibility(frame: Frame) -> Rendered:
    """The statement on accessibility; it stands at `accessibility.html`."""
    site, texts = frame.site, frame.site.texts
    if texts.accessibility:
        return _own("accessibility", (Section("", _written(texts.accessibility)),), frame)
    phrases = words.of(site.language)
    day = words.day_alone(texts.reviewed, site.language) if texts.reviewed else ""
    values = {
        "title": site.title,
        "base_url": site.base_url,
        "contact": site.contact,
        "reviewed": phrases["reviewed"].format(day=day) if day else "",
        "enforcement": texts.enforcement or phrases["enforcement"],
    }
    return _own("accessibility", _told("accessibility", frame, values, {"contact": contact(site.contact)}), frame)


def _told(name: str, frame: Frame, values: Mapping[str, str], links: Mapping[str, str]) -> tuple[Section, ...]:
    """The program's own words in the site's language."""
    return statements.sections(source(f"{name}.{words.spoken(frame.site.language)}.txt", frame), values, links)


def _written(told: str) -> tuple[prose.Part, ...]:
    return prose.parts(prose.paragraphs(told))


def _own(title: str, sections: tuple[Section, ...], frame: Frame) -> Rendered:
    return Rendered(content=fill("own.html", frame, root="", title=title, sections=sections))
