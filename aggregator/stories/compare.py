"""Two items of two sources: are they the same piece of news, and why.

Everything here is symmetric and looks at the two items alone: not at who came first, not at the time, not at what else is
stored (the law of closures). Items are compared when they share a key; a key says what makes two items one:

    url:a.example/p/1         the same page
    key:bb1.c.528958          the same id of the publisher
    hash:9f3a...              the same words in title and text

A title alone is no key: `Terminhinweis` stands over hundreds of items, and an invitation and its postponement share theirs.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from aggregator import text, urls
from aggregator.model import DateTrust, Item, Match, Verdict
from aggregator.stories import wording

# Below either, a text is a teaser, a notice or a formula that many items carry word for word.
_CHARACTERS = 200
_WORDS = 25

# What a publisher adds to a text that it carries: credits, and the footers of feed plug-ins, each a line of its own;
_NOISE = re.compile(
    r"\s*(?:(?:quelle|source|fotos?|bild(?:er|quelle)?|photos?|credits?)\s*:"
    r"|der beitrag\b.{1,300}\berschien\b|the post\b.{1,300}\bappeared first on\b)",
    re.IGNORECASE,
)
# and the link to the rest, at the very end.
_MORE = re.compile(r"(?:weiterlesen|mehr lesen|read more|continue reading)\W*$", re.IGNORECASE)


class _Rule(NamedTuple):
    name: str
    strength: float
    says: str


# By the kind of key. Stronger ones are joined first.
_RULES = {
    "url": _Rule("canonical-url", 1.0, "both stand at"),
    "key": _Rule("stable-key", 0.95, "both carry the publisher's id"),
    "hash": _Rule("content-hash", 0.9, "both have the same words in title and text"),
}


class _Veto(NamedTuple):
    rule: str
    reason: str


def keys(item: Item, *, stable_keys: Sequence[re.Pattern[str]]) -> tuple[str, ...]:
    """What another item must share with this one to be compared with it; sorted. None of them for what matches everything: a
    site's front page, a text too short to be anyone's own."""
    page = urls.canonical(item.url)
    own = urls.stable_key(item.url, stable_keys) or urls.stable_key(item.guid, stable_keys)
    words = _words(item)
    found = (
        f"hash:{text.digest(words)}" if words else None,
        f"key:{own}" if own else None,
        None if urls.front_page(page) else f"url:{page}",
    )
    return tuple(key for key in found if key)


def _words(item: Item) -> str:
    """Title and text as words, without what publishers add; "" where the text is too short."""
    body = item.text or item.summary
    more = _MORE.search(body, max(0, len(body) - 40))
    body = body[: more.start()] if more else body
    if len(body) < _CHARACTERS:
        return ""
    words = text.words("\n".join(line for line in body.splitlines() if not _NOISE.match(line)))
    if len(words) < _WORDS:
        return ""
    return " ".join((*text.words(item.title), "|", *words))


def compare(left: Item, right: Item, *, shared: Collection[str], window: timedelta) -> Match | None:
    """What two items that share these keys are to each other: SAME, or DIFFERENT where something forbids it; None where they
    share nothing. The order of the two does not matter."""
    if not shared or left.key == right.key:
        return None
    if right.key < left.key:
        left, right = right, left
    strongest = max(sorted(shared), key=lambda key: _rule(key).strength)
    rule = _rule(strongest)
    value = strongest.partition(":")[2]
    says = rule.says if strongest.startswith("hash:") else f"{rule.says} {value}"  # a digest tells people nothing
    forbidden = _forbidden(left, right, window) or _contradiction(left, right, shared)
    return Match(
        left=left.key,
        right=right.key,
        verdict=Verdict.DIFFERENT if forbidden else Verdict.SAME,
        rule=forbidden.rule if forbidden else rule.name,
        strength=rule.strength,
        evidence=f"{forbidden.reason}, though {says}" if forbidden else says,
    )


def veto(left: Item, right: Item, *, window: timedelta) -> str | None:
    """What forbids that two items are one story, whatever they share; None where nothing does. Symmetric."""
    forbidden = _forbidden(left, right, window)
    return forbidden.reason if forbidden else None


def _forbidden(left: Item, right: Item, window: timedelta) -> _Veto | None:
    if left.source_id == right.source_id:
        return _Veto("one-source", "one source")
    if left.date_trust is DateTrust.FIRST_SEEN or right.date_trust is DateTrust.FIRST_SEEN:
        return None
    apart = max(left.published - _latest(right), right.published - _latest(left))
    if apart > window:
        return _Veto("dates", f"published {apart.days} days apart")
    return None


def _latest(item: Item) -> datetime:
    """A day alone may mean any of its hours."""
    return item.published + timedelta(days=1) if item.date_trust is DateTrust.DAY else item.published


def _contradiction(left: Item, right: Item, shared: Collection[str]) -> _Veto | None:
    """One address, but nothing of the same in title and text: a page such as /newsletter/ that carries one item after the
    other, a landing page that many items link to, or a source that borrows another's address. Joining them would hide all but
    one; apart, the worst is that a release with a wholly new title and text is shown twice."""
    if any(key.startswith("hash:") for key in shared) or wording.agree(left, right):
        return None
    return _Veto("other-words", "nothing in common in title and text")


def _rule(key: str) -> _Rule:
    return _RULES[key.partition(":")[0]]
