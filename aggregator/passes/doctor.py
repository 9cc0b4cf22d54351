"""How the installation itself is: one look at everything a pass needs, each with a sentence on what to do."""

from __future__ import annotations

import os
import platform
import shutil
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from aggregator import text, urls
from aggregator.errors import AggregatorError, PassRunningError
from aggregator.model import Document, Failed, Fetched, Hints, Source, SourceState
from aggregator.passes import lock, offline

if TYPE_CHECKING:
    from aggregator.config.load import Config
    from aggregator.passes.gather_source import Tools
    from aggregator.store.connect import Store

_LITTLE, _NONE = 1_000_000_000, 100_000_000  # bytes free: too little for a year, too little for the next passes
_AHEAD = timedelta(minutes=5)  # clocks that are kept by NTP differ by less
_APART = timedelta(minutes=5)  # from the clocks of servers
_LATE, _STOPPED = timedelta(hours=2), timedelta(hours=24)  # after a source was due
_WAL = 256_000_000  # bytes: SQLite keeps the log at some MB, unless a reader never lets go
_HOSTS = 3  # that are asked before the network is called down
_DOCUMENT = b"<rss version='2.0'><channel><title>t</title><item><title>t</title></item></channel></rss>"


class Grade(StrEnum):
    """How a check came out."""

    OK = "ok"
    WARN = "warn"
    FAULT = "fault"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that was looked at; `advice` is what to do, "" where nothing is."""

    name: str
    grade: Grade
    found: str
    advice: str = ""


def ok(name: str, found: str) -> Check:
    return Check(name=name, grade=Grade.OK, found=found)


def warn(name: str, found: str, advice: str) -> Check:
    return Check(name=name, grade=Grade.WARN, found=found, advice=advice)


def fault(name: str, found: str, advice: str) -> Check:
    return Check(name=name, grade=Grade.FAULT, found=found, advice=advice)


# --------------------------------------------------------------------------------------------------- this machine


def machine(data: Path, output: Path) -> Iterator[Check]:
    """Versions, disk, who we are, and whether the directories may be written."""
    yield ok("python", platform.python_version())
    for name, folder in (("data", data), ("output", output)):
        yield _writable(name, folder)
        yield _disk(f"disk of {name}", folder)
    if os.geteuid() == 0:
        yield warn("user", "root", "Run it as a user of its own: what reads foreign bytes needs no rights")
    if data.is_dir() and data.stat().st_mode & stat.S_IWOTH:
        yield warn("permissions", f"{data}: everybody may write there", f"chmod o-w {data}")


def _writable(name: str, folder: Path) -> Check:
    """Also what a pass left there that somebody else ran: once as root, and the service can replace nothing of it."""
    there = _standing(folder)
    if folder.exists() and not folder.is_dir():
        return fault(name, f"{folder}: is no directory", "Take away what stands there, or name another directory")
    barred = next((each for each in (there, *_ours(folder)) if not _may(each)), None)
    if barred is not None and os.statvfs(barred).f_flag & os.ST_RDONLY:
        return fault(
            name, f"{barred}: is mounted for reading alone", "Mount it for writing; the system's log may say why not"
        )
    if barred is not None:
        return fault(
            name, f"{barred}: can not be written", f"Give {folder}, with all that is in it, to this user (chown -R)"
        )
    return ok(name, str(folder) if folder.is_dir() else f"{folder}: not there yet")


def _ours(folder: Path) -> Iterator[Path]:
    """The folders of the output, in which files are put beside each other, and the files of the store."""
    if folder.is_dir():
        yield from sorted(
            each for each in folder.iterdir() if each.is_dir() or each.name.startswith("aggregator.sqlite")
        )


def _may(path: Path) -> bool:
    wanted = os.W_OK | os.X_OK if path.is_dir() else os.R_OK | os.W_OK
    return os.access(path, wanted, effective_ids=os.access in os.supports_effective_ids)


def _disk(name: str, folder: Path) -> Check:
    try:
        free = shutil.disk_usage(_standing(folder)).free
    except OSError as error:
        return fault(name, f"{folder}: {error.strerror}", "Look whether the disk is mounted")
    found = f"{free / 1e9:,.1f} GB free"
    if free < _NONE:
        return fault(name, found, "Free some space: nothing is lost, but nothing new can be stored or published")
    return warn(name, found, "Free some space, or move to a larger disk") if free < _LITTLE else ok(name, found)


def _standing(folder: Path) -> Path:
    """The folder, or the one in which it would be made."""
    folder = folder.resolve()
    return next((each for each in (folder, *folder.parents) if each.is_dir()), folder)


def locked(data: Path) -> Check:
    """Whether a pass is running now."""
    try:
        with lock.held(data):
            return ok("lock", "free")
    except PassRunningError:
        return ok("lock", "a pass is running now")
    except AggregatorError as error:
        return fault("lock", str(error), "Give this user the data directory")


# ----------------------------------------------------------------------------------------------- what is remembered


def begun(path: Path) -> Check | None:
    """A store that is not there, or of which nothing is there but its name; None where there is one. Looking makes none."""
    if not path.is_file():
        return warn("store", f"{path}: not there yet", "Start `aggregator run`: it makes one")
    if path.stat().st_size == 0:
        advice = "Restore a backup where there was a store; where there was none, the next pass makes it"
        return fault("store", f"{path}: is empty", advice)
    return None


def stored(store: Store, path: Path | None) -> Iterator[Check]:
    """The store's soundness and size."""
    wrong = store.unsound()
    if wrong:
        yield fault("store", wrong[0], "Restore a backup; the file is damaged, mostly by the disk")
    counts = store.counts()
    yield ok("store holds", ", ".join(f"{count:,} {name}" for name, count in counts.items()))
    yield ok("sqlite", store.engine_version())
    if path is None or not path.is_file():
        return
    log = path.with_name(f"{path.name}-wal")
    size = log.stat().st_size if log.is_file() else 0
    found = f"{path.stat().st_size / 1e6:,.1f} MB, log {size / 1e6:,.1f} MB"
    if size > _WAL:
        yield warn("store size", found, "A program that reads the store never lets go: end it, and start the next pass")
    else:
        yield ok("store size", found)


