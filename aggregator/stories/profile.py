"""What of an item counts when it is compared: its own words and facts, without what every publisher adds in its own way. Pure.

Left out are datelines, kickers, credits, buttons, publishers' standing sentences (generic ones here, a publisher's own by the
list in the configuration); made alike are quotes, dashes, hyphens, gender forms and elided compounds.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import lru_cache
from zlib import crc32

from aggregator import text
from aggregator.model import Item
from aggregator.stories import facts

# Lines, or sentences at the end of a text, that carry an item and are no part of it
_NOISE = re.compile(
    r"\s*(?:(?:quelle|source|fotos?|bild(?:er|quelle|nachweis|unterschrift)?|photos?|credits?|impressionen|stichworte|tags?|schlagworte"
    r"|datum|stand|teaser|herausgeber(?:in)?|kontakt|presse ?kontakt|medienkontakt|ansprechpartner(?:[*:/]?in(?:nen)?)?|contact|press contact"
    r"|rückfragen(?: an)?|hinweis an die redaktionen?|über uns|about us)\s*:"
    r"|(?:veröffentlicht|erschienen|published)\s+(?:am|von|on|by)\b|verantwortlich (?:im sinne|für den inhalt)\b"
    r"|der beitrag\b.{1,300}\berschien\b|the post\b.{1,300}\bappeared first on\b|pressemitteilung (?:nr|vom|\d)"
    r"|\(?(?:ko|mit)?finanziert (?:von|aus|durch)\b|gefördert aus mitteln\b)",
    re.IGNORECASE,
)
# The link to the rest, at the very end; in any of its spellings it says that the text is a part of another one
_MORE = re.compile(
    r"\s*(?:(?:\.\.\.|…|\[…\]|\[\.\.\.\])\s*)?(?:(?:weiter ?lesen|mehr lesen|mehr erfahren|read more|continue reading"
    r"|den vollständigen artikel lesen|zum artikel|mehr|weiter)\W*)?$",
    re.IGNORECASE,
)
# `POTSDAM/BERLIN. `, `Berlin, den 2026-10-29 – `, `Potsdam / Breslau, 10. Juni 2021. `, `Cottbus (dpa/bb) - `
_PLACE = r"[A-ZÄÖÜ][\w.\-]+(?: (?:am|an|bei|der|im|in|[A-ZÄÖÜ(])[\w.)\-]*){0,3}"
_DATELINE = re.compile(
    rf"\s*(?:\d\d?\.\d\d?\.\d{{4}}\s*/?\s*)?{_PLACE}(?:\s?[/|+]\s?{_PLACE}){{0,2}}"
    r"(?:(?:\s*\([\w/. ]{2,20}\))?\s*[–—:-]\s+"
    r"|,\s*(?:den |am )?(?:\d{4}-\d\d-\d\d|\d\d?\.\s?(?:[A-Za-zäÄ]{3,9}\.?|\d\d?\.)\s?\d{0,4})(?:\s*\([\w/. ]{2,20}\))?\s*[.:–—-]*\s+)"
)
_SHOUTED = re.compile(r"\s*[A-ZÄÖÜ]{3,}(?:\s?[/,-]\s?[A-ZÄÖÜ]{3,}){0,2}(?:\s*\([\w/. ]{2,20}\))?\s*[.:–—-]\s*")
# Words before a title that say what kind of item it is
_KICKER = re.compile(
    r"\s*(?:\W*(?:news|meldung|presse(?:mitteilung|information|erklärung|einladung|termin|meldung|info)?|pm|medieninformation"
    r"|terminhinweis|eilmeldung|press release|kabinett|gemeinsame pressemitteilung)\b[^:|–—\w]{0,3}(?:\d[\d/]*)?\s*(?:vom [\d.]+)?\s*[:|–—-]\s*)+",
    re.IGNORECASE,
)
_PARTED = re.compile("[:|–—-]")
# Who corrects says so: in the title, in the first sentence, or in the address
_MARK = (
    r"korrektur(?:en)?|berichtigung|berichtigt(?:e[rns]?)?|korrigiert(?:e[rns]?)?|aktualisiert(?:e[rns]?)?|aktualisierung"
    r"|neue fassung|update[d]?|correct(?:ion|ed)|corrigendum|erratum|revised|richtigstellung"
)
_MARKS = ("korr", "berichtig", "aktualis", "fassung", "updat", "correct", "corrig", "errat", "revis", "richtigst")
_MARKED = re.compile(rf"\W*(?:{_MARK})\b\W*|\s*\(?(?:{_MARK})\)?\s*$", re.IGNORECASE)
_MARKED_LEAD = re.compile(
    rf"\W*(?:{_MARK})\b|.{{0,80}}\b(?:frühere[nr]?|vorherige[nr]?|earlier|previous) (?:fassung|version|mitteilung|meldung)\b",
    re.IGNORECASE,
)
_MARKED_URL = re.compile(r"[-_/](?:aktualisiert|korrektur|korrigiert|berichtigt|update[d]?|correct(?:ed|ion)|neufassung|v[2-9])\b")

_GENDER = re.compile(r"(?<=[a-zäöüß])(?:[*:_/]-?in(?:nen)?|Innen|/-?innen|\(inn?en\)|\(in\))\b")
_BOTH = re.compile(r"\b(\w{4,})innen (?:und|oder|bzw\.) (?=\1)", re.IGNORECASE)
# `Haupt-stadtregion`: a hyphen out of a printed page; `Wind- und` keeps its own
_PRINTED = re.compile(r"(?<=[a-zäöüß]{3})-(?=[a-zäöüß]{4})(?!und\b|oder\b|bzw\b)")

_GERMAN = frozenset("der die das und ist mit den von dem ein eine fuer auf im nicht sich wird werden zu des".split())
_ENGLISH = frozenset("the of and to is with for on a an that by from it as are will be has have".split())


@dataclass(frozen=True, slots=True)
class Profile:
    """An item as it is compared."""

    title: tuple[str, ...]  # its words, without kickers and marks of a correction
    words: tuple[str, ...]  # of the text
    shingles: frozenset[int]  # of three words of the text
    digits: frozenset[str]  # words of the text that are numbers
    facts: facts.Facts  # of title and text
    english: bool
    marked: bool  # says of itself that it corrects another
    cut: bool  # a teaser: says of itself that it goes on elsewhere
    names: frozenset[str]  # words of the text written with a capital: names, in German all nouns


def profile(item: Item, boilerplate: Collection[str] = ()) -> Profile:
    """What counts of an item. `boilerplate`: standing sentences, as `sentence_key` writes them."""
    said, cut = own_text(item.text or item.summary, boilerplate)
    heading, marked = title(item)
    words = text.words(alike(said))
    of_title = text.words(alike(heading))
    folded = text.fold(f"{heading}\n{said}")
    spoken = text.words(folded)
    is_english = english(spoken)
    return Profile(
        title=tuple(of_title),
        words=tuple(words),
        shingles=shingles(words),
        digits=frozenset(word for word in words if word[0].isdigit()),
        facts=facts.read(folded, spoken, english=is_english),
        english=is_english,
        marked=marked,
        cut=cut or is_cut(heading),
        names=frozenset(word for part in _CAPITAL.findall(said) for word in text.words(part)),
    )


_CAPITAL = re.compile(r"\b[A-ZÄÖÜ][\w]+")


def own_text(said: str, boilerplate: Collection[str] = ()) -> tuple[str, bool]:
    """The text without what is no part of it, and whether it says that it goes on elsewhere."""
    more = _MORE.search(said, max(0, len(said) - 60))
    cut = more is not None and more.end() - more.start() > 0 and bool(more[0].strip())
    said = said[: more.start()] if more and cut else said
    lines = [line for line in said.splitlines() if line.strip() and not _NOISE.match(line)]
    if boilerplate:
        lines = list(_without(lines, boilerplate))
    if lines:
        lines[0] = lines[0][dateline(lines[0]) :]
    return "\n".join(lines), cut


def dateline(line: str) -> int:
    """How long the dateline is with which the line begins."""
    found = _SHOUTED.match(line) or _DATELINE.match(line)
    return found.end() if found and found.end() < len(line) else 0


def _without(lines: Iterable[str], boilerplate: Collection[str]) -> Iterable[str]:
    for line in lines:
        if sentence_key(line) in boilerplate:
            continue
        kept = [one for one in text.sentences(line) if sentence_key(one) not in boilerplate]
        if kept:
            yield "".join(kept)


def sentence_key(sentence: str) -> str:
    """How a standing sentence is written in the configuration: its folded words; numbers are all alike."""
    return " ".join("0" if word[0].isdigit() else word for word in text.words(sentence))


def alike(said: str) -> str:
    """The text with one spelling for what is spelt in several ways: gender forms, `Expertinnen und Experten`, hyphens."""
    if "innen" in said or "Innen" in said or "in" in said:
        if "nnen " in said:
            said = _BOTH.sub("", said)
        said = _GENDER.sub("", said)
    return _PRINTED.sub("", said) if "-" in said else said


def title(item: Item) -> tuple[str, bool]:
    """The title without kicker and mark, and whether the item says of itself that it corrects another one."""
    found = item.title
    if _PARTED.search(found):
        found = _KICKER.sub("", found, count=1) or found
    folded = found.casefold()
    bare = _MARKED.sub("", found).strip() if any(stem in folded for stem in _MARKS) else found.strip()
    marked = bare != found.strip() or bool(_MARKED_URL.search(item.url)) or bool(_MARKED_LEAD.match(item.text))
    return bare or found, marked


def is_cut(title: str) -> bool:
    return title.rstrip().endswith(("…", "..."))


def english(words: Collection[str]) -> bool:
    """Whether the words are English rather than German."""
    return len(_ENGLISH.intersection(words)) > len(_GERMAN.intersection(words))


def shingles(words: list[str]) -> frozenset[int]:
    """All runs of three words as numbers, the same on every machine; of fewer words one."""
    hashed = hashes(words)
    if len(hashed) < 3:
        return frozenset([sum(hashed)] if hashed else ())
    return frozenset(
        (one * 0x9E3779B1 ^ two * 0x85EBCA77 ^ three * 0xC2B2AE3D) & _MASK
        for one, two, three in zip(hashed, hashed[1:], hashed[2:], strict=False)
    )


_MASK = (1 << 60) - 1


@lru_cache(maxsize=1 << 14)
def _hash(word: str) -> int:
    return crc32(word.encode()) * 0x1000193 + len(word)


def hashes(words: list[str]) -> list[int]:
    return [_hash(word) for word in words]
