"""Milliseconds of a search over many stories, and what the index takes of the disk.

    ./do python bench/search.py             100,000 stories of 170 words, one item each
    ./do python bench/search.py 10000

Words are drawn by Zipf's law from made-up nouns, a sixth of them compounds of two, so that there are some hundred thousand
different ones, as in a real store. Times are wall clock and, behind the slash, this process's own (what other work on the
machine does not change).
"""

import random
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import accumulate, islice
from pathlib import Path

from feeds_server import WORDS

from aggregator.model import (
    DateTrust,
    Evidence,
    Item,
    Keyed,
    Narrowed,
    SourceState,
    SourceUpdate,
    Story,
    StoryUpdate,
    Tag,
)
from aggregator.store import connect
from aggregator.store.connect import Store
from aggregator.text import digest

NOW = datetime(2026, 11, 20, tzinfo=UTC)
STORIES = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
ROUND, SOURCES, QUERIES, PAGE = 1_000, 200, 60, 30
LABELS = tuple(f"label-{number}" for number in range(20))
CHANCE = random.Random(20)
SYLLABLES = [c + v for c in "b d f g h k l m n p r s t w st schr".split() for v in "a e i o u ei au ie ä ö ü".split()]
ENDINGS = ("ung", "er", "keit", "e", "stoff", "markt", "recht", "tag", "werk", "bau")


def noun() -> str:
    return ("".join(CHANCE.choices(SYLLABLES, k=CHANCE.randint(1, 2))) + CHANCE.choice(ENDINGS)).capitalize()


NOUNS = sorted({noun() for _ in range(12_000)} | {"Förderung", "Strategie", "Wasserstoff", "Energie"})
CHANCE.shuffle(NOUNS)
WEIGHTS = list(accumulate(1 / (rank + 10) ** 1.15 for rank in range(len(NOUNS))))


def words() -> Iterator[str]:
    while True:
        first, second = CHANCE.choices(NOUNS, cum_weights=WEIGHTS, k=2)
        kind = CHANCE.random()
        yield CHANCE.choice(WORDS) if kind < 0.55 else first if kind < 0.92 else first + second.lower()


# fmt: off
def item(number: int) -> Item:
    text = " ".join(islice(words(), 170))
    source, url = number % SOURCES, f"https://site{number % SOURCES}.example/news/{number}"
    return Item(
        id=digest(url), source_id=f"site{source}", guid=url, url=url, title=text[:70], summary=text[:250], text=text,
        html="", published=NOW - timedelta(minutes=5 * number), updated=None, date_trust=DateTrust.EXACT,
        published_text=None, first_seen=NOW, language="de", authors=(), categories=(), issuer=None, enclosures=(),
        content_hash=digest(text), fingerprint=digest(text, url),
    )


def story(one: Item, number: int) -> Story:
    evidence = (Evidence(rule="e", field="title", text="x", weight=1.0),)
    tags = (Tag(label=LABELS[number % len(LABELS)], score=1.0, evidence=evidence),)
    return Story(
        id=f"tag:bench.example,2026:story/{one.id}", minted=NOW, origin=one, carriers=(one,), related=(), changed=NOW,
        published=one.published, tags=tags, near_misses=(), absorbed=(), version=one.fingerprint,
    )
# fmt: on


def fill(store: Store) -> float:
    settling = 0.0
    for start in range(0, STORIES, ROUND):
        made = [item(number) for number in range(start, min(start + ROUND, STORIES))]
        store.commit_all(
            [
                SourceUpdate(state=SourceState(source_id=f"site{source}"), new=tuple(made[source::SOURCES]))
                for source in range(SOURCES)
            ]
        )
        keys = {one.key: Keyed((hash(one.guid) % 2**60,), 1) for one in made}
        told = tuple(story(one, start + at) for at, one in enumerate(made))
        update = StoryUpdate(settled=tuple(keys), keys=keys, matches=(), rematched=(), stories=told, gone=())
        started = time.process_time()
        store.commit_stories(update)
        settling += time.process_time() - started
    return settling


