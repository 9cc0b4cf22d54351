"""The door of the store: opened once for a piece of work, closed with its block."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from aggregator.errors import StoreError, UsageError
from aggregator.model import (
    Event,
    Found,
    Headline,
    Host,
    Item,
    ItemKey,
    Known,
    Match,
    Narrowed,
    Revision,
    Shared,
    Since,
    Sought,
    SourceState,
    SourceUpdate,
    Story,
    StoryName,
    StoryUpdate,
)
from aggregator.store import events, feeds, hosts, items, retention, schema, sources, sqlite, stories
from aggregator.store import search as finding
from aggregator.store.items import Listed
from aggregator.store.keeping import Keeping
from aggregator.store.transactions import translated

if TYPE_CHECKING:
    from aggregator.store.websub import Subscriptions

WAIT = 5.0  # seconds a writer waits for another one


@contextmanager
def opened(url: str, *, wait: float = WAIT, new: bool = True) -> Iterator[Store]:
    """The store at `url` (`sqlite:////absolute/path`), its schema brought up to date; made where there is none, unless `new` is
    False.

    Belongs to the thread that opened it. StoreError where it can not be opened or a newer program wrote it.
    """
    path = _path(url)
    if not new and not Path(path).exists():
        raise StoreError(f"{path}: there is no store; expected the one that was there, or a first pass to make it")
    with ExitStack() as stack:
        engine = sqlite.engine(path, wait)
        stack.callback(engine.dispose)
        with translated(path):
            connection = stack.enter_context(engine.connect())
            _bring_up_to_date(connection, path)
        yield Store(connection, path)


def stands(url: str) -> bool:
    """Whether there is a file of that store."""
    return Path(_path(url)).exists()


def backup_to(url: str, target: Path) -> None:
    """A copy of the store at `url` in one file, whoever works with it meanwhile. Raises StoreError."""
    from aggregator.store import backup

    beside(url, target)
    backup.write(_path(url), target)


def restore_from(url: str, source: Path) -> None:
    """Puts the copy into the place of the store at `url`, with the schema of this program. Raises StoreError."""
    from aggregator.store import backup

    beside(url, source)
    backup.restore(_path(url), source)
    with opened(url):
        pass


def beside(url: str, file: Path) -> None:
    """UsageError where the file is the store itself, or one of those that belong to it, which would be written over while they
    are read; and where it is a device, in whose place a file would be put."""
    if file.exists() and not file.is_file():
        raise UsageError(f"{file}: is no file; expected the name of one")
    path = Path(_path(url))
    if file.resolve() in {path.with_name(path.name + suffix).resolve() for suffix in ("", "-wal", "-shm", "-journal")}:
        raise UsageError(f"{file}: is the store itself; expected another file")


def _path(url: str) -> str:
    # by hand: a directory may have any name, and a library would take its ? for the start of options
    scheme, _, path = url.partition(":///")
    if scheme != "sqlite" or not path:
        # without what follows the scheme: there may be a password in it
        raise StoreError(f"store {scheme.partition(':')[0]!r}: no such store; expected sqlite:////absolute/path")
    return path


def _bring_up_to_date(connection: Connection, path: str) -> None:
    with connection.begin():
        found = sqlite.version(connection)
    if found == schema.VERSION:
        return
    if found > schema.VERSION:
        raise StoreError(
            f"{path}: written by a newer program (schema {found}, this one knows {schema.VERSION}); "
            "expected this program or an older one; update the program"
        )
    from aggregator.store import backup, migrate

    with backup.alone(Path(path).parent):
        with connection.begin():
            found = sqlite.version(connection)
        if found in range(
            1, schema.VERSION
        ):  # else another process was faster; what an upgrade does can not be taken back
            backup.before_upgrade(path, found)
        migrate.migrate(connection, path)


class Store(Keeping):
    """What is remembered, as questions and commits. Every method is one transaction; none stays open after it."""

    # -------------------------------------------------------------------------------------------------------------- gather

    def states(self) -> dict[str, SourceState]:
        """Of all sources ever asked, by source id."""
        with self._reading() as connection:
            return sources.states(connection)

    def state(self, source_id: str) -> SourceState:
        """Of one source; a fresh state when it was never asked."""
        with self._reading() as connection:
            return sources.state(connection, source_id)

    def known(self, source_id: str) -> Known:
        """The source's newest items as identity sees them, withdrawn ones too; at most `items.KNOWN`."""
        with self._reading() as connection:
            return items.known(connection, source_id)

    def fingerprints(self, source_id: str) -> frozenset[str]:
        """Those of `known`, without the rest."""
        with self._reading() as connection:
            return items.fingerprints(connection, source_id)

    def commit(self, update: SourceUpdate) -> None:
        """All that gathering one source came to. New and changed items wait to be settled."""
        self.commit_all((update,))

    def commit_all(self, updates: Sequence[SourceUpdate]) -> None:
        """Several sources in one transaction: what a pass in which nothing is new writes down."""
        if not updates:
            return
        with self._writing() as connection:
            sources.put(connection, [update.state for update in updates])
            shown = {one.state.source_id: one.listed for one in updates if one.listed is not None}
            retention.put_listings(connection, shown)
            for update in updates:
                if update.says_more:
                    _commit_items(connection, update)

    def hosts(self) -> dict[str, Host]:
        """Of all servers ever asked, by origin, without their robots.txt."""
        with self._reading() as connection:
            return hosts.load(connection)

    def robots(self, origin: str) -> str | None:
        """The robots.txt of a server as last read; "" where it has none."""
        with self._reading() as connection:
            return hosts.robots(connection, origin)

    def commit_hosts(self, learnt: Sequence[Host]) -> None:
        """What a pass learnt of servers."""
        if learnt:
            with self._writing() as connection:
                hosts.put(connection, learnt)

    def offline_since(self) -> datetime | None:
        """Since when no source could be reached at all; None where the last pass reached one."""
        with self._reading() as connection:
            return hosts.offline_since(connection)

    def commit_offline(self, since: datetime | None) -> None:
        """Remembers it, or that it is over."""
        with self._writing() as connection:
            hosts.put_offline(connection, since)

    @property
    def websub(self) -> Subscriptions:
        """The subscriptions by WebSub, others' and ours."""
        from aggregator.store.websub import Subscriptions

        return Subscriptions(self._reading, self._writing)

    # -------------------------------------------------------------------------------------------------------------- health

    def unsound(self) -> tuple[str, ...]:
        """What the engine finds wrong with the file, a line each."""
        with self._reading() as connection:
            return sqlite.unsound(connection)

    def engine_version(self) -> str:
        with self._reading() as connection:
            return sqlite.engine_version(connection)

    def unfinished_events(self) -> tuple[tuple[Event, ...], int]:
        """Events that are open or not yet told everywhere, oldest first; and the highest number of all, 0 without any."""
        with self._reading() as connection:
            return events.unfinished(connection)

    def events(self, limit: int) -> tuple[Event, ...]:
        """The newest first."""
        with self._reading() as connection:
            return events.newest(connection, limit)

    def commit_events(self, changed: Sequence[Event]) -> None:
        """New events, and old ones that changed."""
        if changed:
            with self._writing() as connection:
                events.put(connection, changed)

    # -------------------------------------------------------------------------------------------------------------- settle

    def unsettled(self, limit: int) -> tuple[Item, ...]:
        """Items that wait to be settled, by published, source and guid."""
        with self._reading() as connection:
            return items.unsettled(connection, limit)

    def unsettled_withdrawn(self) -> tuple[ItemKey, ...]:
        """Withdrawn items that wait to be taken out of their stories."""
        with self._reading() as connection:
            return items.unsettled_withdrawn(connection)

    def withdraw(self, keys: Collection[ItemKey]) -> None:
        """The items are no more: they wait to be settled out of their stories and never come back as news."""
        with self._writing() as connection:
            items.withdraw(connection, keys)

    def unsettle(self, source_ids: Collection[str] | None = None) -> int:
        """Has the items of these sources (None: of all) settled again; how many were settled before."""
        with self._writing() as connection:
            return items.unsettle(connection, source_ids)

    def candidates(self, sought: Mapping[ItemKey, Collection[Sought]]) -> dict[ItemKey, Shared]:
        """Which settled items each of these items shares which keys with."""
        with self._reading() as connection:
            return items.candidates(connection, sought)

    def items(self, keys: Collection[ItemKey]) -> dict[ItemKey, Item]:
        """The stored ones of these items."""
        with self._reading() as connection:
            return items.load(connection, keys)

    def said_before(self, keys: Collection[ItemKey]) -> frozenset[ItemKey]:
        """Those of the items that say again what they said before their last change."""
        if not keys:
            return frozenset()
        with self._reading() as connection:
            return items.said_before(connection, keys)

    def revisions(self, keys: Collection[ItemKey]) -> dict[ItemKey, list[Revision]]:
        """What the items said before, the latest first."""
        with self._reading() as connection:
            return items.revisions(connection, keys)

    def matches(self, keys: Collection[ItemKey]) -> tuple[Match, ...]:
        """All stored comparisons that touch any of the items."""
        with self._reading() as connection:
            return stories.matches(connection, keys)

    def names(self, keys: Collection[ItemKey]) -> tuple[StoryName, ...]:
        """The stories that contain any of the items, each with all its members."""
        with self._reading() as connection:
            return stories.names(connection, keys)

    def stories(self, ids: Collection[str]) -> dict[str, Story]:
        """The stored ones of these stories, whole; absorbed ids are not resolved."""
        with self._reading() as connection:
            return stories.load(connection, ids)

    def commit_stories(self, update: StoryUpdate) -> None:
        """All of one settling; the generation grows by one."""
        with self._writing() as connection:
            stories.commit(connection, update)

    # ------------------------------------------------------------------------------------------------------------- publish

    def generation(self) -> int:
        """Grows with every settling: as long as it is the same, the stories are the same."""
        with self._reading() as connection:
            return stories.generation(connection)

    def headlines(self, ids: Collection[str] | None = None) -> tuple[Headline, ...]:
        """Of these stories (None: of all), newest first, those of one instant by id."""
        with self._reading() as connection:
            return stories.headlines(connection, ids)

    def changed_since(self, generation: int) -> Since:
        """The stories that settlings after that generation wrote or took away."""
        with self._reading() as connection:
            return stories.changed_since(connection, generation)

    def rendered(self) -> dict[str, str]:
        """Feed id to digest of what was last published."""
        with self._reading() as connection:
            return feeds.rendered(connection)

    def addresses(self) -> dict[str, str]:
        """Under what stories are asked for (the last part of their ids, also of absorbed ones) to the ids they have."""
        with self._reading() as connection:
            return stories.addresses(connection)

    def address_count(self) -> int:
        """How many of them there are."""
        with self._reading() as connection:
            return stories.address_count(connection)

    def commit_rendered(self, digests: Mapping[str, str]) -> None:
        """Remembers what was published of these feeds."""
        with self._writing() as connection:
            feeds.put_rendered(connection, digests)

    @property
    def feeds(self) -> feeds.Feeds:
        """What stands in which published feed."""
        return feeds.Feeds(self._reading, self._writing)

    # ---------------------------------------------------------------------------------------------------------------- find

    def search(
        self,
        query: str,
        limit: int,
        *,
        offset: int = 0,
        narrowed: Narrowed = finding.ANYTHING,
        by_date: bool = False,
    ) -> Found:
        """The stories with all these words in one of their items: titles first, unless `by_date`, then the newest. Any text may
        be asked."""
        with self._reading() as connection:
            return finding.search(connection, query, limit, offset=offset, narrowed=narrowed, by_date=by_date)

    def containing(self, words: Collection[str], among: Collection[str] | None = None) -> dict[str, frozenset[str]]:
        """Each word (or words in a row) with the ids of the stories (None: of all) it stands in."""
        with self._reading() as connection:
            return finding.containing(connection, words, among)

    def find(self, text: str) -> Story | None:
        """The story that is meant by a story's id (also an absorbed one), an item's id or a URL."""
        with self._reading() as connection:
            return finding.find(connection, text)

    def listed(
        self,
        *,
        labels: Collection[str] = (),
        source: str | None = None,
        since: datetime | None = None,
        search: str | None = None,
        limit: int = 100,
    ) -> tuple[Listed, ...]:
        """Items newest first: with any of the labels, of the source, published since then, with all the words (these are found
        once the item was settled)."""
        wanted = finding.Wanted(labels=labels, source=source, since=since, search=search)
        with self._reading() as connection:
            return finding.listed(connection, wanted, limit)

    def counts(self) -> dict[str, int]:
        """How many `items`, `stories` and `sources` are stored."""
        with self._reading() as connection:
            return items.counts(connection)

    def source_counts(self) -> dict[str, int]:
        """Source id to the number of its items."""
        with self._reading() as connection:
            return items.source_counts(connection)


def _commit_items(connection: Connection, update: SourceUpdate) -> None:
    source_id = update.state.source_id
    items.add(connection, update.new)
    items.change(connection, update.changed, replaced=update.state.last_checked)
    items.refresh(connection, source_id, update.refreshed)
    items.add_aliases(connection, source_id, update.aliases)
    sources.put_rejects(connection, source_id, update.rejected)
