"""The application on a real socket, behind the server that `serve` uses."""

import asyncio
import contextlib
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from aggregator.web import server
from aggregator.web.front import Front
from aggregator.web.published import Shelf


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes


class Counting(Front):
    """Notes what it is asked by uvicorn, which is what is not answered before."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.asked: list[str] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.asked.append(scope["path"])
        await super().__call__(scope, receive, send)


class Served(NamedTuple):
    port: int
    output: Path
    front: Counting
    fast: bool

    def put(self, name: str, content: bytes) -> None:
        """As the publisher does: a file is replaced whole."""
        path = self.output / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.with_name("new").write_bytes(content)
        path.with_name("new").replace(path)

    def get(self, path: str, method: str = "GET", **headers: str) -> Answer:
        lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
        return self.raw(f"{method} {path} HTTP/1.1\r\nHost: x\r\n{lines}\r\n".encode())

    def raw(self, request: bytes) -> Answer:
        """One request on a connection of its own, byte for byte."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as connection:
            connection.sendall(request)
            return read(connection, head=request.startswith(b"HEAD"))


def read(connection: socket.socket, *, head: bool = False) -> Answer:
    came = b""
    while b"\r\n\r\n" not in came:
        part = connection.recv(65536)
        if not part:
            return Answer(0, {}, came)
        came += part
    top, _, body = came.partition(b"\r\n\r\n")
    first, *lines = top.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    status = int(first.split()[1])
    length = 0 if head or status in {204, 304} else int(headers.get("content-length", 0))
    while len(body) < length:
        body += connection.recv(65536)
    return Answer(status, headers, body)


async def _hello(_: object) -> PlainTextResponse:
    return PlainTextResponse("hello\n")


@pytest.fixture(scope="module", params=["uvloop and httptools", "asyncio and h11"])
def served(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The application over an output directory; both ways give the same answers."""
    fast = request.param.startswith("uvloop")
    output = tmp_path_factory.mktemp("served") / "public"
    output.mkdir()
    front = Counting(Shelf(output), Starlette(routes=[Route("/hello", _hello)]))
    http = server.protocol() if fast else "h11"
    config = uvicorn.Config(
        front, port=0, http=http, ws="none", lifespan="off", log_config=None, server_header=False, proxy_headers=False
    )  # fmt: skip
    one = uvicorn.Server(config)
    one.capture_signals = contextlib.nullcontext  # type: ignore[method-assign]
    thread = threading.Thread(target=_run, args=(one, fast), daemon=True)
    thread.start()
    while not one.started:
        thread.join(0.01)
    yield Served(one.servers[0].sockets[0].getsockname()[1], output, front, fast)
    one.should_exit = True
    thread.join(10)


def _run(one: uvicorn.Server, fast: bool) -> None:
    with asyncio.Runner(loop_factory=server.event_loop() if fast else asyncio.new_event_loop) as runner:
        runner.run(one.serve())
