"""The one hierarchy of exceptions, and the closed list of what can be wrong with the outside world.

Trouble of the outside world (network, foreign data) is a value that carries a `Failure`. Exceptions are for what ends the
command: our configuration, our store, our disk.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


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
    HEADERS_TOO_LARGE = "headers_too_large"
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


# What was seen, and what to do about it: one sentence or two for each class. `status` and `sources check` print them,
# docs/failures.md lists them.
ADVICE: Mapping[Failure, str] = MappingProxyType(
    {
        Failure.OFFLINE: "No source could be reached at all. This machine's network is down; nothing is counted against "
        "any source.",
        Failure.TIMEOUT: "The answer was not complete within the deadline. Mostly passing; a slow server wants a longer "
        "`limits: deadline`.",
        Failure.DNS: "The host's name leads to no address. Where the name does not exist, correct `url`; where the resolver "
        "did not answer, look at this machine's DNS.",
        Failure.CONNECT: "Nobody took the connection. The server is down, or a firewall or proxy stands between; wait, then "
        "look whether the site has moved.",
        Failure.TLS: "The server could not prove who it is, or speaks only an outdated TLS. Its operator has to mend it; "
        "nothing is ever fetched without that proof.",
        Failure.BLOCKED_ADDRESS: "The host stands at a private or reserved address. If it is your own, write "
        "`private_network: true`; if not, somebody tries to lead the program into your network.",
        Failure.SCHEME: "The address, or a redirect, is not http or https. Correct `url`.",
        Failure.PROTOCOL: "The answer breaks the rules of HTTP, or the connection ended before there was one. Mostly passing; "
        "tell the operator if it stays.",
        Failure.HEADERS_TOO_LARGE: "The answer's headers are more, or longer, than any honest server sends. Tell the operator; "
        "the address may be the wrong one.",
        Failure.TOO_LARGE: "The document is larger than `limits: body` allows, on the wire or when unpacked. Choose a smaller "
        "feed, or raise the limit if you trust the server.",
        Failure.BAD_ENCODING: "The body is compressed in a way that was not asked for, or its compression is broken. Tell the "
        "operator.",
        Failure.REDIRECT_LOOP: "The redirects go round in a circle or on without end. Look in a browser where the feed is "
        "now, and correct `url`.",
        Failure.BAD_REDIRECT: "A redirect names no place to go to. Look in a browser where the feed is now, and correct `url`.",
        Failure.HTTP_401: "The server wants a user name and a password. Write them into `url` by `${NAME}`, or choose a public "
        "address.",
        Failure.HTTP_403: "The server refuses us. Ask its operator to let the program in, or remove the source.",
        Failure.HTTP_404: "There is nothing at this address. The feed has moved or ended: look for it on the site, and correct "
        "`url`.",
        Failure.GONE: "The server says that the feed has ended for good (410). Remove the source or set "
        "`enabled: false`; until then it is asked once a week.",
        Failure.RATE_LIMITED: "The server asks for fewer requests. Its host is left alone for as long as it says; a longer "
        "`interval` or `limits: gap` prevents it.",
        Failure.HTTP_4XX: "The server calls the request wrong. Look at `url` in a browser.",
        Failure.HTTP_5XX: "The server failed. It is asked again later, less and less often; nothing to do unless it stays.",
        Failure.HTTP_OTHER: "The status of the answer carries no document. Look at `url` in a browser.",
        Failure.CHALLENGE: "A protection against robots stands before the site and wants a browser or a captcha. Ask the "
        "operator to let feed readers through, or look for another address of the feed.",
        Failure.ROBOTS: "The site's robots.txt does not allow this address, or could not be read. Choose another address, "
        "or ask the operator; with his consent write `robots: ignore`.",
        Failure.EMPTY: "The answer has no body. What is stored stays; look at `url` in a browser if it stays so.",
        Failure.TRUNCATED: "The answer broke off before its end. Of a cut document the whole entries are taken; it is "
        "asked for again.",
        Failure.NOT_A_FEED: "There is a page where a feed was expected. Take one of the feeds that the page offers, or "
        "write a `listing` recipe.",
        Failure.MALFORMED: "The document is too broken to be read. Tell the operator; a validator shows him where.",
        Failure.NO_ENTRIES: "The page is there, but the recipe finds nothing on it. The site was rebuilt: mend `listing`.",
        Failure.PARSER_KILLED: "Reading the document took more time or memory than allowed. Look at the document; it may be an "
        "attack.",
        Failure.INTERNAL: "The program made a mistake. The log has the details; please report it.",
    }
)


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


class ServiceError(AggregatorError):
    """The service can not serve: its address is taken, or is none."""


class StoreError(AggregatorError):
    """The store could not be opened, read or written."""

    exit_status = 4


class OutputError(AggregatorError):
    """A published file could not be written."""

    exit_status = 4
