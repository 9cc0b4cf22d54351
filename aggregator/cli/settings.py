"""What the global options say, and what every command opens with them."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from aggregator.errors import StoreError

if TYPE_CHECKING:
    from aggregator.config.load import Config
    from aggregator.store.connect import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The global options of one call. `verbosity`: -1 quiet, 0 as usual, 1 and 2 say more."""

    config: Path
    data: Path
    output: Path
    log_format: str
    verbosity: int

    def now(self) -> datetime:
        """The time, read once at the edge."""
        return datetime.now(UTC)  # noqa: TID251  this is the edge

    def load(self, *, first: bool = False) -> Config:
        """The configuration, from the last time it was read where nothing changed since; ConfigError names file and line.

        `first`: this command may make the data directory, in which it is kept.
        """
        from aggregator.config import cache

        kept = self.data / "config.cache" if first or self.data.is_dir() else None
        return cache.load(self.config, environment=os.environ, cache=kept)

    def load_anew(self) -> Config:
        """The configuration out of its files, whatever was kept of them."""
        from aggregator.config import load

        return load.load(self.config, environment=os.environ)

    def store_url(self, config: Config) -> str:
        return config.store_url or f"sqlite:///{(self.data / 'aggregator.sqlite').resolve()}"

    def existing_data(self) -> Path:
        """The data directory of a command that only makes sense after a first pass."""
        if not self.data.is_dir():
            raise StoreError(f"{self.data}: there is no store yet; expected one made by `aggregator run`")
        return self.data

    def made_data(self) -> Path:
        """The data directory, made where it is missing."""
        try:
            self.data.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"{self.data}: {error.strerror}; expected a directory that can be made") from error
        return self.data

    @contextmanager
    def store(self, config: Config) -> Iterator[Store]:
        """The store, open."""
        from aggregator.store import connect

        with connect.opened(self.store_url(config)) as store:
            yield store

    def log(self) -> Any:
        """Where log lines go: standard error, as text or one JSON object a line.

        To be called where a line is about to be written: structlog costs 70 ms, and only `serve` and a fault of ours write any.
        """
        import logging

        import structlog

        last = structlog.processors.JSONRenderer() if self.log_format == "json" else structlog.dev.ConsoleRenderer()
        level = {-1: logging.ERROR, 0: logging.INFO}.get(self.verbosity, logging.DEBUG)
        structlog.configure(
            processors=[
                structlog.processors.add_log_level,
                structlog.processors.TimeStamper(fmt="iso"),
                structlog.processors.format_exc_info,
                last,
            ],
            wrapper_class=structlog.make_filtering_bound_logger(level),
            logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
            cache_logger_on_first_use=True,
        )
        return structlog.get_logger()


def settings(ctx: click.Context) -> Settings:
    """The settings of the running command."""
    found = ctx.find_object(Settings)
    assert found is not None
    return found
