"""What an answer's headers reserve. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from aggregator.model import Rights

AGENT: Final = "aggregator"  # the name that robots.txt and X-Robots-Tag may speak to

# Directives that have a value after a colon: in `unavailable_after: 25 Jun 2010` the word before it names no robot
_VALUED = frozenset({"max-snippet", "max-image-preview", "max-video-preview", "unavailable_after"})


def read(headers: Mapping[bytes, bytes]) -> Rights | None:
    """None where nothing is said, which is nearly always."""
    tagged = headers.get(b"x-robots-tag")
    reservation = headers.get(b"tdm-reservation")
    if tagged is None and reservation is None:
        return None
    reserved = reservation is not None and reservation.strip() == b"1"  # TDMRep section 4.1
    policy = headers.get(b"tdm-policy", b"").decode("latin-1").strip() if reserved else ""
    lines = tagged.decode("latin-1").split("\n") if tagged else []
    robots = tuple(sorted({word for line in lines for word in _directives(line)}))
    if not reserved and not robots:
        return None
    return Rights(tdm_reserved=reserved, tdm_policy=policy or None, robots=robots)


def _directives(line: str) -> list[str]:
    """Those of one X-Robots-Tag line that are meant for everybody or for us: `otherbot: noindex` is not. A robot's name holds
    to the end of its line, or to the next name."""
    found: list[str] = []
    ours = True
    for part in line.lower().split(","):
        word = part.strip()
        name, colon, rest = word.partition(":")
        if colon and name.strip() not in _VALUED:
            ours = name.strip() in {AGENT, "*"}
            word = rest.strip()
        if ours and word:
            found.append(word[:40])
    return found[:20]
