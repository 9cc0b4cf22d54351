"""What a strict parser of HTML 5 would mend, told by the tags alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.clean import html
from aggregator.publish.checks import markup


@pytest.mark.parametrize(
    "sound",
    [
        "",
        "Text > Text",
        "<p>Das <b>Land</b> fördert<br>R&amp;D &lt;b&gt; &nbsp;</p><hr>",
        "<b><p>a</p></b>",
        '<a href="https://a.example/"><div>x</div></a>',
        '<a href="mailto:a@a.example">x</a>',
        "<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul>",
        "<dl><dt>a</dt><dd>b</dd></dl>",
        "<li><blockquote><li>x</li></blockquote></li>",
        "<h2><p>x</p></h2>",
        "<h2><div><h3>x</h3></div></h2>",
        "<table><caption>x</caption>\n<thead><tr><th>a</th></tr></thead><tbody><tr><td><p>b</p></td></tr></tbody></table>",
        '<figure><img src="https://a.example/1.png" alt="Ein &quot;Bild&quot;"><figcaption>x</figcaption></figure>',
        "<u><u><u><u>x</u></u></u></u>",
    ],
)
def test_sound(sound: str) -> None:
    assert list(markup.html(sound)) == []


@pytest.mark.parametrize(
    "broken",
    [
        "<p>x",
        "x</p>",
        "<b><i>x</b></i>",
        "<p><p>x</p></p>",
        "<p><del><p>x</p></del></p>",
        "<p><table><tbody><tr><td>x</td></tr></tbody></table></p>",
        "<p><figure></figure></p>",
        "<h2><h3>x</h3></h2>",
        "<a>x<i><a>y</a></i></a>",
        "<ul><li>a<li>b</li></li></ul>",
        "<li><p><b><li>x</li></b></p></li>",
        "<dd><dt>x</dt></dd>",
        "<td>x</td>",
        "<table><tr><td>x</td></tr></table>",
        "<table>x<tbody></tbody></table>",
        "<table><tbody><tr><td>x</td></tr></tbody><p>y</p></table>",
        "a < b",
        "<P>x</P>",
        "<p class=a>x</p>",
        "<!-- x -->",
        "R&D",
        "&foo;",
        "<p>x\x7f</p>",
        "<p>\ufdd0</p>",
        "<p>\U0001fffe</p>",
        "<foo>x</foo>",
        "<b>" * 500 + "</b>" * 500,
    ],
)
def test_broken(broken: str) -> None:
    assert "NotHtml" in [rule for rule, _ in markup.html(broken)]


@given(st.text(st.characters(exclude_categories=("Cc", "Cs", "Cn", "Co"))))
def test_plain_text_that_was_escaped_is_sound(written: str) -> None:
    assert list(markup.html(html.paragraphs(written))) == []
