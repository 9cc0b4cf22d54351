"""A taxonomy as one automaton: every term, name and exclusion of every label in a single walk through the text."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import IntEnum
from itertools import product
from typing import Any, NamedTuple

import ahocorasick

from aggregator.model import ByHand, Exclusion, Label, LabelKind, Scope, Strength, Taxonomy, Term
from aggregator.tagging import folded
from aggregator.tagging.folded import LONGEST_WORD

_WEIGHTS = {"title": 3.0, "summary": 1.5, "text": 1.0, "category": 1.0, "issuer": 0.0, "url": 0.0}
# Endings a closed word may carry: cases and plurals, and the feminine forms of persons. Not for short words, of which too many
# become another word (`Licht`, `lichten`).
ENDINGS = frozenset({"", "s", "es", "e", "en", "er", "n", "ns", "in", "innen"})
_INFLECTS_FROM = 6
_ADJECTIVE = re.compile(r"(\w{3,})e[nrsm]?")
_ADJECTIVE_ENDINGS = ("e", "en", "er", "es", "em")
_ACRONYM = re.compile(r"[A-ZÄÖÜ0-9]{2,5}")
ELSEWHERE = "*"  # stands for a label in the patterns of subjects that belong to none; no id may look like this
_LIST = "…"
_PAIRS = (("ä", "ae"), ("ö", "oe"), ("ü", "ue"), ("ß", "ss"))
_SPELT = re.compile("[äöüß]|ae|oe|ue|ss")


class Role(IntEnum):
    """What a pattern is for."""

    TERM = 0
    NAME = 1  # of a cluster as it stands in enumerations
    EXCLUSION = 2
    ASIDE = 3  # what stands beside it is only mentioned
    NEED = 4  # a second signal that another term asks for


WEAK, MEDIUM, STRONG = range(3)  # strengths as numbers: they are compared for every hit
_RANKS = {Strength.WEAK: WEAK, Strength.MEDIUM: MEDIUM, Strength.STRONG: STRONG}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pattern:
    """One line of the configuration, ready to be compared. `label` None is every label."""

    rule: str  # as it is written in the configuration
    role: Role
    label: str | None
    rank: int = STRONG
    scope: Scope = Scope.TERM
    special: bool = False  # capitals, the item's language or what follows must be looked at
    letters: str | None = None  # the letters with their case, where case counts
    open_left: bool = False
    open_right: bool = False
    rest: re.Pattern[str] | None = None  # what follows an asterisk inside of the phrase, on folded text
    list_follows: bool = False  # ends with an ellipsis: a list of capitalised words belongs to it
    before: bool = True  # an aside reaches what stands before it in its sentence
    after: bool = True  # and what stands behind it
    needs: frozenset[str] = frozenset()  # rules of which one must stand in the item, too
    language: str | None = None


class Entry(NamedTuple):
    """One spelling of a pattern in the automaton."""

    pattern: Pattern
    length: int  # without the spaces around it
    closed: bool  # the key ends with a space
    inflects: bool  # an ending may follow


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Compiled rules of one taxonomy; built once a pass (about 270 ms for 5,000 terms), used for every story."""

    version: str
    kinds: Mapping[str, LabelKind]  # label -> kind, in the order of display
    weights: Mapping[str, float]  # field -> weight
    threshold: float
    enumeration: int
    automaton: Any  # ahocorasick.Automaton: folded spelling -> tuple of Entry
    compounds: Mapping[str, tuple[Pattern, ...]]  # folded terms of one word, for elided compounds
    umbrella: str | None
    parents: Mapping[str, str]  # part -> whole
    by_hand: Mapping[str, ByHand]  # address, guid or story id -> what a person decided


def compiled(taxonomy: Taxonomy) -> Rules:
    """The rules of a taxonomy as one automaton."""
    entries: dict[str, list[Entry]] = defaultdict(list)
    compounds: dict[str, list[Pattern]] = defaultdict(list)
    for pattern, written in _patterns(taxonomy):
        for key, entry in _entries(pattern, written):
            entries[key].append(entry)
        word = folded.word(written)
        if pattern.role is Role.TERM and pattern.letters is None and " " not in word:
            compounds[word].append(pattern)
    automaton = ahocorasick.Automaton()
    for key, its_entries in entries.items():
        automaton.add_word(key, tuple(its_entries))
    automaton.add_word("\0", ())  # an automaton without any word can not be asked; legal text never holds this one
    automaton.make_automaton()
    return Rules(
        version=taxonomy.version,
        kinds={label.id: label.kind for label in taxonomy.labels},
        weights={**_WEIGHTS, **taxonomy.field_weights},
        threshold=taxonomy.threshold,
        enumeration=taxonomy.enumeration,
        automaton=automaton,
        compounds={word: tuple(patterns) for word, patterns in compounds.items()},
        umbrella=next((label.id for label in taxonomy.labels if label.kind is LabelKind.UMBRELLA), None),
        parents={label.id: label.part_of for label in taxonomy.labels if label.part_of},
        by_hand={decided.item: decided for decided in taxonomy.by_hand},
    )


def _patterns(taxonomy: Taxonomy) -> Iterator[tuple[Pattern, str]]:
    """Every pattern with its text freed of the asterisks around it."""
    for exclusion in taxonomy.ignored:
        yield _excluding(exclusion, None)
    for aside in taxonomy.asides:
        yield _aside(aside)
    for term in taxonomy.elsewhere:
        yield _term(term, ELSEWHERE), term.text.strip("*")
    for label in taxonomy.labels:
        for term in label.terms:
            for counted_for in (label.id, label.part_of) if label.part_of else (label.id,):
                yield _term(term, counted_for), term.text.strip("*")
        for exclusion in label.exclusions:
            yield _excluding(exclusion, label.id)
        if label.kind is LabelKind.CLUSTER:
            yield from _names(label)
    for term in (*taxonomy.elsewhere, *(term for label in taxonomy.labels for term in label.terms)):
        yield from ((_need(needed), needed.strip("*")) for needed in term.needs)


