"""The rules on labelled items of our own: variants as they occur, and what only looks like one."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from aggregator.config import load
from aggregator.passes import labelled
from tests import shared_data

NOW = datetime(2026, 11, 20, tzinfo=UTC)
OWN = Path(__file__).parent / "labelled.jsonl"


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> load.Config:
    folder = tmp_path_factory.mktemp("config")
    (folder / "aggregator.yaml").write_text("base_url: https://n.example/\ntitle: N\ntimezone: Europe/Berlin\n")
    (folder / "sources.yaml").write_text("sources: []\n")
    return load.load(folder, environment={})


def test_the_set_is_large_and_mixed_enough() -> None:
    rows = [json.loads(line) for line in OWN.read_text(encoding="utf-8").splitlines()]
    assert len(rows) >= 60
    assert sum(row["group"] is None for row in rows) >= 15
    assert len({row["kind"] for row in rows}) >= 12


@pytest.mark.slow
def test_stories_of_our_own_labelled_items(config: load.Config) -> None:
    report = labelled.dedupe(config, OWN, now=NOW)
    assert report["mistakes"] == ()
    assert report["pairs"] == {"precision": 1.0, "recall": 1.0, "f1": 1.0}
    assert report["kinds"]["translation"]["items"] == 3


@pytest.mark.slow
def test_stories_of_the_shared_labelled_items(config: load.Config) -> None:
    file = shared_data.folder("eval") / "dedupe-dev.jsonl"
    pairs = labelled.dedupe(config, file, now=NOW)["pairs"]
    assert pairs["precision"] >= 0.995
    assert pairs["f1"] >= 0.985
