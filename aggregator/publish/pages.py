"""Stories to plain HTML that everyone can read: no script, nothing from elsewhere, links that work from any folder.

Pages show what sources wrote as text, to which `prose` gives structure. Foreign HTML stands in none of them, so no template ever
marks anything as safe.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from typing import TYPE_CHECKING, Any, NamedTuple
from zoneinfo import ZoneInfo

from aggregator import text
from aggregator.model import DateTrust, Label, Marks, PublishedFeed, Site, Story
from aggregator.publish import form as forms
from aggregator.publish import marked, shown, words
from aggregator.publish.form import Form
from aggregator.publish.shown import Place
from aggregator.publish.view import Rendered, View, page_name, whole

if TYPE_CHECKING:
    from jinja2 import Environment

    from aggregator.publish.events import Notice

# What a page may load and do, told by the page itself: any static server may serve it, without our headers. There is no script
# to allow, and pictures come from nowhere.
POLICY = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'"

_SUMMARY = 400  # characters: what a reader needs to decide, not the story itself
_GROUPS = ("all", "cluster", "topic", "own", "source")  # in the order of the start page


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What all pages of a pass share; made once, because compiling the templates takes longer than filling one."""

    site: Site
    groups: tuple[FeedGroup, ...]  # all feeds by kind: what a page lists without looking at a thousand feeds again
    labels: Mapping[str, str]  # label -> id of the feed of that label alone
    zone: ZoneInfo
    live: bool  # whether `serve` answers too: search and status are linked
    templates: Environment


def frame(site: Site, feeds: Sequence[PublishedFeed], *, live: bool = False) -> Frame:
    """The frame for the pages of these feeds. `live`: the pages also link what only a running service answers."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    templates = Environment(
        loader=PackageLoader("aggregator"),
        autoescape=True,  # by name (select_autoescape) a renamed template would be left open
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    return Frame(
        site=site,
        groups=_groups(feeds, site),
        labels=_label_feeds(feeds),
        zone=ZoneInfo(site.timezone),
        live=live,
        templates=templates,
    )


def _label_feeds(feeds: Sequence[PublishedFeed]) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for each in feeds:
        if each.group in {"cluster", "topic"} and len(each.selection.labels) == 1:
            found.setdefault(each.selection.labels[0], each.id)
    return found


def feed(view: View, frame: Frame) -> Rendered:
    """The page of one published feed; it stands at `<id>/index.html`, those of its archive at `<id>/page-<n>.html`."""
    # A page of the archive names no other feeds: a new one would make all of them anew
    others = [group for group in frame.groups if group.kind != "source" and not view.number]

    def write(view: View) -> bytes:
        return fill(
            "feed.html",
            frame,
            root="../",
            view=view,
            title=_title(view.feed, frame.site),
            description=_description(view.feed, frame.site),
            language=foreign(view.feed.language, frame.site),
            days=_days(view, frame, "../"),
            links=_feed_links(view.feed.id, "../"),
            updated=_newest(view, frame),
            groups=others,
            older=page_name(view.older) if view.older else "",
            newer=_newer(view),
        )

    return whole(view, write)


def _newer(view: View) -> str:
    """The page with the stories that came after those of this one; "" where they are the newest."""
    if not view.number:
        return ""
    return page_name(view.newer) if view.newer else "index.html"


def index(view: View, frame: Frame) -> Rendered:
    """The start page, `index.html`: the view's stories and all feeds."""

    def write(view: View) -> bytes:
        links = _feed_links(view.feed.id, "")
        return fill(
            "index.html", frame, root="", view=view, days=_days(view, frame, ""), links=links, groups=frame.groups
        )

    return whole(view, write)


def search(view: View, frame: Frame, asked: Form | None = None) -> Rendered:
    """What a search found, at `/search`, in the view's order; a form that asks nothing shows what to do."""
    form = asked or Form(query=view.query or "", total=len(view.stories))

    def write(view: View) -> bytes:
        links = (Place(form.address("search.atom"), "Atom"),) if form.asks else ()
        choices = {
            "clusters": forms.clusters(form, view.labels, frame.site.language),
            "outlets": forms.sources(form, view.sources),
        }
        cards = [_result(story, view, frame, form.marks) for story in view.stories]
        return fill("search.html", frame, root="", form=form, cards=cards, links=links, **choices)

    return whole(view, write)


