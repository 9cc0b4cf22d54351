"""The program as a process: what a person, cron or a script would call."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Called = subprocess.CompletedProcess[str]


@pytest.fixture
def aggregator(tmp_path: Path) -> Callable[..., Called]:
    """Runs `aggregator ARG ...` in an empty directory, without the environment's proxies."""

    def call(*arguments: str, cwd: Path = tmp_path, **environment: str) -> Called:
        clean = {name: value for name, value in os.environ.items() if not name.upper().endswith("_PROXY")}
        return subprocess.run(
            [sys.executable, "-m", "aggregator", *arguments],
            cwd=cwd,
            env={**clean, **environment},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return call


@pytest.fixture
def result() -> Callable[[Called], Any]:
    """The JSON that a call printed; shows what went wrong where it printed none."""

    def read(called: Called) -> Any:
        assert called.returncode == 0, called.stderr
        return json.loads(called.stdout)

    return read
