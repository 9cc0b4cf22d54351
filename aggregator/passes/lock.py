"""One pass at a time: a lock that dies with its holder."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from aggregator.errors import PassRunningError, StoreError


def pass_id(now: datetime) -> str:
    """Names a pass that began then, in the log and in `status`: two of one store never begin in one millisecond."""
    return f"{now:%Y%m%dT%H%M%S}.{now.microsecond // 1000:03}"


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Holds the pass lock of a data directory; PassRunningError when somebody else does.

    flock(2) rather than a file that exists: the kernel releases it at any death of the holder, so there is no stale lock to
    wait for (FreshRSS waits 15 minutes for one after a SIGKILL).
    """
    path = folder / "pass.lock"
    try:
        handle = path.open("a")
    except OSError as error:
        raise StoreError(f"{path}: {error.strerror}; expected a data directory that can be written") from error
    with handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise PassRunningError(f"another pass is running on {folder}") from error
        yield
