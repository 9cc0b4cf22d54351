"""Any text in any field still publishes; one bad story drops only itself; the same stories give the same bytes."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, datetime, timedelta, timezone
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from lxml import etree

from aggregator import opml, text
from aggregator.clean import html
from aggregator.model import Carried, Evidence, OwnTexts, Selection, Tag
from aggregator.publish import jsonfeed, own_pages, pages, story_page, xml
from aggregator.publish.events import Notice
from aggregator.publish.own_pages import Listed
from aggregator.publish.story_page import Dossier, Revised
from aggregator.publish.view import View

NOON = datetime(2026, 10, 12, 10, 0, tzinfo=UTC)
STRICT = etree.XMLParser(recover=False, resolve_entities=False, no_network=True)
any_text = st.text(st.characters(exclude_categories=()), max_size=30)  # with controls, NUL, lone surrogates, U+FFFF
LENIENT = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


def check(view, frame) -> None:
    """Every document of the view parses and holds every story."""
    count = len(view.stories)
    for render, entry in ((xml.rss, "{*}item"), (xml.atom, "{*}entry")):
        rendered = render(view)
        assert rendered.faults == ()
        assert rendered.dropped == ()
        assert len(etree.fromstring(rendered.content, STRICT).findall(f".//{entry}")) == count
    rendered = jsonfeed.render(view)
    assert rendered.faults == ()
    assert len(json.loads(rendered.content)["items"]) == count
    for page in (pages.feed(view, frame), pages.index(view, frame), pages.search(replace(view, query="x"), frame)):
        assert len(etree.fromstring(page.content, STRICT).findall(".//article")) == count


@pytest.fixture(scope="module")
def frame():
    from aggregator.model import Site

    site = Site(
        base_url="https://news.example/", title="T", description="", language="de", contact="", timezone="Europe/Berlin"
    )
    return pages.frame(site, [])


# What `config` makes valid, and by which the others are found
SOUND = {"base_url", "timezone", "minting", "source_id", "authority", "kind", "version", "group"}


def filled(value: Any, texts: Iterator[str]) -> Any:
    """The same value with the next of these texts in the place of every text, however deep."""
    if type(value) is str:
        return next(texts)
    if isinstance(value, tuple):
        parts = (filled(part, texts) for part in value)
        return type(value)(*parts) if hasattr(value, "_fields") else tuple(parts)
    if isinstance(value, Mapping):
        return {key: filled(part, texts) for key, part in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        names = [part.name for part in fields(value) if part.name not in SOUND]
        made = {name: filled(getattr(value, name), texts) for name in names}
        if "id" in made:  # minted, or given by the configuration
            made["id"] = f"tag:news.example,2026:{text.digest(made['id'])}"
        if "html" in made:
            made["html"] = html.safe(made["html"], "https://a.example/")
        return replace(value, **made)
    return value


def drawn(texts: list[str], make_item, make_story, make_view) -> View:
    """A story all of whose texts, and those of its sources, labels, feed and site, are these in turn; and a plain one."""
    wild = cycle(texts)
    given: dict[str, Any] = dict.fromkeys(("published_text", "issuer", "language"), "x") | {"categories": ("x", "x")}
    evidence = (Evidence(rule="x", field="x", text="x", weight=1.0),)
    tags = tuple(Tag(label=label, score=1.0, evidence=evidence) for label in ("energie", "digital", "nobody"))
    origin, further = make_item(1, **given), (make_item(2, "cluster", **given), make_item(4, "unknown", **given))
    story = filled(make_story(1, origin=origin, further=further), wild)
    story = replace(
        story, tags=(*tags[:2], *filled(tags, wild)), near_misses=filled(tags, wild), absorbed=(next(wild),)
    )
    plain = make_view(story, make_story(3))
    sources = filled({**plain.sources, "unknown": replace(plain.sources["cluster"], id="unknown")}, wild)
    return replace(
        plain,
        site=filled(replace(plain.site, imprint_url="x"), wild),
        feed=replace(filled(plain.feed, wild), id="all", selection=Selection(labels=("energie", next(wild)))),
        sources=sources,
        labels=filled(plain.labels, wild),
        hub="https://news.example/hub",
    )


def check_lists(view: View, frame: pages.Frame) -> None:
    """The subscription list and the status page with what stands in the view."""
    outlines = [
        opml.Outline(title=one.name, xml_url=one.url, html_url=one.homepage, kind=one.id)
        for one in view.sources.values()
    ]
    listed = etree.fromstring(opml.write(view.site.title, [(view.feed.title, outlines), ("", outlines)]), STRICT)
    assert len(listed.findall(".//outline[@xmlUrl]")) == 2 * len(outlines)
    rows = [
        pages.SourceRow(
            id=one.id,
            name=one.name,
            state=state,
            homepage=one.homepage,
            error=one.url,
            since=None,
            last_success=None,
            next_due=None,
        )
        for one in view.sources.values()
        for state in ("failing", "ok")
    ]
    notices = [
        Notice(number=number, at=NOON, title=one.name, term="failing", paragraphs=(one.name, one.url))
        for number, one in enumerate(view.sources.values())
    ]
    etree.fromstring(pages.status(rows, frame, notices=notices).content, STRICT)


def check_pages(view: View, frame: pages.Frame, texts: list[str]) -> None:
    """The stories' own pages, and those about the installation."""
    revised = tuple(Revised(replaced=NOON, title=text, differences=((text, text),)) for text in texts)
    for story in view.stories[:1]:
        carried = tuple(
            Carried(item=item, share=0.5, own=0.5, other_title=True, how=texts[0], differences=((texts[0], texts[-1]),))
            for item in story.carriers
        )
        told = Dossier(
            story=story,
            carried=carried,
            revised=revised,
            related=view.stories,
            sources=view.sources,
            labels=view.labels,
        )
        rendered = story_page.page(told, frame)
        assert rendered.dropped == ()
        etree.fromstring(rendered.content, STRICT)
        etree.fromstring(story_page.moved(story, frame).content, STRICT)
    own = replace(frame, site=replace(frame.site, texts=OwnTexts(about=texts[0], enforcement=texts[-1])))
    listed = [
        Listed(source=replace(one, region=(one.name,)), state="ok", last_success=None, items=1)
        for one in view.sources.values()
    ]
    for page in (
        own_pages.sources(listed, own),
        own_pages.about(own, sources=1),
        own_pages.imprint(own),
        own_pages.accessibility(own),
    ):
        etree.fromstring(page.content, STRICT)


