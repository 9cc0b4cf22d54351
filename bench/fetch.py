"""Times one request of aggregator's client beside `httpx.Client`, `httpx.AsyncClient` and the latter over aggregator's transport.

    ./do python bench/fetch.py

To a bare server on loopback, one after the other over a kept connection, for a 304 and for a body of 30 kB: µs of CPU and of wall
time (medians of rounds in which all take turns; the server's process does not count), and how many times ours that is.
"""

import asyncio
import atexit
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from statistics import median

import httpx

from aggregator.fetch import client, connections, dial, proxies, robots, targets
from aggregator.fetch.hosts import Hosts
from aggregator.model import Host, Limits, Validators

REQUESTS, ROUNDS = 300, 9
HEAD = b'Date: Mon, 12 Oct 2026 08:00:00 GMT\r\nServer: bench\r\nETag: "1"\r\n'
OK = b"HTTP/1.1 200 OK\r\n" + HEAD + b"Content-Type: text/xml\r\nContent-Length: 30000\r\n\r\n"
ANSWERS = {b"/304": b"HTTP/1.1 304 Not Modified\r\n" + HEAD + b"\r\n", b"/30k": OK + b"x" * 30_000}


class Server(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:  # a small request on loopback comes in one piece
        self.transport.write(ANSWERS[data.split(b" ", 2)[1]])


async def serve() -> None:
    server = await asyncio.get_running_loop().create_server(Server, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


async def timed(ask: Callable) -> tuple[float, float]:
    wall, cpu = time.perf_counter(), time.process_time()
    for _ in range(REQUESTS):
        await ask()
    return (time.process_time() - cpu) / REQUESTS * 1e6, (time.perf_counter() - wall) / REQUESTS * 1e6


async def compared(url: str) -> None:
    known, now, headers = Validators(etag='"1"'), datetime.now(UTC), {"If-None-Match": '"1"'}
    async with client.opened(Limits(), user_agent="bench") as ours, httpx.AsyncClient(headers=headers) as theirs:
        plain = httpx.Client(headers=headers)
        transport = connections.Transport(resolve=dial.SystemResolver(None), between=proxies.from_environment({}))
        over = httpx.AsyncClient(headers=headers, transport=transport)

        async def in_turn() -> httpx.Response:
            return plain.get(url)

        mine = partial(ours.fetch, url, validators=known, private_network=True, now=now)
        ways = {"aggregator": mine, "httpx.Client": in_turn, "httpx.AsyncClient": partial(theirs.get, url)}
        ways["  over our transport"] = partial(over.get, url, extensions={"private": True})
        answers = " ".join([type(await ask()).__name__ for ask in ways.values()])
        found = [[await timed(ask) for ask in ways.values()] for _ in range(ROUNDS)]
    rows = [[median(column) for column in zip(*way, strict=True)] for way in zip(*found, strict=True)]
    print(f"{url[-3:]}: {answers}\n  {'µs a request':<20} {'cpu':>6} {'wall':>8}    {'times ours':>11}")
    for name, (cpu, wall) in zip(ways, rows, strict=True):
        print(f"  {name:<20} {cpu:>6.0f} {wall:>8.0f}    {cpu / rows[0][0]:>5.2f} {wall / rows[0][1]:>5.2f}")


def robots_known() -> None:
    """What robots.txt costs a request whose verdict an earlier pass found."""
    target, now = targets.read("https://news.example/feed"), datetime.now(UTC)
    known = Host(origin=target.origin, robots_checked=now, robots_read=now, verdicts={"/feed": True})
    rules, rounds = robots.Robots(Hosts({target.origin: known})), []
    for _ in range(ROUNDS):
        started = time.process_time()
        for _ in range(10_000):
            assert not rules.due(target, now)
            assert rules.barred(target, now) is None
        rounds.append((time.process_time() - started) / 10_000 * 1e6)
    print(f"robots.txt, verdict known: {median(rounds):.1f} µs of CPU a request")


if __name__ == "__main__":
    if sys.argv[1:] == ["--serve"]:
        asyncio.run(serve())
    server = subprocess.Popen([sys.executable, __file__, "--serve"], stdout=subprocess.PIPE, text=True)
    atexit.register(server.terminate)
    base = f"http://127.0.0.1:{int(server.stdout.readline())}"
    for path in ANSWERS:
        asyncio.run(compared(base + path.decode()))
    robots_known()
