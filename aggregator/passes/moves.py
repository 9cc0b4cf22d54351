"""Sources that moved: which new address may be proposed, and whether it gives what the old one gave."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from aggregator import urls
from aggregator.model import Failed, Fetched, Known, Source, SourceState, Standing, Unreadable
from aggregator.passes import gather_source
from aggregator.stories import identity

# A redirect that calls itself permanent is often none: a maintenance page, a mistake of an afternoon.
_LASTS = timedelta(days=7)
_TIMES = 2
_LOGIN = re.compile(
    r"(?:^|[/._-])(?:log-?in|sign-?in|sso|cas|auth|oauth2?|anmeld\w*|shibboleth\w*|wp-login)(?:[/._-]|$)"
)


def proposed(source: Source, state: SourceState, *, now: datetime) -> str | None:
    """The address that the source has moved to, once it was seen often and long enough; never a front page or a login."""
    move = state.move
    if move is None or move.times < _TIMES or now - move.since < _LASTS or move.url == source.url:
        return None
    if urls.front_page(urls.bare(move.url).partition("#")[0]) or _LOGIN.search(urlsplit(move.url).path.lower()):
        return None
    return move.url


def another_site(source: Source, new: str) -> bool:
    """Whether the hosts differ by more than `www.`: a person should look at both."""
    return urls.host(source.url).removeprefix("www.") != urls.host(new).removeprefix("www.")


async def doubts(source: Source, new: str, known: Known, tools: gather_source.Tools, *, now: datetime) -> str | None:
    """Why the new address is not to be written into the configuration; None when it answers itself, without a redirect, with
    items that are known from the old one."""
    private = source.private_network and urls.host(new) == urls.host(source.url)
    outcome = await tools.client.fetch(new, private_network=private, now=now)
    if isinstance(outcome, Failed):
        return f"{outcome.failure.value}: {outcome.detail}"
    if not isinstance(outcome, Fetched):
        return "the server says not modified though nothing was asked for"
    if outcome.hops:
        return f"it redirects again, to {urls.public(outcome.url, source.secrets)}"
    document = await gather_source.read(source, outcome, tools)
    if isinstance(document, Unreadable):
        return f"{document.failure.value}: {document.detail}"
    recognised = identity.recognise(document.entries, known, stable_keys=tools.stable_keys)
    if all(one.standing is Standing.NEW for one in recognised):
        return f"none of its {len(recognised)} entries is known from the old address"
    return None