def passed(config: Config, states: dict[str, SourceState], *, now: datetime) -> Iterator[Check]:
    """The clock, and whether passes are run at all."""
    checked = [state.last_checked for state in states.values() if state.last_checked]
    last = max(checked, default=None)
    if last is None:
        yield warn("last pass", "none", "Start `aggregator run`, or the service")
        return
    if last > now + _AHEAD:
        found = f"{now:%Y-%m-%d %H:%M} UTC, but a pass was run at {last:%Y-%m-%d %H:%M}"
        yield fault("clock", found, "Set the clock, and let NTP keep it; sources are asked all the same")
    else:
        yield ok("clock", f"{now:%Y-%m-%d %H:%M} UTC")
    enabled = {source.id for source in config.sources if source.enabled}
    due = [state.next_due for one, state in states.items() if one in enabled and state.next_due]
    overdue = now - min(due, default=now)
    found = f"{last:%Y-%m-%d %H:%M} UTC"
    advice = "Nobody runs passes: look at the cron job, the timer or the service"
    if overdue > _STOPPED and now - last > _STOPPED:
        yield fault("last pass", found, advice)
    elif overdue > _LATE and now - last > _LATE:
        yield warn("last pass", found, advice)
    else:
        yield ok("last pass", found)


def aged(path: Path, *, now: datetime) -> Iterator[Check]:
    """Whether the store was written in the future."""
    written = datetime.fromtimestamp(path.stat().st_mtime, UTC) if path.is_file() else now
    if written > now + _AHEAD:
        yield fault("clock", f"{path.name} was written at {written:%Y-%m-%d %H:%M} UTC", "Set the clock")


