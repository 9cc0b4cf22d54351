from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.fetch import conditional
from aggregator.model import Fetched, Validators


@pytest.mark.parametrize(
    ("etag", "sent"),
    [
        pytest.param('"abc"', '"abc"', id="as it should be"),
        pytest.param('W/"abc-gzip"', 'W/"abc-gzip"', id="weak"),
        pytest.param("abc", "abc", id="without quotes, as many write it"),
        pytest.param('"a b"', '"a b"', id="a space inside does no harm"),
        pytest.param('"\xe4"', '"\xe4"', id="obs-text of RFC 9110"),
        pytest.param("x", "x", id="one character"),
        pytest.param('"a"\r\nX-Evil: 1', None, id="a line break would be a header of its own"),
        pytest.param('"a"\n', None, id="a line break at the end"),
        pytest.param('"\x1b[31m"', None, id="an escape sequence"),
        pytest.param('"\x00"', None, id="NUL"),
        pytest.param('"\x9b"', None, id="a control character of ISO 8859-1"),
        pytest.param('"\u20ac"', None, id="what no header can hold"),
        pytest.param(' "a"', None, id="space at the start is no part of a value"),
        pytest.param("", None, id="empty"),
        pytest.param("x" * 1025, None, id="far too long"),
    ],
)
def test_what_is_sent_back(etag: str, sent: str | None) -> None:
    assert conditional.headers(Validators(etag=etag)) == ({"If-None-Match": sent} if sent else {})


def test_both_validators_are_sent() -> None:
    both = Validators(etag='"a"', last_modified="Mon, 12 Oct 2026 08:00:00 GMT")
    assert conditional.headers(both) == {
        "If-None-Match": '"a"',
        "If-Modified-Since": "Mon, 12 Oct 2026 08:00:00 GMT",
    }


@given(st.text(max_size=40))
def test_whatever_is_sent_stays_one_header(written: str) -> None:
    for value in conditional.headers(Validators(etag=written, last_modified=written)).values():
        assert value == written
        assert not any(ord(character) < 32 or ord(character) == 127 for character in value)
        value.encode("latin-1")


def fetched(body: bytes) -> Fetched:
    return Fetched(
        url="https://news.example/", status=200, content_type="", charset=None, body=body, validators=Validators()
    )


def test_a_body_is_recognised() -> None:
    known = conditional.body_hash(b"<rss/>")
    assert len(known) == 32
    assert not conditional.changed(fetched(b"<rss/>"), known)
    assert conditional.changed(fetched(b"<rss />"), known)
    assert conditional.changed(fetched(b"<rss/>"), None)
