"""Backup, restore, and moving to another machine: no id is lost on the way."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.test_run import configure, feed
from tests.servers.local_world import LocalServer

pytestmark = pytest.mark.slow


def published(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    ("leaving", "arriving"),
    [
        pytest.param(("export", "all.jsonl"), ("import", "all.jsonl"), id="as JSON Lines"),
        pytest.param(("backup", "copy.sqlite"), ("restore", "copy.sqlite"), id="as a copy of the store"),
    ],
)
def test_another_machine_publishes_the_same_bytes(
    leaving: tuple[str, ...],
    arriving: tuple[str, ...],
    tmp_path: Path,
    aggregator: Callable[..., Any],
    result: Callable[..., Any],
) -> None:
    def ids() -> dict[str, str]:
        return {item["guid"]: item["story"] for item in result(aggregator(*there, "items", "--json"))}

    with LocalServer() as server:
        server.reply("/feed", feed("Eins", "Zwei"), headers={"ETag": '"v1"'})
        configure(tmp_path, one=f"url: '{server.url('/feed')}', private_network: true")
        there: tuple[str, ...] = ()
        result(aggregator("run", "--json"))
        server.reply("/feed", feed("Eins", "Zwei, berichtigt", "Drei"), headers={"ETag": '"v2"'})
        result(aggregator("run", "--force", "--json"))
        before = ids()
        assert aggregator(*leaving).returncode == 0
        there = ("--data", "new-var", "--output", "new-public")
        arrived = aggregator(*there, *arriving)
        assert arrived.returncode == 0, arrived.stderr
        assert ids() == before
        asked = server.count("/feed")
        assert result(aggregator(*there, "publish", "--json"))["files"]["written"] > 0
        assert published(tmp_path / "new-public") == published(tmp_path / "public")
        assert server.count("/feed") == asked
        again = result(aggregator(*there, "run", "--force", "--json"))
        assert again["items"] == {"new": 0, "updated": 0}
    assert (tmp_path / leaving[1]).stat().st_mode & 0o077 == 0, "secrets of subscriptions are for the owner alone"


def test_a_store_is_overwritten_only_when_that_is_said(tmp_path: Path, aggregator: Callable[..., Any]) -> None:
    with LocalServer() as server:
        server.reply("/feed", feed("Eins"))
        configure(tmp_path, one=f"url: '{server.url('/feed')}', private_network: true")
        assert aggregator("backup", "copy").returncode == 4, "there is nothing yet"
        assert aggregator("run").returncode == 0
        assert aggregator("backup", "copy").returncode == 0
        server.reply("/feed", feed("Eins", "Zwei"))
        assert aggregator("run", "--force").returncode == 0
        refused = aggregator("restore", "copy")
        assert refused.returncode == 2
        assert "--replace" in refused.stderr
        assert len(json.loads(aggregator("items", "--json").stdout)) == 2
        assert aggregator("restore", "copy", "--replace").returncode == 0
        assert len(json.loads(aggregator("items", "--json").stdout)) == 1
        assert aggregator("run", "--force").returncode == 0
        assert len(json.loads((tmp_path / "public/feeds/all.json").read_text())["items"]) == 2


@pytest.mark.parametrize("command", [("backup",), ("restore", "--replace"), ("export",)])
def test_the_store_itself_is_no_file_to_copy_to_or_from(
    command: tuple[str, ...], tmp_path: Path, aggregator: Callable[..., Any]
) -> None:
    configure(tmp_path, one="url: 'http://127.0.0.1:1/feed', private_network: true")
    assert aggregator("run").returncode == 0
    before = (tmp_path / "var/aggregator.sqlite").read_bytes()
    (tmp_path / "link").symlink_to("var/aggregator.sqlite")
    for name in ("var/aggregator.sqlite", "link"):
        refused = aggregator(*command, name)
        assert (refused.returncode, "is the store itself" in refused.stderr) == (2, True)
    assert (tmp_path / "var/aggregator.sqlite").read_bytes() == before


@pytest.mark.parametrize("command", ["backup", "export"])
def test_a_pipe_or_device_is_not_replaced(command: str, tmp_path: Path, aggregator: Callable[..., Any]) -> None:
    configure(tmp_path, one="url: 'http://127.0.0.1:1/feed', private_network: true")
    assert aggregator("run").returncode == 0
    os.mkfifo(tmp_path / "pipe")
    refused = aggregator(command, "pipe")
    assert (refused.returncode, "is no file" in refused.stderr) == (2, True)
    assert (tmp_path / "pipe").is_fifo()


def test_a_cron_job_says_nothing_when_all_is_well(tmp_path: Path, aggregator: Callable[..., Any]) -> None:
    configure(tmp_path, one="url: 'http://127.0.0.1:1/feed', private_network: true")
    assert aggregator("run").returncode == 0
    for command in (("backup", "copy"), ("export", "all.jsonl"), ("restore", "copy", "--replace")):
        done = aggregator("-q", *command)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    done = aggregator("-q", "--data", "new", "import", "all.jsonl")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_what_goes_through_a_pipe(tmp_path: Path, aggregator: Callable[..., Any]) -> None:
    with LocalServer() as server:
        server.reply("/feed", feed("Eins"))
        configure(tmp_path, one=f"url: '{server.url('/feed')}', private_network: true")
        assert aggregator("run").returncode == 0
    lines = aggregator("export").stdout.splitlines()
    assert json.loads(lines[0])["format"] == "aggregator store"
    assert any(json.loads(line).get("title") == "Eins" for line in lines)
    refused = aggregator("import", "missing.jsonl")
    assert refused.returncode == 4
    assert "missing.jsonl" in refused.stderr
