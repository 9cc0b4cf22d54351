"""A text as rules compare it: only small letters, digits and spaces, and the way back to the text as it was written."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from dataclasses import dataclass

from aggregator import text

_NOT_ASCII = re.compile("[^\x00-\x7f]")
_ASCII = str.maketrans({code: chr(code).lower() if chr(code).isalnum() else " " for code in range(128)})
# What nearly every non-ASCII character of a German text is; the rest is worked out one by one, at 2 µs each
_COMMON = {
    "ä": "ae",
    "ö": "oe",
    "ü": "ue",
    "Ä": "ae",
    "Ö": "oe",
    "Ü": "ue",
    "ß": "ss",
    **dict.fromkeys("–—‑‐„“”‚‘’»«›‹…•·§€°*\u00a0\u202f\u2009", " "),
    **dict.fromkeys("\u00ad\u200b\u200c\u200d\u2060\ufeff¬", ""),
}
LONGEST_WORD = 60  # characters looked at to find where a word begins or ends: a text without spaces stays linear


@dataclass(frozen=True, slots=True, kw_only=True)
class Folded:
    """`text` begins and ends with a space, so every word stands between two. Position `p` in it was written at
    `p + shifts[i]`, where `i` is the last index with `breaks[i] <= p`."""

    text: str
    breaks: tuple[int, ...]
    shifts: tuple[int, ...]

    def written_at(self, position: int) -> int:
        """Where in the original the character at this position of `text` stood."""
        return position + self.shifts[bisect_right(self.breaks, position) - 1]

    def span(self, start: int, stop: int) -> tuple[int, int]:
        """The stretch of the original that became `text[start:stop]`."""
        return self.written_at(start), self.written_at(stop - 1) + 1

    def word_start(self, position: int) -> int:
        """Where the word around this position begins."""
        floor = max(0, position - LONGEST_WORD)
        space = self.text.rfind(" ", floor, position)
        return space + 1 if space >= 0 else floor

    def word_stop(self, position: int) -> int:
        """The first position behind the word around this position."""
        ceiling = min(len(self.text), position + LONGEST_WORD)
        space = self.text.find(" ", position, ceiling)
        return space if space >= 0 else ceiling


def fold(original: str) -> Folded:
    """Case, umlauts, accents and punctuation levelled. As `text.fold` unifies, but keeping account of where lengths change
    (`ß` becomes two letters, a soft hyphen none): evidence quotes the original, and acronyms are looked at there."""
    pieces, breaks, shifts = [" "], [0], [-1]
    memo: dict[str, str] = {}
    length, done = 1, 0
    for found in _NOT_ASCII.finditer(original):
        character, at = found.group(), found.start()
        spelt = _COMMON.get(character)
        if spelt is None:
            spelt = memo.get(character)
            if spelt is None:
                spelt = memo[character] = _spelt(character)
        pieces += (original[done:at], spelt)
        length += at - done
        done = at + 1
        for extra in range(1, len(spelt)):
            breaks.append(length + extra)
            shifts.append(shifts[-1] - 1)
        if not spelt:
            breaks.append(length)
            shifts.append(shifts[-1] + 1)
        length += len(spelt)
    pieces += (original[done:], " ")
    return Folded(text="".join(pieces).translate(_ASCII), breaks=tuple(breaks), shifts=tuple(shifts))


def _spelt(character: str) -> str:
    """The letters a character stands for without accents; a space for what is no letter; nothing for combining marks."""
    plain = unicodedata.normalize("NFKD", text.fold(character))
    letters = "".join(part for part in plain if part.isalnum())
    return letters or ("" if unicodedata.category(character) in {"Mn", "Me", "Cf"} else " ")
