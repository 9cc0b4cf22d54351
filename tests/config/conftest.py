"""Configurations in folders, a line of YAML each where possible."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

Folder = Callable[..., Path]

AGGREGATOR = """\
base_url: https://news.example.org
title: News
"""
SOURCES = """\
sources:
  - id: ministry
    name: Ministry
    url: https://ministry.example/rss.xml
"""
CLUSTERS = """\
clusters:
  - id: energietechnik
    names: {de: Energietechnik, en: Energy Technology}
    strong: [Energiewende]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """Writes a small good configuration in which the named files are replaced; None leaves a file out."""

    def write(**files: str | bytes | None) -> Path:
        texts = {"aggregator": AGGREGATOR, "sources": SOURCES, "clusters": CLUSTERS} | files
        target = tmp_path / "config"
        for name, content in texts.items():
            path = target / f"{name.replace('__', '/')}.yaml"
            path.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(content, str):
                path.write_text(dedent(content), encoding="utf-8")
            elif content is not None:
                path.write_bytes(content)
        return target

    return write
