import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.errors import Failure
from aggregator.model import Hints, Unreadable
from aggregator.parse import decode, twice

GERMAN = "Förderung für Lübbenau: größere Öfen"


def read(body: bytes, content_type: str = "", charset: str | None = None) -> decode.Decoded:
    return decode.read(body, Hints(url="https://a.example/", content_type=content_type, charset=charset))


@pytest.mark.parametrize(
    ("body", "charset", "text"),
    [
        pytest.param(GERMAN.encode(), None, GERMAN, id="UTF-8 without any label"),
        pytest.param(GERMAN.encode(), "iso-8859-1", GERMAN, id="UTF-8 under the wrong label"),
        pytest.param(GERMAN.encode("cp1252"), "utf-8", GERMAN, id="windows-1252 that says it is UTF-8"),
        pytest.param(
            "„50 €“ – Öl".encode("cp1252"), "iso-8859-1", "„50 €“ – Öl", id="typographic characters in ISO 8859-1"
        ),
        pytest.param("Łódź".encode("iso-8859-2"), "iso-8859-2", "Łódź", id="a label that is right"),
        pytest.param("Новости".encode("koi8-r"), "koi8-r", "Новости", id="KOI8-R by its label"),
        pytest.param("新闻镕".encode("gb18030"), "gb2312", "新闻镕", id="more than the label's character set has"),
        pytest.param(
            "ニュース".encode("iso2022-jp"), "iso-2022-jp", "ニュース", id="escape sequences are not taken for ASCII"
        ),
        pytest.param(GERMAN.encode("cp1252"), "x-bogus\0", GERMAN, id="a label that nobody knows"),
        pytest.param(GERMAN.encode("cp1252"), "punycode", GERMAN, id="a label that is no encoding of documents"),
        pytest.param(GERMAN.encode(), "utf-16", GERMAN, id="16 bits on the label, 8 in the bytes"),
        pytest.param(b"\xef\xbb\xbf" + GERMAN.encode(), "cp1252", GERMAN, id="a byte order mark beats the label"),
        pytest.param(f"<a>{GERMAN}</a>".encode("utf-16-le"), None, f"<a>{GERMAN}</a>", id="UTF-16 without mark"),
        pytest.param(f"<a>{GERMAN}</a>".encode("utf-32"), None, f"<a>{GERMAN}</a>", id="UTF-32 with mark"),
    ],
)
def test_encodings(body: bytes, charset: str | None, text: str) -> None:
    assert read(body, charset=charset).utf8.decode() == text


@pytest.mark.parametrize("umlauts", [2, 5, 1000])
def test_one_bad_byte_costs_nothing_but_itself(umlauts: int) -> None:
    decoded = read("ü".encode() * umlauts + b" sch\xf6n", charset="utf-8")
    assert decoded.utf8.decode() == "ü" * umlauts + " schön"
    assert decoded.repairs == ("bytes that are not UTF-8 were replaced: 1",)


def test_one_bad_byte_in_a_thousand_beats_even_another_label() -> None:
    assert read("ü".encode() * 1000 + b"\xf6", charset="iso-8859-1").utf8.decode() == "ü" * 1000 + "\ufffd"


def test_the_meta_element_of_a_page_counts_however_late_it_comes() -> None:
    page = b"<html><head>" + b"<!-- filling -->" * 200 + b'<meta charset="windows-1251">' + "Привет".encode("cp1251")
    assert "Привет" in read(page, content_type="text/html").utf8.decode()


def test_the_declaration_says_utf_8_and_stands_first() -> None:
    decoded = read(b'\n \n<?xml version="1.0" encoding="ISO-8859-1" standalone="yes"?><a>\xfc</a>')
    assert decoded.utf8.decode() == "<?xml version='1.0' encoding='utf-8'?><a>ü</a>"
    assert decoded.repairs == ("blank before the XML declaration",)


@given(
    st.binary(max_size=200),
    st.text(max_size=20) | st.sampled_from(["utf-8", "gb2312", "utf-16", "hz", "shift_jis", "idna"]),
)
def test_any_bytes_under_any_label_become_utf_8(body: bytes, charset: str) -> None:
    read(body, charset=charset).utf8.decode()


@given(st.text(max_size=200))
def test_utf_8_is_never_changed_but_where_it_was_encoded_twice(text: str) -> None:
    body = text.encode("utf-8", "replace")
    if twice.undone(body) is None and not body.startswith((b"\xef\xbb\xbf", b"\x00", b"<")) and b"<" not in body:
        assert read(body, charset="iso-8859-1").utf8 == body


def test_gzip_is_seen_by_its_first_bytes() -> None:
    assert decode.inflate(gzip.compress(gzip.compress(b"<rss/>"))) == (b"<rss/>", ())
    assert decode.inflate(b"<rss/>") == (b"<rss/>", ())


def test_a_cut_gzip_gives_what_there_is_and_says_so() -> None:
    body = bytes(range(256)) * 50
    inflated = decode.inflate(gzip.compress(body)[:-20])
    assert not isinstance(inflated, Unreadable)
    assert body.startswith(inflated[0])
    assert inflated[1] == ("the gzip stream is cut off",)


@pytest.mark.parametrize(
    ("body", "failure"),
    [
        pytest.param(gzip.compress(bytes(30_000_000)), Failure.TOO_LARGE, id="a bomb is left after ten megabytes"),
        pytest.param(b"\x1f\x8b" + b"no gzip", Failure.MALFORMED, id="the magic bytes and nothing behind them"),
    ],
)
def test_gzip_that_can_not_be_read(body: bytes, failure: Failure) -> None:
    inflated = decode.inflate(body)
    assert isinstance(inflated, Unreadable)
    assert inflated.failure is failure
