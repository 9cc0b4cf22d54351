"""`/metrics`, `/readyz`, and a log in which a pass can be traced to its items."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from aggregator.config import load
from aggregator.service.condition import Condition
from aggregator.store import connect
from aggregator.web import app, metrics, status
from aggregator.web.site import Site
from tests.security.test_logs import EVIL
from tests.servers.local_world import LocalServer
from tests.servers.running import Running, configure, feed

# What Prometheus' own linter (promtool check metrics) complains of, as far as it can be seen in the text
UNITS = ("milliseconds", "minutes", "hours", "days", "kilobytes", "megabytes")


def complaints(text: str) -> Iterator[str]:
    """https://prometheus.io/docs/practices/naming/"""
    assert text.endswith("\n")
    names = re.findall(r"^# TYPE (\S+) (\S+)$", text, re.MULTILINE)
    helped = re.findall(r"^# HELP (\S+) (\S.*)$", text, re.MULTILINE)
    if [name for name, _ in names] != [name for name, _ in helped]:
        yield "every metric has its HELP before its TYPE"
    for name, kind in names:
        if sum(other == name for other, _ in names) > 1:
            yield f"{name} stands twice"
        if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
            yield f"{name}: lower case letters, digits and underscores"
        if (kind == "counter") != name.endswith("_total"):
            yield f"{name}: a counter, and nothing else, ends in _total"
        if name.endswith(("_count", "_sum", "_bucket")) or kind in name.split("_"):
            yield f"{name}: ends as a part of another, or names its own type"
        if any(unit in name for unit in UNITS):
            yield f"{name}: base units, please"
    series = [line.rpartition(" ")[0] for line in text.splitlines() if not line.startswith("#")]
    if len(series) != len(set(series)):
        yield "a series stands twice"


@pytest.fixture
def site(tmp_path: Path) -> Site:
    configure(
        tmp_path, "id: one, name: S, url: 'https://one.example/'", "id: two, name: S, url: 'https://two.example/'"
    )
    (tmp_path / "public").mkdir()
    with connect.opened(f"sqlite:///{tmp_path}/store.sqlite"):  # as a first pass makes it
        pass
    return Site(
        config=load.load(tmp_path / "config", environment={}),
        output=tmp_path / "public",
        store_url=f"sqlite:///{tmp_path}/store.sqlite",
        clock=lambda: datetime(2026, 11, 26, tzinfo=UTC),
    )


def told(site: Site) -> str:
    return site.metrics.text(site.condition, site.config.sources, site.store_url).decode()


def values(text: str) -> dict[str, dict[tuple[str, ...], float]]:
    found: dict[str, dict[tuple[str, ...], float]] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            found.setdefault(sample.name, {})[tuple(sample.labels.values())] = sample.value
    return found


def test_the_linter_has_nothing_to_say(site: Site) -> None:
    assert list(complaints(told(site))) == []


def test_of_sources_never_asked(site: Site) -> None:
    found = values(told(site))
    assert found["aggregator_source_state"] == {("one", "new"): 1, ("two", "new"): 1}
    assert found["aggregator_sources"][("new",)] == 2
    assert found["aggregator_sources"][("failing",)] == 0
    assert found["aggregator_store_up"] == {(): 1}
    assert "aggregator_source_last_success_timestamp_seconds" not in found


def test_a_store_that_can_not_be_read_costs_its_own_figures(site: Site, tmp_path: Path) -> None:
    (tmp_path / "store.sqlite").write_bytes(b"no database" * 1000)
    found = values(told(site))
    assert found["aggregator_store_up"] == {(): 0}
    assert "aggregator_items" not in found
    assert found["aggregator_build_info"]


@pytest.mark.parametrize("path", ["/readyz", "/status", "/status.json", "/search?q=x", "/search.atom?q=x"])
def test_a_store_that_can_not_be_read_is_told_without_where_it_stands(site: Site, tmp_path: Path, path: str) -> None:
    (tmp_path / "store.sqlite").write_bytes(b"no database" * 1000)

    async def asked() -> httpx.Response:
        transport = httpx.ASGITransport(app=app.build(site))
        async with httpx.AsyncClient(transport=transport, base_url="https://news.example") as client:
            return await client.get(path)

    answer = asyncio.run(asked())
    assert (answer.status_code, answer.text) == (503, "the store can not be read now\n")


def test_asking_for_figures_makes_no_store(site: Site, tmp_path: Path) -> None:
    """In the empty folder of a disk that is not mounted, a pass would take it for the store."""
    (tmp_path / "store.sqlite").rename(tmp_path / "elsewhere")
    assert values(told(site))["aggregator_store_up"] == {(): 0}
    assert status._missing(site) == status.UNREADABLE
    assert not (tmp_path / "store.sqlite").exists()


