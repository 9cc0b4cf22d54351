"""From hits to labels: what they weigh together, and which labels a story therefore carries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from aggregator.model import Evidence, Item, LabelKind, Strength, Tag, Tagging
from aggregator.tagging import match
from aggregator.tagging.match import Reading
from aggregator.tagging.rules import Rules

_VALUE = {Strength.STRONG: 1.0, Strength.MEDIUM: 0.5, Strength.WEAK: 0.2}
_REPEAT = 0.5  # every further hit of one term counts half of the one before: a term says at most twice its best place
_TEASER = 400  # characters: below that an origin's text is a teaser, if another carrier has twice as much
# What an item mentions is not what it is about: a label that title and summary do not name needs this share of the strongest
# label's score. On 120 labelled releases 0.2 to 0.4 differ by less than a hundredth of F1, so it is not tuned to them.
_SHARE = 0.3
_PROMINENT = frozenset({"title", "summary"})
_QUOTED = 5  # different words quoted in one piece of evidence
_SOURCE = "source"
_ENUMERATION = "enumeration of clusters"


@dataclass(slots=True)
class _Term:
    """The hits of one rule, by field."""

    strength: Strength
    words: dict[str, list[str]] = field(default_factory=dict)

    def add(self, name: str, words: Iterable[str]) -> None:
        self.words.setdefault(name, []).extend(words)


@dataclass(slots=True)
class _Found:
    """All that was found for one label."""

    terms: dict[str, _Term] = field(default_factory=dict)  # by rule
    removed: dict[tuple[str, str], list[str]] = field(default_factory=dict)  # by reason and field

    def term(self, rule: str, strength: Strength) -> _Term:
        return self.terms.get(rule) or self.terms.setdefault(rule, _Term(strength))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Weighed:
    """A label with what speaks for it."""

    label: str
    kind: LabelKind
    evidence: tuple[Evidence, ...]
    score: float
    prominent: bool  # title or summary name it
    enough: bool  # over the threshold, and not by weak signals or by a single one


def tag(origin: Item, carriers: Sequence[Item], rules: Rules, *, fixed: Collection[str] = ()) -> Tagging:
    """The labels of a story, in the order of the taxonomy, with all that speaks for and against them.

    Title, summary and categories are the origin's; so is the text, unless it is a teaser and a carrier has more. `fixed` are the
    labels that the configuration gives to every item of one of its sources: they need no word.
    """
    readings = {name: match.read(written, rules) for name, written in _fields(origin, carriers, rules)}
    gathered = _gathered(readings, rules)
    weighed = [_weighed(label, gathered[label], readings, rules) for label in rules.kinds if label in gathered]
    given = _given(weighed)
    tags: list[Tag] = []
    misses: list[Tag] = []
    found = {each.label: each for each in weighed}
    for label in (*rules.kinds, *sorted(set(fixed) - rules.kinds.keys())):
        each = found.get(label)
        if label in fixed:
            tags.append(_fixed(label, each, rules.threshold))
        elif each is not None:
            one = Tag(label=label, score=each.score, evidence=each.evidence)
            (tags if label in given else misses).append(one)
    return Tagging(tags=tuple(tags), near_misses=tuple(misses))


def _fields(origin: Item, carriers: Sequence[Item], rules: Rules) -> Iterator[tuple[str, str]]:
    """The fields that weigh anything and are not empty."""
    written = {
        "title": origin.title,
        "summary": origin.summary,
        "text": _text(origin, carriers),
        "category": "\n".join(origin.categories),
        "issuer": origin.issuer or "",
    }
    return ((name, value) for name, value in written.items() if value and rules.weights.get(name, 0.0) > 0)


def _text(origin: Item, carriers: Sequence[Item]) -> str:
    longest = min(carriers, key=lambda item: (-len(item.text), item.key), default=origin)
    teaser = len(origin.text) < _TEASER and len(longest.text) > 2 * len(origin.text)
    return longest.text if teaser else origin.text


def _gathered(readings: Mapping[str, Reading], rules: Rules) -> dict[str, _Found]:
    """What was found, by label."""
    gathered: dict[str, _Found] = defaultdict(_Found)
    for name, reading in readings.items():
        for pattern, _, _, words in reading.counted:
            gathered[pattern.label or ""].term(pattern.rule, pattern.strength).add(name, (words,))
        for hit, label, rule in reading.removed:
            gathered[label].removed.setdefault((rule, name), []).append(hit.words)
        if reading.enumerations and rules.umbrella:
            gathered[rules.umbrella].term(_ENUMERATION, Strength.STRONG).add(name, reading.enumerations)
    return gathered


def _weighed(label: str, found: _Found, readings: Mapping[str, Reading], rules: Rules) -> _Weighed:
    evidence = [one for rule, term in found.terms.items() for one in _evidence(rule, term, rules.weights)]
    score = round(sum(one.weight for one in evidence), 3)
    against = _barred(label, readings, score)
    return _Weighed(
        label=label,
        kind=rules.kinds[label],
        evidence=(*evidence, *_removed(found), *against),
        score=0.0 if against else score,
        prominent=_prominent(found, evidence),
        enough=not against
        and score >= rules.threshold
        and _convincing([term.strength for term in found.terms.values()]),
    )


def _prominent(found: _Found, evidence: Iterable[Evidence]) -> bool:
    """Title or summary name the label, by more than a weak term."""
    return any(one.field in _PROMINENT and found.terms[one.rule].strength is not Strength.WEAK for one in evidence)


def _barred(label: str, readings: Mapping[str, Reading], score: float) -> list[Evidence]:
    """What bars the label from the whole item, weighing as much as all that speaks for it."""
    for name, reading in readings.items():
        hit = reading.barred.get(label)
        if hit:
            return [Evidence(rule=f"excluded: {hit.pattern.rule}", field=name, text=hit.words, weight=-score)]
    return []


def _evidence(rule: str, term: _Term, weights: Mapping[str, float]) -> Iterator[Evidence]:
    """One piece for each field a term stands in; the weightiest field counts first."""
    factor = _VALUE[term.strength]
    places = sorted(term.words, key=lambda name: (-weights[name], name)) if len(term.words) > 1 else term.words
    for name in places:
        words = term.words[name]
        # The geometric series of the hits in this field
        weight = factor * weights[name] * (1 - _REPEAT ** len(words)) / (1 - _REPEAT)
        factor *= _REPEAT ** len(words)
        yield Evidence(rule=rule, field=name, text=_quoted(words), weight=round(weight, 3))


def _quoted(words: Iterable[str]) -> str:
    return ", ".join(list(dict.fromkeys(words))[:_QUOTED])


def _removed(found: _Found) -> Iterator[Evidence]:
    """What would have counted, had nothing stood against it: with weight 0."""
    for (rule, name), words in found.removed.items():
        yield Evidence(rule=rule, field=name, text=_quoted(words), weight=0.0)


def _convincing(strengths: Sequence[Strength]) -> bool:
    """A strong term, two different ones of medium strength, or one of these with two weak ones."""
    medium = strengths.count(Strength.MEDIUM)
    return Strength.STRONG in strengths or medium >= 2 or (medium == 1 and len(strengths) >= 3)


def _given(weighed: Sequence[_Weighed]) -> frozenset[str]:
    """The labels that stand beside the others: what is about all clusters is not about each, what is about one not about all, and
    what only mentions a thing is not about it."""
    enough = [each for each in weighed if each.enough]
    clusters = [each for each in enough if each.kind is LabelKind.CLUSTER]
    umbrella = next((each for each in enough if each.kind is LabelKind.UMBRELLA), None)
    if umbrella and not umbrella.prominent and any(_leads(each, umbrella) for each in clusters):
        umbrella = None
    if umbrella:
        clusters = [
            each for each in clusters if each.prominent or (not umbrella.prominent and each.score > umbrella.score)
        ]
    topics = [each for each in enough if each.kind is LabelKind.TOPIC]
    sectors = [*clusters, *([umbrella] if umbrella else [])]
    return frozenset((*_about(sectors, sectors), *_about(topics, [*topics, *sectors])))


def _leads(cluster: _Weighed, umbrella: _Weighed) -> bool:
    """The item is about this cluster, and the sentence about all of them its boilerplate."""
    return cluster.prominent and cluster.score > umbrella.score


def _about(candidates: Iterable[_Weighed], beside: Sequence[_Weighed]) -> Iterator[str]:
    top = max((each.score for each in beside), default=0.0)
    return (each.label for each in candidates if each.prominent or each.score >= _SHARE * top)


def _fixed(label: str, each: _Weighed | None, threshold: float) -> Tag:
    """A label that the source's configuration gives counts as the threshold, plus what was found."""
    own = Evidence(rule=_SOURCE, field=_SOURCE, text=label, weight=threshold)
    if each is None:
        return Tag(label=label, score=threshold, evidence=(own,))
    return Tag(label=label, score=round(threshold + each.score, 3), evidence=(own, *each.evidence))
