"""What of an item's words is its own: without datelines, kickers, credits, contacts and standing sentences. Pure.

Generic German and English wording only. What one publisher puts under all its items is learnt from what is stored and written
into boilerplate.yaml (`aggregator sources boilerplate`), not counted here: an item says the same whatever else is stored.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import NamedTuple

from aggregator import text
from aggregator.model import Item

# What stands further on decides nothing; and costs, above all those of aligning two texts, have an end.
_LONGEST = 20_000
_LONGEST_TITLE = 300
_LONGEST_DATELINE = 120

# Lines that carry an item and are no part of it: a label and a colon,
_LABELS = (
    "quelle", "source", "fotos?", "bild(?:er|quelle|nachweis|unterschrift)?", "photos?", "credits?", "impressionen", "stichworte",
    "tags?", "schlagworte", "datum", "stand", "teaser", "herausgeber(?:in)?", "kontakt", "(?:presse|medien) ?kontakt",
    "ansprechpartner(?:[*:/]?in(?:nen)?)?", "(?:press )?contact", "rückfragen(?: an)?", "hinweis an die redaktionen?",
    "über uns", "about us",
)  # fmt: skip
# or a formula
_FORMULAS = (
    r"(?:veröffentlicht|erschienen|published)\s+(?:am|von|on|by)\b",
    r"verantwortlich (?:im sinne|für den inhalt)\b",
    r"der beitrag\b.{1,300}\berschien\b",
    r"the post\b.{1,300}\bappeared first on\b",
    r"pressemitteilung (?:nr|vom|\d)",
    r"(?:ko|mit)?finanziert (?:von|aus|durch)\b",
    r"gefördert aus mitteln\b",
)
_NOISE = re.compile(rf"\s*\(?(?:(?:{'|'.join(_LABELS)})\s*:|{'|'.join(_FORMULAS)})", re.IGNORECASE)

# The link to the rest, at the very end; in any of its spellings it says that the text is the beginning of another one.
_ELLIPSIS = r"(?:\.\.\.|…|\[…\]|\[\.\.\.\])"
_READ_ON = (
    "weiter ?lesen|mehr lesen|mehr erfahren|read more|continue reading"
    "|den vollständigen artikel lesen|zum artikel|mehr|weiter"
)
_MORE = re.compile(rf"\s*(?:{_ELLIPSIS}\W*(?:(?:{_READ_ON})\W*)?|(?<=[.!?…\s])(?:{_READ_ON})\W*)$", re.IGNORECASE)

# `POTSDAM/BERLIN. `, `Berlin, den 2026-10-29 – `, `Potsdam / Breslau, 10. Juni 2021. `, `Cottbus (dpa/bb) - `
_PLACE = r"[A-ZÄÖÜ][\w.\-]+(?: (?:am|an|bei|der|im|in|[A-ZÄÖÜ(])[\w.)\-]*){0,3}"
_PLACES = rf"{_PLACE}(?:\s?[/|+]\s?{_PLACE}){{0,2}}"
_AGENCY = r"(?:\s*\([\w/. ]{2,20}\))?"
_DATE = r"(?:\d{4}-\d\d-\d\d|\d\d?\.\s?(?:[A-Za-zäÄ]{3,9}\.?|\d\d?\.)\s?\d{0,4})"
_DATELINE = re.compile(
    rf"\s*(?:\d\d?\.\d\d?\.\d{{4}}\s*/?\s*)?{_PLACES}"
    rf"(?:{_AGENCY}\s*[–—:-]\s+|,\s*(?:den |am )?{_DATE}{_AGENCY}\s*[.:–—-]*\s+)"
    rf"|\s*[A-ZÄÖÜ]{{3,}}(?:\s?[/,-]\s?[A-ZÄÖÜ]{{3,}}){{0,2}}{_AGENCY}\s*[.:–—-]\s*"
)

# Words before a title that say what kind of item it is: `Pressemitteilung 11/2026: `, `News | `
_KINDS = (
    "news|meldung|presse(?:mitteilung|information|erklärung|einladung|termin|meldung|info)?|pm|medieninformation|terminhinweis"
    "|eilmeldung|press release|kabinett|gemeinsame pressemitteilung"
)
_KICKER = re.compile(
    rf"\s*(?:\W{{0,5}}(?:{_KINDS})\b[^:|–—\w]{{0,3}}(?:\d[\d/]*)?\s*(?:vom [\d.]+)?\s*[:|–—-]\s*)+", re.IGNORECASE
)
_PARTED = re.compile("[:|–—-]")

# Who corrects says so: in the title, in the first sentence, or in the address
_MARK = (
    "korrektur(?:en)?|berichtigung|berichtigte?[rns]?|korrigierte?[rns]?|aktualisierte?[rns]?|aktualisierung|neue fassung"
    "|updated?|correct(?:ion|ed)|corrigendum|erratum|revised|richtigstellung"
)
_STEMS = ("korr", "berichtig", "aktualis", "fassung", "updat", "correct", "corrig", "errat", "revis", "richtigst")
_MARKED = re.compile(rf"^\W*(?:{_MARK})\b\W*|\s*[(|–-]?\s*(?:{_MARK})\)?\s*$", re.IGNORECASE)
_MARKED_LEAD = re.compile(
    rf"\W{{0,5}}(?:{_MARK})\b"
    r"|.{0,80}\b(?:frühere[nr]?|vorherige[nr]?|earlier|previous) (?:fassung|version|mitteilung|meldung)\b",
    re.IGNORECASE,
)
_MARKED_URL = re.compile(
    r"[-_/](?:aktualisiert|korrektur|korrigiert|berichtigt|updated?|correct(?:ed|ion)|neufassung)\b"
)

_GENDER = re.compile(r"(?<=[a-zäöüß])(?:[*:_/]-?in(?:nen)?|Innen|\(inn?en\)|\(in\))\b")
_BOTH = re.compile(r"\b(\w{4,40})innen (?:und|oder|bzw\.) (?=\1)", re.IGNORECASE)
# `Haupt-stadtregion`: a hyphen out of a printed page; the one of `Wind- und` stays
_PRINTED = re.compile(r"(?<=[a-zäöüß]{3})-(?=[a-zäöüß]{4})(?!und\b|oder\b|bzw\b)")


class Own(NamedTuple):
    """An item's own words."""

    title: str
    text: str
    cut: bool  # it says of itself that it goes on elsewhere
    marked: bool  # it says of itself that it corrects another


