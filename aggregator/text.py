"""Characters and words: what may stand in XML, and how German and English text is compared.

Pure functions on strings. Nothing here knows of items, HTML or labels.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from hashlib import blake2b

# Outside XML 1.0 (fifth edition) production 2, Char: makes a document that no parser takes; lone surrogates too.
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
# Legal but discouraged (section 2.2); in this field always a decoding accident
_C1 = re.compile("[\x7f-\x84\x86-\x9f]")
# A number with its inner dots and commas (8.000; 3,5), or letters with the digits among them (co2)
_WORD = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_][^\W_]*")
# Soft hyphen, zero width spaces, BOM; embeddings, overrides and isolates, which turn round all that stands after them
_INVISIBLE = re.compile("[\u00ad\u200b-\u200d\u202a-\u202e\u2060\u2066-\u2069\ufeff]")
# "Kommunikations¬technologien": a soft hyphen as idw shows it
_NOT_SIGN = re.compile(r"(?<=[^\W\d_])\u00ac\s?(?=[^\W\d_])")
# Casefolding has made `ss` of `ß`. Three replacements cost a twentieth of str.translate
_UMLAUTS = (("ä", "ae"), ("ö", "oe"), ("ü", "ue"))


def xml(text: str) -> str:
    """The text in NFC with only characters that XML 1.0 allows; whitespace is kept as it is."""
    if not _printable(text):
        text = _C1.sub("", _NOT_XML.sub("", text))
    return unicodedata.normalize("NFC", text)


def _printable(text: str) -> bool:
    """Nothing but visible characters, spaces and line feeds: nothing to take out. Four times as fast as a search for what is
    to be taken out, and true of nearly every text."""
    return text.isprintable() or text.replace("\n", " ").isprintable()


def legal(text: str) -> str:
    """The text without the characters that XML 1.0 forbids, otherwise as it is: for markup, where NFC must stay away (a
    combining U+0338 after `>` would become one character with it and open the tag again)."""
    return text if _printable(text) else _NOT_XML.sub("", text)


def line(text: str) -> str:
    """One line: legal characters, invisible ones gone, every run of whitespace one space."""
    shown = unicodedata.normalize("NFC", text) if text.isprintable() else xml(_INVISIBLE.sub("", text))
    if "\u00ac" in shown:
        shown = _NOT_SIGN.sub("", shown)
    return " ".join(shown.split())


def fold(text: str) -> str:
    """For comparison only: compatibility characters unified, no case, umlauts spelt out (`ä` and `ae` are the same)."""
    if text.isascii():
        return text.lower()
    if not _printable(text):
        text = _INVISIBLE.sub("", text)
    unified = unicodedata.normalize("NFKC", text)
    if "\u00ac" in unified:
        unified = _NOT_SIGN.sub("", unified)
    folded = unicodedata.normalize("NFKC", unified.casefold())
    for umlaut, spelt in _UMLAUTS:
        folded = folded.replace(umlaut, spelt)
    return folded


def plain(text: str) -> str:
    """Folded, and without the diacritics that are left (`é` is `e`): for what people search for and what is found."""
    folded = fold(text)
    if folded.isascii():
        return folded
    return "".join(one for one in unicodedata.normalize("NFD", folded) if not unicodedata.combining(one))


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
    """Rough sentences: enough to say what stands together. A line ends one; `Dr.`, `z. B.`, `Mio.` and `3. Juni` do not."""
    start = 0
    for end in _SENTENCE_END.finditer(text):
        yield text[start : end.end()]
        start = end.end()
    if start < len(text):
        yield text[start:]


# Abbreviations whose full stop ends no sentence, by length: what looks back has a fixed width
_ABBREVIATIONS = (
    "Dr Nr St Mr Ms ca Co rd Tz",
    "Abs Art Aug Dez Feb Ing Inc Jan Jun Jul Ltd Mio Mrd Mrs Nov Okt Apr Sep Std Str Tel Vgl bzw etc gem ggf max min sog usw vgl",
    "Dipl Hrsg Prof Sept evtl exkl inkl insb mind zzgl",
)
_ABBREVIATED = "".join(rf"(?<!\b(?:{'|'.join(row.split())}).)" for row in _ABBREVIATIONS)
# An initial or `z. B.`, and a day (`3.`, `12.`; a year may end a sentence) end none either. The full stop is looked for first:
# looking back at every character costs twenty times as much.
_SENTENCE_END = re.compile(
    rf"[.!?](?<![\s.(][A-Za-zÄÖÜäöü].)(?<!\b\d.)(?<!\b\d\d.){_ABBREVIATED}[\"“”»«']?\s+(?=[\"„“»A-ZÄÖÜ\d])|\n+"
)


# ISO 639-1, and of ISO 639-2 those spoken in the region this was made for: Low German, Lower and Upper Sorbian
_LANGUAGES = (
    "aa ab ae af ak am an ar as av ay az ba be bg bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz ee el en eo es et eu"
    " fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io is it iu ja jv ka kg ki kj kk kl km"
    " kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng nl nn no nr nv ny oc oj om"
    " or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr ss st su sv sw ta te tg th ti tk tl tn to tr"
    " ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu dsb hsb nds"
)
_KNOWN_LANGUAGES = frozenset(_LANGUAGES.split())


def is_language(tag: str) -> bool:
    """Whether this is a tag of a language that exists (`de`, `de-AT`; RFC 5646 section 2.2.1)."""
    return tag.partition("-")[0].lower() in _KNOWN_LANGUAGES
