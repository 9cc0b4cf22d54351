"""From hits to labels: what they weigh together, and which labels a story therefore carries."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from aggregator.model import ByHand, Evidence, Item, LabelKind, Tag, Tagging
from aggregator.tagging import fields, match
from aggregator.tagging.fields import Fields
from aggregator.tagging.match import Reading
from aggregator.tagging.rules import ELSEWHERE, MEDIUM, STRONG, WEAK, Rules

_VALUES = (0.2, 0.5, 1.0)  # of a weak, a medium, a strong term
_REPEAT = 0.5  # every further hit of one term counts half of the one before: a term says at most twice its best place
# What an item mentions is not what it is about: a label needs this share of the strongest label's score. On 120 labelled
# releases 0.2 to 0.35 differ by less than a hundredth of F1, so it is not tuned to them.
_SHARE = 0.3
_SHARE_OF_ONE_TERM = 0.5  # the same for a cluster that rests on one term: `brittle like a record`
_SHARE_OF_EVERYDAY_WORDS = 0.8  # the same for a label without a strong term
# The same against news of subjects that belong to no cluster: half of it, and all of it on one term
_SHARE_BESIDE_ELSEWHERE = 0.5
_SHARE_OF_ONE_TERM_BESIDE_ELSEWHERE = 1.0
_BODY_SIGNALS = 2  # different terms that a label needs which neither title nor lead name
_QUOTED = 5  # different words quoted in one piece of evidence
_ENUMERATION = "enumeration of clusters"


# Where a term stands at its best: what the title names an item is about, what its body names it may only mention
_BODY, _LEAD, _TITLE = range(3)
_CLUSTER, _TOPIC, _UMBRELLA = LabelKind.CLUSTER, LabelKind.TOPIC, LabelKind.UMBRELLA


@dataclass(slots=True)
class _Term:
    """The hits of one rule, by field."""

    rank: int
    place: int
    words: dict[str, list[str]]


@dataclass(slots=True)
class _Found:
    """All that was found for one label."""

    terms: dict[str, _Term]  # by rule
    removed: dict[tuple[str, str], list[str]]  # by reason and field

    def add(self, rule: str, rank: int, words: str, standing: tuple[str, int]) -> None:
        name, place = standing
        term = self.terms.get(rule)
        if term is None:
            self.terms[rule] = _Term(rank, place, {name: [words]})
            return
        term.place = max(term.place, place)
        if name in term.words:
            term.words[name].append(words)
        else:
            term.words[name] = [words]

    def says_something(self) -> bool:
        """Whether more than weak words were found: these alone are not even a near miss."""
        return bool(self.removed) or any(term.rank > WEAK for term in self.terms.values())


class _Weighed(NamedTuple):
    """A label with what speaks for it."""

    label: str
    kind: LabelKind
    evidence: tuple[Evidence, ...]
    score: float
    place: int  # where it is named at its best, by more than weak terms
    enough: bool  # over the threshold, and not by weak signals or by a mention
    strong: bool  # by at least one strong term
    confirmed: bool  # by two different terms


def tag(
    origin: Item, carriers: Sequence[Item], rules: Rules, *, fixed: Collection[str] = (), story: str = ""
) -> Tagging:
    """The labels of a story, in the order of the taxonomy, with all that speaks for and against them.

    Title, summary and categories are the origin's; so is the text, unless it is a teaser and a carrier has more. `fixed` are the
    labels that the configuration gives to every item of one of its sources: they need no word. What a person decided on the
    story or one of its items stands above both.
    """
    whole = fields.joined(origin, carriers, rules.weights)
    reading = match.read(whole, rules)
    gathered = _gathered(reading, whole, rules)
    elsewhere = _elsewhere(gathered.get(ELSEWHERE), rules)
    found = {
        label: _beside_elsewhere(_weighed(label, gathered[label], reading, rules), elsewhere)
        for label in rules.kinds
        if label in gathered and gathered[label].says_something()
    }
    given = _given(found.values(), rules)
    own = dict.fromkeys(fixed, "source")
    barred: set[str] = set()
    for decided in _by_hand(origin, carriers, story, rules):
        own |= dict.fromkeys(decided.labels, "by hand")
        barred |= {*decided.without}
    return _tagging(found, given - barred, {label: why for label, why in own.items() if label not in barred}, rules)


def _by_hand(origin: Item, carriers: Sequence[Item], story: str, rules: Rules) -> list[ByHand]:
    """What a person decided on this story or one of its items."""
    if not rules.by_hand:
        return []
    names = [story, *(name for item in (origin, *carriers) for name in (item.url, item.guid))]
    return [rules.by_hand[name] for name in dict.fromkeys(names) if name in rules.by_hand]


def _tagging(found: dict[str, _Weighed], given: Collection[str], own: dict[str, str], rules: Rules) -> Tagging:
    tags: list[Tag] = []
    misses: list[Tag] = []
    for label in (*rules.kinds, *sorted(own.keys() - rules.kinds.keys())) if own else found:
        each = found.get(label)
        evidence = each.evidence if each else ()
        score = each.score if each else 0.0
        if label in own:  # counts as the threshold
            said = Evidence(rule=own[label], field=own[label], text=label, weight=rules.threshold)
            total = round(rules.threshold + score, 3)
            tags.append(Tag(label=label, score=total, evidence=(said, *evidence), version=rules.version))
        elif each:
            one = Tag(label=label, score=score, evidence=evidence, version=rules.version)
            (tags if label in given else misses).append(one)
    return Tagging(tags=tuple(tags), near_misses=tuple(misses))


def _gathered(reading: Reading, whole: Fields, rules: Rules) -> dict[str, _Found]:
    """What was found, by label."""
    gathered: dict[str, _Found] = {}
    for pattern, start, _, words in reading.counted:
        label = pattern.label or ""
        found = gathered.get(label)
        if found is None:
            found = gathered[label] = _Found({}, {})
        found.add(pattern.rule, pattern.rank, words, _standing(start, whole))
    for hit, label, rule in reading.removed:
        found = gathered.setdefault(label, _Found({}, {}))
        found.removed.setdefault((rule, whole.names[whole.at(hit.start)]), []).append(hit.words)
    if rules.umbrella:
        for start, words in reading.enumerations:
            gathered.setdefault(rules.umbrella, _Found({}, {})).add(
                _ENUMERATION, STRONG, words, _standing(start, whole)
            )
    return gathered


def _standing(start: int, whole: Fields) -> tuple[str, int]:
    """The field around this position, and what that says."""
    name = whole.names[bisect_right(whole.starts, start) - 1]
    if name == "title":
        return name, _TITLE
    return name, _LEAD if start < whole.lead_stop or name == "category" else _BODY


def _weighed(label: str, found: _Found, reading: Reading, rules: Rules) -> _Weighed:
    evidence: list[Evidence] = []
    counts, place = [0, 0, 0], _BODY
    for rule, term in found.terms.items():
        counts[term.rank] += 1
        if term.rank > WEAK and term.place > place:
            place = term.place
        _weigh(rule, term, rules.weights, evidence)
    score = round(sum([one[3] for one in evidence]), 3)
    against = _barred(reading.barred.get(label), score) if reading.barred else ()
    if found.removed or against:
        evidence += (*_removed(found), *against)
    return _Weighed(
        label,
        rules.kinds[label],
        tuple(evidence),
        0.0 if against else score,
        place,
        not against and score >= rules.threshold and _convincing(counts, place),
        counts[STRONG] > 0,
        counts[MEDIUM] + counts[STRONG] >= _BODY_SIGNALS,
    )


def _elsewhere(found: _Found | None, rules: Rules) -> Evidence | None:
    """What speaks for subjects that belong to no cluster, as one piece."""
    if not found:
        return None
    pieces: list[Evidence] = []
    for rule, term in found.terms.items():
        _weigh(rule, term, rules.weights, pieces)
    words = dict.fromkeys(piece.text for piece in pieces)
    return Evidence("elsewhere", "item", ", ".join(list(words)[:_QUOTED]), sum(piece.weight for piece in pieces))


def _beside_elsewhere(each: _Weighed, elsewhere: Evidence | None) -> _Weighed:
    """The cluster, not enough where the item speaks louder of subjects that belong to none: what a release on an election, a
    school or the labour market mentions it is not about."""
    if not elsewhere or not each.enough or each.kind is not _CLUSTER:
        return each
    share = _SHARE_BESIDE_ELSEWHERE if each.confirmed else _SHARE_OF_ONE_TERM_BESIDE_ELSEWHERE
    if each.score >= share * elsewhere.weight:
        return each
    return each._replace(enough=False, evidence=(*each.evidence, elsewhere._replace(weight=0.0)))


def _barred(hit: match.Hit | None, score: float) -> list[Evidence]:
    """What bars the label from the whole item, weighing as much as all that speaks for it."""
    return [Evidence(rule=f"excluded: {hit.pattern.rule}", field="item", text=hit.words, weight=-score)] if hit else []


def _weigh(rule: str, term: _Term, weights: Mapping[str, float], evidence: list[Evidence]) -> None:
    """Adds one piece for each field a term stands in; the weightiest field counts first."""
    factor = _VALUES[term.rank]
    names = sorted(term.words, key=lambda name: (-weights[name], name)) if len(term.words) > 1 else term.words
    for name in names:
        words = term.words[name]
        if len(words) == 1:
            evidence.append(Evidence(rule, name, words[0], round(factor * weights[name], 3)))
            factor *= _REPEAT
            continue
        # The geometric series of the hits in this field
        weight = factor * weights[name] * (1 - _REPEAT ** len(words)) / (1 - _REPEAT)
        factor *= _REPEAT ** len(words)
        evidence.append(Evidence(rule, name, ", ".join(list(dict.fromkeys(words))[:_QUOTED]), round(weight, 3)))


def _removed(found: _Found) -> Iterator[Evidence]:
    """What would have counted, had nothing stood against it: with weight 0."""
    for (rule, name), words in found.removed.items():
        yield Evidence(rule=rule, field=name, text=", ".join(list(dict.fromkeys(words))[:_QUOTED]), weight=0.0)


def _convincing(counts: Sequence[int], place: int) -> bool:
    """By how many different terms of each strength: a strong one, two medium ones, or one of these with two weak ones. Where
    neither title nor lead name the label, a second signal must confirm a strong one: a single word in the body is a mention."""
    weak, medium, strong = counts
    together = strong or medium >= 2 or (medium == 1 and weak >= 2)
    return bool(together) and (place > _BODY or (strong > 0 and medium + strong >= _BODY_SIGNALS))


def _given(weighed: Collection[_Weighed], rules: Rules) -> frozenset[str]:
    """The labels that stand beside the others: what is about all clusters is not about each, what is about one not about all, and
    what only mentions a thing is not about it."""
    enough = [each for each in weighed if each.enough]
    clusters = [each for each in enough if each.kind is _CLUSTER]
    umbrella = next((each for each in enough if each.kind is _UMBRELLA), None)
    if umbrella and any(_leads(each, umbrella) for each in clusters):
        umbrella = None
    if umbrella:
        clusters = [each for each in clusters if _beside(each, umbrella)]
    topics = [each for each in enough if each.kind is _TOPIC]
    sectors = [*clusters, *([umbrella] if umbrella else [])]
    given = frozenset((*_about(sectors, sectors), *_about(topics, [*topics, *sectors])))
    return frozenset(label for label in given if rules.parents.get(label, label) in given)


def _leads(cluster: _Weighed, umbrella: _Weighed) -> bool:
    """The item is about this cluster, and the sentence about all of them its boilerplate."""
    return cluster.place > umbrella.place and cluster.score > umbrella.score


def _beside(cluster: _Weighed, umbrella: _Weighed) -> bool:
    """The item is about this cluster, too, not only about all."""
    if cluster.place == umbrella.place:
        return cluster.place == _TITLE or cluster.score > umbrella.score
    return cluster.place > umbrella.place


def _about(candidates: Iterable[_Weighed], beside: Sequence[_Weighed]) -> Iterator[str]:
    top = max((each.score for each in beside), default=0.0)
    named = {each.kind for each in beside if each.strong}
    return (each.label for each in candidates if _holds(each, top, beside_words_of_the_field=each.kind in named))


def _holds(each: _Weighed, top: float, *, beside_words_of_the_field: bool) -> bool:
    """Whether it stands beside the strongest label. Everyday words decide only where no other label of its kind has words of its
    own, and even then must speak nearly as loud as the loudest: `Wagen` and `Zug` are also of a carnival."""
    if each.strong:
        alone = each.kind is _CLUSTER and not each.confirmed  # a topic cuts across: one word is enough beside a cluster
        return each.score >= (_SHARE_OF_ONE_TERM if alone else _SHARE) * top
    return not beside_words_of_the_field and each.score >= _SHARE_OF_EVERYDAY_WORDS * top
