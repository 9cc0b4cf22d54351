"""Standard error may be a file on a full disk, a pipe that nobody reads any more, or not there at all: what can not be said there
is lost, and nothing else.
"""

from __future__ import annotations

import errno
import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING

from aggregator.errors import AggregatorError

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

# A result that is not written is an error: whoever asked for it must not take it for whole
_UNWRITTEN = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF})


class _Forgetful(io.FileIO):
    def write(self, content: ReadableBuffer, /) -> int:
        try:
            written = super().write(content)
        except OSError:
            written = None
        # None also where nothing may wait (O_NONBLOCK) and the other side reads too slowly
        return memoryview(content).nbytes if written is None else written


def prepared() -> None:
    """To be called before anything is opened or said."""
    _none_closed()
    if sys.stderr is sys.__stderr__:  # else somebody listens in this process
        encoding = sys.__stderr__.encoding if sys.__stderr__ is not None else "utf-8"
        sys.stderr = _text(_Forgetful(2, "w", closefd=False), encoding)


def _none_closed() -> None:
    """Under the number of a stream that is closed the next file would be opened: the store, or a socket."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            opened = os.open(os.devnull, os.O_RDWR)
            if opened != number:
                os.dup2(opened, number)
                os.close(opened)
    if sys.stdout is None:
        sys.stdout = _text(io.FileIO(1, "w", closefd=False), "utf-8")


def _text(raw: io.FileIO, encoding: str) -> IO[str]:
    return io.TextIOWrapper(io.BufferedWriter(raw), encoding=encoding, errors="backslashreplace", line_buffering=True)


@contextmanager
def written() -> Iterator[None]:
    """AggregatorError where a result could not be written to standard output."""
    try:
        yield
    except OSError as error:
        # who opens a file names it; a stream has no name
        if error.filename is not None or error.errno not in _UNWRITTEN:
            raise
        _emptied()
        raise AggregatorError(
            f"standard output: {error.strerror}; what was to be written there is not whole"
        ) from error


def _emptied() -> None:
    """What still waits to be written there would fail once more at the end of the process, whose status is then 120."""
    if sys.stdout is sys.__stdout__:  # else somebody listens in this process
        opened = os.open(os.devnull, os.O_WRONLY)
        os.dup2(opened, 1)
        os.close(opened)
