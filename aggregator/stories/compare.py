"""Two items: are they the same piece of news, and why.

Everything here is symmetric and looks at the two items alone: not at who came first, not at the time, not at what else is
stored (the law of closures). Items are compared when they share keys (`stories/keys.py`); the answer is one of four:

    SAME       one release, carried twice: by address or id, as a copy of the text, as a translation, retold with all its facts
    UPDATE     the same release again with other figures, which says of itself that it corrects, or stands at the same address
    RELATED    the same event in other words
    DIFFERENT  much is the same, and something forbids it: other figures or names in the same place, dates far apart
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from aggregator import urls
from aggregator.model import DateTrust, Item, Match, Verdict
from aggregator.stories import differences, keys, likeness, wording
from aggregator.stories.keys import Kind
from aggregator.stories.profile import Profile

CONFIGURED = "configuration"
# Measured on 320 labelled press items: of two sources' pairs that are one release the shorter text stands in the longer one for
# 0.62 and more, of others for 0.36 at the most (a standing sentence about funding in two short texts).
_COPY = 0.5
_RUNS = 8  # runs of three words in common: ten words in a row
# One source's own items are one only where next to nothing differs
_SAME_TEXT = 0.9
_REVISED = 0.6
_SOON = timedelta(days=5)  # translations, retellings and revisions come within days
_CORRECTED = timedelta(days=3)
# Of the figures of the text with fewer, how many the other has: an agency's version has them all; a translation leaves some out,
# and a number word in one language may be none in the other
_TOLD = 0.8
_TOLD_ABROAD = 0.6


@dataclass(frozen=True, slots=True)
class Compared:
    """An item with what counts of it."""

    item: Item
    profile: Profile


class _Answer(NamedTuple):
    verdict: Verdict
    rule: str
    strength: float
    evidence: str


def compare(left: Compared, right: Compared, *, shared: Collection[int], window: timedelta) -> Match | None:
    """What two items that share these keys are to each other; None where that is nothing worth remembering. The order of the two
    does not matter."""
    if left.item.key == right.item.key or not shared:
        return None
    if right.item.key < left.item.key:
        left, right = right, left
    one_source = left.item.source_id == right.item.source_id
    answer = (_within if one_source else _between)(left, right, {keys.kind(key) for key in shared}, window)
    if answer is None:
        return None
    return Match(
        left=left.item.key,
        right=right.item.key,
        verdict=answer.verdict,
        rule=answer.rule,
        strength=round(answer.strength, 4),
        evidence=answer.evidence,
    )


def decided(left: Item, right: Item, verdict: Verdict) -> Match:
    """What somebody who looked at both wrote into the configuration; nothing outweighs it."""
    one, other = sorted((left.key, right.key))
    evidence = "the configuration says so"
    return Match(left=one, right=other, verdict=verdict, rule=CONFIGURED, strength=2.0, evidence=evidence)


def veto(left: Item, right: Item, *, window: timedelta) -> str | None:
    """What forbids that two items of two sources are one story, whatever they share; None where nothing does. Symmetric."""
    apart = _apart(left, right)
    return f"published {apart.days} days apart" if apart > window else None


def _apart(left: Item, right: Item) -> timedelta:
    """How long after the one the other was published; nothing where one of them has no date of its own."""
    if left.date_trust is DateTrust.FIRST_SEEN or right.date_trust is DateTrust.FIRST_SEEN:
        return timedelta()
    return max(left.published - _latest(right), right.published - _latest(left), timedelta())


def _latest(item: Item) -> datetime:
    """A day alone may mean any of its hours."""
    return item.published + timedelta(days=1) if item.date_trust is DateTrust.DAY else item.published


# ------------------------------------------------------------------------------------------------------------- two sources


def _between(left: Compared, right: Compared, kinds: Collection[Kind], window: timedelta) -> _Answer | None:
    exact = _exact(left, right, kinds)
    far = veto(left.item, right.item, window=window)
    if far:
        return _different("dates", far, exact) if exact else None
    if exact:
        if exact.rule == "content-hash" or wording.agree(left.item, right.item):
            return exact
        # One address, but nothing of the same in title and text: a page such as /newsletter/ that carries one item after the
        # other, a landing page, or a source that borrows another's address. Joining them would hide all but one.
        return _different("other-words", "nothing in common in title and text", exact)
    if left.profile.english != right.profile.english:
        return _translated(left, right)
    return _copied(left, right) or _retold(left, right) or _event(left, right)


def _exact(left: Compared, right: Compared, kinds: Collection[Kind]) -> _Answer | None:
    """A key is a number, and somebody may look for another page with the same one: what it stands for is compared as well."""
    page = urls.canonical(left.item.url)
    if Kind.URL in kinds and page == urls.canonical(right.item.url):
        return _Answer(Verdict.SAME, "canonical-url", 1.0, f"both stand at {page}")
    if Kind.STABLE in kinds:
        return _Answer(Verdict.SAME, "stable-key", 0.95, "both carry the same id of the publisher")
    if Kind.HASH in kinds and left.profile.words == right.profile.words:
        return _Answer(Verdict.SAME, "content-hash", 0.9, "both have the same words in title and text")
    return None


def _different(rule: str, reason: str, though: _Answer) -> _Answer:
    return _Answer(Verdict.DIFFERENT, rule, though.strength, f"{reason}, though {though.evidence}")


def _copied(left: Compared, right: Compared) -> _Answer | None:
    """The shorter text stands in the longer one: whole, shortened, with a paragraph of the carrier's own."""
    one, other = left.profile, right.profile
    share, says = _shared_text(one, other)
    if share < _COPY:
        return None
    copy = _Answer(Verdict.SAME, "copied-text", 0.6 + 0.25 * share, says)
    found = differences.between(one, other)
    if not found.telling:
        return copy
    if one.marked or other.marked:
        return _Answer(Verdict.UPDATE, "correction", 0.5, f"{says}, one corrects: {found}")
    if found.only_amounts and likeness.between(one, other).told >= 0.5 and _apart(left.item, right.item) <= _CORRECTED:
        # An issuer corrects two figures of six: whoever carried the first version still carries this story
        return _Answer(Verdict.UPDATE, "other-figures", 0.4, f"{says}, most figures are the same, others not: {found}")
    return _different("figures" if found.numbers else "names", str(found), copy)


