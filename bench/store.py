"""µs per item (or per call) of the store's hot methods, beside the same rows by plain sqlite3 in the same run.

    ./do python bench/store.py            200 sources of 20 items with 2 kB of text each
    ./do python bench/store.py 1000

The floor writes the rows that our store came to hold into a store of the same tables, in the same transactions, made ready before
the clock starts: the same indexes, search table and syncs, no values, no Core. Where the disk is slow the ratio comes near 1.
"""

import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from feeds_server import prose

from aggregator.model import DateTrust, Evidence, Item, SourceState, SourceUpdate, Story, StoryUpdate, Tag
from aggregator.store import connect
from aggregator.store.connect import Store
from aggregator.text import digest

NOW = datetime(2026, 11, 20, tzinfo=UTC)
SOURCES = int(sys.argv[1]) if len(sys.argv) > 1 else 200
ITEMS = 20 * SOURCES
ROUND = 2_000  # items settled at once
EVIDENCE = tuple(Evidence(rule="energie", field=field, text="Strom", weight=1.0) for field in ("title", "text"))
TAGS = (Tag(label="energie", score=2.0, evidence=EVIDENCE),)


def item(source: int, number: int) -> Item:
    text, url = prose(source * 20 + number, 320), f"https://site{source}.example/news/{number}"
    return Item(
        id=digest(url), source_id=f"site{source}", guid=url, url=url, title=text[:60], summary=text[:200], text=text,
        html=f"<p>{text}</p>", published=NOW - timedelta(minutes=source * 7919 % 40_000 + number), updated=None,
        date_trust=DateTrust.EXACT, published_text="Fri, 20 Nov 2026 10:00:00 +0100", first_seen=NOW, language="de",
        authors=(), categories=("Presse",), issuer=None, enclosures=(), content_hash=digest(text), fingerprint=digest(url, text),
    )  # fmt: skip


def gathered(source: int) -> SourceUpdate:
    new = tuple(item(source, number) for number in range(20))
    names = (
        (name, one.guid) for one in new for name in (one.url[8:], f"news/{one.id[:8]}", f"title:{one.fingerprint}")
    )
    return SourceUpdate(state=SourceState(source_id=f"site{source}", last_checked=NOW), new=new, aliases=tuple(names))


def story(one: Item) -> Story:
    return Story(
        id=f"tag:bench.example,2026:story/{one.id}", minted=NOW, origin=one, carriers=(one,), related=(), changed=NOW,
        published=one.published, tags=TAGS, near_misses=(), absorbed=(), version=one.fingerprint,
    )  # fmt: skip


def settled(items: Iterable[Item]) -> StoryUpdate:
    keys = {one.key: (f"hash:{one.content_hash}", f"key:{one.id}", f"url:{one.url[8:]}") for one in items}
    stories = tuple(map(story, items))
    return StoryUpdate(settled=tuple(keys), keys=keys, matches=(), rematched=tuple(keys), stories=stories, gone=())


def timed(work: Callable[..., object], *given: object) -> float:
    started = time.perf_counter()
    work(*given)
    return time.perf_counter() - started


def ours(store: Store) -> dict[str, float]:
    updates = [gathered(number) for number in range(SOURCES)]
    ids = [update.state.source_id for update in updates]
    took = {
        "fingerprints, nothing stored": sum(timed(store.fingerprints, one) for one in ids),
        "known, nothing stored": sum(timed(store.known, one) for one in ids),
        "commit": sum(timed(store.commit, one) for one in updates),
        "fingerprints": sum(timed(store.fingerprints, one) for one in ids),
        "known": sum(timed(store.known, one) for one in ids),
        "unsettled": 0.0,
        "commit_stories": 0.0,
    }
    while fresh := store.unsettled(ROUND):
        took["unsettled"] += timed(store.unsettled, ROUND)
        took["commit_stories"] += timed(store.commit_stories, settled(fresh))
    return took | {"headlines": timed(store.headlines)}


def floor(path: Path, held: sqlite3.Connection) -> dict[str, float]:
    raw = sqlite3.connect(path, isolation_level=None)
    for pragma in ("synchronous = FULL", "foreign_keys = ON", "cache_size = -16000"):
        raw.execute(f"PRAGMA {pragma}")

    def insert(rows: dict[str, list[tuple[object, ...]]], *afterwards: str) -> None:
        raw.execute("BEGIN IMMEDIATE")
        for table, its in rows.items():
            raw.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(its[0]))})", its)
        for statement in afterwards:
            raw.execute(statement)
        raw.execute("COMMIT")

    def read(*queries: str) -> None:
        for query in queries:
            raw.execute(query).fetchall()

    def rows(query: str) -> list[tuple[object, ...]]:
        return held.execute(query).fetchall()

    took = dict.fromkeys(("commit", "unsettled", "commit_stories", "fingerprints", "known", "headlines"), 0.0)
    for (source_id,) in rows("SELECT source_id FROM sources ORDER BY rowid"):
        of = f"WHERE source_id = '{source_id}'"
        new = {table: rows(f"SELECT * FROM {table} {of}") for table in ("sources", "items", "aliases")}
        new["waiting"] = rows(f"SELECT number, published, withdrawn, 1 FROM items {of}")
        took["commit"] += timed(insert, new)
        known = "guid, content_hash, fingerprint, first_seen, title, url, published_text"
        took["fingerprints"] += timed(read, f"SELECT fingerprint FROM items {of}")
        took["known"] += timed(read, f"SELECT {known} FROM items {of}", f"SELECT alias, guid FROM aliases {of}")
    ordered = [str(number) for (number,) in rows("SELECT number FROM items ORDER BY published, source_id, guid")]
    for start in range(0, len(ordered), ROUND):
        these = f"({', '.join(ordered[start : start + ROUND])})"
        of = f"JOIN members USING (story_id) WHERE item IN {these}"
        told = {
            "item_keys": rows(f"SELECT * FROM item_keys WHERE item IN {these} ORDER BY key, item"),
            "stories": rows(f"SELECT stories.* FROM stories JOIN members ON id = story_id WHERE item IN {these}"),
            "members": rows(f"SELECT * FROM members WHERE item IN {these}"),
            "story_labels": rows(f"SELECT label, story_id FROM story_labels {of}"),
        }
        searched = (
            "INSERT INTO items_search (rowid, title, summary, text) SELECT number, title, summary, text FROM items "
            f"WHERE number IN {these} ORDER BY number"
        )
        took["unsettled"] += timed(read, f"SELECT * FROM items WHERE number IN {these}")
        took["commit_stories"] += timed(insert, told, searched, f"DELETE FROM waiting WHERE item IN {these}")
    took["headlines"] = timed(read, "SELECT * FROM stories ORDER BY published DESC, id")
    return took


with tempfile.TemporaryDirectory(prefix="bench-store-") as folder:
    path, plain = Path(folder) / "ours.sqlite", Path(folder) / "floor.sqlite"
    with connect.opened(f"sqlite:///{plain}"):
        pass
    with connect.opened(f"sqlite:///{path}") as store:
        mine = ours(store)
    least = floor(plain, sqlite3.connect(path))
for name, seconds in mine.items():
    calls, unit = (SOURCES, "call") if name.startswith(("known", "fingerprints")) else (ITEMS, "item")
    beside = (
        f"sqlite3 {least[name] / calls * 1e6:>7.1f} µs   ratio {seconds / least[name]:>5.2f}" if name in least else ""
    )
    print(f"{name:<30} {seconds / calls * 1e6:>7.1f} µs a {unit}   {beside}")
