"""The gather stroke for one source: fetch, parse, recognise, complete, clean; one transaction at the end.

The shell asks and commits; what is decided is decided by pure rooms. Whatever goes wrong out there ends in a state that says so.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from aggregator import due, text, urls
from aggregator.errors import Failure
from aggregator.fetch import conditional
from aggregator.fetch.client import FEEDS
from aggregator.model import (
    Ahead,
    Document,
    Entry,
    Failed,
    Fetched,
    FullText,
    Hints,
    Item,
    ItemKey,
    Known,
    Limits,
    NotModified,
    Outcome,
    Recognised,
    Rejected,
    Rights,
    Source,
    SourceState,
    SourceUpdate,
    Standing,
    Unreadable,
    Validators,
)
from aggregator.passes import once, remember, usual
from aggregator.stories import identity

if TYPE_CHECKING:
    from aggregator.fetch.client import Client
    from aggregator.passes.parser import Cleaned
    from aggregator.passes.sandbox import Sandbox
    from aggregator.store.connect import Store

# Pages behind links that one source may cost in one pass: the first pass over a long listing is spread over several.
DETAILS = 60
_PAGES = "text/html,application/xhtml+xml"
# A page that will not be there next time either: not to be asked for again, nor the whole document for its sake
_FOR_GOOD = frozenset(
    {Failure.HTTP_404, Failure.GONE, Failure.BLOCKED_ADDRESS, Failure.SCHEME, Failure.TOO_LARGE, Failure.ROBOTS}
)
NOTHING_KNOWN = Known(items={}, aliases={}, fingerprints=frozenset())


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """What a gather works with: opened once for a pass."""

    client: Client
    sandbox: Sandbox
    limits: Limits
    stable_keys: tuple[re.Pattern[str], ...]
    once: once.Once = field(default_factory=once.Once)
    shared: frozenset[str] = frozenset()  # addresses that several sources have


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """What gathering one source came to; the update is not yet committed."""

    source_id: str
    status: Literal["ok", "unchanged", "failed", "offline"]
    update: SourceUpdate
    entries: int = 0
    repairs: tuple[str, ...] = ()  # what was wrong with the document and was mended
    ahead: Mapping[ItemKey, Ahead] = field(default_factory=dict)  # of new and changed items
    failed: Failed | None = None


async def gather(source: Source, state: SourceState, store: Store, tools: Tools, *, now: datetime) -> Gathered:
    """Asks one source what is new."""
    outcome = await _asked(source, state, tools, now=now)
    match outcome:
        case Failed():
            return failed(source, state, outcome, now=now)
        case NotModified():
            return unchanged(source, state, outcome, now=now)
        case Fetched() if not conditional.changed(outcome, state.body_hash):
            return unchanged(source, state, outcome, now=now)
        case Fetched():
            return await _read(source, state, outcome, store, tools, now=now)


async def _asked(source: Source, state: SourceState, tools: Tools, *, now: datetime) -> Outcome:
    async def fetch() -> Outcome:
        return await tools.client.fetch(
            source.url,
            validators=Validators() if due.full(state, now) else state.validators,
            private_network=source.private_network,
            robots_txt=source.robots,
            now=now,
        )

    if source.url not in tools.shared:
        return await fetch()
    return await tools.once.ask(once.key(source, source.url, private=source.private_network, accept=FEEDS), fetch)


async def asked_behind(source: Source, link: str, tools: Tools, *, now: datetime, accept: str = FEEDS) -> Outcome:
    """The answer for an address that a source leads to: a further page of a list, the page behind an entry's link."""
    private = _private(source, link)

    async def fetch() -> Outcome:
        return await tools.client.fetch(link, private_network=private, robots_txt=source.robots, now=now, accept=accept)

    return await tools.once.ask(once.key(source, link, private=private, accept=accept), fetch)


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
    window = len(document.entries) + len(document.known)
    document = await _following_pages(source, document, known, tools, now=now)
    recognised = identity.recognise(document.entries, known, stable_keys=tools.stable_keys)
    complete, deferred = await completed(source, recognised, tools, now=now, rights=fetched.rights)
    wanted = [one for one in complete if _says_more(one, known)]
    cleaned = await tools.sandbox.clean([one.recognised for one in wanted], source, now=now)
    if isinstance(cleaned, Unreadable):
        return failed(source, state, Failed(failure=cleaned.failure, detail=cleaned.detail), now=now)
    moved = replace(
        remember.moved(state, fetched, now=now, secrets=source.secrets),
        rest=document.rest,
        rights=fetched.rights,
        hub=remember.hub(fetched, document),
    )
    items = (one if isinstance(one, Rejected) else one[0] for one in cleaned)
    update = plan(moved, complete, list(zip(wanted, items, strict=True)), known)
    heard = remember.Heard(
        published=tuple(item.published for item in update.new),
        window=window,
        fresh_for=fetched.fresh_for,
        full=True,
        backlog=not first and state.body_hash is None,
        reading=None if document.truncated else usual.reading(window, _looked_at(complete)),
    )
    after = remember.succeeded(source, remember.faced(moved, document, recognised, now=now), heard, now=now)
    # An answer is remembered only when all that it says is stored; else the same bytes must be read again.
    cut = _cut(document)
    whole = not deferred and not cut and all(one.whole for one in complete)
    remembered = replace(
        after,
        validators=fetched.validators if whole else Validators(),
        body_hash=conditional.body_hash(fetched.body) if whole else None,
        failing=remember.failing(state, cut, now=now) if cut else None,
    )
    return Gathered(
        source_id=source.id,
        status="failed" if cut else "ok",
        update=replace(update, state=remembered, listed=_listed(document)),
        entries=len(document.entries) + len(document.known),
        repairs=document.repairs,
        ahead=_ahead(cleaned, update),
        failed=cut,
    )


