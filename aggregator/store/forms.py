"""German words as they are searched for: their inflected forms, and the compounds they stand in. Pure.

A word's forms are looked for among the words that occur in what is stored, by rules and by those words themselves: a part of a
word counts when what stands before and after it is a word too. So `strategie` finds `Wasserstoffstrategie`, and `rat` does not
find `Apparat`. All words are folded: small letters, `ae` for `ä`, `ss` for `ß`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from typing import NamedTuple

from aggregator import text

SHORTEST = 3  # letters of a part
_RUN = re.compile(r"[^\W_]+")
_LONGEST = 40  # letters; longer ones are addresses and accidents
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


def words(texts: Iterable[str]) -> frozenset[str]:
    """The words of letters alone that stand in the texts, folded."""
    # each way to write one is looked at once: most words of a thousand items are the same few
    written = {run for one in texts for run in _RUN.findall(one)}
    return frozenset(text.plain(run) for run in written if SHORTEST <= len(run) <= _LONGEST and run.isalpha())


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
    if word.startswith(lemma) and word[len(lemma) :] in _NO_PART:
        return True
    if len(word) > len(lemma) + 4:
        return False
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


class Parted(NamedTuple):
    """A candidate that may be a compound: what stands before and after a lemma, and the words that these may be."""

    candidate: str
    head: str
    tail: str
    size: int  # of the lemma in it
    heads: tuple[str, ...]
    tails: tuple[str, ...]


def parted(candidates: Collection[str], lemmas: Collection[str]) -> tuple[Parted, ...]:
    """The candidates that may be compounds; which of their neighbours are words tells `forms`."""
    parts = tuple(dict.fromkeys(part for lemma in lemmas for part in _within(lemma)))
    found = []
    for candidate in candidates:
        for part in parts:
            at = candidate.find(part)
            head, tail = candidate[:at], candidate[at + len(part) :]
            if at >= 0 and _may_be(head, tail, len(part)):
                found.append(Parted(candidate, head, tail, len(part), _as_head(head), _as_tail(tail)))
    return tuple(found)


def _within(lemma: str) -> tuple[str, ...]:
    """The lemma as it stands in compounds: without its last e (Schul-, Erd-), or with an umlaut (Staedte-)."""
    return (lemma, lemma[:-1]) if lemma.endswith("e") and len(lemma) > 4 else (lemma, *_umlauts(lemma))


def _may_be(head: str, tail: str, size: int) -> bool:
    if head in _PREFIXES or (not head and tail in _NO_PART):  # the latter is a form, or none: `_is_form` knows
        return False
    if size <= SHORTEST:
        return bool(head) and tail in {"", "s", "es", "e"}  # Gasse is no Gas; Erdgas is one
    return not head or len(head) >= SHORTEST


def forms(
    word: str, lemmas: Collection[str], candidates: Collection[str], parted: Iterable[Parted], known: Collection[str]
) -> tuple[str, ...]:
    """The candidates that are a form or a compound of the word, told by the words that are known; with itself, the shortest
    first."""
    found = {word} | {each for each in candidates if any(_is_form(each, lemma, candidates) for lemma in lemmas)}
    found |= {each for each in candidates if _same_adjective(word, each)}
    found |= {each.candidate for each in parted if _is_head(each, known) and _is_tail(each, known)}
    return tuple(sorted(found, key=lambda each: (len(each), each))[:MOST])


def _same_adjective(word: str, other: str) -> bool:
    bare = {word[: -len(end)] for end in _OF_ADJECTIVES if _adjective(word, end)}
    return any(other == f"{each}{end}" for each in bare for end in ("", *_OF_ADJECTIVES))


def _is_head(of: Parted, known: Collection[str]) -> bool:
    # A long word inside another is no accident, also where what stands before it occurs nowhere alone: Hauptstadt
    alone = of.size >= 5 and len(of.head) >= 4 and not _VOWELS.isdisjoint(of.head)
    return not of.head or alone or any(each in known for each in of.heads)


def _is_tail(of: Parted, known: Collection[str]) -> bool:
    if of.tail in _NO_PART or any(each in known for each in of.tails):
        return True
    return not of.head and of.size >= 5 and len(of.tail) >= 4 and not _VOWELS.isdisjoint(of.tail)


def _as_head(head: str) -> tuple[str, ...]:
    """Words of which it may be the form before another one."""
    bare = [head[: -len(joint)] for joint in _JOINTS if joint and head.endswith(joint)]
    return tuple(each for each in (head, *bare, f"{head}e", f"{head}en") if len(each) >= SHORTEST)


def _as_tail(tail: str) -> tuple[str, ...]:
    """Words of which it may be the form after another one."""
    after = [tail[len(joint) :] for joint in _JOINTS if tail.startswith(joint)]
    bare = [each[: -len(end)] for each in after for end in _ENDINGS if each.endswith(end)]
    return tuple(each for each in (*after, *bare) if len(each) >= SHORTEST)
