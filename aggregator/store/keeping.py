"""What keeping a store asks of it: retention, giving space back, everything out and in again."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime

from aggregator.model import Holding
from aggregator.store import retention, sqlite
from aggregator.store.transactions import Transactions, translated


class Keeping(Transactions):
    """The part of a store's door that retention and moving go through."""

    def holdings(self) -> tuple[Holding, ...]:
        """Every settled item of a story, as retention sees it, sorted by key."""
        with self._reading() as connection:
            return retention.holdings(connection)

    def retained(self) -> datetime | None:
        """When retention last came to its end."""
        with self._reading() as connection:
            return retention.retained(connection)

    def commit_retained(self, now: datetime, *, forget_hosts: datetime, configured: Collection[str]) -> None:
        """Retention came to its end: servers not asked since `forget_hosts`, and what sources show that are no more
        `configured`, are forgotten."""
        with self._writing() as connection:
            retention.put_retained(connection, now)
            retention.forget_hosts(connection, forget_hosts)
            retention.forget_sources(connection, configured)

    def vacuum(self) -> tuple[int, int]:
        """Gives unused space back to the disk; the file's size in bytes before and after. Others may read meanwhile; it needs
        as much space again while it works."""
        with translated(self._path):
            return sqlite.vacuum(self._connection, self._path)

    def export(self) -> Iterator[str]:
        """Everything as JSON Lines (store/portable.py): one state of the store, read to the end."""
        from aggregator.store import portable

        with self._reading() as connection:
            yield from portable.export(connection)

    def load(self, lines: Iterable[str], name: str) -> int:
        """Fills this store, which must be empty, with what was exported; how many rows. `name` is the file's, for messages."""
        from aggregator.store import portable

        with self._writing() as connection:
            return portable.load(connection, lines, name)
