"""Sources that claim what others said: the whole way from bytes on a socket to the store and the published files."""

from __future__ import annotations

import asyncio
import re
import shutil
import sqlite3
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import permutations
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from aggregator.config import load
from aggregator.model import ItemKey
from aggregator.passes import gather_source, one_pass, publish_changed
from aggregator.store import connect
from tests.servers.local_world import LocalServer

pytestmark = pytest.mark.slow

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
LINK = "http://honest.example/pressemitteilung.7.php"
GUID = "honest-7"
TEXT = " ".join(f"Der Bescheid über Vorhaben {number} wurde heute in Seewalde übergeben." for number in range(20))
SECOND = (
    "Im Kreishaus ist ab Montag eine Ausstellung über alte Apfelsorten zu sehen. Gezeigt werden vierzig Tafeln und ein Film; der "
    "Eintritt ist frei, Schulklassen melden sich bei der Verwaltung an, und am Wochenende führt ein Gärtner durch die Räume."
)
OTHER = " ".join(f"Jetzt Kredit {number} sofort und ohne Auskunft günstig beantragen." for number in range(20))
HONEST = {"guid": GUID, "link": LINK, "title": "Bescheid übergeben", "text": TEXT, "day": 20}


def feed(*entries: dict[str, Any]) -> bytes:
    items = "".join(
        f"<item><title>{one['title']}</title><link>{one['link']}</link><guid isPermaLink='false'>{one['guid']}</guid>"
        f"<description>{one['text']}</description><pubDate>{one['day']:02} Nov 2026 10:00:00 +0100</pubDate></item>"
        for one in entries
    )
    return f"<rss version='2.0'><channel><title>F</title><link>http://f.example/</link>{items}</channel></rss>".encode()


class World(NamedTuple):
    folder: Path
    server: LocalServer

    def passes(self, orders: dict[str, Sequence[str]]) -> None:
        """Whole passes over one source each, in every one of these orders, each order into a store and folder of its own."""
        config = load.load(self.folder, environment={})
        sources = {source.id: source for source in config.sources}

        async def all_of_them() -> None:
            async with one_pass.tools(config.limits, contact="x@y.example", stable_keys=config.stable_keys) as tools:
                for name, order in orders.items():
                    shutil.copy(self.folder / "fresh.sqlite", self.folder / f"{name}.sqlite")
                    with connect.opened(f"sqlite:///{self.folder}/{name}.sqlite") as store:
                        for one in order:
                            gathered = await gather_source.gather(sources[one], store.state(one), store, tools, now=NOW)
                            assert gathered.failed is None, gathered.failed
                            store.commit(gathered.update)
                            one_pass.settle(config, store, now=NOW)
                        publish_changed.publish(config, store, self.folder / name)

        asyncio.run(all_of_them())

    def row(self, name: str, source_id: str, guid: str) -> dict[str, Any]:
        """An item as it stands in the file, but for its number."""
        with sqlite3.connect(self.folder / f"{name}.sqlite") as opened:
            opened.row_factory = sqlite3.Row
            (row,) = opened.execute(
                "SELECT * FROM items WHERE source_id = ? AND guid = ?", (source_id, guid)
            ).fetchall()
        opened.close()
        return {key: row[key] for key in row.keys() if key != "number"}  # noqa: SIM118  a Row iterates over values


@pytest.fixture
def world(tmp_path: Path):
    (tmp_path / "aggregator.yaml").write_text(
        "base_url: https://news.example/\ntitle: News\nminting: news.example,2026\nlimits: {gap: 0s}\n"
        "stable_keys: ['(pressemitteilung\\.\\d+)']\n"
    )
    with connect.opened(f"sqlite:///{tmp_path}/fresh.sqlite"):
        pass  # migrated once, then copied
    with LocalServer() as server:
        rows = [
            f"  - {{id: {name}, name: {name}, authority: {authority}, private_network: true, url: '{server.url('/' + name)}'}}\n"
            for name, authority in (("honest", "issuer"), ("paper", "publisher"), ("thief", "repeater"))
        ]
        (tmp_path / "sources.yaml").write_text("sources:\n" + "".join(rows))
        server.reply(
            "/honest",
            feed(
                HONEST,
                HONEST | {"guid": "8", "link": LINK.replace("7", "8"), "title": "Zweite Meldung", "text": SECOND},
            ),
        )
        server.reply("/paper", feed(HONEST | {"guid": "p1", "link": "http://paper.example/1", "day": 21}))
        yield World(tmp_path, server)


TAKEOVERS = [
    pytest.param({"title": "Kredit ohne Auskunft", "text": OTHER}, id="guid and link, another story"),
    pytest.param({"title": "Kredit ohne Auskunft"}, id="guid, link and text, another title"),
    pytest.param({}, id="everything"),
    pytest.param({"day": 1}, id="everything, and older"),
    pytest.param({"link": "http://thief.example/", "text": OTHER}, id="guid and title, its own link"),
    pytest.param({"guid": LINK, "text": OTHER}, id="the link as its guid"),
]


@pytest.mark.parametrize("claimed", TAKEOVERS)
def test_what_another_source_claims_leaves_an_item_as_it_is(world: World, claimed: dict[str, Any]) -> None:
    world.server.reply("/thief", feed(HONEST | claimed))
    orders = {
        "before": ["thief", "honest"],
        "after": ["honest", "thief"],
        "again": ["honest", "thief", "honest", "thief"],
    }
    world.passes({"alone": ["honest"], **orders})
    alone = world.row("alone", "honest", GUID)
    assert alone["title"] == "Bescheid übergeben"
    for name in orders:
        output = world.folder / name
        assert world.row(name, "honest", GUID) == alone
        with connect.opened(f"sqlite:///{world.folder}/{name}.sqlite") as store:
            assert len(store.listed()) == 3
            (story_name,) = store.names([ItemKey("honest", GUID)])
            story = store.stories([story_name.id])[story_name.id]
        assert (story.origin.source_id, story.origin.title, story.origin.text) == (
            "honest",
            alone["title"],
            alone["text"],
        )
        assert "Bescheid übergeben" in (output / "feeds/all.rss").read_text(encoding="utf-8")
        assert "Bescheid übergeben" in (output / "feeds/honest.rss").read_text(encoding="utf-8")


@pytest.mark.parametrize("claimed", TAKEOVERS[:4])
def test_three_sources_in_any_order_publish_the_same(world: World, claimed: dict[str, Any]) -> None:
    world.server.reply("/thief", feed(HONEST | claimed))
    seen: dict[str, set[bytes]] = {}
    orders = {"-".join(order): order for order in permutations(["honest", "paper", "thief"])}
    world.passes(orders)
    for name in orders:
        output = world.folder / name
        written = {path: without_ids(path.read_bytes()) for path in output.rglob("*") if path.is_file()}
        for path, content in written.items():
            if path.parent.name != "stories":
                seen.setdefault(str(path.relative_to(output)), set()).add(content)
        told = sorted(content for path, content in written.items() if path.parent.name == "stories")
        seen.setdefault("stories", set()).add(b"".join(one for one in told if b'http-equiv="refresh"' not in one))
    assert len(seen) >= 18
    assert {name for name, contents in seen.items() if len(contents) > 1} == set()


def without_ids(content: bytes) -> bytes:
    """Ids are minted by who came first, and kept: also those of stories that turned out to be the same."""
    unnamed = re.sub(rb"stories/[0-9a-f]{32}\.html", b"PAGE", content)
    return re.sub(rb"tag:news\.example,2026:[\w/.-]+", b"ID", re.sub(rb',\s*"absorbed":\s*\[[^\]]*\]', b"", unnamed))
