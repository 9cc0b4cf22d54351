"""A small world with a program in it that may be killed: twenty sources that say one thing, then another.

The first pass reads issue 1 of every source, the second issue 2: some gained an item, some corrected one, some say the same.
Every third source carries releases of its neighbour, so that there is something to merge.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from pathlib import Path

from lxml import etree

from tests.servers.local_world import LocalServer, Reply, Seen

SUBJECTS = (
    "Wasserstoff", "Photonik", "Schienenverkehr", "Medizintechnik", "Filmförderung", "Batteriezellen", "Quantenoptik",
    "Radwege", "Wundversorgung", "Spieleentwicklung",
)  # fmt: skip
# What is said at the time of the pass itself differs from run to run; what a source said does not
_NOW = re.compile(
    rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|\+00:00)|\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d (?:\+0000|GMT)"
    rb"|\d{1,2}\. \w+ \d{4},? (?:um )?\d\d:\d\d(?: Uhr)?"
)


@cache
def issue(source: int, number: int, *, sources: int, items: int) -> bytes:
    """The feed of a source in its first or second issue."""
    told = [(source, each) for each in range(items)]
    if number == 2 and source % 3 == 0:
        told.append((source, items))
    entries = [entry(source, *one, corrected=number == 2 and source % 4 == 0 and one[1] == 1) for one in told]
    if source % 3 == 1:  # carries what its neighbour issued
        entries += [entry(source, (source + 1) % sources, each, corrected=False) for each in range(3)]
    return (
        f"<rss version='2.0'><channel><title>Quelle {source}</title><link>http://q{source}.example/</link>"
        f"{''.join(entries)}</channel></rss>"
    ).encode()


def entry(carrier: int, issuer: int, each: int, *, corrected: bool) -> str:
    subject = SUBJECTS[(issuer * 7 + each) % len(SUBJECTS)]
    ending = "verschoben" if corrected else "eröffnet"
    words = _words(f"{issuer}-{each}", 60)
    body = f"{subject}. " + " ".join(f"{' '.join(words[start : start + 8]).capitalize()}." for start in range(0, 60, 8))
    return (
        f"<item><title>{subject}: Vorhaben {each} der Stelle {issuer} {ending}</title>"
        f"<link>http://q{carrier}.example/meldung/{issuer}-{each}</link><guid isPermaLink='false'>m{issuer}-{each}</guid>"
        f"<description>{body}</description>"
        f"<pubDate>Mon, {1 + (issuer + each) % 28:02} Jun 2026 10:{each % 60:02}:00 +0200</pubDate></item>"
    )


def _words(seed: str, count: int) -> list[str]:
    """Words that two releases do not share."""
    digits = sha256(seed.encode()).hexdigest() * 8
    return [f"{_word(digits[start : start + 4])}{start}" for start in range(count)]


def _word(digits: str) -> str:
    return "".join("bdfgklmnprstvwzh"[int(one, 16)] + "aeiou"[int(one, 16) % 5] for one in digits)


@dataclass(kw_only=True)
class World:
    """One server, one configuration, any number of places in which the program works."""

    server: LocalServer
    folder: Path
    sources: int = 20
    items: int = 50
    number: int = field(default=1)  # the issue that is out

    def __post_init__(self) -> None:
        for source in range(self.sources):
            self.server.script(f"/{source}", self._answer)
        config = self.folder / "config"
        config.mkdir(parents=True)
        (config / "aggregator.yaml").write_text(
            "base_url: https://news.example/\ntitle: News\ncontact: desk@news.example\nminting: news.example,2026\n"
            "timezone: Europe/Berlin\nlimits: {gap: 0s, per_host: 20}\n"
        )
        rows = [
            f"  - {{id: q{source}, name: Quelle {source}, url: '{self.server.url(f'/{source}')}', interval: 1s, "
            f"homepage: 'http://q{source}.example/', private_network: true, robots: ignore, full_text: never, "
            f"authority: {'repeater' if source % 3 == 1 else 'issuer'}}}"
            for source in range(self.sources)
        ]
        (config / "sources.yaml").write_text("sources:\n" + "\n".join(rows) + "\n")
        (config / "clusters.yaml").write_text(
            "clusters:\n"
            + "".join(
                f"  - {{id: c{number}, names: {{de: {subject}, en: {subject}}}, strong: ['{subject.lower()}*']}}\n"
                for number, subject in enumerate(SUBJECTS)
            )
        )

    def _answer(self, seen: Seen) -> Reply:
        source = int(seen.path.strip("/"))
        body = issue(source, self.number, sources=self.sources, items=self.items)
        etag = f'"{sha256(body).hexdigest()[:16]}"'
        if seen.headers.get("if-none-match") == etag:
            return Reply(status=304, headers={"ETag": etag})
        return Reply(headers={"ETag": etag, "Content-Type": "application/rss+xml"}, body=body)

    def place(self, name: str, *, like: Place | None = None) -> Place:
        """A new place for store and output, empty or a copy of another."""
        root = self.folder / name
        shutil.rmtree(root, ignore_errors=True)
        if like is not None:
            shutil.copytree(like.root, root)
        root.mkdir(exist_ok=True)
        return Place(world=self, root=root)


@dataclass(frozen=True, kw_only=True)
class Place:
    """A data directory and an output directory of one installation."""

    world: World
    root: Path

    @property
    def database(self) -> Path:
        return self.root / "var/aggregator.sqlite"

    @property
    def output(self) -> Path:
        return self.root / "public"

    def command(self, *arguments: str) -> list[str]:
        return [
            sys.executable, "-m", "aggregator", "--config", str(self.world.folder / "config"),
            "--data", str(self.root / "var"), "--output", str(self.output), *arguments,
        ]  # fmt: skip

    def start(self, *arguments: str, before: Sequence[str] = ()) -> subprocess.Popen[str]:
        clean = {name: value for name, value in os.environ.items() if not name.upper().endswith("_PROXY")}
        return subprocess.Popen(
            [*before, *self.command(*arguments)],
            env=clean,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(self, *, before: Sequence[str] = ()) -> subprocess.CompletedProcess[str]:
        """A whole pass over every source."""
        process = self.start("run", "--force", "--json", before=before)
        out, err = process.communicate(timeout=120)
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    def state(self) -> dict[str, str]:
        """Everything the installation holds and shows, without the instants at which it happened; by name, hashed."""
        with closing(sqlite3.connect(self.database)) as raw:
            asked = {
                "items": "SELECT source_id, guid, title, summary, url, content_hash, withdrawn FROM items ORDER BY 1, 2",
                "stories": "SELECT id, labels, sources, related, absorbed FROM stories ORDER BY 1",
                "members": "SELECT story_id, source_id, guid, position FROM members JOIN items ON item = number ORDER BY 1, 4",
                "waiting": "SELECT * FROM waiting",
                "revisions": "SELECT source_id, guid, r.title FROM revisions r JOIN items i ON item = i.number ORDER BY 1, 2",
                "validators": "SELECT source_id, etag, body_hash FROM sources ORDER BY 1",
            }
            found = {name: _digest(json.dumps(raw.execute(query).fetchall()).encode()) for name, query in asked.items()}
        return found | {name: timeless(content) for name, content in self.published().items()}

    def published(self) -> dict[str, bytes]:
        if not self.output.is_dir():
            return {}
        files = [path for path in sorted(self.output.rglob("*")) if path.is_file()]
        return {str(path.relative_to(self.output)): path.read_bytes() for path in files}

    def items(self) -> dict[str, set[str]]:
        """The guids of each source's items; raises where the store is damaged."""
        if not self.database.exists():
            return {}
        with closing(sqlite3.connect(self.database)) as raw:
            assert raw.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            assert raw.execute("PRAGMA foreign_key_check").fetchall() == []
            if not raw.execute("SELECT 1 FROM sqlite_master WHERE name = 'items'").fetchone():
                return {}
            held: dict[str, set[str]] = {}
            for source, guid in raw.execute("SELECT source_id, guid FROM items"):
                assert guid not in held.setdefault(source, set()), f"{source}: {guid} twice"
                held[source].add(guid)
        return held


def timeless(content: bytes) -> str:
    """A hash of the content without the instants in it. Most of a thousand files are the same after every kill."""
    key = _digest(content)
    if key not in _TIMELESS:
        _TIMELESS[key] = _digest(_NOW.sub(b"(then)", content))
    return _TIMELESS[key]


_TIMELESS: dict[str, str] = {}


def complete(name: str, content: bytes) -> None:
    """Raises where a published file is not whole."""
    if name.endswith(".json"):
        json.loads(content)
    elif name.endswith((".rss", ".atom", ".xml", ".opml")):
        etree.fromstring(content)
    elif name.endswith(".html"):
        assert content.rstrip().endswith(b"</html>"), f"{name}: torn"


def _digest(content: bytes) -> str:
    return sha256(content).hexdigest()[:16]


def differing(one: Mapping[str, str], other: Mapping[str, str]) -> list[str]:
    """The names under which two states differ."""
    return sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))
