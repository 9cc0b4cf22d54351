"""What reading a document in a process of its own costs: milliseconds here, and through the sandbox, for the same documents.

`./do python -m bench.sandbox`; the first line is what starting such a process and reading a first document takes.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable

from aggregator.model import Document, Hints, Limits
from aggregator.parse import document
from aggregator.passes import sandbox
from tests.servers.hostile import documents

HINTS = Hints(url="https://news.example/feed")
ENTRIES = (1, 20, 100, 1000)
NOTHING = frozenset[str]()


async def compared(
    work: Callable[[], object], boxed: Callable[[], Awaitable[object]], times: int
) -> tuple[float, float]:
    """Medians in milliseconds; in turns, so that whatever else the machine does befalls both."""
    taken: tuple[list[float], list[float]] = ([], [])
    for _ in range(times):
        started = time.perf_counter()
        work()
        between = time.perf_counter()
        await boxed()
        taken[0].append((between - started) * 1000)
        taken[1].append((time.perf_counter() - between) * 1000)
    return statistics.median(taken[0]), statistics.median(taken[1])


async def main() -> None:
    async with sandbox.opened(Limits(), workers=1) as box:
        started = time.perf_counter()
        await box.read(documents.feed("first", 1), HINTS)
        print(f"start and first document {(time.perf_counter() - started) * 1000:.0f} ms")
        print(f"{'entries':>7} {'kB':>5} {'':<6} {'here ms':>8} {'sandbox ms':>10} {'more ms':>8}")
        for entries in ENTRIES:
            body = documents.feed("amt", entries)
            times = max(5, 400 // entries)
            read = document.read(body, HINTS)
            assert isinstance(read, Document)
            stored = frozenset(entry.fingerprint for entry in read.entries)
            for name, known in (("new", NOTHING), ("known", stored)):
                alone, boxed = await compared(
                    lambda body=body, known=known: document.read(body, HINTS, known),
                    lambda body=body, known=known: box.read(body, HINTS, known),
                    times,
                )
                print(
                    f"{entries:>7} {len(body) / 1000:>5.0f} {name:<6} {alone:>8.2f} {boxed:>10.2f} {boxed - alone:>8.2f}"
                )


if __name__ == "__main__":
    asyncio.run(main())
