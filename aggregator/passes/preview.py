"""What a source would give, without a store: for `sources preview` and `sources check`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from aggregator import text, urls
from aggregator.errors import ADVICE
from aggregator.model import DateTrust, Failed, Fetched, Item, NotModified, Rejected, Rights, Source, Unreadable
from aggregator.passes import gather_source, health
from aggregator.stories import identity

_FOLLOWED = 3  # pages behind links that a preview asks for: enough to see whether the recipe fits


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What was found; `kind` is the format that was read, "" where nothing was."""

    source: Source
    kind: str
    title: str | None  # what the source calls itself
    items: tuple[Item, ...]
    problems: tuple[str, ...]
    advice: str | None = None  # what to do where nothing was found
    rights: Rights | None = None  # what its answer reserves


async def preview(source: Source, tools: gather_source.Tools, *, now: datetime) -> Preview:
    """Fetches and reads a source as a pass would, and follows a few of its links."""
    outcome = await tools.client.fetch(
        source.url, private_network=source.private_network, robots_txt=source.robots, now=now
    )
    match outcome:
        case Failed():
            problem = urls.redacted(text.line(f"{outcome.failure.value}: {outcome.detail}"), source.secrets)
            return _nothing(source, problem, advice=ADVICE[outcome.failure])
        case NotModified():
            return _nothing(source, "the server says not modified though nothing was remembered")
        case Fetched():
            return await _read(source, outcome, tools, now=now)


def _nothing(source: Source, problem: str, *, advice: str | None = None) -> Preview:
    return Preview(source=source, kind="", title=None, items=(), problems=(problem,), advice=advice)


async def _read(source: Source, fetched: Fetched, tools: gather_source.Tools, *, now: datetime) -> Preview:
    document = await gather_source.read(source, fetched, tools)
    if isinstance(document, Unreadable):
        problem = f"{document.failure.value}: {document.detail}"
        return _nothing(source, problem, advice=ADVICE[document.failure])
    problems = list(document.repairs)
    if fetched.hops:
        problems.append(f"redirected to {urls.public(fetched.url, source.secrets)}")
    recognised = identity.recognise(document.entries, gather_source.NOTHING_KNOWN, stable_keys=tools.stable_keys)
    followed, _ = await gather_source.completed(source, recognised[:_FOLLOWED], tools, now=now, rights=fetched.rights)
    entries = [*(one.recognised for one in followed), *recognised[_FOLLOWED:]]
    cleaned = await tools.sandbox.clean(entries, source, now=now)
    if isinstance(cleaned, Unreadable):
        return _nothing(source, f"{cleaned.failure.value}: {cleaned.detail}", advice=ADVICE[cleaned.failure])
    items = []
    for one in cleaned:
        if isinstance(one, Rejected):
            problems.append(f"an entry is left out: {one.reason}")
        else:
            items.append(one[0])
    problems += _doubts(items)
    if not items:
        problems.append("no entries")
    return Preview(
        source=source,
        kind=document.format,
        title=document.title,
        items=tuple(items),
        problems=tuple(problems),
        rights=fetched.rights,
    )


def _doubts(items: list[Item]) -> list[str]:
    undated = sum(item.date_trust is DateTrust.FIRST_SEEN for item in items)
    empty = sum(not item.text and not item.summary for item in items)
    doubts = []
    if undated:
        doubts.append(f"{undated} of {len(items)} entries have no date that can be read")
    if empty:
        doubts.append(f"{empty} of {len(items)} entries have no text")
    return doubts


def as_dict(shown: Preview) -> dict[str, Any]:
    """A preview under the stable keys of `sources preview --json`."""
    return {
        "source": shown.source.id,
        "kind": shown.kind,
        "entries": [
            {
                "title": item.title,
                "url": item.url,
                "published": None if item.date_trust is DateTrust.FIRST_SEEN else health.rfc3339(item.published),
                "summary": item.summary,
                "issuer": item.issuer,
                "characters": len(item.text),
            }
            for item in shown.items
        ],
        "problems": list(shown.problems),
        "advice": shown.advice,
        "rights": health.rights(shown.rights),
    }


def unconfigured(url: str, *, language: str, timezone: str, private_network: bool) -> Source:
    """A source for an address that nobody configured yet."""
    plain = Source(id="preview", name=urls.public(url), url=url, language=language, timezone=timezone)
    return replace(plain, private_network=private_network)
