"""What the global options say, and what every command opens with them."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from aggregator.errors import StoreError
from aggregator.passes import lock

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

    def say(self, message: str, *, err: bool = True) -> None:
        """Tells that a command did what it was asked for; not with `-q`, by which cron sends no mail when all is well."""
        if self.verbosity >= 0:
            click.echo(message, err=err)

    def log(self, began: datetime | None = None) -> Any:
        """Where log lines go: standard error, as text or as JSON, one line each whatever foreign text is in it. Those of a pass
        that `began` then have its id, all of them: also what libraries say, and what ends the process.

        To be called where a line is about to be written: structlog costs 70 ms, and only `serve` and a fault of ours write any.
        """
        import logging

        import structlog
        from structlog import contextvars

        if began is not None:
            contextvars.bind_contextvars(**{"pass": lock.pass_id(began)})
        shared: list[Any] = [
            contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.format_exc_info,
            _one_line,
        ]
        last = _json() if self.log_format == "json" else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
        level = {-1: logging.ERROR, 0: logging.INFO}.get(self.verbosity, logging.DEBUG)
        structlog.configure(
            processors=[*shared, last],
            wrapper_class=structlog.make_filtering_bound_logger(level),
            logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
            cache_logger_on_first_use=True,
        )
        _take_over(shared, last)
        return structlog.get_logger()


def _json() -> Any:
    import structlog

    return structlog.processors.JSONRenderer()


def _one_line(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Titles, headers and errors of others may hold line breaks and ESC: a line that looks like ours, or one that clears the
    screen. Escaped, not removed: whoever reads a log wants to see it."""
    escaped = {key: _escaped(value) if isinstance(value, str) else value for key, value in event.items()}
    if "exception" in escaped:  # the text format gives that key lines of its own
        escaped["traceback"] = escaped.pop("exception")
    return escaped


def _escaped(value: str) -> str:
    from aggregator import urls

    value = urls.redacted(value)  # whatever a library has to say of an address: its keys stay here
    if value.isprintable():
        return value
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in value)


def _take_over(shared: list[Any], last: Any) -> None:
    """The lines of libraries that log by Python's own logging (the web server, the scheduler) look like ours."""
    import logging

    import structlog

    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared, processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, last]
        )
    )
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    logging.captureWarnings(capture=True)
    log = structlog.get_logger()
    # What Python itself would write on many lines; the end of a process by a signal that came in a destructor is no news
    sys.excepthook = lambda kind, error, trace: log.critical("internal", exc_info=(kind, error, trace))
    sys.unraisablehook = lambda told: (
        None if told.exc_type is SystemExit else log.error("internal", exc_info=_raised(told.exc_value))
    )


def _raised(error: BaseException | None) -> Any:
    return (type(error), error, error.__traceback__) if error else None


def settings(ctx: click.Context) -> Settings:
    """The settings of the running command."""
    found = ctx.find_object(Settings)
    assert found is not None
    return found
