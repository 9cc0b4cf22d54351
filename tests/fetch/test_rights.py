from __future__ import annotations

from collections.abc import Callable

import pytest

from aggregator.fetch import rights
from aggregator.model import Fetched, NotModified, Outcome, Rights, Validators
from tests.servers.local_world import LocalServer, Raw

Fetch = Callable[..., Outcome]


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        pytest.param({}, None, id="nothing"),
        pytest.param({b"tdm-reservation": b"0"}, None, id="expressly nothing"),
        pytest.param({b"tdm-reservation": b" 1 "}, Rights(tdm_reserved=True), id="mining is reserved"),
        pytest.param(
            {b"tdm-reservation": b"1", b"tdm-policy": b"https://a.example/tdm"},
            Rights(tdm_reserved=True, tdm_policy="https://a.example/tdm"),
            id="with its terms",
        ),
        pytest.param({b"x-robots-tag": b"noindex, NOAI"}, Rights(robots=("noai", "noindex")), id="for everybody"),
        pytest.param({b"x-robots-tag": b"googlebot: noindex, nofollow"}, None, id="for another robot"),
        pytest.param({b"x-robots-tag": b"aggregator: noarchive"}, Rights(robots=("noarchive",)), id="for us"),
        pytest.param(
            {b"x-robots-tag": b"googlebot: noindex\nnosnippet"}, Rights(robots=("nosnippet",)), id="a line for each"
        ),
        pytest.param(
            {b"x-robots-tag": b"otherbot: none, aggregator: noai, noarchive"},
            Rights(robots=("noai", "noarchive")),
            id="two robots on one line",
        ),
        pytest.param(
            {b"x-robots-tag": b"max-snippet: 20, none"},
            Rights(robots=("max-snippet: 20", "none")),
            id="a value is no name",
        ),
    ],
)
def test_read(headers: dict[bytes, bytes], expected: Rights | None) -> None:
    assert rights.read(headers) == expected


@pytest.mark.parametrize(
    ("found", "text", "page"),
    [
        pytest.param(Rights(tdm_reserved=True), True, True, id="mining is reserved"),
        pytest.param(Rights(robots=("noai",)), True, True, id="noai"),
        pytest.param(Rights(robots=("nofollow", "noindex")), False, True, id="what WordPress sends with its feeds"),
        pytest.param(Rights(robots=("all",)), False, False, id="everything is allowed"),
    ],
)
def test_what_is_honoured(found: Rights, text: bool, page: bool) -> None:
    assert (found.reserved, found.page_reserved) == (text, page)


def test_rights_come_with_the_answer(server: LocalServer, fetch: Fetch) -> None:
    head = b"X-Robots-Tag: otherbot: noindex\r\nX-Robots-Tag: noai\r\nTDM-Reservation: 1\r\n"
    server.script("/feed", [Raw(content=b"HTTP/1.1 200 OK\r\n" + head + b"\r\n<rss/>")])
    server.script("/304", [Raw(content=b"HTTP/1.1 304 Not Modified\r\n" + head + b"\r\n")])
    whole, same = fetch(server.url("/feed")), fetch(server.url("/304"), validators=Validators(etag='"1"'))
    assert isinstance(whole, Fetched)
    assert isinstance(same, NotModified)
    assert whole.rights == same.rights == Rights(tdm_reserved=True, robots=("noai",))
