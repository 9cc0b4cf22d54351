"""How fast readers are answered while sources are fetched, parsed, settled and published.

    ./do python bench/while_passing.py                     200 sources, a store of 10,000 stories, 50 requests a second
    ./do python bench/while_passing.py --stories 100000 --rate 100 --only serve

Milliseconds from the moment a request was due to the last byte of `/feeds/all.rss` (gzip, each on a connection of its own), by a
process that keeps to its rhythm however slow the answers are. `idle`: nobody fetches. `serve`: the service as it is, with all
sources overdue. `at once`: beside it one process that asks all of them in one pass. `thread`: that pass in a thread of the
server's process, as it was once. `first answer`: seconds from the command to the first answer.
"""

import argparse
import asyncio
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import uvicorn
from feeds_server import prose
from passes import configured

from aggregator.config import load
from aggregator.model import DateTrust, Item, Keyed, SourceState, SourceUpdate, Story, StoryUpdate
from aggregator.passes import one_pass
from aggregator.store import connect
from aggregator.text import digest
from aggregator.web import app
from aggregator.web.site import Site

HERE = Path(__file__).parent
CHOICES = ("idle", "serve", "at once", "thread")


async def ask(port: int, path: str, encoding: str = "gzip") -> int:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    head = f"GET {path} HTTP/1.1\r\nHost: x\r\nAccept-Encoding: {encoding}\r\nConnection: close\r\n\r\n"
    writer.write(head.encode())
    answer = await reader.read()
    writer.close()
    if not answer.startswith(b"HTTP/1.1 200"):
        raise RuntimeError(answer[:200])
    return len(answer)


async def readers(port: int, wanted: argparse.Namespace) -> list[float]:
    """Milliseconds of each answer; asked for at even distances, whatever becomes of the others."""
    loop = asyncio.get_running_loop()
    start, took = loop.time() + 0.1, []

    async def one(due: float) -> None:
        await asyncio.sleep(due - loop.time())
        await ask(port, "/feeds/all.rss", wanted.encoding)
        took.append((loop.time() - due) * 1000)

    await asyncio.gather(*(one(start + number / wanted.rate) for number in range(int(wanted.rate * wanted.seconds))))
    return took


def shown(name: str, took: list[float], told: str) -> None:
    cuts = statistics.quantiles(took, n=1000)
    figures = (statistics.median(took), cuts[899], cuts[989], max(took))
    print(f"{name:<8} {len(took):>6} " + " ".join(f"{figure:>8.1f}" for figure in figures) + f"   {told}", flush=True)