def _result(story: Story, view: View, frame: Frame, marks: Marks) -> Card:
    """The words that were looked for are marked in the title, and in a piece of the text round the first of them."""
    card, item = _card(story, view, frame, ""), story.origin
    summary = marked.excerpt(card.summary, marks, _SUMMARY) or marked.excerpt(item.text, marks, _SUMMARY)
    return card._replace(
        published=dated(story, frame), title=marked.whole(card.title, marks), summary=summary or card.summary
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRow:
    """The health of one source as the status page shows it. `state` is one of those of `status --json`."""

    id: str
    name: str
    state: str
    homepage: str | None = None
    error: str | None = None  # what is wrong, a sentence
    since: datetime | None = None
    last_success: datetime | None = None
    next_due: datetime | None = None
    items: int = 0


def status(
    rows: Sequence[SourceRow], frame: Frame, *, notices: Sequence[Notice] = (), fault: str | None = None
) -> Rendered:
    """The health of all sources, at `/status`: those in trouble first, in the order given, then what was told of them.
    `fault`: what is wrong with a configuration that is not in use."""
    phrases = words.of(frame.site.language)
    ordered = sorted(rows, key=lambda row: row.state in _WELL)
    table = [
        {
            "row": row,
            "state": phrases.get(f"state_{row.state}", row.state),
            "since": moment(row.since, frame),
            "last_success": moment(row.last_success, frame),
            "next_due": moment(row.next_due, frame),
        }
        for row in ordered
    ]
    told = [{"notice": notice, "at": moment(notice.at, frame)} for notice in notices]
    counts = _counts(ordered, phrases)
    return Rendered(content=fill("status.html", frame, root="", rows=table, counts=counts, told=told, fault=fault))


def _counts(rows: Sequence[SourceRow], phrases: Mapping[str, str]) -> str:
    """`9 Quellen: 2 gestört, 7 in Ordnung`, in the order of the rows."""
    states = Counter(row.state for row in rows)
    parts = ", ".join(f"{count} {phrases.get(f'state_{state}', state)}" for state, count in states.items())
    return f"{len(rows)} {phrases['sources']}" + (f": {parts}" if parts else "")


_WELL = frozenset({"ok", "quiet", "new", "paused"})


def style(frame: Frame) -> bytes:
    """The one style sheet, `style.css`."""
    return source("style.css", frame).encode()


def icon(frame: Frame) -> bytes:
    """The picture in the browser's tab, `icon.svg`: without one browsers ask for a file of their own choice."""
    return source("icon.svg", frame).encode()


def source(name: str, frame: Frame) -> str:
    """A file of the templates as it is."""
    loader = frame.templates.loader
    assert loader is not None
    return loader.get_source(frame.templates, name)[0]


def fill(name: str, frame: Frame, *, root: str, **values: Any) -> bytes:
    """A page of that template. `root` leads from it to the output directory: links are relative, so that a page works below any
    path and as a file."""
    site = frame.site
    page = frame.templates.get_template(name).render(
        site=site,
        words=words.of(site.language),
        contact=contact(site.contact),
        imprint=imprint(site, root),
        live=frame.live,
        root=root,
        policy=POLICY,
        **values,
    )
    return text.legal(page).encode()


def imprint(site: Site, root: str = "") -> str:
    """Where it says who answers for this installation: a page elsewhere, or ours."""
    return site.imprint_url or f"{root}imprint.html"


def contact(written: str) -> str:
    """The link to whom people may write, "" where what is written is none."""
    if written.startswith(("https://", "http://")):
        return written
    return f"mailto:{written}" if "@" in written else ""


class Moment(NamedTuple):
    """An instant for machines and for people."""

    machine: str
    people: str


class Badge(NamedTuple):
    """A label on a page: without a URL where it has no feed; `kind` is cluster, topic or umbrella."""

    url: str
    name: str
    kind: str


class Card(NamedTuple):
    """One story on a page."""

    title: str
    url: str  # of its page here
    language: str | None  # where it is not the page's
    published: Moment
    changed: Moment | None  # a correction after the first publication
    source: Place  # of the origin, with the original's address
    issuer: str | None
    also: tuple[Place, ...]
    labels: tuple[Badge, ...]
    summary: str


class Day(NamedTuple):
    """The stories of one day, newest first."""

    date: str  # 2026-10-12
    people: str
    cards: tuple[Card, ...]


def _days(view: View, frame: Frame, root: str) -> list[Day]:
    days = []
    for date, of_day in groupby(view.stories, key=lambda story: story.published.astimezone(frame.zone).date()):
        midnight = datetime(date.year, date.month, date.day, tzinfo=UTC)
        cards = tuple(_card(story, view, frame, root) for story in of_day)
        days.append(Day(date.isoformat(), words.day(midnight, frame.site.language), cards))
    return days


def _card(story: Story, view: View, frame: Frame, root: str) -> Card:
    item = story.origin
    outlet = shown.outlet(item, view.sources)
    return Card(
        title=shown.headline(item),
        url=f"{root}{shown.page(story.id)}",
        language=foreign(item.language, frame.site),
        published=_published(story, frame),
        changed=moment(story.changed, frame) if story.changed > story.minted else None,
        source=Place(shown.link(item, outlet), outlet.name),
        issuer=shown.issuer(item, outlet.name),
        also=shown.also(story, view.sources),
        labels=tuple(badge(name, view.labels.get(name), frame, root) for name in story.labels),
        summary=text.shorten(shown.teaser(item), _SUMMARY),
    )


def foreign(language: str | None, site: Site) -> str | None:
    """The language where it is not the page's."""
    return language if language and language != site.language else None


def badge(label_id: str, label: Label | None, frame: Frame, root: str) -> Badge:
    """The label's name, with the page of its feed where it has one."""
    page, kind = frame.labels.get(label_id), label.kind.value if label else "topic"
    return Badge(f"{root}{page}/index.html" if page else "", words.name(label, label_id, frame.site.language), kind)


def _published(story: Story, frame: Frame) -> Moment:
    """A source that gives a day alone has not told the hour."""
    local = story.published.astimezone(frame.zone)
    if story.origin.date_trust is DateTrust.DAY:
        return Moment(local.date().isoformat(), "")
    return Moment(_machine(story.published), words.clock(local, frame.site.language))


def dated(story: Story, frame: Frame) -> Moment:
    """As `_published`, but where no heading tells the day."""
    local = story.published.astimezone(frame.zone)
    published = _published(story, frame)
    write = words.moment if published.people else words.day
    return published._replace(people=write(local, frame.site.language))


def moment(instant: datetime | None, frame: Frame) -> Moment | None:
    """The instant in the site's zone and words."""
    if instant is None:
        return None
    return Moment(_machine(instant), words.moment(instant.astimezone(frame.zone), frame.site.language))


def _machine(instant: datetime) -> str:
    return f"{instant.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _newest(view: View, frame: Frame) -> Moment | None:
    return moment(shown.changed(view), frame) if view.stories else None


def _feed_links(feed_id: str, root: str) -> tuple[Place, ...]:
    return tuple(Place(f"{root}feeds/{feed_id}.{kind}", name) for kind, name in _KINDS)


_KINDS = (("rss", "RSS"), ("atom", "Atom"), ("json", "JSON Feed"))


class FeedLine(NamedTuple):
    """One feed in a list of feeds; addresses from the output directory."""

    id: str
    title: str
    language: str | None  # where it is not the page's
    page: str
    links: tuple[Place, ...]


class FeedGroup(NamedTuple):
    """The feeds of one kind, in the order of the configuration."""

    kind: str
    name: str
    feeds: tuple[FeedLine, ...]


def _groups(feeds: Sequence[PublishedFeed], site: Site) -> tuple[FeedGroup, ...]:
    phrases = words.of(site.language)
    kinds: dict[str, list[FeedLine]] = {kind: [] for kind in _GROUPS}
    for each in feeds:
        page, links = f"{each.id}/index.html", _feed_links(each.id, "")
        line = FeedLine(each.id, _title(each, site), foreign(each.language, site), page, links)
        kinds.setdefault(each.group, []).append(line)
    return tuple(FeedGroup(kind, phrases[f"group_{kind}"], tuple(kinds[kind])) for kind in _GROUPS if kinds[kind])


def _title(feed: PublishedFeed, site: Site) -> str:
    """Titles that name the site first stand well in a reader's list; on our own pages the name is there already."""
    if feed.title == site.title:
        return words.of(site.language)["everything"]
    return feed.title.removeprefix(f"{site.title}: ").strip() or feed.id


def _description(feed: PublishedFeed, site: Site) -> str:
    """What the title does not say already."""
    return "" if feed.description == _title(feed, site) else feed.description
