"""The one hierarchy of exceptions, and the closed list of what can be wrong with the outside world.

Trouble of the outside world (network, foreign data) is a value that carries a `Failure`. Exceptions are for what ends the
command: our configuration, our store, our disk.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Failure(StrEnum):
    """Why a source gave nothing usable; the names are stable, they stand in `status --json` and in the documentation."""

    OFFLINE = "offline"
    TIMEOUT = "timeout"
    DNS = "dns"
    CONNECT = "connect"
    TLS = "tls"
    BLOCKED_ADDRESS = "blocked_address"
    SCHEME = "scheme"
    PROTOCOL = "protocol"
    TOO_LARGE = "too_large"
    BAD_ENCODING = "bad_encoding"
    REDIRECT_LOOP = "redirect_loop"
    BAD_REDIRECT = "bad_redirect"
    HTTP_401 = "http_401"
    HTTP_403 = "http_403"
    HTTP_404 = "http_404"
    GONE = "gone"
    RATE_LIMITED = "rate_limited"
    HTTP_4XX = "http_4xx"
    HTTP_5XX = "http_5xx"
    HTTP_OTHER = "http_other"
    CHALLENGE = "challenge"
    ROBOTS = "robots_disallowed"
    EMPTY = "empty"
    TRUNCATED = "truncated"
    NOT_A_FEED = "not_a_feed"
    MALFORMED = "malformed"
    NO_ENTRIES = "no_entries"
    PARSER_KILLED = "parser_killed"
    INTERNAL = "internal"


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a file of ours; `line` counts from 1, 0 means the file as a whole."""

    file: str
    line: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" if self.line else self.file


class AggregatorError(Exception):
    """Root. `str()` is a sentence for the person who must act: where, what, what was expected."""

    exit_status = 1


class UsageError(AggregatorError):
    """The command line asks for something that is not there."""

    exit_status = 2


class ConfigError(AggregatorError):
    """A fault in the configuration; names file and line."""

    exit_status = 2

    def __init__(self, place: Place, found: str, expected: str) -> None:
        super().__init__(f"{place}: {found}; expected {expected}")
        self.place = place
        self.found = found
        self.expected = expected


class ConfigFaultsError(ConfigError):
    """Several faults at once, each with its own place: one round of mending instead of many."""

    def __init__(self, faults: tuple[ConfigError, ...]) -> None:
        first = faults[0]
        super().__init__(first.place, first.found, first.expected)
        self.faults = faults

    def __str__(self) -> str:
        return "\n".join(str(fault) for fault in self.faults)


class PassRunningError(AggregatorError):
    """Another pass works on the same store."""

    exit_status = 3


class StoreError(AggregatorError):
    """The store could not be opened, read or written."""

    exit_status = 4


class OutputError(AggregatorError):
    """A published file could not be written."""

    exit_status = 4
