"""Runs the parser in processes that can be killed.

feedparser 6.0.14 hangs for over 40 s on 200 kB of hostile author text (feedparser #562), and lxml builds trees of any depth: so
foreign bytes are read in child processes with CPU and memory limits, and a source that exceeds them fails alone. The children
speak length-prefixed pickles over their standard streams; what comes back may only hold values of the model.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import math
import os
import pickle
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Literal, TypeAlias

from aggregator.errors import Failure
from aggregator.model import (
    Detail,
    Document,
    Entry,
    Hints,
    Item,
    Limits,
    Recognised,
    Rejected,
    Source,
    Unreadable,
)

if TYPE_CHECKING:
    from asyncio.subprocess import Process

Job: TypeAlias = tuple[Literal["read", "complete", "clean"], tuple[Any, ...]]  # what to do, with its arguments
Answer: TypeAlias = Document | Entry | tuple[Item | Rejected, ...] | Unreadable

_HEADER = 8  # bytes of a frame's length, big endian
# A child may wait for a processor: the wall clock bound is wider than the CPU bound, and only ends what sleeps for ever.
_WALL_PER_CPU_SECOND = 4.0


class Sandbox:
    """A few parser processes, started when the first document needs one. Use within `opened`."""

    def __init__(self, limits: Limits, workers: int) -> None:
        self._limits = limits
        self._children = [_Child(limits) for _ in range(workers)]
        self._idle: asyncio.LifoQueue[_Child] = asyncio.LifoQueue()  # a warm one before one that must be started
        for child in self._children:
            self._idle.put_nowait(child)

    async def read(self, body: bytes, hints: Hints, known: frozenset[str] = frozenset()) -> Document | Unreadable:
        """What the bytes say; entries whose fingerprint is in `known` are only counted."""
        answer = await self._run(("read", (body, hints, known)))
        assert isinstance(answer, Document | Unreadable)
        return answer

    async def complete(self, entry: Entry, body: bytes, hints: Hints, detail: Detail | None) -> Entry | Unreadable:
        """The entry with what the page behind its link adds."""
        answer = await self._run(("complete", (entry, body, hints, detail)))
        assert isinstance(answer, Entry | Unreadable)
        return answer

    async def clean(
        self, recognised: Sequence[Recognised], source: Source, *, now: datetime
    ) -> tuple[Item | Rejected, ...] | Unreadable:
        """Each entry as an item of the source, or why not."""
        if not recognised:
            return ()
        answer = await self._run(("clean", (tuple(recognised), source, now, self._limits.characters)))
        assert isinstance(answer, tuple | Unreadable)
        return answer

    async def _run(self, job: Job) -> Answer:
        child = await self._idle.get()
        try:
            return await child.run(job)
        finally:
            self._idle.put_nowait(child)

    async def close(self) -> None:
        for child in self._children:
            await child.stop()


@asynccontextmanager
async def opened(limits: Limits, *, workers: int | None = None) -> AsyncIterator[Sandbox]:
    """A sandbox whose processes end with the block. `workers`: one per processor, four at most, unless said otherwise."""
    sandbox = Sandbox(limits, workers or min(4, os.cpu_count() or 1))
    try:
        yield sandbox
    finally:
        await sandbox.close()


class _Child:
    """One parser process; killed when it exceeds its limits, and started anew for the next job."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._process: Process | None = None

    async def run(self, job: Job) -> Answer:
        process = self._process or await self._start()
        bound = self._limits.parse_seconds * _WALL_PER_CPU_SECOND
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            async with asyncio.timeout(bound):
                process.stdin.write(_frame(pickle.dumps(job, protocol=pickle.HIGHEST_PROTOCOL)))
                await process.stdin.drain()
                size = int.from_bytes(await process.stdout.readexactly(_HEADER), "big")
                answer = _loads(await process.stdout.readexactly(size))
        except (TimeoutError, asyncio.IncompleteReadError, ConnectionError, BrokenPipeError):
            await self.stop()
            return Unreadable(
                failure=Failure.PARSER_KILLED,
                detail=f"reading it took more than {self._limits.parse_seconds:g} s of processor time or too much memory",
            )
        except asyncio.CancelledError:
            await self.stop()  # its answer would be taken for the next job's
            raise
        return answer

    async def _start(self) -> Process:
        # The child must find this very package, also where it runs from a checkout that nobody installed.
        root = str(Path(__file__).resolve().parent.parent.parent)
        inherited = os.environ.get("PYTHONPATH")
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-P",
            "-m",
            "aggregator.passes.sandbox",
            str(self._limits.parse_seconds),
            str(self._limits.parse_memory),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, (root, inherited)))},
            start_new_session=True,  # Ctrl-C is for the parent; it ends its children
        )
        return self._process

    async def stop(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        if process.stdin is not None:
            process.stdin.close()


def _frame(content: bytes) -> bytes:
    return len(content).to_bytes(_HEADER, "big") + content


# What values of the model are made of
_PLAIN = frozenset(
    {("aggregator.errors", "Failure"), ("datetime", "datetime"), ("datetime", "timezone"), ("datetime", "timedelta")}
)


class _ModelOnly(pickle.Unpickler):
    """Takes nothing from a child but values of the model: a child reads foreign bytes."""

    def find_class(self, module: str, name: str) -> Any:
        if module.startswith("aggregator.model.") or (module, name) in _PLAIN:
            return super().find_class(module, name)
        raise pickle.UnpicklingError(f"{module}.{name} is no value of the model")


def _loads(content: bytes) -> Answer:
    answer: Answer = _ModelOnly(io.BytesIO(content)).load()
    return answer


# ------------------------------------------------------------------------------------------------------------- the child


def serve(seconds: float, memory: int) -> None:
    """The child's life: jobs in from standard input, answers out, until the input ends."""
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    source, sink = sys.stdin.buffer, os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # a library that prints must not write into the answers
    while (job := _next_job(source)) is not None:
        used = resource.getrusage(resource.RUSAGE_SELF)
        limit = math.ceil(used.ru_utime + used.ru_stime + seconds)
        resource.setrlimit(resource.RLIMIT_CPU, (limit, resource.RLIM_INFINITY))
        sink.write(_frame(pickle.dumps(_answer(job), protocol=pickle.HIGHEST_PROTOCOL)))
        sink.flush()


def _next_job(source: BinaryIO) -> Job | None:
    header = source.read(_HEADER)
    if len(header) < _HEADER:
        return None
    job: Job = pickle.loads(source.read(int.from_bytes(header, "big")))  # noqa: S301  the parent's own words
    return job


def _answer(job: Job) -> Answer:
    try:
        return _done(*job)
    except MemoryError:
        return Unreadable(failure=Failure.PARSER_KILLED, detail="reading it took too much memory")
    except RecursionError:
        return Unreadable(failure=Failure.MALFORMED, detail="nested too deeply to be read")


def _done(name: str, arguments: tuple[Any, ...]) -> Answer:
    if name == "clean":
        from aggregator.clean import item

        recognised, source, now, characters = arguments
        return tuple(item.clean(one, source, now=now, characters=characters) for one in recognised)
    from aggregator.parse import document, page

    return page.complete(*arguments) if name == "complete" else document.read(*arguments)


if __name__ == "__main__":
    serve(float(sys.argv[1]), int(sys.argv[2]))
