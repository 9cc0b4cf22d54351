from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.errors import Failure
from aggregator.fetch import targets
from aggregator.fetch.targets import Target
from aggregator.model import Failed


def read(url: str) -> Target:
    target = targets.read(url)
    assert isinstance(target, Target)
    return target


@pytest.mark.parametrize(
    ("url", "shown", "place"),
    [
        pytest.param("https://News.Example/a?b=c#d", "https://news.example/a?b=c", "news.example", id="ordinary"),
        pytest.param("http://news.example", "http://news.example/", "news.example", id="no path"),
        pytest.param(
            "https://news.example:443/", "https://news.example/", "news.example", id="the port one has anyway"
        ),
        pytest.param("http://news.example:8080/", "http://news.example:8080/", "news.example:8080", id="another port"),
        pytest.param("http://[2a01::1]:81/", "http://[2a01::1]:81/", "[2a01::1]:81", id="IPv6"),
        pytest.param(
            "https://bücher.example/ä", "https://xn--bcher-kva.example/%C3%A4", "xn--bcher-kva.example", id="umlauts"
        ),
        pytest.param(
            "https://u:geheim@news.example/", "https://news.example/", "news.example", id="no password is shown"
        ),
    ],
)
def test_read(url: str, shown: str, place: str) -> None:
    target = read(url)
    assert (target.shown, target.place) == (shown, place)


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("file:///etc/passwd", id="a file"),
        pytest.param("gopher://127.0.0.1:70/", id="gopher"),
        pytest.param("data:text/xml,<rss/>", id="data"),
        pytest.param("//news.example/", id="no scheme"),
        pytest.param("news.example", id="no scheme and no slashes"),
        pytest.param("http:///feed", id="no host"),
        pytest.param("http://news.example:70000/", id="no such port"),
        pytest.param("http://a\\b/", id="a backslash in the host"),
        pytest.param("http://a%20b/", id="an escape in the host"),
        pytest.param("http://[fe80::1%25eth0]/", id="an address with a zone"),
        pytest.param("http://news.example/\r\nX-Evil: 1", id="a line break"),
        pytest.param("http://0177.0.0.1/", id="octal"),
    ],
)
def test_not_read(url: str) -> None:
    target = targets.read(url)
    assert isinstance(target, Failed)
    assert target.failure is Failure.SCHEME


def test_credentials() -> None:
    target = read("https://us%40er:ge%3Aheim@news.example/")
    assert target.authorization == b"Basic dXNAZXI6Z2U6aGVpbQ=="
    assert str(target.url) == "https://news.example/"  # what is sent on its way shows no password


@pytest.mark.parametrize(
    ("old", "location", "kept"),
    [
        pytest.param("http://u:p@news.example/", "/new", True, id="the same server, a relative Location"),
        pytest.param("http://u:p@news.example/", "https://news.example/", True, id="the same host, now encrypted"),
        pytest.param("https://u:p@news.example/", "http://news.example/", False, id="no longer encrypted"),
        pytest.param("http://u:p@news.example/", "http://news.example:8080/", False, id="another port"),
        pytest.param("http://u:p@news.example/", "http://evil.example/", False, id="another host"),
    ],
)
def test_credentials_stay_with_their_server(old: str, location: str, kept: bool) -> None:
    following = targets.follow(read(old), location)
    assert isinstance(following, Target)
    assert (following.authorization is not None) is kept


@pytest.mark.parametrize(
    ("location", "failure"),
    [
        pytest.param("ftp://news.example/", Failure.SCHEME, id="another scheme"),
        pytest.param("file:///etc/passwd", Failure.SCHEME, id="a file"),
        pytest.param("http:///", Failure.BAD_REDIRECT, id="no host"),
        pytest.param("http://[/", Failure.BAD_REDIRECT, id="no URL"),
    ],
)
def test_not_followed(location: str, failure: Failure) -> None:
    following = targets.follow(read("https://news.example/"), location)
    assert isinstance(following, Failed)
    assert following.failure is failure


@given(st.text(max_size=60) | st.text("/:@[]?#%.\\0a", max_size=30).map("http://".__add__))
def test_any_text_is_a_target_or_none(written: str) -> None:
    for target in (targets.read(written), targets.follow(read("https://news.example/a/b"), written)):
        if isinstance(target, Target):
            assert target.scheme in {"http", "https"}
            assert target.host
            assert isinstance(targets.read(target.shown), Target)
            assert targets.of(target.url) == replace(target, authorization=None)  # what is judged is what is dialled
