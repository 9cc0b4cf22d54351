"""An item as it is compared: its own words as folded words, runs of words, figures. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from zlib import crc32

from aggregator import text
from aggregator.model import Item
from aggregator.stories import facts, plain

_GERMAN = frozenset(text.words("der die das und ist mit den von dem ein eine für auf im nicht sich wird werden zu des"))
_ENGLISH = frozenset(text.words("the of and to is with for on a an that by from it as are will be has have"))
_CAPITAL = re.compile(r"\b[A-ZÄÖÜ]\w+")
_MASK = (1 << 60) - 1


@dataclass(frozen=True, slots=True)
class Profile:
    """What counts of an item when it is compared."""

    title: tuple[str, ...]  # words
    words: tuple[str, ...]  # of the text
    shingles: frozenset[int]  # of three words of the text
    digits: frozenset[str]  # words of the text that are numbers
    names: frozenset[str]  # words of the text written with a capital: names, in German all nouns
    facts: facts.Facts  # of title and text
    english: bool
    cut: bool  # a teaser
    marked: bool  # a correction


def profile(item: Item, boilerplate: Collection[str] = ()) -> Profile:
    """What counts of an item. `boilerplate`: standing sentences, as `plain.sentence_key` writes them."""
    own = plain.own(item, boilerplate)
    words = text.words(plain.alike(own.text))
    folded = text.fold(f"{own.title}\n{own.text}")
    spoken = text.words(folded)
    is_english = english(spoken)
    return Profile(
        title=tuple(text.words(plain.alike(own.title))),
        words=tuple(words),
        shingles=shingles(words),
        digits=frozenset(word for word in words if word[0].isdigit()),
        names=frozenset(text.words(" ".join(_CAPITAL.findall(own.text)))),
        facts=facts.read(folded, spoken, english=is_english),
        english=is_english,
        cut=own.cut,
        marked=own.marked,
    )


def english(words: Iterable[str]) -> bool:
    """Whether the words are English rather than German."""
    known = set(words)
    return len(_ENGLISH & known) > len(_GERMAN & known)


def shingles(words: Sequence[str]) -> frozenset[int]:
    """All runs of three words as numbers, the same on every machine; of fewer words one."""
    hashed = [_hash(word) for word in words]
    if len(hashed) < 3:
        return frozenset([sum(hashed)] if hashed else ())
    return frozenset(
        (one * 0x9E3779B1 ^ two * 0x85EBCA77 ^ three * 0xC2B2AE3D) & _MASK
        for one, two, three in zip(hashed, hashed[1:], hashed[2:], strict=False)
    )


@lru_cache(maxsize=1 << 14)
def _hash(word: str) -> int:
    return crc32(word.encode("utf-8", "surrogatepass")) * 0x1000193 + len(word)
