"""The way of hostile text through the program, without network and store: bytes of a feed → read → clean → every document."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from xml.sax.saxutils import escape, quoteattr

from aggregator import opml, text
from aggregator.clean import item as cleaning
from aggregator.model import (
    Authority,
    Carried,
    Document,
    Evidence,
    Hints,
    Item,
    Known,
    Label,
    LabelKind,
    OwnTexts,
    PublishedFeed,
    Selection,
    Site,
    Source,
    Story,
    Tag,
)
from aggregator.parse import document
from aggregator.publish import jsonfeed, own_pages, pages, story_page, xml
from aggregator.publish.events import Notice
from aggregator.publish.own_pages import Listed
from aggregator.publish.pages import Frame, SourceRow
from aggregator.publish.story_page import Dossier, Revised
from aggregator.publish.view import View
from aggregator.stories import identity
from tests.security import oracle

NOW = datetime(2026, 10, 12, 10, 0, tzinfo=UTC)
HINTS = Hints(url="https://source.example/feed", limit=100_000)
SITE = Site(
    base_url="https://news.example/",
    title="News",
    description="All of it",
    language="de",
    contact="desk@news.example",
    timezone="Europe/Berlin",
    imprint_url="https://news.example/imprint",
    minting="news.example,2026",
)
SOURCE = Source(id="a", name="Amt", url="https://source.example/feed", homepage="https://source.example/")
_HEAD = (
    '<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/"'
    ' xmlns:media="http://search.yahoo.com/mrss/"><channel><title>x</title><link>https://source.example/</link>'
)


def _rss(payload: str, number: int, *, whole: bool) -> str:
    text_, attribute = escape(payload), quoteattr(payload)
    content = f"<content:encoded>{text_}</content:encoded>" if whole else ""
    return (
        f"<item><title>{text_}</title><link>{text_}</link><guid>{number} {text_}</guid><description>{text_}</description>"
        f"{content}<dc:creator>{text_}</dc:creator><category domain={attribute}>{text_}</category>"
        f"<enclosure url={attribute} type={attribute} length={attribute}/><media:content url={attribute} type={attribute}/>"
        f"<pubDate>Mon, 12 Oct 2026 09:00:00 +0200</pubDate><dc:language>{text_}</dc:language></item>"
    )


def _atom(payload: str, number: int) -> str:
    text_, attribute = escape(payload), quoteattr(payload)
    return (
        f'<entry xml:base={attribute}><title type="html">{text_}</title><id>{number} {text_}</id>'
        f'<link href={attribute} type={attribute}/><link rel="enclosure" href={attribute} type={attribute}/>'
        f'<link rel="related" href={attribute} title={attribute}/>'
        f"<author><name>{text_}</name><uri>{text_}</uri><email>{text_}</email></author>"
        f"<category term={attribute} label={attribute} scheme={attribute}/><rights type='html'>{text_}</rights>"
        f'<summary type="html">{text_}</summary><content type="html">{text_}</content>'
        "<updated>2026-10-12T09:00:00Z</updated></entry>"
    )


def _raw(payload: str, number: int) -> str:
    return f"<item><title>{payload}</title><guid>{number}</guid><description>{payload}</description></item>"


def _json(payloads: Sequence[str]) -> bytes:
    items = [
        {
            "id": f"{number} {payload}",
            "url": payload if number % 2 else f"https://source.example/{payload}",
            "external_url": payload,
            "title": payload,
            "summary": payload,
            "content_html": payload,
            "image": payload,
            "language": payload,
            "authors": [{"name": payload, "url": payload}],
            "tags": [payload],
            "attachments": [{"url": payload, "mime_type": payload}],
        }
        for number, payload in enumerate(payloads)
    ]
    told = {"version": "https://jsonfeed.org/version/1.1", "title": "x", "items": items}
    return jsonfeed.json.dumps(told).encode()


def bodies(payloads: Sequence[str]) -> Iterator[bytes]:
    """Documents of every format that carry each payload in each field."""
    numbered = [(payload, number) for number, payload in enumerate(payloads)]
    for whole in (True, False):
        items = "".join(_rss(payload, number, whole=whole) for payload, number in numbered)
        yield f"{_HEAD}{items}</channel></rss>".encode()
    entries = "".join(_atom(payload, number) for payload, number in numbered)
    yield f'<feed xmlns="http://www.w3.org/2005/Atom"><title>x</title><id>x</id>{entries}</feed>'.encode()
    yield _json(payloads)
    for payload, number in numbered[::10]:  # where the feed forgot to escape: one feed each, for it tears what follows
        yield f"{_HEAD}{_raw(payload, number)}</channel></rss>".encode()


def items(body: bytes, issuers: Sequence[str] = ()) -> list[Item]:
    """The items of a feed, each issued by one of `issuers`, which a detail page would name."""
    read = document.read(body, HINTS)
    if not isinstance(read, Document):
        return []
    entries = [
        replace(entry, issuer_text=issuers[number % len(issuers)] if issuers else None)
        for number, entry in enumerate(read.entries)
    ]
    nothing = Known(items={}, aliases={}, fingerprints=frozenset())
    cleaned = [cleaning.clean(one, SOURCE, now=NOW) for one in identity.recognise(entries, nothing, stable_keys=())]
    return [one for one in cleaned if isinstance(one, Item)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What the configuration and the reader say: names, titles, a query."""

    names: Sequence[str]  # of sources and labels, in turn
    title: str
    query: str


