"""Which of the words that occur are a form of the one looked for, or a compound of it."""

import pytest

from aggregator.store import forms

OCCURRING = """
apparat bio krank park arbeit arbeiter arbeitsmarkt aufforderung betrieb bau bauarbeiten biogas cluster clusterstrategie
digital digitale digitalen digitaler erde erdgas erdgasnetz euro euros foerderbank foerdermittel foerderung foerderungen
forderung forderungen forschung gas gase gasse hauptstadt haus hauses haeuser heirat hochschule hochschulen
hochschulgesetz kind kinder kindergarten krankenhaus krankenhaeuser land laender landrat markt massnahme mittel mobil
netz quelle quellen rat raete region regional schule schulen schwindel solar solarpark sonne stadt staedte staedten
stadtrat stoff strasse strassen strategie strategien strategiepapier verarbeitung vorrat wasser wasserstoff wasserstoffe
wasserstoffspeicher wasserstoffstrategie wette wetter wettbewerb wind windpark zahl zaehlen
"""
OCCUR = frozenset(OCCURRING.split())


def found(word: str) -> set[str]:
    lemmas = forms.lemmas(word, forms.stems(word) & OCCUR)
    candidates = {each for part in forms.sought(lemmas) for each in OCCUR if part in each}
    parted = forms.parted(candidates, lemmas)
    return set(forms.forms(word, lemmas, candidates, parted, OCCUR)) - {word}


@pytest.mark.parametrize(
    ("word", "some", "none"),
    [
        pytest.param(
            "wasserstoff", "wasserstoffe wasserstoffstrategie wasserstoffspeicher", "wasser stoff", id="a first part"
        ),
        pytest.param(
            "strategie", "strategien wasserstoffstrategie clusterstrategie strategiepapier", "", id="a last part"
        ),
        pytest.param("strategien", "strategie wasserstoffstrategie", "", id="looked for in the plural"),
        pytest.param("foerderung", "foerderungen", "forderung forderungen", id="an umlaut is a letter"),
        pytest.param(
            "forderung", "forderungen", "foerderung foerderungen aufforderung", id="a prefix makes another word"
        ),
        pytest.param("haus", "hauses haeuser krankenhaus krankenhaeuser", "", id="a plural with an umlaut"),
        pytest.param("haeuser", "haus hauses", "", id="looked for with an umlaut"),
        pytest.param("laender", "land", "", id="another"),
        pytest.param("rat", "raete stadtrat landrat", "apparat heirat vorrat", id="a short word is part of few"),
        pytest.param("gas", "erdgas biogas", "gasse", id="a short word at the end"),
        pytest.param("digitalen", "digital digitale digitaler", "", id="an adjective"),
        pytest.param("hochschulen", "hochschule hochschulgesetz", "", id="a lost e"),
        pytest.param("schule", "schulen hochschule hochschulen", "", id="with its e"),
        pytest.param("arbeit", "arbeitsmarkt bauarbeiten", "verarbeitung", id="with an s between"),
        pytest.param("wetter", "", "wettbewerb wette", id="an ending that is none"),
        pytest.param("wind", "windpark", "schwindel", id="inside a word by accident"),
        pytest.param("zahl", "", "zaehlen", id="a verb is not its noun"),
        pytest.param("strasse", "strassen", "", id="ss"),
        pytest.param("stadt", "staedte staedten hauptstadt stadtrat", "", id="all at once"),
    ],
)
def test_forms(word: str, some: str, none: str) -> None:
    assert set(some.split()) - found(word) == set()
    assert set(none.split()) & found(word) == set()


def test_words_of_a_text() -> None:
    assert forms.words(["Die CO2-Steuer, 3.000 Bäume;", "x_y ab die Cafés"]) == {"die", "steuer", "baeume", "cafes"}
