"""Who carried a story, and how each carrier's item differs from the origin's. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aggregator.model import Authority, Carried, DateTrust, Item
from aggregator.stories import differences
from aggregator.stories.profile import Profile

_WHOLE = 0.95


def carried(origin: Profile, carrier: Profile, item: Item) -> Carried:
    """How an item differs from the origin that it carries."""
    both = len(origin.shingles & carrier.shingles)
    share = both / max(1, len(origin.shingles))
    own = 1 - both / max(1, len(carrier.shingles))
    found = differences.between(origin, carrier) if both else None
    return Carried(
        item=item,
        share=round(share, 2),
        own=round(own, 2),
        other_title=origin.title != carrier.title,
        how=_how(origin, carrier, share, own),
        differences=found.pairs if found else (),
    )


def _how(origin: Profile, carrier: Profile, share: float, own: float) -> str:
    if origin.english != carrier.english:
        return "translation"
    if not origin.shingles or not carrier.shingles:
        return "no text"
    if share < 1 - _WHOLE:
        return "in other words"
    if share >= _WHOLE:
        return "whole text" if own < 1 - _WHOLE else "whole text with words of its own"
    return "shortened" if own < 1 - _WHOLE else "parts, with words of its own"


def why_origin(origin: Item, others: Sequence[Item], authority: Mapping[str, Authority]) -> str:
    """The rule by which the origin was chosen; the same for any order in which the items came."""
    if not others:
        return "alone"
    ranks = {authority.get(item.source_id, Authority.PUBLISHER) for item in (origin, *others)}
    own = authority.get(origin.source_id, Authority.PUBLISHER)
    peers = [item for item in others if authority.get(item.source_id, Authority.PUBLISHER) is own]
    if not peers:
        return f"the only {own.value} of {len(others) + 1}" if len(ranks) > 1 else own.value
    if origin.date_trust is DateTrust.FIRST_SEEN:
        return f"{own.value}; none of them gives a date, first by source id"
    dated = [item.published for item in peers if item.date_trust is not DateTrust.FIRST_SEEN]
    if not dated or origin.published < min(dated):
        return f"{own.value}, and the earliest of {len(peers) + 1}"
    return f"{own.value}, as early as others, first by source id"
