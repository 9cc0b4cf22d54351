"""`doctor`: how the installation itself is."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from aggregator.cli.settings import Settings, settings
from aggregator.passes import doctor as checks
from aggregator.passes.doctor import Check, Grade

if TYPE_CHECKING:
    from aggregator.config.load import Config

_COLOURS = {Grade.OK: "green", Grade.WARN: "yellow", Grade.FAULT: "red"}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.pass_context
def doctor(ctx: click.Context, as_json: bool) -> None:
    """Whether the installation itself is well: configuration, store, disk, clock, output, network."""
    at = settings(ctx)
    found = _looked(at, now=at.now())
    if as_json:
        rows = [{"check": one.name, "grade": one.grade, "found": one.found, "advice": one.advice} for one in found]
        click.echo(json.dumps({"checks": rows}, ensure_ascii=False, indent=2))
    else:
        for one in found:
            click.echo(f"{click.style(f'{one.grade:<5}', fg=_COLOURS[one.grade])}  {one.name:<14}  {one.found}")
            if one.advice:
                click.echo(f"{'':<5}  {'':<14}  {one.advice}")
    if any(one.grade is Grade.FAULT for one in found):
        ctx.exit(1)


def _looked(at: Settings, *, now: datetime) -> list[Check]:
    loaded: list[Config] = []

    def configuration() -> Iterator[Check]:
        config = at.load_anew()
        loaded.append(config)
        enabled = sum(source.enabled for source in config.sources)
        yield checks.ok("configuration", f"{at.config}: {len(config.sources)} sources, {enabled} enabled")

    found = checks.guarded("configuration", configuration, advice="Correct the file at that line")
    found += checks.machine(at.data, at.output)
    if loaded:
        found += _with(loaded[0], at, now=now)
    return found


def _with(config: Config, at: Settings, *, now: datetime) -> list[Check]:
    url = at.store_url(config)
    path = Path(url.removeprefix("sqlite:///")) if url.startswith("sqlite:///") else None
    found: list[Check] = []
    missing = checks.begun(path) if path else None
    if missing is None:
        found += [checks.locked(at.data)] if at.data.is_dir() else []
        advice = (
            "Do what the message says; where it says nothing, `aggregator restore FILE --replace` puts a backup back"
        )
        found += checks.guarded("store", lambda: _stored(config, at, path, now=now), advice=advice)
    else:
        found.append(missing)
    advice = "Correct what the message names"
    return found + checks.guarded("network", lambda: asyncio.run(_tried(config, now=now)), advice=advice)


def _stored(config: Config, at: Settings, path: Path | None, *, now: datetime) -> Iterator[Check]:
    from aggregator.passes import publish_changed

    with at.store(config) as store:
        yield from checks.stored(store, path)
        yield from checks.aged(path, now=now) if path else ()
        yield from checks.passed(config, store.states(), now=now)
        yield from checks.told(store)
        yield checks.published(publish_changed.absent(config, store, at.output), at.output)


async def _tried(config: Config, *, now: datetime) -> tuple[Check, ...]:
    from aggregator.passes import one_pass

    async with one_pass.tools(config.limits, contact=config.contact) as tools:
        return await checks.tried(config, tools, now=now)
