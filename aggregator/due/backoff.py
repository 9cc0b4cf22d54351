"""How much longer a source that fails is left alone. Pure.

Linear in the failures, each by its weight, and never for good: doubling leaves a source that was down for a night alone for
much of the day after.
"""

from __future__ import annotations

from datetime import timedelta

from aggregator.errors import Failure
from aggregator.model import SourceState

LONGEST = timedelta(hours=24)
GONE = timedelta(days=7)  # HTTP 410 (RFC 9110 section 15.5.11): people bring feeds back all the same
_STEP = timedelta(minutes=30)  # for a light failure, or the interval where that is longer

# Waiting mends what stands at 1: a server that is down for a night. Where somebody must act first, at the publisher's or here,
# a failure counts for several. Our own line that is down is no source's fault.
_WEIGHTS = {Failure.OFFLINE: 0} | dict.fromkeys(
    (
        Failure.BAD_REDIRECT,
        Failure.BLOCKED_ADDRESS,
        Failure.CHALLENGE,
        Failure.DNS,
        Failure.HTTP_401,
        Failure.HTTP_403,
        Failure.HTTP_404,
        Failure.HTTP_4XX,
        Failure.NO_ENTRIES,
        Failure.NOT_A_FEED,
        Failure.PARSER_KILLED,
        Failure.REDIRECT_LOOP,
        Failure.ROBOTS,
        Failure.SCHEME,
        Failure.TLS,
        Failure.TOO_LARGE,
    ),
    4,
)


def weight(failure: Failure) -> int:
    """What a failure counts for."""
    return _WEIGHTS.get(failure, 1)


def penalty(state: SourceState, interval: timedelta) -> timedelta:
    """What is added to the interval: nothing for a first light failure, then a step with each, so that both together come to
    24 hours at the most (an interval that is longer stays), what is gone to a week."""
    if state.failing is None:
        return timedelta()
    if state.failing.failure is Failure.GONE:
        return max(GONE - interval, timedelta())
    grown = max(interval, _STEP) * max(min(state.strikes, 10_000) - 1, 0)
    return max(min(grown, LONGEST - interval), timedelta())
