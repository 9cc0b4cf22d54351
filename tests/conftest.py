"""The one option of our own: golden files change only where somebody has read the difference. How examples are searched, and how
many tests run at once."""

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


# Files that take a minute, so that none of them begins when all the others are done
_LONG = (
    "faults/test_kills",
    "end_to_end/test_hostile_pass",
    "end_to_end/test_recorded",
    "passes/test_archives",
    "end_to_end",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def place(item: pytest.Item) -> int:
        return next((number for number, part in enumerate(_LONG) if part in item.nodeid), len(_LONG))

    items.sort(key=place)


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """The whole suite runs on twice as many processes as there are processors: much of it waits for sockets, disks and other
    processes. Some tests that were asked for by name run here, where they can be watched."""
    asked = any(not given.startswith("-") for given in config.invocation_params.args)
    return 0 if asked else 2 * min(4, os.cpu_count() or 1)
