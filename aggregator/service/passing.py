"""The passes of a service: one at a time, each in a process of its own.

In a thread of the server's process a pass takes the interpreter from whoever answers readers (figures: docs/decisions/0023). A
process also gives back its memory, ends at once when it is told to, and takes the lock with it when it dies.
"""

from __future__ import annotations

import asyncio
import contextlib
import pickle
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from aggregator import due
from aggregator.errors import PassRunningError, StoreError
from aggregator.passes.one_pass import Request
from aggregator.passes.order import Order, header
from aggregator.service.condition import Condition, Result
from aggregator.service.following import Current, Installed
from aggregator.store import connect

if TYPE_CHECKING:
    from aggregator.passes.one_pass import Summary

_GRACE = 3.0  # seconds that a pass has after it was told to stop
_LONGEST = 3600.0  # seconds of a pass: what lasts longer hangs
# A pass that failed by our disk may have asked its sources and forgotten the answers: they must not be asked every five seconds
_WAIT, _WAIT_MOST = 30.0, 900.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where passes work, and the command that makes one from an `Order` on its standard input."""

    data: Path
    output: Path
    command: Sequence[str]
    environment: Mapping[str, str]


class Passes:
    """Looks for what is due, and has a pass made when something is."""

    def __init__(self, place: Place, current: Current, condition: Condition, clock: Callable[[], datetime]) -> None:
        self._place = place
        self._current = current
        self._condition = condition
        self._clock = clock
        self._process: Process | None = None
        self._stopping = False
        self._failed = 0  # passes in a row
        self._rests_until = 0.0
        self._trouble = ""
        self._stood = ""  # the store that was well at an earlier look

    async def tick(self) -> None:
        """One look. A configuration that is new is published even when nothing is due."""
        now = asyncio.get_running_loop().time()
        self._condition.looked = now
        installed = self._current.installed
        if self._stopping or now < self._rests_until or await self._gone(installed):
            return
        if self._current.fresh or self._failed or await self._anything_due(installed):
            self._current.fresh = False
            await self._pass(installed)
            self._condition.looked = asyncio.get_running_loop().time()

    async def stop(self) -> None:
        """Ends the running pass: what is committed stays, what is not is asked for again."""
        self._stopping = True
        process = self._process
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        try:
            await asyncio.wait_for(asyncio.shield(process.wait()), _GRACE)
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                process.kill()

    async def _gone(self, installed: Installed) -> bool:
        """Whether there was a store and is none any more. A disk that is not mounted leaves an empty folder: a pass would begin a
        new store in it, and publish it."""
        if self._stood != installed.store_url or await asyncio.to_thread(connect.stands, installed.store_url):
            return False
        where = installed.store_url.partition("///")[2]
        self._tell(f"{where}: is gone; expected the store that was there, or a restart to begin a new one")
        return True

    async def _anything_due(self, installed: Installed) -> bool:
        try:
            found = await asyncio.to_thread(_due, installed, self._clock())
        except StoreError as error:
            self._tell(str(error))
            return False
        self._tell("")
        self._stood = installed.store_url
        return found

    def _tell(self, trouble: str) -> None:
        """The same trouble is told once, not every five seconds."""
        import structlog

        if trouble and trouble != self._trouble:
            structlog.get_logger().error("store.failed", error=trouble)
        elif self._trouble and not trouble:
            structlog.get_logger().info("store.well")
        self._trouble = trouble

    async def _pass(self, installed: Installed) -> None:
        result, done = await self._made(installed)
        self._condition.passed(result, done, now=self._clock())
        if result == "done":
            self._stood = installed.store_url
        self._failed = self._failed + 1 if result == "failed" else 0
        if self._failed:
            wait = min(_WAIT * 2 ** min(self._failed - 1, 10), _WAIT_MOST)
            self._rests_until = asyncio.get_running_loop().time() + wait
        if result == "busy":  # a `run` by hand publishes with the configuration that it read
            self._current.fresh = True

    async def _made(self, installed: Installed) -> tuple[Result, Summary | None]:
        import structlog

        order = Order(
            config=installed.config,
            data=self._place.data,
            output=self._place.output,
            store_url=installed.store_url,
            request=Request(evenly=True),
            new=self._stood != installed.store_url,
        )
        process = await asyncio.create_subprocess_exec(
            *self._place.command,
            stdin=PIPE,
            stdout=PIPE,
            env=dict(self._place.environment),
            start_new_session=True,  # Ctrl-C is for the service; it ends its passes
        )
        self._process = process
        if (
            self._stopping
        ):  # meanwhile: it has hardly begun, and nobody else would look whether it heeds a milder signal
            process.kill()
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            async with asyncio.timeout(_LONGEST):
                with contextlib.suppress(ConnectionError):  # it died already: its status says of what
                    pickled = pickle.dumps(order, protocol=pickle.HIGHEST_PROTOCOL)
                    process.stdin.write(header(pickled) + pickled)
                    await process.stdin.drain()
                answer = await process.stdout.read()
                status = await process.wait()
        except TimeoutError:
            structlog.get_logger().error("pass.killed", seconds=_LONGEST)
            return "failed", None
        finally:
            self._process = None
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            process.stdin.close()
            with contextlib.suppress(ConnectionError):
                await process.stdin.wait_closed()
            await process.wait()
        return self._understood(status, answer)

    def _understood(self, status: int, answer: bytes) -> tuple[Result, Summary | None]:
        import structlog

        if status == 0:
            done: Summary = pickle.loads(answer)  # noqa: S301  our own process's words
            return "done", done
        if status == PassRunningError.exit_status:
            return "busy", None
        if self._stopping:
            return "stopped", None
        if status < 0:  # nobody else would tell: the kernel's way to end what takes all memory
            structlog.get_logger().error("pass.killed", signal=-status)
        return "failed", None


def _due(installed: Installed, now: datetime) -> bool:
    with connect.opened(installed.store_url) as store:
        return bool(due.due(installed.config.sources, store.states(), now))