def _shared_text(one: Profile, other: Profile) -> tuple[float, str]:
    """Which share of the shorter text stands in the longer; 0 where that is less than a sentence."""
    both = len(one.shingles & other.shingles)
    share = both / max(1, min(len(one.shingles), len(other.shingles)))
    return share if both >= _RUNS else 0.0, f"{share:.0%} of the shorter text stands in the other"


def _retold(left: Compared, right: Compared) -> _Answer | None:
    """In other words, with every figure of the shorter text: an agency's version of a release."""
    one = likeness.between(left.profile, right.profile)
    if _apart(left.item, right.item) > _SOON or one.told < _TOLD or one.words_share < 0.3:
        return None
    if len(one.figures) < 3 or one.weight < 4 or len(one.words) < 6:
        return None
    return _Answer(Verdict.SAME, "same-facts", 0.45, f"in other words, but both tell of {one}")


def _translated(left: Compared, right: Compared) -> _Answer | None:
    """German and English: figures, names and words that both languages write alike."""
    if _apart(left.item, right.item) > _SOON:
        return None
    one = likeness.between(left.profile, right.profile)
    if left.item.source_id == right.item.source_id:
        enough = one.told >= _TOLD_ABROAD and one.weight + len(one.years) + len(one.words) >= 4 and bool(one.figures)
        enough = enough or (one.told == 1 and len(one.words) >= 5 and one.words_share >= 0.2)
    else:
        enough = one.told >= _TOLD_ABROAD and len(one.figures) >= 2 and one.weight >= 4 and len(one.words) >= 2
    return _Answer(Verdict.SAME, "translation", 0.5, f"German and English, both tell of {one}") if enough else None


def _event(left: Compared, right: Compared) -> _Answer | None:
    """Own words about the same thing: linked, not joined."""
    if _apart(left.item, right.item) > _SOON:
        return None
    one = likeness.between(left.profile, right.profile)
    if len(one.words) < 6 or one.words_share < 0.25 or not one.figures:
        return None
    return _Answer(Verdict.RELATED, "same-event", 0.2, f"each in its own words, both tell of {one}")


# -------------------------------------------------------------------------------------------------------------- one source


def _within(left: Compared, right: Compared, kinds: Collection[Kind], window: timedelta) -> _Answer | None:
    """What a source publishes as two items are two, unless one is the other again: the same text, cut, corrected, translated."""
    if _apart(left.item, right.item) > min(window, _SOON):
        return None
    one, other = left.profile, right.profile
    if one.english != other.english:
        return _translated(left, right)
    revises = one.marked or other.marked or Kind.URL in kinds
    if not revises and not (_nested(one.digits, other.digits) and _nested(one.names, other.names)):
        return None  # a series; told at a glance, for a source may publish hundreds of one series in the window
    share, says = _shared_text(one, other)
    if share < _REVISED:
        return None
    found = differences.between(one, other)
    if revises and differences.same_title(one, other):
        rule = "correction" if found.telling else "same-again"
        return _Answer(Verdict.UPDATE, rule, 0.8, f"{says}, one corrects the other: {found}")
    if share >= _SAME_TEXT and not found.telling and not found.renamed:
        return _Answer(Verdict.SAME, "same-again", 0.8, f"{says}, nothing contradicts")
    return None


def _nested(one: frozenset[str], other: frozenset[str]) -> bool:
    """Whether one text has nothing that the other has not."""
    return one <= other or other <= one
