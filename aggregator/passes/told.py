"""At the end of a pass: what somebody is to be told is written down, published as a feed of its own, and sent.

An event is committed before it is sent, and sent until it was taken or is old news. A pass sends one message for all of them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from aggregator import __version__, urls
from aggregator.model import INSTALLATION, Event, Failed, SourceState, Telling
from aggregator.passes import alarms, health

if TYPE_CHECKING:
    from aggregator.config.load import Config
    from aggregator.store.connect import Store

SHOWN = 50  # events in the feed
_OLD = timedelta(days=3)  # what could not be sent for so long is not sent any more


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a pass came to: the states of all sources that were ever asked; why the published files could not be written."""

    states: Mapping[str, SourceState]
    unwritten: str | None = None


async def tell(
    config: Config, store: Store, output: Path, passed: Found, *, now: datetime, log: Callable[[], Any]
) -> tuple[Event, ...]:
    """Looks at all sources, and tells what is new: the events of this pass. Raises StoreError and OutputError."""
    before, last = store.unfinished_events()
    found = health.health(config.sources, passed.states, {})
    installation = alarms.Installation(offline_since=store.offline_since(), output=passed.unwritten)
    told = config.alarms.tell
    changed = alarms.step(
        tuple(event for event in before if event.open), found, installation, tell=told, last=last, now=now
    )
    store.commit_events(changed)
    if passed.unwritten is None:  # else nothing is written, and the end of that is an event
        publish(config, store, output, anew=bool(changed))
    waiting = {event.number: event for event in (*before, *changed) if event.waiting}
    if waiting:
        store.commit_events(await _sent(config, [waiting[number] for number in sorted(waiting)], now=now, log=log))
    return tuple(event for event in changed if event.number > last)


def publish(config: Config, store: Store, output: Path, *, anew: bool) -> None:
    """Writes `feeds/health.atom` where it is missing, or `anew`. Raises OutputError."""
    from aggregator.publish import files

    path = files.place(output, "feeds/health.atom")
    if not anew and path.is_file():
        return
    from aggregator.publish import events

    files.write(path, events.atom(config.site, [notice(event, config) for event in store.events(SHOWN)]))


def notice(event: Event, config: Config) -> Any:
    """An event as the feed shows it."""
    from aggregator.publish.events import Notice

    kind = "over" if event.over is not None else event.state.value if event.state else "installation"
    title, *paragraphs = in_words(as_dict(event, config))
    return Notice(number=event.number, at=event.at, title=title, term=kind, paragraphs=tuple(paragraphs))


def in_words(event: Mapping[str, Any]) -> Iterator[str]:
    """An event, given as `as_dict` has it, for people: its headline, then a paragraph or line each."""
    yield event["title"]
    if event["detail"]:
        yield event["detail"]
    yield event["advice"]
    for source in event["sources"]:
        yield f"{source['id']}: {source['name'] or 'not configured any more'}"


def as_dict(event: Event, config: Config) -> dict[str, Any]:
    """An event under stable keys, as the webhook and `status --json` have it. The name of a source that is not configured
    any more is None."""
    names = _names(config)
    return {
        "number": event.number,
        "at": health.rfc3339(event.at),
        "over": event.over,
        "state": event.state.value if event.state else "installation",
        "cause": event.cause,
        "title": alarms.headline(event, names),
        "detail": event.detail,
        "advice": alarms.advice(event),
        "sources": [{"id": one, "name": names.get(one)} for one in event.sources if one != INSTALLATION],
        "open": len(event.open),
    }


def recently(events: Sequence[Event], config: Config) -> Iterator[str]:
    """The last events for a terminal, newest first; nothing where there were none."""
    zone = ZoneInfo(config.site.timezone)
    if events:
        yield "events"
    for event in events:
        open_ = " (open)" if event.open else ""
        yield f"  {event.at.astimezone(zone):%Y-%m-%d %H:%M}  {alarms.headline(event, _names(config))}{open_}"


def _names(config: Config) -> dict[str, str]:
    return {source.id: source.name for source in config.sources}


# ---------------------------------------------------------------------------------------------------------------- sending


async def _sent(config: Config, events: Sequence[Event], *, now: datetime, log: Callable[[], Any]) -> list[Event]:
    """The events as they are after everything was sent that could be."""
    done = {event.number: set(event.waiting) - set(config.alarms.tell) for event in events}
    for way in config.alarms.tell:
        those = [event for event in events if way in event.waiting]
        fresh = [event for event in those if now - event.at <= _OLD]
        failed = await _send(way, config, fresh) if fresh else None
        if failed is not None:
            detail = urls.redacted(failed.detail)
            log().warning("alarm.not_sent", way=way.value, failure=failed.failure.value, detail=detail)
        for event in those:
            if failed is None or event not in fresh:
                done[event.number].add(way)
    left = [
        replace(event, waiting=tuple(way for way in event.waiting if way not in done[event.number])) for event in events
    ]
    return [event for event, before in zip(left, events, strict=True) if event != before]


async def _send(way: Telling, config: Config, events: Sequence[Event]) -> Failed | None:
    webhook, mail = config.alarms.webhook, config.alarms.mail
    if way is Telling.WEBHOOK and webhook is not None:
        from aggregator.fetch import post

        agent = f"aggregator/{__version__} (+{config.contact})"
        content = json.dumps(document(config, events), ensure_ascii=False).encode("utf-8", "replace")
        return await post.post(
            webhook.url,
            content,
            content_type="application/json",
            user_agent=agent,
            private=webhook.private_network,
        )
    assert mail is not None
    from aggregator.fetch import mail as mailing

    said = document(config, events)
    numbers = " ".join(str(event.number) for event in events)
    name = blake2b(f"{config.site.minting} {numbers}".encode(), digest_size=12).hexdigest()
    message_id = f"<{name}@{mail.sender.rpartition('@')[2]}>"
    return await mailing.send(mail, said["title"], said["text"], message_id=message_id, at=events[-1].at)


def document(config: Config, events: Sequence[Event]) -> dict[str, Any]:
    """What is sent: `title` and `text` for people (chat programs show `text`), `events` for programs."""
    shown = [as_dict(event, config) for event in events]
    title = shown[0]["title"] if len(shown) == 1 else f"{len(shown)} events, {shown[0]['title']}"
    parts = ["\n  ".join(in_words(event)) for event in shown]
    page = f"{config.site.base_url}{'status' if config.site.served else 'feeds/health.atom'}"
    return {
        "installation": config.site.title,
        "url": config.site.base_url,
        "title": f"[{config.site.title}] {title}",
        "text": "\n\n".join([*parts, page]) + "\n",
        "events": shown,
    }
