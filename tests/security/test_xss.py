"""Nothing that a source writes runs, restyles or names anything at a reader's, whatever document it stands in."""

from __future__ import annotations

import html
from collections import Counter

import pytest
from lxml import etree

from aggregator.publish import jsonfeed, pages, xml
from tests.security import oracle, payloads, world

MADE = payloads.made()
SOME = MADE[::50]  # all of them, and those of others, by `python -m tests.security.sweep`
BATCH = 50


def batches(told: list[str], size: int = BATCH) -> list[list[str]]:
    return [told[start : start + size] for start in range(0, len(told), size)]


def test_the_oracle_finds_what_was_not_cleaned() -> None:
    """The control: without it, nothing found would say nothing."""
    assert len(MADE) > 10_000
    live = [payload for payload in MADE if oracle.content(payload)]
    assert len(live) > 9_000
    seen = Counter(finding.partition(" ")[0].strip("<>") for payload in live for finding in oracle.content(payload))
    assert {"script", "img", "a", "iframe", "form", "meta", "base", "svg", "style", "object", "embed"} <= seen.keys()


def test_the_oracle_finds_what_a_page_did_not_escape() -> None:
    told = dict(world.documents(world.view(world.items(next(world.bodies(["Meldung 0"])))[:1], QUIET), "x"))
    for kind in ("feed page", "index", "search page", "status page"):
        attacked = [told[kind].replace(b"</main>", payload.encode() + b"</main>") for payload in FINE]
        assert all(oracle.page(one, world.harmless()[kind]) for one in attacked), kind
        assert oracle.page(told[kind], world.harmless()[kind]) == [], kind


def test_the_oracle_finds_what_a_feed_did_not_escape() -> None:
    view = world.view(world.items(next(world.bodies(["Meldung 0"])))[:1], QUIET)
    script = b"&lt;script&gt;alert(1)&lt;/script&gt;"
    for render, opened in ((xml.rss, b"<content:encoded>"), (xml.atom, b'<content type="html">')):
        content = render(view).content
        assert oracle.feed(content) == []
        assert oracle.feed(content.replace(opened, opened + script))
    content = jsonfeed.render(view).content
    assert oracle.json_feed(content) == []
    assert oracle.json_feed(content.replace(b'"content_html":"', b'"content_html":"<script>alert(1)</script>'))
    foreign = b'<rss xmlns:x="http://www.w3.org/1999/xhtml"><channel><x:script>1</x:script></channel></rss>'
    assert oracle.feed(foreign)
    assert oracle.feed(b"<rss><channel><item><title>&lt;img src=x&gt;</title></item></channel></rss>")
    assert oracle.feed(b"<rss><channel><link>javascript:alert(1)</link></channel></rss>")
    assert oracle.opml(b'<opml><body><outline xmlUrl="javascript:1"/></body></opml>')


QUIET = world.Words(names=["Amt"], title="Amt", query="Amt")
FINE = [  # well-formed: what is not, the page's own XML parser refuses
    "<script>alert(1)</script>",
    '<img src="x" onerror="alert(1)"/>',
    '<a href="javascript:alert(1)">x</a>',
    '<a href="//canary.example/">x</a>',
    '<iframe src="x"></iframe>',
    '<form class="find" role="search" action="http://canary.example/" method="get"></form>',
    '<meta http-equiv="refresh" content="0"/>',
    '<link rel="stylesheet" href="http://canary.example/x.css"/>',
    '<base href="http://canary.example/"/>',
    '<p style="position:fixed">x</p>',
    '<svg onload="alert(1)"></svg>',
]


@pytest.mark.slow
@pytest.mark.parametrize("told", batches(SOME), ids=lambda told: str(SOME.index(told[0])))
def test_no_payload_lives_in_any_field_of_any_document(told: list[str]) -> None:
    count, found = world.attacked(told)
    assert count >= 4 * len(told)
    assert found == []


@pytest.mark.slow
def test_no_payload_lives_in_titles_names_and_queries() -> None:
    assert [finding for told in batches(SOME, 25) for finding in world.titled(told)] == []


@pytest.mark.slow
def test_no_recorded_payload_lives() -> None:
    recorded = payloads.recorded()
    assert sum(bool(oracle.content(payload)) for payload in recorded) > len(recorded) / 2
    assert [finding for told in batches(recorded[::3], 60) for finding in world.attacked(told)[1]] == []


@pytest.mark.parametrize(
    "written",
    [
        pytest.param("<script>alert(1)</script>", id="a tag"),
        pytest.param("&lt;script&gt;alert(1)&lt;/script&gt;", id="an escaped tag"),
        pytest.param("]]><script>alert(1)</script>", id="the end of a CDATA section before it"),
        pytest.param("<?php echo 1 ?>", id="a processing instruction"),
        pytest.param("<!-- x -->", id="a comment"),
    ],
)
def test_what_is_said_once_is_text_to_readers_that_take_it_for_html(written: str) -> None:
    """Names of sources come from their own feeds when `sources add` writes them down."""
    words = world.Words(names=[written], title=written, query=written)
    view = world.view(world.items(next(world.bodies(["Meldung"]))), words)
    channel = etree.fromstring(xml.rss(view).content, oracle.STRICT)[0]
    texts = [channel.findtext(path) or "" for path in ("title", "description", "item/source", "item/category")]
    assert all(texts)
    assert [finding for text in texts for finding in oracle.plain(text)] == []
    title = etree.fromstring(xml.atom(view).content, oracle.STRICT).find("{*}title")
    assert (html.unescape(title.text) if title.get("type") == "html" else title.text) == written


def test_every_page_forbids_by_itself_what_the_server_forbids() -> None:
    """Any static server may serve the pages, without our headers."""
    view = world.view(world.items(next(world.bodies(["Meldung"]))), QUIET)
    for kind, page in world.documents(view, "x"):
        if kind in world.harmless():
            policies = [
                dict(element.attributes)["content"]
                for element in oracle.tokens(page.decode())
                if element.name == "meta" and ("http-equiv", "Content-Security-Policy") in element.attributes
            ]
            assert policies == [pages.POLICY], kind
            assert pages.POLICY.startswith("default-src 'none'; ")
            assert "unsafe" not in pages.POLICY
            assert "script-src" not in pages.POLICY
