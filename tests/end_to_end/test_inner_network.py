"""Nobody leads the program into its own network: private and metadata addresses, real ones, in a network namespace."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.servers.hostile import inner_network

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
NAMESPACE = ["unshare", "--net", "--mount"]
PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"


@pytest.fixture
def namespace() -> list[str]:
    """The command before a command; skips where namespaces are not to be had."""
    if not (shutil.which("unshare", path=PATH) and shutil.which("ip", path=PATH)):
        pytest.skip("needs unshare and ip (util-linux, iproute2)")
    tried = subprocess.run([*NAMESPACE, "true"], capture_output=True, text=True, check=False)
    if tried.returncode:
        pytest.skip(f"needs root, to make a network namespace: {tried.stderr.strip()}")
    return NAMESPACE


def test_no_address_no_name_no_redirect_and_no_link_leads_inside(tmp_path: Path, namespace: list[str]) -> None:
    done = subprocess.run(
        [*namespace, sys.executable, "-m", "tests.servers.hostile.inner_network", str(tmp_path)],
        cwd=ROOT,
        env={**os.environ, "PATH": PATH},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["reached"] == [inner_network.OWN]
    assert told["found"] == told["expected"]
    assert told["status"] == 0
    assert "Traceback" not in told["errors"]
