"""`doctor` on installations that are well and ill."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from aggregator.cli.main import cli
from aggregator.passes import doctor
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


def test_what_is_shown_of_a_folder_that_is_there(tmp_path: Path, aggregator: Callable[..., Result]) -> None:
    configure(tmp_path, "http://127.0.0.1:1/feed")
    (tmp_path / "public").mkdir()
    said = {one["check"]: one["found"] for one in json.loads(aggregator("doctor", "--json").stdout)["checks"]}
    assert (said["output"], said["data"]) == ("public", "var: not there yet")
    (tmp_path / "var").write_text("a file in the way")
    assert grades(aggregator("doctor", "--json"))["data"] == "fault"


DAMAGE = {
    "a store of no bytes": lambda path: path.write_bytes(b""),
    "a table that is gone": lambda path: raw(path, "DROP TABLE events"),
    "a value that nobody of us wrote": lambda path: raw(path, "UPDATE sources SET profile = 'x'"),
    "a carrier without its story": lambda path: raw(path, "UPDATE members SET story_id = 'nowhere'"),
    "a newer store": lambda path: raw(path, "PRAGMA user_version = 99"),
    "no store at all": lambda path: path.write_bytes(b"no store" * 999),
    "half a store": lambda path: os.truncate(path, path.stat().st_size // 2),
}


def raw(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path)) as store, store:
        store.execute("PRAGMA foreign_keys = OFF")
        store.execute(statement)


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_store_is_told_and_left_as_it_is(
    damage: str, tmp_path: Path, aggregator: Callable[..., Result], kept: Path
) -> None:
    configure(tmp_path, "http://127.0.0.1:1/feed")
    (tmp_path / "var").mkdir()
    path = Path(shutil.copy(kept, tmp_path / "var/aggregator.sqlite"))
    DAMAGE[damage](path)
    before = path.read_bytes()
    told = aggregator("doctor", "--json")
    assert (told.exit_code, grades(told)["store"]) == (1, "fault"), told.stdout
    assert path.read_bytes()[100:] == before[100:], "but for the header, which names the kind of log"


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store after a pass, in one file."""
    folder = tmp_path_factory.mktemp("kept")
    with LocalServer() as server, pytest.MonkeyPatch.context() as patched:
        patched.chdir(folder)
        server.reply("/feed", FEED)
        configure(folder, server.url("/feed"))
        assert CliRunner().invoke(cli, ["run"]).exit_code == 0
        assert CliRunner().invoke(cli, ["backup", "copy"]).exit_code == 0
    return folder / "copy"


def written(headers: dict[str, int]) -> dict[str, str]:
    """`Date` is in hours from now."""
    now = datetime.now(UTC)
    return {
        name: format_datetime(now + timedelta(hours=value), usegmt=True) if name == "Date" else str(value)
        for name, value in headers.items()
    }


@pytest.mark.parametrize(
    ("dates", "grade"),
    [
        pytest.param([{"Date": 0}, {}], None, id="as ours"),
        pytest.param([{}, {}], None, id="unknown"),
        pytest.param([{"Date": -3}, {"Date": 0}], None, id="the first is wrong, the second is as ours"),
        pytest.param([{"Date": -3, "Age": 10800}, {}], None, id="an old answer out of a cache"),
        pytest.param([{"Date": -3}, {}], "warn", id="one is not as ours"),
        pytest.param([{"Date": 5}, {"Date": 5}], "fault", id="all say the same, and it is not ours"),
    ],
)
def test_our_clock_beside_those_of_servers(
    dates: list[dict[str, int]], grade: str | None, tmp_path: Path, aggregator: Callable[..., Result]
) -> None:
    with LocalServer() as server:
        for number, headers in enumerate(dates):
            server.reply(f"/{number}", FEED, headers=written(headers))
        configure(tmp_path, server.url("/0"))
        with (tmp_path / "config/sources.yaml").open("a") as file:
            second = server.url("/1", host="localhost")
            file.write(f"  - {{id: zwei, name: Zwei, private_network: true, url: '{second}'}}\n")
        found = grades(aggregator("doctor", "--json"))
    assert (found["network"], found.get("clock")) == ("ok", grade)


def test_parsers_that_do_not_start(
    tmp_path: Path, aggregator: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(tmp_path, "http://127.0.0.1:1/feed")
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    told = aggregator("doctor", "--json")
    assert (told.exit_code, grades(told)["parser"]) == (1, "fault")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else")
@pytest.mark.parametrize("left", ["data/aggregator.sqlite", "output/feeds/all.rss"])
def test_what_root_left_there_is_no_good_to_the_service(left: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for each in (Path(folder), *(Path(folder) / name for name in ("data", "output"))):
            each.mkdir(exist_ok=True)
            each.chmod(0o755)
            os.chown(each, 65534, 65534)
        (Path(folder) / left).parent.mkdir(exist_ok=True)
        (Path(folder) / left).write_bytes(b"x")
        os.seteuid(65534)
        try:
            found = {one.name: one for one in doctor.machine(Path(folder) / "data", Path(folder) / "output")}
        finally:
            os.seteuid(0)
    name, other = ("data", "output") if left.startswith("data") else ("output", "data")
    assert (found[name].grade, found[other].grade) == ("fault", "ok")
    assert "chown" in found[name].advice


def test_passes_that_nobody_runs(tmp_path: Path, aggregator: Callable[..., Result]) -> None:
    with LocalServer() as server:
        server.reply("/feed", FEED)
        configure(tmp_path, server.url("/feed"))
        assert aggregator("run").exit_code == 0
        with sqlite3.connect(tmp_path / "var/aggregator.sqlite") as raw:
            raw.execute("UPDATE sources SET last_checked = last_checked - 2 * 86400000000, next_due = 0")
        assert grades(aggregator("doctor", "--json"))["last pass"] == "fault"
