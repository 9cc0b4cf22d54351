"""`./do python -m tests.faults.soak [--passes 2000]`: a service's work of months in minutes.

Twenty sources whose feeds slide on (every tenth pass a new item, now and then a correction or an error), passes six hours apart
by a clock of our own, in one process as the service runs them, retention of sixty days. Told: memory, handles, sizes of store and
output, and the slopes of their second half.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import multiprocessing
import os
import tempfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NamedTuple

from aggregator.config import load
from aggregator.passes import one_pass
from aggregator.store import connect
from tests.faults.world import entry
from tests.servers.local_world import LocalServer, Reply, Seen

START = datetime(2026, 1, 5, 6, tzinfo=UTC)
STEP = timedelta(hours=6)
SOURCES = 20
SHOWN = 10  # items in a feed


class Sample(NamedTuple):
    """After so many passes: resident memory and sizes in kilobytes, open handles, items in the store."""

    passes: int
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
                yield _sample(folder, number, items)
        here.send(-1)
    finally:
        sources.join(5)
        sources.kill()


def _configured(folder: Path, server: str) -> Path:
    (folder / "aggregator.yaml").write_text(
        "base_url: https://news.example/\ntitle: News\nlimits: {gap: 0s, per_host: 20}\nretention: {days: 60}\n"
    )
    rows = [
        f"  - {{id: q{source}, name: Quelle {source}, url: '{server}{source}', interval: 6h, private_network: true, "
        "robots: ignore, full_text: never}"
        for source in range(SOURCES)
    ]
    (folder / "sources.yaml").write_text("sources:\n" + "\n".join(rows) + "\n")
    return folder


def _sample(folder: Path, number: int, items: int) -> Sample:
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    files = [path for path in (folder / "public").rglob("*") if path.is_file()]
    return Sample(
        passes=number,
        memory=pages * os.sysconf("SC_PAGE_SIZE") // 1024,
        handles=sum(1 for _ in Path("/proc/self/fd").iterdir()),
        store=sum(path.stat().st_size for path in folder.glob("store.sqlite*")) // 1024,
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
    parser.add_argument("--every", type=int, default=50)
    given = parser.parse_args()
    samples = []
    print(" passes  memory kB  handles  store kB  output kB  items", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        for one in soak(Path(folder), given.passes, given.every):
            samples.append(one)
            print("{:7} {:10} {:8} {:9} {:10} {:6}".format(*one), flush=True)
    for name in ("memory", "handles", "store", "output"):
        print(f"{name} per 1,000 passes, second half: {slope(samples, name):+.1f}")


if __name__ == "__main__":
    main()
