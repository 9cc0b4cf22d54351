"""How each source is, from what is remembered of it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from aggregator import urls
from aggregator.due import backoff
from aggregator.errors import ADVICE, Failure
from aggregator.model import Failing, Lacking, Profile, Rights, Source, SourceState, State
from aggregator.passes import lock, moves, usual

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
# What mends itself is mostly over within a day: a restart, a night's maintenance, an afternoon with a broken template. A source
# is asked again at the latest 24 hours after a failure, up to a tenth earlier: the second or third answer of that kind counts.
PATIENCE = timedelta(hours=20)
_IN_A_ROW, _IN_A_ROW_IF_HEAVY = 3, 2  # failures; heavy ones are those that waiting seldom mends
_CUT = timedelta(days=3)  # a document that breaks off still gives its first entries
_NEW_YEAR = timedelta(days=14)  # lists of the year's releases are empty until there is one
# A source is quiet after so many of its usual gaps, twice its longest, and never before two weeks; holidays count less.
_GAPS, _LONGEST, _QUIET_AT_LEAST = 6, 2, timedelta(days=14)
_FEW_GAPS = 3  # with fewer nothing is known yet
_QUIET_AT_MOST = timedelta(
    days=400
)  # whoever publishes once a year is late; of one that hardly ever did nothing else is known
_BY_CADENCE_AT_LEAST = timedelta(weeks=4)


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """One source's state with what it rests on."""

    source: Source
    state: State
    remembered: SourceState
    items: int


def health(
    sources: Sequence[Source], states: Mapping[str, SourceState], items: Mapping[str, int]
) -> tuple[Health, ...]:
    """Every configured source in the order of the configuration."""
    return tuple(
        Health(
            source=source,
            state=state(source, remembered),
            remembered=remembered,
            items=items.get(source.id, 0),
        )
        for source in sources
        for remembered in [states.get(source.id) or SourceState(source_id=source.id)]
    )


def state(source: Source, remembered: SourceState) -> State:
    """What is remembered says all: the state does not depend on when somebody looks."""
    if not source.enabled:
        return State.PAUSED
    if remembered.last_checked is None:
        return State.NEW
    failing = remembered.failing
    # One that never answered was never well: whoever has just written it down wants to know at once
    if failing is not None and (remembered.last_success is None or lasting(remembered)):
        if failing.failure is Failure.GONE:
            return State.GONE
        return State.BLOCKED if failing.failure in _BLOCKED else State.FAILING
    if drift(remembered) is not None:
        return State.DRIFTING
    return State.QUIET if _quiet(remembered) else State.OK


def lasting(remembered: SourceState) -> bool:
    """Whether what is wrong with a source has been seen often and long enough to be called its state; false where nothing is."""
    failing = remembered.failing
    if failing is None or failing.failure is Failure.OFFLINE:
        return False
    if failing.failure is Failure.GONE:
        return True  # it says so itself, and is asked again in a week
    seen = (remembered.last_checked or failing.since) - failing.since
    if failing.failure is Failure.TRUNCATED:
        return seen >= _CUT
    needed = _IN_A_ROW if backoff.weight(failing.failure) <= 1 else _IN_A_ROW_IF_HEAVY
    return remembered.failures >= needed and seen >= _patience(failing)


def _patience(failing: Failing) -> timedelta:
    if failing.failure is Failure.NO_ENTRIES and usual.beginning(failing.since):
        return _NEW_YEAR
    return PATIENCE


def drift(remembered: SourceState) -> tuple[str, datetime] | None:
    """How a source that answers is not what it was, and since when."""
    if remembered.drift is not None:
        return remembered.drift.message, remembered.drift.since
    profile = remembered.profile
    if profile is None:
        return None
    if profile.lacking is not None and _lacks(profile.lacking):
        return profile.lacking.what, profile.lacking.since
    if profile.pace is not None and profile.pace.scarce is not None:
        lately, before = profile.pace.lately * 7, profile.pace.usual * 7
        return f"{lately:.1f} new entries a week where {before:.0f} are usual", profile.pace.scarce
    return None


def _lacks(lacking: Lacking) -> bool:
    patience = _NEW_YEAR if usual.beginning(lacking.since) else PATIENCE
    return lacking.answers > 1 and lacking.until - lacking.since >= patience


def _quiet(remembered: SourceState) -> bool:
    """Up to its last answer: while it fails, or nobody asks, nothing is known of its silence."""
    if remembered.last_changed is None or remembered.last_success is None:
        return False
    silent = remembered.last_success - remembered.last_changed
    if silent <= _QUIET_AT_LEAST:
        return False
    if silent > _QUIET_AT_MOST:
        return True
    longest = _longest_silence(remembered.profile)
    if longest is not None:
        return usual.working(remembered.last_changed, remembered.last_success) > longest
    return bool(remembered.cadence) and silent > max(_BY_CADENCE_AT_LEAST, _GAPS * (remembered.cadence or silent))


def _longest_silence(profile: Profile | None) -> timedelta | None:
    if profile is None or profile.gap is None or profile.longest is None or profile.gaps < _FEW_GAPS:
        return None
    unsure = 1 + _FEW_GAPS / profile.gaps  # the longest of few is not the longest
    return max(_QUIET_AT_LEAST, unsure * max(_GAPS * profile.gap, _LONGEST * profile.longest))


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
        "last_pass": lock.pass_id(remembered.last_checked) if remembered.last_checked else None,
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
    elif health.state is State.DRIFTING and (drifting := drift(remembered)):
        said.append(f"{drifting[0]}: look at the site; a recipe may have to be mended, a filter in `url` renewed")
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
