"""What stands around a text without being part of it: contact blocks, words on buttons, teasers' endings. Pure.

Generic German and English wording only, nothing of any one publisher. Better a line too many than a sentence too few: a contact
block ends where prose begins again, because releases go on after it ("Über ...", a second language, an attachment).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from aggregator.clean import html

# A line that is nothing but this is a button or a jump mark, wherever it stands. In lower case; `TeilenShare` is one
# button for the eye and one for the screen reader
_BUTTONS = frozenset(
    {
        *(
            "teilen",
            "share",
            "teilenshare",
            "artikel teilen",
            "beitrag teilen",
            "seite teilen",
            "share this",
            "share this article",
        ),
        *("drucken", "print", "seite drucken", "artikel drucken", "druckversion", "pdf drucken", "vorlesen", "merken"),
        *(
            "zum hauptinhalt springen",
            "zum inhalt springen",
            "zum inhalt",
            "zur navigation springen",
            "zum seitenanfang",
        ),
        *("skip to main content", "skip to content", "nach oben", "back to top", "zurück zur übersicht", "zurück"),
        *("bildunterschrift anzeigen", "kommentieren", "newsletter abonnieren"),
        *(
            "weiterlesen",
            "weiter lesen",
            "mehr lesen",
            "mehr erfahren",
            "mehr",
            "weiter",
            "read more",
            "continue reading",
        ),
        *("den vollständigen artikel lesen", "zum artikel", "zum vollständigen artikel"),
    }
)
_AROUND = " .…:»›>→|[]()«‹"
# What WordPress puts under every item of its feeds
_SYNDICATED = re.compile(
    r"(?:Der Beitrag|The post|The article) .{1,300} (?:erschien zuerst auf|appeared first on) .{1,200}$"
)

# How a contact block begins: a line that is this, or this and a colon, with or without what it is for
_CONTACT = re.compile(
    r"(?:(?:Ihre?|Unsere?|Weitere|Your)\s+)?"
    r"(?:(?:Presse|Medien|Press|Media|Rückfrage)(?:[-\s]|(?=[a-z])))?"
    r"(?:Kontakte?(?:daten|\(e\))?|Ansprechpartner(?:[*:_/]?-?in(?:nen)?|\(innen\))?|Ansprechperson(?:en)?|Pressestelle"
    r"|Contacts?|Enquiries|Rückfragen)"
    r"(?:\s+(?:für|zum|zur|bei|an|for)\b[^.:!?]{0,60})?\s*(:|$)",
    re.IGNORECASE,
)
# What only stands in an address
_ADDRESS = re.compile(
    r"@|[(\[]at[)\]]|\b(?:Tel|Telefon|Fon|Phone|Fax|Telefax|Mobil|E-?Mail)\b|\+\d\d|\b0\d{2,5}\s?[/ –-]\s?\d{2}"
    r"|\b\d{5}\s+[A-ZÄÖÜ]|\bwww\.|https?://"
)
_LONGEST_ADDRESS = 300  # characters of one line: "Sie erreichen uns unter ..." and a number is still an address

# Teasers' endings: after an ellipsis, a bracket or an arrow any of the words; after a sentence only those that no sentence ends
# with ("es werden immer mehr" is one)
_WORDS = "weiterlesen|weiter lesen|mehr lesen|mehr erfahren|read more|continue reading"
_AFTER = r"[\s.…\])»›>→]*$"
_ENDINGS = tuple(
    re.compile(ending, re.IGNORECASE)
    for ending in (
        rf"(?<=[.!?…»“\")])\s*[\[(»›>→]*\s*(?:{_WORDS}|mehr dazu|mehr|quelle: read more){_AFTER}",
        rf"\s*(?:»|›|→|>)\s*(?:{_WORDS}|mehr|weiter|more){_AFTER}",
        r"\s*\b(?:mehr|weiter|more)\s*(?:»|›|→|>>)$",
        rf"\s*\(?\b(?:Den vollständigen Artikel lesen|Zum vollständigen Artikel){_AFTER}",
        r"\s*(?:Der Beitrag|The post) .{1,300} (?:erschien zuerst auf|appeared first on) .{1,200}$",
        rf"\s*(?:\.{{3}}|…|\[(?:\.{{3}}|…)\]|\((?:\.{{3}}|…)\))\s*[\[(»›>→]*\s*(?:(?:{_WORDS}|mehr|weiter|more)\b(?::[^.!?]{{0,120}})?)?{_AFTER}",
    )
)
# One of these stands in every one of them: looking for it costs a thirtieth of trying them all
_CUES = ("...", "…", "mehr", "weiter", "lesen", "more", "reading", "artikel", "zuerst auf", "first on")
_TAIL = 600  # characters: an ending is never longer
_HALF_ENTITY = re.compile(r"&#?[A-Za-z0-9]{0,8}(?=(?:\.{3}|…)\s*$)")  # cut within: "Innenstaatssekret&..."

_BLOCK = re.compile(
    r"(</?(?:p|div|br|hr|h[2-6]|[uo]l|li|d[ltd]|blockquote|pre|table|caption|t(?:head|body|foot|[rdh])|figure|figcaption)"
    r"(?: [^<>]*)?>)"
)
_INLINE = re.compile(r"</?(?!img\b)[a-z]+(?: [^<>]*)?>")
_HEADING = re.compile(r"<h[2-6]>")
_EMPTY_INLINE = re.compile(r"<(a|strong|em|b|i|u|s|small|mark|code|q|cite|abbr)(?: [^<>]*)?></\1>")
_BREAKS = re.compile(r"(?:<br>\s*)+(?=</(?:p|div|li|td|blockquote|h[2-6])>|$)|(?<=<p>)(?:\s*<br>)+")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    at: int  # where it stands among the parts
    text: str
    heading: bool


def suspected(plain: str) -> bool:
    """Whether the text has a line for `without` to look at; most have none, and `without` costs thirty times as much."""
    return any(_is_button(line) or _CONTACT.match(line) or _SYNDICATED.match(line) for line in plain.split("\n"))


def without(safe_markup: str) -> str:
    """The HTML without buttons and contact blocks; every tag that is opened stays closed."""
    parts = _BLOCK.split(safe_markup)  # text and tags in turn
    lines = _lines(parts)
    dropped = {line.at for line in lines if _is_button(line.text) or _SYNDICATED.match(line.text)}
    left = [line for line in lines if line.at not in dropped]
    start = 1  # a text that begins with its contact is no text with a contact block
    while start < len(left):
        end = _contact_end(left, start) if _CONTACT.match(left[start].text) else start
        dropped |= {line.at for line in left[start:end]}
        start = max(end, start + 1)
    if not dropped:
        return safe_markup
    for at in dropped:
        parts[at] = "".join(_INLINE.findall(parts[at]))
        if parts[at + 1 : at + 2] == ["<br>"]:
            parts[at + 1] = ""
        elif _between_texts(parts, at):  # with its block goes what kept them apart
            parts[at - 1], parts[at + 1] = "", "<br>"
    return html.without_empty(_BREAKS.sub("", _EMPTY_INLINE.sub("", "".join(parts)))).strip()


def _between_texts(parts: Sequence[str], at: int) -> bool:
    """Whether the block of this part stands between two texts that have no block of their own."""
    if not 2 <= at < len(parts) - 2 or not (parts[at - 2].strip() and parts[at + 2].strip()):
        return False
    return parts[at + 1] == f"</{parts[at - 1][1:].partition(' ')[0].rstrip('>')}>"


def teaser(written: str) -> str:
    """A summary of one line without what invites to read on."""
    head, tail = written[:-_TAIL], written[-_TAIL:]
    lower = tail.lower()
    if not any(cue in lower for cue in _CUES):
        return written
    trimmed = _HALF_ENTITY.sub("", tail)
    for ending in _ENDINGS:
        shorter = ending.sub("", trimmed)
        if head or shorter:  # a summary that is nothing but its ending stays what it is
            trimmed = shorter
    return written if trimmed == tail else (head + trimmed.rstrip(" ,;–-") or written)


def _lines(parts: Sequence[str]) -> list[_Line]:
    found = []
    for at in range(0, len(parts), 2):
        shown = html.words(parts[at])
        if shown:
            found.append(_Line(at=at, text=shown, heading=at > 0 and bool(_HEADING.match(parts[at - 1]))))
    return found


def _is_button(line: str) -> bool:
    return len(line) < 50 and line.strip(_AROUND).lower() in _BUTTONS


def _contact_end(lines: Sequence[_Line], start: int) -> int:
    """Where the contact block that begins with that line ends; `start` itself when it is none.

    Near the end only: what precedes it is longer. It reaches to a heading, to the end, or to its last address before prose.
    """
    end = start + 1
    while end < len(lines) and not _is_prose(lines[end].text) and not _is_other_heading(lines[end]):
        end += 1
    if _size(lines[start:end]) > _size(lines[:start]):
        return start
    addresses = [at for at in range(start, end) if _ADDRESS.search(lines[at].text)]
    if end < len(lines) and not lines[end].heading:
        return addresses[-1] + 1 if addresses else start
    return end if addresses or _is_short(lines[start:end]) else start


def _is_prose(line: str) -> bool:
    if _ADDRESS.search(line):
        return len(line) > _LONGEST_ADDRESS
    count = len(line.split())
    return count > 15 or (count >= 7 and line.endswith((".", "!", "?", "“", '"')))


def _is_other_heading(line: _Line) -> bool:
    return line.heading and not _CONTACT.match(line.text)


def _is_short(lines: Sequence[_Line]) -> bool:
    """A label and a few names, no address: only where the label stands alone and something follows it."""
    return 2 <= len(lines) <= 6 and all(len(line.text.split()) <= 8 for line in lines)


def _size(lines: Sequence[_Line]) -> int:
    return sum(len(line.text) for line in lines)
