"""How long a regular expression of the configuration may take on one address.

Python's `re` tries every way in which a pattern can be laid over a text. The ways are counted over the parsed pattern, always too
many rather than too few, for the longest text that is searched. Python has no public access to that tree; `re._parser` is
what `re.compile` itself uses from 3.11 on.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from math import prod
from re import _parser  # type: ignore[attr-defined]
from typing import Any

from aggregator.urls import SEARCHED

# On 500 characters three repetitions side by side, one of them the search for the beginning, are 125 million ways and
# up to 0.8 s, as `(\w*)\w*\b!` for one. With a sixth of that the worst of 34,000 random patterns took 0.16 s
# (`/{1,40}.*\b(?:ab)`), those of the tests at most 4 ms; less would refuse `/presse/.*?(\d+)\.html`.
_WAYS = 20_000_000
_UNROLLED = 10  # a repetition of something that varies is counted turn by turn up to here; past it, it is refused
# Characters from U+0100 on stand together in four kinds: digits, letters, spaces, others
_BEYOND = frozenset("\u0663\u0416\u2003\u20ac")
_ALL = frozenset(map(chr, range(256))) | _BEYOND
_CATEGORIES = {
    "CATEGORY_DIGIT": frozenset(filter(str.isdigit, _ALL)),
    "CATEGORY_SPACE": frozenset(filter(str.isspace, _ALL)),
    "CATEGORY_WORD": frozenset(one for one in _ALL if one.isalnum() or one == "_"),
}


class TooManyWaysError(ValueError):
    """A pattern whose time may grow past all bounds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """A piece of a pattern between two others."""

    chars: frozenset[str]  # of which it takes some; none for a place between characters
    sure: bool = True  # takes at least one
    steady: bool = True  # takes always as many
    ways: int = 1
    waived: bool = False  # whether what stands around it may leave one way only
    kept: bool = False  # possessive: once it is through it gives nothing back


def check(written: str) -> None:
    """Raises TooManyWaysError for a pattern that may take long, re.error for none."""
    parts = list(_parts(_parser.parse(written)))
    anchored = re.match(r"\^|\\A", written) is not None and "(?m" not in written
    if (1 if anchored else _beginnings(parts)) * _ways(parts) > _WAYS:
        raise TooManyWaysError


def _beginnings(parts: Sequence[_Part]) -> int:
    """At how many places of a text the letters can stand that a pattern begins with: `news/` every five characters."""
    letters: list[frozenset[str]] = []
    for part in parts:
        if not (part.sure and part.steady and len(part.chars) <= 2):  # a letter and its capital
            break
        letters.append(part.chars)
    for period in range(1, len(letters)):
        if all(a & b for a, b in zip(letters, letters[period:], strict=False)):
            return SEARCHED // period
    return SEARCHED // max(1, len(letters))


def _ways(parts: Sequence[_Part]) -> int:
    return prod(1 if _decided(parts, at) else part.ways for at, part in enumerate(parts))


def _decided(parts: Sequence[_Part], at: int) -> bool:
    """Whether the neighbours leave this repetition one end: `/` before and after `[^/]*`, or nothing that could fail after it."""
    here = parts[at]
    if not here.waived:
        return False
    before = next((part for part in reversed(parts[:at]) if part.chars), None)
    begins = before is None or (before.sure and not before.chars & here.chars)
    return begins and (here.kept or _ends(here, parts[at + 1 :]))


def _ends(here: _Part, after: Sequence[_Part]) -> bool:
    for part in after:
        apart = not part.chars & here.chars
        if apart and part.sure:
            return True
        if not apart and not (part.steady and part.sure):
            return False
    return not after


def _parts(tree: Iterable[tuple[Any, Any]]) -> Iterator[_Part]:
    for operation, value in tree:
        yield from _part(str(operation), value)


