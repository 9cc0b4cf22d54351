"""A network that a server is not to lead anybody into, and names that lie: to be run in a network namespace of its own.

`unshare --net --mount python -m tests.servers.hostile.inner_network FOLDER` puts private and metadata addresses on the loopback
device, a canary on all of them, a resolver of its own on port 53; runs one pass over sources that want to get there by their own
address, by a redirect, by a name and by the links of their entries; and prints what came of it as JSON.
"""

from __future__ import annotations

import json
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from html import escape
from ipaddress import ip_address
from pathlib import Path

from tests.servers.hostile import documents, passing
from tests.servers.hostile.behaviour import OK
from tests.servers.hostile.world import Canary, Expected, World
from tests.servers.local_world import LocalServer

INNER = (
    "169.254.169.254",  # metadata of most clouds
    "169.254.170.2",  # credentials of containers at one of them
    "100.100.100.200",  # metadata of another
    "10.0.0.5",
    "172.16.0.9",
    "192.168.0.1",
    "100.64.0.1",  # carrier-grade NAT
    "192.0.0.192",
    "198.18.0.1",
    "127.0.0.1",
    "fd00::5",
    "fd00:ec2::254",  # metadata over IPv6
    "fe80::1",
    "::1",
)
OWN = "10.9.9.9"  # the one inner host that a source may stand at, and the proof that the canary counts
OUTER = "11.22.33.44"  # an address of the open internet, here one of our own servers
OUTER_PORT = 80


def main(folder: Path) -> None:
    _prepare(folder)
    with ExitStack() as stack:
        world = World(canary=stack.enter_context(Canary(*_bindable(), port=OUTER_PORT)))
        outer = stack.enter_context(LocalServer(host=OUTER, port=OUTER_PORT))
        names = _sources(world, outer)
        stack.enter_context(_Resolver(names))
        settings = "limits: {gap: 0s, deadline: 8s}\n"
        passing.configure(folder, world, settings)
        passed = passing.run(folder, world)
        states = passing.states(folder, world)
        print(
            json.dumps(
                {
                    "reached": world.canary.reached,
                    "status": passed.status,
                    "errors": passed.errors,
                    "expected": {name: [row.outcome, row.items] for name, row in world.expected.items()},
                    "found": {
                        name: [state["error"]["class"] if state["error"] else OK, state["items"]]
                        for name, state in states.items()
                    },
                }
            )
        )


def _prepare(folder: Path) -> None:
    """Addresses on the loopback device, and ourselves as the resolver."""
    _call("ip", "link", "set", "lo", "up")
    for address in (*INNER, OWN, OUTER):
        if address not in {"127.0.0.1", "::1"}:
            _call("ip", "address", "add", f"{address}/{'128' if ':' in address else '32'}", "dev", "lo")
    resolv = Path("/etc/resolv.conf")
    ours = folder / "resolv.conf"
    ours.write_text("nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")
    _call("mount", "--bind", str(ours), str(resolv.resolve()))


def _call(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True, text=True)


def _bindable() -> list[str]:
    return [f"{address}%lo" if address.startswith("fe80") else address for address in (*INNER, OWN)]


def _sources(world: World, outer: LocalServer) -> dict[str, Sequence[str]]:
    """What the resolver is to say to each name; a name that it does not know does not exist."""
    blocked = Expected(outcome="blocked_address")
    names: dict[str, Sequence[str]] = {}
    for number, address in enumerate(INNER):
        literal = f"[{address}]" if ":" in address else address
        world.add(f"direct-{number}", f"http://{literal}/", blocked, private=False)
        names[f"inner-{number}.example"] = [address]
        world.add(f"name-{number}", f"http://inner-{number}.example/", blocked, private=False)
        host = f"redirecting-{number}.example"
        names[host] = [OUTER]
        outer.reply(f"/to-{number}", status=302, headers={"Location": f"http://{literal}/"})
        world.add(f"redirect-{number}", f"http://{host}/to-{number}", blocked, private=False)
    links = [f"http://{f'[{address}]' if ':' in address else address}/" for address in INNER]
    links += [f"http://inner-{number}.example/" for number in range(len(INNER))]
    names["links.example"] = [OUTER]
    outer.reply("/links", _linking(links))
    found = Expected(outcome=OK, items=len(links))
    world.add("full-text", "http://links.example/links", found, private=False, more="full_text: always")
    names["rebinding.example"] = [OUTER, "169.254.169.254"]  # one after the other
    outer.reply("/again", status=302, headers={"Location": "/feed", "Connection": "close"})
    world.add("dns-rebinding", "http://rebinding.example/again", blocked, private=False)
    names["both.example"] = [f"{OUTER} 10.0.0.5"]  # both at once
    world.add("dns-both", "http://both.example/feed", blocked, private=False)
    names["open.example"] = [OUTER]
    outer.reply("/feed", documents.feed("open", 3))
    world.add("open", "http://open.example/feed", Expected(outcome=OK, items=3), private=False)
    world.add("own", f"http://{OWN}/", Expected(outcome="not_a_feed"))
    world.add("dns-servfail", "http://servfail.example/", Expected(outcome="dns"), private=False)
    world.add("dns-silent", "http://silent.example/", Expected(outcome="dns"), private=False)
    world.add("dns-nxdomain", "http://nowhere.example/", Expected(outcome="dns"), private=False)
    return names


def _linking(links: Sequence[str]) -> bytes:
    rows = "".join(
        f"<item><title>{documents.prose(link, 4)}</title><link>{escape(link)}</link><guid>{number}</guid></item>"
        for number, link in enumerate(links)
    )
    return documents.rss("links", rows).encode()


class _Resolver:
    """Answers A and AAAA by what it was told; the last answer stays. `servfail` fails, `silent` never answers."""

    def __init__(self, names: Mapping[str, Sequence[str]]) -> None:
        self._answers = {name: list(answers) for name, answers in names.items()}
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 53))

    def __enter__(self) -> _Resolver:
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def _serve(self) -> None:
        while True:
            try:
                query, peer = self._socket.recvfrom(512)
            except OSError:
                return
            if b"\x06silent" not in query:
                self._socket.sendto(self._answer(query), peer)

    def _answer(self, query: bytes) -> bytes:
        """RFC 1035 section 4.1."""
        labels, position = [], 12
        while length := query[position]:
            labels.append(query[position + 1 : position + 1 + length].decode())
            position += 1 + length
        question = query[12 : position + 5]
        kind = struct.unpack(">H", query[position + 1 : position + 3])[0]
        name = ".".join(labels).lower()
        code = 2 if name.startswith("servfail") else 0 if name in self._answers else 3
        records = [self._record(address) for address in self._addresses(name, kind)] if not code else []
        return query[:2] + struct.pack(">HHHHH", 0x8180 | code, 1, len(records), 0, 0) + question + b"".join(records)

    def _addresses(self, name: str, kind: int) -> list[str]:
        version = {1: 4, 28: 6}.get(kind)
        current = [ip_address(address) for address in self._answers[name][0].split()]
        found = [str(address) for address in current if address.version == version]
        if found and len(self._answers[name]) > 1:
            self._answers[name].pop(0)
        return found

    @staticmethod
    def _record(address: str) -> bytes:
        packed = ip_address(address).packed
        kind = 1 if len(packed) == 4 else 28
        return struct.pack(">HHHIH", 0xC00C, kind, 1, 0, len(packed)) + packed


if __name__ == "__main__":
    main(Path(sys.argv[1]))
