"""Keeping what is stored: `backup`, `restore`, `export`, `import`, `vacuum`."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from aggregator.cli.settings import settings
from aggregator.errors import StoreError, UsageError


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.pass_context
def backup(ctx: click.Context, file: Path) -> None:
    """Copies the store into FILE, also while a pass or the service is running."""
    from aggregator.store import connect

    at = settings(ctx)
    at.existing_data()
    connect.backup_to(at.store_url(at.load()), file)
    at.say(f"wrote {file}: {file.stat().st_size:,} bytes")


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--replace", is_flag=True, help="Also where there is a store: it is overwritten.")
@click.pass_context
def restore(ctx: click.Context, file: Path, replace: bool) -> None:
    """Puts the copy in FILE into the place of the store; the next pass writes again what was published."""
    from aggregator.passes import lock
    from aggregator.store import connect

    at = settings(ctx)
    config = at.load(first=True)
    there = at.data / "aggregator.sqlite"
    if there.exists() and not replace:
        raise UsageError(f"{there}: there is a store already; expected --replace, or another data directory (--data)")
    with lock.held(at.made_data()):
        connect.restore_from(at.store_url(config), file)
    at.say(f"restored {file}; `aggregator run` or `publish` brings the published files in step")


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, allow_dash=True), default="-")
@click.pass_context
def export(ctx: click.Context, file: Path) -> None:
    """Writes everything that is stored as JSON Lines into FILE (- is standard output)."""
    from aggregator.store import connect

    at = settings(ctx)
    config = at.load()
    at.existing_data()
    with at.store(config) as store:
        if str(file) == "-":
            for line in store.export():
                sys.stdout.buffer.write(f"{line}\n".encode())  # UTF-8, whatever the terminal speaks
            return
        connect.beside(at.store_url(config), file)
        new = file.with_name(f".{file.name}.new")
        try:
            with os.fdopen(_private(new), "w", encoding="utf-8") as lines:
                lines.writelines(f"{line}\n" for line in store.export())
            new.replace(file)
        except OSError as error:
            raise StoreError(f"{file}: {error.strerror}; nothing is exported") from error
        finally:
            new.unlink(missing_ok=True)


def _private(path: Path) -> int:
    """For its owner alone: the store knows secrets of subscriptions."""
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, allow_dash=True), default="-")
@click.pass_context
def import_(ctx: click.Context, file: Path) -> None:
    """Fills an empty store with what `export` wrote into FILE (- is standard input): ids, texts, stories, all of it."""
    from aggregator.passes import lock

    at = settings(ctx)
    config = at.load(first=True)
    with lock.held(at.made_data()), at.store(config) as store, _lines(file) as lines:
        count = store.load(lines, str(file))
    at.say(f"{count} rows; `aggregator run` or `publish` writes what was published")


@click.command()
@click.option("--json", "as_json", is_flag=True, help="What was done, as JSON.")
@click.pass_context
def vacuum(ctx: click.Context, as_json: bool) -> None:
    """Takes away what `retention` does not keep, at once instead of over days, and gives the space back to the disk.

    The service and its readers go on meanwhile; a pass that would begin waits.
    """
    from aggregator.passes import lock, one_pass, retain

    at = settings(ctx)
    config = at.load()
    now = at.now()
    with lock.held(at.existing_data()), at.store(config) as store:
        gone = 0
        while going := retain.retain(config, store, now=now, hurry=True):
            one_pass.settle(config, store, now=now)
            gone += going
        before, after = store.vacuum()
    if as_json:
        click.echo(json.dumps({"items": gone, "bytes": {"before": before, "after": after}}))
    else:
        at.say(f"{gone} items taken away; {before:,} bytes before, {after:,} now", err=False)


@contextmanager
def _lines(file: Path) -> Iterator[Iterator[str]]:
    """The lines; a byte that is no UTF-8 is left to who reads them, who knows the number of the line."""
    try:
        with click.open_file(str(file), encoding="utf-8", errors="surrogateescape") as lines:
            yield iter(lines)
    except OSError as error:
        raise StoreError(f"{file}: {error.strerror}; expected a file that `aggregator export` wrote") from error
