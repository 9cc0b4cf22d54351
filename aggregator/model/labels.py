"""The taxonomy: clusters, topics and their rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class LabelKind(StrEnum):
    CLUSTER = "cluster"
    TOPIC = "topic"
    UMBRELLA = "umbrella"  # stands for several clusters at once


class Strength(StrEnum):
    """How much a term says: `STRONG` alone is enough, `MEDIUM` needs a second signal, `WEAK` only adds to others."""

    STRONG = "strong"
    MEDIUM = "medium"
    WEAK = "weak"


class Scope(StrEnum):
    """How far an exclusion reaches from where it is found."""

    TERM = "term"  # the words it covers do not count
    SENTENCE = "sentence"  # nothing in its sentence counts
    REST = "rest"  # nothing from there to the end of its field counts: boilerplate
    ITEM = "item"  # the label is out for the whole item


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A word or phrase. As written in the configuration: `Wasserstoff*` open to the right, `*speicher` to the left,
    `*wasserstoff*` anywhere in a compound; `case` counts capitals (acronyms)."""

    text: str
    strength: Strength
    case: bool = False
    open_left: bool = False
    open_right: bool = False
    needs: tuple[str, ...] = ()  # counts only where one of these stands in the item, too
    language: str | None = None  # counts only in items of this language, and in items of none


@dataclass(frozen=True, slots=True, kw_only=True)
class Exclusion:
    """What looks like a signal and is none."""

    text: str
    scope: Scope
    case: bool = False
    open_left: bool = False
    open_right: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """A cluster, a topic or the umbrella, with its rules. Order of labels in the taxonomy is the order of display."""

    id: str
    kind: LabelKind
    names: Mapping[str, str]  # language -> name; `de` and `en` always
    description: str = ""
    short_names: tuple[str, ...] = ()  # as they stand in enumerations: Energietechnik, Gesundheitswirtschaft
    terms: tuple[Term, ...] = ()
    exclusions: tuple[Exclusion, ...] = ()
    part_of: str | None = None  # a label of which this is a part: its words speak for that one, too


@dataclass(frozen=True, slots=True, kw_only=True)
class ByHand:
    """What a person decided on one item, against or beside the rules. `item` is its address, guid or story id."""

    item: str
    labels: tuple[str, ...] = ()  # it carries these
    without: tuple[str, ...] = ()  # and none of these


@dataclass(frozen=True, slots=True, kw_only=True)
class Taxonomy:
    """All labels and what concerns all of them."""

    version: str
    labels: tuple[Label, ...]
    ignored: tuple[Exclusion, ...] = ()  # for every label: names of offices and institutions, idioms, boilerplate
    asides: tuple[Exclusion, ...] = ()  # words beside which a sentence only mentions: customers, uses, examples
    elsewhere: tuple[Term, ...] = ()  # words of subjects that belong to no label: elections, schools, sport
    by_hand: tuple[ByHand, ...] = ()
    enumeration: int = 3  # so many clusters' names in one sentence are an enumeration: umbrella instead of each
    field_weights: Mapping[str, float] = field(default_factory=dict)
    threshold: float = 1.0
