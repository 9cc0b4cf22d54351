"""A store in a file for every test, and short ways to say what is stored."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from aggregator.model import DateTrust, Item, ItemKey, Keyed, SourceState, SourceUpdate, Story, StoryUpdate, Tag
from aggregator.store import connect
from aggregator.store.connect import Store

NOW = datetime(2026, 10, 12, 8, tzinfo=UTC)


@pytest.fixture(scope="session")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store made by the migrations, once: they take longer than the tests."""
    path = tmp_path_factory.mktemp("fresh") / "aggregator.sqlite"
    with connect.opened(f"sqlite:///{path}"):
        pass
    return path


@pytest.fixture
def path(fresh: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(fresh, tmp_path))


@pytest.fixture
def url(path: Path) -> str:
    return f"sqlite:///{path}"


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    with connect.opened(url) as opened:
        yield opened


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
def make_item() -> Callable[..., Item]:
    def make(source_id: str = "amt", guid: str = "1", **fields: object) -> Item:
        given = {
            "id": f"{source_id}-{guid}",
            "source_id": source_id,
            "guid": guid,
            "url": f"https://{source_id}.example/meldung/{guid}",
            "title": f"Meldung {guid}",
            "summary": "",
            "html": "",
            "text": "",
            "published": NOW,
            "updated": None,
            "date_trust": DateTrust.EXACT,
            "published_text": None,
            "first_seen": NOW,
            "language": "de",
            "authors": (),
            "categories": (),
            "issuer": None,
            "enclosures": (),
            "content_hash": f"hash of {source_id} {guid}",
            "fingerprint": f"bytes of {source_id} {guid}",
        }
        return Item(**(given | fields))  # type: ignore[arg-type]

    return make


@pytest.fixture
def make_story() -> Callable[..., Story]:
    def make(name: str, *carriers: Item, labels: tuple[str, ...] = (), **fields: object) -> Story:
        given = {
            "id": f"tag:example.org,2026:story/{name}",
            "minted": NOW,
            "origin": carriers[0],
            "carriers": carriers,
            "related": (),
            "published": carriers[0].published,
            "changed": NOW,
            "tags": tuple(Tag(label=label, score=1.0, evidence=()) for label in labels),
            "near_misses": (),
            "absorbed": (),
            "version": f"version of {name}",
        }
        return Story(**(given | fields))  # type: ignore[arg-type]

    return make


@pytest.fixture
def put(store: Store) -> Callable[..., None]:
    """Stores new items, each source's in a commit of its own."""

    def put(*items: Item) -> None:
        for source_id in dict.fromkeys(item.source_id for item in items):
            of_one = tuple(item for item in items if item.source_id == source_id)
            store.commit(SourceUpdate(state=SourceState(source_id=source_id, last_checked=NOW), new=of_one))

    return put


@pytest.fixture
def settle(store: Store, put: Callable[..., None]) -> Callable[..., None]:
    """Stores stories with their items, as a pass does."""

    def settle(
        *stories: Story,
        keys: dict[ItemKey, tuple[int, ...]] | None = None,
        gone: tuple[str, ...] = (),
        day: int = 20_000,
    ) -> None:
        carriers = {item.key: item for story in stories for item in story.carriers}
        stored = store.items(carriers.keys())
        put(*(item for key, item in carriers.items() if key not in stored))
        settled = tuple(sorted(carriers))
        keyed = {key: Keyed(its, day) for key, its in (keys or {}).items()}
        store.commit_stories(
            StoryUpdate(settled=settled, keys=keyed, matches=(), rematched=settled, stories=stories, gone=gone)
        )

    return settle