@contextmanager
def feeds():
    server = subprocess.Popen([sys.executable, str(HERE / "feeds_server.py")], stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    try:
        yield int(server.stdout.readline())
    finally:
        server.terminate()


NOW = datetime(2026, 11, 20, tzinfo=UTC)


# fmt: off
def item(number: int) -> Item:
    said, url = prose(number, 200), f"https://site{number % 200}.example/old/{number}"
    return Item(
        id=digest(url), source_id=f"s{number % 200}", guid=url, url=url, title=said[:60], summary=said[:200], text=said,
        html=f"<p>{said}</p>", published=NOW - timedelta(minutes=number * 7919 % 2_000_000), updated=None,
        date_trust=DateTrust.EXACT, published_text=None, first_seen=NOW, language="de", authors=(), categories=(),
        issuer=None, enclosures=(), content_hash=digest(said), fingerprint=digest(said, url),
    )


def story(one: Item) -> Story:
    return Story(
        id=f"tag:bench.example,2026:story/{one.id}", minted=NOW, origin=one, carriers=(one,), related=(), changed=NOW,
        published=one.published, tags=(), near_misses=(), absorbed=(), version=one.fingerprint,
    )
# fmt: on


def filled(folder: Path, stories: int) -> None:
    """A store with so many stories of one item each."""
    (folder / "var").mkdir()
    with connect.opened(f"sqlite:///{(folder / 'var/aggregator.sqlite').resolve()}") as store:
        for first in range(0, stories, 5_000):
            new = tuple(item(number) for number in range(first, min(first + 5_000, stories)))
            by_source: dict[str, list[Item]] = {}
            for one in new:
                by_source.setdefault(one.source_id, []).append(one)
            store.commit_all(
                [SourceUpdate(state=SourceState(source_id=name), new=tuple(its)) for name, its in by_source.items()]
            )
            keys = {one.key: Keyed(keys=(), day=0) for one in new}
            told = tuple(map(story, new))
            store.commit_stories(
                StoryUpdate(settled=tuple(keys), keys=keys, matches=(), rematched=(), stories=told, gone=())
            )


def command(folder: Path, *words: str) -> list[str]:
    places = [
        f"--{name}={folder / where}" for name, where in (("config", "config"), ("data", "var"), ("output", "public"))
    ]
    return [sys.executable, "-m", "aggregator", "--log-format=json", *places, *words]


@contextmanager
def served(folder: Path):
    """Port, seconds to the first answer, the log."""
    started = time.perf_counter()
    process = subprocess.Popen(command(folder, "serve", "--port", "0"), stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    log: list[dict] = []
    port = 0
    try:
        for line in process.stderr:
            log.append(json.loads(line))
            if log[-1]["event"] == "service.listening":
                port = int(log[-1]["url"].rstrip("/").rpartition(":")[2])
                break
        asyncio.run(ask(port, "/feeds/all.rss"))
        first = time.perf_counter() - started
        rest = process.stderr

        def follow() -> None:
            for line in rest:
                log.append(json.loads(line) if line.startswith("{") else {"event": line})
                if not line.startswith("{"):
                    print(line, end="", file=sys.stderr)

        threading.Thread(target=follow, daemon=True).start()
        yield port, first, log
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


def in_a_thread(folder: Path) -> None:
    """The child of `thread`: a server whose passes run in a thread of it, each of all sources."""

    def clock() -> datetime:
        return datetime.now(UTC)

    config = load.load(folder / "config", environment=os.environ)
    url = f"sqlite:///{(folder / 'var/aggregator.sqlite').resolve()}"
    site = Site(config=config, output=folder / "public", store_url=url, clock=clock)

    def passes() -> None:
        while True:
            with connect.opened(url) as store:
                asyncio.run(
                    one_pass.run(config, store, folder / "public", now=clock(), request=one_pass.Request(force=True))
                )

    threading.Thread(target=passes, daemon=True).start()
    uvicorn.run(app.build(site), port=int(sys.argv[3]), log_level="warning", access_log=False, lifespan="off")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--sources", type=int, default=200)
    parser.add_argument("--stories", type=int, default=10_000)
    parser.add_argument("--rate", type=float, default=50)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--encoding", default="gzip", help="Accept-Encoding of the readers; identity for none")
    parser.add_argument("--nice", default="5", help="of the pass beside it")
    parser.add_argument("--only", nargs="*", choices=CHOICES, default=CHOICES)
    wanted = parser.parse_args()
    print(f"{'':<8} {'asked':>6} {'median':>8} {'90 %':>8} {'99 %':>8} {'most':>8}")
    with feeds() as source, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        configured(folder, [f"http://127.0.0.1:{source}/s/{number}" for number in range(wanted.sources)])
        filled(folder, wanted.stories)
        subprocess.run(command(folder, "-q", "run"), check=True)

        def disturb(*, validators: int) -> None:
            """Every document must be read again: another time at its head, and a tenth has an entry more."""
            words = f"validators={validators}&gained={1 - validators}&stamped={1 - validators}"
            urllib.request.urlopen(f"http://127.0.0.1:{source}/set?{words}").close()

        for mode in wanted.only:
            disturb(validators=int(mode == "idle"))
            rows[mode](folder, wanted)


def idle(folder: Path, wanted: argparse.Namespace) -> None:
    quiet = folder / "config/sources.yaml"
    before = quiet.read_text()
    quiet.write_text(before.replace("interval: 1s", "interval: 7d"))
    subprocess.run(command(folder, "-q", "run", "--force"), check=True)
    with served(folder) as (port, first, _):
        time.sleep(2)
        shown("idle", asyncio.run(readers(port, wanted)), f"first answer {first:.2f} s")
    quiet.write_text(before)
    subprocess.run(command(folder, "-q", "run", "--force"), check=True)


def as_it_is(folder: Path, wanted: argparse.Namespace) -> None:
    with served(folder) as (port, first, log):
        took = asyncio.run(readers(port, wanted))
        done = [line for line in log if line["event"] == "pass.done"]
    told = f"first answer {first:.2f} s; {len(done)} passes, {sum(line['sources'] for line in done)} sources asked"
    shown("serve", took, told)


def at_once(folder: Path, wanted: argparse.Namespace) -> None:
    with served(folder) as (port, _, _), tempfile.TemporaryDirectory() as other:
        again = Path(other)
        (again / "config").symlink_to(folder / "config")
        stop = threading.Event()
        count = []

        def passes() -> None:
            while not stop.is_set():  # in a store of its own: it would wait for the service's passes, and they for it
                subprocess.run(["nice", "-n", wanted.nice, *command(again, "-q", "run", "--force")], check=True)
                count.append(1)

        beside = threading.Thread(target=passes)
        beside.start()
        took = asyncio.run(readers(port, wanted))
        stop.set()
        beside.join()
    shown("at once", took, f"{len(count)} passes of {wanted.sources} sources")


def thread(folder: Path, wanted: argparse.Namespace) -> None:
    port = 18_080
    process = subprocess.Popen([sys.executable, __file__, "in-a-thread", str(folder), str(port)])
    try:
        while True:
            try:
                asyncio.run(ask(port, "/feeds/all.rss"))
                break
            except OSError:
                time.sleep(0.1)
        shown("thread", asyncio.run(readers(port, wanted)), "passes one after the other")
    finally:
        process.terminate()
        process.wait()


rows = {"idle": idle, "serve": as_it_is, "at once": at_once, "thread": thread}

if __name__ == "__main__":
    if sys.argv[1:2] == ["in-a-thread"]:
        in_a_thread(Path(sys.argv[2]))
    else:
        main()
