"""How much of what is due a service asks at once. Pure.

After a start, a sleep or a step of the clock everything is due. Asked at once, that is a burst on this machine and on hosts
with many sources, and everything would be due together again for a day. A share at every look spreads it over two minutes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from math import ceil
from urllib.parse import urlsplit

from aggregator.model import Source

LOOK = 5  # seconds between two looks
LOOKS = 24  # in which everything is asked: two minutes
LEAST = 10  # a small installation need not wait for its first news


def share(waiting: Sequence[Source], sources: Sequence[Source], *, gap: float) -> tuple[Source, ...]:
    """The first of those that wait: a 24th of all enabled sources, ten at least; of one host as many addresses as can be asked
    until the next look, `gap` seconds apart: more would queue, and the whole pass with them.

    Sources of one address come together: it is asked once for all of them.
    """
    most = max(LEAST, ceil(sum(source.enabled for source in sources) / LOOKS))
    of_one_host = 1 + int(LOOK / gap) if gap else most
    chosen: set[str] = set()
    of_host: Counter[str] = Counter()
    for source in waiting:
        if len(chosen) == most:
            break
        host = urlsplit(source.url).netloc.rpartition("@")[2]
        if source.url not in chosen and of_host[host] < of_one_host:
            chosen.add(source.url)
            of_host[host] += 1
    return tuple(source for source in waiting if source.url in chosen)
