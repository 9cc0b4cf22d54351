"""The taxonomy of the real case: what an expert would say of items like these (own texts)."""

from __future__ import annotations

import re
from html import unescape

import pytest

from aggregator import tagging
from aggregator.model import LabelKind
from tests import shared_data

CLUSTERS = [
    "gesundheitswirtschaft",
    "energietechnik",
    "verkehr-mobilitaet-logistik",
    "ikt-medien-kreativ",
    "optik-photonik",
    "ernaehrungswirtschaft",
    "kunststoffe-chemie",
    "metall",
    "tourismus",
]


@pytest.fixture(scope="module")
def rules(berlin_brandenburg):
    return tagging.compiled(berlin_brandenburg)


def test_the_taxonomy_is_whole(berlin_brandenburg) -> None:
    kinds = {kind: [label.id for label in berlin_brandenburg.labels if label.kind is kind] for kind in LabelKind}
    assert kinds[LabelKind.CLUSTER] == CLUSTERS
    assert kinds[LabelKind.UMBRELLA] == ["clusteruebergreifend"]
    assert kinds[LabelKind.TOPIC] == ["digitalisierung", "reallabore", "arbeit-fachkraefte", "startups"]
    assert all(label.names.keys() >= {"de", "en"} for label in berlin_brandenburg.labels)


@pytest.mark.parametrize(
    ("title", "text", "labels"),
    [
        pytest.param(
            "Neues Bürogebäude für den Filmstandort",
            "Der Minister für Wirtschaft, Arbeit und Energie übergab den Schlüssel. Die Filmproduktion zieht im Mai ein.",
            {"ikt-medien-kreativ"},
            id="the minister's title is no energy",
        ),
        pytest.param(
            "Rede im Plenum",
            "Die Senatorin für Mobilität, Verkehr, Klimaschutz und Umwelt und der Gesundheitsminister sprachen voller Energie.",
            set(),
            id="offices and an idiom alone",
        ),
        pytest.param(
            "Wettbewerb gestartet",
            "Gesucht werden Ideen aus Gesundheitswirtschaft, Energietechnik, Verkehr, Mobilität und Logistik, IKT, Medien und "
            "Kreativwirtschaft sowie Optik und Photonik.",
            {"clusteruebergreifend"},
            id="all five clusters in one sentence",
        ),
        pytest.param(
            "Förderbescheid für Elektrolyseur",
            "Ein Speicher für Wasserstoff entsteht.",
            {"energietechnik"},
            id="hydrogen",
        ),
        pytest.param(
            "Gehweg wird erneuert",
            "Die Fahrbahn ist gesperrt, Busse und Verkehr werden umgeleitet.",
            set(),
            id="road works",
        ),
        pytest.param("Tarifrunde beginnt", "Die IG Metall fordert sechs Prozent.", set(), id="a union is no metal"),
        pytest.param("Tourism grows", "Overnight stays rose by four percent.", {"tourismus"}, id="English"),
        pytest.param(
            "Ski und Kind",
            "Der Autor liest in Buch und im Wedding.",
            set(),
            id="no acronyms in words, no places from words",
        ),
        pytest.param(
            "Lithiumhydroxid für Batterien: Baustart in der Lausitz",
            "Das Kathodenmaterial geht an Autohersteller.",
            {"kunststoffe-chemie", "verkehr-mobilitaet-logistik"},
            id="two clusters of one chain",
        ),
    ],
)
def test_labels(rules, item, title: str, text: str, labels: set[str]) -> None:
    assert {tag.label for tag in tagging.tag(item(title=title, text=text), (), rules).tags} == labels


def test_the_press_item_that_the_product_starts_from(rules, item) -> None:
    page = (shared_data.folder("seed") / "detail.html").read_text(encoding="utf-8")
    title = re.search("<h1>(.*?)</h1>", page)
    body = re.search(r'<div class="text">(.*?)<h3>', page, re.DOTALL)
    assert title is not None
    assert body is not None
    seed = item(title=title[1], text=unescape(re.sub("<[^>]+>", "", body[1])))
    assert [tag.label for tag in tagging.tag(seed, (), rules).tags] == ["clusteruebergreifend", "digitalisierung"]
