"""Foreign HTML: safe, and plain."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from aggregator import text
from aggregator.clean import html
from tests import shared_data

BASE = "https://base.example/news/1.html"
NASTY = st.builds(
    "".join,
    st.lists(
        st.one_of(
            st.sampled_from(
                [
                    *(
                        "<p>",
                        "</p>",
                        "<b>",
                        "</b>",
                        "<br>",
                        "<ul><li>",
                        "<h1>",
                        "</h1>",
                        "<section>",
                        "<table><tr><td>",
                        "<div><div>",
                    ),
                    *(
                        "<a href='",
                        '<img src="',
                        "alt='<p>'",
                        "'>",
                        '">',
                        "onclick=x",
                        "javascript:",
                        "https://a.example/",
                        "x.png",
                    ),
                    *(
                        "&lt;",
                        "&#11;",
                        "&#x338;",
                        "\u0338",
                        "&amp;",
                        "&nbsp;",
                        "\x00",
                        "\ud800",
                        "\x0b",
                        "<script>",
                        "</script>",
                    ),
                    *("<style>", "<!--", "-->", "<svg>", "<math>", "\u037e", "\u1fef", "width=1", "Kontakt:", "Teilen"),
                ]
            ),
            st.text(st.characters(exclude_categories=()), max_size=5),
        ),
        max_size=12,
    ),
)


def live(markup: str) -> list[str]:
    """What would run, load or hide when a browser showed it; read by another parser than the one that cleaned it."""
    from bs4 import BeautifulSoup

    found = []
    for tag in BeautifulSoup(f"<div>{markup}</div>", "lxml").find_all(True):
        if tag.name in {"html", "body"}:
            continue
        if tag.name not in html._ALLOWED:
            found.append(tag.name)
        for name, value in tag.attrs.items():
            if name not in {"href", "src", "alt", "width", "height", "colspan", "rowspan", "start", "rel"}:
                found.append(f"{tag.name} {name}")
            schemes = ("http://", "https://") if name == "src" else ("http://", "https://", "mailto:", "tel:")
            if name in {"href", "src"} and not str(value).lower().startswith(schemes):
                found.append(f"{name}={value}")
    return found


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        pytest.param("<p>Ein <b>Text</b></p>", "<p>Ein <b>Text</b></p>", id="what says what the text is stays"),
        pytest.param("<p style='x' class='y' id='z' name='n'>A</p>", "<p>A</p>", id="nothing says what it looks like"),
        pytest.param("<b title='<p>' lang=de>A</b>", "<b>A</b>", id="neither title nor lang"),
        pytest.param("<h1>A</h1>", "<h2>A</h2>", id="the first heading is the page's"),
        pytest.param(
            "<section><p>A</p></section><main>B</main>", "<div><p>A</p></div><div>B</div>", id="parts are blocks"
        ),
        pytest.param(
            "A<script>x()</script><style>y</style><iframe src=x></iframe>", "A", id="code goes with what it holds"
        ),
        pytest.param("<form action=/x>A<input name=q></form>", "A", id="forms go, their words stay"),
        pytest.param("<meta http-equiv=refresh content=0><base href=x>A", "A", id="what acts on the page goes"),
        pytest.param("<p>A</p><p>&nbsp;</p><p><br></p>", "<p>A</p>", id="blocks for distance go"),
        pytest.param("<ul><li></li></ul>A", "A", id="an empty list goes from the inside out"),
        pytest.param("<p>5 < 6 & 7</p>", "<p>5 &lt; 6 &amp; 7</p>", id="characters that are no markup are escaped"),
        pytest.param("<p>A<p>B", "<p>A</p><p>B</p>", id="open paragraphs are closed"),
        pytest.param(
            "<a href='/x?id=1&utm_source=y' onclick=z>A</a>",
            '<a href="https://base.example/x?id=1" rel="noopener">A</a>',
            id="links are absolute and tell nobody where one came from",
        ),
        pytest.param(
            "<a href='x?a=1&amp;b=2'>A</a>",
            '<a href="https://base.example/news/x?a=1&amp;b=2" rel="noopener">A</a>',
            id="escaped once",
        ),
        pytest.param(
            "<a href=mailto:p@a.example>A</a>", '<a href="mailto:p@a.example" rel="noopener">A</a>', id="mail"
        ),
        pytest.param("<a href='tel:+49 30 1'>A</a>", '<a href="tel:+49 30 1" rel="noopener">A</a>', id="telephone"),
        pytest.param("<a href=javascript:x()>A</a>", "<a>A</a>", id="a link that runs is none"),
        pytest.param("<a href='java&#11;script:x()'>A</a>", "<a>A</a>", id="neither with a control character in it"),
        pytest.param(
            "<img src=b.png alt='B' width=20 style=x>",
            '<img src="https://base.example/news/b.png" alt="B" width="20">',
            id="pictures are absolute",
        ),
        pytest.param(
            "<img src=b.png alt='<p>\"'>",
            '<img src="https://base.example/news/b.png" alt="&lt;p&gt;&quot;">',
            id="no < in an attribute",
        ),
        pytest.param("<img src=data:image/png;base64,x>A", "A", id="pictures of data go"),
        pytest.param("<img srcset='b.png 2x'>A", "A", id="pictures without a source go"),
        pytest.param("<img src=//c.example/p.gif width=1 height=1>A", "A", id="counting pixels go"),
        pytest.param("<img src=//c.example/p.gif height='0px'>A", "A", id="also those of no height"),
        pytest.param(
            "<img src=https://vg01.met.vgwort.example/na/1 width=20>A",
            '<img src="https://vg01.met.vgwort.example/na/1" alt="" width="20">A',
            id="a host that only looks like one",
        ),
        pytest.param("<img src=https://vg01.met.vgwort.de/na/1>A", "A", id="counters known by their host"),
        pytest.param(
            "<table><tr><td colspan=2 onclick=x>A</td></tr></table>",
            '<table><tbody><tr><td colspan="2">A</td></tr></tbody></table>',
            id="tables",
        ),
        pytest.param("<ol start=3><li>A</ol>", '<ol start="3"><li>A</li></ol>', id="lists that begin later"),
        pytest.param(
            "<b>&#x338; onmouseover=x ></b>", "<b>\u0338 onmouseover=x &gt;</b>", id="a tag's end does not become ≯"
        ),
        pytest.param("A\x00\x0b\ud800B", "AB", id="characters that XML forbids go"),
        pytest.param("Fo\u0308rderung", "Förderung", id="composed"),
    ],
)
def test_safe(written: str, expected: str) -> None:
    assert html.safe(written, BASE) == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        pytest.param("<p>A\nB</p><p>C<br>D</p>", "A B\nC\nD", id="a line for each paragraph and break"),
        pytest.param("<ul><li>A<li>B</ul>", "A\nB", id="a line for each list item"),
        pytest.param("<div>A</div><section>B</section>", "A\nB", id="blocks do not run together"),
        pytest.param("Wirtschaftsförderer<br>melden", "Wirtschaftsförderer\nmelden", id="words do not run together"),
        pytest.param("<tr><td>A</td><td>B</td></tr>", "AB", id="cells outside a table are no cells"),
        pytest.param("<table><tr><td>A</td><td>B</td></tr></table>", "A B", id="cells are parted"),
        pytest.param("<b>Haupt</b>stadt", "Hauptstadt", id="inline tags part nothing"),
        pytest.param("A &amp; B &lt;script&gt;", "A & B <script>", id="entities"),
        pytest.param("F&amp;ouml;rderung &amp;amp; mehr", "Förderung & mehr", id="escaped twice"),
        pytest.param("F&amp;amp;ouml;rderung", "Förderung", id="escaped thrice"),
        pytest.param("A&amp;nbsp B", "A B", id="a literal &nbsp"),
        pytest.param("A &unknown; B", "A &unknown; B", id="what is no entity stays"),
        pytest.param("Presse&shy;mitteilung", "Pressemitteilung", id="soft hyphens go"),
        pytest.param("A<script>x</script><!-- y --><style>z</style>B", "AB", id="no code, no comments"),
    ],
)
def test_plain(written: str, expected: str) -> None:
    assert html.plain(written) == expected


def test_paragraphs_of_plain_text() -> None:
    assert html.paragraphs("A <b>\nB\r\n\r\n\n C & D \n") == "<p>A &lt;b&gt;<br>B</p><p>C &amp; D</p>"


@given(NASTY)
@example("<b>&#x338; onmouseover=alert(1) ></b>")
@example("<img alt='<a href=' src=x.png><a href='<p>'>")
@example("<p>Fo\u0308rderung &#x37e;</p>")
def test_anything_becomes_safe_at_once(written: str) -> None:
    once = html.safe(written, BASE)
    assert live(once) == []
    assert text.legal(once) == once
    assert html.words(once) == html.words(html.safe(once, BASE))
    assert live(html.safe(once, BASE)) == []


@given(NASTY)
def test_plain_text_is_the_same_both_ways(written: str) -> None:
    assert all(text.line(line) == line for line in html.plain(written).split("\n"))


@pytest.mark.parametrize(
    "tag",
    [
        "<div>",
        "<blockquote>",
        "<div></x>",
        "<x><div></x>",
        "<b>",
        "<ul><li>",
        "<table><tr><td>",
        "<!--",
        "<svg>",
        "<p>",
    ],
)
@pytest.mark.slow
def test_a_hundred_thousand_open_tags(tag: str) -> None:
    started = time.process_time()
    found = html.safe(tag * (500_000 // len(tag)) + "Ende", BASE)
    assert time.process_time() - started < 3  # unguarded 20 s
    assert html._depth(found) <= 2 * html._DEEPEST


def payloads(folder: Path) -> Iterator[str]:
    for file in sorted(folder.rglob("*.*")):
        written = file.read_text(encoding="utf-8", errors="replace")
        if file.suffix == ".json":
            yield from (each["payload"] if isinstance(each, dict) else each for each in json.loads(written))
        elif file.suffix != ".md":
            yield written
            yield from written.splitlines()


def test_no_recorded_payload_is_live() -> None:
    found = list(payloads(shared_data.folder("xss-payloads")))
    assert len(found) > 300
    for payload in found:
        assert live(html.safe(payload, BASE)) == [], payload
        assert live(html.safe(html.safe(payload, BASE), BASE)) == [], payload
        assert live(html.paragraphs(payload)) == [], payload
