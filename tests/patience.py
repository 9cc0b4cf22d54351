"""How much longer things may take here than on a machine of one's own."""

from __future__ import annotations

import os


def busy() -> float:
    """1 where nothing else runs; more where tests run beside this one (pytest-xdist), or others work on the machine."""
    processors = os.cpu_count() or 1
    beside = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    return max(1.0, beside / processors, os.getloadavg()[0] / processors)
