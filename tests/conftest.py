"""The one option of our own: golden files change only where somebody has read the difference. And how examples are searched."""

from __future__ import annotations

import os

import pytest
from hypothesis import settings

# Whether something may land must not depend on chance: the same examples every time. `HYPOTHESIS=search ./do pytest` looks for
# new ones; what it finds becomes a row of a table.
settings.register_profile("repeat", derandomize=True, deadline=None)
settings.register_profile("search", deadline=None, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS", "repeat"))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--review-golden", action="store_true", help="show what differs from each golden file and ask (needs -s)"
    )
