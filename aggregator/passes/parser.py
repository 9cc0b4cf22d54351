"""The child of the sandbox: a process that reads foreign bytes, and holds nothing that is worth stealing.

It has two pipes and no other open file, an environment of its own, and limits that it can not leave: processor time for each
job, memory, open and written files, no processes, no core dump with other people's bytes in it.
"""

from __future__ import annotations

import math
import os
import pickle
import resource
import struct
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

from aggregator.errors import Failure
from aggregator.model import Ahead, Document, Entry, Item, Rejected, Taxonomy, Unreadable

if TYPE_CHECKING:
    from aggregator import tagging
    from aggregator.passes.matching import Merging

# Before each message: whether the sender leaves after it, bytes of its pickle, bytes of the body that follows
HEADER = struct.Struct(">?QQ")
_FILES = 16  # descriptors: three streams, their copies, and what importing a module opens for a moment
# Not 0: the first parser of an installation writes the bytecode of the libraries it imports; without it trafilatura takes
# 0.8 s more in every pass
_WRITTEN = 1_000_000
# A process that once needed so much of its memory does not give all of it back: the next document gets a new one
_BLOATED = 0.6
_OUT_OF_MEMORY = Unreadable(failure=Failure.PARSER_KILLED, detail="reading it took too much memory")


Cleaned: TypeAlias = tuple[Item, Ahead | None] | Rejected
Answer: TypeAlias = Document | Entry | tuple[Cleaned, ...] | Unreadable


class Rules(NamedTuple):
    """What decides stories and labels; given to a parser once, before its first job, where it shall look ahead."""

    merging: Merging
    taxonomy: Taxonomy
    fixed: Mapping[str, tuple[str, ...]]  # labels that a source's every item carries


class Job(NamedTuple):
    """What is to be done, and what is needed for it beside a body: `clean` needs none."""

    reader: Literal["rules", "read", "complete", "clean"]
    given: tuple[Any, ...]


def header(pickled: bytes, body: bytes = b"", *, leaving: bool = False) -> bytes:
    """What stands before a message, in either direction."""
    return HEADER.pack(leaving, len(pickled), len(body))


def serve(seconds: float, memory: int) -> None:
    """The child's life: jobs in from standard input, answers out, until the input ends or a job was too much.

    `seconds` of processor time for one job, `memory` bytes of address space in all.
    """
    source, sink = sys.stdin.buffer, os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # a library that prints must not write into the answers
    _confine(memory)
    foresight = _Foresight()
    leaving = False
    while not leaving and (begin := source.read(HEADER.size)):
        _allow(seconds)
        _, size, length = HEADER.unpack(begin)
        try:
            answer = _packed(_answer(_job(source.read(size)), source.read(length), foresight))
            leaving = _bloated(memory)
        except MemoryError:  # also where the document or what it says are too large to be passed on
            leaving = True
            answer = b""
        answer = answer or _packed(_OUT_OF_MEMORY)  # not before the error has let go of all that it held
        sink.write(header(answer, leaving=leaving))
        sink.write(answer)
        sink.flush()
        del answer


def _confine(memory: int) -> None:
    for which, bound in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, _FILES),
        (resource.RLIMIT_FSIZE, _WRITTEN),
        (resource.RLIMIT_NPROC, 0),  # neither processes nor threads
    ):
        resource.setrlimit(which, _within(which, bound))


def _within(which: int, bound: int) -> tuple[int, int]:
    """The bound, or what this process was given where that is less: only root may raise it again."""
    hard = resource.getrlimit(which)[1]
    least = bound if hard == resource.RLIM_INFINITY else min(bound, hard)
    return least, least


def _allow(seconds: float) -> None:
    used = resource.getrusage(resource.RUSAGE_SELF)
    limit = math.ceil(used.ru_utime + used.ru_stime + seconds)
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    resource.setrlimit(resource.RLIMIT_CPU, (limit if hard == resource.RLIM_INFINITY else min(limit, hard), hard))


def _bloated(memory: int) -> bool:
    """By what is held now, and not by `ru_maxrss`: that begins with the parent's, across fork and exec."""
    try:
        pages = int(Path("/proc/self/statm").read_bytes().split()[1])
    except OSError:  # not Linux
        return False
    return pages * resource.getpagesize() > memory * _BLOATED


def _packed(answer: Answer) -> bytes:
    return pickle.dumps(answer, protocol=pickle.HIGHEST_PROTOCOL)


def _job(pickled: bytes) -> Job:
    job: Job = pickle.loads(pickled)  # noqa: S301  the parent's own words
    return job


def _answer(job: Job, body: bytes, foresight: _Foresight) -> Answer:
    try:
        return _done(job, body, foresight)
    except MemoryError:
        raise
    except RecursionError:
        return Unreadable(failure=Failure.MALFORMED, detail="nested too deeply to be read")
    except Exception as error:  # noqa: BLE001  a bug of ours costs one document; the border is here, where its place is known
        return Unreadable(failure=Failure.INTERNAL, detail=_told(error))


def _done(job: Job, body: bytes, foresight: _Foresight) -> Answer:
    if job.reader == "rules":
        foresight.rules = job.given[0]
        return ()
    if job.reader == "clean":
        from aggregator.clean import item

        recognised, source, now, characters = job.given
        cleaned = (item.clean(one, source, now=now, characters=characters) for one in recognised)
        return tuple(one if isinstance(one, Rejected) else (one, foresight.of(one)) for one in cleaned)
    from aggregator.parse import bounds, document, page

    if job.reader == "complete":
        entry, hints, detail = job.given
        completed = page.complete(entry, body, hints, detail)
        return bounds.entry(completed, hints.characters) if isinstance(completed, Entry) else completed
    hints, known = job.given
    found = document.read(body, hints, known)
    return bounds.document(found, hints.characters) if isinstance(found, Document) else found


class _Foresight:
    """What settling wants to know of an item by itself. The rules are compiled when the first item comes."""

    def __init__(self) -> None:
        self.rules: Rules | None = None
        self._compiled: tagging.Rules | None = None

    def of(self, item: Item) -> Ahead | None:
        if self.rules is None:
            return None
        from aggregator import tagging
        from aggregator.passes import matching

        self._compiled = self._compiled or tagging.compiled(self.rules.taxonomy)
        fixed = sorted(self.rules.fixed.get(item.source_id, ()))
        tagged = tagging.tag(item, (item,), self._compiled, fixed=fixed)
        return Ahead(matching.keyed(item, self.rules.merging), tagged)


def _told(error: Exception) -> str:
    """What happened and where: the last of our own lines that it went through."""
    trace, place = error.__traceback__, ""
    while trace is not None:
        code = trace.tb_frame.f_code
        if f"{os.sep}aggregator{os.sep}" in code.co_filename:
            place = f" ({Path(code.co_filename).name}, line {trace.tb_lineno})"
        trace = trace.tb_next
    return f"{type(error).__name__}: {str(error)[:200]}{place}"


if __name__ == "__main__":
    serve(float(sys.argv[1]), int(sys.argv[2]))
