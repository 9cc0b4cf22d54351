"""The texts of the pages about an installation, as the configuration writes them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from aggregator.config import load
from aggregator.errors import ConfigFaultsError
from aggregator.model import OwnTexts


@pytest.fixture
def read(tmp_path: Path) -> Callable[[str], load.Config]:
    """A configuration with these lines in aggregator.yaml."""

    def read(lines: str) -> load.Config:
        head = "base_url: https://news.example/\ntitle: News\n"
        (tmp_path / "aggregator.yaml").write_text(head + lines, encoding="utf-8")
        (tmp_path / "sources.yaml").write_text("sources: [{id: a, name: A, url: 'https://a.example/'}]\n")
        return load.load(tmp_path, environment={})

    return read


def test_without_the_key_the_program_speaks(read) -> None:
    assert read("").site.texts == OwnTexts()


def test_a_text_of_several_paragraphs_and_a_day(read) -> None:
    texts = read("pages:\n  about: |\n    Eins.\n\n    Zwei.\n  reviewed: 2026-11-01\n").site.texts
    assert texts == OwnTexts(about="Eins.\n\nZwei.", reviewed=date(2026, 11, 1))


def test_another_text_is_published(read) -> None:
    assert read("pages: {imprint: Amt}\n").digest != read("pages: {imprint: Stadt}\n").digest


@pytest.mark.parametrize(
    ("lines", "fault"),
    [
        pytest.param("pages: {about: ' '}\n", "expected a text that is not empty", id="an empty text"),
        pytest.param("pages: {reviewed: bald}\n", "aggregator.yaml:3", id="no day"),
        pytest.param("pages: {impressum: x}\n", "impressum", id="a key that is none"),
    ],
)
def test_faults(read, lines: str, fault: str) -> None:
    with pytest.raises(ConfigFaultsError, match=fault):
        read(lines)
