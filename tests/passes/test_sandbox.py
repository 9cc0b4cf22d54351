"""Foreign bytes are read in processes that can be killed; what is killed costs its own source alone."""

import asyncio
import pickle
import time

import pytest

from aggregator.errors import Failure
from aggregator.model import Detail, Document, Entry, Hints, Limits, Selector, Unreadable
from aggregator.passes import sandbox

HINTS = Hints(url="http://feed.example/rss")
FEED = b"""<rss version="2.0"><channel><title>Presse</title><link>http://feed.example/</link>
<item><title>Neuer Radweg</title><link>/a</link></item></channel></rss>"""
# feedparser's expression for author addresses needs quadratic time on this (feedparser #562)
HOSTILE = b"<rss version='2.0'><channel><item><author>" + b"a." * 100_000 + b"@</author></item></channel></rss>"


ORDINARY = Limits()


def run(work, *, limits: Limits = ORDINARY, workers: int = 1):
    async def inside():
        async with sandbox.opened(limits, workers=workers) as box:
            return await work(box)

    return asyncio.run(inside())


@pytest.mark.slow
def test_a_document_comes_back_as_it_was_read() -> None:
    document = run(lambda box: box.read(FEED, HINTS))
    assert isinstance(document, Document)
    assert [entry.link for entry in document.entries] == ["http://feed.example/a"]


@pytest.mark.slow
def test_a_hostile_document_is_killed_and_the_next_one_is_read() -> None:
    async def work(box: sandbox.Sandbox):
        return await box.read(HOSTILE, HINTS), await box.read(FEED, HINTS)

    started = time.monotonic()
    killed, read = run(work, limits=Limits(parse_seconds=0.5))
    assert isinstance(killed, Unreadable)
    assert killed.failure is Failure.PARSER_KILLED
    assert isinstance(read, Document)
    assert time.monotonic() - started < 10


@pytest.mark.slow
def test_too_much_memory_is_the_documents_fault() -> None:
    big = b"<rss version='2.0'><channel>" + b"<item><title>x</title></item>" * 200_000 + b"</channel></rss>"
    hints = Hints(url="http://feed.example/rss", limit=10**6)
    killed = run(lambda box: box.read(big, hints), limits=Limits(parse_memory=150_000_000, parse_seconds=20))
    assert isinstance(killed, Unreadable)
    assert killed.failure is Failure.PARSER_KILLED


@pytest.mark.slow
def test_a_cancelled_reading_does_not_answer_the_next_one() -> None:
    async def work(box: sandbox.Sandbox):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await box.read(HOSTILE, HINTS)
        return await box.read(FEED, HINTS)

    assert isinstance(run(work), Document)


@pytest.mark.slow
def test_a_page_completes_an_entry() -> None:
    page = b"<html><body><main><h1>Neuer Radweg</h1><div class='text'><p>Vier Kilometer lang.</p></div></main></body></html>"
    entry = Entry(link="http://feed.example/a", fingerprint="f")
    detail = Detail(content=Selector(css=".text"))
    completed = run(lambda box: box.complete(entry, page, HINTS, detail))
    assert isinstance(completed, Entry)
    assert completed.content is not None
    assert "Vier Kilometer" in completed.content.value


def test_a_child_can_hand_over_values_of_the_model_alone() -> None:
    with pytest.raises(pickle.UnpicklingError):
        sandbox._loads(pickle.dumps(print))
