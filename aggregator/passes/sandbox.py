"""Runs the parser in processes that can be killed.

feedparser 6.0.14 hangs for over 40 s on 200 kB of hostile author text (feedparser #562), and lxml builds trees of any depth: so
foreign bytes are read in child processes (parser.py) with limits of time and memory, and a source that exceeds them fails alone.
The children speak length-prefixed pickles over their standard streams; what comes back may only hold values of the model.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import os
import pickle
import signal
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aggregator.errors import Failure
from aggregator.model import Detail, Document, Entry, Hints, Limits, Recognised, Source, Unreadable, pickled
from aggregator.passes.parser import HEADER, Answer, Cleaned, Job, Rules, header

if TYPE_CHECKING:
    from asyncio.subprocess import Process

# A child may wait for a processor: the wall clock bound is wider than the CPU bound, and only ends what sleeps for ever.
_WALL_PER_CPU_SECOND = 4.0
# Who waits so long for a child, in seconds, gets a spare one: two hostile documents must not hold up all others for
# the ten seconds that each may take
_PATIENCE = 1.0
_SPARE = 1
# Documents of more bytes are read one after the other: what a process needs grows with its document, up to tenfold and more
_LARGE = 1_000_000
_PIECE = 256 * 1024
# All that a child gets of the environment: where Python is. No tokens, no proxies, no settings of libraries.
_INHERITED = ("LD_LIBRARY_PATH", "PYTHONHOME")


class Sandbox:
    """A few parser processes, started when the first document needs one. Use within `opened`."""

    def __init__(self, limits: Limits, workers: int, rules: Callable[[], Rules] | None) -> None:
        self._limits = limits
        self._children = [_Child(limits, rules) for _ in range(workers + _SPARE)]
        self._spare = self._children[workers:]
        self._large = asyncio.Lock()
        self._idle: asyncio.LifoQueue[_Child] = asyncio.LifoQueue()  # a warm one before one that must be started
        for child in self._children[:workers]:
            self._idle.put_nowait(child)

    async def read(self, body: bytes, hints: Hints, known: frozenset[str] = frozenset()) -> Document | Unreadable:
        """What the bytes say; entries whose fingerprint is in `known` are only counted."""
        answer = await self._run(Job("read", (hints, known)), body)
        assert isinstance(answer, Document | Unreadable)
        return answer

    async def complete(self, entry: Entry, body: bytes, hints: Hints, detail: Detail | None) -> Entry | Unreadable:
        """The entry with what the page behind its link adds."""
        answer = await self._run(Job("complete", (entry, hints, detail)), body)
        assert isinstance(answer, Entry | Unreadable)
        return answer

    async def clean(
        self, recognised: Sequence[Recognised], source: Source, *, now: datetime
    ) -> tuple[Cleaned, ...] | Unreadable:
        """Each entry as an item of the source, with what settling wants to know of it where the sandbox has rules; or why not."""
        if not recognised:
            return ()
        answer = await self._run(Job("clean", (tuple(recognised), source, now, self._limits.characters)), b"")
        assert isinstance(answer, tuple | Unreadable)
        return answer

    async def _run(self, job: Job, body: bytes) -> Answer:
        if len(body) <= _LARGE:
            return await self._in_a_child(job, body)
        async with self._large:
            return await self._in_a_child(job, body)

    async def _in_a_child(self, job: Job, body: bytes) -> Answer:
        child = await self._free()
        try:
            return await child.run(job, body)
        finally:
            self._idle.put_nowait(child)

    async def _free(self) -> _Child:
        try:
            async with asyncio.timeout(_PATIENCE if self._spare else None):
                return await self._idle.get()
        except TimeoutError:
            return self._spare.pop() if self._spare else await self._idle.get()

    async def close(self) -> None:
        for child in self._children:
            await child.stop()


@asynccontextmanager
async def opened(
    limits: Limits, *, workers: int | None = None, rules: Callable[[], Rules] | None = None
) -> AsyncIterator[Sandbox]:
    """A sandbox whose processes end with the block. `workers`: one per processor, four at most, unless said otherwise; one more
    starts when these are long at work. With `rules` its processes look ahead."""
    sandbox = Sandbox(limits, workers or _usual(), rules)
    try:
        yield sandbox
    finally:
        await sandbox.close()


def most() -> int:
    """How many processes there may be at a time."""
    return _usual() + _SPARE


def _usual() -> int:
    return min(4, os.cpu_count() or 1)


class _Child:
    """One parser process; killed when it exceeds its limits, and started anew for the next job."""

    def __init__(self, limits: Limits, rules: Callable[[], Rules] | None) -> None:
        self._limits = limits
        self._rules = rules
        self._process: Process | None = None

    async def run(self, job: Job, body: bytes) -> Answer:
        if self._process is None:
            await self._start()
            if self._rules is not None:
                await self._done(Job("rules", (self._rules(),)), b"")
        return await self._done(job, body)

    async def _done(self, job: Job, body: bytes) -> Answer:
        process = self._process or await self._start()  # anew where the rules were its end
        bound = self._limits.parse_seconds * _WALL_PER_CPU_SECOND
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            async with asyncio.timeout(bound):
                pickled = pickle.dumps(job, protocol=pickle.HIGHEST_PROTOCOL)
                process.stdin.write(header(pickled, body) + pickled)
                for start in range(0, len(body), _PIECE):  # asyncio keeps a copy of what the pipe does not take at once
                    await process.stdin.drain()
                    process.stdin.write(body[start : start + _PIECE])
                await process.stdin.drain()
                leaving, size, _ = HEADER.unpack(await process.stdout.readexactly(HEADER.size))
                answer = _loads(await process.stdout.readexactly(size))
        except TimeoutError:
            await self.stop()
            return _killed(f"reading it took more than {bound:g} s")
        except (asyncio.IncompleteReadError, ConnectionError):
            with contextlib.suppress(TimeoutError):  # it is ending: of what, its own status says
                await asyncio.wait_for(process.wait(), 1)
            return _killed(self._epitaph(await self.stop()))
        except asyncio.CancelledError:
            await self.stop()  # its answer would be taken for the next job's
            raise
        if leaving:
            await self.stop()
        return answer

    def _epitaph(self, status: int | None) -> str:
        """Why a child ended without an answer. It catches what Python can catch: the rest are signals."""
        if status == -signal.SIGXCPU:
            return f"reading it took more than {self._limits.parse_seconds:g} s of processor time"
        if status is not None and status < 0:
            return f"reading it ended the parser by {signal.Signals(-status).name}"
        return "reading it ended the parser"

    async def _start(self) -> Process:
        # The child must find this very package, also where it runs from a checkout that nobody installed.
        root = str(Path(__file__).resolve().parent.parent.parent)
        environment = {name: os.environ[name] for name in _INHERITED if name in os.environ}
        path = os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH"))))
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-P",
            "-m",
            "aggregator.passes.parser",
            str(self._limits.parse_seconds),
            str(self._limits.parse_memory),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,  # what a library has to say of foreign bytes is no message of ours
            close_fds=True,  # no socket, no store, no lock
            env={**environment, "PYTHONPATH": path, "PYTHONUTF8": "1"},
            start_new_session=True,  # Ctrl-C is for the parent; it ends its children
        )
        return self._process

    async def stop(self) -> int | None:
        """Ends the process where there is one; its exit status, negative for a signal."""
        process, self._process = self._process, None
        if process is None:
            return None
        if process.stdin is not None:
            process.stdin.close()
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        return await process.wait()


def _killed(detail: str) -> Unreadable:
    return Unreadable(failure=Failure.PARSER_KILLED, detail=detail)


# What values of the model are made of
_PLAIN = frozenset(
    {("aggregator.errors", "Failure"), ("datetime", "datetime"), ("datetime", "timezone"), ("datetime", "timedelta")}
)


class _ModelOnly(pickle.Unpickler):
    """Takes nothing from a child but values of the model: a child reads foreign bytes."""

    def find_class(self, module: str, name: str) -> Any:
        if module.startswith("aggregator.model.") or (module, name) in _PLAIN:
            return super().find_class(module, name)
        if (module, name) == pickled.GETATTR:
            return pickled.member
        raise pickle.UnpicklingError(f"{module}.{name} is no value of the model")


def _loads(content: bytes) -> Answer:
    answer: Answer = _ModelOnly(io.BytesIO(content)).load()
    return answer
