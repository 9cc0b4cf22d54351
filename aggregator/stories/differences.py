"""Where two texts that have much in common say something else in the same place. Pure.

A copy leaves out, adds and rephrases. Next year's call, the next number of a series and a corrected release put another figure,
day or name where the first had one: beside words that are the same on both sides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from rapidfuzz.distance import Indel

from aggregator.stories import facts
from aggregator.stories.profile import Profile

_LONGEST = 4  # words that one place holds; more are another sentence
_TITLE = 0.6
_HOURS = frozenset({"uhr", "am", "pm"})


@dataclass(frozen=True, slots=True)
class Differences:
    """Pairs of what stands in the same place of two texts, the left one's first."""

    numbers: tuple[tuple[str, str], ...]
    names: tuple[tuple[str, str], ...]  # in the title and in the text
    renamed: bool  # a name, or a noun, of the text is another one
    only_amounts: bool  # the numbers are neither days nor years nor ordinals, and no name differs

    @property
    def telling(self) -> bool:
        return bool(self.numbers or self.names)

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        return (*self.numbers, *self.names)

    def __str__(self) -> str:
        found = self.pairs
        shown = ", ".join(f"{left} / {right}" for left, right in found[:3])
        return f"{shown} and {len(found) - 3} more" if len(found) > 3 else shown or "nothing"


def between(left: Profile, right: Profile) -> Differences:
    """What differs in the same place of title and text. A name counts where title and text both put another one."""
    in_text = _replaced(left.words, right.words)
    # Two headlines of one release may name two of its figures
    in_title = _replaced(left.title, right.title) if same_title(left, right) else []
    numbers, amounts = [], True
    for pair in (*in_title, *in_text):
        one, other = _figures(pair.left, left, pair.after), _figures(pair.right, right, pair.after)
        # A title may pick another figure than the other title does; both stand in both texts
        if one - right.facts.figures and other - left.facts.figures:
            numbers.append(pair)
            amounts = amounts and _amounts(one, left, pair.after) and _amounts(other, right, pair.after)
    named = [pair for pair in in_text if _are_names(pair, left, right)]
    titled = {_said(pair) for pair in in_title}
    names = [pair for pair in named if _said(pair) in titled and pair not in numbers]
    return Differences(
        numbers=tuple(dict.fromkeys(map(_said, numbers))),
        names=tuple(dict.fromkeys(map(_said, names))),
        renamed=bool(named),
        only_amounts=amounts and not names,
    )


class _Pair(NamedTuple):
    left: tuple[str, ...]
    right: tuple[str, ...]
    after: str  # the word that follows on both sides


def _said(pair: _Pair) -> tuple[str, str]:
    return " ".join(pair.left), " ".join(pair.right)


def _replaced(left: Sequence[str], right: Sequence[str]) -> list[_Pair]:
    """What stands in the same place of both: beside a word that is the same."""
    found = []
    at_left = at_right = 0
    blocks = [*Indel.opcodes(left, right).as_matching_blocks()]
    for block in blocks:
        one, other = tuple(left[at_left : block.a]), tuple(right[at_right : block.b])
        alone = len(one) == len(left) or len(other) == len(right)  # nothing is the same: two other texts
        if one and other and max(len(one), len(other)) <= _LONGEST and not alone:
            found.append(_Pair(one, other, left[block.a] if block.size else ""))
        at_left, at_right = block.a + block.size, block.b + block.size
    return found


def _figures(words: tuple[str, ...], of: Profile, after: str) -> frozenset[str]:
    if after in facts.SCALES or after in facts.MONTHS:
        words = (*words, after)
    return facts.read(" ".join(words), words, english=of.english).figures


def _amounts(figures: frozenset[str], of: Profile, after: str) -> bool:
    """Whether they count something: neither days, years or hours, nor the number of a series."""
    return after not in _HOURS and all(one[0].isdigit() and one not in of.facts.ordinals for one in figures)


def _are_names(pair: _Pair, left: Profile, right: Profile) -> bool:
    return any(word in left.names for word in pair.left) and any(word in right.names for word in pair.right)


def same_title(left: Profile, right: Profile) -> bool:
    """Whether two titles are one, figures aside: a revised item keeps its title."""
    one, other = (frozenset(word for word in each.title if not word[0].isdigit()) for each in (left, right))
    return len(one & other) >= _TITLE * max(1, min(len(one), len(other)))
