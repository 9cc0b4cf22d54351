"""What is remembered of a source after it was asked. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from aggregator import due, urls
from aggregator.due import backoff, rhythm
from aggregator.errors import Failure
from aggregator.model import (
    Document,
    Drift,
    Face,
    Failed,
    Failing,
    Fetched,
    HubLink,
    Move,
    NotModified,
    Profile,
    Recognised,
    Source,
    SourceState,
    Standing,
)
from aggregator.passes import usual

_SAMPLE = 5  # so many new items make a median of their own
_PERMANENT = frozenset({301, 308})  # RFC 9110 sections 15.4.2 and 15.4.9
_USED_TO = timedelta(weeks=4)  # a new face that was shown for so long is the source's own


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What a good answer came to. `published` are the instants of its new items."""

    published: tuple[datetime, ...] = ()
    window: int = 0  # entries of the document, 0 when it was not read
    fresh_for: timedelta | None = None
    full: bool = False  # it had a body
    reading: usual.Reading | None = None  # what the document held, where it was read
    backlog: bool = False  # what is new may have waited here since an earlier answer


def succeeded(source: Source, state: SourceState, heard: Heard, *, now: datetime) -> SourceState:
    """The source answered, with something new or without."""
    learned = state.rhythm
    if not heard.backlog:
        learned = rhythm.learn(
            learned, heard.published, window=heard.window, since=state.last_success, now=now, zone=source.timezone
        )
    reached = replace(
        state,
        last_checked=now,
        last_success=now,
        last_changed=now if heard.published else state.last_changed,
        last_full=now if heard.full else state.last_full,
        failures=0,
        strikes=0,
        failing=None,
        cadence=_cadence(state, heard.published, now=now),
        rhythm=learned,
        profile=_profile(state, heard, now=now),
        well_since=now if state.failing is not None else state.well_since,
    )
    return replace(reached, next_due=due.next_due(source, reached, now, fresh_for=heard.fresh_for))


def _profile(state: SourceState, heard: Heard, *, now: datetime) -> Profile | None:
    before, seen = state.profile, heard.reading
    known = usual.again(before, now=now) if seen is None else usual.read(before, seen, now=now)
    if heard.published and not heard.backlog:
        return usual.news(known, heard.published, since=state.last_changed, asked=state.last_success, now=now)
    return usual.silence(known, now=now)


def _cadence(state: SourceState, published: Sequence[datetime], *, now: datetime) -> timedelta | None:
    """The usual time between two items: the median of a document, later moved by what comes in between two passes.

    Two items that were posted five minutes apart say little: a source that posts in bursts is no quiet one an hour later.
    """
    if state.cadence is None or len(published) >= _SAMPLE:
        return rhythm.cadence(published) or state.cadence
    if not published or state.last_changed is None:
        return state.cadence
    return (3 * state.cadence + abs(now - state.last_changed) / len(published)) / 4


def failed(source: Source, state: SourceState, failure: Failed, *, now: datetime) -> SourceState:
    """The source could not be read. Nothing expires, and the validators of the last good answer stay."""
    # A source that was not asked, because its host wants to be left alone, is no worse than before
    asked = failure.failure is not Failure.RATE_LIMITED or failure.status is not None
    worse = replace(
        state,
        last_checked=now,
        failures=state.failures + asked,
        strikes=state.strikes + (backoff.weight(failure.failure) if asked else 0),
        failing=failing(state, failure, now=now),
    )
    return replace(worse, next_due=due.next_due(source, worse, now, retry_after=failure.retry_after))


def failing(state: SourceState, failure: Failed, *, now: datetime) -> Failing:
    """What is wrong, since when. A mistake of ours by its name alone: everybody may read this, and what Python has to say names
    files of this machine, or values; the log has it."""
    since = state.failing.since if state.failing else now
    message = failure.detail.partition(":")[0] if failure.failure is Failure.INTERNAL else failure.detail
    return Failing(failure=failure.failure, message=message, since=since)


def moved(
    state: SourceState, answer: Fetched | NotModified, *, now: datetime, secrets: Sequence[str] = ()
) -> SourceState:
    """With where a chain of permanent redirects led; with nothing where one hop is temporary."""
    if not answer.hops or any(hop.status not in _PERMANENT for hop in answer.hops):
        return replace(state, move=None) if state.move else state
    seen, there = state.move, urls.public(answer.url, secrets)
    if seen is None or seen.url != there:
        return replace(state, move=Move(url=there, since=now))
    return replace(state, move=replace(seen, times=seen.times + 1))


def hub(fetched: Fetched, document: Document) -> HubLink | None:
    """Who tells of the source's news, and under which name: by the headers, else by the document (WebSub section 4)."""
    if fetched.hub or not document.hubs:
        return fetched.hub
    named = min(document.hubs, key=lambda hub: not hub.startswith("https:"))  # a secret is sent to it
    return HubLink(named, document.topic or urls.public(fetched.url))


def faced(state: SourceState, document: Document, recognised: Sequence[Recognised], *, now: datetime) -> SourceState:
    """With the face that the source shows.

    Another title and another host of all links at once, with not one entry that is known: the domain may have lapsed and be
    somebody else's. What a publisher takes along when it moves or is renamed (ministries are, with every cabinet) still shows
    entries that are known.
    """
    shown = Face(title=document.title, host=_host(recognised))
    before = state.face
    if shown.host is None or shown.title is None:
        return state  # nothing new to look at
    if before is None or shown.title == before.title or shown.host == before.host:
        return replace(state, face=shown, drift=None)
    if state.drift is None:
        familiar = document.known or any(one.standing is not Standing.NEW for one in recognised)
        if familiar:
            return replace(state, face=shown)
        message = f"was {before.title!r} with links to {before.host}, is {shown.title!r} with links to {shown.host}"
        return replace(state, drift=Drift(message=message, since=now))
    if now - state.drift.since >= _USED_TO:
        return replace(state, face=shown, drift=None)
    return state


def _host(recognised: Sequence[Recognised]) -> str | None:
    """Where most of the links lead."""
    hosts = Counter(urls.host(one.entry.link).removeprefix("www.") for one in recognised if one.entry.link)
    return min(hosts, key=lambda host: (-hosts[host], host)) if hosts else None
