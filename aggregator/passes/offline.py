"""Whether it is us: no source could be reached, so it is this machine's network that is down. Pure, but for one look at the
system's routes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from aggregator import urls
from aggregator.errors import Failure
from aggregator.model import Source, SourceState

# What a network that is down looks like. TLS is not among them: whoever spoke TLS was reached.
UNREACHED = frozenset({Failure.DNS, Failure.CONNECT, Failure.TIMEOUT})
# Decided here without any answer: says nothing of the network.
_OUR_OWN = frozenset({Failure.SCHEME, Failure.BLOCKED_ADDRESS, Failure.INTERNAL, Failure.ROBOTS, Failure.RATE_LIMITED})
AGAIN = timedelta(minutes=5)  # a laptop that wakes up, a router that starts anew
_HOSTS = 2  # one host that does not answer is that host


def reached(failure: Failure, *, status: int | None) -> bool:
    """Whether a failure shows that the network works."""
    return status is not None or failure not in UNREACHED | _OUR_OWN


def offline(unreached: Iterable[tuple[Source, SourceState]], *, routed: bool) -> bool:
    """Whether nothing at all could be reached, given the sources that could not (each with its state before) in a pass in
    which nobody answered.

    Sources that could not be reached before prove nothing: two dead ones that happen to be due alone are no broken network.
    Without a route no look at hosts is needed, unless all of them stand in one's own network.
    """
    those = list(unreached)
    if not routed:
        return any(not source.private_network for source, _ in those)
    hosts = {
        urls.host(source.url)
        for source, before in those
        if before.failing is None or before.failing.failure not in UNREACHED
    }
    return len(hosts) >= _HOSTS


def postponed(before: SourceState, *, now: datetime) -> SourceState:
    """The state of a source that is not to blame: as it was, and due again soon."""
    return replace(before, next_due=now + AGAIN)


def routed(folder: Path = Path("/proc/net")) -> bool:
    """Whether this machine has a way to anywhere but itself; True where that can not be seen (not Linux)."""
    try:
        four = (folder / "route").read_text(encoding="ascii").splitlines()[1:]
        six = (
            (folder / "ipv6_route").read_text(encoding="ascii").splitlines() if (folder / "ipv6_route").exists() else []
        )
    except (OSError, UnicodeDecodeError):
        return True
    # Destination and mask of noughts; the IPv6 table has the loopback's own default route, which leads nowhere
    default_4 = any(line.split()[1] == line.split()[7] == "00000000" for line in four if len(line.split()) > 7)
    default_6 = any(line.startswith("0" * 32 + " 00 ") and not line.endswith(" lo") for line in six)
    return default_4 or default_6
