"""What the rules for stories find, what each of them is worth, and what finding an item's candidates costs.

    ./do python bench/stories.py --halves FILE.jsonl    thresholds chosen on one half of the groups: F1 on the other
    ./do python bench/stories.py --ablate FILE.jsonl    F1 of pairs without each of the rules
    ./do python bench/stories.py --index 100000         one look-up among so many stored items, made up over four years

FILE is a labelled file as `aggregator evaluate dedupe` reads it; without one the project's own, tests/stories/labelled.jsonl.
With `--index`: median and 99th percentile of the microseconds from an item to its candidates (its keys made, looked up, told
apart), bytes of the index an item, and the process's greatest memory.
"""

import argparse
import json
import random
import resource
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from aggregator.config import load
from aggregator.model import DateTrust, Item, ItemKey
from aggregator.passes import labelled, matching
from aggregator.store import connect, items, sqlite
from aggregator.stories import compare, differences, keys, likeness, plain
from aggregator.text import digest

ROOT = Path(__file__).resolve().parent.parent
NOW = datetime(2026, 11, 20, tzinfo=UTC)
CONFIG = load.load(ROOT / "config", environment={})


# ------------------------------------------------------------------------------------------------------------- what is found


def score(file: Path, only: set[str] | None = None) -> dict[str, Any]:
    """Precision, recall and F1 of pairs; `only` these rows."""
    if only is None:
        return labelled.dedupe(CONFIG, file, now=NOW)["pairs"]
    with tempfile.TemporaryDirectory() as folder:
        part = Path(folder) / "part.jsonl"
        lines = file.read_text(encoding="utf-8").splitlines()
        part.write_text("\n".join(line for line in lines if json.loads(line)["id"] in only), encoding="utf-8")
        return labelled.dedupe(CONFIG, part, now=NOW)["pairs"]


def halves(file: Path) -> tuple[set[str], set[str]]:
    """The groups of even and of odd digests, each with its half of the items that are alone."""
    parts: tuple[set[str], set[str]] = (set(), set())
    for line in file.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        parts[int(digest(str(row.get("group") or row["id"])), 16) % 2].add(row["id"])
    return parts


THRESHOLDS: dict[str, tuple[float, ...]] = {
    "_COPY": (0.35, 0.5, 0.65, 0.8),
    "_SAME_TEXT": (0.8, 0.9, 0.97),
    "_REVISED": (0.4, 0.6, 0.8),
    "_TOLD": (0.6, 0.8, 1.0),
    "_TOLD_ABROAD": (0.4, 0.6, 0.8),
}


