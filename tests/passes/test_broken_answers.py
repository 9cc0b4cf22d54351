"""A source that was in order and then is not: what it is called, what is forgotten, and that nothing is lost."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from aggregator.model import Limits, Listing, Selector, Source, SourceState, Validators
from aggregator.passes import gather_source, one_pass
from aggregator.passes.gather_source import Gathered
from aggregator.store import connect
from tests.servers.hostile import documents
from tests.servers.local_world import Answer, LocalServer, Reply

pytestmark = pytest.mark.slow

NOW = datetime(2026, 11, 24, tzinfo=UTC)
LIMITS = Limits(parse_seconds=1.0)
FEED = documents.feed("amt", 3)
JSON = (
    b'{"version": "https://jsonfeed.org/version/1.1", "title": "Amt", "items": [{"id": "1", "content_text": "Eins"}]}'
)
GOOD = Reply(body=FEED, headers={"ETag": '"good"', "Last-Modified": "Mon, 12 Oct 2026 08:00:00 GMT"})
MARKS = {"ETag": '"broken"'}
RECIPE = Listing(item="article", link=Selector(css="a", attribute="href"))

BROKEN = {
    "not_a_feed": Reply(body=documents.ERROR_PAGE, headers=MARKS),
    "empty": Reply(body=b" \n", headers=MARKS),
    "malformed": Reply(body=b'{"items": [}]}', headers=MARKS),
    "truncated": Reply(body=JSON[:-9], headers=MARKS),
    "parser_killed": Reply(body=documents.redos_author("amt"), headers=MARKS),
    "http_404": Reply(status=404, headers=MARKS),
    "bad_encoding": Reply(body=FEED, headers={**MARKS, "Content-Encoding": "x-own"}),
}
# Where the document breaks off -> the entries that are whole
CUT = {
    "within an entry": (FEED[: FEED.rindex(b"<guid")], 2),
    "between two entries": (FEED[: FEED.rindex(b"<item>")], 2),
    "before the first": (FEED[: FEED.index(b"<item>")], 0),
    "within its last tag": (FEED[:-3], 3),
}


@dataclass(frozen=True, kw_only=True)
class Told:
    gathered: Gathered
    state: SourceState
    items: int


@pytest.fixture
def server() -> Iterator[LocalServer]:
    with LocalServer() as running:
        yield running


def asked(
    folder: Path, server: LocalServer, answers: Sequence[Answer], *, listing: Listing | None = None
) -> list[Told]:
    """One source asked once for each answer, an hour apart."""
    server.script("/feed", answers)
    source = replace(
        Source(id="amt", name="Amt", url=server.url("/feed"), language="de", timezone="Europe/Berlin"),
        private_network=True,
        listing=listing,
    )

    async def ask() -> list[Told]:
        told = []
        state = SourceState(source_id="amt")
        with connect.opened(f"sqlite:///{folder}/a.sqlite") as store:
            async with one_pass.tools(LIMITS, contact="https://news.example") as tools:
                for hours in range(len(answers)):
                    now = NOW + timedelta(hours=hours)
                    gathered = await gather_source.gather(source, state, store, tools, now=now)
                    store.commit(gathered.update)
                    state = store.states()["amt"]
                    told.append(Told(gathered=gathered, state=state, items=store.source_counts().get("amt", 0)))
        return told

    return asyncio.run(ask())


@pytest.mark.parametrize("failure", BROKEN)
def test_a_broken_answer_costs_nothing_but_itself(tmp_path: Path, server: LocalServer, failure: str) -> None:
    good, broken, again = asked(tmp_path, server, [GOOD, BROKEN[failure], Reply(body=documents.feed("amt", 4))])
    assert good.state.validators.etag == '"good"'
    assert broken.gathered.failed is not None
    assert broken.gathered.failed.failure.value == failure
    assert (broken.state.validators, broken.state.body_hash) == (good.state.validators, good.state.body_hash)
    assert (broken.items, broken.state.last_success) == (3, good.state.last_success)
    assert (again.items, len(again.gathered.update.new), again.state.failing) == (4, 1, None)


@pytest.mark.parametrize("place", CUT)
def test_a_document_that_breaks_off_gives_its_whole_entries_and_is_asked_for_again(
    tmp_path: Path, server: LocalServer, place: str
) -> None:
    body, whole = CUT[place]
    cut, still, again = asked(tmp_path, server, [Reply(body=body, headers=MARKS)] * 2 + [GOOD])
    assert cut.gathered.failed is not None
    assert cut.gathered.failed.failure.value == "truncated"
    assert (cut.items, len(cut.gathered.update.new)) == (whole, whole)
    assert (cut.state.validators, cut.state.body_hash) == (Validators(), None)
    assert (still.items, still.state.failures) == (whole, 0)
    assert still.state.failing is not None
    assert still.state.failing.since == NOW
    assert (again.items, again.state.failing, again.state.validators.etag) == (3, None, '"good"')


def test_a_recipe_that_finds_nothing_is_not_a_page_without_news(tmp_path: Path, server: LocalServer) -> None:
    pages = [Reply(body=b"<html><article><a href='/n'>Neu</a></article></html>"), Reply(body=documents.ERROR_PAGE)]
    good, rebuilt = asked(tmp_path, server, pages, listing=RECIPE)
    assert good.items == rebuilt.items == 1
    assert rebuilt.gathered.failed is not None
    assert rebuilt.gathered.failed.failure.value == "no_entries"


def test_a_feed_may_have_no_entries(tmp_path: Path, server: LocalServer) -> None:
    good, empty = asked(tmp_path, server, [GOOD, Reply(body=documents.empty_channel("amt"))])
    assert empty.gathered.status == "ok"
    assert good.items == empty.items == 3