def told(store: Store) -> Iterator[Check]:
    """What is open, and what could not be sent."""
    unfinished, _ = store.unfinished_events()
    open_ = sum(bool(event.open) for event in unfinished)
    waiting = sum(bool(event.waiting) for event in unfinished)
    if open_:
        yield warn("health", f"{open_} troubles are open", "`aggregator status` names them")
    else:
        yield ok("health", "no trouble is open")
    if waiting:
        advice = "Look at `alarms` in aggregator.yaml: the webhook or the mail server does not take them"
        yield warn("alarms", f"{waiting} could not be sent yet", advice)


def published(missing: Iterable[str], output: Path) -> Check:
    """Whether every published file is there."""
    names = sorted(missing)
    if not names:
        return ok("published", "every file is there")
    return warn("published", f"{names[0]} and others are missing in {output}", "The next pass, or `aggregator publish`")


# ------------------------------------------------------------------------------------------------ what has to be tried


async def tried(config: Config, tools: Tools, *, now: datetime) -> tuple[Check, ...]:
    """A parser process, the network, and our clock beside those of others."""
    return await _parser(tools), *await _network(config.sources, tools, now=now)


async def _parser(tools: Tools) -> Check:
    try:
        document = await tools.sandbox.read(_DOCUMENT, Hints(url="https://doctor.invalid/"))
    except OSError as error:  # no processes left to this user, no memory for one
        return fault("parser", str(error.strerror), "Look whether this user may start processes, and how many")
    if isinstance(document, Document) and len(document.entries) == 1:
        return ok("parser", "its processes start and read")
    detail = "read nothing" if isinstance(document, Document) else document.detail
    return fault("parser", detail, "Raise `limits: parse_memory`, and look whether this user may start processes")


async def _network(sources: Iterable[Source], tools: Tools, *, now: datetime) -> tuple[Check, ...]:
    """One host that answers is enough, unless its clock is not ours: then the next is asked which of the two is right."""
    hosts = {urls.host(source.url): source for source in sources if source.enabled}
    if not hosts:
        return (ok("network", "no source is enabled"),)
    failed: list[Failed] = []
    answered, clocks = "", dict[str, datetime]()
    for host, source in list(hosts.items())[:_HOSTS]:
        outcome = await tools.client.fetch(source.url, private_network=source.private_network, now=now)
        if isinstance(outcome, Failed) and not offline.reached(outcome.failure, status=outcome.status):
            failed.append(outcome)
            continue
        answered = answered or host
        theirs = outcome.date if isinstance(outcome, Fetched) else None
        if theirs is None:
            continue
        if abs(theirs - now) <= _APART:
            clocks.clear()
            break
        clocks[host] = theirs
    if not answered:
        found = f"{failed[0].failure.value}: {failed[0].detail}"
        advice = "Look at this machine's network, DNS and proxy: none of the sources tried answers"
        return (fault("network", found, advice),)
    return ok("network", f"{answered} answers"), *_clocks(clocks, now)


def _clocks(clocks: Mapping[str, datetime], now: datetime) -> Iterator[Check]:
    """Those of others, none of which is ours. One alone may be wrong itself."""
    if clocks:
        said = "; ".join(f"{host} says {theirs:%Y-%m-%d %H:%M}" for host, theirs in clocks.items())
        found = f"{now:%Y-%m-%d %H:%M} UTC, but {said}"
        yield (fault if len(clocks) > 1 else warn)("clock", found, "Set the clock, and let NTP keep it")


def guarded(name: str, look: Callable[[], Iterable[Check]], *, advice: str) -> list[Check]:
    """The checks of one kind; a fault with the advice where our store, configuration or output is in the way."""
    found: list[Check] = []
    try:
        found.extend(look())
    except AggregatorError as error:
        found.append(fault(name, str(error), advice))
    except (ValueError, TypeError) as error:  # a column that holds what no program of ours wrote
        found.append(fault(name, f"holds what can not be read: {text.line(str(error))}", advice))
    return found