def cross_checked(file: Path) -> None:
    """Thresholds of one half, one after the other, each the middle of the best; what they give on the other half."""
    one, other = halves(file)
    for name, tuned, judged in (("first", one, other), ("second", other, one)):
        with restored():
            chosen = {}
            for threshold, values in THRESHOLDS.items():
                found = []
                for value in values:
                    setattr(compare, threshold, value)
                    found.append(score(file, tuned)["f1"])
                best = [value for value, f1 in zip(values, found, strict=True) if f1 == max(found)]
                chosen[threshold] = best[len(best) // 2]
                setattr(compare, threshold, chosen[threshold])
            here, there = score(file, tuned), score(file, judged)
        print(f"tuned on the {name} half {chosen}: F1 {here['f1']:.4f} there; on the other half {shown(there)}")
    print(f"as they are: {shown(score(file, one))} and {shown(score(file, other))}; all {shown(score(file))}")


@contextmanager
def restored() -> Iterator[None]:
    before = {name: getattr(compare, name) for name in THRESHOLDS}
    try:
        yield
    finally:
        for name, value in before.items():
            setattr(compare, name, value)


def shown(pairs: dict[str, float]) -> str:
    return f"precision {pairs['precision']:.4f} recall {pairs['recall']:.4f} F1 {pairs['f1']:.4f}"


def nothing(*_: object, **__: object) -> None:
    return None


NO_DIFFERENCES = differences.Differences(numbers=(), names=(), renamed=False, only_amounts=True)
RULES: dict[str, tuple[Any, str, Any]] = {
    "copies: the shorter text in the longer": (compare, "_copied", nothing),
    "retold with all figures": (compare, "_retold", nothing),
    "translations": (compare, "_translated", nothing),
    "one source's own item again": (compare, "_within", nothing),
    "vetoes: other figures and names in the same place": (differences, "between", lambda *_: NO_DIFFERENCES),
    "corrections: marks in title, lead and address": (plain, "_MARKED_URL", plain.re.compile(r"(?!)")),
    "the merge window": (compare, "veto", nothing),
    "same words, other figures: carriers of the first version": (compare, "_CORRECTED", timedelta(-1)),
    "datelines": (plain, "_dateline", lambda _: 0),
    "one spelling for gender forms and hyphens": (plain, "alike", str),
    "credits, contacts, buttons": (plain, "_NOISE", plain.re.compile(r"(?!)")),
    "keys of the lead": (keys, "_LEAD", 0),
    "keys of the body": (keys, "_BODY", 0),
    "keys of figures": (keys, "_NUMBERS", 0),
    "words that begin alike": (likeness, "_STEM", 99),
}


def ablated(file: Path) -> None:
    whole = score(file)
    print(f"{'all rules':<58} {shown(whole)}")
    for name, (module, attribute, instead) in RULES.items():
        before = getattr(module, attribute)
        setattr(module, attribute, instead)
        try:
            without = score(file)
        finally:
            setattr(module, attribute, before)
        print(f"{name:<58} {shown(without)}  {without['f1'] - whole['f1']:+.4f}")


# ---------------------------------------------------------------------------------------------------------- what it costs

YEARS = timedelta(days=4 * 365)
STANDING = (
    "Weitere Informationen finden Sie im Internetangebot des Hauses, Rückfragen beantwortet die Pressestelle gern."
)


class World:
    """Items that look like press releases to an index: words by Zipf's law, figures, a standing sentence in each third."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.chance = random.Random(7)
        syllables = [one + two for one in "bdfghklmnprstw" for two in ("a", "e", "i", "o", "u", "au", "ei")]
        self.words = ["".join(self.chance.choices(syllables, k=self.chance.randint(1, 5))) for _ in range(30_000)]
        total = 0.0
        self.weights = [total := total + 1 / rank for rank in range(1, len(self.words) + 1)]

    def item(self, number: int) -> Item:
        chance = self.chance
        words = chance.choices(self.words, cum_weights=self.weights, k=110)
        for place in range(9, 110, 13):
            words[place] = str(
                chance.choice((chance.randint(2, 60), chance.randint(60, 999), chance.randint(1, 99) * 100))
            )
        said = " ".join(words).capitalize() + "."
        if number % 3 == 0:
            said += f"\n{STANDING}"
        source, title = f"s{number % 1000}", " ".join(words[:7]).capitalize()
        return Item(
            id=f"{number:x}", source_id=source, guid=str(number), url=f"https://{source}.example/{number}", title=title,
            summary="", html="", text=said, published=NOW - YEARS * chance.random(), updated=None, date_trust=DateTrust.EXACT,
            published_text=None, first_seen=NOW, language="de", authors=(), categories=(), issuer=None, enclosures=(),
            content_hash=str(number), fingerprint=str(number),
        )  # fmt: skip


def indexed(size: int) -> None:
    world, merging = World(size), matching.Merging()
    with tempfile.TemporaryDirectory(prefix="bench-stories-") as folder:
        path = Path(folder) / "index.sqlite"
        with connect.opened(f"sqlite:///{path}") as store:
            started = time.perf_counter()
            for start in range(0, size, 5_000):
                fill(store, world, merging, range(start, min(start + 5_000, size)))
            filled = time.perf_counter() - started
            before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            took, found = look_ups(store, world, merging, size)
            after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        bytes_of = sizes(path)
    print(f"{size:,} items, filled at {filled / size * 1e6:.0f} µs an item")
    for name, times in zip(("on the clock", "of the processor"), zip(*took, strict=True), strict=True):
        ordered = sorted(times)
        print(
            f"one look-up {name}: median {statistics.median(ordered) * 1e6:.0f} µs, "
            f"99th percentile {ordered[int(len(ordered) * 0.99)] * 1e6:.0f} µs"
        )
    print(
        f"candidates: {statistics.mean(found):.1f} on average, {max(found)} at the most; the original always among them"
    )
    print(
        f"index {bytes_of / size:.0f} bytes an item; greatest memory {after / 1024:.0f} MB, {before / 1024:.0f} MB before looking"
    )


def fill(store: connect.Store, world: World, merging: matching.Merging, numbers: range) -> None:
    made = [world.item(number) for number in numbers]
    with store._writing() as connection:
        items.add(connection, made)
        known = items.numbers(connection, [one.key for one in made])
        sqlite.run(connection, items._DONE, sqlite.numbers(known.values()))
        items.replace_keys(connection, (), {known[one.key]: matching.keyed(one, merging) for one in made})


def look_ups(
    store: connect.Store, world: World, merging: matching.Merging, size: int
) -> tuple[list[tuple[float, float]], list[int]]:
    """Copies of stored items by another source, shortened, with a dateline and a paragraph of its own."""
    wanted = {str(world.chance.randrange(size)) for _ in range(1_000)}
    stored = {one.guid: one for one in store.items([key_of(guid) for guid in wanted]).values()}
    took, found = [], []
    for guid, original in stored.items():
        words = original.text.split()
        text = (
            f"Potsdam, den 2026-01-02 – {' '.join(words[: len(words) * 2 // 3])}\nEin Absatz der Redaktion von nebenan."
        )
        copy = compare_ready(original, guid, text)
        started, busy = time.perf_counter(), time.process_time()
        keyed = matching.keyed(copy, merging)
        shared = store.candidates({copy.key: keys.sought(keyed, window=merging.window)}).get(copy.key, {})
        worth = {one for one, its in shared.items() if keys.worth(its, one_source=one.source_id == copy.source_id)}
        took.append((time.perf_counter() - started, time.process_time() - busy))
        found.append(len(worth))
        assert original.key in worth, original
    return took, found


def key_of(guid: str) -> ItemKey:
    return ItemKey(f"s{int(guid) % 1000}", guid)


def compare_ready(original: Item, guid: str, text: str) -> Item:
    return replace(
        original, source_id="copy", guid=guid, url=f"https://copy.example/{guid}", title="Anderer Titel", text=text
    )


def sizes(path: Path) -> int:
    """Bytes of the pages of the index, as the file would be with and without it."""
    with sqlite3.connect(path) as raw:
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        raw.execute("VACUUM")
        page = raw.execute("PRAGMA page_size").fetchone()[0]
        whole = raw.execute("PRAGMA page_count").fetchone()[0]
        raw.execute("DROP TABLE item_keys")
        raw.execute("DROP TABLE sketches")
        raw.execute("VACUUM")
        return int((whole - raw.execute("PRAGMA page_count").fetchone()[0]) * page)


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    own = ROOT / "tests" / "stories" / "labelled.jsonl"
    arguments.add_argument("--halves", type=Path, nargs="?", const=own)
    arguments.add_argument("--ablate", type=Path, nargs="?", const=own)
    arguments.add_argument("--index", type=int)
    given = arguments.parse_args()
    if given.halves:
        cross_checked(given.halves)
    if given.ablate:
        ablated(given.ablate)
    if given.index:
        indexed(given.index)
