"""A complete pass: gather what is due, settle what is new, publish what changed."""

from __future__ import annotations

import asyncio
import functools
import re
import time
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeAlias

from aggregator import __version__, due, urls
from aggregator.due import share
from aggregator.errors import AggregatorError, Failure, OutputError, UsageError
from aggregator.model import (
    Ahead,
    Failed,
    ItemKey,
    Limits,
    Settled,
    Source,
    SourceState,
    SourceUpdate,
    Validators,
)
from aggregator.passes import gather_source, handles, once, parser, publish_changed, retain, sandbox, told
from aggregator.passes.books import Asked, Books
from aggregator.passes.gather_source import Gathered

if TYPE_CHECKING:
    from aggregator.config.load import Config
    from aggregator.fetch.hosts import Hosts
    from aggregator.passes import matching, settle_stories
    from aggregator.passes.publish_changed import Published
    from aggregator.store.connect import Store

# Sources in work at once, for every request at once: one that waits for its host's pace must not hold up the others.
_WAITING = 4
_NOTHING: Mapping[ItemKey, Ahead] = MappingProxyType({})

Progress: TypeAlias = "Callable[[Asked, int], None]"  # a source that is done, and how many there are in all
Trace: TypeAlias = "Callable[[SourceUpdate], None]"  # what was stored of it


