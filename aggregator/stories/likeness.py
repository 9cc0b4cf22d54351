"""What two texts tell of both, whatever their words and language: figures, years, and words that begin alike. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain

from aggregator.stories import facts
from aggregator.stories.profile import Profile

# Words with the same five letters at their beginning are the same word in another form, a compound of it, or a cognate:
# `Detektoren` and `detectors` are not, `Patientinnen` and `patients` are.
_STEM = 5


@dataclass(frozen=True, slots=True)
class Likeness:
    """What both texts have."""

    figures: frozenset[str]
    told: float  # the share of the figures of the text with fewer that the other has, too; 1 where it has none
    years: frozenset[str]
    words: frozenset[str]  # beginnings of words
    words_share: float  # of the words of the shorter text

    @property
    def weight(self) -> int:
        """How much the figures say: their significant digits."""
        return sum(facts.specific(one)[0] for one in self.figures)

    def __str__(self) -> str:
        figures = sorted(self.figures, key=facts.specific, reverse=True)[:5]
        return ", ".join([*figures, *sorted(self.words, key=lambda word: (-len(word), word))[:5]])


def between(left: Profile, right: Profile) -> Likeness:
    """What two texts have in common."""
    one, other = (each.facts.numbers | each.facts.ordinals for each in (left, right))
    fewer = min(len(one), len(other))
    words, others = _stems(left), _stems(right)
    both = words & others
    return Likeness(
        figures=one & other,
        told=len(one & other) / fewer if fewer else 1.0,
        years=left.facts.years & right.facts.years,
        words=both,
        words_share=len(both) / max(1, min(len(words), len(others))),
    )


def _stems(of: Profile) -> frozenset[str]:
    return frozenset(word[:_STEM] for word in chain(of.words, of.title) if len(word) >= _STEM and not word[0].isdigit())
