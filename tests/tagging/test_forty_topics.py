"""The subjects that cluster managers of the capital region named as touchstones, one short item each (own texts): which labels an
item must carry and which it must not. What is in neither, experts may see either way."""

from __future__ import annotations

import pytest

from aggregator import tagging

GES, ENE, VML = "gesundheitswirtschaft", "energietechnik", "verkehr-mobilitaet-logistik"
IKT, OPT, ERN = "ikt-medien-kreativ", "optik-photonik", "ernaehrungswirtschaft"
KUC, MET, TOU = "kunststoffe-chemie", "metall", "tourismus"
ALL, DIG, REA, A40, STA = "clusteruebergreifend", "digitalisierung", "reallabore", "arbeit-fachkraefte", "startups"
CLUSTERS = {GES, ENE, VML, IKT, OPT, ERN, KUC, MET, TOU}
TOPICS = {DIG, REA, A40, STA}


@pytest.fixture(scope="module")
def rules(berlin_brandenburg):
    return tagging.compiled(berlin_brandenburg)


@pytest.mark.parametrize(
    ("title", "text", "must", "must_not"),
    [
        pytest.param(
            "Cluster wollen bei der Digitalisierung zusammenarbeiten",
            "Es kamen Vertreter aus Gesundheitswirtschaft, Energietechnik, Verkehr, Mobilität und Logistik, IKT, Medien und "
            "Kreativwirtschaft sowie Optik und Photonik, etwa mit einem Klinikroboter und einer Ladesäule.",
            {ALL, DIG},
            CLUSTERS,
            id="1 a meeting of all clusters on digitalisation is about none of them alone",
        ),
        pytest.param(
            "134 Bewerbungen um den Innovationspreis",
            "Die meisten Einsendungen zum Innovationspreis Berlin Brandenburg stammen aus Gesundheitswirtschaft, Energietechnik, "
            "Optik und Photonik und Verkehr, dazu kommen elf aus dem Handwerk.",
            {ALL},
            CLUSTERS,
            id="2 entries for the prize, by cluster",
        ),
        pytest.param(
            "Masterplan IKT neu gefasst: Schwerpunkte sind Künstliche Intelligenz und 5G",
            "Auch Blockchain, virtuelle Welten und Quantencomputing stehen im Papier zur digitalen Transformation.",
            {IKT},
            {OPT, ALL},
            id="3 a quantum computer in a master plan of IT is no optics",
        ),
        pytest.param(
            "Zwei Masterpläne beschlossen",
            "Der Beirat hat die Pläne für die Gesundheitswirtschaft und für Verkehr, Mobilität und Logistik verabschiedet.",
            {GES, VML},
            {ALL, ENE, IKT},
            id="4 two clusters are two labels",
        ),
        pytest.param(
            "innoBB 2025 beschlossen",
            "Berlin und Brandenburg setzen auf Digitalisierung, Reallabore, Arbeit 4.0 und Start-ups.",
            {ALL},
            CLUSTERS,
            id="5 the common strategy",
        ),
        pytest.param(
            "BerlinBioCube in Buch eröffnet",
            "Das Gründerzentrum bietet jungen Biotech-Firmen 8.000 Quadratmeter Labor. Start-ups ziehen im Herbst ein.",
            {GES, STA},
            {IKT, ALL},
            id="6 a founders' centre for biotechnology; Buch is a district",
        ),
        pytest.param(
            "Testhersteller zieht nach Wolzig",
            "Die Firma stellt Diagnostika gegen Zeckenkrankheiten her und investiert zehn Millionen Euro in ein Werk.",
            {GES},
            CLUSTERS - {GES},
            id="7 diagnostics settle in the country",
        ),
        pytest.param(
            "Tandemzelle aus Perowskit und Silizium mit neuem Rekord",
            "Adlershofer Forscherinnen erreichen fast 33 Prozent Wirkungsgrad; die Solarzelle soll bald aufs Dach.",
            {ENE},
            {KUC, VML, TOU},
            id="8 a solar cell is energy, wherever it was made",
        ),
        pytest.param(
            "Reallabor: Bescheid für Wasserstoffspeicher in Schwarze Pumpe",
            "Es gibt 28 Millionen Euro. Elektrolyseur und Brennstoffzelle sollen ein Kraftwerk ohne Kohle bilden.",
            {ENE, REA},
            {KUC, VML},
            id="9 a hydrogen plant as living lab",
        ),
        pytest.param(
            "WindNODE zeigt, wie Netze lernen",
            "Beim Energietag waren digitale Steuerungen für Stromnetze zu sehen; das Schaufensterprojekt endet im März.",
            {ENE},
            {VML, TOU},
            id="10 a show case of smart grids",
        ),
        pytest.param(
            "Minister wirbt in Breslau für die Energiewende",
            "Brandenburg sei mit seinen Windrädern Modell. Am Rande besuchte er ein Zentrum für Künstliche Intelligenz.",
            {ENE},
            {IKT},
            id="11 what was visited in passing is not the subject",
        ),
        pytest.param(
            "Förderung für VR-Netzwerk in Babelsberg",
            "Der Wirtschafts- und Energieminister übergab den Bescheid an Studios, die Filme für Virtual Reality entwickeln.",
            {IKT},
            {ENE, OPT},
            id="12 the minister's title is no energy",
        ),
        pytest.param(
            "Volumetrisches Studio nimmt Arbeit auf",
            "Kameras filmen von allen Seiten. Das Verfahren sei auch in der Gesundheits- und Automobilwirtschaft einsetzbar.",
            {IKT},
            {GES, VML},
            id="13 fields of use are only mentioned",
        ),
        pytest.param(
            "Berlin tritt der Modellregion für vernetzten Verkehr bei",
            "Auf einem digitalen Testfeld fahren automatisierte Shuttles nach Level 4.",
            {VML, REA},
            {GES, ENE, OPT},
            id="14 a model region for automated driving",
        ),
        pytest.param(
            "Teststrecke in Klettwitz auch für autonome Binnenschiffe",
            "Neben der Bahn für autonomes Fahren gibt es nun ein Becken für Frachtkähne ohne Steuermann.",
            {VML, REA},
            {TOU, ENE},
            id="15 a test track for vehicles and vessels",
        ),
        pytest.param(
            "InnoTrans wird dreißig",
            "Die Weltleitmesse für Bahntechnik zeigt im Herbst 3.000 Aussteller und 120 Schienenfahrzeuge unter dem Funkturm.",
            {VML},
            {IKT, ENE, ERN},
            id="16 a trade fair of rail",
        ),
        pytest.param(
            "Guben bekommt Konverter für Lithiumhydroxid",
            "Das Pulver geht in Kathoden für Batteriezellen von Elektroautos. Baubeginn ist im Frühjahr.",
            {KUC, VML},
            {GES, IKT, TOU},
            id="17 lithium belongs to chemistry and to the car",
        ),
        pytest.param(
            "Kathodenmaterial aus Schwarzheide",
            "Der Chemiekonzern beliefert von hier aus Autohersteller in ganz Europa.",
            {KUC, VML},
            {GES, IKT, TOU},
            id="18 cathode material",
        ),
        pytest.param(
            "Wirtschaftsförderung meldet Rekord bei Ansiedlungen",
            "1,8 Milliarden Euro wurden zugesagt, 6.400 Stellen sollen entstehen. Tesla habe Strahlkraft.",
            set(),
            CLUSTERS - {VML},
            id="19 investments at large",
        ),
        pytest.param(
            "Flugzeug mit Wasserstoff: Entwickler stellt Antrieb vor",
            "In Strausberg soll die Maschine mit Brennstoffzellen 2026 abheben.",
            {VML, ENE},
            {GES, ERN, IKT},
            id="20 an aircraft with fuel cells",
        ),
        pytest.param(
            "Cottbus testet Wasserstoffbusse",
            "Die Brennstoffzelle hält einen Umlauf durch; betankt wird auf dem Betriebshof.",
            {VML, ENE},
            {TOU, ERN},
            id="21 buses with hydrogen; a depot is no farm",
        ),
        pytest.param(
            "Photonic Days beginnen in Adlershof",
            "Drei Tage lang geht es um Laser, Sensorik und Mikrosysteme.",
            {OPT},
            {GES, ENE, VML, TOU},
            id="22 a fair of photonics",
        ),
        pytest.param(
            "Forschungsbau für Quantenphotonik empfohlen",
            "Im Neubau CIPHOR sollen Chips entstehen, auf denen Licht rechnet.",
            {OPT},
            {GES, ENE, VML},
            id="23 a building for quantum photonics",
        ),
        pytest.param(
            "Quantenallianz erhält 25 Millionen Euro",
            "Das Land fördert Quantencomputing und Quantensensorik an den Universitäten; auch Ausgründungen sollen folgen.",
            {OPT, IKT},
            {GES, ENE, VML},
            id="24 quantum is shared",
        ),
        pytest.param(
            "Königlicher Besuch bei den Lichtforschern",
            "Der niederländische König sprach in Adlershof mit Firmen der Photonik über optische Chips.",
            {OPT},
            {TOU, GES},
            id="25 a king visits the trade",
        ),
        pytest.param(
            "Institut in Frankfurt (Oder) erweitert Reinraum",
            "Das IHP fertigt dort Schaltkreise aus Silizium-Germanium für Radar und Funk.",
            {OPT},
            {GES, VML, TOU},
            id="26 microelectronics",
        ),
        pytest.param(
            "Ernährungswirtschaft lädt zum Kosten",
            "Auf dem Hauptbahnhof zeigen Molkereien, Bäcker und Brauer aus Brandenburg ihre Waren.",
            {ERN},
            {VML, TOU},
            id="27 food shows itself at a station",
        ),
        pytest.param(
            "Regionale Produkte für die Grüne Woche gesucht",
            "Erzeuger können sich bis Ende Juli um einen Platz in der Halle bewerben.",
            {ERN},
            {TOU, ENE},
            id="28 the Green Week is food, no travel",
        ),
        pytest.param(
            "Masterplan setzt auf Kreisläufe",
            "Der Cluster Kunststoffe und Chemie will mehr Rezyklat einsetzen und Leichtbau stärken.",
            {KUC},
            {ERN, MET, ALL},
            id="29 a master plan of one cluster",
        ),
        pytest.param(
            "Masterplan Metall überreicht",
            "Die Branche nimmt sich grünen Stahl, Nachwuchs und neue Fertigungsverfahren vor.",
            {MET},
            {ENE, GES, ALL},
            id="30 steel that is green",
        ),
        pytest.param(
            "Eine Gästekarte für das ganze Land?",
            "Eine Studie zeigt, wie Urlauber mit Bus und Bahn umsonst fahren und in Museen Rabatt bekommen könnten.",
            {TOU},
            {GES, KUC},
            id="31 a guest card",
        ),
        pytest.param(
            "Sechs Gründungszentren bis 2028",
            "Das Land fördert Start-ups an sechs Orten, von Lebensmitteln über Medizintechnik bis zu Drohnen.",
            {STA},
            {GES, VML, ENE, IKT},
            id="32 fields of start-ups are only listed",
        ),
        pytest.param(
            "Zehn Millionen für die Startup Factory UNITE",
            "Ausgründungen aus allen Hochschulen sollen Wagniskapital finden, ob DeepTech, HealthTech oder GreenTech.",
            {STA},
            {GES, ENE, VML, OPT},
            id="33 a factory of start-ups",
        ),
        pytest.param(
            "Anlaufstelle #ai_berlin öffnet",
            "Wer Künstliche Intelligenz anwenden will, findet hier Rat; Anwendungsfelder reichen von Medizin bis Verkehr.",
            {IKT},
            {GES, VML},
            id="34 fields of application of artificial intelligence",
        ),
        pytest.param(
            "KI riecht Rauch: Frühwarnung für Kiefernwälder",
            "Sensoren an Bäumen schlagen Alarm, bevor Flammen zu sehen sind. Ein Start-up hat die Software trainiert.",
            {IKT},
            {OPT, TOU, ERN},
            id="35 a nose for forest fires is no optics",
        ),
        pytest.param(
            "Stromnetz Berlin gehört wieder dem Land",
            "Der Senat hat die Gesellschaft für 2,1 Milliarden Euro gekauft. Die Beschäftigten behalten ihre Verträge.",
            set(),
            CLUSTERS - {ENE},
            id="36 who owns the grid is finance",
        ),
        pytest.param(
            "Gehweg und Haltestelle in der Suarezstraße werden erneuert",
            "Bis Oktober ist die Fahrbahn halbseitig gesperrt, der Verkehr wird umgeleitet.",
            set(),
            CLUSTERS | {ALL},
            id="37 road works",
        ),
        pytest.param(
            "Pressekonferenz zu Hilfen in der Pandemie",
            "Die Senatoren für Wirtschaft und Kultur informieren; es gilt die 3G-Regel, FFP2-Masken sind Pflicht.",
            set(),
            CLUSTERS | {ALL},
            id="38 rules of access are no health economy",
        ),
        pytest.param(
            "Terminhinweis: Minister stellt Radverkehrsstrategie 2030 vor",
            "Redaktionen melden sich bitte bis Montag an.",
            set(),
            CLUSTERS - {VML},
            id="39 a date for the press on cycling",
        ),
        pytest.param(
            "Neuer Leiter für den Verfassungsschutz",
            "Der Innenminister führte ihn am Montag ins Amt ein. Zum Gedenken wehen die Fahnen auf halbmast.",
            set(),
            CLUSTERS | TOPICS | {ALL},
            id="40 interior affairs",
        ),
        pytest.param(
            "IG Metall fordert sechs Prozent",
            "Die Tarifrunde beginnt in zwei Wochen; Warnstreiks sind möglich.",
            set(),
            CLUSTERS,
            id="41 a wage round is no metal",
        ),
        pytest.param(
            "Bundesrat stimmt über Krankenhausreform ab",
            "Die Länder sind gespalten, das Kabinett berät am Dienstag über seine Haltung.",
            set(),
            CLUSTERS - {GES},
            id="42 a vote on the hospital reform",
        ),
        pytest.param(
            "Sieben Exzellenzcluster für Berlin",
            "Die Universitäten feiern; gefördert werden Vorhaben von der Mathematik bis zur Literatur.",
            set(),
            CLUSTERS | {ALL},
            id="43 clusters of excellence are other clusters",
        ),
        pytest.param(
            "Züge aus Hennigsdorf für Schanghai",
            "Der Minister warb in China für Schienenfahrzeuge aus Brandenburg; ein Vertrag über 20 Triebzüge ist unterschrieben.",
            {VML},
            {GES, ENE, IKT},
            id="44 trains are sold abroad",
        ),
    ],
)
def test_the_labels_that_experts_would_give(
    rules, item, title: str, text: str, must: set[str], must_not: set[str]
) -> None:
    given = {tag.label for tag in tagging.tag(item(title=title, text=text), (), rules).tags}
    assert must - given == set()
    assert must_not & given == set()
