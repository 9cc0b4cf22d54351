"""The rules of the real case do well on the project's own labelled items."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from aggregator.config import load
from aggregator.passes import labelled
from tests import shared_data

CONFIG = Path(__file__).resolve().parents[2] / "config"
OWN = Path(__file__).with_name("labelled.jsonl")
OBLIQUE = Path(__file__).with_name("oblique.jsonl")  # items that avoid the names of things, labelled for clusters alone
THEN = datetime(2026, 11, 20, tzinfo=UTC)


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory):
    folder = tmp_path_factory.mktemp("config")
    for name in ("aggregator.yaml", "clusters.yaml"):
        (folder / name).write_bytes((CONFIG / name).read_bytes())
    (folder / "sources.yaml").write_text("sources: []\n", encoding="utf-8")
    return load.load(folder, environment={})


def test_the_projects_own_items(config) -> None:
    report = labelled.tagging(config, OWN, now=THEN)
    assert report["items"] >= 150
    assert report["micro"]["f1"] >= 0.97, [mistake["title"] for mistake in report["mistakes"]]
    assert {name for name, scores in report["labels"].items() if scores["f1"] < 0.9} == set()


def test_items_that_avoid_the_names_of_things(config) -> None:
    report = labelled.tagging(config, OBLIQUE, now=THEN)
    assert report["items"] >= 400
    assert report["micro"]["f1"] >= 0.9, [mistake["title"] for mistake in report["mistakes"]]
    assert {name for name, scores in report["labels"].items() if scores["f1"] < 0.85} == set()


def test_items_that_others_labelled(config) -> None:
    report = labelled.tagging(config, shared_data.folder("eval") / "tagging-dev.jsonl", now=THEN)
    assert report["micro"]["f1"] >= 0.95
    assert {name for name, scores in report["labels"].items() if scores["f1"] < 0.85} == set()


def test_mistakes_come_with_what_spoke_for_them(config, tmp_path: Path) -> None:
    file = tmp_path / "one.jsonl"
    line = '{"id": "%s", "url": "https://x/%s", "title": "%s", "body_html": "<p>Text</p>", "labels": ["%s"], "may": ["metall"]}'
    file.write_text(
        line % ("1", "1", "Ein Elektrolyseur", "metall")
        + "\n"
        + line % ("2", "2", "Stahlwerk mit Windpark", "energietechnik"),
        encoding="utf-8",
    )
    (mistake,) = labelled.tagging(config, file, now=THEN)["mistakes"]
    assert (mistake["id"], mistake["title"], mistake["got"]) == ("1", "Ein Elektrolyseur", ("energietechnik",))
    (wrong,) = mistake["evidence"]
    assert (wrong["label"], wrong["evidence"][0]["text"]) == ("energietechnik", "Elektrolyseur")
