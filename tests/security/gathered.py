"""A real pass over hostile sources: a server on loopback, `aggregator run` as a process, and all that a reader could then see."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.servers.local_world import LocalServer

GOOD = (
    b"<rss version='2.0'><channel><title>Gut</title><link>https://good.example/</link><item><title>Guter Eintrag</title>"
    b"<link>https://good.example/1</link><guid>1</guid><pubDate>Tue, 17 Nov 2026 10:00:00 +0100</pubDate></item></channel></rss>"
)
BASE = """base_url: https://news.example/
title: News
contact: desk@news.example
limits: {gap: 0s, per_host: 8}
"""


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What came of a pass: failure classes by source name, the titles published, every byte that lies there afterwards."""

    failures: Mapping[str, str]
    titles: tuple[str, ...]
    published: bytes
    stored: bytes
    said: str  # all that the command wrote


def environment() -> dict[str, str]:
    """Ours, without proxies and with this checkout's package."""
    clean = {name: value for name, value in os.environ.items() if not name.upper().endswith("_PROXY")}
    return {**clean, "PYTHONPATH": str(Path(__file__).resolve().parent.parent.parent)}


def call(folder: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-P", "-m", "aggregator", *arguments],
        cwd=folder,
        env={**environment(), **more},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def gather(folder: Path, server: LocalServer, documents: Mapping[str, bytes]) -> Seen:
    """One pass over these documents, each a source of its own, and one good one."""
    server.reply("/good", GOOD)
    rows = [f"  - {{id: good, name: good, url: '{server.url('/good')}', private_network: true}}"]
    names = {f"s{number}": name for number, name in enumerate(documents)}
    for key, name in names.items():
        server.reply(f"/{key}", documents[name])
        rows.append(
            f"  - {{id: {key}, name: {json.dumps(name)}, url: '{server.url(f'/{key}')}', private_network: true}}"
        )
    (folder / "config").mkdir()
    (folder / "config/aggregator.yaml").write_text(BASE)
    # One feed: four files for each of a hundred sources would say nothing more
    (folder / "config/feeds.yaml").write_text("defaults: false\nfeeds: [{id: all, title: All, select: {}}]\n")
    (folder / "config/sources.yaml").write_text("sources:\n" + "\n".join(rows) + "\n")
    done = call(folder, "run", "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["sources"]["due"] == len(rows)
    titles = [one["title"] for one in json.loads((folder / "public/feeds/all.json").read_text())["items"]]
    return Seen(
        failures={names.get(one["source"], one["source"]): one["class"] for one in told["failures"]},
        titles=tuple(titles),
        published=_all_of(folder / "public"),
        stored=_all_of(folder / "var"),
        said=done.stdout + done.stderr,
    )


def _all_of(folder: Path) -> bytes:
    return b"\n".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())
