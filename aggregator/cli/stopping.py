"""SIGTERM ends a pass as Ctrl-C would, wherever it is: fetching, settling or publishing."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def stoppable() -> Iterator[None]:
    """Turns SIGTERM within the block into SystemExit, so that every open transaction is rolled back, every half-written file
    taken away and every child process ended; then the process dies of the signal, as whoever sent it expects.

    SystemExit rather than an error of our own: asyncio lets it through from a callback and cancels what is left.
    """
    before = signal.signal(signal.SIGTERM, _stop)
    try:
        yield
    except SystemExit as ended:
        if ended.code != _CODE:
            raise
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        sys.stderr.flush()
        os.kill(os.getpid(), signal.SIGTERM)
    finally:
        signal.signal(signal.SIGTERM, before)


_CODE = 128 + signal.SIGTERM


def _stop(_number: int, _frame: FrameType | None) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # once: cleaning up is not to be interrupted
    sys.exit(_CODE)
