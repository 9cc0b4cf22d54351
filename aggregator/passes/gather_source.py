"""The gather stroke for one source: fetch, parse, recognise, complete, clean; one transaction at the end.

The shell asks and commits; what is decided is decided by pure rooms. Whatever goes wrong out there ends in a state that says so.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal

from aggregator import due, urls
from aggregator.errors import Failure
from aggregator.fetch import conditional
from aggregator.model import (
    Document,
    Entry,
    Failed,
    Failing,
    Fetched,
    FullText,
    Hints,
    Item,
    Known,
    Limits,
    NotModified,
    Recognised,
    Rejected,
    Source,
    SourceState,
    SourceUpdate,
    Standing,
    Unreadable,
    Validators,
)
from aggregator.stories import identity

if TYPE_CHECKING:
    from aggregator.fetch.client import Client
    from aggregator.passes.sandbox import Sandbox
    from aggregator.store.connect import Store

# Pages behind links that one source may cost in one pass: the first pass over a long listing is spread over several.
DETAILS = 60
# A page that will not be there next time either: not to be asked for again, nor the whole document for its sake
_FOR_GOOD = frozenset(
    {Failure.HTTP_404, Failure.GONE, Failure.BLOCKED_ADDRESS, Failure.SCHEME, Failure.TOO_LARGE, Failure.ROBOTS}
)
_SAMPLE = 5  # so many new items make a median of their own
_PERMANENT = frozenset({301, 308})
NOTHING_KNOWN = Known(items={}, aliases={}, fingerprints=frozenset())


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """What a gather works with: opened once for a pass."""

    client: Client
    sandbox: Sandbox
    limits: Limits
    stable_keys: tuple[re.Pattern[str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """What gathering one source came to; the update is not yet committed."""

    source_id: str
    status: Literal["ok", "unchanged", "failed"]
    update: SourceUpdate
    entries: int = 0
    new: int = 0
    updated: int = 0
    repairs: tuple[str, ...] = ()  # what was wrong with the document and was mended
    failed: Failed | None = None
    seconds: float = 0.0  # from its turn to its answer read


async def gather(source: Source, state: SourceState, store: Store, tools: Tools, *, now: datetime) -> Gathered:
    """Asks one source what is new."""
    outcome = await tools.client.fetch(
        source.url, validators=state.validators, private_network=source.private_network, now=now
    )
    match outcome:
        case Failed():
            return failed(source, state, outcome, now=now)
        case NotModified(validators=validators):
            return unchanged(source, replace(state, validators=validators), now=now)
        case Fetched() if not conditional.changed(outcome, state.body_hash):
            return unchanged(source, replace(state, validators=outcome.validators), now=now)
        case Fetched():
            return await _read(source, state, outcome, store, tools, now=now)


async def _read(
    source: Source, state: SourceState, fetched: Fetched, store: Store, tools: Tools, *, now: datetime
) -> Gathered:
    # A listing's entries are few and cheap, and their pages are compared by what the listing says: nothing is cut out there.
    first = state.last_success is None  # nothing of it can be stored yet
    fingerprints = frozenset[str]() if first or source.listing else store.fingerprints(source.id)
    document = await read(source, fetched, tools, known=fingerprints)
    if isinstance(document, Unreadable):
        return failed(source, state, Failed(failure=document.failure, detail=document.detail), now=now)
    if not document.entries and not document.known and source.listing:
        detail = f"the recipe's item selector {source.listing.item!r} finds nothing on the page"
        return failed(source, state, Failed(failure=Failure.NO_ENTRIES, detail=detail), now=now)
    known = store.known(source.id) if document.entries and not first else NOTHING_KNOWN
    document = await _following_pages(source, document, known, tools, now=now)
    recognised = identity.recognise(document.entries, known, stable_keys=tools.stable_keys)
    complete, deferred = await completed(source, recognised, tools, now=now)
    update = plan(source, _moved(state, fetched), complete, known, now=now, limits=tools.limits)
    # An answer is remembered only when all that it says is stored; else the same bytes must be read again.
    cut = _cut(document)
    whole = not deferred and not cut and all(one.whole for one in complete)
    remembered = replace(
        update.state,
        validators=fetched.validators if whole else Validators(),
        body_hash=conditional.body_hash(fetched.body) if whole else None,
        failing=_failing(state, cut, now=now) if cut else None,
    )
    return Gathered(
        source_id=source.id,
        status="failed" if cut else "ok",
        update=replace(update, state=remembered),
        entries=len(document.entries) + document.known,
        new=len(update.new),
        updated=len(update.changed),
        repairs=document.repairs,
        failed=cut,
    )


def _cut(document: Document) -> Failed | None:
    """A document that breaks off is a failure that gave something: its whole entries are taken, and it is asked for again as
    soon as any other source."""
    if not document.truncated:
        return None
    taken = len(document.entries) + document.known
    return Failed(
        failure=Failure.TRUNCATED, detail=f"the document breaks off; the {taken} entries before that were taken"
    )


async def read(
    source: Source, fetched: Fetched, tools: Tools, *, known: frozenset[str] = frozenset()
) -> Document | Unreadable:
    """What a source's answer says, read in the sandbox."""
    hints = Hints(
        url=fetched.url,
        content_type=fetched.content_type,
        charset=fetched.charset,
        kind=source.kind,
        listing=source.listing,
        limit=tools.limits.entries,
        characters=tools.limits.characters,
    )
    return await tools.sandbox.read(fetched.body, hints, known)


