"""A pass takes no more file handles than it may have: what comes after the last one would be blamed on sources."""

from __future__ import annotations

import resource
from contextlib import suppress
from dataclasses import replace

from aggregator.errors import AggregatorError
from aggregator.model import Limits

_ENOUGH = 4096  # more than any pass takes; a limit of none at all is not taken everywhere
# Standard streams, event loop, store with log and index, lock, certificates, a module being imported, the pipes of a child while
# it starts: 13 counted, 6 for the time of a step
_OWN = 20
_PARSER = 2  # its two pipes
_CONNECTION = 2  # one in use, one that is kept


def within(limits: Limits, *, parsers: int) -> Limits:
    """The limits, with as many requests at a time as there are file handles for. Takes as many handles as the system grants.

    Raises AggregatorError where they do not even do for one request.
    """
    granted = _granted()
    places = (granted - _OWN - _PARSER * parsers) // _CONNECTION
    if places < 1:
        least = _OWN + _PARSER * parsers + _CONNECTION
        raise AggregatorError(
            f"{granted} file handles are too few; expected {least} or more, better 256 (ulimit -n, LimitNOFILE=)"
        )
    return limits if places >= limits.concurrency else replace(limits, concurrency=places)


def _granted() -> int:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _ENOUGH if hard == resource.RLIM_INFINITY else min(hard, _ENOUGH)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return _ENOUGH if soft == resource.RLIM_INFINITY else soft
    with suppress(OSError, ValueError):  # then it is what it is
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]
