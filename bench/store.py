"""µs of the store's hot methods, beside the same rows by plain sqlite3 in the same run (the ratio is what counts); and how large
the store is then.

    ./do python bench/store.py            200 sources of 20 items with 2 kB of text each
    ./do python bench/store.py 1000

The floor writes the rows that our store came to hold into a store of the same tables, in the same transactions, with the same
syncs: ready tuples in, tuples out, no values, no Core. It folds no umlauts for its search table and learns no words.
"""

import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from feeds_server import prose

from aggregator.model import DateTrust, Evidence, Item, SourceState, SourceUpdate, Story, StoryUpdate, Tag
from aggregator.passes import matching
from aggregator.store import connect
from aggregator.store.connect import Store
from aggregator.text import digest

NOW = datetime(2026, 11, 20, tzinfo=UTC)
SOURCES = int(sys.argv[1]) if len(sys.argv) > 1 else 200
ROUND = 2_000  # items settled at once
TAGS = (Tag(label="energie", score=1.0, evidence=(Evidence(rule="e", field="title", text="Strom", weight=1.0),)),)
MERGING = matching.Merging(stable_keys=(), window=timedelta(days=14), boilerplate={}, decided={})
KNOWN = "guid, content_hash, fingerprint, first_seen, title, url, published_text"
SEARCHED = "INSERT INTO items_search (rowid, title, summary, text) SELECT number, title, summary, text FROM items"


# fmt: off
def item(source: int, number: int) -> Item:
    text, url = prose(source * 20 + number, 320), f"https://site{source}.example/news/{number}"
    return Item(
        id=digest(url), source_id=f"site{source}", guid=url, url=url, title=text[:60], summary=text[:200], text=text,
        html=f"<p>{text}</p>", published=NOW - timedelta(minutes=source * 7919 % 40_000 + number), updated=None,
        date_trust=DateTrust.EXACT, published_text="Fri, 20 Nov 2026 10:00:00 +0100", first_seen=NOW, language="de",
        authors=(), categories=("Presse",), issuer=None, enclosures=(), content_hash=digest(text), fingerprint=digest(text, url),
    )


def story(one: Item) -> Story:
    return Story(
        id=f"tag:bench.example,2026:story/{one.id}", minted=NOW, origin=one, carriers=(one,), related=(), changed=NOW,
        published=one.published, tags=TAGS, near_misses=(), absorbed=(), version=one.fingerprint,
    )
# fmt: on


def gathered(source: int) -> SourceUpdate:
    new = tuple(item(source, number) for number in range(20))
    names = (
        (name, one.guid) for one in new for name in (one.url[8:], f"news/{one.id[:8]}", f"title:{one.fingerprint}")
    )
    return SourceUpdate(state=SourceState(source_id=f"site{source}", last_checked=NOW), new=new, aliases=tuple(names))


def settled(items: tuple[Item, ...]) -> StoryUpdate:
    keys = {one.key: matching.keyed(one, MERGING) for one in items}
    told = tuple(map(story, items))
    return StoryUpdate(settled=tuple(keys), keys=keys, matches=(), rematched=tuple(keys), stories=told, gone=())


def timed(work: Callable[..., object], *given: object) -> float:
    started = time.perf_counter()
    work(*given)
    return time.perf_counter() - started


def ours(store: Store) -> dict[str, float]:
    updates = [gathered(number) for number in range(SOURCES)]
    ids = [update.state.source_id for update in updates]
    took = {"fingerprints, nothing stored": sum(timed(store.fingerprints, one) for one in ids)}
    took["known, nothing stored"] = sum(timed(store.known, one) for one in ids)
    took["commit"] = sum(timed(store.commit, one) for one in updates)
    took["fingerprints"] = sum(timed(store.fingerprints, one) for one in ids)
    took["known"] = sum(timed(store.known, one) for one in ids)
    took |= {"unsettled": 0.0, "commit_stories": 0.0}
    while fresh := store.unsettled(ROUND):
        took["unsettled"] += timed(store.unsettled, ROUND)
        took["commit_stories"] += timed(store.commit_stories, settled(fresh))
    return took | {"headlines": timed(store.headlines)}


