"""Sources written back as YAML."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from aggregator import text
from aggregator.config import document, scalars, snippet
from aggregator.model import Kind


@pytest.mark.parametrize(
    ("title", "taken", "expected"),
    [
        pytest.param("Ämter für Bürger", (), "aemter-fuer-buerger", id="umlauts are spelt out"),
        pytest.param("Café Größe & Söhne", (), "cafe-groesse-soehne", id="accents go, signs become hyphens"),
        pytest.param("ministry", ("ministry",), "ministry-2", id="a number where it is taken"),
        pytest.param("ministry", ("ministry", "ministry-2"), "ministry-3", id="the next number"),
        pytest.param("Новости", (), "source", id="nothing left in a-z"),
        pytest.param("Search", (), "search-2", id="not a page of the program"),
        pytest.param("x" * 80, ("x" * 64,), "x" * 62 + "-2", id="never longer than an id may be"),
    ],
)
def test_slug(title: str, taken: tuple[str, ...], expected: str) -> None:
    assert snippet.slug(title, taken=taken) == expected


@settings(deadline=None)
@given(st.text(max_size=90), st.lists(st.sampled_from(["a", "a-2", "source"])))
def test_a_slug_is_an_id_that_is_free(title: str, taken: list[str]) -> None:
    made = snippet.slug(title, taken=taken)
    assert scalars.identifier(made) == made
    assert made not in taken


def test_a_snippet_reads_like_the_documentation() -> None:
    sources = [
        {
            "name": "Ministerium für Energie",
            "url": "https://m.example/rss.xml",
            "homepage": None,
            "region": ["brandenburg"],
        },
        {"name": "Ministerium für Energie", "url": "https://m.example/2", "kind": Kind.FEED, "private_network": True},
    ]
    assert snippet.as_yaml(sources, taken={"ministerium-fuer-energie"}) == (
        "sources:\n"
        "  - id: ministerium-fuer-energie-2\n"
        "    name: Ministerium für Energie\n"
        "    url: https://m.example/rss.xml\n"
        "    region:\n"
        "      - brandenburg\n"
        "  - id: ministerium-fuer-energie-3\n"
        "    name: Ministerium für Energie\n"
        "    url: https://m.example/2\n"
        "    kind: feed\n"
        "    private_network: true\n"
    )


@settings(deadline=None)
@given(st.text(max_size=60).map(text.line).filter(bool))
@example("${HOME}")
@example("$${HOME} $ ${ x}")
@example("- a: b # c")
@example("null")
@example("*x @y %z")
@example("yes")
def test_a_foreign_title_comes_back_as_it_was_and_reads_no_environment(title: str) -> None:
    written = snippet.as_yaml([{"id": "x", "name": title, "url": "https://x.example/"}])
    read, faults = document.read(written.encode(), "sources.yaml", {"HOME": "/secret"})
    assert faults == []
    assert read is not None
    assert read.at(("sources", 0, "name")) == title
