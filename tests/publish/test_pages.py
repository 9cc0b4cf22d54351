"""The pages: readable by everyone, harmless whatever the titles say, working below any path."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urljoin

import pytest
from lxml import etree
from lxml import html as lxml_html

from aggregator.model import DateTrust, PublishedFeed, Selection, Tag
from aggregator.publish import own_pages, pages, shown, story_page
from aggregator.publish.events import Notice
from aggregator.publish.pages import SourceRow
from tests import shared_data
from tests.publish.test_own_pages import listed
from tests.publish.test_story_page import dossier

STRICT = etree.XMLParser(recover=False, resolve_entities=False, no_network=True)
TEMPLATES = Path(pages.__file__).parent.parent / "templates"


def feeds() -> list[PublishedFeed]:
    def one(feed_id: str, group: str, **selection: tuple[str, ...]) -> PublishedFeed:
        return PublishedFeed(
            id=feed_id,
            title=feed_id.title(),
            description="",
            language="de",
            selection=Selection(**selection),
            group=group,
        )

    return [
        one("alles", "all"),
        one("energie", "cluster", labels=("energie",)),
        one("kai", "own", labels=("energie", "digital")),
        one("ministerium", "source", sources=("ministerium",)),
    ]


@pytest.fixture
def frame(site):
    return pages.frame(site, feeds(), live=True)


@pytest.fixture
def told(make_item, make_story, make_view):
    corrected = make_story(
        1,
        further=(make_item(1, "cluster"),),
        tags=tuple(Tag(label=name, score=1, evidence=()) for name in ("energie", "digital")),
    )
    foreign = make_story(
        20, origin=make_item(20, language="en", issuer="Wirtschaftsförderung", date_trust=DateTrust.DAY)
    )
    return make_view(replace(corrected, changed=corrected.minted + timedelta(hours=1)), foreign)


ROWS = [
    SourceRow(id="a", name="Amt", state="ok", last_success=datetime(2026, 10, 12, 8, tzinfo=UTC), items=3),
    SourceRow(
        id="b",
        name="Blatt",
        state="failing",
        homepage="https://b.example/",
        error="no answer in 30 s",
        since=datetime(2026, 10, 1, tzinfo=UTC),
    ),
]
NOTICES = [
    Notice(
        number=2,
        at=datetime(2026, 10, 2, 7, tzinfo=UTC),
        title="failing (timeout): Blatt",
        term="failing",
        paragraphs=("no answer in 30 s", "b: <Blatt>"),
    )
]


@pytest.fixture
def all_pages(told, frame, sources) -> dict[str, etree._Element]:
    """Each page by the address at which it stands."""
    made = {
        "energie/index.html": pages.feed(told, frame),
        "index.html": pages.index(replace(told, feed=feeds()[0]), frame),
        "search": pages.search(replace(told, query='Speicher "&'), frame),
        "status": pages.status(ROWS, frame, notices=NOTICES),
        "stories/1.html": story_page.page(dossier(told.stories[0], told, related=told.stories[1:]), frame),
        "stories/2.html": story_page.moved(told.stories[0], frame),
        "sources.html": own_pages.sources(listed(sources), frame),
        "about.html": own_pages.about(frame, sources=3),
        "imprint.html": own_pages.imprint(frame),
        "accessibility.html": own_pages.accessibility(frame),
    }
    return {name: etree.fromstring(page.content, STRICT) for name, page in made.items()}


def test_every_page_has_a_language_a_title_one_h1_and_a_way_to_the_content(all_pages) -> None:
    for page in all_pages.values():
        assert page.get("lang") == "de"
        assert page.findtext("head/title")
        assert len(page.findall(".//h1")) == 1
        skip = page.find("body")[0]
        assert page.find(f".//main[@id='{skip.get('href').removeprefix('#')}']") is not None
        assert page.find(".//header") is not None
        assert page.find(".//footer") is not None


def test_the_status_page_says_what_was_told(all_pages) -> None:
    [told] = all_pages["status"].findall(".//section[@class='told']/ul/li")
    assert told.findtext(".//strong") == "failing (timeout): Blatt"
    assert {each.text: each.get("lang") for each in told.findall("p")[1:]} == {
        "no answer in 30 s": "en",
        "b: <Blatt>": "en",
    }
    assert told.find(".//time").get("datetime") == "2026-10-02T07:00:00Z"


def test_headings_skip_no_level(all_pages) -> None:
    for page in all_pages.values():
        levels = [int(each.tag[1]) for each in page.iter("h1", "h2", "h3", "h4", "h5")]
        assert all(after <= before + 1 for before, after in zip([0, *levels], levels, strict=False)), levels


def test_links_say_where_they_lead(all_pages) -> None:
    for page in all_pages.values():
        for link in page.iter("a"):
            assert "".join(link.itertext()).strip() not in {"", "mehr", "hier", "weiter", "RSS", "Atom"}


def test_pages_bring_nothing_from_elsewhere_and_run_nothing(all_pages) -> None:
    for page in all_pages.values():
        assert not list(page.iter("script", "style", "img", "iframe", "object", "base"))
        assert not [name for each in page.iter() for name in each.attrib if name.startswith("on") or name == "style"]
        assert {link.get("href").lstrip("./") for link in page.iter("link") if link.get("rel") == "stylesheet"} == {
            "style.css"
        }


def test_own_links_are_relative_and_lead_to_what_is_written(all_pages) -> None:
    written = {f"{each.id}/index.html" for each in feeds()} | {
        f"feeds/{each.id}.{kind}" for each in feeds() for kind in ("rss", "atom", "json")
    }
    written |= {"index.html", "style.css", "opml.xml", "feeds.opml", "status", "search"}
    written |= {"icon.svg", "sources.html", "about.html", "accessibility.html", "imprint.html"}
    written |= {shown.page(f"tag:news.example,2026:{number}") for number in (1, 20)}
    for name, page in all_pages.items():
        for link in page.iter("a", "link"):
            href = link.get("href")
            if re.match(r"[a-z]+:|#", href):
                continue
            target = urljoin(f"https://host.example/unter/pfad/{name}", href).removeprefix(
                "https://host.example/unter/pfad/"
            )
            path, _, anchor = target.partition("?")[0].partition("#")
            assert path in written | {"search.atom", "feeds/health.atom"}, (name, href)
            assert not anchor or all_pages[path].find(f".//*[@id='{anchor}']") is not None, (name, href)


def test_readers_discover_the_feeds(all_pages) -> None:
    for name in ("index.html", "energie/index.html"):
        types = [link.get("type") for link in all_pages[name].iter("link") if link.get("rel") == "alternate"]
        assert types == ["application/rss+xml", "application/atom+xml", "application/feed+json"]
    (found,) = [link.get("href") for link in all_pages["search"].iter("link") if link.get("rel") == "alternate"]
    assert found == "search.atom?q=Speicher%20%22%26"


def test_a_story_names_its_origin_its_carriers_its_labels_and_its_day(all_pages) -> None:
    page = all_pages["energie/index.html"]
    first, foreign = page.findall(".//article")
    assert [link.get("href") for link in first.iter("a")] == [
        f"../{shown.page('tag:news.example,2026:1')}",
        "https://ministerium.example/meldung.1",
        "https://cluster.example/meldung.1",
        "../energie/index.html",
    ]
    text = " ".join("".join(first.itertext()).split())
    assert "11:00 Uhr · Quelle: Ministerium für Wirtschaft · geändert 12. Oktober 2026, 13:00 Uhr" in text
    assert "Auch bei: Clustermanagement" in text
    assert text.endswith("Energietechnik Digitalisierung")  # a label without a page is no link
    assert [each.text for each in page.findall(".//section/h2/time")] == [
        "Montag, 12. Oktober 2026",
        "Sonntag, 11. Oktober 2026",
    ]
    assert foreign.find("h3").get("lang") == "en"
    assert foreign.find("p/time") is None  # the source gave the day alone
    assert "Herausgegeben von Wirtschaftsförderung" in "".join(foreign.itertext())


def test_the_start_page_lists_every_feed_in_its_group(all_pages) -> None:
    nav = all_pages["index.html"].find(".//main//nav")
    assert [each.text for each in nav.iter("h3", "summary")] == ["Alles", "Cluster", "Auswahlen", "Nach Quelle (1)"]
    assert [each.text for each in nav.iter("a") if each.get("class") == "page"] == [
        "Alles",
        "Energie",
        "Kai",
        "Ministerium",
    ]


def test_a_feeds_page_lists_the_others_but_those_of_single_sources(all_pages) -> None:
    nav = all_pages["energie/index.html"].findall(".//main//nav")[1]
    assert [(link.get("href"), link.get("aria-current")) for link in nav.iter("a")] == [
        ("../alles/index.html", None),
        ("../energie/index.html", "page"),
        ("../kai/index.html", None),
    ]


def test_every_region_of_a_page_has_a_name_of_its_own(all_pages) -> None:
    for page in all_pages.values():
        ids = [each.get("id") for each in page.iter() if each.get("id")]
        assert len(ids) == len(set(ids))
        assert {each.get("aria-labelledby") for each in page.iter() if each.get("aria-labelledby")} <= set(ids)
        navs = [each.get("aria-label") or each.get("aria-labelledby") for each in page.iter("nav")]
        assert all(navs)
        assert len(navs) == len(set(navs))


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        pytest.param("Nachrichten aus der Region: Energie", "Energie", id="the site is named above: not twice"),
        pytest.param(
            "Nachrichten aus der Region", "Alle Meldungen", id="the feed of everything is called like the site"
        ),
        pytest.param("News in English", "News in English", id="another title stays"),
        pytest.param("", "energie", id="no title: the id"),
    ],
)
def test_a_feeds_title_on_our_own_pages(told, site, frame, title: str, shown: str) -> None:
    view = replace(told, feed=replace(told.feed, title=title))
    page = etree.fromstring(pages.feed(view, frame).content, STRICT)
    assert page.findtext(".//h1") == shown
    assert page.findtext("head/title") == f"{shown} – {site.title}"


def test_a_feed_in_another_language_says_so(told, site) -> None:
    english = replace(feeds()[1], language="en")
    frame = pages.frame(site, [english])
    page = etree.fromstring(pages.feed(replace(told, feed=english), frame).content, STRICT)
    assert page.find(".//h1").get("lang") == "en"
    assert page.find(".//a[@aria-current]").get("lang") == "en"


SENTENCES = "Das Land fördert 12 Speicher im Norden. Die Anlagen laufen ab 2028. Danach folgt der Süden."


@pytest.mark.parametrize(
    ("summary", "shown"),
    [
        pytest.param("Das Land fördert 12", "Das Land fördert 12 Speicher im Norden.", id="cut between words"),
        pytest.param("Das Land fördert 12 Spei…", "Das Land fördert 12 Speicher im Norden.", id="cut within a word"),
        pytest.param(
            "Das Land fördert ...", "Das Land fördert 12 Speicher im Norden.", id="three dots for an ellipsis"
        ),
        pytest.param("Das Land fördert 12 Speicher im Norden.", "Das Land fördert 12 Speicher im Norden.", id="whole"),
        pytest.param("Anderswo steht mehr", "Anderswo steht mehr", id="the text begins otherwise"),
        pytest.param("", SENTENCES, id="no summary: the text"),
    ],
)
def test_a_teaser_ends_with_its_sentence(make_item, make_story, make_view, frame, summary: str, shown: str) -> None:
    story = make_story(1, origin=make_item(1, summary=summary, text=SENTENCES))
    page = etree.fromstring(pages.feed(make_view(story), frame).content, STRICT)
    assert page.findall(".//article/p")[1].text == shown


def test_a_search_keeps_its_order_and_tells_the_day_of_each_story(make_item, make_story, make_view, frame) -> None:
    best, next_best = make_story(30), make_story(1, origin=make_item(1, date_trust=DateTrust.DAY))
    page = etree.fromstring(pages.search(make_view(best, next_best, query="Speicher"), frame).content, STRICT)
    assert [each.text for each in page.findall(".//article/p/time")] == [
        "11. Oktober 2026, 06:00 Uhr",
        "Montag, 12. Oktober 2026",
    ]
    assert "2 Meldungen" in "".join(page.find(".//main").itertext())


def test_a_search_for_nothing_says_what_to_do(make_view, frame) -> None:
    page = etree.fromstring(pages.search(make_view(query=""), frame).content, STRICT)
    assert page.findtext(".//h1") == "Suche"
    assert not [link for link in page.iter("link") if link.get("rel") == "alternate"]
    assert "Wörter eingeben" in "".join(page.find(".//main").itertext())


def test_what_only_a_service_answers_is_linked_only_there(told, site, frame) -> None:
    assert b'action="../search"' in pages.feed(told, frame).content
    assert b"search" not in pages.feed(told, pages.frame(site, feeds())).content


def test_health_is_said_in_words_and_trouble_comes_first(all_pages) -> None:
    assert all_pages["status"].findtext(".//main//p") == "2 Quellen: 1 gestört, 1 in Ordnung"
    rows = ["".join(row.itertext()).split() for row in all_pages["status"].findall(".//tbody/tr")]
    assert rows[0][:2] == ["Blatt", "gestört"]
    assert "no answer in 30 s (seit 1. Oktober 2026, 02:00 Uhr)" in " ".join(rows[0])
    assert rows[1] == ["Amt", "in", "Ordnung", "12.", "Oktober", "2026,", "10:00", "Uhr", "–", "3"]


def test_an_english_site_speaks_english(told, site) -> None:
    english = pages.frame(replace(site, language="en", timezone="UTC"), feeds())
    content = pages.feed(told, english).content.decode()
    assert "Skip to content" in content
    assert "Monday, 12 October 2026" in content
    assert "Digitisation" in content


def test_a_story_that_can_not_be_shown_drops_only_itself(make_story, told, frame) -> None:
    bad = make_story(3, published=datetime.max.replace(tzinfo=UTC))
    assert pages.feed(replace(told, stories=(bad, *told.stories)), frame).dropped == (bad.id,)


def test_no_template_trusts_foreign_text() -> None:
    for template in TEMPLATES.glob("*.html"):
        assert not re.search(r"\|\s*safe|autoescape|Markup", template.read_text(encoding="utf-8")), template.name


LIVE = re.compile(r"^\s*(?:javascript|data|vbscript):", re.IGNORECASE)


def test_markup_in_a_text_is_text(make_item, make_story, make_view, frame) -> None:
    attack = "\"'><script>alert(1)</script>"
    story = make_story(
        1,
        origin=make_item(1, title=attack, summary=attack, issuer=attack, language=attack),
        further=(make_item(1, attack, url=f"https://a.example/{attack}"),),
        tags=(Tag(label=attack, score=1, evidence=()),),
    )
    view = make_view(story, query=attack)
    view = replace(view, feed=replace(view.feed, title=attack, description=attack))
    for page in (pages.feed(view, frame), pages.index(view, frame), pages.search(view, frame)):
        root = etree.fromstring(page.content, STRICT)
        assert not list(root.iter("script"))
        assert root.findtext(".//article//a") == attack


def recorded(file: Path) -> Iterable[str]:
    text = file.read_text(encoding="utf-8", errors="replace")
    if file.suffix == ".json":
        return [each["payload"] if isinstance(each, dict) else each for each in json.loads(text)]
    return [] if file.suffix == ".md" else text.splitlines()


@pytest.mark.slow
def test_no_recorded_payload_is_live_on_a_page(make_item, make_story, make_view, frame) -> None:
    payloads = sorted({text for file in shared_data.folder("xss-payloads").rglob("*.*") for text in recorded(file)})
    assert len(payloads) > 300
    stories = [
        make_story(
            number,
            origin=make_item(number, title=text, summary=text, authors=(text,), issuer=text, url=text, language=text),
            further=(make_item(number, text, url=f"https://a.example/{text}"),),
            tags=(Tag(label=text, score=1, evidence=()),),
        )
        for number, text in enumerate(payloads)
    ]
    view = make_view(*stories)
    view = replace(view, feed=replace(view.feed, title=payloads[0], description=payloads[1]), query=payloads[2])
    for page in (pages.feed(view, frame), pages.search(view, frame)):
        root = lxml_html.fromstring(page.content)
        assert len(root.findall(".//article")) == len(payloads)
        expected = {
            "html",
            "head",
            "meta",
            "title",
            "link",
            "body",
            "a",
            "header",
            "div",
            "form",
            "label",
            "input",
            "button",
            "select",
            "option",
            "main",
        }
        expected |= {"h1", "h2", "h3", "p", "nav", "ul", "li", "span", "time", "section", "article", "footer"}
        assert {each.tag for each in root.iter() if isinstance(each.tag, str)} <= expected
        assert not [
            name for each in root.iter() for name in each.attrib if name.startswith("on") or name in {"style", "srcdoc"}
        ]
        assert not [each.get("href") for each in root.iter("a") if LIVE.match(each.get("href"))]


def contrast(first: str, second: str) -> float:
    """WCAG 2.1, relative luminance and contrast ratio."""

    def luminance(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    light, dark = sorted((luminance(first), luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_colours_have_the_contrast_of_aa(frame, scheme: int) -> None:
    css = pages.style(frame).decode()
    colours = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", re.findall(r":root \{(.*?)\}", css, re.DOTALL)[scheme]))
    pairs = [
        ("ink", "ground"),
        ("ink", "sheet"),
        ("soft", "ground"),
        ("soft", "sheet"),
        ("link", "ground"),
        ("link", "sheet"),
    ]
    pairs += [
        ("link", "link-ground"),
        ("band-ink", "band"),
        ("band-soft", "band"),
        ("warn", "sheet"),
        ("mark", "mark-ground"),
    ]
    for text, ground in pairs:
        assert contrast(colours[text], colours[ground]) >= 4.5, (text, ground)
    for edge in ("focus", "edge"):  # WCAG 2.1, 1.4.11: what shows a control or the focus
        assert contrast(colours[edge], colours["sheet"]) >= 3
        assert contrast(colours[edge], colours["ground"]) >= 3
