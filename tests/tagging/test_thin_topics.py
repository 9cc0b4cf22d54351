"""Topics of which few items are written: living labs, work and skilled workers (own texts)."""

from __future__ import annotations

import pytest

from aggregator import tagging

REA, A40 = "reallabore", "arbeit-fachkraefte"


@pytest.fixture(scope="module")
def rules(berlin_brandenburg):
    return tagging.compiled(berlin_brandenburg)


@pytest.mark.parametrize(
    ("title", "text", "topic"),
    [
        pytest.param(
            "Reallaborgesetz: Bund schafft Freiräume",
            "Mit Experimentierklauseln dürfen Firmen Neues im Alltag erproben.",
            REA,
            id="a law for experiments",
        ),
        pytest.param(
            "Testfeld für Drohnen in Cochstedt",
            "Auf dem Gelände wird unter realen Bedingungen geflogen.",
            REA,
            id="a test bed",
        ),
        pytest.param(
            "Regulatory sandbox for delivery robots",
            "The field trial runs for two years.",
            REA,
            id="an English sandbox",
        ),
        pytest.param(
            "Pilotanlage liefert erste Tonne",
            "Die Demonstrationsanlage wurde ein Jahr lang erprobt.",
            REA,
            id="a pilot plant that demonstrates",
        ),
        pytest.param(
            "Betriebe suchen Fachkräfte",
            "Kammern werben mit Weiterbildung um Quereinsteiger.",
            A40,
            id="skilled workers wanted",
        ),
        pytest.param(
            "Mehr Lehrstellen als Bewerber",
            "Der Ausbildungsmarkt in der Lausitz bleibt entspannt.",
            A40,
            id="places for apprentices",
        ),
        pytest.param(
            "Vier-Tage-Woche im Test",
            "Zwölf Betriebe verändern ihre Arbeitszeitmodelle gemeinsam mit den Betriebsräten.",
            A40,
            id="how we work",
        ),
        pytest.param(
            "Apprenticeships attract returners",
            "Vocational training pays off, the chamber says.",
            A40,
            id="English apprentices",
        ),
    ],
)
def test_topics_with_few_items_are_found(rules, item, title: str, text: str, topic: str) -> None:
    assert topic in {tag.label for tag in tagging.tag(item(title=title, text=text), (), rules).tags}


@pytest.mark.parametrize(
    ("title", "text", "topic"),
    [
        pytest.param(
            "Testzentrum öffnet", "Wer Kontakt hatte, kann sich kostenlos testen lassen.", REA, id="a test for a virus"
        ),
        pytest.param("Chor sucht Nachwuchs", "Geprobt wird montags im Pfarrhaus.", A40, id="young voices"),
        pytest.param("Kita zieht um", "Die Beschäftigten packen am Freitag.", A40, id="staff is mentioned"),
    ],
)
def test_topics_are_not_found_in_what_sounds_alike(rules, item, title: str, text: str, topic: str) -> None:
    assert topic not in {tag.label for tag in tagging.tag(item(title=title, text=text), (), rules).tags}
