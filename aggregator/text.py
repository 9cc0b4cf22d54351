"""Characters and words: what may stand in XML, and how German and English text is compared.

Pure functions on strings. Nothing here knows of items, HTML or labels.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from hashlib import blake2b

# XML 1.0 (fifth edition) production 2: Char. Everything else makes a document that no parser takes; lone surrogates too.
_NOT_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_C1 = re.compile(
    "[\x7f-\x84\x86-\x9f]"
)  # legal but discouraged (section 2.2); in this field always a decoding accident
_SPACE = re.compile(r"\s+")
# A word: letters and digits, joined by a hyphen, an apostrophe, or by a dot or comma between digits (8.000; 3,5)
_WORD = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+(?:[^\W_]+)*", re.UNICODE)
_INVISIBLE = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u2060\ufeff"))  # soft hyphen, zero width spaces, BOM
_NOT_SIGN = re.compile(
    "(?<=[^\\W\\d_])\u00ac\\s?(?=[^\\W\\d_])"
)  # "Kommunikations¬technologien": a soft hyphen shown by idw
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})


def xml(text: str) -> str:
    """The text in NFC with only characters that XML 1.0 allows; whitespace is kept as it is."""
    return unicodedata.normalize("NFC", _C1.sub("", _NOT_XML.sub("", text)))


def line(text: str) -> str:
    """One line: legal characters, invisible ones gone, every run of whitespace one space."""
    return _SPACE.sub(" ", _NOT_SIGN.sub("", xml(text).translate(_INVISIBLE))).strip()


def fold(text: str) -> str:
    """For comparison only: compatibility characters unified, no case, umlauts spelt out (`ä` and `ae` are the same)."""
    unified = unicodedata.normalize("NFKC", _NOT_SIGN.sub("", text.translate(_INVISIBLE)))
    return unicodedata.normalize("NFC", unified).casefold().translate(_UMLAUTS)


def words(text: str) -> list[str]:
    """Folded words in order; numbers keep their inner dots and commas."""
    return _WORD.findall(fold(text))


def shingles(tokens: Sequence[str], size: int = 3) -> frozenset[str]:
    """All runs of `size` words; a text shorter than that is one shingle."""
    if len(tokens) <= size:
        return frozenset({" ".join(tokens)}) if tokens else frozenset()
    return frozenset(" ".join(tokens[start : start + size]) for start in range(len(tokens) - size + 1))


def digest(*parts: str) -> str:
    """A short stable name for content: 128 bits of BLAKE2b in hex, the same on every machine and in every process."""
    state = blake2b(digest_size=16)
    for part in parts:
        raw = part.encode("utf-8", "surrogatepass")
        state.update(len(raw).to_bytes(8, "big"))
        state.update(raw)
    return state.hexdigest()


def shorten(text: str, limit: int) -> str:
    """At most `limit` characters, cut between words, an ellipsis where something was cut."""
    if len(text) <= limit:
        return text
    cut = text[: limit - 1]
    space = cut.rfind(" ")
    return cut[: space if space > limit // 2 else limit - 1].rstrip(" ,;:-–") + "…"


def sentences(text: str) -> Iterator[str]:
    """Rough sentences: enough to say what stands together. `Dr.`, `z. B.` and ordinal numbers do not end one."""
    start = 0
    for end in _SENTENCE_END.finditer(text):
        yield text[start : end.end()]
        start = end.end()
    if start < len(text):
        yield text[start:]


_SENTENCE_END = re.compile(
    r"(?<![\s.(][A-Za-zÄÖÜäöü])(?<!\d)(?<!\b(?:Dr|Nr|St|Mr|ca))[.!?][\"“”»«']?\s+(?=[\"„“»A-ZÄÖÜ\d])|\n+"
)