def floor(raw: sqlite3.Connection, held: sqlite3.Connection) -> dict[str, float]:
    def read(*queries: str) -> list[tuple[object, ...]]:
        return [raw.execute(query).fetchall() for query in queries]

    def write(rows: dict[str, list[tuple[object, ...]]], *afterwards: str) -> None:
        raw.execute("BEGIN IMMEDIATE")
        for table, its in rows.items():
            raw.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(its[0]))})", its)
        read(*afterwards)
        raw.execute("COMMIT")

    def rows(query: str) -> list[tuple[object, ...]]:
        return held.execute(query).fetchall()

    took = dict.fromkeys(("commit", "fingerprints", "known", "unsettled", "commit_stories", "headlines"), 0.0)
    of_each = [
        f"WHERE source_id = '{source_id}'" for (source_id,) in rows("SELECT source_id FROM sources ORDER BY rowid")
    ]
    for of in of_each:
        new = {table: rows(f"SELECT * FROM {table} {of}") for table in ("sources", "items", "aliases")}
        waiting = rows(f"SELECT number, published, withdrawn, 1 FROM items {of}")
        took["commit"] += timed(write, {**new, "waiting": waiting})
    for of in of_each:
        took["fingerprints"] += timed(read, f"SELECT fingerprint FROM items {of}")
        took["known"] += timed(read, f"SELECT {KNOWN} FROM items {of}", f"SELECT alias, guid FROM aliases {of}")
    ordered = [str(number) for (number,) in rows("SELECT number FROM items ORDER BY published, source_id, guid")]
    for start in range(0, len(ordered), ROUND):
        these = f"IN ({', '.join(ordered[start : start + ROUND])})"
        names = ("item_keys", "sketches", "members")
        told = {name: rows(f"SELECT * FROM {name} WHERE item {these}") for name in names}
        for name, key in {"stories": "id", "story_labels": "story_id"}.items():
            told[name] = rows(f"SELECT * FROM {name} WHERE {key} IN (SELECT story_id FROM members WHERE item {these})")
        in_order = {name: told[name] for name in ("item_keys", "sketches", "stories", "members", "story_labels")}
        took["unsettled"] += timed(read, f"SELECT * FROM items WHERE number {these}")
        searched = f"{SEARCHED} WHERE number {these} ORDER BY number"
        took["commit_stories"] += timed(write, in_order, searched, f"DELETE FROM waiting WHERE item {these}")
    return took | {"headlines": timed(read, "SELECT * FROM stories ORDER BY published DESC, id")}


with tempfile.TemporaryDirectory(prefix="bench-store-") as folder:
    path, plain = Path(folder) / "ours.sqlite", Path(folder) / "floor.sqlite"
    with connect.opened(f"sqlite:///{path}") as store, connect.opened(f"sqlite:///{plain}"):
        mine = ours(store)
    with sqlite3.connect(path) as whole:
        whole.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    size = path.stat().st_size
    beside = sqlite3.connect(plain, isolation_level=None)
    beside.executescript("PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA cache_size = -16000")
    least = floor(beside, sqlite3.connect(path))
for name, seconds in mine.items():
    count, unit = (SOURCES, "call") if name.startswith(("known", "fingerprints")) else (20 * SOURCES, "item")
    ratio = (
        f"sqlite3 {least[name] / count * 1e6:>7.1f} µs   ratio {seconds / least[name]:>5.2f}" if name in least else ""
    )
    print(f"{name:<30} {seconds / count * 1e6:>7.1f} µs a {unit}   {ratio}")
print(f"{size / 1e6:.1f} MB in the store, {size / 20 / SOURCES / 1000:.1f} MB for 1,000 items")