def questions() -> dict[str, list[tuple[str, Narrowed, int]]]:
    def common() -> str:
        return CHANCE.choices(NOUNS, cum_weights=WEIGHTS)[0]

    def each(make: object, narrowed: Narrowed = Narrowed(), offset: int = 0) -> list[tuple[str, Narrowed, int]]:  # noqa: B008
        return [(make(), narrowed, offset) for _ in range(QUERIES)]  # type: ignore[operator]

    recent = Narrowed(labels=LABELS[:1], since=NOW - timedelta(days=30))
    return {
        "a noun": each(common),
        "a rare noun": each(lambda: CHANCE.choice(NOUNS)),
        "a compound": each(lambda: common() + common().lower()),
        "two nouns": each(lambda: f"{common()} {common()}"),
        "words in a row": each(lambda: f'"{common()} {CHANCE.choice(WORDS)}"'),
        "one without the other": each(lambda: f"{common()} -{common()}"),
        "a noun, one label, 30 days": each(common, recent),
        "a noun, the fifth page": each(common, offset=4 * PAGE),
        "no words, one label": each(str, recent),
        "the commonest word": [("der", Narrowed(), 0)] * 10,
    }


def ask(store: Store, rows: list[tuple[str, Narrowed, int]]) -> list[tuple[float, float, int, int]]:
    took = []
    for query, narrowed, offset in rows:
        wall, own = time.perf_counter(), time.process_time()
        found = store.search(query, PAGE, offset=offset, narrowed=narrowed)
        now = (time.perf_counter() - wall, time.process_time() - own)
        took.append((now[0] * 1000, now[1] * 1000, found.total, len(found.marks.words)))
    return took


def pages(path: Path) -> dict[str, int]:
    """Bytes by table; SQLite's own count (dbstat), where it was built with it."""
    with sqlite3.connect(path) as raw:
        rows = raw.execute("SELECT name, sum(pgsize) FROM dbstat GROUP BY name").fetchall()
    return dict(rows)


def size(path: Path) -> None:
    with sqlite3.connect(path) as raw:
        ((text,),) = raw.execute("SELECT sum(length(CAST(title || summary || text AS BLOB))) FROM items")
        ((count,),) = raw.execute("SELECT count(*) FROM items_search_words")
    print(f"{path.stat().st_size / 2**20:,.0f} MiB store, {text / 2**20:,.0f} MiB of text, {count:,} different words")
    try:
        by_table = pages(path)
    except sqlite3.OperationalError:
        return
    groups = {"full text index": "items_search_data items_search_idx items_search_docsize".split()}
    groups["words and their parts"] = [
        name for name in by_table if "items_search_words" in name or "items_search_parts" in name
    ]
    for name, its in groups.items():
        taken = sum(by_table.get(each, 0) for each in its)
        print(f"  {name}: {taken / 2**20:,.1f} MiB, {taken / text:.0%} of the text")


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "store.sqlite"
        with connect.opened(f"sqlite:///{path}") as store:
            settling = fill(store)
            print(f"{STORIES:,} stories; settled in {settling / STORIES * 1e6:,.0f} µs each")
            size(path)
            print(f"{'':28}{'median':>16}{'99th percentile':>20}{'stories':>10}{'forms':>7}")
            everything = []
            for name, rows in questions().items():
                took = ask(store, rows)
                everything += took if name != "the commonest word" else []
                print(line(name, took))
            print(line("all but the last", everything))


def line(name: str, took: list[tuple[float, float, int, int]]) -> str:
    wall, own, total, forms = (sorted(column) for column in zip(*took, strict=True))
    last = len(took) * 99 // 100
    return (
        f"{name:28}{statistics.median(wall):8.1f}/{statistics.median(own):.1f} ms{wall[last]:11.1f}/{own[last]:.1f} ms"
        f"{statistics.median(total):10.0f}{statistics.median(forms):7.0f}"
    )


if __name__ == "__main__":
    main()
