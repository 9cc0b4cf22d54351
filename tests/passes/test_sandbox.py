"""Foreign bytes are read in processes that can be killed; what is killed costs its own source alone."""

import asyncio
import os
import pickle
import subprocess
import sys
import time
from pathlib import Path

import pytest

from aggregator.errors import Failure
from aggregator.model import Detail, Document, Entry, Hints, Kind, Limits, Selector, Unreadable
from aggregator.passes import parser, sandbox
from tests import patience

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
    assert killed.detail.startswith("reading it took more than")  # of processor time, or on a busy machine of time
    assert isinstance(read, Document)
    assert time.monotonic() - started < 10 * patience.busy()


@pytest.mark.slow
def test_too_much_memory_is_the_documents_fault() -> None:
    async def work(box: sandbox.Sandbox):
        return await box.read(big, hints), await box.read(FEED, HINTS)

    big = b"<rss version='2.0'><channel>" + b"<item><title>x</title></item>" * 60_000 + b"</channel></rss>"
    hints = Hints(url="http://feed.example/rss", limit=10**6)
    killed, read = run(work, limits=Limits(parse_memory=60_000_000, parse_seconds=20))
    assert killed == Unreadable(failure=Failure.PARSER_KILLED, detail="reading it took too much memory")
    assert isinstance(read, Document)


@pytest.mark.slow
def test_hostile_documents_do_not_hold_up_the_others() -> None:
    """One worker, busy for longer than anybody waits: the next document gets a spare one."""

    async def work(box: sandbox.Sandbox):
        async with asyncio.TaskGroup() as group:
            hostile = group.create_task(box.read(HOSTILE, HINTS))
            read = await box.read(FEED, HINTS)
            assert not hostile.done()
        return read

    assert isinstance(run(work, limits=Limits(parse_seconds=1.5)), Document)


LOOK = """
import asyncio, os, resource, socket, sys
from aggregator.model import Hints, Limits
from aggregator.passes import parser, sandbox

async def main():
    kept = socket.socket(), open(sys.argv[1])
    for one in kept:
        os.set_inheritable(one.fileno(), True)
    async with sandbox.opened(Limits(), workers=1) as box:
        await box.read(b"<rss version='2.0'><channel><title>x</title></channel></rss>", Hints(url="http://a.example/"))
        pid = box._children[0]._process.pid
        for descriptor in sorted(os.listdir(f"/proc/{pid}/fd"), key=int):
            print("file", os.readlink(f"/proc/{pid}/fd/{descriptor}").partition(":")[0])
        for pair in open(f"/proc/{pid}/environ").read().split("\\0"):
            print("name", pair.partition("=")[0])
        for which in ("AS", "CORE", "FSIZE", "NOFILE", "NPROC"):
            print("limit", which, *resource.prlimit(pid, getattr(resource, f"RLIMIT_{which}")))

asyncio.run(main())
"""


@pytest.mark.slow
def test_a_child_has_nothing_that_is_worth_stealing(tmp_path: Path) -> None:
    """Two pipes (each of them twice: the answers' is kept from what libraries print), no secret of the environment."""
    (tmp_path / "secret").write_text("x")
    root = str(Path(sandbox.__file__).parents[2])
    command = [sys.executable, "-c", LOOK, str(tmp_path / "secret")]
    environment = {
        **os.environ,
        "PYTHONPATH": root,
        "AGG_TOKEN": "x",
        "HTTPS_PROXY": "http://user:password@proxy.example",
    }
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    files = [line.split()[1] for line in done.stdout.splitlines() if line.startswith("file")]
    names = {line.partition(" ")[2] for line in done.stdout.splitlines() if line.startswith("name")} - {""}
    limits = [line.split()[1:] for line in done.stdout.splitlines() if line.startswith("limit")]
    assert set(files) <= {"pipe", "/dev/null"}
    assert len(files) <= 5
    assert names <= {"PYTHONPATH", "PYTHONUTF8", "LD_LIBRARY_PATH", "PYTHONHOME", "LC_CTYPE"}
    assert limits == [
        ["AS", "250000000", "250000000"],
        ["CORE", "0", "0"],
        ["FSIZE", "1000000", "1000000"],
        ["NOFILE", "16", "16"],
        ["NPROC", "0", "0"],
    ]


@pytest.mark.slow
def test_a_child_that_grew_is_replaced() -> None:
    """By so little memory that every child has grown past its share when it has read its first document."""

    async def work(box: sandbox.Sandbox):
        return [(await box.read(FEED, HINTS), box._children[0]._process) for _ in range(2)]

    for read, process in run(work, limits=Limits(parse_memory=36_000_000)):
        assert isinstance(read, Document)
        assert process is None


def test_a_fault_of_ours_says_where_it_is() -> None:
    given: tuple[object, ...] = (None, frozenset())  # hints are missing
    answer = parser._answer(parser.Job("read", given), FEED, parser._Foresight())
    assert isinstance(answer, Unreadable)
    assert answer.failure is Failure.INTERNAL
    assert answer.detail.startswith("AttributeError")
    assert "decode.py, line" in answer.detail


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


class _AsPython3112:
    """What Debian's Python writes for a member of an enumeration."""

    def __init__(self, kind: object, name: str) -> None:
        self._given = (kind, name)

    def __reduce__(self) -> tuple[object, tuple[object, str]]:
        return getattr, self._given


def test_members_of_enumerations_come_from_every_python() -> None:
    assert sandbox._loads(pickle.dumps(_AsPython3112(Kind, "FEED"))) is Kind.FEED
    assert sandbox._loads(pickle.dumps(_AsPython3112(Failure, "TLS"))) is Failure.TLS


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        pytest.param(Kind, "__class__", id="what an enumeration is made of"),
        pytest.param(Kind, "__reduce__", id="its methods"),
        pytest.param(Document, "__init__", id="a value that is none"),
    ],
)
def test_that_is_no_way_to_anything_else(kind: object, name: str) -> None:
    with pytest.raises(pickle.UnpicklingError):
        sandbox._loads(pickle.dumps(_AsPython3112(kind, name)))
