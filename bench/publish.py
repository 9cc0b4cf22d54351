"""Seconds, bytes and files of publishing a large store: first time, nothing new, one new story, one correction, twenty new.

    ./do python bench/publish.py                 10,000 stories, 200 feeds
    ./do python bench/publish.py 100000          some minutes and 5 GB
    ./do python bench/publish.py 100000 STORE    the stories are kept there; if it is there, they are taken from it
    ./do python bench/publish.py 100000 STORE later    not the first time: empty files stand in for what it would have written

Seconds are those of the clock and those of this process: other programs may be at work. The floor, in the same run: feedgen alone
(RSS and Atom of as many entries, in documents of a hundred, from values in memory; no JSON Feed, no pages, no store), and plain
writing and renaming of as many bytes in as many files.
"""

import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from feedgen.feed import FeedGenerator
from feeds_server import prose

from aggregator.config import load
from aggregator.config.load import Config
from aggregator.model import DateTrust, Evidence, Item, SourceState, SourceUpdate, Story, StoryUpdate, Tag
from aggregator.passes import entering, publish_changed
from aggregator.passes.feed_documents import KINDS, RENDERING
from aggregator.publish.view import archived_name, page_name
from aggregator.store import connect
from aggregator.store.connect import Store
from aggregator.text import digest

NOW = datetime(2026, 11, 20, tzinfo=UTC)
STORIES = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
LATER = sys.argv[3:] == ["later"]
SOURCES, LABELS = 149, 50  # with `all` 200 feeds
ROUND = 2_000
SAMPLE = 20  # documents of a hundred entries that feedgen alone is timed with


def configured(folder: Path) -> Config:
    sources = "".join(f"  - {{id: s{n}, name: Source {n}, url: 'https://s{n}.example/'}}\n" for n in range(SOURCES))
    labels = "".join(f"  - {{id: l{n}, names: {{de: L{n}, en: L{n}}}, strong: [w{n}]}}\n" for n in range(LABELS))
    (folder / "aggregator.yaml").write_text(
        "base_url: https://news.example/\ntitle: News\nminting: news.example,2026\n"
    )
    (folder / "sources.yaml").write_text(f"sources:\n{sources}")
    (folder / "clusters.yaml").write_text(f"topics:\n{labels}")
    return load.load(folder, environment={})


def story(number: int, text: str) -> Story:
    url = f"https://s{number % SOURCES}.example/news/{number}"
    origin = Item(
        id=digest(url), source_id=f"s{number % SOURCES}", guid=url, url=url, title=text[:60], summary=text[:200], text=text,
        html=f"<p>{text}</p>", published=NOW - timedelta(minutes=7 * number), updated=None, language="de",
        date_trust=DateTrust.EXACT, published_text="Fri, 20 Nov 2026 10:00:00 +0100", first_seen=NOW,
        authors=(), categories=(), issuer=None, enclosures=(), content_hash=digest(url, text), fingerprint=digest(url, text),
    )  # fmt: skip
    evidence = (Evidence(rule="e", field="title", text="Strom", weight=1.0),)
    labels = {f"l{number % LABELS}", f"l{number // 7 % LABELS}"}
    return Story(
        id=f"tag:news.example,2026:story/{origin.id}", minted=NOW, origin=origin, carriers=(origin,), related=(), changed=NOW,
        published=origin.published, near_misses=(), absorbed=(), version=origin.fingerprint,
        tags=tuple(Tag(label=label, score=1.0, evidence=evidence) for label in sorted(labels)),
    )  # fmt: skip


