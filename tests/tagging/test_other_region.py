"""A taxonomy of another region, field and language works without touching code."""

from __future__ import annotations

from pathlib import Path

import pytest

from aggregator import tagging
from aggregator.config import load


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory):
    folder = tmp_path_factory.mktemp("coast")
    (folder / "aggregator.yaml").write_text("base_url: https://coast.example/\ntitle: Coast\n", encoding="utf-8")
    (folder / "sources.yaml").write_text("sources: []\n", encoding="utf-8")
    (folder / "clusters.yaml").write_bytes(Path(__file__).with_name("other_region.yaml").read_bytes())
    return tagging.compiled(load.load(folder, environment={}).taxonomy)


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        pytest.param("Stocznia w Gdańsku buduje prom", ["stocznie"], id="Polish"),
        pytest.param("A shipyard builds ferries", ["stocznie"], id="English by the same taxonomy"),
        pytest.param("Rybołówstwo na Bałtyku", ["rybolowstwo"], id="letters with a stroke"),
        pytest.param("RYBOLOWSTWO", ["rybolowstwo"], id="and without it"),
        pytest.param("A long relationship", [], id="an exclusion"),
        pytest.param("Zamówiono blachy okrętowe", ["stocznie", "stal"], id="a part speaks for its whole"),
    ],
)
def test_labels(rules, item, text: str, labels: list[str]) -> None:
    assert [tag.label for tag in tagging.tag(item(title=text), (), rules).tags] == labels


def test_what_a_person_decided_wins(rules, item) -> None:
    tagged = tagging.tag(item(url="https://port.example/1", title="Stocznia"), (), rules)
    assert [(tag.label, tag.evidence[0].rule) for tag in tagged.tags] == [("rybolowstwo", "by hand")]
    assert [miss.label for miss in tagged.near_misses] == ["stocznie"]


def test_tags_carry_the_version(rules, item) -> None:
    assert {tag.version for tag in tagging.tag(item(title="Werft"), (), rules).tags} == {"coast-1"}
