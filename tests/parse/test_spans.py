import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.parse import spans

HEAD, TAIL = b"<rss><channel><title>t</title>", b"</channel></rss>"


def feed(*entries: bytes) -> bytes:
    return HEAD + b"\n".join(entries) + TAIL


@given(
    st.lists(st.text(alphabet="ab <>&;!-[]CDATA\n", max_size=12).filter(lambda text: "]]" not in text), max_size=6),
    st.data(),
)
def test_what_is_kept_is_kept_byte_for_byte(texts: list[str], data: st.DataObject) -> None:
    entries = [f"<item><title><![CDATA[{text}]]></title></item>".encode() for text in texts]
    parts = spans.take_apart(feed(*entries))
    if parts is None:
        return
    assert list(parts.entries) == entries
    assert parts.document([True] * len(entries)) == feed(*entries)
    keep = [data.draw(st.booleans()) for _ in entries]
    shown = parts.document(keep)
    assert shown.count(b"<item>") == keep.count(True)
    assert shown.startswith(HEAD)
    assert shown.endswith(TAIL)


@pytest.mark.parametrize(
    "document",
    [
        pytest.param(b"<rss><channel></channel></rss>", id="no entry at all"),
        pytest.param(feed(b"<item><item>a</item></item>"), id="an entry in an entry"),
        pytest.param(feed(b"<item><![CDATA[ </item><item> ]]></item>"), id="CDATA that looks like a border"),
        pytest.param(feed(b"<item><![CDATA[ about <item> ]]></item>"), id="CDATA that speaks of entries"),
        pytest.param(
            feed(b"<!-- <item>old</item>", b"<item>older</item> -->", b"<item>new</item>"), id="entries in a comment"
        ),
        pytest.param(feed(b"<item>a<!-- </item>", b"<item> -->b</item>"), id="a comment over a border"),
        pytest.param(feed(b"<item><title>never closed</title>"), id="a closing tag forgotten in a whole document"),
    ],
)
def test_nothing_odd_is_taken_apart(document: bytes) -> None:
    assert spans.take_apart(document) is None


@pytest.mark.parametrize(
    ("document", "entries"),
    [
        pytest.param(
            feed(b'<item rdf:about="x">a</item>', b"<item\n>b</item >"), 2, id="attributes and blanks in tags"
        ),
        pytest.param(b"<a:feed><a:entry>a</a:entry><a:entry>b</a:entry></a:feed>", 2, id="a namespace's prefix"),
        pytest.param(feed(b"<item>Berlin --> Potsdam</item>"), 1, id="an arrow is no end of a comment"),
        pytest.param(feed(b"<item><![CDATA[<!-- open]]></item>"), 1, id="HTML in CDATA may leave its comment open"),
        pytest.param(b"<rdf:RDF><items><li/></items><item>a</item></rdf:RDF>", 1, id="the items of RDF are no item"),
    ],
)
def test_entries(document: bytes, entries: int) -> None:
    parts = spans.take_apart(document)
    assert parts
    assert len(parts.entries) == entries


WHOLE = feed(b"<item>a</item>", b"<item>bcd</item>")
SECOND = WHOLE.rindex(b"<item>")


@pytest.mark.parametrize("cut", range(SECOND + len(b"<item>"), SECOND + len(b"<item>bcd</item>")))
def test_a_document_cut_within_an_entry_is_closed_without_it(cut: int) -> None:
    parts = spans.take_apart(WHOLE[:cut])
    assert parts
    assert parts.cut_off
    assert parts.entries == (b"<item>a</item>",)
    assert parts.document([True]) == HEAD + b"<item>a</item>\n" + TAIL
