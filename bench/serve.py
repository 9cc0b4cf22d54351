"""Requests per second and 99th percentile of a feed under 200 connections, beside nginx serving the same bytes in the same run.

    ./do python bench/serve.py            6 rounds of 2 s for each row
    ./do python bench/serve.py 10 3       10 rounds of 3 s

Needs nginx on the path; asks with wrk where it is there (its own core is then never the bottleneck), else with a client of its
own, which is slower than nginx. Both servers are one process, pinned to the first core, the client to the others; they are
asked in turn, and the ratio is the median of the rounds' ratios. "µs each" is the server's processor time for one answer, with
nginx's and their ratio: the figure to look at on a machine that has other work.
"""

import asyncio
import gzip
import json
import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from feeds_server import prose

from aggregator.web import coding

ROUNDS = int(sys.argv[1]) if len(sys.argv) > 1 else 6
SECONDS = int(sys.argv[2]) if len(sys.argv) > 2 else 2
CONNECTIONS = 200
STORIES = 100
NGINX = shutil.which("nginx") or shutil.which("/usr/sbin/nginx")
WRK = shutil.which("wrk")


class Server(NamedTuple):
    port: int
    process: int


class Measured(NamedTuple):
    rate: float  # answers per second
    p99: float  # ms
    cost: float  # µs of the server's processor time for one answer: what other work on the machine does not change


def feed() -> bytes:
    """An Atom feed of 100 stories with an excerpt of 400 characters each, as press publishers allow it."""
    entries = "".join(
        f"<entry><id>tag:bench.example,2026:story/{n}</id><title>{prose(n, 9)}</title>"
        f"<updated>2026-11-20T10:{n % 60:02}:00Z</updated>"
        f'<link href="https://bench.example/{n}"/><summary>{prose(n + 7, 55)}</summary></entry>\n'
        for n in range(STORIES)
    )
    head = "<feed xmlns='http://www.w3.org/2005/Atom'><id>tag:bench.example,2026:feed/all</id><title>Bench</title>"
    return f"<?xml version='1.0' encoding='UTF-8'?>\n{head}<updated>2026-11-20T10:59:00Z</updated>{entries}</feed>".encode()


# ------------------------------------------------------------------------------------------------------------- the servers


def pin(process: int, cores: set[int]) -> None:
    if hasattr(os, "sched_setaffinity") and len(os.sched_getaffinity(0)) > 1:
        os.sched_setaffinity(process, cores)


def ended(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGTERM)
    process.wait(10)


@contextmanager
def ours(folder: Path, content: bytes) -> Iterator[Server]:
    """`aggregator serve` with nothing to fetch; the feed is put over the empty one that its first pass wrote."""
    (folder / "config").mkdir()
    (folder / "config/aggregator.yaml").write_text(
        "base_url: https://bench.example/\ntitle: Bench\ncontact: a@b.example\n"
    )
    (folder / "config/sources.yaml").write_text(
        "sources:\n  - {id: one, name: One, url: 'https://127.0.0.1:9/', interval: 24h}\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-m", "aggregator", "--log-format", "json", "serve", "--port", "0"],
        cwd=folder, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert process.stderr is not None
        told = next(json.loads(line) for line in process.stderr if "service.listening" in line)
        while not (folder / "public/feeds.opml").is_file():
            time.sleep(0.1)
        time.sleep(1)
        new = folder / "public/feeds/new"
        new.write_bytes(content)
        new.replace(folder / "public/feeds/all.atom")
        pin(process.pid, {0})
        yield Server(int(told["url"].rstrip("/").rpartition(":")[2]), process.pid)
    finally:
        ended(process)


@contextmanager
def nginx(folder: Path, content: bytes) -> Iterator[Server]:
    assert NGINX is not None, "nginx is not on the path"
    port = free_port()
    (folder / "root/feeds").mkdir(parents=True)
    (folder / "root/feeds/all.atom").write_bytes(content)
    (folder / "root/feeds/all.atom.gz").write_bytes(gzip.compress(content, 9))
    (folder / "nginx.conf").write_text(f"""
        daemon off; master_process off; worker_processes 1; pid {folder}/pid; error_log stderr crit;
        events {{ worker_connections 1024; }}
        http {{
          access_log off; sendfile on; tcp_nopush on; gzip off; keepalive_requests 100000000; open_file_cache max=100;
          client_body_temp_path {folder}/a; proxy_temp_path {folder}/b; fastcgi_temp_path {folder}/c;
          uwsgi_temp_path {folder}/d; scgi_temp_path {folder}/e;
          types {{ application/atom+xml atom; }}
          server {{ listen 127.0.0.1:{port}; root {folder}/root; gzip_static on; }}
        }}""")
    process = subprocess.Popen([NGINX, "-c", str(folder / "nginx.conf"), "-p", str(folder)], text=True)
    try:
        time.sleep(0.5)
        pin(process.pid, {0})
        yield Server(port, process.pid)
    finally:
        ended(process)


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


