"""What sources wrote becomes blocks of text and links, and nothing else of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.clean import html
from aggregator.publish import prose
from aggregator.publish.prose import Block, Run


def shape(blocks: tuple[Block, ...]) -> list[tuple[str, str]]:
    return [(block.kind, block.text) for block in blocks]


@pytest.mark.parametrize(
    ("markup", "blocks"),
    [
        pytest.param(
            "<p>Ein  Satz.\n Noch einer.</p>", [("paragraph", "Ein Satz. Noch einer.")], id="space is one space"
        ),
        pytest.param(
            "vor<p>in</p>nach", [("paragraph", "vor"), ("paragraph", "in"), ("paragraph", "nach")], id="text outside"
        ),
        pytest.param("<p>eins<br>zwei</p>", [("paragraph", "eins\nzwei")], id="a line ends where it ended"),
        pytest.param("<h3>Titel</h3><p>x</p>", [("heading", "Titel"), ("paragraph", "x")], id="a heading of any level"),
        pytest.param(
            "<ul><li>a</li><li><p>b</p><p>c</p></li></ul><ol><li>d</li></ol>",
            [("item", "a"), ("item", "b\nc"), ("numbered", "d")],
            id="lists keep their items, with paragraphs in them",
        ),
        pytest.param(
            "<ul><li>a<ol><li>b</li></ol></li><li>c</li></ul>",
            [("item", "a"), ("numbered", "b"), ("item", "c")],
            id="a list in a list stands after its item",
        ),
        pytest.param(
            "<blockquote><p>a</p><p>b</p></blockquote><p>c</p>",
            [("quote", "a"), ("quote", "b"), ("paragraph", "c")],
            id="a quotation ends",
        ),
        pytest.param(
            "<table><caption>T</caption><tr><th>a</th><th>b</th></tr><tr><td>1</td><td>2</td></tr></table>",
            [("paragraph", "T"), ("paragraph", "a · b"), ("paragraph", "1 · 2")],
            id="a table row is a line",
        ),
        pytest.param(
            '<p><img src="https://a.example/x.png" alt="Bild"></p><p> </p>', [], id="nothing to read is nothing"
        ),
        pytest.param("<figure><figcaption>Foto</figcaption></figure>", [("paragraph", "Foto")], id="a caption stays"),
        pytest.param("<![CDATA[x]]>", [], id="what nobody cleaned raises nothing"),
    ],
)
def test_blocks(markup: str, blocks: list[tuple[str, str]]) -> None:
    assert shape(prose.read(markup)) == blocks


@pytest.mark.parametrize(
    ("href", "url"),
    [
        pytest.param("https://a.example/x?a=1&amp;b=2", "https://a.example/x?a=1&b=2", id="a page"),
        pytest.param("mailto:presse@a.example", "mailto:presse@a.example", id="a mail address"),
        pytest.param("tel:+4933112345", "tel:+4933112345", id="a telephone"),
        pytest.param("javascript:alert(1)", None, id="a script"),
        pytest.param(" data:text/html,x", None, id="a document in itself"),
        pytest.param("/relativ", None, id="an address from another page"),
    ],
)
def test_links(href: str, url: str | None) -> None:
    (block,) = prose.read(f'<p>Siehe <a href="{href}">hier <b>mehr</b></a>.</p>')
    assert block.text == "Siehe hier mehr."
    first = (Run("Siehe "), Run("hier ", url)) if url else (Run("Siehe hier "),)
    assert block.runs == (*first, Run("mehr", url, strong=True), Run("."))


def test_a_link_around_nothing_is_none() -> None:
    assert prose.read('<p>a <a href="https://a.example/"> </a>b</p>') == (Block("paragraph", (Run("a "), Run("b"))),)


def test_addresses_in_written_texts_become_links() -> None:
    blocks = prose.paragraphs("Siehe https://a.example/x (auch info@a.example).\nZeile zwei\n\nAbsatz zwei")
    assert [block.text for block in blocks] == [
        "Siehe https://a.example/x (auch info@a.example).\nZeile zwei",
        "Absatz zwei",
    ]
    assert [run.url for run in blocks[0].runs if run.url] == ["https://a.example/x", "mailto:info@a.example"]


def test_what_stands_together_is_a_part() -> None:
    parts = prose.parts(prose.read("<p>a</p><ul><li>b</li><li>c</li></ul><p>d</p>"))
    assert [(part.kind, len(part.blocks)) for part in parts] == [("paragraph", 1), ("item", 2), ("paragraph", 1)]


def test_a_text_is_cut_between_blocks_and_never_to_nothing() -> None:
    blocks = prose.lines("eins zwei\ndrei vier\nfünf")
    assert prose.within(blocks, 100) == blocks
    assert prose.within(blocks, 18) == blocks[:2]
    assert shape(prose.within(blocks, 5)) == [("paragraph", "eins…")]


@given(
    st.lists(st.sampled_from([*"<>/ab =\"'&;\n", "<p>", "</li>", "<ul>", "<a href='https://x.example'>", "<![", "<b>"]))
)
def test_any_text_gives_blocks(parts: list[str]) -> None:
    """The law: words of safe HTML are all there, and there is no block without words."""
    written = "".join(parts)
    assert all(block.text.strip() for block in prose.read(written))
    safe = html.safe(written, "https://a.example/")
    said = "".join("".join(block.text.split()) for block in prose.read(safe)).replace("·", "")
    assert said == "".join(html.words(safe).split()).replace("·", "")