def view(found: Sequence[Item], words: Words) -> View:
    """All items as one published feed; each is of another source, every second one has a further carrier and a correction."""
    sources, labels, stories = {}, {}, []
    for number, item in enumerate(found):
        name = words.names[number % len(words.names)]
        source_id, label_id = f"s{number}", f"l{number}"
        sources[source_id] = replace(SOURCE, id=source_id, name=text.line(name) or "x", authority=Authority.PUBLISHER)
        labels[label_id] = Label(id=label_id, kind=LabelKind.TOPIC, names={"de": text.line(name) or "x"})
        origin = replace(item, source_id=source_id)
        evidence = Evidence(rule=name, field="title", text=name, weight=1.0)
        more = (replace(origin, url=f"https://further.example/{number}", title=name),) if number % 2 else ()
        stories.append(
            Story(
                id=f"tag:news.example,2026:story/{item.id}",
                minted=NOW,
                origin=origin,
                carriers=(origin, *more),
                related=(),
                published=item.published,
                changed=NOW + timedelta(hours=number % 2),
                tags=(Tag(label=label_id, score=1.0, evidence=(evidence,)),) if number % 4 < 2 else (),
                near_misses=(),
                absorbed=(),
                version="1",
            )
        )
    title = text.line(words.title)
    feed = PublishedFeed(
        id="all", title=title, description=title, language="de", selection=Selection(labels=("l0",)), group="topic"
    )
    site = replace(SITE, title=title, description=title)
    return View(site=site, feed=feed, stories=tuple(stories), sources=sources, labels=labels)


@cache
def _frame() -> Frame:
    return pages.frame(SITE, [], live=True)


def framed(view: View) -> Frame:
    """The frame of the view's pages; the templates are compiled once."""
    line = pages.FeedLine("all", view.feed.title, "en", "all/index.html", pages._feed_links("all", ""))
    group = pages.FeedGroup("topic", view.feed.title, (line,))
    sources = pages.FeedGroup("source", view.feed.title, (line,))
    return replace(_frame(), site=view.site, groups=(group, sources), labels={"l0": "all"})


def documents(view: View, query: str) -> Iterator[tuple[str, bytes]]:
    """Every kind of document with what stands in the view."""
    frame = framed(view)
    yield "RSS", xml.rss(view).content
    yield "Atom", xml.atom(view).content
    yield "JSON Feed", jsonfeed.render(view).content
    yield "feed page", pages.feed(view, frame).content
    yield "index", pages.index(view, frame).content
    searched = replace(view, query=query, memory={})
    yield "search page", pages.search(searched, frame).content
    yield "search feed", xml.atom(searched).content
    yield "status page", pages.status(_rows(view), frame, notices=_notices(view)).content
    for dossier in _dossiers(view):
        yield "story page", story_page.page(dossier, frame).content
        yield "former story's page", story_page.moved(dossier.story, frame).content
    yield "sources page", own_pages.sources(_listed(view), frame).content
    said = view.feed.title
    texts = OwnTexts(about=said, imprint=said, accessibility=said)
    framed_ = replace(frame, site=replace(frame.site, texts=texts, imprint_url=None))
    yield "about page", own_pages.about(framed_, sources=1).content
    yield "imprint page", own_pages.imprint(framed_).content
    yield "accessibility page", own_pages.accessibility(framed_).content
    outlines = [
        opml.Outline(title=source.name, xml_url=source.url, html_url=source.homepage)
        for source in view.sources.values()
    ]
    yield "OPML", opml.write(view.site.title, [(view.feed.title, outlines)])


