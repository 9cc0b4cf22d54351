"""What is known of the servers that are asked: from earlier passes at first, then what this one learns. Nothing here waits or
asks; the caller keeps what has changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import blake2b

from aggregator.model import Host

LONGEST = timedelta(hours=24)  # no host stays closed for longer: who says "in a year" is asked tomorrow
_FIRST_WAIT = timedelta(minutes=2)  # after a 429 or 503 that names no time; doubles with each one more
_JITTER = 0.1


class Hosts:
    """By origin. `known` from earlier passes, without their robots.txt, which `robots` gives when it is needed."""

    def __init__(
        self, known: Mapping[str, Host] | None = None, robots: Callable[[str], str | None] | None = None
    ) -> None:
        self._known = dict(known or {})
        self._robots = robots
        self._changed: set[str] = set()

    def get(self, origin: str) -> Host:
        found = self._known.get(origin)
        if found is None:
            found = self._known[origin] = Host(origin=origin)
        return found

    def put(self, host: Host) -> None:
        self._known[host.origin] = host
        self._changed.add(host.origin)

    def robots(self, origin: str) -> str | None:
        """The text of its robots.txt as last read."""
        host = self.get(origin)
        if host.robots is None and self._robots is not None:
            host = self._known[origin] = replace(host, robots=self._robots(origin))
        return host.robots

    def changed(self) -> tuple[Host, ...]:
        """Those that have changed since this was last asked."""
        found = tuple(self._known[origin] for origin in sorted(self._changed))
        self._changed.clear()
        return found

    def closings(self) -> Iterable[tuple[str, datetime]]:
        """Host (with its port where that is an unusual one) and until when it is closed."""
        for host in self._known.values():
            if host.closed_until is not None:
                yield place(host.origin), host.closed_until

    def refused(self, origin: str, *, asked: datetime | None, now: datetime) -> datetime:
        """The host answered 429 or 503, perhaps with a time: until when it is closed. Answers to requests that were on the
        way already do not count again."""
        host = self.get(origin)
        closed = host.closed_until is not None and host.closed_until > now
        refusals = host.refusals if closed else host.refusals + 1
        wait = asked - now if asked else min(_FIRST_WAIT * 2 ** min(refusals - 1, 20), LONGEST)
        until = now + min(wait * (1 + _JITTER * _share(origin)), LONGEST)
        if closed and host.closed_until is not None:
            until = max(until, host.closed_until)
        self.put(replace(host, closed_until=until, refusals=refusals))
        return until

    def answered(self, origin: str) -> None:
        """The host answered as hosts do: the next refusal is the first again."""
        host = self._known.get(origin)
        if host is not None and (host.refusals or host.closed_until is not None):
            self.put(replace(host, refusals=0, closed_until=None))


def place(origin: str) -> str:
    """Whose pace counts: http and https of one host alike; another port is another server."""
    return origin.partition("://")[2]


def _share(origin: str) -> float:
    """Between 0 and 1, always the same for one host: those that were closed together do not open together."""
    return int.from_bytes(blake2b(place(origin).encode(), digest_size=4).digest(), "big") / 2**32
