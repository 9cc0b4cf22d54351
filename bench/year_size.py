"""How large store and output become in a year of 73 sources.

    ./do python -m bench.year_size                 a pass a day, everything kept
    ./do python -m bench.year_size --days 90 --keep 45

The publishers are those of bench/years.py with all that they post (six portals post twenty-five items a day), asked over HTTP; a
text has 320 words, nothing is carried by a second source and nothing fails: each item is a story with a page of its own. A row
every thirty days.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import threading
import time
from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from aggregator.config import load
from aggregator.passes import one_pass
from aggregator.store import connect
from bench import years
from bench.feeds_server import prose
from bench.years import DAY, HOUR, Place

ROW = 30  # days


class Publishers(ThreadingHTTPServer):
    """`/<source>`: what that publisher shows at `now`."""

    def __init__(self, places: Sequence[Place]) -> None:
        super().__init__(("127.0.0.1", 0), _Answers)
        self.places = {place.source.id: (number, place) for number, place in enumerate(places)}
        self.now = years.START

    def feed(self, name: str) -> bytes:
        number, place = self.places[name]
        until = bisect_right(place.posts, self.now)
        newest = range(until - 1, max(until - place.manner.window, 0) - 1, -1)
        entries = "".join(self.entry(name, number * 100_000 + each, place.posts[each]) for each in newest)
        return f"<rss version='2.0'><channel><title>{name}</title>{entries}</channel></rss>".encode()

    def entry(self, name: str, seed: int, at: datetime) -> str:
        return (
            f"<item><title>{prose(seed, 8)}</title><link>https://{name}.example/{seed}</link><guid>{name}-{seed}</guid>"
            f"<description>{prose(seed + 7, 320)}</description><pubDate>{format_datetime(at)}</pubDate></item>"
        )


class _Answers(BaseHTTPRequestHandler):
    server: Publishers

    def do_GET(self) -> None:
        body = self.server.feed(self.path.strip("/"))
        self.send_response(200)
        self.send_header("Content-Type", "application/rss+xml")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Says nothing."""


def configured(folder: Path, port: int, places: Sequence[Place], keep: int | None) -> None:
    taxonomy = Path(__file__).parent.parent / "config" / "clusters.yaml"
    (folder / "clusters.yaml").write_bytes(taxonomy.read_bytes())
    (folder / "aggregator.yaml").write_text(
        "base_url: https://news.example/\ntitle: News\nlimits: {gap: 0s, per_host: 20, concurrency: 20}\n"
        + (f"retention: {{days: {keep}}}\n" if keep else "")
    )
    rows = [
        f"  - {{id: {place.source.id}, name: {place.source.id}, url: 'http://127.0.0.1:{port}/{place.source.id}', "
        "language: de, interval: 20h, private_network: true, robots: ignore, full_text: never}"
        for place in places
    ]
    (folder / "sources.yaml").write_text("sources:\n" + "\n".join(rows) + "\n")


def row(day: int, folder: Path, counts: dict[str, int], seconds: Sequence[float]) -> None:
    store = sum(path.stat().st_size for path in folder.glob("store.sqlite*"))
    sizes = [path.stat() for path in (folder / "public").rglob("*") if path.is_file()]
    output = sum(size.st_size for size in sizes)
    print(
        f"{day:>5} {counts['items']:>8} {counts['stories']:>8} {store / 1e6:>9.1f} {store / counts['items'] * 1000 / 1e6:>11.1f} "
        f"{output / 1e6:>10.1f} {len(sizes):>7} {sorted(seconds)[len(seconds) // 2]:>7.1f}",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--keep", type=int, help="days; everything without")
    given = parser.parse_args()
    places = years.year(1).places
    server = Publishers(places)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print("  day    items  stories  store MB  MB a 1,000  output MB   files  s/pass")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        configured(folder, server.server_port, places, given.keep)
        config = load.load(folder, environment={})
        seconds: list[float] = []
        for day in range(1, given.days + 1):
            server.now = years.START + day * DAY + 12 * HOUR
            began = time.perf_counter()
            with connect.opened(f"sqlite:///{folder}/store.sqlite") as store:
                asyncio.run(one_pass.run(config, store, folder / "public", now=server.now))
                counts = store.counts()
            seconds.append(time.perf_counter() - began)
            if day % ROW == 0 or day == given.days:
                row(day, folder, counts, seconds[-ROW:])


if __name__ == "__main__":
    main()
