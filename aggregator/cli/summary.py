"""How a pass is shown: a progress bar while it runs, a table or JSON at its end."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from aggregator.errors import ADVICE, Failure
from aggregator.passes import faults, lock, told

if TYPE_CHECKING:
    from aggregator.cli.settings import Settings
    from aggregator.passes.books import Asked
    from aggregator.passes.one_pass import Progress, Summary


def as_dict(done: Summary) -> dict[str, Any]:
    """The summary under its stable keys."""
    return {
        "pass": lock.pass_id(done.began),
        "sources": {
            "due": len(done.asked),
            "ok": done.sources("ok"),
            "unchanged": done.sources("unchanged"),
            "failed": done.sources("failed"),
        },
        "offline": done.offline,
        "items": {"new": done.new_items, "updated": done.updated_items},
        "stories": {"new": done.settled.new, "changed": done.settled.changed},
        "files": {"written": done.published.written, "unchanged": done.published.unchanged},
        "seconds": done.seconds,
        "failures": [
            {"source": one.source_id, "class": one.failed.failure.value, "message": one.failed.detail}
            for one in done.failures
            if one.failed
        ],
        "dropped": list(done.published.dropped),
        "published": faults.as_dict(done.published.faults),
        "events": list(done.events),
    }


def as_json(done: Summary) -> str:
    return json.dumps(as_dict(done), ensure_ascii=False, indent=2)


def table(done: Summary, output: Path) -> None:
    """The summary for people: one row a stroke, then one line for each failing source."""
    numbers = as_dict(done)
    rows = [(name, "  ".join(f"{value} {key}" for key, value in numbers[name].items())) for name in _ROWS]
    width = max(len(name) for name, _ in rows)
    for name, text in rows:
        click.echo(f"{name:<{width}}  {text}")
    click.echo(f"{'seconds':<{width}}  {done.seconds:.1f}")
    failures(done)
    click.echo(f"{'output':<{width}}  {output.resolve()}")


_ROWS = ("sources", "items", "stories", "files")


def failures(done: Summary) -> None:
    """One line for each source that could not be read; one for all where none could be reached."""
    if done.offline:
        click.echo(f"offline  {ADVICE[Failure.OFFLINE]} They are asked again in a few minutes.", err=True)
    for one in done.failures:
        if one.failed:
            click.echo(f"failed   {one.source_id}: {one.failed.failure.value}: {one.failed.detail}", err=True)
    _refused(done)


def lasting(done: Summary) -> None:
    """What cron's mail is to say: what has lasted and was not said before, what ended, and what could not be published."""
    for event in done.events:
        click.echo("\n  ".join(told.in_words(event)), err=True)
    _refused(done)


def _refused(done: Summary) -> None:
    for fault in done.published.faults:
        click.echo(f"refused  {fault.sentence}", err=True)
    for name in sorted({*done.published.dropped} - {fault.entry for fault in done.published.faults}):
        click.echo(f"dropped  {name}: it could not be published", err=True)


@contextmanager
def progress(at: Settings) -> Iterator[Progress | None]:
    """A bar on a terminal; nothing elsewhere, and nothing where there are lines (told.py) or quiet is wished."""
    if at.verbosity != 0 or not sys.stderr.isatty():
        yield None
        return
    # click's: rich is not installed, because httpx then imports it at every start for a command line of its own (60 ms)
    with click.progressbar(length=0, label="fetching", file=sys.stderr, show_pos=True, show_eta=False) as bar:

        def advance(asked: Asked, due: int) -> None:
            bar.length = due
            bar.label = f"fetching {asked.source_id[:24]:<24}"
            bar.update(1)

        yield advance
