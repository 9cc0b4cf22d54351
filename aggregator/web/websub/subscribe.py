"""Our subscriptions to sources: what is asked of which hub, and what becomes of what hubs say."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from aggregator import urls
from aggregator.model import Failed, HubLink, Mode, Push, PushState, Sent, Source
from aggregator.store.websub import Subscriptions
from aggregator.web.websub import protocol
from aggregator.web.websub.outbox import Parcel, Returned, Room

# Until a hub that was asked is asked again, unless it asks back: the last for ever
_PATIENCE = (timedelta(minutes=10), timedelta(hours=1), timedelta(hours=6), timedelta(days=1))
DENIED = timedelta(days=30)  # until a hub that said no is asked again
_RENEWED = 0.8  # of a lease
_FAREWELLS = 3  # times that a hub is asked to end a subscription; it ends by itself in any case
_REMEMBERED = timedelta(days=10)  # a subscription that ended: who still sends is told so
_HUB_HOPS = 3  # a hub may name another one (section 5.1.2)
_GAP = timedelta(seconds=10)  # between two looks at a source for a hub's sake; doubles with each in vain
_LONGEST_GAP = timedelta(minutes=15)
_ENDED = frozenset({PushState.LEAVING, PushState.LEFT})


@dataclass(frozen=True, slots=True, kw_only=True)
class Requesting:
    """A request on its way to a hub."""

    push: Push
    mode: Mode
    hops: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is to be asked, and what to be forgotten."""

    ask: tuple[Push, ...]
    forget: tuple[str, ...]  # tokens


# ------------------------------------------------------------------------------------------------------ what is decided


def plan(wanted: Mapping[str, HubLink], pushes: Sequence[Push], *, now: datetime, drawn: Callable[[], str]) -> Plan:
    """What brings our subscriptions to what is wanted, by source; `drawn` gives tokens and secrets. Pure but for that."""
    ask: list[Push] = []
    forget: list[str] = []
    served: set[str] = set()
    for push in pushes:
        if push.state not in _ENDED and wanted.get(push.source_id) == (push.hub, push.topic):
            served.add(push.source_id)
            if push.next_try <= now:
                ask.append(_once_more(push, now))
        elif push.state not in _ENDED:
            ask.append(replace(push, state=PushState.LEAVING, asked=now, tries=1, next_try=now + _PATIENCE[0]))
        elif push.next_try <= now:
            if push.state is PushState.LEFT or push.tries >= _FAREWELLS:
                forget.append(push.token)
            else:
                ask.append(_once_more(push, now))
    new = (_first(source_id, wanted[source_id], now, drawn) for source_id in sorted(wanted.keys() - served))
    return Plan(ask=(*ask, *new), forget=tuple(forget))


def _first(source_id: str, link: HubLink, now: datetime, drawn: Callable[[], str]) -> Push:
    return Push(
        token=drawn(),
        source_id=source_id,
        hub=link.hub,
        topic=link.topic,
        secret=drawn(),
        asked=now,
        tries=1,
        next_try=now + _PATIENCE[0],
    )


def _once_more(push: Push, now: datetime) -> Push:
    """With the time for the case that the hub does not ask back."""
    over = push.state is PushState.LIVE and push.expires is not None and push.expires <= now
    state = PushState.ASKED if over or push.state is PushState.DENIED else push.state
    patience = _PATIENCE[min(push.tries, len(_PATIENCE) - 1)]
    return replace(push, state=state, asked=now, tries=push.tries + 1, next_try=now + patience)


def confirmed(push: Push, form: Mapping[str, str], now: datetime) -> dict[str, Any] | None:
    """What changes about a subscription of ours when its hub asks whether we meant it; None: we did not (section 5.3.1)."""
    mode, topic = form.get("hub.mode"), form.get("hub.topic")
    if topic != push.topic:
        return None
    if mode == Mode.UNSUBSCRIBE:
        leaves = push.state is PushState.LEAVING
        return {"state": PushState.LEFT, "next_try": now + _REMEMBERED, "expires": None} if leaves else None
    seconds = protocol.given_lease(form.get("hub.lease_seconds", ""))
    if mode != Mode.SUBSCRIBE or push.state not in {PushState.ASKED, PushState.LIVE} or seconds is None:
        return None
    return {
        "state": PushState.LIVE,
        "expires": now + timedelta(seconds=seconds),
        "tries": 0,
        "next_try": now + timedelta(seconds=seconds) * _RENEWED,
        "reason": None,
    }


