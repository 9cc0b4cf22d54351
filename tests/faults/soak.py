"""`./do python -m tests.faults.soak [--passes 2000]`: the work of months in minutes.

Twenty sources whose feeds slide on (every tenth pass a new item, now and then a correction or an error), passes six hours apart
by a clock of our own, retention of sixty days, all in one process: what a pass leaves behind would add up there, though the
program makes each in a process of its own. Told: memory, handles, sizes of store and output, and the slopes of their second half.

`--serve MINUTES`: the process that does live for months, `aggregator serve`, by the real clock. A pass every five seconds, and
readers who fetch feeds (plain, packed, unchanged), pages, searches and states without a pause.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import multiprocessing
import os
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from itertools import cycle
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NamedTuple

from aggregator.config import load
from aggregator.due.share import LOOK
from aggregator.passes import one_pass
from aggregator.store import connect
from tests.faults.world import entry
from tests.servers import running
from tests.servers.local_world import LocalServer, Reply, Seen

START = datetime(2026, 1, 5, 6, tzinfo=UTC)
STEP = timedelta(hours=6)
SOURCES = 20
SHOWN = 10  # items in a feed


ASKED = (
    "/", "/feeds/all", "/feeds/all.rss", "/feeds/all.json", "/all/", "/sources.html", "/status", "/status.json",
    "/search?q=Vorhaben", "/search.atom?q=Photonik", "/metrics", "/readyz", "/not-there", "/feeds/q1.atom",
)  # fmt: skip


class Sample(NamedTuple):
    """After so many passes and answers to readers: resident memory and sizes in kilobytes, open handles, items in the store."""

    passes: int
    answers: int
    memory: int
    handles: int
    store: int
    output: int
    items: int


def feed(source: int, turn: int) -> bytes:
    """What a source shows after so many passes: a window that slides by one every ten."""
    newest = (turn + source) // 10
    entries = [
        entry(source, source, each, corrected=each == newest - 1 and turn % 50 == 7)
        for each in range(newest, newest + SHOWN)
    ]
    return (
        f"<rss version='2.0'><channel><title>Quelle {source}</title><link>http://q{source}.example/</link>"
        f"{''.join(entries)}</channel></rss>"
    ).encode()


def serve(pipe: Connection) -> None:
    """The sources, in a process of their own: what they keep of requests is not the program's."""
    turn = 0

    def answer(seen: Seen) -> Reply:
        source = int(seen.path.strip("/"))
        if (turn + source) % 97 == 0:
            return Reply(status=503)
        return Reply(headers={"Content-Type": "application/rss+xml"}, body=feed(source, turn))

    with LocalServer() as server:
        for source in range(SOURCES):
            server.script(f"/{source}", answer)
        pipe.send(server.url("/"))
        while (turn := pipe.recv()) >= 0:
            server.requests.clear()
            pipe.send(None)


def soak(folder: Path, passes: int, every: int) -> Iterator[Sample]:
    """Runs so many passes; a sample after each `every` of them."""
    here, there = multiprocessing.get_context("spawn").Pipe()
    sources = multiprocessing.get_context("spawn").Process(target=serve, args=(there,))
    sources.start()
    try:
        config = load.load(_configured(folder, here.recv()), environment={})
        for number in range(1, passes + 1):
            here.send(number)
            here.recv()
            with connect.opened(f"sqlite:///{folder}/store.sqlite") as store:
                done = one_pass.run(
                    config,
                    store,
                    folder / "public",
                    now=START + number * STEP,
                    request=one_pass.Request(force=number % 4 == 0),
                )
                asyncio.run(done)
                items = store.counts()["items"]
            if number % every == 0:
                gc.collect()
                yield _sample(folder, os.getpid(), number, 0, items)
        here.send(-1)
        with connect.opened(f"sqlite:///{folder}/store.sqlite") as store:
            before, after = store.vacuum()
        print(f"vacuum: {before // 1024} kB before, {after // 1024} after")
    finally:
        sources.join(5)
        sources.kill()


