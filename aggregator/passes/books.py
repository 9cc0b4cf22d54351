"""What a pass has gathered, and what of it is committed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from aggregator.model import Ahead, Failed, ItemKey, Source, SourceState, SourceUpdate
from aggregator.passes import offline
from aggregator.passes.gather_source import Gathered

if TYPE_CHECKING:
    from aggregator.fetch.hosts import Hosts
    from aggregator.store.connect import Store

# States of sources that had nothing new are written together: 1,000 single commits cost more than asking 1,000 sources.
_TOGETHER = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is kept of a source once its update is committed: the items of a whole pass would be hundreds of megabytes."""

    source_id: str
    status: Literal["ok", "unchanged", "failed", "offline"]
    entries: int = 0
    new: int = 0
    changed: int = 0
    repairs: tuple[str, ...] = ()  # what was wrong with the document and was mended
    failed: Failed | None = None
    seconds: float = 0.0  # from its turn to its answer read


class Books:
    """What a pass has gathered, and what of it is committed. Sources that could not be reached are held back until one
    answers: only then is it theirs."""

    def __init__(
        self,
        store: Store,
        hosts: Hosts,
        states: Mapping[str, SourceState],
        *,
        now: datetime,
        told: Callable[[Asked, SourceUpdate], None],
    ) -> None:
        self.done: list[Asked] = []
        self.ahead: dict[ItemKey, Ahead] = {}
        self.states: dict[str, SourceState] = {}  # of those that were asked, as they are now
        self._store = store
        self._hosts = hosts
        self._states = states
        self._told = told
        self._now = now
        self._reached = False
        self._dropped = False
        self._held: list[tuple[Source, Gathered, float]] = []
        self._waiting: list[SourceUpdate] = []

    def take(self, source: Source, gathered: Gathered, *, seconds: float = 0.0) -> None:
        """Commits a source that had something new, and keeps the others for a commit together."""
        failed = gathered.failed
        if failed and failed.failure in offline.UNREACHED and not self._reached:
            self._held.append((source, gathered, seconds))
            return
        if not self._reached and _answered(failed):
            self._reached = True
            self._release()
        self._enter(gathered, seconds)

    def close(self) -> None:
        """Everybody was asked: blames the sources that are held back, or none of them."""
        before = [(source, self._before(source)) for source, *_ in self._held]
        down = not self._reached and bool(before) and offline.offline(before, routed=offline.routed())
        since = self._store.offline_since()
        if down != (since is not None) and (down or self._reached):
            self._store.commit_offline(self._now if down else None)
        if down:
            self._held = [(source, self._excused(source), seconds) for source, _, seconds in self._held]
        self._release()

    def flush(self) -> None:
        if self._dropped:
            return
        self._store.commit_all(self._waiting)
        self._waiting.clear()
        self._store.commit_hosts(self._hosts.changed())

    def drop(self) -> None:
        """The store takes nothing any more: what waits is asked for again."""
        self._dropped = True

    def _before(self, source: Source) -> SourceState:
        return self._states.get(source.id) or SourceState(source_id=source.id)

    def _excused(self, source: Source) -> Gathered:
        state = offline.postponed(self._before(source), now=self._now)
        return Gathered(source_id=source.id, status="offline", update=SourceUpdate(state=state))

    def _release(self) -> None:
        held, self._held = self._held, []
        for _, gathered, seconds in held:
            self._enter(gathered, seconds)

    def _enter(self, gathered: Gathered, seconds: float) -> None:
        if gathered.update.says_more:
            self._store.commit(gathered.update)
        else:
            self._waiting.append(gathered.update)
            closing = gathered.failed is not None and gathered.failed.retry_after is not None
            if closing or len(self._waiting) >= _TOGETHER:  # a host that wants to be left alone is written down at once
                self.flush()
        self.ahead.update(gathered.ahead)
        self.states[gathered.source_id] = gathered.update.state
        self.done.append(_asked(gathered, seconds))
        self._told(self.done[-1], gathered.update)


def _asked(gathered: Gathered, seconds: float) -> Asked:
    return Asked(
        source_id=gathered.source_id,
        status=gathered.status,
        entries=gathered.entries,
        new=len(gathered.update.new),
        changed=len(gathered.update.changed),
        repairs=gathered.repairs,
        failed=gathered.failed,
        seconds=seconds,
    )


def _answered(failed: Failed | None) -> bool:
    return failed is None or offline.reached(failed.failure, status=failed.status)
