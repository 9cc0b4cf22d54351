"""`doctor` on installations that are well and ill."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from aggregator.cli.main import cli
from tests.servers.local_world import LocalServer

pytestmark = pytest.mark.slow
BASE = "base_url: https://news.example/\ntitle: News\nlimits: {gap: 0s}\n"
FEED = b"<rss version='2.0'><channel><title>F</title><item><title>Eins</title><guid>1</guid></item></channel></rss>"


def configure(folder: Path, url: str) -> None:
    (folder / "config").mkdir(exist_ok=True)
    (folder / "config/aggregator.yaml").write_text(BASE)
    (folder / "config/sources.yaml").write_text(
        f"sources:\n  - {{id: amt, name: Amt, private_network: true, url: '{url}'}}\n"
    )


@pytest.fixture
def aggregator(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """The command line in this process: starting one costs more than most of what is looked at."""
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: CliRunner().invoke(cli, arguments)


def grades(called: Result) -> dict[str, str]:
    """The worst grade of each check."""
    found: dict[str, str] = {}
    for one in json.loads(called.stdout)["checks"]:
        if one["grade"] != "ok":
            assert one["advice"]
        found[one["check"]] = max(found.get(one["check"], ""), one["grade"], key=["", "ok", "warn", "fault"].index)
    return found


def test_an_installation_from_its_first_day_on(tmp_path: Path, aggregator: Callable[..., Result]) -> None:
    with LocalServer() as server:
        server.reply("/feed", FEED)
        configure(tmp_path, server.url("/feed"))
        before = aggregator("doctor", "--json")
        assert (before.exit_code, grades(before)["store"]) == (0, "warn")
        assert not (tmp_path / "var").exists(), "looking makes nothing"
        assert aggregator("run").exit_code == 0
        well = aggregator("doctor", "--json")
        assert well.exit_code == 0, well.stdout
        found = grades(well)
        wanted = (
            "clock",
            "configuration",
            "data",
            "health",
            "last pass",
            "lock",
            "network",
            "output",
            "parser",
            "published",
        )
        assert {name: found[name] for name in wanted} == dict.fromkeys(wanted, "ok")
        (tmp_path / "public/feeds/all.rss").unlink()
        assert grades(aggregator("doctor", "--json"))["published"] == "warn"
        told = aggregator("doctor")
        assert "The next pass, or `aggregator publish`" in told.stdout


def test_what_is_wrong_is_a_fault_each(tmp_path: Path, aggregator: Callable[..., Result]) -> None:
    with LocalServer() as server:
        server.reply("/feed", FEED)
        configure(tmp_path, server.url("/feed"))
        assert aggregator("run").exit_code == 0
    store = tmp_path / "var/aggregator.sqlite"
    with sqlite3.connect(store) as raw:
        ahead = "UPDATE sources SET last_checked = last_checked + 86400000000, next_due = next_due + 86400000000"
        raw.execute(ahead)
    ill = aggregator("doctor", "--json")
    assert ill.exit_code == 1
    assert {name for name, grade in grades(ill).items() if grade == "fault"} == {"clock", "network"}
    with store.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * 8192)
    assert grades(aggregator("doctor", "--json"))["store"] == "fault"
    (tmp_path / "config/aggregator.yaml").write_text("title: News\n")
    broken = aggregator("doctor", "--json")
    assert (broken.exit_code, grades(broken)["configuration"]) == (1, "fault")


def test_passes_that_nobody_runs(tmp_path: Path, aggregator: Callable[..., Result]) -> None:
    with LocalServer() as server:
        server.reply("/feed", FEED)
        configure(tmp_path, server.url("/feed"))
        assert aggregator("run").exit_code == 0
        with sqlite3.connect(tmp_path / "var/aggregator.sqlite") as raw:
            raw.execute("UPDATE sources SET last_checked = last_checked - 2 * 86400000000, next_due = 0")
        assert grades(aggregator("doctor", "--json"))["last pass"] == "fault"
