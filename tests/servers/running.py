"""`aggregator serve` as a process of its own, with its log and its answers.

`with Running(folder) as service:` starts it over `folder/config`; it is killed with the block unless it ended before.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from hashlib import blake2b
from pathlib import Path
from types import TracebackType
from typing import Any

BASE = "base_url: https://news.example/\ntitle: News\ncontact: desk@news.example\nlimits: {gap: 0s}\n"


def configure(folder: Path, *rows: str, base: str = BASE) -> None:
    (folder / "config").mkdir(exist_ok=True)
    (folder / "config/aggregator.yaml").write_text(base)
    (folder / "config/sources.yaml").write_text("sources:\n" + "".join(f"  - {{{row}}}\n" for row in rows))


def feed(*titles: str) -> bytes:
    """One entry for each title, with a text of its own: none is a copy of another."""
    items = "".join(
        f"<item><title>{title}</title><link>http://one.example/{title}</link><description>{_text(title)}</description>"
        f"<pubDate>Tue, 17 Nov 2026 10:00:00 +0100</pubDate></item>"
        for title in titles
    )
    return (
        f"<rss version='2.0'><channel><title>F</title><link>http://one.example/</link>{items}</channel></rss>".encode()
    )


def _text(title: str) -> str:
    return " ".join(blake2b(f"{title} {place}".encode(), digest_size=4).hexdigest() for place in range(30))


class Running:
    """Every line of the log must be JSON: a line that is none fails the test that stops the service."""

    def __init__(self, folder: Path, *arguments: str, environment: dict[str, str] | None = None) -> None:
        self.folder = folder
        self.log: list[dict[str, Any]] = []
        self.other: list[str] = []  # lines that are no events
        clean = {name: value for name, value in os.environ.items() if not name.upper().endswith("_PROXY")}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "aggregator", "--log-format", "json", *arguments, "serve", "--port", "0"],
            cwd=folder,
            env={**clean, **(environment or {})},
            stderr=subprocess.PIPE,
            text=True,
        )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def __enter__(self) -> Running:
        [listening] = self.until("service.listening")
        self.url = listening["url"].rstrip("/")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.kill()
        self.process.wait()
        self._reader.join(10)

    def get(self, path: str) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(self.url + path, timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def told(self, event: str) -> Sequence[dict[str, Any]]:
        return [line for line in self.log if line["event"] == event]

    def until(self, event: str, count: int = 1, *, seconds: float = 20) -> Sequence[dict[str, Any]]:
        """The lines of an event, once there are so many."""
        self.wait(
            lambda: len(self.told(event)) >= count or self.process.poll() is not None, seconds=seconds, what=event
        )
        return self.told(event)

    def wait(self, happened: Callable[[], bool], *, seconds: float = 20, what: str = "it") -> None:
        end = time.monotonic() + seconds
        while not happened():
            assert time.monotonic() < end, f"{what} did not happen in time: {self.log[-5:]} {self.other}"
            time.sleep(0.02)

    def stop(self, number: int = signal.SIGTERM) -> float:
        """Ends it; the seconds that it took. It must end well."""
        asked = time.monotonic()
        self.process.send_signal(number)
        status = self.process.wait(timeout=20)
        took = time.monotonic() - asked
        self._reader.join(10)
        assert status == 0, (status, self.log[-5:], self.other)
        assert self.other == []
        return took

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            if line.startswith("{"):
                self.log.append(json.loads(line))
            else:
                self.other.append(line)
