"""Which sentences a publisher puts under all its items: learnt from what is stored, for people to look at. Pure.

What is found goes into boilerplate.yaml, and only from there into the rules: a count of what happens to be stored must not decide
what is one story (the law of closures). So this is a proposal, and the file a decision.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

from aggregator import text
from aggregator.model import Item
from aggregator.stories import plain

_SHARE = 0.2  # of a source's items; a yearly call's sentences stand in fewer, a weekly series' sentences are its own
_ITEMS = 5
_WORDS = 5  # shorter ones are headings and names
_SOURCES = 3


def proposed(items: Iterable[Item]) -> Mapping[str, tuple[str, ...]]:
    """Standing sentences by source id, as the newest item writes them, the most frequent first; "" for those of several sources.

    A sentence stands in a fifth of its source's items, in five at the least, under different titles. The first of a text does
    not count: a series begins alike, and would be compared without what it is about.
    """
    seen: dict[str, Counter[str]] = defaultdict(Counter)
    titles: dict[tuple[str, str], set[str]] = defaultdict(set)
    written: dict[str, str] = {}
    count: Counter[str] = Counter()
    for item in sorted(items, key=lambda one: (one.published, one.key)):
        count[item.source_id] += 1
        for key, sentence in _sentences(item):
            written[key] = sentence
            seen[item.source_id][key] += 1
            titles[item.source_id, key].add(plain.sentence_key(item.title))
    found: dict[str, list[str]] = {}
    for source_id, sentences in sorted(seen.items()):
        enough = max(_ITEMS, _SHARE * count[source_id])
        found[source_id] = [
            key
            for key, times in sentences.most_common()
            if times >= enough and 2 * len(titles[source_id, key]) >= times
        ]
    of_many = Counter(key for keys in found.values() for key in keys)
    everywhere = [key for key, sources in of_many.items() if sources >= _SOURCES]
    proposal = {"": everywhere} | {
        source_id: [key for key in keys if of_many[key] < _SOURCES] for source_id, keys in found.items()
    }
    return {source_id: tuple(written[key] for key in keys) for source_id, keys in proposal.items() if keys}


def _sentences(item: Item) -> Iterable[tuple[str, str]]:
    """Each sentence of an item but the first of its text, once."""
    said = [text.line(one) for one in text.sentences(item.text)]
    found = {plain.sentence_key(one): one for one in said[1:]}
    return ((key, one) for key, one in found.items() if len(key.split()) >= _WORDS)
