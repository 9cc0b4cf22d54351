"""One pass over 89 hostile behaviours at once, faults of TLS and DNS besides, with twenty ordinary sources among them."""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from aggregator.errors import Failure
from aggregator.model import SourceState, Validators
from aggregator.store import connect
from tests import patience
from tests.servers.hostile import contents, documents, faults, passing, world
from tests.servers.hostile.behaviour import OK

pytestmark = pytest.mark.slow

SECONDS = 60
MEGABYTES = 300 + 80 * (min(4, os.cpu_count() or 1) - 2)  # on two processors; each further one has a parser of its own
ROWS = [pytest.param(behaviour.name, id=f"{behaviour.name}: {behaviour.does}") for behaviour in world.BEHAVIOURS]
BEYOND = [
    *(behaviour.name for behaviour in contents.BEYOND),
    *("tls-good", "tls-expired", "tls-wrong-host", "tls-self-signed", "tls-old", "tls-none"),
    *("nobody-listens", "dns-nxdomain"),
    *(f"direct-{name}" for name, spelling in world.SPELLINGS.items() if spelling.startswith("http:")),
]


@dataclass(frozen=True, kw_only=True)
class Survived:
    """What is left after the pass."""

    folder: Path
    world: world.World
    passed: passing.Passed
    states: dict[str, dict[str, Any]]
    remembered: dict[str, SourceState]

    def outcome(self, name: str) -> tuple[str, int]:
        error = self.states[name]["error"]
        return (error["class"] if error else OK), self.states[name]["items"]

    def published(self, name: str) -> list[dict[str, Any]]:
        feed = self.folder / f"public/feeds/{name}.json"
        items: list[dict[str, Any]] = json.loads(feed.read_text(encoding="utf-8"))["items"]
        return items


@pytest.fixture(scope="module")
def survived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Survived]:
    folder = tmp_path_factory.mktemp("hostile")
    with ExitStack() as stack:
        everything = stack.enter_context(world.running())
        faults.add(everything, stack, folder)
        world.direct(everything)
        passing.configure(folder, everything)
        passed = passing.run(folder, everything)
        with connect.opened(f"sqlite:///{folder}/var/aggregator.sqlite") as store:
            remembered = store.states()
        yield Survived(
            folder=folder,
            world=everything,
            passed=passed,
            states=passing.states(folder, everything),
            remembered=remembered,
        )


def test_the_table_is_whole() -> None:
    assert {group: len(rows) for group, rows in world.GROUPS.items()} == {
        "good and conditional": 8,
        "redirects": 8,
        "SSRF": 12,
        "status": 12,
        "transport": 22,
        "compression": 10,
        "content": 17,
    }
    assert max(Counter(row.name for row in world.BEHAVIOURS).values()) == 1


def test_the_pass_ends_in_time_with_little_memory_and_without_a_traceback(survived: Survived) -> None:
    passed = survived.passed
    assert passed.status == 0
    assert "Traceback" not in passed.errors
    assert passed.seconds <= SECONDS * patience.busy()
    assert passed.peak <= MEGABYTES * 1_000_000
    assert passed.summary["sources"]["due"] == len(survived.world.expected)


@pytest.mark.parametrize("name", [*ROWS, *BEYOND])
def test_each_behaviour_has_its_class(survived: Survived, name: str) -> None:
    expected = survived.world.expected[name]
    assert survived.outcome(name) == (expected.outcome, expected.items)
    assert expected.outcome == OK or survived.states[name]["error"]["message"].isprintable()


@pytest.mark.parametrize("name", world.GOOD_SOURCES)
def test_good_sources_are_published_complete(survived: Survived, name: str) -> None:
    assert survived.outcome(name) == (OK, world.GOOD_ITEMS)
    wanted = set(documents.titles(name, world.GOOD_ITEMS)[1 if name == contents.VICTIM else 0 :])
    assert wanted <= {item["title"] for item in survived.published(name)}
    assert len(survived.published(name)) == world.GOOD_ITEMS