def _part(operation: str, value: Any) -> Iterator[_Part]:
    match operation:
        case "LITERAL" | "NOT_LITERAL" | "ANY" | "IN":
            yield _Part(chars=_chars(operation, value))
        case "AT":
            yield _Part(chars=frozenset(), sure=False)
        case "SUBPATTERN":
            yield from _parts(value[3])
        case "MAX_REPEAT" | "MIN_REPEAT":
            yield from _repeated(*value)
        case "POSSESSIVE_REPEAT":
            yield from (replace(part, kept=True) for part in _repeated(*value))
        case "ATOMIC_GROUP":
            inner = list(_parts(value))
            yield from (replace(part, kept=len(inner) == 1) for part in inner)
        case "BRANCH":
            yield _one_of([list(_parts(branch)) for branch in value[1]])
        case "ASSERT" | "ASSERT_NOT":
            yield _Part(chars=frozenset(), sure=False, ways=_ways([*_parts(value[1]), _Part(chars=_ALL)]))
        case _:  # what another group held, a choice by another group, what a later Python brings
            yield _Part(chars=_ALL, sure=False, steady=False, ways=SEARCHED)


def _repeated(least: int, most: int, body: Iterable[tuple[Any, Any]]) -> Iterator[_Part]:
    inner = list(_parts(body))
    ends = min(int(most) - least, SEARCHED) + 1
    if all(part.steady and part.ways == 1 for part in inner):
        chars = frozenset[str]().union(*(part.chars for part in inner))
        yield _Part(chars=chars, sure=least > 0 and bool(chars), steady=ends == 1, ways=ends, waived=True)
        return
    if int(most) > _UNROLLED or int(most) * len(inner) > SEARCHED:
        raise TooManyWaysError
    if ends > 1:
        yield _Part(chars=frozenset(), sure=False, ways=ends)
    for turn in range(int(most)):
        yield from (
            replace(part, sure=part.sure and turn < least, steady=part.steady and turn < least) for part in inner
        )


def _one_of(branches: Sequence[Sequence[_Part]]) -> _Part:
    after = _Part(chars=_ALL)  # anything may come
    return _Part(
        chars=frozenset[str]().union(*(part.chars for branch in branches for part in branch)),
        sure=all(any(part.sure for part in branch) for branch in branches),
        steady=False,
        ways=sum(_ways([*branch, after]) for branch in branches),
    )


def _chars(operation: str, value: Any) -> frozenset[str]:
    match operation:
        case "ANY":
            return _ALL
        case "LITERAL":
            return _either_case(value, value)
        case "NOT_LITERAL":
            return _ALL - ({chr(value)} - _BEYOND)
        case "RANGE":
            return _either_case(*value)
        case "CATEGORY":
            name = str(value)
            kind = _CATEGORIES[name.replace("_NOT_", "_")]
            return _ALL - kind if "_NOT_" in name else kind
        case _:
            return _set(value)


def _set(members: Sequence[tuple[Any, Any]]) -> frozenset[str]:
    named = [(str(operation), value) for operation, value in members]
    if named[0][0] != "NEGATE":
        return frozenset[str]().union(*(_chars(*one) for one in named))
    # What is left out for sure: of the kinds beyond U+00FF a set leaves some in, and a letter may come back in the other case
    out = frozenset[str]().union(*(_narrow(*one) for one in named[1:]))
    return _ALL - out


def _narrow(operation: str, value: Any) -> frozenset[str]:
    if operation == "CATEGORY":
        return _chars(operation, value)
    first, last = value if operation == "RANGE" else (value, value)
    return frozenset(map(chr, range(first, min(last, 255) + 1)))


def _either_case(first: int, last: int) -> frozenset[str]:
    """The characters from one to the other, and their capitals: (?i) may stand anywhere."""
    plain = [chr(code) for code in range(first, min(last, 255) + 1)]
    found = frozenset(plain).union(*((one.lower()[:1], one.upper()[:1]) for one in plain))
    return (found & _ALL) | (_BEYOND if last > 255 else frozenset())
