"""Who tells of a document's news, as its Link headers say."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.fetch import links
from aggregator.model import Fetched, HubLink
from tests.servers.local_world import LocalServer, Raw

URL = "https://amt.example/feed?page=1"
HUB = "https://hub.example/"


@pytest.mark.parametrize(
    ("written", "found"),
    [
        pytest.param(f'<{HUB}>; rel="hub", <{URL}>; rel="self"', HubLink(HUB, URL), id="both, in one line"),
        pytest.param(f"<{HUB}>; rel=hub", HubLink(HUB, URL), id="without self the address itself"),
        pytest.param('</hub>; rel="hub"', HubLink("https://amt.example/hub", URL), id="relative to the document"),
        pytest.param(
            f'<{HUB}>; rel="hub", </feed.atom>; rel="self"',
            HubLink(HUB, "https://amt.example/feed.atom"),
            id="self too",
        ),
        pytest.param(f'<{URL}>; rel="self"', None, id="no hub"),
        pytest.param('<javascript:alert(1)>; rel="hub"', None, id="a hub that is no address"),
        pytest.param("hub", None, id="no link at all"),
        pytest.param("", None, id="nothing"),
        pytest.param(f'<{HUB}>; rel="hub"' + "," * 9_000, None, id="more than anybody has to say"),
    ],
)
def test_links(written: str, found: HubLink | None) -> None:
    assert links.hub({b"link": written.encode()}, URL) == found


@given(st.binary(max_size=60), st.binary(max_size=60))
def test_any_header_names_a_hub_or_none(before: bytes, after: bytes) -> None:
    found = links.hub({b"link": before + b'<a>; rel="hub"' + after}, URL)
    assert found is None or found.hub.startswith(("http://", "https://"))


def test_links_may_be_spread_over_lines(server: LocalServer, fetch: Callable[..., Fetched]) -> None:
    lines = f'HTTP/1.1 200 OK\r\nLink: <{HUB}>; rel="hub"\r\nLink: <{URL}>; rel="self"\r\nContent-Length: 1\r\n\r\nx'
    server.script("/feed", lambda _: Raw(content=lines.encode()))
    assert fetch(server.url("/feed")).hub == HubLink(HUB, URL)
