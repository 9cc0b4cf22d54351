"""Where in a text the words of a search stand: marked in HTML that was escaped piece by piece. Pure."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from aggregator import text
from aggregator.model import Marks

if TYPE_CHECKING:
    from markupsafe import Markup

_WORD = re.compile(r"[^\W_]+")
_LOOKED_AT = 20_000  # characters of a text: who wants the hit on page nine opens the story
_BEFORE = 3  # a third of an excerpt stands before the first hit


class _Span(NamedTuple):
    start: int
    end: int


def whole(written: str, marks: Marks) -> Markup:
    """The text with every hit in <mark>."""
    return _marked(written, _hits(written, marks))


def excerpt(written: str, marks: Marks, limit: int) -> Markup | None:
    """At most `limit` characters round the first hit, and what was left out as an ellipsis; None without a hit."""
    hits = _hits(written[:_LOOKED_AT], marks)
    if not hits:
        return None
    start = max(0, hits[0].start - limit // _BEFORE)
    start = (start and written.find(" ", start, hits[0].start) + 1) or start
    cut = text.shorten(written[start:], limit)
    shown = [_Span(hit.start - start, hit.end - start) for hit in hits if start <= hit.start < start + len(cut)]
    before = "… " if start else ""
    return before + _marked(cut, [hit for hit in shown if hit.end <= len(cut)])


def _hits(written: str, marks: Marks) -> list[_Span]:
    """Without overlaps, in order."""
    places = [_Span(found.start(), found.end()) for found in _WORD.finditer(written)]
    words = [text.plain(written[place.start : place.end]) for place in places]
    hits = {place for place, word in zip(places, words, strict=True) if _is_hit(word, marks)}
    for row in marks.rows:
        for at in range(len(words) - len(row) + 1):
            if tuple(words[at : at + len(row)]) == row:
                hits.add(_Span(places[at].start, places[at + len(row) - 1].end))
    return _joined(sorted(hits))


def _is_hit(word: str, marks: Marks) -> bool:
    return word in marks.words or (bool(marks.starts) and word.startswith(marks.starts))


def _joined(hits: list[_Span]) -> list[_Span]:
    joined: list[_Span] = []
    for hit in hits:
        if joined and hit.start < joined[-1].end:
            joined[-1] = _Span(joined[-1].start, max(joined[-1].end, hit.end))
        else:
            joined.append(hit)
    return joined


def _marked(written: str, hits: list[_Span]) -> Markup:
    from markupsafe import Markup, escape

    made = Markup("")
    edges = [_Span(0, 0), *hits, _Span(len(written), len(written))]
    for last, hit in pairwise(edges):
        # escaped before it is joined: what a source wrote is text, whatever it looks like
        made += escape(written[last.end : hit.start])
        if hit.end > hit.start:
            made += Markup("<mark>") + escape(written[hit.start : hit.end]) + Markup("</mark>")
    return made
