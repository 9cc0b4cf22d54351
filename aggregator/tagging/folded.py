"""A text as rules compare it: small letters, digits and spaces, one character for each of the text as it is quoted."""

from __future__ import annotations

import re
import unicodedata

LONGEST_WORD = 60  # characters looked at to find where a word begins or ends: a text without spaces stays linear
FIELD_END = "\0"  # between two fields of an item: no legal text holds it, and no term crosses it

_KEPT = frozenset("äöüß")  # letters of their own: `schön` is not `schon`
_SLOW = "\x01"  # what one byte cannot stand for: it vanishes (soft hyphen) or becomes two letters (œ)
_ENCODING = "cp1252"  # all of nearly every German and English text, with its quotation marks and dashes
_APART = str.maketrans({"\u202f": " ", "\u2009": " ", "\u2010": "-", "\u2011": "-", "\u2212": "-", "\u25cf": " "})


def fold(written: str) -> tuple[str, str]:
    """The text as it is quoted, and as it is compared: as long, case, accents and punctuation levelled.

    Quoted is what is written, but for characters that nobody sees (a soft hyphen is dropped) or that stand for several letters.
    Nearly every text is folded byte by byte: 4 µs for 1,000 characters, a tenth of what looking at each character costs.
    """
    folded = _by_bytes(written)
    if folded is not None:
        return written, folded
    quoted = _single(written.translate(_APART))
    return quoted, _by_bytes(quoted) or quoted.translate(_LEVELLED)


def word(written: str) -> str:
    """A word or phrase folded, for one way to write it: `Wärme` and `Waerme` are the same."""
    folded = fold(written)[1]
    return folded.replace("ä", "ae").replace("ö", "oe").replace("ü", "ue").replace("ß", "ss").strip()


def _by_bytes(written: str) -> str | None:
    """None where one byte does not stand for every character."""
    try:
        raw = written.encode("latin-1")  # the quickest by far, and the same bytes: what differs are control characters
    except UnicodeEncodeError:
        try:
            raw = written.encode(_ENCODING)
        except UnicodeEncodeError:
            return None
    folded = raw.translate(_TABLE)
    return None if b"\x01" in folded else folded.decode("latin-1")


def _single(written: str) -> str:
    """The text with every character that is not one letter, digit or sign spelt out or left out."""
    composed = unicodedata.normalize("NFC", written)
    return _ODD.sub(_spelt, composed)


def _spelt(found: re.Match[str]) -> str:
    character = found.group()
    if character in _DOUBLE:
        return _DOUBLE[character]
    return unicodedata.normalize("NFKC", character) if character > "\ufaff" and character != "\ufeff" else ""


_DOUBLE = {"æ": "ae", "Æ": "Ae", "œ": "oe", "Œ": "Oe"}
# Letters that are two, the printer's soft hyphen (¬), combining and invisible characters, ligatures
_ODD = re.compile("[æÆœŒ\u00ac\u00ad\u0300-\u036f\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufb00-\ufb06\ufeff]")


def _level(character: str) -> str:
    """The one character that stands for this one."""
    small = character.lower()
    if character == FIELD_END:
        return "|"
    if small in _KEPT:
        return small
    if _ODD.match(character):
        return _SLOW
    letters = [part for part in unicodedata.normalize("NFKD", small) if part.isalnum()]
    if len(letters) == 1:
        return _UNDECOMPOSED.get(letters[0], letters[0])
    return small if len(small) == 1 and small.isalnum() else " "


def _byte(value: int) -> int:
    """What stands for this byte of cp1252: a letter of Latin-1, a space, or the mark of what needs the slow way."""
    level = _level(bytes([value]).decode(_ENCODING, "replace"))
    return ord(level) if ord(level) < 256 else ord(_SLOW)


# Letters with a stroke have no decomposition: `Wrocław`
_UNDECOMPOSED = {"ł": "l", "ø": "o", "đ": "d", "ħ": "h", "ı": "i"}


class _Levelled(dict[int, str]):
    """Characters met so far, each with the one that stands for it."""

    def __missing__(self, code: int) -> str:
        if len(self) > 4096:  # a text of made-up characters shall not fill the memory
            self.clear()
        level = self[code] = _level(chr(code)).replace(_SLOW, " ")
        return level


_LEVELLED = _Levelled()
_TABLE = bytes(_byte(value) for value in range(256))
