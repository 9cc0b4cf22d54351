"""robots.txt by RFC 9309: what may be asked, from what was last read of it. Nothing here asks; protego reads the rules."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from aggregator.errors import Failure
from aggregator.fetch import answers
from aggregator.fetch.rights import AGENT
from aggregator.model import Failed, Fetched, Outcome

if TYPE_CHECKING:
    from protego import Protego

    from aggregator.fetch.hosts import Hosts
    from aggregator.fetch.targets import Target
    from aggregator.model import Host

LARGEST: Final = 512 * 1024  # bytes that are read, section 2.5 asks for 500 KiB at least
REDIRECTS: Final = 5  # section 2.3.1.2
_FRESH = timedelta(hours=24)  # section 2.4
_RETRY = timedelta(hours=1)  # after an answer that was none
# Section 2.3.1.4: while a server fails to give its robots.txt nothing may be asked; "a reasonably long period" (30 days is
# the example) later it counts as absent. Public bodies leave a broken rule for that one path standing for years.
_FORBIDDEN_FOR = timedelta(days=7)
_SLOWEST = 60.0  # seconds of Crawl-delay; more would be a source's whole day
_KEPT = 64  # verdicts of one origin that are kept from pass to pass
_NO_ROBOTS = frozenset({Failure.REDIRECT_LOOP, Failure.BAD_REDIRECT, Failure.SCHEME, Failure.EMPTY})


class Robots:
    """The rules of the servers of one pass. A verdict that an earlier pass found costs 1 µs: rules are only read (1 ms) for
    addresses that are new, or when robots.txt was asked for again."""

    def __init__(self, hosts: Hosts) -> None:
        self._hosts = hosts
        self._rules: dict[str, Protego] = {}

    def due(self, target: Target, now: datetime) -> bool:
        """Whether robots.txt has to be asked for before the target."""
        host = self._hosts.get(target.origin)
        if host.robots_checked is None:
            return True
        age = now - host.robots_checked
        return not timedelta(0) <= age < (_FRESH if host.robots_read == host.robots_checked else _RETRY)

    def learn(self, target: Target, outcome: Outcome, now: datetime) -> None:
        """What came for robots.txt."""
        host = self._hosts.get(target.origin)
        status = outcome.status if isinstance(outcome, Fetched | Failed) else None
        text = _text(outcome)
        if text is None:
            if host.robots_read is None and status is None:
                return  # nothing came at all: to be asked for again, as whatever it stands before
            since = host.robots_since or now
            self._hosts.put(replace(host, robots_checked=now, robots_status=status, robots_since=since))
            return
        self._rules.pop(target.origin, None)
        host = replace(host, robots=text, robots_status=status, robots_checked=now, robots_read=now, robots_since=None)
        host = replace(host, verdicts={})
        self._hosts.put(replace(host, crawl_delay=self._delay(host)))

    def barred(self, target: Target, now: datetime) -> Failed | None:
        """Why the target must not be asked; None where it may."""
        host = self._hosts.get(target.origin)
        if host.robots_read is None:
            return _never_read(host, now)
        path = target.path.decode("ascii")
        allowed = host.verdicts.get(path)
        if allowed is None:
            allowed = self._judged(host, target, path)
        if allowed:
            return None
        return answers.failed(Failure.ROBOTS, f"{target.origin}/robots.txt does not allow {path}")

    def crawl_delay(self, target: Target) -> float:
        """Seconds between two requests that robots.txt asks for, at most 60."""
        return self._hosts.get(target.origin).crawl_delay

    def _judged(self, host: Host, target: Target, path: str) -> bool:
        allowed = bool(self._read(host.origin).can_fetch(target.shown, AGENT))
        verdicts = dict(list(host.verdicts.items())[-(_KEPT - 1) :]) | {path: allowed}
        self._hosts.put(replace(self._hosts.get(host.origin), verdicts=verdicts))
        return allowed

    def _read(self, origin: str) -> Protego:
        rules = self._rules.get(origin)
        if rules is None:
            from protego import Protego

            rules = self._rules[origin] = Protego.parse(_bounded(self._hosts.robots(origin) or ""))
        return rules

    def _delay(self, host: Host) -> float:
        if "delay" not in (host.robots or "").lower():
            return 0.0
        self._hosts.put(host)  # what is read are the rules that are stored
        return min(max(self._read(host.origin).crawl_delay(AGENT) or 0.0, 0.0), _SLOWEST)


def _text(outcome: Outcome) -> str | None:
    """The rules that an answer gives: "" for a server that has none (any 4xx, section 2.3.1.3; but 429 means later, and a
    challenge is not for a robot to pass)."""
    match outcome:
        case Fetched():
            return outcome.body.decode("utf-8-sig", "replace").replace("\0", " ")
        case Failed(failure=failure, status=status):
            gone = status is not None and 400 <= status < 500 and status != 429
            return "" if gone or failure in _NO_ROBOTS else None
    return None


def _never_read(host: Host, now: datetime) -> Failed | None:
    since = host.robots_since or now
    if now - since >= _FORBIDDEN_FOR:
        return None
    answer = f"answers HTTP {host.robots_status}" if host.robots_status else "can not be read"
    until = since + _FORBIDDEN_FOR
    detail = f"{host.origin}/robots.txt {answer}; nothing is asked there before it is read, or {until:%Y-%m-%d}"
    return answers.failed(Failure.ROBOTS, detail, status=None)


_AGENT_LINE = re.compile(r"\s*user[- ]?agent\b\s*:?\s*([^#]*)", re.IGNORECASE)
_MOST_LINES = 5_000


def _bounded(text: str) -> str:
    """The rules as far as they are judged in milliseconds: protego keeps every rule once for each robot that its group names,
    so 500 kB may take it minutes. All robots but ours become one."""
    lines: list[str] = []
    for line in text.splitlines():
        if len(lines) == _MOST_LINES:
            break
        named = _AGENT_LINE.match(line)
        if named and not _meant(named[1].strip().lower()):
            lines.append("User-agent: -")
        elif line.strip():
            lines.append(line)
    return "\n".join(lines)


def _meant(name: str) -> bool:
    return name == "*" or AGENT.startswith(name.replace("*", "") or "-")