def denied(push: Push, form: Mapping[str, str], now: datetime) -> dict[str, Any] | None:
    """What changes when its hub says no (section 5.2), which it may at any time; None where it speaks of something else."""
    if form.get("hub.mode") != "denied" or form.get("hub.topic") != push.topic or push.state in _ENDED:
        return None
    reason = form.get("hub.reason", "")[:200] or "the hub gave no reason"
    return {"state": PushState.DENIED, "expires": None, "next_try": now + DENIED, "tries": 0, "reason": reason}


def gap(idle: int) -> timedelta:
    """How long after its last request a source is left alone, whatever its hub says."""
    return min(_GAP * (1 << min(idle, 10)), _LONGEST_GAP)


# ----------------------------------------------------------------------------------------------------------- what is done


def look(shelf: Subscriptions, pushes: Sequence[Push], now: datetime) -> None:
    """Has the sources asked that a hub has news of. A hint holds until the source was asked after it came."""
    hinted = [(push, push.hinted) for push in pushes if push.hinted is not None]
    if not hinted:
        return
    checked = shelf.checked([push.source_id for push, _ in hinted])
    due: list[str] = []
    for push, since in hinted:
        last, changed = checked.get(push.source_id, (None, None))
        idle = weighed(push, last, changed)
        if last != push.looked:
            shelf.change(push.token, looked=last, idle=idle)
        if last is not None and last >= since:
            shelf.followed(push.token, since)
        elif last is None or abs(now - last) >= gap(idle):
            due.append(push.source_id)
    if due:
        shelf.make_due(due, now)


def weighed(push: Push, last: datetime | None, changed: datetime | None) -> int:
    """How many requests in a row found nothing new while the hub said that there is, with the one at `last`; the last new item
    was found at `changed`. Pure."""
    if last is None or last == push.looked:
        return push.idle
    useful = changed is not None and (push.looked is None or changed > push.looked)
    return 0 if useful else push.idle + 1


@dataclass(slots=True, kw_only=True)
class Subscribing:
    """Our side of a round as a subscriber: writes down what came back, and says what is to be sent."""

    callbacks: str  # the address that tokens stand behind
    sources: Mapping[str, Source]
    drawn: Callable[[], str]
    log: Any

    def round(self, shelf: Subscriptions, returned: Sequence[Returned], room: Room, now: datetime) -> list[Parcel]:
        """The requests for which there is a reason and room."""
        following = [parcel for one in returned for parcel in self._answered(shelf, one)]
        pushes = shelf.pushes()
        look(shelf, pushes, now)
        wanted = {source_id: link for source_id, link in shelf.links().items() if source_id in self.sources}
        decided = plan(wanted, pushes, now=now, drawn=self.drawn)
        if decided.forget:
            shelf.forget(decided.forget)
        able = [push for push in decided.ask if room.take(("push", push.token), urls.host(push.hub))]
        shelf.put(able)
        return [*following, *(self._request(push) for push in able)]

    def _request(self, push: Push) -> Parcel:
        mode = Mode.UNSUBSCRIBE if push.state is PushState.LEAVING else Mode.SUBSCRIBE
        return self._parcel(Requesting(push=push, mode=mode), push.hub)

    def _parcel(self, requesting: Requesting, hub: str) -> Parcel:
        push = requesting.push
        message = protocol.subscription(hub, requesting.mode, push.topic, f"{self.callbacks}{push.token}", push.secret)
        source = self.sources.get(push.source_id)
        # As with a source's links: its own host may stand in one's own network, no other may
        private = source is not None and source.private_network and urls.host(hub) == urls.host(source.url)
        return Parcel(
            key=("push", push.token),
            host=urls.host(hub),
            message=replace(message, private_network=private),
            about=requesting,
        )

    def _answered(self, shelf: Subscriptions, one: Returned) -> Iterator[Parcel]:
        requesting = one.parcel.about
        if not isinstance(requesting, Requesting):
            return
        push, outcome = requesting.push, one.outcome
        if isinstance(outcome, Sent):
            if outcome.location and outcome.status in {307, 308} and requesting.hops < _HUB_HOPS:
                yield self._parcel(replace(requesting, hops=requesting.hops + 1), outcome.location)
                return
            if 200 <= outcome.status < 300:
                return
        reason = outcome.detail if isinstance(outcome, Failed) else f"HTTP {outcome.status}"
        shelf.change(push.token, reason=reason)
        self.log().warning(
            "websub.hub_refused",
            source=push.source_id,
            hub=urls.host(push.hub),
            mode=requesting.mode.value,
            detail=reason,
        )