def soak_service(folder: Path, minutes: float, every: float) -> Iterator[Sample]:
    """`aggregator serve` for so many minutes, with readers; a sample after each `every` seconds."""
    here, there = multiprocessing.get_context("spawn").Pipe()
    sources = multiprocessing.get_context("spawn").Process(target=serve, args=(there,))
    sources.start()
    (folder / "config").mkdir()
    _configured(folder / "config", here.recv(), interval="1s")
    ended = threading.Event()
    answers: Counter[int] = Counter()
    try:
        with running.Running(folder) as service:
            readers = [threading.Thread(target=_read, args=(service.url, each, answers, ended)) for each in range(3)]
            for reader in readers:
                reader.start()
            began = time.monotonic()
            for turn in range(1, int(minutes * 60 / LOOK) + 1):
                ended.wait(max(0.0, began + turn * LOOK - time.monotonic()))
                here.send(turn)
                here.recv()
                if turn * LOOK % every < LOOK:
                    with connect.opened(f"sqlite:///{folder}/var/aggregator.sqlite") as store:
                        items = store.counts()["items"]
                    done = len(service.told("pass.done"))
                    yield _sample(folder, service.process.pid, done, answers.total(), items)
            ended.set()
            for reader in readers:
                reader.join()
            service.stop()
        here.send(-1)
        print("answers: " + ", ".join(f"{count} of {status}" for status, count in sorted(answers.items())))
    finally:
        ended.set()
        sources.join(5)
        sources.kill()


def _read(url: str, number: int, answers: Counter[int], ended: threading.Event) -> None:
    """One reader: what it was answered, with the validators of the answer before."""
    validators: dict[str, str] = {}
    coding = ("identity", "gzip", "br")[number % 3]
    for path in cycle(ASKED):
        if ended.wait(0.02):
            return
        headers = {"Accept-Encoding": coding, "Accept": "application/atom+xml"}
        if path in validators and number:
            headers["If-None-Match"] = validators[path]
        host, _, port = url.removeprefix("http://").partition(":")
        connection = HTTPConnection(host, int(port), timeout=10)
        try:
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
            answer.read()
            answers[answer.status] += 1
            validators[path] = answer.headers.get("ETag", "")
        finally:
            connection.close()


def _configured(folder: Path, server: str, *, interval: str = "6h") -> Path:
    (folder / "aggregator.yaml").write_text(
        "base_url: https://news.example/\ntitle: News\nlimits: {gap: 0s, per_host: 20}\nretention: {days: 60}\n"
    )
    rows = [
        f"  - {{id: q{source}, name: Quelle {source}, url: '{server}{source}', interval: {interval}, "
        "private_network: true, robots: ignore, full_text: never}"
        for source in range(SOURCES)
    ]
    (folder / "sources.yaml").write_text("sources:\n" + "\n".join(rows) + "\n")
    return folder


def _sample(folder: Path, process: int, passes: int, answers: int, items: int) -> Sample:
    at = Path(f"/proc/{process}")
    pages = int((at / "statm").read_text().split()[1])
    files = [path for path in (folder / "public").rglob("*") if path.is_file()]
    return Sample(
        passes=passes,
        answers=answers,
        memory=pages * os.sysconf("SC_PAGE_SIZE") // 1024,
        handles=sum(1 for _ in (at / "fd").iterdir()),
        store=sum(path.stat().st_size for path in folder.rglob("*.sqlite*")) // 1024,
        output=sum(path.stat().st_size for path in files) // 1024,
        items=items,
    )


def slope(samples: Sequence[Sample], name: str) -> float:
    """How much more of it per 1,000 passes, by least squares over the second half."""
    half = samples[len(samples) // 2 :]
    xs = [sample.passes / 1000 for sample in half]
    ys = [getattr(sample, name) for sample in half]
    mean_x, mean_y = sum(xs) / len(xs), sum(ys) / len(ys)
    return sum((x - mean_x) * (y - mean_y) for x, y in zip(xs, ys, strict=True)) / sum((x - mean_x) ** 2 for x in xs)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--passes", type=int, default=2000)
    parser.add_argument("--every", type=int, default=50, help="passes, or with --serve seconds")
    parser.add_argument("--serve", type=float, default=0, metavar="MINUTES")
    given = parser.parse_args()
    samples = []
    print(" passes  answers  memory kB  handles  store kB  output kB  items", flush=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        taken = (
            soak_service(folder, given.serve, given.every) if given.serve else soak(folder, given.passes, given.every)
        )
        for one in taken:
            samples.append(one)
            print("{:7} {:8} {:10} {:8} {:9} {:10} {:6}".format(*one), flush=True)
    for name in ("memory", "handles", "store", "output") if len(samples) > 3 else ():
        print(f"{name} per 1,000 passes, second half: {slope(samples, name):+.1f}")


if __name__ == "__main__":
    main()
