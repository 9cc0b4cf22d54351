"""Places in a feed, pages cut from them, and the links that lead along them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import feedparser
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.model import FeedStory, Headline
from aggregator.publish import archive, jsonfeed, xml

NOON = datetime(2026, 10, 12, 10, tzinfo=UTC)


def headline(name: str, hours: int = 0, changed: int = 0) -> Headline:
    when = NOON + timedelta(hours=hours)
    return Headline(
        id=name, version="1", minted=NOON, published=when, changed=NOON + timedelta(hours=changed), labels=(),
        sources=(), language=None,
    )  # fmt: skip


def place(name: str, page: int = 0, *, left: bool = False, hours: int = 0, moment: int | None = None) -> FeedStory:
    when = NOON + timedelta(hours=hours)
    return FeedStory(name, "f", page, left, 7, when, when if moment is None else NOON + timedelta(hours=moment))


@pytest.mark.parametrize(
    ("fitting", "known", "changed"),
    [
        pytest.param([headline("a")], [], [place("a")], id="a new one enters"),
        pytest.param([headline("a")], [place("a", 3)], [], id="one that is there changes nothing"),
        pytest.param(
            [], [place("a", 3)], [place("a", 3, left=True)], id="what the feed does not take any more leaves it"
        ),
        pytest.param([], [place("a", 3, left=True)], [], id="it leaves once"),
        pytest.param([headline("a")], [place("a", 3, left=True)], [place("a", 3)], id="it finds its old place again"),
        pytest.param(
            [headline("a", 0, 5)], [place("a", 3)], [place("a", 3, moment=5)], id="a correction is news again"
        ),
        pytest.param([headline("a", 9, 5)], [place("a", 3, hours=9)], [], id="not before it is published"),
        pytest.param([headline("a", 2)], [place("a", 3)], [place("a", 3, hours=2)], id="another date keeps the page"),
    ],
)
def test_entered(fitting: list[Headline], known: list[FeedStory], changed: list[FeedStory]) -> None:
    assert archive.entered("f", fitting, {each.story_id: each for each in known}, 7) == tuple(changed)


PLACES = st.lists(
    st.builds(
        lambda name, entered, hours: place(str(name), hours=hours)._replace(entered=entered),
        st.integers(0, 99),
        st.integers(0, 3),
        st.integers(0, 5),
    ),
    max_size=30,
    unique_by=lambda each: each.story_id,
)


@given(PLACES, st.integers(1, 7), st.integers(0, 3), st.randoms())
def test_pages_are_full_in_the_order_of_entering_and_the_rest_waits(tail, size, last, random) -> None:
    closed = archive.closed(tail, size, last)
    assert closed == archive.closed(random.sample(tail, len(tail)), size, last)
    assert len(tail) - len(closed) == len(tail) % size
    assert [each.page for each in closed] == [last + 1 + number // size for number in range(len(closed))]
    inside = {each.story_id for each in closed}
    waiting = [each for each in tail if each.story_id not in inside]
    assert all((one.entered, one.published) <= (other.entered, other.published) for one in closed for other in waiting)


CHAINS = [
    pytest.param(0, 0, {}, id="a feed without archive"),
    pytest.param(0, 3, {"prev-archive": 3}, id="what is subscribed to leads to the newest page"),
    pytest.param(3, 3, {"prev-archive": 2, "current": 0}, id="the newest page has none after it yet"),
    pytest.param(2, 3, {"prev-archive": 1, "next-archive": 3, "current": 0}, id="a page between"),
    pytest.param(1, 3, {"next-archive": 2, "current": 0}, id="the oldest page"),
]


@pytest.mark.parametrize(("number", "last", "ways"), CHAINS)
def test_what_a_document_leads_to(make_story, make_view, number: int, last: int, ways: dict[str, int]) -> None:
    view = make_view(make_story(1), number=number, last=last)

    def url(to: int, extension: str) -> str:
        return f"https://news.example/feeds/energie{f'/{to}' if to else ''}.{extension}"

    for extension, render in (("rss", xml.rss), ("atom", xml.atom)):
        feed = feedparser.parse(render(view).content)
        links = {link.rel: link.href for link in feed.feed.links if link.rel not in {"alternate", "self"}}
        assert not feed.bozo
        assert links == {relation: url(to, extension) for relation, to in ways.items()}
        assert ("fh_archive" in feed.feed) == (number > 0)
        assert [link.href for link in feed.feed.links if link.rel == "self"] == [url(number, extension)]
    document = json.loads(jsonfeed.render(view).content)
    assert document["feed_url"] == url(number, "json")
    assert document.get("next_url") == (url(ways["prev-archive"], "json") if "prev-archive" in ways else None)
