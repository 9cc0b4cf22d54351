"""How each source is, from what is remembered of it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from aggregator import urls
from aggregator.errors import ADVICE, Failure
from aggregator.model import Rights, Source, SourceState
from aggregator.passes import moves


class State(StrEnum):
    """The states of a source, as `status` names them."""

    OK = "ok"
    DRIFTING = "drifting"  # answers, but shows another face all at once
    QUIET = "quiet"  # answers, but has had nothing new for much longer than usual
    FAILING = "failing"
    BLOCKED = "blocked"  # the site, or our own address check, refuses
    GONE = "gone"
    PAUSED = "paused"  # `enabled: false`
    NEW = "new"  # never asked yet


_BLOCKED = frozenset(
    {
        Failure.HTTP_401,
        Failure.HTTP_403,
        Failure.BLOCKED_ADDRESS,
        Failure.RATE_LIMITED,
        Failure.CHALLENGE,
        Failure.ROBOTS,
    }
)
# Six times the usual gap, and never less than four weeks: ministries rest in summer and over Christmas.
_QUIET_GAPS = 6
_QUIET_AT_LEAST = timedelta(weeks=4)


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """One source's state with what it rests on."""

    source: Source
    state: State
    remembered: SourceState
    items: int


def health(
    sources: Sequence[Source], states: Mapping[str, SourceState], items: Mapping[str, int], *, now: datetime
) -> tuple[Health, ...]:
    """Every configured source in the order of the configuration."""
    return tuple(
        Health(
            source=source,
            state=_state(source, remembered, now=now),
            remembered=remembered,
            items=items.get(source.id, 0),
        )
        for source in sources
        for remembered in [states.get(source.id) or SourceState(source_id=source.id)]
    )


def lasting(source: Source, remembered: SourceState) -> State:
    """The state as far as it does not depend on when somebody looks: a source that is quiet counts as well."""
    if not source.enabled:
        return State.PAUSED
    if remembered.last_checked is None:
        return State.NEW
    if remembered.failing is not None and remembered.failing.failure is not Failure.OFFLINE:
        if remembered.failing.failure is Failure.GONE:
            return State.GONE
        return State.BLOCKED if remembered.failing.failure in _BLOCKED else State.FAILING
    if remembered.drift is not None:
        return State.DRIFTING
    return State.OK


def _state(source: Source, remembered: SourceState, *, now: datetime) -> State:
    state = lasting(source, remembered)
    silent = now - (remembered.last_changed or now)
    if state is State.OK and remembered.cadence and silent > max(_QUIET_AT_LEAST, _QUIET_GAPS * remembered.cadence):
        return State.QUIET
    return state


def as_dict(health: Health, *, now: datetime) -> dict[str, Any]:
    """One source under the stable keys of `status --json`."""
    remembered = health.remembered
    failing = remembered.failing
    return {
        "id": health.source.id,
        "name": health.source.name,
        "state": health.state.value,
        "error": None
        if failing is None
        else {
            "class": failing.failure.value,
            "message": failing.message,
            "advice": ADVICE[failing.failure],
            "since": rfc3339(failing.since),
        },
        "last_success": rfc3339(remembered.last_success),
        "last_checked": rfc3339(remembered.last_checked),
        "next_due": rfc3339(remembered.next_due),
        "items": health.items,
        "moved_to": remembered.move.url if remembered.move else None,
        "advice": list(advice(health, now=now)),
        "rights": rights(remembered.rights),
    }


def advice(health: Health, *, now: datetime) -> tuple[str, ...]:
    """What a person may do about a source, a sentence each; nothing for one that is well."""
    source, remembered = health.source, health.remembered
    said = []
    if remembered.failing is not None:
        said.append(ADVICE[remembered.failing.failure])
    if remembered.drift is not None:
        said.append(
            f"{remembered.drift.message}: look whether it is still the same publisher; if not, set `enabled: false`"
        )
    if health.state is State.QUIET:
        said.append("nothing new for far longer than usual: look at the site whether it publishes elsewhere now")
    if new := moves.proposed(source, remembered, now=now):
        said.append(f"moved for good to {urls.public(new)}: `aggregator sources check {source.id} --apply` writes it")
    return tuple(said)


def rights(reserved: Rights | None) -> dict[str, Any] | None:
    """What a source reserves under stable keys; null where it reserves nothing. `honoured`: only excerpts are kept."""
    if reserved is None:
        return None
    return {
        "tdm_reservation": reserved.tdm_reserved,
        "tdm_policy": reserved.tdm_policy,
        "robots_tag": list(reserved.robots),
        "honoured": reserved.reserved,
    }


def reserved(found: Rights | None) -> str:
    """The same in words for people; "" where nothing is reserved."""
    if found is None:
        return ""
    words = ["tdm-reservation: 1"] if found.tdm_reserved else []
    words += [f"X-Robots-Tag: {', '.join(found.robots)}"] if found.robots else []
    return "; ".join(words) + (" (excerpts only)" if found.reserved else " (noticed)")


def rfc3339(instant: datetime | None) -> str | None:
    """An instant in UTC as RFC 3339 writes it."""
    return None if instant is None else instant.isoformat().replace("+00:00", "Z")
