"""Subscription lists out and in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator import opml
from aggregator.errors import UsageError
from aggregator.opml import Outline
from tests import shared_data

LIST = [
    (
        "Länder & Städte",
        [
            Outline(
                title="Behörde <Nord>",
                xml_url="https://a.example/ä?x=1&y=2",
                html_url="https://a.example/ö",
                groups=("Länder & Städte",),
            ),
            Outline(title="Süd", xml_url="https://b.example/feed", groups=("Länder & Städte",)),
        ],
    ),
    ("", [Outline(title="Ohne Mappe", xml_url="https://c.example/feed")]),
]
WRITTEN = opml.write("Alle Quellen", LIST)
UTF8 = "<?xml version='1.0' encoding='UTF-8'?>"


def test_what_is_written_is_read_again() -> None:
    assert list(opml.read(WRITTEN)) == [outline for _, outlines in LIST for outline in outlines]


def test_the_same_lists_give_the_same_bytes_and_name_no_date() -> None:
    assert opml.write("Alle Quellen", LIST) == WRITTEN
    assert b"date" not in WRITTEN.lower()


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(WRITTEN.decode().replace(UTF8, "").encode(), id="UTF-8 that declares nothing"),
        pytest.param(b"\xef\xbb\xbf" + WRITTEN, id="a byte order mark"),
        pytest.param(
            WRITTEN.decode().replace("UTF-8", "windows-1252").encode("cp1252"), id="another encoding, declared"
        ),
        pytest.param(WRITTEN.decode().replace("UTF-8", "utf-16").encode("utf-16"), id="UTF-16"),
        pytest.param(WRITTEN.decode().replace("UTF-8", "x-none").encode(), id="an encoding that does not exist"),
        pytest.param(WRITTEN.decode().replace(UTF8, "").encode("cp1252"), id="Windows bytes that declare nothing"),
    ],
)
def test_umlauts_survive(content: bytes) -> None:
    assert opml.read(content) == opml.read(WRITTEN)


def test_folders_in_folders_are_groups_from_the_outside_in() -> None:
    content = b"""<opml version="1.0"><body><outline text="Presse"><outline title="Berlin">
        <outline text="Senat" xmlUrl=" https://senat.example/rss "/></outline></outline></body></opml>"""
    (outline,) = opml.read(content)
    assert outline == Outline(title="Senat", xml_url="https://senat.example/rss", groups=("Presse", "Berlin"))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param(b"", "no OPML", id="nothing"),
        pytest.param(b"<html><body>404</body></html>", "no OPML", id="an error page"),
        pytest.param(b"<opml version='2.0'><body></body></opml>", "without subscriptions", id="an empty list"),
        pytest.param(WRITTEN[: len(WRITTEN) // 2], "cut short", id="a download that broke off"),
        pytest.param(
            b"<opml><body><outline text='x' xmlUrl='javascript:alert(1)'/></body></opml>",
            "without subscriptions",
            id="no address that one may fetch",
        ),
        pytest.param(b"https://attacker.example/list.opml", "no OPML", id="an address is not fetched"),
    ],
)
def test_what_is_no_list_is_refused_with_the_reason(content: bytes, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        opml.read(content)


def test_an_address_that_is_not_http_is_left_out() -> None:
    content = WRITTEN.replace(b"https://b.example/feed", b"file:///etc/passwd")
    assert [outline.title for outline in opml.read(content)] == ["Behörde <Nord>", "Ohne Mappe"]


def test_an_unescaped_ampersand_is_forgiven() -> None:
    content = b"<opml><body><outline text='A & B' xmlUrl='https://a.example/?x=1&y=2'/></body></opml>"
    assert opml.read(content)[0].xml_url == "https://a.example/?x=1&y=2"


@given(
    title=st.text(), name=st.text(), outline=st.builds(Outline, title=st.text(), xml_url=st.text(), html_url=st.text())
)
def test_any_text_gives_a_list_that_parses(title: str, name: str, outline: Outline) -> None:
    from lxml.etree import XMLParser, fromstring

    root = fromstring(opml.write(title, [(name, [outline])]), XMLParser(recover=False, resolve_entities=False))
    assert len(root.findall(".//outline[@type]")) == 1


@given(
    st.one_of(
        st.binary(),
        st.text(alphabet="<>/opmlutine xU=\"'&;!?-[]\0", max_size=80).map(lambda text: b"<opml>" + text.encode()),
    )
)
def test_any_bytes_give_outlines_or_the_reason_why_not(content: bytes) -> None:
    try:
        outlines = opml.read(content)
    except UsageError:
        return
    assert outlines


def test_lists_of_the_wild() -> None:
    folder = shared_data.folder("listparser-opml")
    files = sorted(folder.glob("files/opml/**/*.xml"))
    assert sum(_said(file.read_bytes()) == "read" for file in files) > 25
    assert {_said(file.read_bytes()) for file in files} == {"read", "OPML without subscriptions"}


def _said(content: bytes) -> str:
    try:
        opml.read(content)
    except UsageError as error:
        return str(error).partition(";")[0]
    return "read"
