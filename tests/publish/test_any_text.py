"""Any text in any field still publishes; one bad story drops only itself; the same stories give the same bytes."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from lxml import etree

from aggregator.model import Enclosure, Evidence, Item, Tag
from aggregator.publish import jsonfeed, pages, xml

STRICT = etree.XMLParser(recover=False, resolve_entities=False, no_network=True)
any_text = st.text(st.characters(exclude_categories=()), max_size=30)  # with controls, NUL, lone surrogates, U+FFFF
some = st.lists(any_text, max_size=2).map(tuple)
LENIENT = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


def check(view, frame) -> None:
    """Every document of the view parses and holds every story."""
    count = len(view.stories)
    for render, entry in ((xml.rss, "{*}item"), (xml.atom, "{*}entry")):
        rendered = render(view)
        assert rendered.dropped == ()
        assert len(etree.fromstring(rendered.content, STRICT).findall(f".//{entry}")) == count
    assert len(json.loads(jsonfeed.render(view).content)["items"]) == count
    for page in (pages.feed(view, frame), pages.index(view, frame), pages.search(replace(view, query="x"), frame)):
        assert len(etree.fromstring(page.content, STRICT).findall(".//article")) == count


@pytest.fixture(scope="module")
def frame():
    from aggregator.model import Site

    site = Site(
        base_url="https://news.example/", title="T", description="", language="de", contact="", timezone="Europe/Berlin"
    )
    return pages.frame(site, [])


TEXTS = [
    field.name
    for field in fields(Item)
    if field.type in {"str", "str | None"}
    and field.name not in {"id", "source_id", "guid", "content_hash", "fingerprint"}
]


@pytest.mark.slow
@settings(LENIENT, max_examples=200)
@given(data=st.data())
def test_any_text_in_any_field_still_publishes(make_item, make_story, make_view, frame, data) -> None:
    texts = {name: data.draw(any_text, name) for name in TEXTS}
    authors, tags, title, sourced = data.draw(some), data.draw(some), data.draw(any_text), data.draw(any_text)
    enclosures = (Enclosure(url="https://a.example/" + title, type=title),)
    origin = make_item(1, **texts, authors=authors, enclosures=enclosures)
    further = make_item(2, "cluster", url="https://b.example/" + title, title=title)
    evidence = (Evidence(rule=title, field=title, text=title, weight=1.0),)
    story = make_story(
        1, origin=origin, further=(further,), tags=tuple(Tag(label=tag, score=1.0, evidence=evidence) for tag in tags)
    )
    view = make_view(story, make_story(2))
    feed = replace(view.feed, title=title, description=sourced)
    check(
        replace(
            view, feed=feed, sources={**view.sources, "ministerium": replace(view.sources["ministerium"], name=sourced)}
        ),
        frame,
    )


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
    assert rendered == replace(render(make_view(make_story(2), make_story(3))), dropped=(bad.id,))


@example(published=datetime(1, 1, 2, tzinfo=UTC))
@example(published=datetime(9999, 12, 30, tzinfo=UTC))
@LENIENT
@given(published=st.datetimes(min_value=datetime(1, 1, 2), max_value=datetime(9999, 12, 30), timezones=st.just(UTC)))
def test_any_instant_still_publishes(make_item, make_story, make_view, frame, published) -> None:
    story = make_story(
        1, origin=make_item(1, published=published), published=published, changed=published, minted=published
    )
    check(make_view(story), frame)


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
