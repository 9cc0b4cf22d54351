"""What a start costs: which modules a command imports, held so that nobody adds a slow one unseen."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.servers.local_world import LocalServer

pytestmark = pytest.mark.slow

FEED = (
    b"<rss version='2.0'><channel><title>F</title><link>http://a.example/</link><description>F</description>"
    b"<item><title>Eins</title><link>http://a.example/1</link><guid isPermaLink='false'>1</guid></item></channel></rss>"
)
CODE = """import sys
from aggregator.cli.main import cli
try:
    cli(sys.argv[1:])
finally:
    print(*sys.modules, file=open("modules", "w"))
"""
# Each costs 5 to 200 ms, and a pass in which nothing changed has no use for it
IDLE = {
    "pydantic", "yaml", "ruamel", "structlog", "feedparser", "bs4", "lxml", "trafilatura", "nh3", "feedgen", "jinja2",
    "dateparser", "ahocorasick_rs", "apscheduler", "starlette", "uvicorn", "alembic",
    "aggregator.tagging.rules", "aggregator.clean.item", "aggregator.config.schema", "aggregator.parse",
}  # fmt: skip


def called(folder: Path, *arguments: str) -> tuple[str, set[str]]:
    """Standard output of a command in that folder, and the modules it imported."""
    done = subprocess.run(
        [sys.executable, "-c", CODE, *arguments], cwd=folder, capture_output=True, text=True, timeout=60, check=True
    )
    return done.stdout, set((folder / "modules").read_text().split())


@pytest.mark.parametrize("options", [(), ("-q",), ("--log-format", "json")], ids=" ".join)
def test_a_pass_in_which_nothing_changed(tmp_path: Path, options: tuple[str, ...]) -> None:
    with LocalServer() as server:
        server.reply("/feed", FEED, headers={"ETag": '"v1"'})
        (tmp_path / "config").mkdir()
        (tmp_path / "config/aggregator.yaml").write_text(
            "base_url: https://news.example/\ntitle: News\nlimits: {gap: 0s}\n"
        )
        (tmp_path / "config/sources.yaml").write_text(
            f"sources: [{{id: one, name: One, url: '{server.url('/feed')}', private_network: true}}]\n"
        )
        first, _ = called(tmp_path, "run", "--json")
        assert json.loads(first)["items"]["new"] == 1
        second, imported = called(tmp_path, *options, "run", "--source", "one", "--json")
    assert json.loads(second)["sources"] == {"due": 1, "ok": 0, "unchanged": 1, "failed": 0}
    assert sorted(imported & IDLE) == []


def test_the_check_reads_the_files_though_they_are_kept(tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config/aggregator.yaml").write_text("base_url: https://news.example/\ntitle: News\n")
    (tmp_path / "config/sources.yaml").write_text("sources: []\n")
    (tmp_path / "var").mkdir()
    called(tmp_path, "config", "check")
    assert not (tmp_path / "var/config.cache").exists()
    called(tmp_path, "sources", "list", "--json")
    assert (tmp_path / "var/config.cache").exists()
    told, imported = called(tmp_path, "config", "check", "--json")
    assert json.loads(told)["sources"] == 0
    assert "pydantic" in imported
