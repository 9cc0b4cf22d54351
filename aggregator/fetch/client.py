"""One URL → Fetched, NotModified or Failed, within a deadline, a size and a number of redirects.

Requests are httpx's and go over an httpx transport (connections.py), without `httpx.AsyncClient` in front.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from aggregator.errors import Failure
from aggregator.fetch import answers, conditional, decode, politeness
from aggregator.model import Failed, Fetched, Hop, Limits, NotModified, Outcome, Validators

if TYPE_CHECKING:
    import httpx

    from aggregator.fetch.received import Answer
    from aggregator.fetch.targets import Target

FEEDS = (
    "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml;q=0.9, application/xml;q=0.8, "
    "text/xml;q=0.8, application/json;q=0.7, text/html;q=0.5, */*;q=0.1"
)
_NONE = Validators()


@asynccontextmanager
async def opened(limits: Limits, *, user_agent: str) -> AsyncIterator[Client]:
    """A client for one pass. Reads `HTTP_PROXY`, `HTTPS_PROXY`, `NO_PROXY`, `SSL_CERT_FILE`; ConfigError when one of them
    is wrong. Its connections end with the block."""
    from aggregator.fetch import connections, dial, proxies

    proxies.check_certificates()
    threads = ThreadPoolExecutor(max_workers=limits.concurrency, thread_name_prefix="dns")
    try:
        resolver = dial.SystemResolver(threads)
        async with connections.Transport(resolve=resolver, between=proxies.from_environment()) as transport:
            yield Client(limits, transport, user_agent=user_agent)
    finally:
        threads.shutdown(wait=False, cancel_futures=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    """What stays the same from redirect to redirect."""

    url: str  # as asked for
    headers: tuple[tuple[bytes, bytes], ...]
    validators: Validators  # those that are sent
    private_host: str | None  # the one host that may stand at an address that is not public
    now: datetime


class Client:
    """Asks for URLs; made by `opened`. Keeps no cookies and nothing else of one source for another."""

    def __init__(self, limits: Limits, transport: httpx.AsyncBaseTransport, *, user_agent: str) -> None:
        self._limits = limits
        self._transport = transport
        self._pace = politeness.Pace(limits)
        agent = "".join(character for character in user_agent if " " <= character <= "~").strip()
        self._always = (
            (b"User-Agent", agent.encode("ascii")),
            (b"Accept-Encoding", b"gzip, deflate"),
        )

    async def fetch(
        self,
        url: str,
        *,
        validators: Validators = _NONE,
        private_network: bool = False,
        now: datetime,
        accept: str = FEEDS,
    ) -> Outcome:
        """The answer to a GET, after redirects.

        `private_network` opens the host of `url`, and no other, to addresses that are not public. The deadline counts from
        the first connection on, not while waiting for a turn. Never raises for anything the network does.
        """
        from aggregator.fetch import targets

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
            now=now,
        )
        return await self._follow(target, wanted)

    async def _follow(self, target: Target, wanted: _Wanted) -> Outcome:
        hops: tuple[Hop, ...] = ()
        seen = {target}
        left = self._limits.deadline
        while True:
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
            if len(hops) > self._limits.redirects:
                detail = f"more than {self._limits.redirects} redirects"
                return answers.failed(Failure.REDIRECT_LOOP, detail, status=answer.status)
            seen.add(following)
            target = following

    async def _turn(self, target: Target, wanted: _Wanted, left: float) -> tuple[Answer | Failed, float]:
        """One request when it is its turn, and the seconds that are left for those after it."""
        async with self._pace.turn(target.place) as closed_until:
            if closed_until is not None:
                detail = f"{target.place} asked for no requests until {closed_until:%Y-%m-%d %H:%M:%S} UTC"
                return answers.failed(Failure.RATE_LIMITED, detail, retry_after=closed_until), left
            clock = asyncio.get_running_loop().time
            started = clock()
            answer = await self._ask(target, wanted, left)
            if isinstance(answer, Failed) and answer.retry_after is not None:
                self._pace.close(target.place, until=answer.retry_after, now=wanted.now)
            return answer, left - (clock() - started)

    async def _ask(self, target: Target, wanted: _Wanted, left: float) -> Answer | Failed:
        from aggregator.fetch import received
        from aggregator.fetch.stream import UnreachableError

        request = _request(target, wanted)
        try:
            async with asyncio.timeout(left):
                response = await self._transport.handle_async_request(request)
                answer = await received.read(response, self._limits.body)
        except TimeoutError:
            return answers.failed(Failure.TIMEOUT, f"no complete answer within {self._limits.deadline:g} s")
        except UnreachableError as error:
            return answers.failed(error.failure, error.detail)
        known = answer.status in answers.REDIRECTS or answer.status in answers.DOCUMENTS or answer.status == 304
        return answer if known else answers.refused(answer.status, answer.headers, now=wanted.now)

    def _outcome(self, answer: Answer, target: Target, hops: tuple[Hop, ...], wanted: _Wanted) -> Outcome:
        url = target.shown if hops or target.authorization else wanted.url
        if answer.status == 304:
            return _not_modified(answer, url, hops, wanted.validators)
        if not answer.whole:
            detail = f"more than {self._limits.body:,} bytes"
            return answers.failed(Failure.TOO_LARGE, detail, status=answer.status)
        coding = answer.headers.get(b"content-encoding", b"").decode("latin-1")
        body = decode.decoded(answer.body, coding, self._limits.body)
        if isinstance(body, Failed):
            return answers.failed(body.failure, body.detail, status=answer.status)
        if not body or body.isspace():
            return answers.failed(Failure.EMPTY, "an answer without a body", status=answer.status)
        content_type, charset = answers.content_type(answer.headers)
        return Fetched(
            url=url,
            hops=hops,
            status=answer.status,
            content_type=content_type,
            charset=charset,
            body=body,
            validators=answers.validators(answer.headers),
            fresh_for=answers.fresh_for(answer.headers),
        )


def _request(target: Target, wanted: _Wanted) -> httpx.Request:
    import httpx

    headers = [(b"Host", target.authority), *wanted.headers]
    if target.authorization:
        headers.append((b"Authorization", target.authorization))
    private = target.host == wanted.private_host
    # `stream` and not `content`: httpx adds no headers of its own then
    return httpx.Request(
        "GET", target.url, headers=headers, stream=httpx.ByteStream(b""), extensions={"private": private}
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
    )
