"""What is longer than any reader needs does not leave the parser."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aggregator.model import Document, Enclosure, Entry, Prose
from aggregator.parse import bounds

ORDINARY = Entry(
    guid="1",
    link="https://amt.example/1",
    title=Prose("Neuer Radweg", html=False),
    summary=Prose("<p>Vier Kilometer</p>", html=True),
    published_text="Mo, 12 Okt 2026 10:00:00 MESZ",
    authors=("Amt",),
    enclosures=(Enclosure(url="https://amt.example/1.pdf", type="application/pdf"),),
    fingerprint="f",
)


@pytest.mark.parametrize(
    ("field", "written", "kept"),
    [
        pytest.param("title", Prose("x" * 300, html=False), Prose("x" * 100, html=False), id="a text is cut"),
        pytest.param("content", Prose("x" * 300, html=True), Prose("x" * 100, html=True), id="HTML is cut as well"),
        pytest.param("link", "https://amt.example/" + "x" * 5_000, None, id="half an address is none"),
        pytest.param("published_text", "1" * 1_000_000, "1" * 200, id="a date is short"),
        pytest.param("categories", ("x" * 2_000,) * 5_000, ("x" * 1_000,) * 100, id="names are short, and not many"),
        pytest.param(
            "enclosures",
            (Enclosure(url="https://amt.example/" + "x" * 5_000), *ORDINARY.enclosures * 500),
            ORDINARY.enclosures * 99,
            id="a file without an address is none",
        ),
    ],
)
def test_fields(field: str, written: object, kept: object) -> None:
    cut = bounds.entry(replace(ORDINARY, **{field: written}), 100)
    assert cut == replace(ORDINARY, **{field: kept})


def test_the_document_says_how_many_were_cut() -> None:
    long = replace(ORDINARY, title=Prose("x" * 300, html=False))
    read = Document(format="rss20", entries=(ORDINARY, long), repairs=("first",))
    cut = bounds.document(read, 100)
    assert cut.repairs == ("first", "entries with fields that were cut: 1")
    assert cut.entries[0] is ORDINARY


def test_an_ordinary_document_stays_as_it_is() -> None:
    read = Document(format="rss20", title="Presse", entries=(ORDINARY,))
    assert bounds.document(read, 100) == read
