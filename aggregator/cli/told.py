"""A pass as log lines: from the pass to its sources to their items, each with the id of the pass.

Without `-v` what failed, and the end of the pass; with `-v` every source; with `-vv` every item as well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aggregator import text, urls

if TYPE_CHECKING:
    from aggregator.model import Item, SourceUpdate
    from aggregator.passes.books import Asked
    from aggregator.passes.one_pass import Progress, Summary, Trace

_LONGEST = 200  # characters of a title or an id in a line


def sources(log: Any, *, verbosity: int) -> Progress:
    """A line for each source as it is done: those that failed, all with `-v`."""

    def line(one: Asked, _: int) -> None:
        told = {"source": one.source_id, "seconds": one.seconds}
        if one.failed is not None:
            log.warning("source.failed", **told, failure=one.failed.failure.value, detail=one.failed.detail)
        elif verbosity > 0:
            repairs = {"repairs": list(one.repairs)} if one.repairs else {}
            log.info(f"source.{one.status}", **told, entries=one.entries, new=one.new, updated=one.changed, **repairs)

    return line


def items(log: Any, *, verbosity: int) -> Trace | None:
    """A line for each item that was stored, and for each entry that could not become one; only with `-vv`."""
    if verbosity < 2:
        return None

    def line(update: SourceUpdate) -> None:
        for event, those in (("item.new", update.new), ("item.updated", update.changed)):
            for item in those:
                log.debug(event, **_item(item))
        for rejected in update.rejected:
            entry = rejected.entry
            title = _short(entry.title.value if entry.title else "")
            log.debug("item.rejected", source=update.state.source_id, title=title, reason=_short(rejected.reason))

    return line


def _item(item: Item) -> dict[str, str]:
    guid = _short(urls.redacted(item.guid))
    return {
        "source": item.source_id,
        "guid": guid,
        "title": _short(urls.redacted(item.title)),
        "url": urls.public(item.url or ""),
    }


def _short(written: str) -> str:
    return text.shorten(text.line(written), _LONGEST)


def done(log: Any, summary: Summary) -> None:
    """The line at the end of a pass."""
    log.info(
        "pass.done",
        sources=len(summary.asked),
        failed=len(summary.failures),
        new=summary.new_items,
        updated=summary.updated_items,
        stories=summary.settled.new,
        files=summary.published.written,
        seconds=summary.seconds,
        offline=summary.offline,
    )