# -------------------------------------------------------------------------------------------------------------- the client


def measure(server: Server, headers: dict[str, str]) -> Measured:
    before, started = processor(server.process), time.perf_counter()
    rate, p99 = by_wrk(server.port, headers) if WRK else asyncio.run(by_hand(server.port, headers))
    answers = rate * (time.perf_counter() - started)
    return Measured(rate, p99, (processor(server.process) - before) / answers * 1e6)


def processor(process: int) -> float:
    """Seconds of processor time so far; 0 where there is no /proc."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def by_wrk(port: int, headers: dict[str, str]) -> tuple[float, float]:
    given = [part for name, value in headers.items() for part in ("-H", f"{name}: {value}")]
    url = f"http://127.0.0.1:{port}/feeds/all.atom"
    command = [str(WRK), "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", "--latency", "--timeout", "10s", *given, url]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "Non-2xx or 3xx" not in said, said
    assert "Socket errors" not in said, said
    rate = re.search(r"Requests/sec:\s+([\d.]+)", said)
    p99 = re.search(r"99%\s+([\d.]+)(us|ms|s)", said)
    assert rate, said
    assert p99, said
    return float(rate[1]), float(p99[1]) * {"us": 0.001, "ms": 1, "s": 1000}[p99[2]]


async def by_hand(port: int, headers: dict[str, str]) -> tuple[float, float]:
    """Counts bytes: all answers to the same question are equally long."""
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    request = f"GET /feeds/all.atom HTTP/1.1\r\nHost: 127.0.0.1\r\n{lines}\r\n".encode()
    length, took = await answered(port, request), []
    end = time.perf_counter() + SECONDS

    async def client() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**20)
        while (started := time.perf_counter()) < end:
            writer.write(request)
            await reader.readexactly(length)
            took.append(time.perf_counter() - started)
        writer.close()

    await asyncio.gather(*(client() for _ in range(CONNECTIONS)))
    return len(took) / SECONDS, sorted(took)[len(took) * 99 // 100] * 1000


async def answered(port: int, request: bytes) -> int:
    """How many bytes one answer has, headers and all."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    head = await reader.readuntil(b"\r\n\r\n")
    writer.close()
    length = re.search(rb"(?i)content-length: (\d+)", head)
    return len(head) + (int(length[1]) if length else 0)


def etag(port: int) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/feeds/all.atom") as answer:
        found: str = answer.headers["ETag"]
    return found


# ---------------------------------------------------------------------------------------------------------------- the rows


def main() -> None:
    content = feed()
    print(
        f"{STORIES} stories, {len(content):,} bytes; {CONNECTIONS} connections, {ROUNDS} rounds of {SECONDS} s, ",
        end="",
    )
    print("asked by wrk" if WRK else "asked by a Python client (slower than nginx: the ratios flatter us)")
    for name in coding.CODINGS:
        started = time.perf_counter()
        size = len(coding.encoded(content, name))
        took = (time.perf_counter() - started) * 1000
        print(f"  {name}: {size:,} bytes, {size / len(content):.0%}, {took:.1f} ms, once a version")
    pin(0, set(range(1, os.cpu_count() or 1)))
    with (
        tempfile.TemporaryDirectory() as one,
        tempfile.TemporaryDirectory() as two,
        ours(Path(one), content) as we,
        nginx(Path(two), content) as it,
    ):
        rows = {
            "200": ({}, {}),
            "200 gzip": ({"Accept-Encoding": "gzip"},) * 2,
            "304": ({"If-None-Match": etag(we.port)}, {"If-None-Match": etag(it.port)}),
        }
        ours_head, its_head = f"{'ours':>10}{'p99':>9}", f"{'nginx':>12}{'p99':>9}"
        print(f"{'':10}{ours_head}{its_head}{'ratio (least, most)':>26}{'µs each':>12}{'nginx':>7}{'ratio':>7}")
        for row, (our_headers, its_headers) in rows.items():
            print(line(row, [(measure(we, our_headers), measure(it, its_headers)) for _ in range(ROUNDS)]))


def line(row: str, pairs: list[tuple[Measured, Measured]]) -> str:
    ratios = [our.rate / its.rate for our, its in pairs]
    costs = [its.cost / our.cost for our, its in pairs if our.cost]
    middle = statistics.median
    our, its = ([pair[side] for pair in pairs] for side in (0, 1))
    return (
        f"{row:10}{middle(m.rate for m in our):10,.0f}{middle(m.p99 for m in our):7.1f}ms"
        f"{middle(m.rate for m in its):12,.0f}{middle(m.p99 for m in its):7.1f}ms"
        f"{middle(ratios):12.2f} ({min(ratios):.2f}, {max(ratios):.2f})"
        f"{middle(m.cost for m in our):12.1f}{middle(m.cost for m in its):7.1f}{middle(costs or [0.0]):7.2f}"
    )


if __name__ == "__main__":
    main()
