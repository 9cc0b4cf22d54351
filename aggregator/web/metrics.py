"""`/metrics` for Prometheus: what the service has seen of itself, what the store says of the sources, and how readers are served.

Every application has a registry of its own. No label takes its value from outside: sources, states, failure classes, routes and
status codes are all counted sets.
"""

from __future__ import annotations

import platform
import time
from collections import Counter as Counted
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, TypeAlias

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector, disable_created_metrics
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    InfoMetricFamily,
    Metric,
    SummaryMetricFamily,
)
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest

from aggregator import __version__
from aggregator.errors import StoreError
from aggregator.model import State
from aggregator.passes import health
from aggregator.service.condition import RESULTS, Condition
from aggregator.store import connect

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from aggregator.model import Source
    from aggregator.web.published import Answer

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4
# From a file that is in memory to a search of 100,000 stories, in seconds
_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0)
_PROBES = frozenset({"/healthz", "/readyz", "/metrics"})
_LISTS = frozenset({"/opml.xml", "/feeds.opml"})
_FIRST = {"feeds": "feed", "search": "search", "search.atom": "search", "hub": "websub", "websub": "websub"}


class Metrics:
    """What one server counts of its readers; made once, and kept when the configuration is swapped."""

    def __init__(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # two series for every counter, of a time that nobody asks for
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self._plain: Counted[tuple[str, int]] = Counted()
        self._series: dict[tuple[str, int], tuple[Counter, Histogram]] = {}
        self._requests = Counter(
            "aggregator_http_requests",
            "Answers to readers, by kind of address and status.",
            ["route", "status"],
            registry=self._registry,
        )
        self._seconds = Histogram(
            "aggregator_http_request_duration_seconds",
            "From the request to the last byte handed to the network; without files in memory, which take microseconds.",
            ["route"],
            buckets=_BUCKETS,
            registry=self._registry,
        )

    def counted(self, application: ASGIApp) -> Counting:
        """The application, its answers counted."""
        return Counting(application, self.count, self.at_once)

    def at_once(self, request: bytes, status: int) -> None:
        """An answer that took no waiting. A plain number, added to the others when somebody asks: at the rate of 304s a counter
        with its lock is a third of the work."""
        kind = "feed" if request.startswith(b"GET /feeds/") else route(_path(request))
        self._plain[kind, status] += 1

    def count(self, path: str, status: int, seconds: float) -> None:
        """One answer. The series of a kind and status are looked up once: they are counted at the rate of 304s."""
        kind = route(path)
        series = self._series.get((kind, status))
        if series is None:
            series = self._requests.labels(kind, str(status)), self._seconds.labels(kind)
            self._series[kind, status] = series
        series[0].inc()
        series[1].observe(seconds)

    def text(self, condition: Condition, sources: Sequence[Source], store_url: str) -> bytes:
        """All of it in Prometheus' text format; asks the store."""
        plain, self._plain = self._plain, Counted()
        for (kind, status), times in plain.items():
            self._requests.labels(kind, str(status)).inc(times)
        asked = CollectorRegistry()
        asked.register(_Collected(lambda: _of_service(condition)))
        asked.register(_Collected(lambda: _of_store(sources, store_url)))
        return generate_latest(self._registry) + generate_latest(asked)


def _path(request: bytes) -> str:
    return request.split(b" ", 2)[1].partition(b"?")[0].decode("latin-1")


class Counting:
    """An application whose answers are counted: those that need waiting, and those that do not."""

    def __init__(
        self,
        application: ASGIApp,
        count: Callable[[str, int, float], None],
        count_at_once: Callable[[bytes, int], None],
    ) -> None:
        self._application = application
        self._at_once: Callable[[bytes], Answer | None] | None = getattr(application, "at_once", None)
        self._count = count
        self._count_at_once = count_at_once

    def at_once(self, request: bytes) -> Answer | None:
        """As that of web/front.py."""
        if self._at_once is None:
            return None
        found = self._at_once(request)
        if found is not None:
            self._count_at_once(request, found.start["status"])
        return found

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._application(scope, receive, send)
            return
        status = 500  # unless an answer begins

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        started = time.perf_counter()
        try:
            await self._application(scope, receive, sending)
        finally:
            self._count(scope["path"], status, time.perf_counter() - started)


class _Collected:
    """A collector that is asked once."""

    def __init__(self, collect: Callable[[], Iterable[Metric]]) -> None:
        self._collect = collect

    def describe(self) -> tuple[Metric, ...]:
        return ()

    def collect(self) -> Iterable[Metric]:
        return self._collect()


def route(path: str) -> str:
    """The kind of address: one of a handful, whatever is asked for."""
    if path in _PROBES:
        return "probe"
    if path in _LISTS:
        return "opml"
    first = path.lstrip("/").partition("/")[0]
    if first.startswith("status"):
        return "status"
    if first in _FIRST:
        return _FIRST[first]
    return "asset" if path.endswith((".css", ".js", ".svg", ".png", ".ico", ".txt")) else "page"


_Labels: TypeAlias = Iterable[tuple[str, float]]


def _counter(name: str, told: str, label: str, values: _Labels) -> Metric:
    family = CounterMetricFamily(name, told, labels=[label])
    for value, count in values:
        family.add_metric([value], count)
    return family


def _of_service(seen: Condition) -> Iterator[Metric]:
    yield InfoMetricFamily(
        "aggregator_build",
        "What is running.",
        value={"version": __version__, "python": platform.python_version()},
    )
    passes = ((result, float(seen.passes[result])) for result in RESULTS)
    yield _counter("aggregator_passes", "Passes since the start, by how they ended.", "result", passes)
    yield SummaryMetricFamily(
        "aggregator_pass_duration_seconds",
        "Passes that were carried out.",
        count_value=seen.passes["done"],
        sum_value=seen.pass_seconds,
    )
    yield GaugeMetricFamily("aggregator_last_pass_duration_seconds", "The last of them.", value=seen.last_seconds)
    if seen.last_pass is not None:
        yield _instant("aggregator_last_pass_timestamp_seconds", "When the last of them ended.", seen.last_pass)
    asked = sorted((name, float(count)) for name, count in seen.asked.items())
    yield _counter("aggregator_fetches", "Sources asked: ok, unchanged, offline, or a failure class.", "outcome", asked)
    items = ((kind, float(seen.items[kind])) for kind in ("new", "updated"))
    yield _counter("aggregator_items_gathered", "Items that passes stored.", "change", items)
    stories = ((kind, float(seen.stories[kind])) for kind in ("new", "changed"))
    yield _counter("aggregator_stories_settled", "Stories that passes made or changed.", "change", stories)
    yield CounterMetricFamily("aggregator_files_written", "Published files that differed.", value=seen.files)
    yield from _of_configuration(seen)


def _of_configuration(seen: Condition) -> Iterator[Metric]:
    yield GaugeMetricFamily(
        "aggregator_config_last_reload_successful",
        "0: the configuration was changed and refused, the one before is in use.",
        value=seen.config_fault is None,
    )
    if seen.config_loaded is not None:
        told = "When the configuration in use was last found good."
        yield _instant("aggregator_config_last_reload_success_timestamp_seconds", told, seen.config_loaded)
    reloads = (("refused", float(seen.reloads[False])), ("success", float(seen.reloads[True])))
    yield _counter("aggregator_config_reloads", "Times that the configuration was read again.", "result", reloads)


def _instant(name: str, told: str, instant: datetime) -> Metric:
    return GaugeMetricFamily(name, told, value=instant.timestamp())


def _of_store(sources: Sequence[Source], store_url: str) -> Iterator[Metric]:
    up = GaugeMetricFamily("aggregator_store_up", "Whether the store can be read.", value=1)
    try:
        with connect.opened(store_url, new=False) as store:
            states, counts = store.states(), store.counts()
            of_source = store.source_counts()
    except StoreError:
        yield GaugeMetricFamily(up.name, up.documentation, value=0)
        return
    yield up
    yield GaugeMetricFamily("aggregator_items", "Items in the store.", value=counts["items"])
    yield GaugeMetricFamily("aggregator_stories", "Stories in the store.", value=counts["stories"])
    yield from _of_sources(health.health(sources, states, of_source))


def _of_sources(found: Iterable[health.Health]) -> Iterator[Metric]:
    state = GaugeMetricFamily(
        "aggregator_source_state", "1 for the state that the source is in.", labels=["source", "state"]
    )
    items = GaugeMetricFamily("aggregator_source_items", "Items of the source in the store.", labels=["source"])
    success = GaugeMetricFamily(
        "aggregator_source_last_success_timestamp_seconds", "When the source last answered well.", labels=["source"]
    )
    following = GaugeMetricFamily(
        "aggregator_source_next_due_timestamp_seconds", "When the source is to be asked next.", labels=["source"]
    )
    states: Counted[str] = Counted()
    for one in found:
        name, remembered = one.source.id, one.remembered
        states[one.state.value] += 1
        state.add_metric([name, one.state.value], 1)
        items.add_metric([name], one.items)
        if remembered.last_success is not None:
            success.add_metric([name], remembered.last_success.timestamp())
        if remembered.next_due is not None:
            following.add_metric([name], remembered.next_due.timestamp())
    number = GaugeMetricFamily("aggregator_sources", "Configured sources, by state.", labels=["state"])
    for possible in State:
        number.add_metric([possible.value], states[possible.value])
    yield from (number, state, items, success, following)