def settle(store: Store, stories: list[Story]) -> None:
    items = tuple(each.origin for each in stories)
    stored = store.items([one.key for one in items])
    new, changed = [one for one in items if one.key not in stored], [one for one in items if one.key in stored]
    store.commit(
        SourceUpdate(state=SourceState(source_id="s", last_checked=NOW), new=tuple(new), changed=tuple(changed))
    )
    keys = tuple(one.key for one in items)
    store.commit_stories(StoryUpdate(settled=keys, keys={}, matches=(), rematched=(), stories=tuple(stories), gone=()))


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Seconds by the clock, and of this process."""
    started, used = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - started, time.process_time() - used


def written(output: Path, since: float) -> tuple[int, int]:
    """Files and bytes that were written after that moment."""
    sizes = [stat.st_size for path in output.rglob("*") if path.is_file() and (stat := path.stat()).st_mtime >= since]
    return len(sizes), sum(sizes)


def row(what: str, seconds: float, own: float, files: int, size: int) -> None:
    print(f"{what:<44} {seconds:>9.3f} s {own:>9.3f} s own {files:>8} files {size / 1e6:>10.2f} MB", flush=True)


def plain(stories: list[Story]) -> None:
    """feedgen alone: one document in RSS and Atom."""
    generator = FeedGenerator()
    generator.id("https://n.example/")
    generator.title("N")
    generator.description("N")
    generator.link(href="https://n.example/")
    for each in stories:
        one, entry = each.origin, generator.add_entry(order="append")
        entry.id(each.id)
        entry.title(one.title)
        entry.link(href=one.url)
        entry.summary(one.summary)
        entry.content(one.html, type="html")
        entry.published(one.published)
        entry.updated(one.published)
        entry.category([{"term": label} for label in each.labels])
    generator.rss_str()
    generator.atom_str()


def write_plainly(folder: Path, files: int, size: int) -> None:
    content = b"x" * (size // files)
    for number in range(files):
        new = folder / f"{number}.new"
        new.write_bytes(content)
        new.rename(folder / f"{number}.xml")


def stand_in(config: Config, store: Store, output: Path) -> None:
    """A store and a directory as if all had been published."""
    entering.enter(store, config.feeds, publish_changed.sources_by_id(config), None)
    archives = store.feeds.archives()
    names = ["index.html", "style.css", "opml.xml", "feeds.opml"]
    for feed in config.feeds:
        names += [f"feeds/{feed.id}.{kind}" for kind in KINDS] + [f"{feed.id}/index.html"]
        for number in archives.get(feed.id, ()):
            names += [archived_name(feed.id, number, kind) for kind in KINDS] + [f"{feed.id}/{page_name(number)}"]
    for name in names:
        (output / name).parent.mkdir(parents=True, exist_ok=True)
        (output / name).touch()
    basis = digest(RENDERING, config.digest, *(feed.id for feed in config.feeds))
    pages = {(feed_id, number): "known" for feed_id, its in archives.items() for number in its}
    store.feeds.commit_published({"*": basis, "*generation": str(store.generation())}, pages)


def bench(config: Config, store: Store, output: Path, folder: Path) -> None:
    def publishing(what: str) -> tuple[float, int, int]:
        before = time.time()
        seconds, own = timed(lambda: publish_changed.publish(config, store, output))
        files, size = written(output, before - 0.01)
        row(what, seconds, own, files, size)
        return own, files, size

    prose_ = prose(1, 320)
    number = STORIES + store.counts()["stories"]  # never given before
    if LATER:
        row("places of all stories", *timed(lambda: stand_in(config, store, output)), 0, 0)
    else:
        seconds, files, size = publishing("first time")
    publishing("nothing new")
    settle(store, [replace(story(number, prose_), published=NOW)])
    publishing("one new story")
    publishing("nothing new")
    settle(store, [replace(story(STORIES // 2, prose(2, 320)), changed=NOW + timedelta(hours=1), version="corrected")])
    publishing("one correction of an archived story")
    settle(store, [replace(story(number + n, prose(n, 320)), published=NOW) for n in range(1, 21)])
    publishing("twenty new stories")

    if LATER:
        return
    entries = sum(len(pages) for pages in store.feeds.archives().values()) * 100
    entries += sum(min(feed.limit, len(store.feeds.places(feed.id))) for feed in config.feeds)
    sample = [story(n, prose(n, 320)) for n in range(100)]
    alone, of_it = (one / SAMPLE * entries / 100 for one in timed(lambda: [plain(sample) for _ in range(SAMPLE)]))
    (folder / "floor").mkdir()
    row("floor: feedgen alone, RSS and Atom", alone, of_it, 2 * entries // 100, 0)
    row(
        "floor: plain writing of the same bytes",
        *timed(lambda: write_plainly(folder / "floor", files, size)),
        files,
        size,
    )
    print(f"first time / feedgen alone, own seconds      {seconds / of_it:>9.2f}   of {entries} entries")


with tempfile.TemporaryDirectory() as made:
    folder = Path(made)
    kept = Path(sys.argv[2]) if len(sys.argv) > 2 else folder / "kept.sqlite"
    if not kept.exists():
        with connect.opened(f"sqlite:///{kept.resolve()}") as store:
            for start in range(0, STORIES, ROUND):
                settle(store, [story(n, prose(n, 320)) for n in range(start, min(STORIES, start + ROUND))])
    path = Path(shutil.copy(kept, folder / "a.sqlite"))
    print(f"{STORIES} stories in {path.stat().st_size / 1e6:.0f} MB of store")
    with connect.opened(f"sqlite:///{path}") as store:
        bench(configured(folder), store, folder / "public", folder)
    print(f"{path.stat().st_size / 1e6:.0f} MB of store afterwards")