def _dossiers(view: View) -> Iterator[Dossier]:
    """A few stories' pages that hold all that the view's stories say: the text of many, carriers of all kinds, all reasons."""
    for start in range(0, len(view.stories), TOGETHER):
        some = view.stories[start : start + TOGETHER]
        first = some[0]
        origin = replace(first.origin, html="".join(one.origin.html for one in some))
        carriers = [replace(one.origin, guid=str(number)) for number, one in enumerate(some)]
        tags = tuple(tag for one in some for tag in one.tags)
        yield Dossier(
            story=replace(first, origin=origin, carriers=(origin, *carriers), tags=tags, near_misses=tags[:1]),
            carried=tuple(
                Carried(
                    item=item,
                    share=0.5,
                    own=0.5,
                    other_title=True,
                    how="shortened",
                    differences=((item.title[:50], item.title),),
                )
                for item in (origin, *carriers)
            ),
            revised=tuple(
                Revised(replaced=NOW, title=one.origin.title, differences=((one.origin.title, "x"),))
                for one in some[-5:]
            ),
            related=some[-10:],
            sources=view.sources,
            labels=view.labels,
        )


TOGETHER = 25


def _listed(view: View) -> list[Listed]:
    return [
        Listed(
            source=replace(source, region=(source.name,), authority=list(Authority)[number % 3]),
            state="failing" if number % 2 else "ok",
            last_success=NOW if number % 4 else None,
            items=number,
        )
        for number, source in enumerate(view.sources.values())
    ]


def _rows(view: View) -> list[SourceRow]:
    return [
        SourceRow(
            id=source.id,
            name=source.name,
            state="failing" if number % 2 else "ok",
            homepage=source.homepage if number % 3 else None,
            error=f"not_a_feed: {source.name}" if number % 2 else None,
            since=NOW if number % 4 < 2 else None,
            last_success=NOW if number % 5 else None,
            next_due=NOW if number % 7 else None,
        )
        for number, source in enumerate(view.sources.values())
    ]


def _notices(view: View) -> list[Notice]:
    return [
        Notice(
            number=number, at=NOW, title=f"failing (timeout): {source.name}", term="failing", paragraphs=(source.name,)
        )
        for number, source in enumerate(view.sources.values())
    ]


def findings(view: View, query: str) -> list[tuple[str, str]]:
    """(document, what is live in it)."""
    found = []
    for kind, content in documents(view, query):
        if kind.endswith(("page", "index")):
            live = oracle.page(content, harmless()[kind])
            expected = 2 + len(view.labels) + len(view.sources) if kind == "search page" else 0
            live += ["a choice that nobody offers"] if oracle.options(content) != expected else []
        elif kind == "JSON Feed":
            live = oracle.json_feed(content)
        elif kind == "OPML":
            live = oracle.opml(content)
        else:
            live = oracle.feed(content)
        found += [(kind, one) for one in live]
    return found


# All that a page makes of the HTML of an item
QUIET_HTML = (
    '<h2>A</h2><p>B <b>c</b> <a href="https://source.example/">d</a></p><ul><li>e</li></ul><ol><li>f</li></ol>'
    "<blockquote><p>g</p></blockquote>"
)


@cache
def harmless() -> dict[str, oracle.Shapes]:
    """What the pages consist of when nobody attacks."""
    quiet = [f"Meldung {number}" for number in range(60)]
    found = [replace(one, language="en" if n % 3 else "de") for n, one in enumerate(items(next(bodies(quiet)), quiet))]
    found[0] = replace(found[0], html=QUIET_HTML)
    found = [replace(one, issuer=None) if n % 5 == 0 else one for n, one in enumerate(found)]
    told: dict[str, list[bytes]] = {}
    for part in (found, found[:1], []):
        words = Words(names=quiet, title="Amt", query="Amt")
        for kind, content in documents(view(part, words), words.query):
            told.setdefault(kind, []).append(content)
    return {kind: oracle.shapes(*pages_) for kind, pages_ in told.items() if kind.endswith(("page", "index"))}


def attacked(payloads: Sequence[str]) -> tuple[int, list[tuple[str, str]]]:
    """How many items came of these payloads, and what of them is live in which document."""
    count, found = 0, []
    for body in bodies(payloads):
        told = items(body, payloads)
        count += len(told)
        words = Words(names=payloads, title=payloads[0], query=payloads[-1])
        found += findings(view(told, words), words.query)
    return count, found


def titled(payloads: Sequence[str]) -> list[tuple[str, str]]:
    """What is live when all these payloads stand in what is said once: titles of site and feed, the query."""
    said = " ".join(payloads)
    quiet = items(next(bodies(["Meldung"])))
    return findings(view(quiet, Words(names=payloads, title=said, query=said)), said)
