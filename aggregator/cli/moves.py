"""What `sources check` adds from memory: advice, and sources that moved, written into the configuration on demand."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from aggregator import urls
from aggregator.cli.settings import Settings
from aggregator.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aggregator.config.load import Config
    from aggregator.model import Known, Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What is remembered of a source. `told` says what came of writing its new address, "" where that was not tried."""

    advice: tuple[str, ...] = ()
    moved_to: str | None = None
    another_site: bool = False
    written: bool = False
    told: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Beside the keys of a preview in `sources check --json`."""
        return {
            "advice": list(self.advice),
            "moved_to": self.moved_to,
            "another_site": self.another_site,
            "written": self.written,
            "told": self.told,
        }

    def lines(self) -> tuple[str, ...]:
        """For people."""
        said = (f"another site: compare {self.moved_to} with the address it has now",) if self.another_site else ()
        return (*self.advice, *said, *((self.told,) if self.told else ()))


def checked(
    at: Settings, config: Config, chosen: Sequence[Source], *, now: datetime, apply: bool
) -> dict[str, Checked]:
    """By source id; nothing where there is no store yet."""
    from aggregator.passes import health, moves

    if not at.data.is_dir() and not config.store_url:
        return {}
    with at.store(config) as store:
        rows = health.health(chosen, store.states(), store.source_counts())
        new = {row.source.id: moves.proposed(row.source, row.remembered, now=now) for row in rows}
        known = {row.source.id: store.known(row.source.id) for row in rows if apply and new[row.source.id]}
    doubts = asyncio.run(_doubts(config, chosen, new, known, now=now)) if known else {}
    found = {}
    for row in rows:
        url = new[row.source.id]
        written, told = _written(at, row.source, url, doubts[row.source.id]) if url and known else (False, "")
        found[row.source.id] = Checked(
            advice=health.advice(row, now=now),
            moved_to=url,
            another_site=bool(url) and moves.another_site(row.source, url or ""),
            written=written,
            told=told,
        )
    return found


async def _doubts(
    config: Config, chosen: Sequence[Source], new: dict[str, str | None], known: dict[str, Known], *, now: datetime
) -> dict[str, str | None]:
    from aggregator.passes import moves, one_pass

    async with one_pass.tools(config.limits, contact=config.contact, stable_keys=config.stable_keys) as tools:
        return {
            source.id: await moves.doubts(source, url, known[source.id], tools, now=now)
            for source in chosen
            if (url := new[source.id])
        }


def _written(at: Settings, source: Source, url: str, doubt: str | None) -> tuple[bool, str]:
    from aggregator.config import edit

    shown = f"{urls.public(source.url, source.secrets)} -> {urls.public(url, source.secrets)}"
    if doubt:
        return False, f"not written: {shown}: {doubt}"
    try:
        file = edit.replace_url(at.config, source.id, old=source.url, new=url)
    except ConfigError as error:
        return False, f"not written: {error}"
    return True, f"written into {file}: {shown}"


def show(one: Checked | None) -> None:
    """Below what `sources check` prints of a source."""
    for line in one.lines() if one else ():
        click.echo(f"  {line}")
