"""What the published documents say in their own words, in German and English; and dates as people write them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from aggregator.model import Label


def of(language: str) -> Mapping[str, str]:
    """The phrases of that language; English where there are none."""
    return _PHRASES[spoken(language)]


def spoken(language: str) -> str:
    """The language in which the program speaks to readers of that one."""
    primary = _primary(language)
    return primary if primary in _PHRASES else "en"


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


def day_alone(when: date, language: str) -> str:
    """The day without its weekday: `12. Oktober 2026`."""
    month = when.month - 1
    return (
        f"{when.day}. {_MONATE[month]} {when.year}"
        if _primary(language) == "de"
        else f"{when.day} {_MONTHS[month]} {when.year}"
    )


def moment(when: datetime, language: str) -> str:
    """Day and time: `12. Oktober 2026, 10:00 Uhr`."""
    if _primary(language) == "de":
        return f"{when.day}. {_MONATE[when.month - 1]} {when.year}, {clock(when, language)}"
    return f"{when.day} {_MONTHS[when.month - 1]} {when.year}, {clock(when, language)}"


def clock(when: datetime, language: str) -> str:
    """The time alone: `10:00 Uhr`."""
    return f"{when.hour:02}:{when.minute:02}" + (" Uhr" if _primary(language) == "de" else "")


def signed(value: float, language: str) -> str:
    """A figure that is added or taken away: `+1,5`, with a real minus."""
    figure = f"{abs(value):.2f}".rstrip("0").rstrip(".")
    return ("−" if value < 0 else "+") + (figure.replace(".", ",") if _primary(language) == "de" else figure)


def size(length: int | None, language: str) -> str:
    """How big a file is: `1,2 MB`; "" where nobody said."""
    if not length or length < 0:
        return ""
    kilobytes = max(1, round(length / 1000))
    figure = f"{kilobytes} kB" if kilobytes < 1000 else f"{length / 1_000_000:.1f} MB"
    return figure.replace(".", ",") if _primary(language) == "de" else figure


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
        "told": "Was gemeldet wurde",
        "told_feed": "Diese Meldungen als Atom-Feed",
        "state_ok": "in Ordnung",
        "state_quiet": "still",
        "state_drifting": "verändert sich",
        "state_failing": "gestört",
        "state_blocked": "gesperrt",
        "state_gone": "verschwunden",
        "state_paused": "angehalten",
        "state_new": "neu",
        "about": "Über dieses Angebot",
        "about_short": "Über",
        "accessibility": "Barrierefreiheit",
        "read_original": "Zur Originalmeldung",
        "issuer_is": "Herausgegeben von {name}",
        "authors": "Von {names}",
        "excerpt": "Hier steht nur ein Auszug; die Rechte liegen bei der Quelle.",
        "cut": "Der Text ist hier gekürzt; die Originalmeldung enthält ihn ganz.",
        "no_text": "Die Quelle gibt keinen Text, nur den Titel.",
        "files": "Dateien",
        "carriers": "Wer diese Meldung brachte",
        "alone": "Bisher nur diese Quelle.",
        "origin": "Ursprung",
        "other_title": "Titel dort: {title}",
        "differs": "Statt „{theirs}“ heißt es dort: „{ours}“",
        "share": "{share} % des Textes",
        "how_whole text": "vollständig übernommen",
        "how_whole text with words of its own": "vollständig, mit eigenem Zusatz",
        "how_shortened": "gekürzt",
        "how_parts, with words of its own": "in Teilen, mit eigenem Text",
        "how_in other words": "in eigenen Worten",
        "how_translation": "Übersetzung",
        "how_no text": "nur der Titel",
        "revisions": "Was sich geändert hat",
        "until": "Bis {when}",
        "said": "„{before}“, jetzt „{now}“",
        "titled": "Titel: {title}",
        "reworded": "Anderer Wortlaut",
        "related": "Verwandte Meldungen",
        "why": "Warum diese Themen?",
        "no_labels": "Die Regeln haben dieser Meldung kein Thema gegeben.",
        "misses": "Knapp nicht vergeben",
        "in_title": "in der Überschrift",
        "in_summary": "in der Zusammenfassung",
        "in_text": "im Text",
        "in_category": "in den Schlagwörtern der Quelle",
        "in_issuer": "im Namen des Herausgebers",
        "in_url": "in der Adresse",
        "in_item": "in der Meldung",
        "found_words": "{words} {where}",
        "by_rule": "gesucht war „{rule}“",
        "by_enumeration": "mehrere Themen in einer Aufzählung",
        "by_source": "Alle Meldungen dieser Quelle tragen es.",
        "by_hand": "Von Hand vergeben.",
        "beside": "nur am Rande, neben „{aside}“",
        "not_excluded": "zählt nicht: gehört zu „{rule}“",
        "not_item": "schließt das Thema aus: Regel „{rule}“",
        "not_enumeration": "zählt nicht: steht nur in einer Aufzählung",
        "not_alone": "zählt nicht: es fehlt eines von {needed}",
        "quoted": "„{word}“",
        "sources_title": "Quellen",
        "sources_lead": "{count} Quellen werden regelmäßig gelesen. Was sie veröffentlichen, steht hier mit seiner Herkunft.",
        "feed_of": "Feeds",
        "here": "unser Feed",
        "there": "gelesene Adresse",
        "region": "Region",
        "last_seen": "zuletzt erreicht {when}",
        "never_seen": "noch nie erreicht",
        "authority_issuer": "Herausgeber",
        "authority_issuer_lead": "Geben ihre Meldungen selbst heraus: Ministerien, Verwaltungen, Unternehmen, Hochschulen.",
        "authority_publisher": "Redaktionen und Verlage",
        "authority_publisher_lead": "Berichten mit eigenen Texten.",
        "authority_repeater": "Portale und Verteiler",
        "authority_repeater_lead": "Geben Meldungen anderer weiter; als Ursprung gilt der Herausgeber.",
        "reviewed": "Zuletzt überprüft: {day}.",
        "enforcement": "Bleibt eine Antwort aus oder hilft sie Ihnen nicht weiter, können Sie sich an die Durchsetzungs- oder "
        "Schlichtungsstelle wenden, die für uns zuständig ist.",
        "moved": "Diese Meldung ist jetzt Teil einer anderen",
        "moved_to": "Weiter zur Meldung",
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
        "told": "What was told",
        "told_feed": "These notices as an Atom feed",
        "state_ok": "ok",
        "state_quiet": "quiet",
        "state_drifting": "drifting",
        "state_failing": "failing",
        "state_blocked": "blocked",
        "state_gone": "gone",
        "state_paused": "paused",
        "state_new": "new",
        "about": "About",
        "about_short": "About",
        "accessibility": "Accessibility",
        "read_original": "Read the original",
        "issuer_is": "Issued by {name}",
        "authors": "By {names}",
        "excerpt": "This is an excerpt only; the rights are with the source.",
        "cut": "The text is cut short here; the original has all of it.",
        "no_text": "The source gives no text, only the title.",
        "files": "Files",
        "carriers": "Who carried this story",
        "alone": "Only this source so far.",
        "origin": "Origin",
        "other_title": "Titled there: {title}",
        "differs": "Where the origin says “{theirs}”, it says “{ours}”",
        "share": "{share} % of the text",
        "how_whole text": "the whole text",
        "how_whole text with words of its own": "the whole text and words of its own",
        "how_shortened": "shortened",
        "how_parts, with words of its own": "parts of it, with words of its own",
        "how_in other words": "in words of its own",
        "how_translation": "a translation",
        "how_no text": "the title alone",
        "revisions": "What has changed",
        "until": "Until {when}",
        "said": "“{before}”, now “{now}”",
        "titled": "Title: {title}",
        "reworded": "Other wording",
        "related": "Related stories",
        "why": "Why these topics?",
        "no_labels": "The rules gave this story no topic.",
        "misses": "Nearly given",
        "in_title": "in the title",
        "in_summary": "in the summary",
        "in_text": "in the text",
        "in_category": "in the source's keywords",
        "in_issuer": "in the issuer's name",
        "in_url": "in the address",
        "in_item": "in the story",
        "found_words": "{words} {where}",
        "by_rule": "searched for “{rule}”",
        "by_enumeration": "several topics in an enumeration",
        "by_source": "Every story of this source has it.",
        "by_hand": "Given by hand.",
        "beside": "only in passing, beside “{aside}”",
        "not_excluded": "does not count: part of “{rule}”",
        "not_item": "rules the topic out: “{rule}”",
        "not_enumeration": "does not count: only in an enumeration",
        "not_alone": "does not count: needs one of {needed}",
        "quoted": "“{word}”",
        "sources_title": "Sources",
        "sources_lead": "{count} sources are read regularly. What they publish stands here with its origin.",
        "feed_of": "Feeds",
        "here": "our feed",
        "there": "address read",
        "region": "Region",
        "last_seen": "last reached {when}",
        "never_seen": "never reached",
        "authority_issuer": "Issuers",
        "authority_issuer_lead": "Issue their news themselves: ministries, administrations, companies, universities.",
        "authority_publisher": "Newsrooms and publishers",
        "authority_publisher_lead": "Report in words of their own.",
        "authority_repeater": "Portals and distributors",
        "authority_repeater_lead": "Pass on the news of others; the issuer counts as the origin.",
        "reviewed": "Last reviewed: {day}.",
        "enforcement": "If an answer fails to come or does not help you, you may turn to the enforcement body that is "
        "responsible for us.",
        "moved": "This story is part of another one now",
        "moved_to": "Go to the story",
    },
}
