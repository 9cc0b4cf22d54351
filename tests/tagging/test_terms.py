"""What a term hits, and what it does not."""

from __future__ import annotations

import pytest

from aggregator import tagging


@pytest.fixture
def hits(item, label, taxonomy):
    """The words that one strong term finds in a text."""

    def find(term, text, **more):
        rules = tagging.compiled(taxonomy(label("energie", strong=[term], **more)))
        tags = tagging.tag(item(text=text), (item(text=text),), rules).tags
        return [evidence.text for tag in tags for evidence in tag.evidence]

    return find


@pytest.mark.parametrize(
    ("term", "text", "found"),
    [
        pytest.param("Ski", "Ski und Rodel", "Ski", id="a closed word"),
        pytest.param("Ski", "Skifahren", None, id="a closed word begins no longer one"),
        pytest.param("Wind*", "Der Windpark dreht", "Windpark", id="open to the right: evidence quotes the whole word"),
        pytest.param("*speicher", "Ein Stromspeicher", "Stromspeicher", id="open to the left"),
        pytest.param("*speicher", "Ein Speicherchip", None, id="open to the left is closed to the right"),
        pytest.param("*gas*", "Biogasanlage", "Biogasanlage", id="open to both sides"),
        pytest.param("Wärmepumpe", "viele Wärmepumpen", "Wärmepumpen", id="the plural of a long closed word"),
        pytest.param("Windrad", "des Windrades", "Windrades", id="the genitive of a long closed word"),
        pytest.param("Licht", "lichten", None, id="a short closed word takes no ending"),
        pytest.param("Gründer", "Gründerinnen", "Gründerinnen", id="the feminine form"),
        pytest.param("Gründer", "Gründer:innen", "Gründer", id="the colon of the gender form ends the word"),
        pytest.param("Gründer", "Gründer*innen", "Gründer", id="so does its asterisk"),
        pytest.param("Start-up", "ein Startup", "Startup", id="without the hyphen"),
        pytest.param("Start-up", "ein Start up", "Start up", id="a space for the hyphen"),
        pytest.param("Open Data", "Open-Data-Portal", "Open-Data", id="a hyphen for the space"),
        pytest.param("Wärme", "WÄRME", "WÄRME", id="case does not count"),
        pytest.param("Wärme", "Waerme", "Waerme", id="umlauts may be spelt out in the text"),
        pytest.param("Waerme", "Wärme", "Wärme", id="or in the rule"),
        pytest.param("Straße", "STRASSE", "STRASSE", id="ß is ss"),
        pytest.param("Cafe", "das Café", "Café", id="accents do not count"),
        pytest.param("Wasserstoff", "Wasser\u00adstoff", "Wasserstoff", id="a soft hyphen inside"),
        pytest.param("Wasserstoff", "größere Wasserstoff", "Wasserstoff", id="evidence is cut right behind ö and ß"),
        pytest.param(
            "künstliche Intelligenz", "mit Künstlicher Intelligenz", "Künstlicher Intelligenz", id="adjectives bend"
        ),
        pytest.param(
            "autonome* Fahren*", "des autonomen Fahrens", "autonomen Fahrens", id="an asterisk inside of a phrase"
        ),
        pytest.param("autonome* Fahren*", "autonom war das Fahren", None, id="which is the rest of one word only"),
        pytest.param("grüner Strom", "grün. Er Strom", None, id="a phrase does not cross the end of a sentence"),
        pytest.param(
            "Wasserstoffwirtschaft", "Wasserstoff- und Solarwirtschaft", "Wasserstoff- und Solarwirtschaft", id="elided"
        ),
        pytest.param(
            "Bahntechnik",
            "Fahrzeug-, Bahn- und Schiffstechnik",
            "Bahn- und Schiffstechnik",
            id="elided in a longer row",
        ),
        pytest.param(
            "Wasserstoffwirtschaft", "Wasserstoff- und Solarstrom", None, id="elided with another second half"
        ),
        pytest.param("Power-to-*", "Power-to-Gas", "Power-to-Gas", id="open behind a hyphen"),
        pytest.param("Ki-*", "Kilowatt und Kita", None, id="the hyphen in front of an asterisk must stand there"),
    ],
)
def test_a_term(hits, term: str, text: str, found: str | None) -> None:
    assert hits(term, text) == ([found] if found else [])


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param("KI hilft", "KI", id="as written"),
        pytest.param("ein KI-Modell", "KI", id="in a compound with a hyphen"),
        pytest.param("ki hilft", None, id="not in small letters"),
        pytest.param("SKI und KIND", None, id="not inside of words"),
    ],
)
def test_capitals_count_where_the_rule_says_so(hits, text: str, found: str | None) -> None:
    assert hits({"text": "KI", "case": True}, text) == ([found] if found else [])


def test_overlapping_terms_are_one_signal(item, label, taxonomy) -> None:
    rules = tagging.compiled(taxonomy(label("energie", strong=["Wasserstoff*"], medium=["*speicher"])))
    (tag,) = tagging.tag(item(text="Wasserstoffspeicher"), (), rules).tags
    assert [(one.rule, one.weight) for one in tag.evidence] == [("Wasserstoff*", 1.0)]


def test_of_overlapping_terms_the_strongest_counts_and_then_the_longest(item, label, taxonomy) -> None:
    stronger = label("energie", strong=["*speicher"], medium=["Wasserstoffspeicher im"])
    longer = label("metall", medium=["Wasserstoff*", "Wasserstoffspeicher im Keller"])
    tagged = tagging.tag(item(text="Wasserstoffspeicher im Keller"), (), tagging.compiled(taxonomy(stronger, longer)))
    found = {each.label: [one.rule for one in each.evidence] for each in (*tagged.tags, *tagged.near_misses)}
    assert found == {"energie": ["*speicher"], "metall": ["Wasserstoffspeicher im Keller"]}


@pytest.mark.slow
def test_hostile_text_costs_no_more_than_its_length(berlin_brandenburg, item) -> None:
    import gc
    from time import process_time

    def cost(text: str) -> float:
        long = item(text=text)
        started = process_time()
        tagging.tag(long, (long,), rules)
        return process_time() - started

    rules = tagging.compiled(berlin_brandenburg)
    gc.disable()  # a collection of all that other tests left costs more than what is measured
    try:
        for unit in ("wasserstoff", "Metall- und ", "Minister für ", "a-und-", "Привет ", "Energie, Verkehr, Metall. "):
            small, large = (min(cost((unit * size)[:size]) for _ in range(3)) for size in (20_000, 80_000))
            assert large < 10 * small + 0.05, unit  # quadratic would be 16
    finally:
        gc.enable()