def test_nobody_reached_the_canary_and_nothing_leaked(survived: Survived) -> None:
    assert survived.world.canary.reached == []
    secrets = re.compile(rb"INTERNAL-SECRET|root:x:0:0")
    assert [path for path in survived.folder.rglob("*") if path.is_file() and secrets.search(path.read_bytes())] == []


def test_an_id_that_looks_like_a_path_is_none(survived: Survived) -> None:
    assert not Path(documents.ELSEWHERE).exists()
    assert {path.name for path in survived.folder.iterdir()} == {"config", "var", "public", "authority.pem"}


def test_every_line_of_the_log_is_one_object_without_control_characters(survived: Survived) -> None:
    lines = survived.passed.errors.splitlines()
    told = [json.loads(line) for line in lines]
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", survived.passed.errors)
    assert {line["source"] for line in told[:-1]} == survived.world.expected.keys()
    assert (told[-1]["event"], {line["pass"] for line in told}) == ("pass.done", {told[-1]["pass"]})


def test_entries_beyond_the_limit_are_marked(survived: Survived) -> None:
    [line] = [line for line in survived.passed.errors.splitlines() if '"source": "100k-items"' in line]
    assert "98000 entries beyond the limit of 2000 were left out" in json.loads(line)["repairs"]


def test_no_text_is_longer_or_deeper_than_a_reader_can_take(survived: Survived) -> None:
    assert max(len(item["content_html"]) for item in survived.published("one-10mb-item")) < 600_000
    assert (survived.folder / "public/feeds/long-fields.json").stat().st_size < 20_000
    [deep] = [item for item in survived.published("deep-nest") if "tief" in item["content_html"]]
    assert deep["content_html"].count("<div") <= 512


def test_of_what_was_not_read_whole_no_validator_is_kept(survived: Survived) -> None:
    """Else the server would say 304 for ever, and what is missing would never be asked for again."""
    kept = {
        name: (state.validators, state.body_hash)
        for name, state in survived.remembered.items()
        if state.failing and (state.body_hash or state.validators != Validators())
    }
    assert kept == {}
    assert survived.remembered["etag"].validators.etag == '"v1"'


@pytest.mark.parametrize(
    "number",
    [
        pytest.param(1, id="by who says to have had it an hour before"),
        pytest.param(2, id="by who says to have had it a month before"),
    ],
)
def test_an_entry_that_somebody_else_claims_stays_what_it_was(survived: Survived, number: int) -> None:
    """Under the same id and link, but with another title and text."""
    shown = {item["url"]: item["title"] for item in survived.published(contents.VICTIM)}
    mine = documents.titles(contents.VICTIM, number)[-1]
    assert shown[f"https://{contents.VICTIM}.example/n/{number}"] == mine


def test_hosts_that_asked_for_a_pause_get_it(survived: Survived) -> None:
    for name in ("429", "503-date", "410"):
        assert survived.world.servers[name].count("/feed") == 1
        asked, due = survived.states[name]["last_checked"], survived.states[name]["next_due"]
        assert due > asked


def test_the_second_time_costs_nothing(survived: Survived) -> None:
    again = ("etag", "lastmod", "304-with-body", "etag-changes", "flap")
    second = passing.run(survived.folder, survived.world, only=again)
    assert second.summary["sources"] == {"due": 5, "ok": 1, "unchanged": 4, "failed": 0}
    assert second.summary["items"] == {"new": 3, "updated": 0}  # of the one that failed the first time
    assert survived.world.servers["etag"].last("/feed").headers["if-none-match"] == '"v1"'


def test_every_class_is_a_class_and_every_behaviour_described() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs/hostile-servers.md").read_text(encoding="utf-8")
    assert world.table() in page
    assert {row.expected for row in world.BEHAVIOURS} - {OK, "headers_too_large"} <= set(Failure)
