"""How large a document would be if its own entities were unfolded. Pure.

Neither reader unfolds them: feedparser drops the declarations, and libxml2 stops at a factor. But a document that is a bomb is no
news, and a source that sends one has failed.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping

# Only what stands before the root is a declaration: an article on XML may quote one
_SUBSET = re.compile(rb"[^<]*(?:<[?!][^<]*)*?<!DOCTYPE\s[^<\[]*\[(.*?)\]\s*>", re.DOTALL)
_DECLARED = re.compile(rb"""<!ENTITY\s+(%\s+)?([A-Za-z_:][\w.:-]{0,99})\s+("[^"]*"|'[^']*')""")
_REFERENCE = re.compile(rb"([&%])([A-Za-z_:][\w.:-]{0,99});")
_PERCENT = re.compile(rb"&#(?:0*37|x0*25);")  # a parameter entity within another is declared so
_DEEPEST = 50  # levels: a thousand million laughs need nine


def unfolded(xml: bytes) -> int | None:
    """The bytes that all references to entities declared in the document stand for; None when they go round in a circle."""
    subset = _SUBSET.match(xml) if b"<!ENTITY" in xml else None
    if not subset:
        return 0
    declared: dict[bytes, bytes] = {}
    for parameter, name, value in _DECLARED.findall(subset[1]):  # the first declaration binds (XML 1.0 section 4.2)
        declared.setdefault((b"%" if parameter else b"&") + name, _PERCENT.sub(b"%", value[1:-1]))
    sizes: dict[bytes, int] = {}
    for _ in range(_DEEPEST):
        known = {name: _size(value, declared, sizes) for name, value in declared.items() if name not in sizes}
        found = {name: size for name, size in known.items() if size is not None}
        if not found:
            break
        sizes.update(found)
    if len(sizes) < len(declared):
        return None
    used = _references(_DECLARED.sub(b"", subset[1])) + _references(xml[subset.end() :])
    return sum(sizes[name] * count for name, count in used.items() if name in sizes)


def _size(value: bytes, declared: Mapping[bytes, bytes], sizes: Mapping[bytes, int]) -> int | None:
    """Of one entity; None while one that it refers to is not known."""
    references = {name: count for name, count in _references(value).items() if name in declared}
    if not references.keys() <= sizes.keys():
        return None
    return len(value) + sum(sizes[name] * count for name, count in references.items())


def _references(xml: bytes) -> Counter[bytes]:
    return Counter(kind + name for kind, name in _REFERENCE.findall(xml))