async def _following_pages(source: Source, first: Document, known: Known, tools: Tools, *, now: datetime) -> Document:
    """A listing with the pages after it, as far as they say something new.

    Paging ends where a page repeats (berlin.de gives the last page for every number past the end), where every entry is
    known, or at the recipe's number of pages.
    """
    document, following = first, first.next_page
    seen = {entry.fingerprint for entry in first.entries}
    for _ in range((source.listing.pages if source.listing else 1) - 1):
        if following is None or all(entry.fingerprint in known.fingerprints for entry in document.entries):
            break
        page = await tools.client.fetch(following, private_network=_private(source, following), now=now)
        reading = await read(source, page, tools) if isinstance(page, Fetched) else None
        if not isinstance(reading, Document):
            break
        more = tuple(entry for entry in reading.entries if entry.fingerprint not in seen)
        if not more:
            break
        seen.update(entry.fingerprint for entry in more)
        document = replace(document, entries=document.entries + more)
        following = reading.next_page
    return document


# ----------------------------------------------------------------------------------------------- the page behind the link


@dataclass(frozen=True, slots=True, kw_only=True)
class Completed:
    """A recognised entry with its page's text, where one was to be had. Not `whole`: to be asked for again."""

    recognised: Recognised
    whole: bool = True


async def completed(
    source: Source, recognised: Sequence[Recognised], tools: Tools, *, now: datetime
) -> tuple[list[Completed], int]:
    """The entries with their pages' texts; and how many are left for the next pass, which sees them as new again."""
    done: list[Completed] = []
    followed = deferred = 0
    for one in recognised:
        if one.standing is Standing.UNCHANGED or not follows(source, one.entry):
            done.append(Completed(recognised=one))
        elif followed < DETAILS:
            followed += 1
            done.append(await _complete(source, one, tools, now=now))
        else:
            deferred += 1
    return done, deferred


async def _complete(source: Source, one: Recognised, tools: Tools, *, now: datetime) -> Completed:
    link = urls.absolute(one.entry.link, source.url)
    assert link is not None
    outcome = await tools.client.fetch(
        link, private_network=_private(source, link), now=now, accept="text/html,application/xhtml+xml"
    )
    if not isinstance(outcome, Fetched):
        passing = isinstance(outcome, Failed) and outcome.failure not in _FOR_GOOD
        return Completed(recognised=one, whole=not passing)
    hints = Hints(
        url=outcome.url,
        content_type=outcome.content_type,
        charset=outcome.charset,
        characters=tools.limits.characters,
    )
    entry = await tools.sandbox.complete(one.entry, outcome.body, hints, source.detail)
    if isinstance(entry, Unreadable):
        return Completed(recognised=one)
    return Completed(recognised=replace(one, entry=entry))


def follows(source: Source, entry: Entry) -> bool:
    """Whether an entry's link is to be followed for its text.

    `auto` follows where a recipe says how to read the page, or where the entry has no text of its own, and only to the
    source's own site: a feed's links may lead anywhere.
    """
    link = urls.absolute(entry.link, source.url)
    if link is None or source.full_text is FullText.NEVER:
        return False
    if source.full_text is FullText.ALWAYS:
        return True
    own = {urls.host(url).removeprefix("www.") for url in (source.url, source.homepage or source.url)}
    if urls.host(link).removeprefix("www.") not in own:
        return False
    return source.detail is not None or (entry.content is None and entry.summary is None)


