"""Where the rules hit in one field of an item, before anything is weighed."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import NamedTuple

from aggregator import text
from aggregator.model import LabelKind, Scope, Strength
from aggregator.tagging.folded import Folded, fold
from aggregator.tagging.rules import Entry, Pattern, Role, Rules, letters

# `Wirtschaft, Arbeit und Energie` behind `Minister für`: capitalised words, joined by commas and conjunctions
_CAPITALISED = r"[A-ZÄÖÜ][\w-]{1,40}(?: [A-ZÄÖÜ][\w-]{1,40}){0,2}"
_LIST = re.compile(rf" ?{_CAPITALISED}(?:(?:, und|,| und| sowie| and| &|/) ?{_CAPITALISED}){{0,6}}")
# `Gesundheits- und Automobilwirtschaft`, `Fahrzeug-, Bahn- und Schiffstechnik`: what follows the first hyphen
_JOINT = r"(?:und|oder|sowie|bzw\.|&|/)"
_ELIDED = re.compile(rf"-(?:(?:, ?| {_JOINT} |/)[^\W\d_]{{2,40}}-){{0,3}}(?: {_JOINT} |/)([^\W\d_]{{6,40}})")
_SHORTEST_HEAD = 4  # letters of the second half of an elided compound: `wirtschaft`, `bahn`
_RANK = {Strength.STRONG: 2, Strength.MEDIUM: 1, Strength.WEAK: 0}


class Hit(NamedTuple):
    """A pattern found in a field; `start` and `stop` count in the field as it was written."""

    pattern: Pattern
    start: int
    stop: int
    words: str  # what stands there, whole words


class Removed(NamedTuple):
    """A hit that does not count, and the rule that says so."""

    hit: Hit
    label: str
    rule: str


@dataclass(slots=True)
class Reading:
    """What the rules see in one field."""

    counted: list[Hit] = field(default_factory=list)
    removed: list[Removed] = field(default_factory=list)
    enumerations: list[str] = field(default_factory=list)  # the clusters' names, one string a sentence
    barred: dict[str, Hit] = field(default_factory=dict)  # label -> the exclusion that bars it from the whole item


def read(written: str, rules: Rules) -> Reading:
    """All hits in this field, divided into what counts and what an exclusion or an enumeration takes away."""
    reading = Reading()
    hits = list(_hits(written, rules))
    if not hits:
        return reading
    terms = [hit for hit in hits if hit.pattern.role is Role.TERM]
    names = [hit for hit in hits if hit.pattern.role is Role.NAME]
    exclusions = [hit for hit in hits if hit.pattern.role is Role.EXCLUSION]
    if exclusions:
        terms = _excluded(written, terms, exclusions, reading)
        every = _spans(hit for hit in exclusions if hit.pattern.label is None and hit.pattern.scope is Scope.TERM)
        names = [hit for hit in names if not _covering(every, hit)]
        for hit in exclusions:
            if hit.pattern.scope is Scope.ITEM:
                for label in (hit.pattern.label,) if hit.pattern.label else rules.kinds:
                    reading.barred.setdefault(label, hit)
    if len({hit.pattern.label for hit in names}) >= rules.enumeration:
        terms = _without_enumerations(written, terms, names, rules, reading)
    reading.counted = list(_longest(terms))
    return reading


def _hits(written: str, rules: Rules) -> Iterator[Hit]:
    folded = fold(written)
    for end, entries in rules.automaton.iter(folded.text):
        for entry in entries:
            hit = _hit(entry, end + 1 - entry.closed, folded, written)
            if hit:
                yield hit
    if "-" in written:
        yield from _elided(written, rules)


def _hit(entry: Entry, stop: int, folded: Folded, written: str) -> Hit | None:
    """The hit of an entry whose spelling ends at `stop`, or None where word boundaries, case or the rest forbid it."""
    pattern, start = entry.pattern, stop - entry.length
    if pattern.rest:
        rest = pattern.rest.match(folded.text, stop)
        if not rest:
            return None
        stop = rest.end()
    word_stop = stop if entry.closed else folded.word_stop(stop)
    if word_stop > stop and not pattern.open_right and not entry.ends_well(folded.text[stop:word_stop]):
        return None
    if pattern.letters and pattern.letters != letters(written[slice(*folded.span(start, stop))]):
        return None
    first, last = folded.span(folded.word_start(start) if pattern.open_left else start, word_stop)
    if pattern.list_follows:
        listed = _LIST.match(written, last)
        last = listed.end() if listed else last
    return Hit(pattern, first, last, written[first:last])


def _elided(written: str, rules: Rules) -> Iterator[Hit]:
    """`Gesundheits- und Automobilwirtschaft` is also `Gesundheitswirtschaft`."""
    at = written.find("-")
    while at >= 0:
        elided = _ELIDED.match(written, at)
        if elided:
            start = at
            while start > max(0, at - 40) and written[start - 1].isalpha():
                start -= 1
            for pattern in _compound(written[start:at], elided[1], rules):
                yield Hit(pattern, start, at + 1, written[start : elided.end()])
        at = written.find("-", at + 1)


def _compound(first: str, second: str, rules: Rules) -> Iterable[Pattern]:
    """The terms that the first half makes with some end of the second word."""
    head, tail = fold(first).text.strip(), fold(second).text.strip()
    for cut in range(1, len(tail) - _SHORTEST_HEAD + 1):
        patterns = rules.compounds.get(head + tail[cut:])
        if patterns:
            return patterns
    return ()


def _excluded(written: str, terms: list[Hit], exclusions: Sequence[Hit], reading: Reading) -> list[Hit]:
    """The terms that no exclusion reaches."""
    by_label: dict[str | None, list[Hit]] = defaultdict(list)
    sentences: dict[tuple[str | None, int], Hit] = {}
    ends = _sentence_ends(written) if any(hit.pattern.scope is Scope.SENTENCE for hit in exclusions) else []
    for hit in exclusions:
        if hit.pattern.scope is Scope.TERM:
            by_label[hit.pattern.label].append(hit)
        elif hit.pattern.scope is Scope.SENTENCE:
            sentences.setdefault((hit.pattern.label, bisect_right(ends, hit.start)), hit)
    spans = {label: _spans(hits) for label, hits in by_label.items()}
    kept = []
    for term in terms:
        label = term.pattern.label
        sentence = bisect_right(ends, term.start)
        exclusion = (
            _covering(spans.get(None, _NONE), term)
            or _covering(spans.get(label, _NONE), term)
            or sentences.get((None, sentence))
            or sentences.get((label, sentence))
        )
        if exclusion:
            _remove(reading, term, f"excluded: {exclusion.pattern.rule}")
        else:
            kept.append(term)
    return kept


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


def _sentence_ends(written: str) -> list[int]:
    return list(accumulate(len(sentence) for sentence in text.sentences(written)))


def _without_enumerations(
    written: str, terms: list[Hit], names: Sequence[Hit], rules: Rules, reading: Reading
) -> list[Hit]:
    """In a sentence that names many clusters nothing speaks for one of them: it is about all, and what else stands there
    are examples (strategy boilerplate of seven publishers; the example sentence of the ministry's release of 2017)."""
    ends = _sentence_ends(written)
    named: dict[int, dict[str | None, str]] = defaultdict(dict)
    for hit in names:
        named[bisect_right(ends, hit.start)].setdefault(hit.pattern.label, hit.words)
    crowded = {
        sentence: ", ".join(found.values()) for sentence, found in named.items() if len(found) >= rules.enumeration
    }
    reading.enumerations.extend(crowded[sentence] for sentence in sorted(crowded))
    kept = []
    for term in terms:
        cluster = rules.kinds.get(term.pattern.label or "") is LabelKind.CLUSTER
        if cluster and bisect_right(ends, term.start) in crowded:
            _remove(reading, term, "in an enumeration of clusters")
        else:
            kept.append(term)
    return kept


def _longest(terms: Iterable[Hit]) -> Iterator[Hit]:
    """Of one label's hits that overlap only the strongest, then longest: `Wasserstoff` in `Wasserstoffspeicher` is one signal."""
    last: dict[str | None, Hit] = {}
    for term in sorted(terms, key=lambda hit: (hit.start, -hit.stop)):
        before = last.get(term.pattern.label)
        if before is None or term.start >= before.stop:
            if before is not None:
                yield before
            last[term.pattern.label] = term
        elif _better(term, before):
            last[term.pattern.label] = term
    yield from last.values()


def _better(term: Hit, before: Hit) -> bool:
    return (_RANK[term.pattern.strength], term.stop - term.start) > (
        _RANK[before.pattern.strength],
        before.stop - before.start,
    )