def own(item: Item, boilerplate: Collection[str] = ()) -> Own:
    """What an item says of itself. `boilerplate`: standing sentences, as `sentence_key` writes them."""
    said = (item.text or item.summary)[:_LONGEST]
    more = _MORE.search(said, max(0, len(said) - 60))
    lines = [
        line
        for line in (said[: more.start()] if more else said).splitlines()
        if line.strip() and not _NOISE.match(line)
    ]
    if boilerplate:
        lines = list(_without(lines, boilerplate))
    if lines:
        lines[0] = lines[0][_dateline(lines[0]) :]
    title, marked = _title(item.title[:_LONGEST_TITLE])
    return Own(
        title=title,
        text="\n".join(lines),
        cut=more is not None or title.endswith(("…", "...")),
        marked=marked or bool(_MARKED_URL.search(item.url)) or bool(_MARKED_LEAD.match(said)),
    )


def _dateline(line: str) -> int:
    """How long the dateline is with which the line begins."""
    found = _DATELINE.match(line[:_LONGEST_DATELINE])
    return found.end() if found and found.end() < len(line) else 0


def _title(title: str) -> tuple[str, bool]:
    """Without kicker and mark of a correction, and whether there was one."""
    if _PARTED.search(title):
        title = _KICKER.sub("", title, count=1) or title
    folded = title.casefold()
    if not any(stem in folded for stem in _STEMS):
        return title.strip(), False
    bare = _MARKED.sub("", title).strip()
    return (bare, True) if bare and bare != title.strip() else (title.strip(), False)


def _without(lines: Iterable[str], boilerplate: Collection[str]) -> Iterable[str]:
    for line in lines:
        if sentence_key(line) in boilerplate:
            continue
        kept = [one for one in text.sentences(line) if sentence_key(one) not in boilerplate]
        if kept:
            yield "".join(kept)


def sentence_key(sentence: str) -> str:
    """What makes two standing sentences one: their folded words. Figures count: a series says the same with other ones."""
    return " ".join(text.words(sentence))


def alike(said: str) -> str:
    """The text with one spelling for what is spelt in several ways: gender forms, `Expertinnen und Experten`, printed hyphens."""
    if "nnen " in said:
        said = _BOTH.sub("", said)
    said = _GENDER.sub("", said)
    return _PRINTED.sub("", said) if "-" in said else said
