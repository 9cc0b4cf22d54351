"""The one option of our own: golden files change only where somebody has read the difference."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--review-golden", action="store_true", help="show what differs from each golden file and ask (needs -s)"
    )
