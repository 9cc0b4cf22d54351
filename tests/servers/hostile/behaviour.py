"""What one kind of hostile server is: its name, what it does, and what must come of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.servers.local_world import LocalServer

OK = "ok"


@dataclass(frozen=True, kw_only=True)
class Stage:
    """What a behaviour works with: its own server, and the address of the canary that nobody may reach."""

    name: str
    server: LocalServer
    canary_port: int

    @property
    def canary(self) -> str:
        return f"http://127.0.0.1:{self.canary_port}/"


@dataclass(frozen=True, kw_only=True)
class Behaviour:
    """One row of the table. `expected`: the class that `status --json` must name, or OK with so many `items` stored.

    `does` goes on "a server that ...".
    """

    name: str
    does: str
    expected: str
    serve: Callable[[Stage], None]
    items: int = 0