def _listed(document: Document) -> tuple[str, ...]:
    """The fingerprints of all that the source shows now: retention leaves it alone."""
    return tuple(sorted({*document.known, *(entry.fingerprint for entry in document.entries)}))


def _looked_at(complete: Sequence[Completed]) -> list[Entry]:
    """The entries that were read as they are to be stored: of those that are known no page was asked for."""
    return [one.recognised.entry for one in complete if one.whole and one.recognised.standing is not Standing.UNCHANGED]


def _ahead(cleaned: Sequence[Cleaned], update: SourceUpdate) -> Mapping[ItemKey, Ahead]:
    """Of the items that are stored as they were cleaned: of a source that reserves its texts less is."""
    stored = {item.key: item.text for item in (*update.new, *update.changed)}
    pairs = (one for one in cleaned if not isinstance(one, Rejected))
    return {item.key: ahead for item, ahead in pairs if ahead is not None and stored.get(item.key) == item.text}


def _cut(document: Document) -> Failed | None:
    """A document that breaks off is a failure that gave something: its whole entries are taken, and it is asked for again as
    soon as any other source."""
    if not document.truncated:
        return None
    taken = len(document.entries) + len(document.known)
    return Failed(
        failure=Failure.TRUNCATED, detail=f"the document breaks off; the {taken} entries before that were taken"
    )


async def read(
    source: Source, fetched: Fetched, tools: Tools, *, known: frozenset[str] = frozenset()
) -> Document | Unreadable:
    """What a source's answer says, read in the sandbox."""
    hints = Hints(
        url=urls.public(fetched.url, source.secrets),  # `#top` leads to the page with its query, and may be published
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
        page = await asked_behind(source, following, tools, now=now)
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
    source: Source,
    recognised: Sequence[Recognised],
    tools: Tools,
    *,
    now: datetime,
    rights: Rights | None = None,
) -> tuple[list[Completed], int]:
    """The entries with their pages' texts; and how many are left for the next pass, which sees them as new again. Where
    `rights` reserve the texts, no page is asked for."""
    if rights and rights.reserved:
        return [Completed(recognised=one) for one in recognised], 0
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
    outcome = await asked_behind(source, link, tools, now=now, accept=_PAGES)
    if not isinstance(outcome, Fetched):
        passing = isinstance(outcome, Failed) and outcome.failure not in _FOR_GOOD
        return Completed(recognised=one, whole=not passing)
    if outcome.rights and outcome.rights.page_reserved:
        return Completed(recognised=one)
    hints = Hints(
        url=urls.public(outcome.url, source.secrets),
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


def _says_more(one: Completed, known: Known) -> bool:
    """Whether it may say something that is not stored. Of an entry whose page did not answer what is stored says more."""
    stored = one.recognised.guid in known.items
    return one.recognised.standing is not Standing.UNCHANGED and (one.whole or not stored)


def plan(
    state: SourceState,
    complete: Sequence[Completed],
    cleaned: Sequence[tuple[Completed, Item | Rejected]],
    known: Known,
) -> SourceUpdate:
    """All that is to be committed for a source that answered; `cleaned` are those entries that may say something new. Pure."""
    new: list[Item] = []
    changed: list[Item] = []
    refreshed: list[tuple[str, str]] = []
    for one, item in cleaned:
        if isinstance(item, Rejected):
            continue
        kept = item
        if state.rights and state.rights.reserved:  # its excerpt, and nothing to be mined beyond it
            kept = replace(kept, html="", text=item.summary)
        if not one.whole:  # stored as it is; another fingerprint makes the next pass ask for its page again
            kept = replace(kept, fingerprint="")
        before = known.items.get(one.recognised.guid)
        if before is None:
            new.append(kept)
        elif before.content_hash != item.content_hash or before.url != item.url:
            changed.append(kept)
        elif before.fingerprint != item.fingerprint:
            refreshed.append((one.recognised.guid, kept.fingerprint))
    return SourceUpdate(
        state=state,
        new=tuple(new),
        changed=tuple(changed),
        refreshed=tuple(refreshed),
        aliases=tuple((alias, one.recognised.guid) for one in complete for alias in one.recognised.aliases),
        rejected=tuple(item for _, item in cleaned if isinstance(item, Rejected)),
    )


def unchanged(source: Source, state: SourceState, answer: Fetched | NotModified, *, now: datetime) -> Gathered:
    """The source has nothing new."""
    # A 304 seldom says of rights what the document said
    rights = answer.rights or (state.rights if isinstance(answer, NotModified) else None)
    moved = remember.moved(
        replace(state, validators=answer.validators, rights=rights), answer, now=now, secrets=source.secrets
    )
    heard = remember.Heard(fresh_for=answer.fresh_for, full=isinstance(answer, Fetched))
    update = SourceUpdate(state=remember.succeeded(source, moved, heard, now=now))
    return Gathered(source_id=source.id, status="unchanged", update=update)


def failed(source: Source, state: SourceState, failure: Failed, *, now: datetime) -> Gathered:
    """The source could not be read."""
    told = replace(failure, detail=urls.redacted(text.line(failure.detail), source.secrets))
    update = SourceUpdate(state=remember.failed(source, state, told, now=now))
    return Gathered(source_id=source.id, status="failed", update=update, failed=told)
