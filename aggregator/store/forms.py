"""German words as they are searched for: their inflected forms, and the compounds they stand in. Pure.

A word's forms are looked for among the words that occur in what is stored, by rules and by those words themselves: a part of a
word counts when what stands before and after it is a word too. So `strategie` finds `Wasserstoffstrategie`, and `rat` does not
find `Apparat`. All words are folded: small letters, `ae` for `ä`, `ss` for `ß`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

SHORTEST = 3  # letters of a part
_WORD = re.compile(r"(?<![^\W_])[^\W\d_]{3,40}(?![^\W_])")  # longer ones are addresses and accidents
LONGER = 30  # letters that a compound may have more than the word looked for
MOST = 200  # forms of one word; the shortest are closest to it

_ENDINGS = ("e", "n", "s", "en", "er", "es", "em", "ern", "ens", "nen")
_NO_PART = frozenset({"", *_ENDINGS})
# Of an adjective: `digitalen` and `digitale` are one word, also where `digital` alone occurs nowhere
_OF_ADJECTIVES = ("e", "en", "er", "es", "em")
_WITH_UMLAUT = ("e", "er", "ern")  # Raete, Haeuser, Laendern
# What stands between the parts of a compound: Arbeit-s-markt, Strategie-n-wechsel, Kind-er-garten
_JOINTS = ("", "s", "n", "en", "es", "er", "e", "ens")
# Before a word these make another word of it, no compound: Forderung, Aufforderung; Bindung, Verbindung
_BEFORE = (
    "ab an auf aus bei be da dar durch ein emp ent er ge her heraus herein hervor hin hinaus hinter los miss mit nach nieder"
    " ueber um un unter ver vor voran voraus weg wider wieder zer zu zurueck zusammen"
)
_PREFIXES = frozenset(_BEFORE.split())
# Such a noun has no umlaut in its plural: Forderungen, never Foerderungen
_WITHOUT_UMLAUT = ("ung", "heit", "keit", "schaft", "tion", "taet", "ismus", "ling", "nis", "ie", "eur")
_VOWELS = frozenset("aeiouy")


def words(text: str) -> frozenset[str]:
    """The words of letters alone that stand in a text, as they are written."""
    return frozenset(_WORD.findall(text))


def stems(word: str) -> frozenset[str]:
    """What may be the word without its ending, with or without umlaut. Those that occur as words are its lemmas."""
    bare = {word[: -len(end)] for end in _ENDINGS if word.endswith(end) and len(word) - len(end) >= SHORTEST}
    both = {word, *bare, *(f"{each}e" for each in bare)}
    return frozenset({*both, *(changed for each in both for changed in _umlauts(each))})


def _umlauts(word: str) -> Iterator[str]:
    """The word with an umlaut in its last syllable, or without the one that stands there."""
    if word.endswith(_WITHOUT_UMLAUT):
        return
    for plain, umlaut in (("au", "aeu"), ("a", "ae"), ("o", "oe"), ("u", "ue")):
        at, marked = word.rfind(plain), word.rfind(umlaut)
        if marked >= 0 and marked >= at:
            yield word[:marked] + plain + word[marked + len(umlaut) :]
            return
        if at >= 0:
            yield word[:at] + umlaut + word[at + len(plain) :]
            return


def lemmas(word: str, known: Collection[str]) -> tuple[str, ...]:
    """The word itself, and what it is a form of among the words that are known."""
    ends = {
        stem
        for stem in stems(word) & set(known)
        if len(stem) >= SHORTEST and (stem == word or _is_form(word, stem, known))
    }
    return tuple(dict.fromkeys([word, *sorted(ends)]))


def _is_form(word: str, lemma: str, known: Collection[str]) -> bool:
    """Whether the word is the lemma with an ending, with or without umlaut. `zaehlen` is none of `Zahl`: there is no `zaehle`
    among the words as there is `Staedte` beside `Staedten`."""
    if len(lemma) < 4 and word not in {f"{lemma}s", f"{lemma}es"}:
        return any(word == f"{changed}{end}" for changed in _umlauts(lemma) for end in _WITH_UMLAUT)
    if word in {f"{lemma}{end}" for end in ("", *_ENDINGS)}:
        return True
    return any(
        word in {f"{changed}{end}" for end in _WITH_UMLAUT} or (word == f"{changed}en" and f"{changed}e" in known)
        for changed in _umlauts(lemma)
    )


def sought(lemmas: Collection[str]) -> tuple[str, ...]:
    """The parts to look for: every form and compound of the lemmas contains one of them."""
    parts = {lemma[:-1] if lemma.endswith("e") and len(lemma) > 4 else lemma for lemma in lemmas}
    parts |= {changed for part in parts for changed in _umlauts(part)}
    parts |= {lemma[: -len(end)] for lemma in lemmas for end in _OF_ADJECTIVES if _adjective(lemma, end)}
    whole = {part for part in parts if len(part) >= SHORTEST}
    return tuple(sorted(part for part in whole if not any(other in part for other in whole - {part})))


def _adjective(word: str, end: str) -> bool:
    return word.endswith(end) and len(word) - len(end) >= 6


def neighbours(candidates: Collection[str], lemmas: Collection[str]) -> frozenset[str]:
    """What must be known to be words so that `forms` can tell the compounds among the candidates."""
    asked: set[str] = set()
    for candidate in candidates:
        for head, tail in _splits(candidate, lemmas):
            asked.update(_as_head(head))
            asked.update(_as_tail(tail))
    return frozenset(each for each in asked if len(each) >= SHORTEST)


def forms(word: str, lemmas: Collection[str], candidates: Collection[str], known: Collection[str]) -> tuple[str, ...]:
    """The candidates that are a form or a compound of the word; with itself, the shortest first."""
    found = {each for each in candidates if any(_is_form(each, lemma, candidates) for lemma in lemmas)}
    found |= {each for each in candidates if _same_adjective(word, each)}
    for candidate in candidates:
        if candidate not in found and any(_joined(candidate, *split, known) for split in _splits(candidate, lemmas)):
            found.add(candidate)
    return tuple(sorted({word, *found}, key=lambda each: (len(each), each))[:MOST])


def _same_adjective(word: str, other: str) -> bool:
    bare = {word[: -len(end)] for end in _OF_ADJECTIVES if _adjective(word, end)}
    return any(other == f"{each}{end}" for each in bare for end in ("", *_OF_ADJECTIVES))


def _splits(candidate: str, lemmas: Collection[str]) -> Iterator[tuple[str, str]]:
    """What stands before and after each lemma in the candidate; a lemma loses its last e inside a compound: Schul-, Erd-."""
    for lemma in lemmas:
        for part in (lemma, lemma[:-1]) if lemma.endswith("e") and len(lemma) > 4 else (lemma, *_umlauts(lemma)):
            at = candidate.find(part)
            head, tail = candidate[:at], candidate[at + len(part) :]
            if at >= 0 and (head or tail not in _NO_PART):  # else a form, or none: `_is_form` knows
                yield head, tail


def _joined(candidate: str, head: str, tail: str, known: Collection[str]) -> bool:
    size = len(candidate) - len(head) - len(tail)
    if head in _PREFIXES:
        return False
    if size <= SHORTEST and (not head or tail not in {"", "s", "es", "e"}):
        return False  # Gasse is no Gas; Erdgas is one
    return _is_head(head, size, known) and _is_tail(tail, head, size, known)


def _is_head(head: str, size: int, known: Collection[str]) -> bool:
    if not head:
        return True
    if len(head) < SHORTEST:
        return False
    # A long word inside another is no accident, also where what stands before it occurs nowhere alone: Hauptstadt
    alone = size >= 5 and len(head) >= 4 and not _VOWELS.isdisjoint(head)
    return alone or any(each in known for each in _as_head(head))


def _is_tail(tail: str, head: str, size: int, known: Collection[str]) -> bool:
    if tail in _ENDINGS or not tail:
        return True
    if any(each in known for each in _as_tail(tail)):
        return True
    return not head and size >= 5 and len(tail) >= 4 and not _VOWELS.isdisjoint(tail)


def _as_head(head: str) -> tuple[str, ...]:
    """Words of which it may be the form before another one."""
    bare = [head[: -len(joint)] for joint in _JOINTS if joint and head.endswith(joint)]
    return tuple(each for each in (head, *bare, f"{head}e", f"{head}en") if len(each) >= SHORTEST)


def _as_tail(tail: str) -> tuple[str, ...]:
    """Words of which it may be the form after another one."""
    after = [tail[len(joint) :] for joint in _JOINTS if tail.startswith(joint)]
    bare = [each[: -len(end)] for each in after for end in _ENDINGS if each.endswith(end)]
    return tuple(each for each in (*after, *bare) if len(each) >= SHORTEST)
