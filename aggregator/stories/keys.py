"""What two items must share to be compared: a few numbers for each item, made of what it says alone. Pure.

Nothing here counts what is stored or asks for the time, so an item has the same keys whenever it comes (the law of closures). And
what keeps a key from finding everything is content: a sketch takes the smallest hashes of a text's runs of words, which copies
have in common and unrelated texts do not; one weak key alone compares nothing; and only items published within the merge window
of each other are looked at.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from hashlib import blake2b
from itertools import combinations
from zlib import crc32

from aggregator import text, urls
from aggregator.model import DateTrust, Item, Keyed, Sought
from aggregator.stories import facts, plain, profile


class Kind(IntEnum):
    """What a key says; stands in its lowest bits, so it never changes its number."""

    URL = 0  # the same page: `urls.numbered`
    STABLE = 1  # the same id of the publisher
    HASH = 2  # the same words in title and text
    LEAD = 3  # a run of words among the first
    BODY = 4  # a run of words
    TITLE = 5  # the same words in the title
    FACTS = 6  # the same two numbers
    BEGIN = 7  # the title begins alike; looked at where one is a correction or was cut
    TONGUE = 8  # the same source in another language


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ALWAYS = (0, 2**31 - 1)
_BITS = 4
_HALF = 1 << _BITS  # the two sides of a key that is asked for from the other side
_KIND = _HALF - 1
STRONG = frozenset({Kind.URL, Kind.STABLE, Kind.HASH})
# Two numbers in common are worth a comparison; a run of words or a title needs a second key.
_ENOUGH = frozenset({*STRONG, Kind.FACTS})
WEAK = frozenset({Kind.LEAD, Kind.BODY, Kind.TITLE})
_REVISED = frozenset({Kind.TONGUE, Kind.BEGIN})
_SAME_TEXT = frozenset({Kind.URL, Kind.HASH, Kind.LEAD})

# Below either, a text is a teaser, a notice or a formula that many items carry word for word.
_CHARACTERS = 200
_WORDS = 25
# A sketch of four finds 99 of 100 copies that have two thirds of their runs in common; the lead has one of its own because
# teasers and shortened copies have nothing else.
_LEAD_WORDS = 20
_LEAD, _BODY = 4, 4
_NUMBERS = 4
_SAID = 3  # significant digits of two numbers together: `20` and `8` stand in every tenth item
_BEGIN = 3
_EIGHTH = 0x700
_GOLDEN = 0x9E3779B97F4A7C15  # Knuth, The Art of Computer Programming 3, section 6.4: spreads what is multiplied by it
_WIDE, _NARROW = (1 << 58) - 1, (1 << 42) - 1

_SPACES = bytes(code if chr(code).isalnum() else 0x20 for code in range(128)) + b" " * 128


def kind(key: int) -> Kind:
    return Kind(key & _KIND)


def keys(item: Item, *, stable_keys: Sequence[re.Pattern[str]], boilerplate: Collection[str] = ()) -> tuple[int, ...]:
    """The keys under which an item is found, sorted. None for what matches everything: a site's front page, a short text."""
    page = urls.canonical(item.url)
    own = urls.stable_key(item.url, stable_keys) or urls.stable_key(item.guid, stable_keys)
    said = plain.own(item, boilerplate)
    folded, folded_title = text.fold(said.text), text.fold(said.title)
    words, heading = _split(folded), _split(folded_title)
    found: set[int] = set()
    if not urls.front_page(page):
        found.add(urls.numbered(page))
    if own:
        found.add(_key(Kind.STABLE, own.encode()))
    if len(said.text) >= _CHARACTERS and len(words) >= _WORDS:
        found.add(_key(Kind.HASH, b" ".join(heading), b" ".join(words)))
    found.update(_sketch(words))
    found.update(_of_title(heading, item.source_id, other=said.marked or said.cut))
    spoken = b" ".join((*heading, *words)).decode().split()
    english = profile.english(spoken)
    found.update(_of_facts(f"{folded_title}\n{folded}", spoken, english=english))
    found.add(_key(Kind.TONGUE, item.source_id.encode(), side=english))
    return tuple(sorted(found))


def day(item: Item) -> int:
    """The day of publication, since 1970; 0 for an item without a date of its own, which is compared with items of all days."""
    return 0 if item.date_trust is DateTrust.FIRST_SEEN else max(1, (item.published - _EPOCH).days)