def _private(source: Source, link: str) -> bool:
    """`private_network` opens the source's own host, no other."""
    return source.private_network and urls.host(link) == urls.host(source.url)


# ------------------------------------------------------------------------------------------------------- what is decided


def plan(
    source: Source,
    state: SourceState,
    complete: Sequence[Completed],
    known: Known,
    *,
    now: datetime,
    limits: Limits,
) -> SourceUpdate:
    """All that is to be committed for a source that answered. Pure."""
    from aggregator.clean import item as clean  # 15 ms, and most passes find nothing new

    new: list[Item] = []
    changed: list[Item] = []
    refreshed: list[tuple[str, str]] = []
    rejected: list[Rejected] = []
    aliases = [(alias, one.recognised.guid) for one in complete for alias in one.recognised.aliases]
    for one in complete:
        recognised = one.recognised
        if recognised.standing is Standing.UNCHANGED:
            continue
        before = known.items.get(recognised.guid)
        if before is not None and not one.whole:
            continue  # its page did not answer: what is stored says more than the listing
        item = clean.clean(recognised, source, now=now, characters=limits.characters)
        if isinstance(item, Rejected):
            rejected.append(item)
            continue
        if not one.whole:  # stored as it is; another fingerprint makes the next pass ask for its page again
            item = replace(item, fingerprint="")
        if before is None:
            new.append(item)
        elif before.content_hash != item.content_hash or before.url != item.url:
            changed.append(item)
        elif before.fingerprint != item.fingerprint:
            refreshed.append((recognised.guid, item.fingerprint))
    return SourceUpdate(
        state=_succeeded(source, state, new, now=now),
        new=tuple(new),
        changed=tuple(changed),
        refreshed=tuple(refreshed),
        aliases=tuple(aliases),
        rejected=tuple(rejected),
    )


def _succeeded(source: Source, state: SourceState, new: Sequence[Item], *, now: datetime) -> SourceState:
    reached = replace(
        state,
        last_checked=now,
        last_success=now,
        last_changed=now if new else state.last_changed,
        failures=0,
        failing=None,
        cadence=_cadence(state, new, now=now),
    )
    return replace(reached, next_due=due.next_due(source, reached, now))


def _cadence(state: SourceState, new: Sequence[Item], *, now: datetime) -> timedelta | None:
    """The usual time between two items: the median of a document, later moved by what comes in between two passes.

    Two items that were posted five minutes apart say little: a source that posts in bursts is not asked every few minutes.
    """
    if state.cadence is None or len(new) >= _SAMPLE:
        return due.cadence([item.published for item in new]) or state.cadence
    if not new or state.last_changed is None:
        return state.cadence
    return (3 * state.cadence + (now - state.last_changed) / len(new)) / 4


def unchanged(source: Source, state: SourceState, *, now: datetime) -> Gathered:
    """The source has nothing new."""
    update = SourceUpdate(state=_succeeded(source, state, (), now=now))
    return Gathered(source_id=source.id, status="unchanged", update=update)


def failed(source: Source, state: SourceState, failure: Failed, *, now: datetime) -> Gathered:
    """The source could not be read. Nothing expires, and the validators of the last good answer stay."""
    worse = replace(state, last_checked=now, failures=state.failures + 1, failing=_failing(state, failure, now=now))
    next_due = due.next_due(source, worse, now, retry_after=failure.retry_after)
    update = SourceUpdate(state=replace(worse, next_due=next_due))
    return Gathered(source_id=source.id, status="failed", update=update, failed=failure)


def _failing(state: SourceState, failure: Failed, *, now: datetime) -> Failing:
    since = state.failing.since if state.failing else now
    return Failing(failure=failure.failure, message=failure.detail, since=since)


def _moved(state: SourceState, fetched: Fetched) -> SourceState:
    """Where a chain of permanent redirects leads (RFC 9110 sections 15.4.2 and 15.4.9); None where one hop is temporary."""
    permanent = bool(fetched.hops) and all(hop.status in _PERMANENT for hop in fetched.hops)
    return replace(state, moved_to=fetched.url if permanent else None)
