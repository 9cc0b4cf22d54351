"""A real HTTP server on loopback whose answers a test writes down: well-behaved, slow, endless or broken to the byte.

`with LocalServer() as server:` then `server.reply("/feed", body)`, `server.url("/feed")`, `server.count("/feed")`. What a path
was not told to answer is a 404.
"""

from __future__ import annotations

import socket
import ssl
import struct
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from types import TracebackType


@dataclass(frozen=True, kw_only=True)
class Seen:
    """A request as it came; header names in lower case. `connection` counts the connections of the server from 1."""

    method: str
    path: str
    headers: Mapping[str, str]
    connection: int
    body: bytes = b""


@dataclass(frozen=True, kw_only=True)
class Reply:
    """An answer. `body` in pieces is sent piece by piece and chunked, unless a Content-Length is among the headers."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | Iterable[bytes] = b""


@dataclass(frozen=True, kw_only=True)
class Raw:
    """Bytes (or pieces of them) as they are; the connection is closed after them, with RST when `reset`."""

    content: bytes | Iterable[bytes]
    reset: bool = False


Answer = Reply | Raw
Script = Callable[[Seen], Answer]


class LocalServer:
    """One port (0: a free one) of 127.0.0.1, a thread a connection."""

    def __init__(
        self, *, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1", port: int = 0, greeting: bytes = b""
    ) -> None:
        self.requests: list[Seen] = []
        self.most_at_once = 0
        self.closing = threading.Event()
        self._tls = tls
        self._greeting = greeting
        self._scripts: dict[str, Script] = {}
        self._working = 0
        self._lock = threading.Condition()
        self._peers: list[tuple[str, int]] = []
        self._knocks: set[tuple[str, int]] = set()
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._listening = socket.create_server((host, port), backlog=256)
        self.host, self.port = host, int(self._listening.getsockname()[1])

    def __enter__(self) -> LocalServer:
        self._start(self._accept)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.closing.set()
        self._listening.shutdown(socket.SHUT_RDWR)  # `close` alone does not wake the thread that accepts
        self._listening.close()
        with self._lock:
            for connection in self._open:
                _shut(connection)
        for thread in self._threads:
            thread.join(5)

    # ------------------------------------------------------------------------------------------------- what a test says

    def url(self, path: str = "/", *, host: str | None = None) -> str:
        return f"{'https' if self._tls else 'http'}://{host or self.host}:{self.port}{path}"

    def reply(
        self,
        path: str,
        body: bytes | Iterable[bytes] = b"",
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """The same answer every time. `body` may be a list of pieces; a generator would be empty the second time."""
        self.script(path, lambda _: Reply(status=status, headers=headers or {}, body=body))

    def raw(self, path: str, content: bytes | Iterable[bytes], *, reset: bool = False) -> None:
        self.script(path, lambda _: Raw(content=content, reset=reset))

    def script(self, path: str, script: Script | Sequence[Answer]) -> None:
        """Answers computed from the request, or in turn (the last one stays). `path` is compared with its query, then without."""
        self._scripts[path] = script if callable(script) else _in_turn(script)

    def drip(self, piece: bytes, *, pause: float = 0.02) -> Iterator[bytes]:
        """The piece again and again until the server ends; with `pause` 0 as fast as it goes."""
        while not self.closing.wait(pause) if pause else not self.closing.is_set():
            yield piece

    # --------------------------------------------------------------------------------------------------- what it has seen

    @property
    def connections(self) -> int:
        """How many connections have come. Knocks itself first: whoever came before stands before it in the queue."""
        with socket.create_connection((self.host, self.port)) as knock, self._lock:
            here = knock.getsockname()
            self._knocks.add(here)
            assert self._lock.wait_for(lambda: here in self._peers, 5)
            return sum(peer not in self._knocks for peer in self._peers)

    def idle(self, seconds: float = 2.0) -> bool:
        """Whether every connection ends within that time."""
        with self._lock:
            return self._lock.wait_for(lambda: not self._open, seconds)

    def count(self, path: str | None = None) -> int:
        return len(self.requests) if path is None else self.paths()[path]

    def paths(self) -> Counter[str]:
        return Counter(seen.path for seen in self.requests)

    def last(self, path: str) -> Seen:
        return [seen for seen in self.requests if seen.path == path][-1]

    # ------------------------------------------------------------------------------------------------------ how it serves

    def _start(self, work: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=work, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self.closing.is_set():
            try:
                connection, peer = self._listening.accept()
            except OSError:
                return
            connection.settimeout(10)  # no thread of ours outlives a test that forgot it
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                self._peers.append(peer)
                number = len(self._peers)
                self._open.add(connection)
                self._lock.notify_all()
            self._start(self._serve, connection, number)

    def _serve(self, plain: socket.socket, number: int) -> None:
        connection = plain
        try:
            if self._greeting:
                plain.sendall(self._greeting)
            if self._tls:
                connection = self._tls.wrap_socket(plain, server_side=True)
                with self._lock:
                    self._open.discard(plain)
                    self._open.add(connection)
            while (seen := _request(connection, number)) and self._answer(connection, seen):
                pass
        except OSError:
            pass  # the other side went away: its good right
        finally:
            with self._lock:
                self._open.discard(connection)
                self._lock.notify_all()
            connection.close()

    def _answer(self, connection: socket.socket, seen: Seen) -> bool:
        """Whether the connection may serve another request."""
        with self._lock:
            self.requests.append(seen)
            self._working += 1
            self.most_at_once = max(self.most_at_once, self._working)
        try:
            script = self._scripts.get(seen.path) or self._scripts.get(seen.path.partition("?")[0])
            answer = script(seen) if script else Reply(status=404)
        finally:  # before the answer goes out: who has it may ask again at once
            with self._lock:
                self._working -= 1
        _send(connection, answer.content if isinstance(answer, Raw) else _written(answer))
        if isinstance(answer, Raw):
            if answer.reset:  # SO_LINGER with no time: RST instead of FIN
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return False
        return seen.headers.get("connection", "").lower() != "close"


def _in_turn(answers: Sequence[Answer]) -> Script:
    waiting = list(answers)
    return lambda _: waiting.pop(0) if len(waiting) > 1 else waiting[0]


def _request(connection: socket.socket, number: int) -> Seen | None:
    """The next request, None at the end."""
    received = b""
    while b"\r\n\r\n" not in received:
        more = connection.recv(65_536)
        if not more:
            return None
        received += more
    head, _, body = received.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    method, path, _ = first.split(" ", 2)
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    while len(body) < int(headers.get("content-length", "0")):
        more = connection.recv(65_536)
        if not more:
            return None
        body += more
    return Seen(method=method, path=path, headers=headers, connection=number, body=body)


def _written(reply: Reply) -> Iterator[bytes]:
    headers = dict(reply.headers)
    names = {name.lower() for name in headers}
    whole = isinstance(reply.body, bytes)
    chunked = not whole and "content-length" not in names
    if chunked:
        headers["Transfer-Encoding"] = "chunked"
    elif whole and "content-length" not in names and reply.status not in {204, 304}:
        headers["Content-Length"] = str(len(reply.body))
    try:
        phrase = HTTPStatus(reply.status).phrase
    except ValueError:
        phrase = "Whatever"
    lines = [f"HTTP/1.1 {reply.status} {phrase}", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
    yield "\r\n".join(lines).encode("latin-1")
    if whole:
        yield reply.body  # type: ignore[misc]
        return
    for piece in reply.body:
        yield b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece
    if chunked:
        yield b"0\r\n\r\n"


def _send(connection: socket.socket, content: bytes | Iterable[bytes]) -> None:
    for piece in [content] if isinstance(content, bytes) else content:
        connection.sendall(piece)


def _shut(connection: socket.socket) -> None:
    with suppress(OSError):  # gone already
        connection.shutdown(socket.SHUT_RDWR)
