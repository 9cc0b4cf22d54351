"""Why a story carries a label, or nearly does, in people's words. Pure.

The rules name what they found for programs (`*wasserstoff*`, `excluded: ...`); here it becomes a sentence in the site's language.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from aggregator.model import Evidence
from aggregator.publish import words

_GIVEN = {"source": "by_source", "by hand": "by_hand"}
_ENUMERATION = "enumeration of clusters"


class Sign(NamedTuple):
    """One piece of evidence: what was found where, by which rule, and what it counts."""

    found: str
    rule: str  # "" where the words found say it already
    weight: str  # "" where it counts nothing


def sign(one: Evidence, phrases: Mapping[str, str], language: str) -> Sign:
    """The evidence as people read it."""
    weight = words.signed(one.weight, language) if one.weight else ""
    if one.field in _GIVEN or one.rule in _GIVEN:
        return Sign(phrases[_GIVEN.get(one.rule) or _GIVEN[one.field]], "", weight)
    quoted = ", ".join(phrases["quoted"].format(word=word) for word in one.text.split(", ") if word) or one.text
    where = phrases.get(f"in_{one.field}", one.field)
    return Sign(phrases["found_words"].format(words=quoted, where=where), _rule(one, phrases), weight)


def _rule(one: Evidence, phrases: Mapping[str, str]) -> str:
    rule = one.rule
    if rule == _ENUMERATION:
        return phrases["by_enumeration"]
    if rule == f"in an {_ENUMERATION}":
        return phrases["not_enumeration"]
    if rule.startswith("excluded: "):
        kind = "not_item" if one.field == "item" else "not_excluded"
        return phrases[kind].format(rule=_open(rule.removeprefix("excluded: ")))
    if rule.startswith("needs one of: "):
        return phrases["not_alone"].format(needed=rule.removeprefix("needs one of: "))
    term, beside, aside = rule.partition(", beside ")
    if beside:
        return phrases["beside"].format(aside=_open(aside))
    return "" if term.lower() == one.text.lower() else phrases["by_rule"].format(rule=_open(term))


def _open(rule: str) -> str:
    """`*wasserstoff*` as `…wasserstoff…`: an open end."""
    return rule.replace("*", "…")
