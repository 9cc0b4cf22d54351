"""What the published documents say in their own words, in German and English; and dates as people write them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from aggregator.model import Label


def of(language: str) -> Mapping[str, str]:
    """The phrases of that language; English where there are none."""
    return _PHRASES.get(_primary(language), _PHRASES["en"])


def name(label: Label | None, label_id: str, language: str) -> str:
    """The label's name in that language, or in one that it has, or its id."""
    names = label.names if label else {}
    return names.get(_primary(language)) or names.get("en") or names.get("de") or label_id


def day(when: datetime, language: str) -> str:
    """The day with its weekday: `Montag, 12. Oktober 2026`."""
    weekday, month = when.weekday(), when.month - 1
    if _primary(language) == "de":
        return f"{_TAGE[weekday]}, {when.day}. {_MONATE[month]} {when.year}"
    return f"{_DAYS[weekday]}, {when.day} {_MONTHS[month]} {when.year}"


def moment(when: datetime, language: str) -> str:
    """Day and time: `12. Oktober 2026, 10:00 Uhr`."""
    if _primary(language) == "de":
        return f"{when.day}. {_MONATE[when.month - 1]} {when.year}, {clock(when, language)}"
    return f"{when.day} {_MONTHS[when.month - 1]} {when.year}, {clock(when, language)}"


def clock(when: datetime, language: str) -> str:
    """The time alone: `10:00 Uhr`."""
    return f"{when.hour:02}:{when.minute:02}" + (" Uhr" if _primary(language) == "de" else "")


def _primary(language: str) -> str:
    return language.partition("-")[0].lower()


# Not from the system's locale: it differs from machine to machine, and the bytes may not
_TAGE = ("Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag")
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONATE = (
    "Januar",
    "Februar",
    "März",
    "April",
    "Mai",
    "Juni",
    "Juli",
    "August",
    "September",
    "Oktober",
    "November",
    "Dezember",
)
_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)

_PHRASES: Mapping[str, Mapping[str, str]] = {
    "de": {
        "skip": "Zum Inhalt springen",
        "navigation": "Bereiche",
        "all_feeds": "Alle Feeds",
        "further": "Weitere Feeds",
        "everything": "Alle Meldungen",
        "home": "Startseite",
        "pages": "Weitere Seiten",
        "page": "Seite",
        "older": "Ältere Meldungen",
        "newer": "Neuere Meldungen",
        "source": "Quelle",
        "issuer": "Herausgegeben von",
        "also": "Auch bei",
        "labels": "Themen",
        "subscribe": "Abonnieren",
        "feeds": "Feeds",
        "newest": "Neueste Meldungen",
        "empty": "Zurzeit gibt es hier keine Meldungen.",
        "updated": "Zuletzt geändert",
        "corrected": "geändert",
        "group_all": "Alles",
        "group_cluster": "Cluster",
        "group_topic": "Themen",
        "group_own": "Auswahlen",
        "group_source": "Nach Quelle",
        "opml_feeds": "Alle Feeds als OPML",
        "opml_sources": "Alle Quellen als OPML",
        "contact": "Kontakt",
        "imprint": "Impressum",
        "rights": "Rechte bei den jeweils genannten Quellen",
        "search": "Suche",
        "search_for": "Suchbegriffe",
        "find": "Suchen",
        "results": "Ergebnisse für „{query}“",
        "search_hint": "Ein oder mehrere Wörter eingeben, „in Anführungszeichen“ wörtlich, mit - davor ausgeschlossen."
        " Jedes Ergebnis lässt sich auch als Feed abonnieren.",
        "found_one": "1 Meldung",
        "found": "{count} Meldungen, Treffer im Titel zuerst",
        "nothing": "Nichts gefunden.",
        "narrow": "Eingrenzen",
        "label": "Cluster oder Thema",
        "all_labels": "alle Cluster und Themen",
        "all_sources": "alle Quellen",
        "from_day": "von",
        "to_day": "bis",
        "page_of": "Seite {page} von {pages}",
        "page_before": "Vorige Seite",
        "page_after": "Nächste Seite",
        "search_feed": "Diese Suche als Feed abonnieren",
        "status": "Zustand der Quellen",
        "sources": "Quellen",
        "status_caption": "Quellen und ihr Zustand",
        "config_refused": "Die geänderte Konfiguration hat Fehler; die vorige gilt weiter:",
        "name": "Quelle",
        "state": "Zustand",
        "last_success": "Letzter Erfolg",
        "next_due": "Nächster Abruf",
        "items": "Meldungen",
        "trouble": "Störung",
        "since": "seit",
        "never": "noch nie",
        "state_ok": "in Ordnung",
        "state_quiet": "still",
        "state_drifting": "verändert sich",
        "state_failing": "gestört",
        "state_blocked": "gesperrt",
        "state_gone": "verschwunden",
        "state_paused": "angehalten",
        "state_new": "neu",
    },
    "en": {
        "skip": "Skip to content",
        "navigation": "Sections",
        "all_feeds": "All feeds",
        "further": "More feeds",
        "everything": "All stories",
        "home": "Home",
        "pages": "Further pages",
        "page": "page",
        "older": "Older stories",
        "newer": "Newer stories",
        "source": "Source",
        "issuer": "Issued by",
        "also": "Also at",
        "labels": "Topics",
        "subscribe": "Subscribe",
        "feeds": "Feeds",
        "newest": "Newest stories",
        "empty": "There are no stories here at present.",
        "updated": "Last changed",
        "corrected": "changed",
        "group_all": "Everything",
        "group_cluster": "Clusters",
        "group_topic": "Topics",
        "group_own": "Selections",
        "group_source": "By source",
        "opml_feeds": "All feeds as OPML",
        "opml_sources": "All sources as OPML",
        "contact": "Contact",
        "imprint": "Imprint",
        "rights": "Rights are with the sources named",
        "search": "Search",
        "search_for": "Search words",
        "find": "Search",
        "results": "Results for “{query}”",
        "search_hint": "Enter one or more words, “in quotes” word by word, with - before it excluded."
        " Every result can also be subscribed to as a feed.",
        "found_one": "1 story",
        "found": "{count} stories, those with a match in the title first",
        "nothing": "Nothing found.",
        "narrow": "Narrow down",
        "label": "Cluster or topic",
        "all_labels": "all clusters and topics",
        "all_sources": "all sources",
        "from_day": "from",
        "to_day": "to",
        "page_of": "Page {page} of {pages}",
        "page_before": "Previous page",
        "page_after": "Next page",
        "search_feed": "Subscribe to this search as a feed",
        "status": "Source health",
        "sources": "sources",
        "status_caption": "Sources and their health",
        "config_refused": "The changed configuration is faulty; the one before is still in use:",
        "name": "Source",
        "state": "State",
        "last_success": "Last success",
        "next_due": "Next check",
        "items": "Items",
        "trouble": "Trouble",
        "since": "since",
        "never": "never",
        "state_ok": "ok",
        "state_quiet": "quiet",
        "state_drifting": "drifting",
        "state_failing": "failing",
        "state_blocked": "blocked",
        "state_gone": "gone",
        "state_paused": "paused",
        "state_new": "new",
    },
}
