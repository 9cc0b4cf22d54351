"""Families of releases as they were found in the wild, told in our own words: who carried what, and what is to become of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from aggregator.model import Item, Verdict
from aggregator.stories import compare, keys, profile

MakeItem = Callable[..., Item]
WINDOW = timedelta(days=14)

TALKS = (
    "Wie verändert die Digitalisierung die Wirtschaft beider Länder? Darüber haben Unternehmen, Hochschulen und Verwaltung beim "
    "Spitzengespräch in Potsdam beraten. Zwei Fragen standen im Mittelpunkt: Wie kommen kleine Betriebe an Fachleute, und wer "
    "bezahlt die Anschlüsse? Für Werkstätten mit weniger als zehn Beschäftigten gibt es künftig einen Gutschein über 2.500 Euro. "
)
QUOTES = (
    "„Wer jetzt nicht umlernt, verliert Aufträge“, sagte die Ministerin. „Wir wollen Stärken stärken“, ergänzte der Senator. "
    "Im nächsten Frühjahr treffen sich die Beteiligten in Berlin wieder."
)
PLAN = (
    "Die Länder haben für die Medienbranche einen neuen Masterplan vorgelegt. In der Branche arbeiten rund 290.000 Menschen in "
    "52.000 Unternehmen. Der Plan nennt 33 Vorhaben, von der Ausbildung bis zum Rechenzentrum. „Die Branche treibt alle anderen "
    "an“, so der Geschäftsführer. Begleitet wird die Umsetzung von einem Beirat, der zweimal im Jahr berichtet. "
)
PRIZE = (
    "Um den Gründerpreis der Hauptstadtregion haben sich in diesem Jahr {} Unternehmen beworben. Das sind {} mehr als zuletzt. "
    "Eine Jury wählt bis zum Herbst zehn Finalisten aus. Verliehen wird der Preis am {} in der Staatsoper. Die Schirmherrschaft "
    "haben die Wirtschaftsressorts beider Länder übernommen. Das Preisgeld beträgt insgesamt 50.000 Euro."
)
OPENED = (
    "Auf dem Campus ist am Mittwoch das Gründerzentrum BioWerk eröffnet worden. Auf 8.000 Quadratmetern stehen Labore für junge "
    "Firmen bereit, 14 sind schon eingezogen. Die Mieten liegen unter dem Marktpreis, sagte die Geschäftsführerin der Betreiber."
)
OPENED_TOO = (
    "Das neue Haus für Ausgründungen heißt BioWerk und steht auf dem Campus: 14 Teams forschen dort seit Mittwoch. Geldgeber "
    "sehen ein Signal. Auf den 8.000 Quadratmetern fehlen allerdings noch Labore der höchsten Stufe, klagt ein Firmengründer."
)
CELL = (
    "Forschende haben mit einer Tandemzelle aus Perowskit und Silizium einen Wirkungsgrad von {} Prozent erreicht. Weltrekord. "
    "Die Zelle misst einen Quadratzentimeter. Bestätigt hat den Wert ein unabhängiges Institut. Ein Hersteller will "
    "die Schichten auf große Module übertragen."
)
GRANT = (
    "Für ein Kraftwerk, das Strom als Wasserstoff speichert, hat der Bund knapp 28,4 Millionen Euro bewilligt. "
    "Das Vorhaben in der Lausitz soll 2025 beginnen. Die Ministerin sprach von einem Vorbild für andere Reviere. Beteiligt sind "
    "zwei Stadtwerke und ein Verein."
)
GRANT_TOO = (
    "Zwei Bescheide, 28,5 Millionen Euro, liegen seit Freitag in Spremberg. Gebaut werden soll ein Kraftwerk mit "
    "Wasserstoff, das erste seiner Art im Revier. Kritiker zweifeln am Zeitplan: Vor 2027 rechne niemand mit Strom."
)
INVITED = (
    "Die Senatorin lädt zur Diskussion über die Stadt von morgen ein. Beginn ist am {} um {} Uhr im Roten Rathaus. Um Anmeldung "
    "wird gebeten, Fotos sind vor Beginn möglich. Die Veranstaltung wird im Netz übertragen, Fragen nimmt das Büro entgegen."
)
CENTRES = (
    "Das Land stellt für drei Gründungszentren der Hauptstadt 17,3 Millionen Euro bereit. Auf 5.200 Quadratmetern finden "
    "Labore und Büros Platz. „Wer hier gründet, soll hier wachsen“, sagte der Minister bei der Übergabe. Baubeginn ist im Herbst."
)


def outcome(left: Item, right: Item) -> str:
    """What two items are to each other: `same`, `update`, `related`, or `apart`."""
    one, other = (set(keys.keys(each, stable_keys=())) for each in (left, right))
    shared = {asked for key in one for asked in keys.asked(key)} & other
    if not keys.worth(shared, one_source=left.source_id == right.source_id):
        return "apart"
    ready = (compare.Compared(each, profile.profile(each)) for each in (left, right))
    match = compare.compare(*ready, shared=shared, window=WINDOW)
    return "apart" if match is None or match.verdict is Verdict.DIFFERENT else match.verdict.value


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        pytest.param(
            {"text": TALKS + QUOTES},
            {"text": TALKS.replace("beim ", "beim heutigen ").replace("? D", "?\nD") + "Quelle: Ministerium"},
            {"same"},
            id="A: the cluster's page left the quotes out, the ministry's has `heutigen` and a list in one line",
        ),
        pytest.param({"text": PLAN}, {"text": PLAN[PLAN.index("In der") :]}, {"same"}, id="B: the lead is missing"),
        pytest.param(
            {"text": PLAN},
            {
                "text": PLAN.replace(
                    "rund 290.000 Menschen in 52.000 Unternehmen", "viele Menschen in Unternehmen"
                ).replace(
                    "„Die Branche treibt alle anderen an“, so der", "Die Branche treibe alle anderen an, erklärt der"
                )
            },
            {"same"},
            id="B: figures dropped, the quote turned into reported speech",
        ),
        pytest.param(
            {"text": PRIZE.format(174, 40, "30. November")},
            {"text": PRIZE.format(206, 32, "29. November"), "days": 364},
            {"apart"},
            id="C: next year's contest in nearly the same words",
        ),
        pytest.param(
            {"text": PRIZE.format(174, 40, "30. November")},
            {"text": PRIZE.format(206, 32, "29. November"), "days": 1},
            {"apart"},
            id="C: and were it found the same week, its figures forbid it",
        ),
        pytest.param(
            {"text": PRIZE.format(174, 40, "30. November")},
            {"text": " ".join(PRIZE.format(174, 40, "30. November").split()[:38]) + " (bkr)", "days": 2},
            {"same"},
            id="C: a paper shortens it and signs it",
        ),
        pytest.param(
            {"text": OPENED, "title": "BioWerk eröffnet"},
            {"text": OPENED_TOO, "title": "Neues Haus für Gründer: BioWerk"},
            {"related", "apart"},
            id="D: two houses tell of one opening in their own words",
        ),
        pytest.param(
            {"text": CELL.format("29,15")},
            {"text": CELL.format("29,8"), "days": 300},
            {"apart"},
            id="E: the next record in the same words",
        ),
        pytest.param(
            {"text": CELL.format("29,15")},
            {"text": CELL.format("29,8"), "days": 9},
            {"apart"},
            id="E: and soon after",
        ),
        pytest.param(
            {"text": GRANT}, {"text": GRANT_TOO}, {"related", "apart"}, id="F: one grant, counted in another way"
        ),
        pytest.param(
            {"text": CENTRES}, {"text": CENTRES.replace("17,3", "25,9"), "days": 600}, {"apart"}, id="G: a follow-up"
        ),
        pytest.param(
            {"text": INVITED.format("24. März", "14.00"), "source": "b", "title": "Die Stadt gestalten"},
            {"text": INVITED.format("23. April", "13.30"), "title": "Die Stadt gestalten", "days": 33},
            {"apart"},
            id="H: the same invitation for a postponed event",
        ),
        pytest.param(
            {"text": INVITED.format("24. März", "14.00"), "source": "b", "title": "Die Stadt gestalten"},
            {"text": INVITED.format("23. April", "13.30"), "title": "Die Stadt gestalten", "days": 5},
            {"apart"},
            id="H: also when it is sent within days",
        ),
        pytest.param(
            {"text": PLAN},
            {
                "text": PLAN.replace("Der Plan", "\nWas geplant ist\nDer Plan").replace(
                    "Begleitet", "\nWie es weitergeht\nBegleitet"
                )
            },
            {"same"},
            id="I: a local paper's own headings",
        ),
        pytest.param(
            {"text": OPENED + " " + GRANT},
            {"text": OPENED[: OPENED.index("Die Mieten")]},
            {"same"},
            id="J: two sentences",
        ),
        pytest.param(
            {"text": GRANT},
            {"text": GRANT_TOO.replace("28,5", "28,4"), "days": 900},
            {"apart"},
            id="K: the same sum years later",
        ),
        pytest.param(
            {"text": CENTRES},
            {
                "text": "Heute war ich bei der Übergabe dabei und freue mich für die Stadt. Das Ministerium schreibt dazu:\n"
                + CENTRES
            },
            {"same"},
            id="L: quoted whole on a member of parliament's blog",
        ),
    ],
)
def test_families(item: MakeItem, left: dict[str, Any], right: dict[str, Any], expected: set[str]) -> None:
    one = item(**{"source": "a", "title": "Eine Überschrift"} | left)
    other = item(**{"source": "b", "guid": "2", "title": "Eine ganz andere Überschrift"} | right)
    assert outcome(one, other) in expected
    assert outcome(other, one) in expected


@pytest.mark.parametrize(
    ("second", "expected"),
    [
        pytest.param(
            {"title": "Korrektur: Drei Zentren", "text": CENTRES.replace("17,3", "18,3")}, "update", id="corrected"
        ),
        pytest.param(
            {"url": "https://a.example/presse/1-aktualisiert", "text": CENTRES.replace("17,3", "18,3")},
            "update",
            id="corrected, as its address says",
        ),
        pytest.param({"text": CENTRES.replace("17,3", "18,3")}, "apart", id="other figures and no word about it"),
        pytest.param({"text": CENTRES, "title": "Platz für Gründer"}, "same", id="the same text under another title"),
        pytest.param({"text": CENTRES[:150] + " …", "title": "Drei …"}, "same", id="its own teaser"),
        pytest.param({"text": CENTRES, "days": 8}, "apart", id="again a week later"),
        pytest.param(
            {"text": CENTRES.replace("Hauptstadt", "Uckermark"), "title": "Drei Zentren"}, "apart", id="a series"
        ),
        pytest.param(
            {
                "title": "Three start-up centres",
                "text": "The state provides 17.3 million euros for three start-up centres. There will be room for labs on "
                "5,200 square metres. The minister handed over the grant; construction begins in autumn.",
            },
            "same",
            id="its English page",
        ),
    ],
)
def test_one_source(item: MakeItem, second: dict[str, Any], expected: str) -> None:
    first = item("a", "1", title="Drei Zentren", text=CENTRES)
    again = item(**{"source": "a", "guid": "2", "title": "Drei Zentren", "days": 1} | second)
    assert outcome(first, again) == expected
