"""What a running service has seen of itself. Written by the service, read by `/metrics`, `/readyz` and `/status`."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from aggregator.passes.one_pass import Summary

# done: carried out; busy: somebody else held the lock; failed: by our store, disk or a mistake; stopped: at the service's end
Result: TypeAlias = Literal["done", "busy", "failed", "stopped"]
RESULTS: tuple[Result, ...] = ("done", "busy", "failed", "stopped")


@dataclass(slots=True)
class Condition:
    """Counts since the start. Only the event loop writes."""

    looked: float | None = None  # by the monotonic clock: when the scheduler last looked for what is due
    config_loaded: datetime | None = None
    config_fault: str | None = None  # where the changed configuration is wrong, for people; the one before is in use
    reloads: Counter[bool] = field(default_factory=Counter)
    passes: Counter[Result] = field(default_factory=Counter)
    pass_seconds: float = 0.0  # of all passes carried out
    last_seconds: float = 0.0
    last_pass: datetime | None = None
    asked: Counter[str] = field(default_factory=Counter)  # `ok`, `unchanged`, `offline`, or the class of the failure
    items: Counter[str] = field(default_factory=Counter)  # `new`, `updated`
    stories: Counter[str] = field(default_factory=Counter)  # `new`, `changed`
    files: int = 0

    def passed(self, result: Result, done: Summary | None, *, now: datetime) -> None:
        """A pass has ended."""
        self.passes[result] += 1
        if done is None:
            return
        self.last_pass = now
        self.last_seconds = done.seconds
        self.pass_seconds += done.seconds
        self.asked.update(one.failed.failure.value if one.failed else one.status for one in done.asked)
        self.items.update(new=done.new_items, updated=done.updated_items)
        self.stories.update(new=done.settled.new, changed=done.settled.changed)
        self.files += done.published.written
