"""A pass over XML attacks in a network namespace without a way out, where the only resolver writes down who is asked for.

`unshare --user --map-root-user --net python -m tests.security.fenced FOLDER [RECORDED]`; prints JSON. RECORDED is a folder of
further attacks, taken as they are: they name hosts that exist, and a reader that wants one must ask the resolver for it first.
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

from tests.security import attacks, gathered
from tests.servers.local_world import LocalServer


def resolvers() -> list[str]:
    """The addresses that names are asked of, all of them IPv4."""
    lines = Path("/etc/resolv.conf").read_text().splitlines()
    return [line.split()[1] for line in lines if line.startswith("nameserver") and line.count(".") == 3]


def listen(address: str, asked: list[str]) -> None:
    """Writes down every question, and answers that there is no such name (RFC 1035 section 4.1.1: RCODE 3)."""
    subprocess.run(["ip", "address", "add", f"{address}/32", "dev", "lo"], check=False)
    hearing = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    hearing.bind((address, 53))

    def hear() -> None:
        while True:
            question, peer = hearing.recvfrom(4096)
            asked.append(question[12:60].decode("latin-1"))
            hearing.sendto(question[:2] + b"\x81\x83" + question[4:], peer)

    threading.Thread(target=hear, daemon=True).start()


def main() -> None:
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    asked: list[str] = []
    for address in resolvers():
        listen(address, asked)
    documents = {**dict(attacks.reaching("http://canary.example")), **dict(attacks.bombs())}
    recorded = dict(attacks.recorded(Path(sys.argv[2]))) if len(sys.argv) > 2 else {}
    with LocalServer() as server:
        seen = gathered.gather(Path(sys.argv[1]), server, {**documents, **recorded})
    told = {"asked": asked.copy(), "published": "Guter Eintrag" in seen.titles, "recorded": len(recorded)}
    with suppress(OSError):
        socket.getaddrinfo("control.example", 80, socket.AF_INET, socket.SOCK_STREAM)
    told["control"] = int(any("control" in question for question in asked))
    print(json.dumps(told))


if __name__ == "__main__":
    main()
