"""One URL → Fetched, NotModified or Failed, within a deadline, a size and a number of redirects, and by the house rules of
whoever is asked (politeness.py, robots.py).

Requests are httpx's and go over an httpx transport (connections.py), without `httpx.AsyncClient` in front.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from aggregator.errors import Failure
from aggregator.fetch import answers, challenge, conditional, decode, links, politeness, rights, robots
from aggregator.fetch.hosts import Hosts
from aggregator.model import Failed, Fetched, Hop, Limits, Message, NotModified, Outcome, RobotsTxt, Sent, Validators

if TYPE_CHECKING:
    import httpx

    from aggregator.fetch.received import Answer
    from aggregator.fetch.targets import Target

FEEDS = (
    "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml;q=0.9, application/xml;q=0.8, "
    "text/xml;q=0.8, application/json;q=0.7, text/html;q=0.5, */*;q=0.1"
)
_NONE = Validators()
_HTML = frozenset({"text/html", "application/xhtml+xml", ""})


@asynccontextmanager
async def opened(limits: Limits, *, user_agent: str, hosts: Hosts | None = None) -> AsyncIterator[Client]:
    """A client for one pass. `hosts` is what is known of servers, and learns what this pass finds out. Reads `HTTP_PROXY`,
    `HTTPS_PROXY`, `NO_PROXY`, `SSL_CERT_FILE`; ConfigError when one of them is wrong. Its connections end with the block."""
    from aggregator.fetch import connections, dial, proxies

    proxies.check_certificates()
    threads = ThreadPoolExecutor(max_workers=limits.concurrency, thread_name_prefix="dns")
    try:
        resolver = dial.SystemResolver(threads)
        async with connections.Transport(
            resolve=resolver, between=proxies.from_environment(), kept=limits.concurrency
        ) as transport:
            yield Client(limits, transport, user_agent=user_agent, hosts=hosts)
    finally:
        threads.shutdown(wait=False, cancel_futures=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    """What stays the same from redirect to redirect."""

    url: str  # as asked for
    headers: tuple[tuple[bytes, bytes], ...]
    validators: Validators = _NONE  # those that are sent
    private_host: str | None  # the one host that may stand at an address that is not public
    robots: bool  # whether robots.txt counts
    now: datetime
    limit: int
    redirects: int
    cut: bool = False  # the beginning of what is too long will do
    message: Message | None = None  # what is sent instead of a GET for a document
    began: float | None = None  # by the loop's clock, when it was `now`; None: when the client began


class Client:
    """Asks for URLs; made by `opened`. Keeps no cookies and nothing else of one source for another."""

    def __init__(
        self, limits: Limits, transport: httpx.AsyncBaseTransport, *, user_agent: str, hosts: Hosts | None = None
    ) -> None:
        self._limits = limits
        self._transport = transport
        self._pace = politeness.Pace(limits)
        self._hosts = hosts or Hosts()
        self._robots = robots.Robots(self._hosts)
        self._reading: dict[str, asyncio.Lock] = {}  # by origin whose robots.txt is being asked for
        self._unread: dict[str, Failed] = {}  # why it could not be asked for
        self._began: float | None = None  # by the loop's clock
        agent = "".join(character for character in user_agent if " " <= character <= "~").strip()
        self._agent = (b"User-Agent", agent.encode("ascii"))
        self._always = (self._agent, (b"Accept-Encoding", decode.ACCEPTED.encode("ascii")))

    async def fetch(
        self,
        url: str,
        *,
        validators: Validators = _NONE,
        private_network: bool = False,
        robots_txt: RobotsTxt = RobotsTxt.RESPECT,
        now: datetime,
        accept: str = FEEDS,
    ) -> Outcome:
        """The answer to a GET, after redirects.

        `private_network` opens the host of `url`, and no other, to addresses that are not public, and its robots.txt is not
        asked for. The deadline counts from the first connection on, not while waiting for a turn. Never raises for anything
        the network does.
        """
        from aggregator.fetch import targets

        if self._began is None:
            self._begin(now)
        target = targets.read(url)
        if isinstance(target, Failed):
            return answers.failed(target.failure, target.detail)
        conditions = conditional.headers(validators)
        wanted = _Wanted(
            url=url,
            headers=(
                *self._always,
                (b"Accept", accept.encode("ascii")),
                *((name.encode("ascii"), value.encode("latin-1")) for name, value in conditions.items()),
            ),
            validators=Validators(
                etag=conditions.get("If-None-Match"), last_modified=conditions.get("If-Modified-Since")
            ),
            private_host=target.host if private_network else None,
            robots=robots_txt is RobotsTxt.RESPECT,
            now=now,
            limit=self._limits.body,
            redirects=self._limits.redirects,
        )
        return await self._follow(target, wanted)

    async def send(self, message: Message, *, now: datetime) -> Sent | Failed:
        """The answer to one message, whatever its status: no redirect is followed and no robots.txt asked for, since somebody
        wants it. Deadline, size, addresses and pace are those of a fetch; 429 and 503 are failures with a time."""
        from aggregator.fetch import targets

        if self._began is None:
            self._begin(now)
        target = targets.read(message.url)
        if isinstance(target, Failed):
            return answers.failed(target.failure, target.detail)
        length = () if message.body is None else ((b"Content-Length", b"%d" % len(message.body)),)
        written = tuple((name.encode("ascii"), value.encode("latin-1")) for name, value in message.headers)
        wanted = _Wanted(
            url=message.url,
            headers=(self._agent, (b"Accept-Encoding", b"identity"), *written, *length),
            private_host=target.host if message.private_network else None,
            robots=False,
            now=now,
            limit=self._limits.body,
            redirects=0,
            cut=True,
            message=message,
            began=asyncio.get_running_loop().time(),
        )
        answer, _ = await self._turn(target, wanted, self._limits.deadline)
        if isinstance(answer, Failed):
            return answer
        following = _following(answer, target) if answer.status in answers.REDIRECTS else None
        location = None if following is None or isinstance(following, Failed) else following.shown
        return Sent(status=answer.status, body=answer.body, location=location)

    def _begin(self, now: datetime) -> None:
        self._began = asyncio.get_running_loop().time()
        for place, until in self._hosts.closings():
            self._pace.close(place, until=until, now=now)

    async def _follow(self, target: Target, wanted: _Wanted) -> Outcome:
        hops: tuple[Hop, ...] = ()
        seen = {target}
        left = self._limits.deadline
        while True:
            if wanted.robots and target.host != wanted.private_host:
                barred = await self._barred(target, wanted)
                if barred:
                    return barred
            answer, left = await self._turn(target, wanted, left)
            if isinstance(answer, Failed):
                return answer
            if answer.status not in answers.REDIRECTS:
                return self._outcome(answer, target, hops, wanted)
            hops = (*hops, Hop(target.shown, answer.status))
            following = _following(answer, target)
            if isinstance(following, Failed):
                return following
            if following in seen:
                return answers.failed(
                    Failure.REDIRECT_LOOP, f"redirected back to {following.shown}", status=answer.status
                )
            if len(hops) > wanted.redirects:
                detail = f"more than {wanted.redirects} redirects"
                return answers.failed(Failure.REDIRECT_LOOP, detail, status=answer.status)
            seen.add(following)
            target = following

    # ------------------------------------------------------------------------------------------------------- robots.txt

    async def _barred(self, target: Target, wanted: _Wanted) -> Failed | None:
        """Why the target is not to be asked."""
        if self._robots.due(target, wanted.now):
            unread = await self._read_robots(target, wanted)
            if unread:
                return unread
        delay = self._robots.crawl_delay(target)
        if delay:
            self._pace.slow(target.place, gap=delay)
        return self._robots.barred(target, wanted.now)

    async def _read_robots(self, target: Target, wanted: _Wanted) -> Failed | None:
        """Asks for robots.txt; the failure where the server can not be asked for anything at all."""
        from aggregator.fetch import targets

        origin = target.origin
        async with self._reading.setdefault(origin, asyncio.Lock()):
            if origin in self._unread or not self._robots.due(target, wanted.now):
                return self._unread.get(origin)
            there = targets.read(f"{origin}/robots.txt")
            assert not isinstance(there, Failed)
            asked = _Wanted(
                url=there.shown,
                # Uncompressed: of a file that is too long the beginning counts
                headers=(self._agent, (b"Accept-Encoding", b"identity"), (b"Accept", b"text/plain, */*;q=0.1")),
                private_host=None,
                robots=False,
                now=wanted.now,
                limit=robots.LARGEST,
                redirects=robots.REDIRECTS,
                cut=True,
            )
            outcome = await self._follow(there, asked)
            self._robots.learn(target, outcome, wanted.now)
            silent = isinstance(outcome, Failed) and (outcome.status is None or outcome.retry_after is not None)
            if silent and isinstance(outcome, Failed) and self._hosts.get(origin).robots_read is None:
                self._unread[origin] = outcome
                return outcome
            return None

    # ---------------------------------------------------------------------------------------------------------- one request

    async def _turn(self, target: Target, wanted: _Wanted, left: float) -> tuple[Answer | Failed, float]:
        """One request when it is its turn, and the seconds that are left for those after it."""
        async with self._pace.turn(target.place) as closed_until:
            if closed_until is not None:
                detail = f"{target.place} asked for no requests until {closed_until:%Y-%m-%d %H:%M:%S} UTC"
                return answers.failed(Failure.RATE_LIMITED, detail, retry_after=closed_until), left
            clock = asyncio.get_running_loop().time
            started = clock()
            answer = await self._ask(target, wanted, left)
            if answer.status in answers.WAIT and isinstance(answer, Failed):
                until = self._hosts.refused(target.origin, asked=answer.retry_after, now=self._moment(wanted))
                self._pace.close(target.place, until=until, now=self._moment(wanted))
                answer = replace(answer, retry_after=until)
            elif answer.status is not None:
                self._hosts.answered(target.origin)
            return answer, left - (clock() - started)

    def _moment(self, wanted: _Wanted) -> datetime:
        """What time it is, to the second: `now` is that of the pass, which may have been going on for long."""
        began = wanted.began or self._began
        assert began is not None
        return wanted.now + timedelta(seconds=int(asyncio.get_running_loop().time() - began))

    async def _ask(self, target: Target, wanted: _Wanted, left: float) -> Answer | Failed:
        from aggregator.fetch import received
        from aggregator.fetch.stream import UnreachableError

        request = _request(target, wanted)
        try:
            async with asyncio.timeout(left):
                response = await self._transport.handle_async_request(request)
                answer = await received.read(response, wanted.limit, cut=wanted.cut)
        except TimeoutError:
            return answers.failed(Failure.TIMEOUT, f"no complete answer within {self._limits.deadline:g} s")
        except UnreachableError as error:
            return answers.failed(error.failure, error.detail)
        known = answer.status in answers.REDIRECTS or answer.status in answers.DOCUMENTS or answer.status == 304
        if known or (wanted.message and answer.status not in answers.WAIT):
            return answer
        return answers.refused(answer.status, answer.headers, answer.body, now=self._moment(wanted))

    def _outcome(self, answer: Answer, target: Target, hops: tuple[Hop, ...], wanted: _Wanted) -> Outcome:
        url = target.shown if hops or target.authorization else wanted.url
        if answer.status == 304:
            return _not_modified(answer, url, hops, wanted.validators)
        failed = _unusable(answer, wanted)
        if failed:
            return failed
        content_type, charset = answers.content_type(answer.headers)
        mark = challenge.seen(answer.status, answer.headers, answer.body) if content_type in _HTML else None
        if mark:
            detail = f"HTTP {answer.status}, but a protection against robots ({mark})"
            return answers.failed(Failure.CHALLENGE, detail, status=answer.status)
        return Fetched(
            url=url,
            hops=hops,
            status=answer.status,
            content_type=content_type,
            charset=charset,
            body=answer.body,
            validators=answers.validators(answer.headers),
            fresh_for=answers.fresh_for(answer.headers),
            rights=rights.read(answer.headers),
            hub=links.hub(answer.headers, url),
            date=answers.date(answer.headers),
        )


def _unusable(answer: Answer, wanted: _Wanted) -> Failed | None:
    if not answer.whole and wanted.cut:
        return None
    if answer.failed:
        return answers.failed(answer.failed.failure, answer.failed.detail, status=answer.status)
    if not answer.whole:
        return answers.failed(Failure.TOO_LARGE, f"more than {wanted.limit:,} bytes", status=answer.status)
    if not answer.body or answer.body.isspace():
        return answers.failed(Failure.EMPTY, "an answer without a body", status=answer.status)
    return None


def _request(target: Target, wanted: _Wanted) -> httpx.Request:
    import httpx

    headers = [(b"Host", target.authority), *wanted.headers]
    if target.authorization:
        headers.append((b"Authorization", target.authorization))
    private = target.host == wanted.private_host
    body = wanted.message.body if wanted.message else None
    # `stream` and not `content`: httpx adds no headers of its own then
    return httpx.Request(
        "GET" if body is None else "POST",
        target.url,
        headers=headers,
        stream=httpx.ByteStream(body or b""),
        extensions={"private": private},
    )


def _following(answer: Answer, target: Target) -> Target | Failed:
    from aggregator.fetch import targets

    location = answers.location(answer.headers)
    if not location:
        return answers.failed(Failure.BAD_REDIRECT, f"HTTP {answer.status} without a Location", status=answer.status)
    following = targets.follow(target, location)
    if isinstance(following, Failed):
        return answers.failed(following.failure, following.detail, status=answer.status)
    return following


def _not_modified(answer: Answer, url: str, hops: tuple[Hop, ...], sent: Validators) -> NotModified | Failed:
    """RFC 9111 section 4.3.4: what the 304 names takes the place of what was sent, the rest stays."""
    if sent == _NONE:
        return answers.failed(Failure.HTTP_OTHER, "HTTP 304 Not Modified, though nothing was known", status=304)
    named = answers.validators(answer.headers)
    return NotModified(
        url=url,
        hops=hops,
        validators=Validators(etag=named.etag or sent.etag, last_modified=named.last_modified or sent.last_modified),
        fresh_for=answers.fresh_for(answer.headers),
        rights=rights.read(answer.headers),
    )
