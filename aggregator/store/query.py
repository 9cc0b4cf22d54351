"""What a person typed, as the search table is asked for it.

All words must occur, "quoted" ones in a row, `-word` must not; a word finds its inflected forms and the compounds it stands in,
the last one may also go on. Everything is quoted, so no character has a meaning of its own and nothing raises.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from aggregator import text
from aggregator.model import Marks
from aggregator.store import forms

Forms = Callable[[str], tuple[str, ...]]

_PIECE = re.compile(r'(-?)"([^"]*)"?|(?<!\S)(-)(?=\w)([^\s"]+)|([^\s"]+)')
_TOKEN = re.compile(r"[^\W_]+")
_MOST = 12  # words that are looked for: what is longer is a text, not a question
_START = 3  # letters of a last word that may go on: fewer would be half of all words


@dataclass(frozen=True, slots=True)
class _Term:
    words: tuple[str, ...]  # in a row
    quoted: bool
    out: bool
    last: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """Phrases in FTS5's words: of each of the `wanted` one must occur, of the `unwanted` none may; `marks` is what `wanted` looks
    for."""

    wanted: tuple[tuple[str, ...], ...] = ()
    unwanted: tuple[str, ...] = ()
    marks: Marks = field(default_factory=Marks)


def read(typed: str, forms_of: Forms, inflected: Forms) -> Query:
    """What was typed, each word with its forms as these functions know them."""
    terms = list(_terms(typed))[:_MOST]
    wanted = [term for term in terms if not term.out]
    found = [_forms(term, forms_of) for term in wanted]
    unwanted = [phrase for term in terms if term.out for phrase in _phrases(_forms(term, inflected), term)]
    rows = [row for each in found for row in each]
    return Query(
        wanted=tuple(_phrases(each, term) for each, term in zip(found, wanted, strict=True)),
        unwanted=tuple(unwanted),
        marks=Marks(
            words=frozenset(row[0] for row in rows if len(row) == 1),
            starts=tuple(term.words[0] for term in wanted if term.last and len(term.words) == 1),
            rows=tuple(row for row in rows if len(row) > 1),
        ),
    )


def _terms(typed: str) -> Iterator[_Term]:
    legal = typed.encode("utf-8", "ignore").decode("utf-8")
    pieces = list(_PIECE.finditer(legal))
    for at, piece in enumerate(pieces):
        minus, quoted, out, unwanted, bare = piece.groups()
        words = tuple(_TOKEN.findall(text.plain(quoted or unwanted or bare or "")))
        if words:
            goes_on = at == len(pieces) - 1 and bare is not None and len(words[-1]) >= _START
            yield _Term(words, quoted is not None, bool(minus or out), goes_on)


def _forms(term: _Term, forms_of: Forms) -> list[tuple[str, ...]]:
    """Rows of words, any of which will do."""
    only = term.words[0]
    if term.quoted or len(term.words) > 1 or len(only) < forms.SHORTEST or not only.isalpha():
        return [term.words]
    return [(word,) for word in forms_of(only)]


def _phrases(rows: Iterable[tuple[str, ...]], term: _Term) -> tuple[str, ...]:
    phrases = ['"' + " ".join(row) + '"' for row in rows]
    if term.last:
        phrases.append('"' + " ".join(term.words) + '"*')
    return tuple(phrases)
