"""One pass of the real program over a world, as a process, watched from outside."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.servers.hostile.world import World

_SETTINGS = """base_url: https://news.example/
title: News
contact: desk@news.example
timezone: Europe/Berlin
"""
_EVERY = 0.05  # seconds between two looks at the memory


@dataclass(frozen=True, kw_only=True)
class Passed:
    """How it ended. `peak`: bytes of all its processes together, shared pages counted once (PSS)."""

    status: int
    summary: dict[str, Any]
    errors: str  # the log: one JSON object a line
    seconds: float
    peak: int


def configure(folder: Path, world: World, settings: str = "") -> None:
    (folder / "config").mkdir(exist_ok=True)
    (folder / "config/aggregator.yaml").write_text(_SETTINGS + settings)
    rows = "".join(f"  - {row}\n" for row in world.sources.values())
    (folder / "config/sources.yaml").write_text(f"sources:\n{rows}")


def run(folder: Path, world: World, only: Sequence[str] = ()) -> Passed:
    """`aggregator -v run --json` in a folder that is configured."""
    started = time.monotonic()
    wanted = [part for name in only for part in ("--source", name)]
    process = subprocess.Popen(
        [*_program(), "-v", "--log-format", "json", "run", "--json", *wanted],
        cwd=folder,
        env=_environment(world),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    memory = _Memory(process.pid)
    memory.start()
    out, errors = process.communicate(timeout=240)
    seconds = time.monotonic() - started
    memory.join()
    summary = json.loads(out) if out.startswith("{") else {}
    return Passed(status=process.returncode, summary=summary, errors=errors, seconds=seconds, peak=memory.peak)


def states(folder: Path, world: World) -> dict[str, dict[str, Any]]:
    """What `status --json` says, by source."""
    return {source["id"]: source for source in _json(folder, world, "status", "--json")["sources"]}


def stored(folder: Path, world: World, source: str) -> list[dict[str, Any]]:
    """The items of one source as `items --json` lists them."""
    found: list[dict[str, Any]] = _json(folder, world, "items", "--json", "--source", source, "--limit", "5000")
    return found


def _json(folder: Path, world: World, *arguments: str) -> Any:
    done = subprocess.run(
        [*_program(), *arguments], cwd=folder, env=_environment(world), capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


def _program() -> list[str]:
    return [sys.executable, "-m", "aggregator"]


def _environment(world: World) -> Mapping[str, str]:
    clean = {name: value for name, value in os.environ.items() if not name.upper().endswith("_PROXY")}
    return {**clean, **({"SSL_CERT_FILE": world.certificates} if world.certificates else {})}


class _Memory(threading.Thread):
    """Looks at a process and all its descendants until it ends."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self._pid = pid
        self.peak = 0

    def run(self) -> None:
        while Path(f"/proc/{self._pid}/smaps_rollup").exists() and (now := _proportional(self._pid)):
            self.peak = max(self.peak, now)
            time.sleep(_EVERY)


def _proportional(pid: int) -> int:
    total = 0
    with suppress(OSError, ValueError, IndexError):  # it may end at any moment
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
        total = int(rollup.partition("\nPss:")[2].split()[0]) * 1024
    with suppress(OSError):
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            total += _proportional(int(child))
    return total
