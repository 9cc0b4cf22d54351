"""The numbers, days and ordinals that a German or English text states, whatever the language they are written in. Pure.

A translation, a rewritten release and next year's call differ in their words; what they share or contradict are facts: `9,6
Millionen Euro` and `9.6 million euros` are one number, `zwölf` and `twelve` are, `1.000.` and `1,000th` are.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "januar jan jaenner january",
            "februar feb february",
            "maerz mar march",
            "april apr",
            "mai may",
            "juni jun june",
            "juli jul july",
            "august aug",
            "september sep sept",
            "oktober okt october oct",
            "november nov",
            "dezember dez december dec",
        ),
        start=1,
    )
    for name in names.split()
}
_MONTH = "|".join(sorted((name for name in MONTHS if len(name) > 2), key=len, reverse=True))

# `eins` is no number: an article in German, a pronoun in English
_COUNTED = {
    word: number
    for number, words in {
        2: "zwei zweier two",
        3: "drei three",
        4: "vier four",
        5: "fuenf five",
        6: "sechs six",
        7: "sieben seven",
        8: "acht eight",
        9: "neun nine",
        10: "zehn ten",
        11: "elf eleven",
        12: "zwoelf twelve",
        13: "dreizehn thirteen",
        14: "vierzehn fourteen",
        15: "fuenfzehn fifteen",
        16: "sechzehn sixteen",
        17: "siebzehn seventeen",
        18: "achtzehn eighteen",
        19: "neunzehn nineteen",
        20: "zwanzig twenty",
        30: "dreissig thirty",
        40: "vierzig forty",
        50: "fuenfzig fifty",
        60: "sechzig sixty",
        70: "siebzig seventy",
        80: "achtzig eighty",
        90: "neunzig ninety",
        100: "hundert hundred einhundert",
        1000: "tausend thousand eintausend",
    }.items()
    for word in words.split()
}
_NTH = {  # stems of the ordinals that are written out: `tausendste`, `thousandth`, `siebte`, `seventh`
    "zweit": 2, "second": 2, "dritt": 3, "third": 3, "viert": 4, "fourth": 4, "fuenft": 5, "fifth": 5, "sechst": 6,
    "sixth": 6, "siebt": 7, "seventh": 7, "acht": 8, "eighth": 8, "neunt": 9, "ninth": 9, "zehnt": 10, "tenth": 10,
    "elft": 11, "eleventh": 11, "zwoelft": 12, "twelfth": 12, "zwanzigst": 20, "twentieth": 20, "hundertst": 100,
    "hundredth": 100, "tausendst": 1000, "thousandth": 1000,
}  # fmt: skip
SCALES = {
    **dict.fromkeys(("tausend", "thousand", "tsd"), 10**3),
    **dict.fromkeys(("million", "millionen", "mio", "millions"), 10**6),
    **dict.fromkeys(("milliarde", "milliarden", "mrd", "billion", "billions", "bn"), 10**9),
}
_SCALE = "|".join(sorted(SCALES, key=len, reverse=True))

_LONGEST = 24  # characters; more are no number that anybody counts

# Everything that begins with a digit: a day in its spellings, a number with what makes it an ordinal or scales it. The look
# back stands behind the first digit, so that the search runs from digit to digit.
_DIGITS = re.compile(
    rf"\d(?<![\w.,]\d)(?:(?P<iso>\d{{3}}-\d\d-\d\d(?!\d))"
    rf"|(?P<day>\d?)\.?\s?(?P<month>{_MONTH})\b\.?(?:\s(?P<year>(?:19|20)\d\d)\b)?"
    rf"|(?P<d>\d?)\.(?P<m>\d{{1,2}})\.(?P<y>(?:(?:19|20)?\d\d)?)(?![\d.])"
    rf"|(?P<number>\d*(?:[.,]\d+)*)(?:(?P<ordinal>\.(?=\s[a-z])|(?:st|nd|rd|th)\b)|[\s-](?P<scale>{_SCALE})\b)?)"
)
_ENGLISH_DAY = re.compile(rf"\b({_MONTH})\s(\d{{1,2}})\b(?:,?\s((?:19|20)\d\d)\b)?")
_THOUSANDS = re.compile(r"\d{1,3}(?:[.,]\d{3})+")
# What a number word counts in a compound; any other word that begins with one (`elfenbein`) is none
_COUNTED_THINGS = ("koepfig", "jaehrig", "taegig", "stuendig", "monatig", "woechig")
_ENDINGS = ("", "e", "en", "er", "em", "es")
_ORDINALS = {f"{stem}{ending}": str(value) for stem, value in _NTH.items() for ending in _ENDINGS}
_NUMBERS = {
    **{
        f"{word}{thing}{ending}": value
        for word, value in _COUNTED.items()
        for thing in _COUNTED_THINGS
        for ending in _ENDINGS
    },
    **_COUNTED,
}
_SPOKEN = frozenset(_NUMBERS.keys() | _ORDINALS.keys())


@dataclass(frozen=True, slots=True)
class Facts:
    """What a text states. Numbers are in their shortest decimal form, `9600000`, `29.15`; days are `10-12` or `2026-10-12`."""

    numbers: frozenset[str]
    ordinals: frozenset[str]
    days: frozenset[str]
    years: frozenset[str]

    @property
    def figures(self) -> frozenset[str]:
        """All of them, each with its kind."""
        kinds = (("", self.numbers), (".", self.ordinals), ("d", self.days), ("y", self.years))
        return frozenset(f"{kind}{one}" for kind, found in kinds for one in found)


def read(folded: str, words: Sequence[str], *, english: bool = False) -> Facts:
    """The facts of a folded text (`text.fold`) and its words. `english` decides what `1.000` is: in German one thousand."""
    found = _Found(set(), set(), set(), set())
    for one in _DIGITS.finditer(folded):
        _digits(one, found, english=english)
    if english:
        for month, day, year in _ENGLISH_DAY.findall(folded):
            _day(day, MONTHS[month], year, found)
    for at in [at for at, word in enumerate(words) if word in _SPOKEN]:
        word = words[at]
        if word in _ORDINALS:
            found.ordinals.add(_ORDINALS[word])
            continue
        scale = SCALES.get(words[at + 1], 1) if at + 1 < len(words) else 1
        found.numbers.add(str(_NUMBERS[word] * scale))
    return Facts(*map(frozenset, found))


class _Found(NamedTuple):
    numbers: set[str]
    ordinals: set[str]
    days: set[str]
    years: set[str]


def _digits(one: re.Match[str], found: _Found, *, english: bool) -> None:
    written = one[0]
    if one["iso"]:
        found.days.add(written[5:10])
        found.years.add(written[:4])
    elif one["month"]:
        _day(written[0] + one["day"], MONTHS[one["month"]], one["year"] or "", found)
    elif one["m"]:
        _day(written[0] + one["d"], int(one["m"]), one["y"], found)
    else:
        digits = written[0] + one["number"]
        if one["ordinal"]:
            found.ordinals.add(number(digits, english=english))
        elif one["scale"] is None and len(digits) == 4 and digits[:2] in {"19", "20"}:
            found.years.add(digits)
        else:
            found.numbers.add(number(digits, english=english, scale=SCALES.get(one["scale"] or "", 1)))


def _day(day: str, month: int, year: str, found: _Found) -> None:
    if 1 <= month <= 12 and 1 <= int(day) <= 31:
        found.days.add(f"{month:02d}-{int(day):02d}")
    if year:
        found.years.add(year if len(year) == 4 else f"20{year}")


def number(written: str, *, english: bool = False, scale: int = 1) -> str:
    """The shortest decimal form of a number as written: `1.000,50` in German or `1,000.50` in English."""
    if len(written) > _LONGEST:
        return written[:_LONGEST]
    thousands, decimal = (",", ".") if english else (".", ",")
    whole, _, rest = written.partition(decimal)
    if not _THOUSANDS.fullmatch(whole):  # `29.15` in German: the text of another house
        whole, _, other = whole.partition(thousands)
        rest = other or rest
    try:
        value = float(f"{whole.replace(thousands, '')}.{rest or 0}") * scale
    except ValueError:  # 1.2.3: a version, a paragraph
        return written
    return f"{value:.6f}".rstrip("0").rstrip(".")


def specific(number: str) -> tuple[int, int]:
    """How much a number says: its significant digits, then its size. 34.1 million says more than 20, and 1,000 less."""
    digits = number.replace(".", "").strip("0")
    return len(digits), len(number)