def test_a_refused_configuration_is_seen(site: Site) -> None:
    site.condition.config_fault = "sources.yaml:4: expected a URL"
    site.condition.reloads[False] += 1
    found = values(told(site))
    assert found["aggregator_config_last_reload_successful"] == {(): 0}
    assert found["aggregator_config_reloads_total"] == {("refused",): 1, ("success",): 0}


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/", "page"), ("/one/", "page"), ("/feeds/all.rss", "feed"), ("/feeds/all", "feed"), ("/search", "search"),
        ("/search.atom", "search"), ("/status.json", "status"), ("/metrics", "probe"), ("/opml.xml", "opml"),
        ("/websub/abc", "websub"), ("/hub", "websub"), ("/style.css", "asset"), ("", "page"), ("/\x00", "page"),
        ("/feeds/" + "x" * 10_000, "feed"), ("//feeds/x", "feed"), ("/{source}", "page"),
    ],
)  # fmt: skip
def test_whatever_is_asked_for_is_one_of_a_handful(path: str, kind: str) -> None:
    assert metrics.route(path) == kind


@pytest.mark.parametrize(
    ("published", "looked", "missing"),
    [
        pytest.param(True, 10.0, "", id="well"),
        pytest.param(True, None, "", id="served without a scheduler"),
        pytest.param(False, 10.0, "nothing is published yet", id="nothing published"),
        pytest.param(True, 7200.0, "no pass for 720", id="nobody has looked for two hours"),
    ],
)
def test_ready(site: Site, published: bool, looked: float | None, missing: str) -> None:
    if published:
        (site.output / "index.html").touch()
    site.condition.looked = None if looked is None else time.monotonic() - looked
    assert status._missing(site).startswith(missing)
    assert bool(status._missing(site)) == bool(missing)


def test_counts_come_from_what_passes_tell() -> None:
    condition = Condition()
    condition.passed("busy", None, now=datetime(2026, 1, 1, tzinfo=UTC))
    assert condition.passes["busy"] == 1
    assert condition.last_pass is None


@pytest.mark.slow
def test_a_pass_is_traced_from_the_log_to_its_items(tmp_path: Path) -> None:
    """With titles that would forge lines, and an address with a key in it."""
    evil = EVIL.replace("\0", "").replace("\x1b", "").replace("\x07", "")
    with LocalServer() as server:
        server.reply("/feed", feed("Speicher", f"<![CDATA[{evil}]]>").replace(b"/Speicher<", b"/1?token=geheim<"))
        configure(
            tmp_path,
            f"id: good, name: G, private_network: true, url: '{server.url('/feed?token=geheim')}'",
            f"id: bad, name: B, private_network: true, url: '{server.url('/missing?token=geheim')}'",
        )
        with Running(tmp_path, "-vv") as service:
            [done] = service.until("pass.done")
            service.wait(lambda: 'result="done"} 1.0' in service.get("/metrics")[1])
            service.get("/nowhere")
            text = service.get("/metrics")[1]
            service.stop()
        assert {line["event"] for line in service.log if line.get("pass") == done["pass"]} == {
            "source.ok", "source.failed", "item.new", "pass.done",
        }  # fmt: skip
        [ok], [failed] = service.told("source.ok"), service.told("source.failed")
        assert (ok["source"], ok["new"], failed["source"], failed["failure"]) == ("good", 2, "bad", "http_404")
        items = service.told("item.new")
        assert {line["source"] for line in items} == {"good"}
        assert "Speicher" in {line["title"] for line in items}
        assert "geheim" not in str(service.log)
        assert list(complaints(text)) == []
        found = values(text)
        assert found["aggregator_fetches_total"] == {("http_404",): 1, ("ok",): 1}
        assert found["aggregator_items_gathered_total"] == {("new",): 2, ("updated",): 0}
        assert found["aggregator_source_state"] == {("good", "ok"): 1, ("bad", "failing"): 1}
        assert found["aggregator_items"] == {(): 2}
        assert found["aggregator_http_requests_total"][("page", "404")] == 1
        assert found["aggregator_pass_duration_seconds_count"] == {(): 1}
        last = found["aggregator_source_last_success_timestamp_seconds"][("good",)]
        assert abs(datetime.fromtimestamp(last, UTC) - datetime.now(UTC)) < timedelta(minutes=2)
        assert "geheim" not in text
