"""Where the rules hit in an item, before anything is weighed."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate
from operator import itemgetter
from typing import NamedTuple

from aggregator import text
from aggregator.model import LabelKind, Scope
from aggregator.tagging.fields import Fields
from aggregator.tagging.folded import LONGEST_WORD, word
from aggregator.tagging.rules import ENDINGS, WEAK, Pattern, Rules, letters

# `Wirtschaft, Arbeit und Energie` behind `Minister für`: capitalised words, joined by commas and conjunctions
_CAPITALISED = r"[A-ZÄÖÜ][\w-]{1,40}(?: [A-ZÄÖÜ][\w-]{1,40}){0,2}"
_LIST = re.compile(rf" ?{_CAPITALISED}(?:(?:, und|,| und| sowie| and| &|/) ?{_CAPITALISED}){{0,6}}")
# `Gesundheits- und Automobilwirtschaft`, `Fahrzeug-, Bahn- und Schiffstechnik`: what follows the first hyphen
_JOINT = r"(?:und|oder|sowie|bzw\.|&|/)"
_ELIDED = re.compile(rf"-(?:(?:, ?| {_JOINT} |/)[^\W\d_]{{2,40}}-){{0,3}}(?: {_JOINT} |/)([^\W\d_]{{6,40}})")
_BEHIND_ELIDED = frozenset(" ,/")
# Asking an enumeration for its member takes a quarter of a microsecond in Python 3.11, ten times what comparing it takes
_TERM, _SENTENCE, _REST, _ITEM = Scope.TERM, Scope.SENTENCE, Scope.REST, Scope.ITEM
_CLUSTER = LabelKind.CLUSTER
_SHORTEST_HEAD = 4  # letters of the second half of an elided compound: `wirtschaft`, `bahn`


_LONG_SENTENCE = 400  # characters: names of clusters further apart do not make one enumeration
_NEAR_NAMES = 24  # names looked at behind each: a text of nothing but names stays linear


class Hit(NamedTuple):
    """A pattern found in an item; `start` and `stop` count in the text of all its fields."""

    pattern: Pattern
    start: int
    stop: int
    words: str  # what stands there, whole words


_FIRST = itemgetter(1)  # where a hit begins


class Removed(NamedTuple):
    """A hit that does not count, and the rule that says so."""

    hit: Hit
    label: str
    rule: str


@dataclass(slots=True)
class Reading:
    """What the rules see in an item."""

    counted: list[Hit] = field(default_factory=list)
    removed: list[Removed] = field(default_factory=list)
    enumerations: list[tuple[int, str]] = field(default_factory=list)  # place and the clusters' names, one a sentence
    barred: dict[str, Hit] = field(default_factory=dict)  # label -> the exclusion that bars it from the whole item


def read(fields: Fields, rules: Rules) -> Reading:
    """All hits, divided into what counts and what an exclusion or an enumeration takes away."""
    reading = Reading()
    terms, names, exclusions, asides, needs = _hits(fields, rules)
    if not terms and not names and not exclusions:
        return reading
    sentences = _Sentences(fields.quoted)
    terms = _with_second_signal(terms, needs, reading)
    if exclusions:
        terms = _excluded(fields, terms, exclusions, sentences, reading)
        every = _spans(hit for hit in exclusions if hit.pattern.label is None and hit.pattern.scope is _TERM)
        names = [hit for hit in names if not _covering(every, hit)]
        for hit in exclusions:
            if hit.pattern.scope is _ITEM:
                for label in (hit.pattern.label,) if hit.pattern.label else rules.kinds:
                    reading.barred.setdefault(label, hit)
    if len(names) >= rules.enumeration and _crowd(names, rules.enumeration):
        terms = _without_enumerations(terms, names, rules, sentences, reading)
    if terms and asides:
        terms = [_mentioned(term, asides, sentences) for term in terms]
    reading.counted = _longest(terms) if len(terms) > 1 else terms
    return reading


def _hits(fields: Fields, rules: Rules) -> tuple[list[Hit], ...]:
    """All hits, by role."""
    folded, quoted = fields.folded, fields.quoted
    found: tuple[list[Hit], ...] = ([], [], [], [], [])
    made, find = tuple.__new__, folded.find  # a third of what Hit(...) takes; there are a dozen hits in an item
    for end, entries in rules.automaton.iter(folded):
        for pattern, length, closed, inflects in entries:
            last = end if closed else end + 1
            first = last - length
            if pattern.special:
                last = _special(pattern, first, last, fields, inflects)
                if last < 0:
                    continue
            elif not closed and folded[last] != " ":
                stop = find(" ", last, last + LONGEST_WORD)
                if not (pattern.open_right or (inflects and folded[last:stop] in ENDINGS)):
                    continue
                last = stop if stop > 0 else min(len(folded), last + LONGEST_WORD)
            if pattern.open_left and folded[first - 1] != " ":
                first = _first(first, folded)
            found[pattern.role].append(made(Hit, (pattern, first, last, quoted[first:last])))
    if "-" in quoted:
        for hit in _elided(quoted, rules):
            found[hit.pattern.role].append(hit)
    return found


def _first(start: int, folded: str) -> int:
    """Where the word begins that this position stands in."""
    floor = max(0, start - LONGEST_WORD)
    space = folded.rfind(" ", floor, start)
    return space + 1 if space >= 0 else floor


def _special(pattern: Pattern, first: int, last: int, fields: Fields, inflects: bool) -> int:  # noqa: FBT001
    """Where the hit ends of a pattern with conditions; -1 where one of them is not met."""
    folded, quoted = fields.folded, fields.quoted
    if pattern.language and fields.language not in {None, pattern.language}:
        return -1
    if pattern.letters and pattern.letters != letters(quoted[first:last]):
        return -1
    if pattern.rest:
        rest = pattern.rest.match(folded, last)
        if not rest:
            return -1
        last = rest.end()
    stop = last
    while stop < len(folded) and folded[stop] != " " and stop < last + LONGEST_WORD:
        stop += 1
    if stop > last and not (pattern.open_right or (inflects and folded[last:stop] in ENDINGS)):
        return -1
    listed = _LIST.match(quoted, stop) if pattern.list_follows else None
    return listed.end() if listed else stop


def _elided(written: str, rules: Rules) -> Iterator[Hit]:
    """`Gesundheits- und Automobilwirtschaft` is also `Gesundheitswirtschaft`."""
    at = written.find("-")
    while at >= 0:
        elided = _ELIDED.match(written, at) if written[at + 1] in _BEHIND_ELIDED else None
        if elided:
            start = at
            while start > max(0, at - 40) and written[start - 1].isalpha():
                start -= 1
            for pattern in _compound(written[start:at], elided[1], rules):
                yield Hit(pattern, start, at + 1, written[start : elided.end()])
        at = written.find("-", at + 1)


def _compound(first: str, second: str, rules: Rules) -> Iterable[Pattern]:
    """The terms that the first half makes with some end of the second word."""
    head, tail = word(first), word(second)
    for cut in range(1, len(tail) - _SHORTEST_HEAD + 1):
        patterns = rules.compounds.get(head + tail[cut:])
        if patterns:
            return patterns
    return ()


class _Sentences:
    """Which sentence a position stands in; looked for when first asked."""

    def __init__(self, written: str) -> None:
        self._written = written
        self._ends: list[int] | None = None

    def at(self, position: int) -> int:
        if self._ends is None:
            self._ends = list(accumulate(len(sentence) for sentence in text.sentences(self._written)))
        return bisect_right(self._ends, position)


def _with_second_signal(terms: list[Hit], needs: Sequence[Hit], reading: Reading) -> list[Hit]:
    """The terms without those that need another word, where it is missing."""
    if not any(term.pattern.needs for term in terms):
        return terms
    met = {hit.pattern.rule for hit in needs}
    kept = []
    for term in terms:
        if term.pattern.needs and met.isdisjoint(term.pattern.needs):
            _remove(reading, term, "needs one of: " + ", ".join(sorted(term.pattern.needs)))
        else:
            kept.append(term)
    return kept


def _excluded(
    fields: Fields, terms: list[Hit], exclusions: Sequence[Hit], sentences: _Sentences, reading: Reading
) -> list[Hit]:
    """The terms that no exclusion reaches."""
    by_label: dict[str | None, list[Hit]] = defaultdict(list)
    in_sentences: dict[tuple[str | None, int], Hit] = {}
    rests = [(hit, fields.stop(hit.start)) for hit in exclusions if hit.pattern.scope is _REST]
    for hit in exclusions:
        if hit.pattern.scope is _TERM:
            by_label[hit.pattern.label].append(hit)
        elif hit.pattern.scope is _SENTENCE:
            in_sentences.setdefault((hit.pattern.label, sentences.at(hit.start)), hit)
    spans = {label: _spans(hits) for label, hits in by_label.items()}
    kept = []
    for term in terms:
        label = term.pattern.label
        exclusion = (
            _covering(spans.get(None, _NONE), term)
            or _covering(spans.get(label, _NONE), term)
            or (in_sentences and _in_sentence(in_sentences, term, sentences))
            or next((hit for hit, stop in rests if _reaches(hit, stop, term)), None)
        )
        if exclusion:
            _remove(reading, term, f"excluded: {exclusion.pattern.rule}")
        else:
            kept.append(term)
    return kept


def _in_sentence(found: dict[tuple[str | None, int], Hit], term: Hit, sentences: _Sentences) -> Hit | None:
    sentence = sentences.at(term.start)
    return found.get((None, sentence)) or found.get((term.pattern.label, sentence))


def _reaches(exclusion: Hit, stop: int, term: Hit) -> bool:
    return exclusion.start <= term.start < stop and exclusion.pattern.label in {None, term.pattern.label}


def _remove(reading: Reading, term: Hit, rule: str) -> None:
    if term.pattern.label is not None:
        reading.removed.append(Removed(term, term.pattern.label, rule))


@dataclass(frozen=True, slots=True)
class _Spans:
    """Exclusions that do not overlap, in order."""

    starts: list[int]
    hits: list[Hit]


_NONE = _Spans([], [])


def _spans(hits: Iterable[Hit]) -> _Spans:
    """The longer of two that overlap."""
    kept: list[Hit] = []
    for hit in sorted(hits, key=lambda hit: (hit.start, -hit.stop)):
        if not kept or hit.start >= kept[-1].stop:
            kept.append(hit)
        elif hit.stop - hit.start > kept[-1].stop - kept[-1].start:
            kept[-1] = hit
    return _Spans([hit.start for hit in kept], kept)


def _covering(spans: _Spans, term: Hit) -> Hit | None:
    """The exclusion that overlaps this hit."""
    at = bisect_right(spans.starts, term.stop - 1) - 1
    return spans.hits[at] if at >= 0 and spans.hits[at].stop > term.start else None


def _crowd(names: Sequence[Hit], enumeration: int) -> bool:
    """Whether so many clusters are named close enough together that looking for sentences pays."""
    for first, hit in enumerate(names):
        near = {
            other.pattern.label
            for other in names[first : first + _NEAR_NAMES]
            if other.start < hit.start + _LONG_SENTENCE
        }
        if len(near) >= enumeration:
            return True
    return False


def _without_enumerations(
    terms: list[Hit], names: Sequence[Hit], rules: Rules, sentences: _Sentences, reading: Reading
) -> list[Hit]:
    """In a sentence that names many clusters nothing speaks for one of them: it is about all, and what else stands there
    are examples (strategy boilerplate of seven publishers; the example sentence of the ministry's release of 2017)."""
    named: dict[int, dict[str | None, Hit]] = defaultdict(dict)
    for hit in names:
        named[sentences.at(hit.start)].setdefault(hit.pattern.label, hit)
    crowded = {sentence: found for sentence, found in named.items() if len(found) >= rules.enumeration}
    for _, found in sorted(crowded.items()):
        first = next(iter(found.values()))
        reading.enumerations.append((first.start, ", ".join(hit.words for hit in found.values())))
    kept = []
    for term in terms:
        cluster = rules.kinds.get(term.pattern.label or "") is _CLUSTER
        if cluster and sentences.at(term.start) in crowded:
            _remove(reading, term, "in an enumeration of clusters")
        else:
            kept.append(term)
    return kept


def _mentioned(term: Hit, asides: Sequence[Hit], sentences: _Sentences) -> Hit:
    """The term, weak where its sentence speaks of customers, uses or examples."""
    sentence = sentences.at(term.start)
    for aside in asides:
        reached = aside.pattern.after if aside.start < term.start else aside.pattern.before
        if reached and sentences.at(aside.start) == sentence:
            rule = f"{term.pattern.rule}, beside {aside.pattern.rule}"
            return term._replace(pattern=replace(term.pattern, rule=rule, rank=WEAK))
    return term


def _longest(terms: list[Hit]) -> list[Hit]:
    """Of one label's hits that overlap only the strongest, then longest: `Wasserstoff` in `Wasserstoffspeicher` is one signal."""
    terms.sort(key=_FIRST)
    kept: list[Hit] = []
    last: dict[str | None, tuple[int, int]] = {}  # label -> where its last hit ends, its place in `kept`
    for term in terms:
        label = term[0].label
        stop, at = last.get(label, (-1, 0))
        if term[1] >= stop:
            last[label] = term[2], len(kept)
            kept.append(term)
        elif _better(term, kept[at]):
            last[label] = term[2], at
            kept[at] = term
    return kept


def _better(term: Hit, before: Hit) -> bool:
    return (term.pattern.rank, term.stop - term.start) > (before.pattern.rank, before.stop - before.start)