def _log() -> Any:
    import structlog

    return structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """Who is told of a pass while it runs. `log` gives the log, and is asked only where there is a line to be written."""

    progress: Progress | None = None
    trace: Trace | None = None
    log: Callable[[], Any] = _log


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathering:
    """What the first stroke came to: a value for each source, in the order of their ids; and what settling need not work out."""

    asked: tuple[Asked, ...] = ()
    ahead: Mapping[ItemKey, Ahead] = field(default_factory=dict)
    states: Mapping[str, SourceState] = field(default_factory=dict)  # of all sources that were ever asked


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What a pass did. `asked` keeps one value for each source that was asked, in the order of their ids."""

    began: datetime
    asked: tuple[Asked, ...]
    settled: Settled
    published: Published
    events: tuple[Mapping[str, Any], ...] = ()  # what is told of the health of sources and installation: told.as_dict
    seconds: float

    def sources(self, status: str) -> int:
        return sum(one.status == status for one in self.asked)

    @property
    def offline(self) -> bool:
        """No source could be reached at all: it is this machine's network."""
        return any(one.status == "offline" for one in self.asked)

    @property
    def failures(self) -> tuple[Asked, ...]:
        return tuple(one for one in self.asked if one.failed is not None)

    @property
    def new_items(self) -> int:
        return sum(one.new for one in self.asked)

    @property
    def updated_items(self) -> int:
        return sum(one.changed for one in self.asked)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a pass is asked for. `only`: these sources, due or not; `force`: all, with nothing remembered of their answers;
    `evenly`: of what is due a share, as a service asks that comes back in some seconds."""

    only: Collection[str] = ()
    force: bool = False
    evenly: bool = False


async def run(
    config: Config,
    store: Store,
    output: Path,
    *,
    now: datetime,
    request: Request = Request(),
    watch: Watch = Watch(),
) -> Summary:
    """One pass. Failing sources are part of its result; StoreError and OutputError end it."""
    started = time.perf_counter()
    states = store.states()
    wanted = chosen(config.sources, states, request, now=now)
    if request.evenly:
        wanted = share.share(wanted, config.sources, gap=config.limits.gap)
    if request.force:
        states = {key: replace(state, validators=Validators(), body_hash=None) for key, state in states.items()}
    gathering = await gather(config, wanted, states, store, now=now, watch=watch)
    retain.retain(config, store, now=now)
    settled = settle(config, store, now=now, ahead=gathering.ahead)
    telling = functools.partial(told.tell, config, store, output, now=now, log=watch.log)
    try:
        published = publish_changed.publish(config, store, output)
    except OutputError as error:
        await telling(told.Found(states=gathering.states, unwritten=_for_everybody(error)))
        raise
    events = tuple(told.as_dict(event, config) for event in await telling(told.Found(states=gathering.states)))
    return Summary(
        began=now,
        asked=gathering.asked,
        settled=settled,
        published=published,
        events=events,
        seconds=round(time.perf_counter() - started, 3),
    )


def _for_everybody(error: OutputError) -> str:
    """Without the path: it stands in the message that ends the command, and in the log."""
    cause = error.__cause__
    return (cause.strerror if isinstance(cause, OSError) else None) or "not a directory that can be written"


def chosen(
    sources: Sequence[Source], states: dict[str, SourceState], request: Request, *, now: datetime
) -> tuple[Source, ...]:
    """The sources that a pass asks; UsageError for an id that is not configured."""
    if request.only:
        known = {source.id: source for source in sources}
        missing = sorted(set(request.only) - known.keys())
        if missing:
            raise UsageError(f"no source is called {', '.join(missing)}; `aggregator sources list` names all")
        return tuple(known[wanted] for wanted in dict.fromkeys(request.only))
    if request.force:
        return tuple(source for source in sources if source.enabled)
    return due.due(sources, states, now)


@asynccontextmanager
async def tools(
    limits: Limits,
    *,
    contact: str,
    stable_keys: Sequence[str] = (),
    hosts: Hosts | None = None,
    shared: frozenset[str] = frozenset(),
    ahead: Callable[[], parser.Rules] | None = None,
) -> AsyncIterator[gather_source.Tools]:
    """What gathering works with: the HTTP client and the parser processes, ended with the block. `hosts` is what is known of
    servers, `shared` are the addresses that several sources have, `ahead` the rules with which parsers look ahead."""
    from aggregator.fetch import client

    # Who asks, and whom to write to (RFC 9110 section 10.1.5)
    user_agent = f"aggregator/{__version__} (+{contact})"
    limits = handles.within(limits, parsers=sandbox.most())
    async with (
        client.opened(limits, user_agent=user_agent, hosts=hosts) as opened,
        sandbox.opened(limits, rules=ahead) as parsers,
    ):
        yield gather_source.Tools(
            client=opened,
            sandbox=parsers,
            limits=limits,
            stable_keys=tuple(re.compile(pattern) for pattern in stable_keys),
            shared=shared,
        )


async def gather(
    config: Config,
    sources: Sequence[Source],
    states: dict[str, SourceState],
    store: Store,
    *,
    now: datetime,
    watch: Watch = Watch(),
) -> Gathering:
    """The first stroke: each source alone. One that fails fails alone; where none can be reached, none has failed."""
    from aggregator.fetch.hosts import Hosts

    if not sources:
        return Gathering(states=states)
    places = asyncio.Semaphore(config.limits.concurrency * _WAITING)
    hosts = Hosts(store.hosts(), store.robots)
    shared = once.shared(sources)
    asked = once.agreed(sources, states, shared) if shared else states

    def told(one: Asked, update: SourceUpdate) -> None:
        if watch.trace:
            watch.trace(update)
        if watch.progress:
            watch.progress(one, len(sources))

    books = Books(store, hosts, states, now=now, told=told)

    async def one(source: Source, opened: gather_source.Tools) -> None:
        async with places:
            state = asked.get(source.id) or SourceState(source_id=source.id)
            started = time.perf_counter()
            gathered = await _guarded(source, state, store, opened, now=now, log=watch.log)
        books.take(source, gathered, seconds=round(time.perf_counter() - started, 3))

    async with tools(
        config.limits,
        contact=config.contact,
        stable_keys=config.stable_keys,
        hosts=hosts,
        shared=shared,
        ahead=lambda: parser.Rules(_merging(config), config.taxonomy, _fixed(config)),
    ) as opened:
        try:
            async with asyncio.TaskGroup() as group:
                for source in sources:
                    group.create_task(one(source, opened))
            books.close()
        except* AggregatorError as errors:  # our store: the same for every source, one of them says it
            books.drop()  # a store that is locked would be waited for once more
            raise errors.exceptions[0] from None
        finally:
            books.flush()
    return Gathering(
        asked=tuple(sorted(books.done, key=lambda one: one.source_id)), ahead=books.ahead, states=states | books.states
    )


async def _guarded(
    source: Source,
    state: SourceState,
    store: Store,
    opened: gather_source.Tools,
    *,
    now: datetime,
    log: Callable[[], Any],
) -> Gathered:
    try:
        return await gather_source.gather(source, state, store, opened, now=now)
    except AggregatorError:
        raise
    except Exception as error:  # noqa: BLE001  the one place where a bug of ours costs one source, not the pass
        log().exception("source.internal", source=source.id)
        failure = Failed(failure=Failure.INTERNAL, detail=f"{type(error).__name__}: {error}")
        return gather_source.failed(source, state, failure, now=now)


def settle(config: Config, store: Store, *, now: datetime, ahead: Mapping[ItemKey, Ahead] = _NOTHING) -> Settled:
    """The second stroke with this configuration's rules. What stands in `ahead` is not worked out again."""
    if not store.unsettled(1) and not store.unsettled_withdrawn():
        return Settled()  # importing and compiling the rules takes longer than finding that nothing is new
    from aggregator.passes import settle_stories

    return settle_stories.settle(store, rules(config), now=now, ahead=ahead)


def rules(config: Config) -> settle_stories.Rules:
    """What decides stories and tags, taken out of the configuration."""
    from aggregator import tagging
    from aggregator.passes import settle_stories

    return settle_stories.Rules(
        merging=_merging(config),
        authority={source.id: source.authority for source in config.sources},
        sites={
            source.id: frozenset(urls.site(url) for url in (source.url, source.homepage) if url)
            for source in config.sources
        },
        fixed=_fixed(config),
        tagging=tagging.compiled(config.taxonomy),
        minting=config.site.minting,
    )


def _fixed(config: Config) -> dict[str, tuple[str, ...]]:
    return {source.id: source.labels for source in config.sources if source.labels}


def _merging(config: Config) -> matching.Merging:
    from aggregator.passes import matching

    return matching.merging(config)
