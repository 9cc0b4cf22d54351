"""Times the WebSub worker: a round in which there is nothing to do, and one changed feed on its way to its subscribers.

    ./do python -m bench.websub

Idle: CPU ms of a round with an empty store, then with 10,000 subscribers of 200 feeds and 1,000 subscriptions of our own. Busy: a
document of 50 kB for 1,000 subscribers at 100 hosts (one process on loopback that reads and says 200), each with a signature:
seconds, deliveries a second, peak memory. The deliveries are counted where they arrive.
"""

import asyncio
import multiprocessing
import resource
import tempfile
import time
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path

from aggregator.config import load
from aggregator.model import HubLink, Intent, Mode, Push, PushState, SourceState, SourceUpdate
from aggregator.store import connect
from aggregator.store.connect import Store
from aggregator.web import published
from aggregator.web.site import Site
from aggregator.web.websub.worker import Worker

NOW = datetime(2026, 10, 12, tzinfo=UTC)
SOURCES, FEEDS, SUBSCRIBERS, HOSTS, DELIVERED = 1_000, 200, 10_000, 100, 1_000
DOCUMENT = b"x" * 50_000
BASE = "https://news.example/"


def site(folder: Path) -> Site:
    (folder / "config").mkdir()
    (folder / "public/feeds").mkdir(parents=True)
    (folder / "config/aggregator.yaml").write_text(
        f"base_url: {BASE}\ntitle: N\nwebsub: {{hub: true, subscribe: true, private_callbacks: true}}\n"
    )
    sources = "".join(f"  - {{id: s{n}, name: S, url: 'https://s{n}.example/'}}\n" for n in range(SOURCES))
    (folder / "config/sources.yaml").write_text(f"sources:\n{sources}")
    config = load.load(folder / "config", environment={})
    store_url = f"sqlite:///{folder / 'aggregator.sqlite'}"
    return Site(config=config, output=folder / "public", store_url=store_url, clock=lambda: NOW)


def subscribe(store: Store, topic: str, callback: str, host: str) -> None:
    intent = Intent(
        mode=Mode.SUBSCRIBE, topic=topic, callback=callback, host=host, lease=1, secret="s", asked=NOW, next_try=NOW
    )
    store.websub.subscribe(intent, expires=NOW + timedelta(days=9), delivered="", now=NOW)


def idle(where: Site, rounds: int) -> float:
    worker = Worker(where, published.TYPES)

    async def ticks(number: int) -> None:
        for _ in range(number):
            await worker.tick()

    async def measured() -> float:
        await ticks(1)
        began = time.process_time()
        await ticks(rounds)
        return (time.process_time() - began) / rounds * 1_000

    return asyncio.run(measured())


class Reader(asyncio.Protocol):
    """Reads requests with a body and says 200 to each."""

    taken = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport, self.left, self.head = transport, -1, b""

    def data_received(self, data: bytes) -> None:
        if self.left < 0:
            self.head += data
            head, found, data = self.head.partition(b"\r\n\r\n")
            if not found:
                return
            self.left = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
        self.left -= len(data)
        if self.left == 0:
            Reader.taken += 1
            self.transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")


def read(pipe: Connection) -> None:
    async def serve() -> None:
        server = await asyncio.get_running_loop().create_server(Reader, "0.0.0.0", 0)
        pipe.send(server.sockets[0].getsockname()[1])
        await asyncio.to_thread(pipe.recv)
        pipe.send(Reader.taken)

    asyncio.run(serve())


def busy(where: Site) -> None:
    ours, theirs = multiprocessing.Pipe()
    reader = multiprocessing.Process(target=read, args=(theirs,))
    reader.start()
    port = ours.recv()
    (where.output / "feeds/all.atom").write_bytes(DOCUMENT)
    with connect.opened(where.store_url) as store:
        for number in range(DELIVERED):
            host = f"127.0.1.{number % HOSTS + 1}"
            subscribe(store, f"{BASE}feeds/all.atom", f"http://{host}:{port}/{number}", host)
    worker = Worker(where, published.TYPES)

    async def all_of_it() -> None:
        await worker.tick()
        while worker.busy:
            await worker.tick()

    began, used = time.perf_counter(), time.process_time()
    asyncio.run(all_of_it())
    seconds, used = time.perf_counter() - began, time.process_time() - used
    ours.send("how many?")
    taken = ours.recv()
    reader.join()
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_000
    print(
        f"delivered {taken} in {seconds:.1f} s: {taken / seconds:.0f} a second, {used / taken * 1_000:.1f} ms of CPU each"
    )
    print(f"peak memory {memory:.0f} MB")


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        where = site(Path(name))
        print(f"idle, nothing stored: {idle(where, 100):.1f} ms of CPU a round")
        feeds = [feed.id for feed in where.config.feeds[1 : FEEDS + 1]]
        with connect.opened(where.store_url) as store:
            link = HubLink("https://hub.example/", "t")
            store.commit_all([SourceUpdate(state=SourceState(source_id=f"s{n}", hub=link)) for n in range(SOURCES)])
            day = timedelta(days=1)
            store.websub.put(
                [
                    Push(
                        token=f"t{n}", source_id=f"s{n}", hub=link.hub, topic="t", secret="x", state=PushState.LIVE,
                        asked=NOW, expires=NOW + 2 * day, next_try=NOW + day,
                    )
                    for n in range(SOURCES)
                ]
            )  # fmt: skip
            for number in range(SUBSCRIBERS):
                topic = f"{BASE}feeds/{feeds[number % FEEDS]}.atom"
                subscribe(store, topic, f"https://r{number}.example/", f"r{number}.example")
        print(f"idle, {SUBSCRIBERS:,} subscribers, {SOURCES:,} subscriptions: {idle(where, 50):.1f} ms of CPU a round")
        busy(where)


if __name__ == "__main__":
    main()