def sought(keyed: Keyed, *, window: timedelta) -> tuple[Sought, ...]:
    """What is looked for to find all that an item is compared with: by strong keys at any time, so that people can be told why
    last year's page is no match; by others near its own day, so that what is found does not grow with the store."""
    near = ALWAYS
    if keyed.day:
        near = (
            max(1, keyed.day - window.days - 2),
            keyed.day + window.days + 2,
        )  # a day alone may mean any of its hours
    return tuple(
        Sought(wanted, *(ALWAYS if kind(wanted) in STRONG else near)) for key in keyed.keys for wanted in asked(key)
    )


def asked(key: int) -> tuple[int, ...]:
    """Under which keys the items are found that an item with this key is compared with."""
    match kind(key):
        case Kind.TONGUE:
            return (key ^ _HALF,)
        case Kind.BEGIN:
            return (key, key ^ _HALF) if key & _HALF else (key ^ _HALF,)
        case _:
            return (key,)


def worth(shared: Collection[int], *, one_source: bool) -> bool:
    """Whether two items that share these keys are to be compared."""
    kinds = {key & _KIND for key in shared}
    if one_source:  # a link or a sentence that 2,000 of its items share would make 2 million pairs
        same_lead = sum(key & _KIND == Kind.LEAD for key in shared) == _LEAD
        same_title = Kind.TITLE in kinds and not kinds.isdisjoint(_SAME_TEXT)
        return same_lead or same_title or not kinds.isdisjoint(_REVISED)
    return not kinds.isdisjoint(_ENOUGH) or sum(key & _KIND in WEAK for key in shared) > 1


def _split(folded: str) -> list[bytes]:
    """The words of a folded text, ten times as fast as a search for them; what is not ASCII after folding parts words."""
    if not folded.isascii() and 2 * sum(map(str.isascii, folded[:200])) < len(folded[:200]):
        return [word.encode("utf-8", "replace") for word in text.words(folded)]
    return folded.encode("ascii", "replace").translate(_SPACES).split()


def _key(of: Kind, *parts: bytes, side: bool = False) -> int:
    state = blake2b(digest_size=8)
    for part in parts:
        state.update(b"%d:" % len(part))
        state.update(part)
    return _number(int.from_bytes(state.digest(), "big"), of, side=side)


def _number(hashed: int, of: Kind, *, side: bool = False) -> int:
    """63 bits, what any store takes for a whole number, where the key alone is proof; else 47, which take six bytes in SQLite."""
    return (hashed & (_WIDE if of in STRONG else _NARROW)) << (_BITS + 1) | side << _BITS | of


def _sketch(words: Sequence[bytes]) -> Iterable[int]:
    hashed = list(map(crc32, words))
    for run in _least(hashed, range(min(_LEAD_WORDS, len(hashed)) - 2), _LEAD):
        yield _number(run, Kind.LEAD)
    # Runs that begin with one word of eight come first; where these are enough the others need not be looked at
    begins = hashed[:-2]
    found = _least(hashed, [at for at, one in enumerate(begins) if not one & _EIGHTH], _BODY)
    if len(found) < _BODY:
        found += _least(hashed, [at for at, one in enumerate(begins) if one & _EIGHTH], _BODY - len(found))
    for run in found:
        yield _number(run, Kind.BODY)


def _least(hashed: Sequence[int], starts: Iterable[int], count: int) -> list[int]:
    """The smallest of the numbers that the runs of three words stand for which start there."""
    return sorted({(hashed[at] + 3 * hashed[at + 1] + 5 * hashed[at + 2]) * _GOLDEN & _NARROW for at in starts})[:count]


def _of_title(heading: Sequence[bytes], source_id: str, *, other: bool) -> Iterable[int]:
    telling = [word for word in heading if len(word) > 1]
    if len(telling) > 1:
        yield _key(Kind.TITLE, *telling)
    begin = [word for word in telling if not word[:1].isdigit()][:_BEGIN]
    if begin:
        yield _key(Kind.BEGIN, source_id.encode(), *begin, side=other)


def _of_facts(folded: str, words: Sequence[str], *, english: bool) -> Iterable[int]:
    numbers = sorted(
        facts.read(folded, words, english=english).numbers, key=lambda one: (facts.specific(one), one), reverse=True
    )
    for pair in combinations(sorted(numbers[:_NUMBERS]), 2):
        if sum(facts.specific(one)[0] for one in pair) >= _SAID:
            yield _key(Kind.FACTS, *(one.encode() for one in pair))
