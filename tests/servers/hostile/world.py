"""All of it at once: every behaviour on an address of its own, the good ones among them, and the canary that nobody may reach.

Each source stands at its own 127.x.y.z, so that each is a host of its own: for the pace that hosts are asked at, and because
`private_network` opens a source's host and no other. The canary stands at 127.0.0.1 and ::1.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

from tests.servers.hostile import documents
from tests.servers.hostile.behaviour import OK, Behaviour, Stage
from tests.servers.hostile.contents import BEYOND, COMPRESSION, CONTENT, VICTIM
from tests.servers.hostile.redirects import REDIRECTS, SPELLINGS, SSRF
from tests.servers.hostile.statuses import GOOD, STATUS
from tests.servers.hostile.transport import TRANSPORT
from tests.servers.local_world import LocalServer

GROUPS: Mapping[str, tuple[Behaviour, ...]] = {
    "good and conditional": GOOD,
    "redirects": REDIRECTS,
    "SSRF": SSRF,
    "status": STATUS,
    "transport": TRANSPORT,
    "compression": COMPRESSION,
    "content": CONTENT,
}
BEHAVIOURS = tuple(behaviour for group in GROUPS.values() for behaviour in group)
GOOD_SOURCES = tuple(f"good-{number:02}" for number in range(1, 21))
GOOD_ITEMS = 10
assert VICTIM in GOOD_SOURCES


class Canary:
    """Listens at all given addresses on one port, answers a secret, and counts who connected."""

    def __init__(self, *addresses: str, port: int = 0) -> None:
        self.reached: list[str] = []
        self._listening: list[socket.socket] = []
        for address in addresses:
            # Looked up and not taken as written: fe80::1%lo has the number of its device in it
            [(family, *_, place)] = socket.getaddrinfo(address, port, type=socket.SOCK_STREAM)
            listening = socket.create_server(place[:4], family=family, backlog=64)
            port = port or int(listening.getsockname()[1])
            self._listening.append(listening)
        self.port = port

    def __enter__(self) -> Canary:
        for listening in self._listening:
            threading.Thread(target=self._accept, args=(listening,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        for listening in self._listening:
            listening.shutdown(socket.SHUT_RDWR)
            listening.close()

    def _accept(self, listening: socket.socket) -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            with connection:
                self.reached.append(str(connection.getsockname()[0]))
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\nINTERNAL-SECRET")


@dataclass(frozen=True, kw_only=True)
class Expected:
    """What must come of one source."""

    outcome: str  # OK or a class of failure
    items: int = 0


@dataclass(kw_only=True)
class World:
    """The servers that run, the rows for `sources.yaml`, and what must come of each."""

    canary: Canary
    servers: dict[str, LocalServer] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)
    expected: dict[str, Expected] = field(default_factory=dict)
    certificates: str = ""  # of the authority that signs for the TLS servers

    def add(self, name: str, url: str, expected: Expected, *, private: bool = True, more: str = "") -> None:
        keys = [f"id: '{name}', name: '{name}', url: '{url}', interval: 1s", more]
        keys.append("private_network: true" if private else "")
        self.sources[name] = f"{{{', '.join(filter(None, keys))}}}"
        self.expected[name] = expected


@contextmanager
def running(
    behaviours: Sequence[Behaviour] = (*BEHAVIOURS, *BEYOND), *, good: Sequence[str] = GOOD_SOURCES
) -> Iterator[World]:
    """The whole world on loopback."""
    with ExitStack() as stack:
        world = World(canary=stack.enter_context(Canary("127.0.0.1", "::1")))
        for number, name in enumerate(good, 1):
            server = stack.enter_context(LocalServer(host=f"127.0.3.{number}"))
            server.reply("/feed", documents.feed(name, GOOD_ITEMS))
            world.servers[name] = server
            home = f"homepage: 'https://{name}.example/'"
            world.add(name, server.url("/feed"), Expected(outcome=OK, items=GOOD_ITEMS), more=home)
        for number, behaviour in enumerate(behaviours, 1):
            server = stack.enter_context(LocalServer(host=f"127.0.1.{number}"))
            behaviour.serve(Stage(name=behaviour.name, server=server, canary_port=world.canary.port))
            world.servers[behaviour.name] = server
            expected = Expected(outcome=behaviour.expected, items=behaviour.items)
            world.add(behaviour.name, server.url("/feed"), expected)
        yield world


def table() -> str:
    """The behaviours as they stand in the documentation."""
    rows = ["| group | behaviour | a server that | what comes of it |", "|---|---|---|---|"]
    for group, behaviours in GROUPS.items():
        for row in behaviours:
            taken = f", {row.items} items" if row.items else ""
            rows.append(f"| {group} | `{row.name}` | {row.does} | `{row.expected}`{taken} |")
    return "\n".join(rows) + "\n"


def direct(world: World) -> None:
    """The canary as a source's own address, in every spelling that the configuration takes."""
    for name, spelling in SPELLINGS.items():
        if spelling.startswith("http:"):
            url = spelling.format(port=world.canary.port)
            outcome = "scheme" if name == "octal" else "blocked_address"
            world.add(f"direct-{name}", url, Expected(outcome=outcome), private=False)
