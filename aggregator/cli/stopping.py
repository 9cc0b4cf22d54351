"""SIGTERM ends a pass as Ctrl-C would, wherever it is: fetching, settling or publishing."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, TypeVar

T = TypeVar("T")
_CODE = 128 + signal.SIGTERM


class Stopping:
    """A block that SIGTERM ends: every open transaction is rolled back, every half-written file taken away, every child process
    ended."""

    def __init__(self) -> None:
        self._stopped = False
        self._pass: asyncio.Task[Any] | None = None

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """As asyncio.run."""

        async def ended() -> T:
            self._pass = asyncio.current_task()
            return await work

        try:
            return asyncio.run(ended())
        except asyncio.CancelledError:
            if self._stopped:
                sys.exit(_CODE)
            raise

    def stop(self, _number: int, _frame: FrameType | None) -> None:
        """The signal's handler. It raises where the pass itself is at work, which may be long (settling, publishing); where the
        pass waits for its sources, it is cancelled: raised in whatever step of the loop is under way, an exception once left a
        child half started, and nobody ended it.
        """
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # once: cleaning up is not to be interrupted
        self._stopped = True
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            sys.exit(_CODE)
        waiting = self._pass is not None and asyncio.current_task(loop) is not self._pass
        if not waiting or self._pass is None:
            sys.exit(_CODE)
        loop.call_soon_threadsafe(self._pass.cancel)


@contextmanager
def stoppable() -> Iterator[Stopping]:
    """Lets SIGTERM end the block; then the process dies of the signal, as whoever sent it expects."""
    stopping = Stopping()
    before = signal.signal(signal.SIGTERM, stopping.stop)
    try:
        yield stopping
    except SystemExit as ended:
        if ended.code != _CODE:
            raise
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        sys.stderr.flush()
        os.kill(os.getpid(), signal.SIGTERM)
    finally:
        signal.signal(signal.SIGTERM, before)
