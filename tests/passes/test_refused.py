"""What breaks a rule is not published: a document stays as it was, a story is left out alone; the pass and `status` say so."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from aggregator.cli.main import cli
from aggregator.config import load
from aggregator.model import DateTrust, Item, SourceState, SourceUpdate
from aggregator.passes import one_pass, publish_changed
from aggregator.store import connect
from aggregator.store.connect import Store

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def item(guid: str, title: str, published: datetime = NOW) -> Item:
    return Item(
        id=guid,
        source_id="house",
        guid=guid,
        url=f"https://house.example/{guid}",
        title=title,
        summary="",
        html=f"<p>{title}</p>",
        text=f"{title}.",
        published=published,
        updated=None,
        date_trust=DateTrust.EXACT,
        published_text=None,
        first_seen=NOW,
        language="de",
        authors=(),
        categories=(),
        issuer=None,
        enclosures=(),
        content_hash=guid,
        fingerprint=guid,
    )


@pytest.fixture
def config(tmp_path: Path) -> load.Config:
    folder = tmp_path / "config"
    folder.mkdir()
    (folder / "aggregator.yaml").write_text("base_url: https://n.example/\ntitle: N\n", encoding="utf-8")
    (folder / "sources.yaml").write_text(
        "sources:\n  - {id: house, name: House, url: https://house.example/feed}\n", encoding="utf-8"
    )
    return load.load(folder, environment={})


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    (tmp_path / "data").mkdir()
    with connect.opened(f"sqlite:///{tmp_path}/data/aggregator.sqlite") as opened:
        yield opened


def told(store: Store, config: load.Config, *items: Item) -> None:
    state = SourceState(source_id="house", last_checked=NOW, last_success=NOW)
    store.commit(SourceUpdate(state=state, new=items))
    one_pass.settle(config, store, now=NOW)


def feeds(output: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (output / "feeds").iterdir()}


def status(folder: Path, *options: str) -> str:
    at = ["--config", f"{folder}/config", "--data", f"{folder}/data", "--output", f"{folder}/public"]
    done = CliRunner().invoke(cli, [*at, "status", *options])
    assert done.exit_code == 0, done.output
    return done.output


def test_a_document_at_fault_leaves_the_last_good_one_where_it_is(tmp_path: Path, config, store) -> None:
    output = tmp_path / "public"
    told(store, config, item("1", "Eins"))
    assert publish_changed.publish(config, store, output).faults == ()
    good = feeds(output)
    assert {"all.rss", "all.atom", "all.json", "house.rss"} < good.keys()

    told(store, config, item("2", "Zwei"))
    wrong = replace(config, site=replace(config.site, base_url="https://n example/"), digest="other")
    published = publish_changed.publish(wrong, store, output)
    assert feeds(output) == good
    assert {(fault.document, fault.rule) for fault in published.faults} >= {
        ("feeds/all.rss", "InvalidUriChar"),
        ("feeds/all.atom", "InvalidUriChar"),
        ("feeds/all.json", "InvalidUriChar"),
    }
    assert publish_changed.publish(wrong, store, output).faults == published.faults  # it still stands
    said = json.loads(status(tmp_path, "--json"))["published"]
    assert said["left_out"] == []
    assert {"document", "rule", "place", "value"} == said["refused"][0].keys()
    assert "feeds/all.rss: not published, the last good one stays: InvalidUriChar" in status(tmp_path)

    assert publish_changed.publish(config, store, output).faults == ()
    assert b"Zwei" in feeds(output)["all.rss"]
    assert json.loads(status(tmp_path, "--json"))["published"] == {"refused": [], "left_out": []}


def test_a_story_at_fault_is_left_out_alone_and_named(tmp_path: Path, config, store) -> None:
    output = tmp_path / "public"
    told(store, config, item("1", "Eins"), item("2", "Zwei", datetime(1789, 1, 20, tzinfo=UTC)))
    published = publish_changed.publish(config, store, output)
    (bad,) = published.dropped
    assert b"Eins" in feeds(output)["all.rss"]
    assert b"Zwei" not in feeds(output)["all.rss"]
    (fault, *_) = [fault for fault in published.faults if fault.document == "feeds/all.rss"]
    assert (fault.rule, fault.entry, fault.title) == ("ImplausibleDate", bad, "Zwei")
    (said, *_) = json.loads(status(tmp_path, "--json"))["published"]["left_out"]
    assert (said["entry"], said["title"], said["rule"]) == (bad, "Zwei", "ImplausibleDate")
    assert f"left out {bad} Zwei: ImplausibleDate" in status(tmp_path)


def test_a_pass_without_news_writes_no_file_and_changes_no_time(tmp_path: Path, config, store) -> None:
    output = tmp_path / "public"
    told(store, config, item("1", "Eins"))
    publish_changed.publish(config, store, output)
    before = {path: (path.stat().st_mtime_ns, path.stat().st_ino) for path in output.rglob("*") if path.is_file()}
    assert publish_changed.publish(config, store, output).written == 0
    assert publish_changed.publish(config, store, output, everything=True).written == 0  # rendered again, and the same
    assert {
        path: (path.stat().st_mtime_ns, path.stat().st_ino) for path in output.rglob("*") if path.is_file()
    } == before


def test_dates_alone_give_every_story_its_own_instant(tmp_path: Path, config, store) -> None:
    output = tmp_path / "public"
    day = NOW - timedelta(days=3)
    told(store, config, *(item(str(number), f"Meldung {number} von {number * 7}", day) for number in range(60)))
    assert publish_changed.publish(config, store, output).faults == ()