def _term(term: Term, label: str) -> Pattern:
    needs = frozenset(_need(needed).rule for needed in term.needs)
    return _pattern(term, Role.TERM, label, rank=_RANKS[term.strength], needs=needs, language=term.language)


def _need(written: str) -> Pattern:
    return _pattern(Term(text=written, strength=Strength.WEAK), Role.NEED, None)


def _aside(written: Exclusion) -> tuple[Pattern, str]:
    """`Kunden …` reaches what follows in its sentence, `… einsetzbar` what stands before, without an ellipsis all of it."""
    text = written.text.replace("...", _LIST)
    before, after = not text.endswith(_LIST), not text.startswith(_LIST)
    bare = text.strip(_LIST + " ")
    pattern = _pattern(
        replace(written, text=bare), Role.ASIDE, None, before=before or not after, after=after or not before
    )
    return pattern, bare.strip("*")


def _excluding(exclusion: Exclusion, label: str | None) -> tuple[Pattern, str]:
    written = exclusion.text.replace("...", _LIST).strip("*")
    listed = written.endswith(_LIST)
    pattern = _pattern(exclusion, Role.EXCLUSION, label, scope=exclusion.scope, list_follows=listed)
    return pattern, written.rstrip(_LIST).strip()


def _names(label: Label) -> Iterator[tuple[Pattern, str]]:
    for name in dict.fromkeys((*label.short_names, *label.names.values())):
        acronym = name if _ACRONYM.fullmatch(name) else None
        special = acronym is not None
        yield Pattern(rule=name, role=Role.NAME, label=label.id, letters=acronym, special=special), name


def _pattern(written: Term | Exclusion, role: Role, label: str | None, **more: Any) -> Pattern:
    text = written.text.strip("*")
    open_left = written.open_left or written.text.startswith("*")
    open_right = written.open_right or written.text.endswith("*")
    _, star, rest = text.partition("*")
    return Pattern(
        rule=f"{'*' if open_left else ''}{text}{'*' if open_right else ''}",
        role=role,
        label=label,
        special=written.case or bool(star or more.get("language") or more.get("list_follows")),
        letters=letters(text) if written.case else None,
        open_left=open_left,
        open_right=open_right,
        rest=_rest(rest.replace("...", _LIST)) if star else None,
        **more,
    )


def letters(text: str) -> str:
    """What counts of an acronym: `E.DIS` and `EDIS` are the same."""
    return "".join(character for character in text if character.isalnum())


def _rest(written: str) -> re.Pattern[str]:
    """What stands behind the first asterisk inside of a phrase; an asterisk is the rest of one word."""
    pieces = (_SPELT.sub(_either, folded.fold(piece)[1]) for piece in written.rstrip(_LIST).split("*"))
    return re.compile(rf"[^ |]{{0,{LONGEST_WORD}}}" + rf"[^ |]{{0,{LONGEST_WORD}}}".join(pieces).rstrip())


def _either(found: re.Match[str]) -> str:
    """Both spellings of an umlaut, as a regular expression."""
    letter, spelt = next(pair for pair in _PAIRS if found.group() in pair)
    return f"(?:{letter}|{spelt})"


def _entries(pattern: Pattern, written: str) -> Iterator[tuple[str, Entry]]:
    if pattern.rest:
        for word in _umlauts(folded.fold(written.partition("*")[0])[1]):
            yield _key(pattern, word, closed=False), Entry(pattern, len(word), closed=False, inflects=False)
        return
    for word in _spellings(written):
        if not word.strip():
            continue
        last = word.rsplit(" ", 1)[-1]
        inflects = len(last) >= _INFLECTS_FROM and not pattern.open_right
        closed = not inflects and not pattern.open_right
        yield _key(pattern, word, closed=closed), Entry(pattern, len(word), closed, inflects)


def _key(pattern: Pattern, word: str, *, closed: bool) -> str:
    return f"{'' if pattern.open_left else ' '}{word}{' ' if closed else ''}"


def _spellings(written: str) -> set[str]:
    """A phrase as it may be met, folded: adjectives in all cases, a hyphen as hyphen, space or nothing."""
    *inner, last = written.split(" ")
    choices = [_adjective(word) for word in inner[-2:]]
    fixed = inner[:-2]
    phrases = {" ".join((*fixed, *chosen, last)) for chosen in product(*choices)}
    phrases |= {re.sub(r"(?<=\w)-(?=\w)", "", phrase) for phrase in phrases}
    # A hyphen at the end (`H2-*`) stays as a space: what is open begins behind it, or `KI-*` would hit `Kilowatt`
    return {spelt.lstrip() for phrase in phrases for spelt in _umlauts(folded.fold(phrase)[1])}


def _umlauts(word: str) -> set[str]:
    """`wärme` and `waerme`, `straße` and `strasse`: whichever of the two the rule is written in."""
    found = {word}
    for pairs in (_PAIRS[:3], _PAIRS[3:]):
        for spelling in tuple(found):
            apart = together = spelling
            for letter, spelt in pairs:
                apart, together = apart.replace(letter, spelt), together.replace(spelt, letter)
            found |= {apart, together}
    return found


def _adjective(word: str) -> tuple[str, ...]:
    """`künstliche` as it stands before `Intelligenz` in every case; a noun gains spellings that nobody writes."""
    found = _ADJECTIVE.fullmatch(word)
    if not found or len(word) < 5:
        return (word,)
    return (word, *(found[1] + ending for ending in _ADJECTIVE_ENDINGS))