@pytest.mark.slow
@settings(LENIENT, max_examples=200)
@given(texts=st.lists(any_text, min_size=1, max_size=9), query=any_text)
def test_any_text_in_any_field_still_publishes(make_item, make_story, make_view, frame, texts, query) -> None:
    view = drawn(texts, make_item, make_story, make_view)
    told = replace(frame, site=view.site)
    check(view, told)
    check(replace(view, query=query, memory={}), told)
    check_lists(view, told)
    check_pages(view, told, texts)
    other = make_story(3)
    for render in (xml.rss, xml.atom, jsonfeed.render, lambda view: pages.feed(view, told)):
        content = render(replace(view, memory={})).content.decode("utf-8")
        assert other.origin.title in content
        assert other.origin.url in content


@pytest.mark.parametrize(
    "title",
    [
        pytest.param("a\x0bb", id="a control character"),
        pytest.param("a\x00b", id="NUL"),
        pytest.param("a\ud800b", id="half a surrogate pair"),
        pytest.param("a\uffffb", id="no character at all"),
        pytest.param("]]>", id="the end of a CDATA section"),
        pytest.param("\u0338>", id="a stroke that would join the bracket before it"),
        pytest.param("\x00", id="nothing legible"),
    ],
)
def test_characters_that_lost_whole_feeds(make_item, make_story, make_view, frame, title) -> None:
    check(make_view(make_story(1, origin=make_item(1, title=title, html=f"<p>{title}</p>")), make_story(2)), frame)


@pytest.mark.parametrize("render", [xml.rss, xml.atom, jsonfeed.render])
def test_a_story_that_can_not_be_written_drops_only_itself(make_item, make_story, make_view, render) -> None:
    nowhere = datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14)))  # has no UTC
    bad = make_story(1, origin=make_item(1, published=nowhere), published=nowhere)
    rendered = render(make_view(make_story(2), bad, make_story(3)))
    assert rendered.dropped == (bad.id,)
    assert b":2" in rendered.content
    (fault,) = rendered.faults
    assert (fault.rule, fault.entry) == ("Unwritable", bad.id)
    assert rendered.refused == ()
    assert rendered.content == render(make_view(make_story(2), make_story(3))).content


@example(published=datetime(1990, 1, 2, tzinfo=UTC))
@example(published=datetime(9999, 12, 30, tzinfo=UTC))
@LENIENT
@given(published=st.datetimes(min_value=datetime(1990, 1, 2), max_value=datetime(9999, 12, 30), timezones=st.just(UTC)))
def test_any_instant_still_publishes(make_item, make_story, make_view, frame, published) -> None:
    story = make_story(
        1, origin=make_item(1, published=published), published=published, changed=published, minted=published
    )
    check(make_view(story), frame)


@pytest.mark.parametrize("render", [xml.rss, xml.atom, jsonfeed.render])
@pytest.mark.parametrize("year", [1, 1789, 1989])
def test_a_date_that_no_reader_believes_drops_its_story_alone(make_item, make_story, make_view, render, year) -> None:
    published = datetime(year, 1, 20, tzinfo=UTC)
    bad = make_story(1, origin=make_item(1, published=published), published=published)
    rendered = render(make_view(make_story(2), bad))
    assert rendered.dropped == (bad.id,)
    assert {fault.rule for fault in rendered.faults} == {"ImplausibleDate"}
    assert rendered.refused == ()


SCRIPT = """
import hashlib, sys
from pathlib import Path
from pydantic import TypeAdapter
from aggregator.publish import jsonfeed, pages, xml
from aggregator.publish.view import View
view = TypeAdapter(View).validate_json(Path(sys.argv[1]).read_bytes())
frame = pages.frame(view.site, [view.feed], live=True)
for render in (xml.rss, xml.atom, jsonfeed.render):
    print(hashlib.sha256(render(view).content).hexdigest())
print(hashlib.sha256(pages.feed(view, frame).content + pages.index(view, frame).content).hexdigest())
"""
CASE = Path(__file__).parent.parent / "golden" / "published" / "merged-and-corrected"


@pytest.mark.slow
def test_the_same_stories_give_the_same_bytes_everywhere() -> None:
    worlds = [
        {"TZ": "UTC", "LANG": "C", "PYTHONHASHSEED": "0"},
        {"TZ": "Pacific/Kiritimati", "LANG": "de_DE.UTF-8", "LC_ALL": "tr_TR.UTF-8", "PYTHONHASHSEED": "12345"},
    ]
    said = {
        subprocess.run(
            [sys.executable, "-c", SCRIPT, str(CASE / "stories.json")],
            env={"PATH": os.environ["PATH"], **world},
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for world in worlds
    }
    assert len(said) == 1
    assert hashlib.sha256((CASE / "feed.rss").read_bytes()).hexdigest() in said.pop()
