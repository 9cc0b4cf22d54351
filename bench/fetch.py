"""Times one request of aggregator's client beside `httpx.Client` and `httpx.AsyncClient`, over a bare server on loopback.

    ./do python bench/fetch.py
    ./do python bench/fetch.py --requests 1000 --rounds 9

One after the other over a kept connection, for a 304 and for a body of 30 kB. Each row: µs of CPU and of wall time a request
(medians of the rounds, in which the three take turns; the server is a process of its own and does not count), and how many
times ours that is.
"""

import argparse
import asyncio
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import httpx

from aggregator.fetch import client
from aggregator.model import Limits, Validators

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


async def timed(ask: Callable[[], Awaitable[object]], requests: int) -> tuple[float, float]:
    wall, cpu = time.perf_counter(), time.process_time()
    for _ in range(requests):
        await ask()
    return (time.process_time() - cpu) / requests * 1e6, (time.perf_counter() - wall) / requests * 1e6


async def compared(url: str, requests: int, rounds: int) -> None:
    known, now, headers = Validators(etag='"1"'), datetime.now(UTC), {"If-None-Match": '"1"'}
    async with client.opened(Limits(), user_agent="bench") as ours, httpx.AsyncClient(headers=headers) as theirs:
        plain = httpx.Client(headers=headers)
        ways = {
            "aggregator": lambda: ours.fetch(url, validators=known, private_network=True, now=now),
            "httpx.Client": lambda: asyncio.sleep(0, plain.get(url)),
            "httpx.AsyncClient": lambda: theirs.get(url),
        }
        print(url[-3:], "by", *(type(await ask()).__name__ for ask in ways.values()))
        found = [[await timed(ask, requests) for ask in ways.values()] for _ in range(rounds)]
    rows = [[statistics.median(column) for column in zip(*way, strict=True)] for way in zip(*found, strict=True)]
    for name, (cpu, wall) in zip(ways, rows, strict=True):
        print(
            f"  {name:<18} {cpu:>6.0f} {wall:>8.0f}    {cpu / rows[0][0]:>5.2f} {wall / rows[0][1]:>5.2f}", flush=True
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--requests", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--serve", action="store_true", help="be the server")
    wanted = parser.parse_args()
    if wanted.serve:
        asyncio.run(serve())
    with subprocess.Popen([sys.executable, __file__, "--serve"], stdout=subprocess.PIPE, text=True) as server:
        port = int(server.stdout.readline())
        print(f"  {'µs a request':<18} {'cpu':>6} {'wall':>8}    {'times ours':>10}")
        for path in ("/304", "/30k"):
            asyncio.run(compared(f"http://127.0.0.1:{port}{path}", wanted.requests, wanted.rounds))
        server.terminate()
