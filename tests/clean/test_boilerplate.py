"""Contact blocks, buttons and teasers' endings: off, and nothing else."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from aggregator.clean import boilerplate, html

BASE = "https://base.example/"
NEWS = "<p>" + "Der Minister hat heute den Bescheid über die Förderung des neuen Werkes übergeben. " * 4 + "</p>"
ABOUT = "<p>Die Musterwerk GmbH baut seit 1990 Anlagen und beschäftigt 500 Menschen in Brandenburg.</p>"


@pytest.mark.parametrize(
    ("end", "left"),
    [
        pytest.param(
            "<h3>Pressekontakt</h3><p>Anna Muster<br>Tel. 030 12345<br>presse@a.example</p>",
            "",
            id="a heading and an address",
        ),
        pytest.param("<p>Kontakt: Anna Muster, Tel. 0331/12345</p>", "", id="in one line"),
        pytest.param("<p>Kontakt:</p><p>Anna Muster</p><p>Pressesprecherin</p>", "", id="names alone, at the end"),
        pytest.param(
            "<p>Ansprechpartner*innen:</p><ul><li>Anna, a@b.example</li><li>Bert</li></ul>", "", id="a list of people"
        ),
        pytest.param("<p>Ihre Ansprechpartnerin zum Thema:<br>Anna Muster<br>+49 30 12345</p>", "", id="for a subject"),
        pytest.param("<p>Press contact: Ann Sample, phone +44 20 1234</p>", "", id="English"),
        pytest.param("<p>Kontakt: presse@a.example</p>" + ABOUT, ABOUT, id="prose after it stays"),
        pytest.param(
            "<h3>Kontakt</h3><p>Anna Muster<br>presse@a.example</p><h3>Über Musterwerk</h3>" + ABOUT,
            "<h3>Über Musterwerk</h3>" + ABOUT,
            id="a heading of something else ends it",
        ),
        pytest.param(
            "<p>Pressekontakt: a@b.example</p>" + ABOUT + "<p>Kontakt<br>Bert, b@b.example</p>",
            ABOUT,
            id="two blocks, prose between",
        ),
        pytest.param(
            "<p>Kontakte knüpfen: so geht es</p>", "<p>Kontakte knüpfen: so geht es</p>", id="a word of the text"
        ),
        pytest.param("<p>Kontakt</p>" + ABOUT, "<p>Kontakt</p>" + ABOUT, id="a label before prose, without an address"),
        pytest.param("<p>Rückfragen:</p>", "<p>Rückfragen:</p>", id="a label with nothing after it"),
        pytest.param("<ul><li>Teilen</li><li>Drucken</li></ul>", "", id="buttons"),
        pytest.param(
            "<p>TeilenShare</p><p><a>Weiterlesen »</a></p>", "", id="buttons for the eye and the screen reader"
        ),
        pytest.param(
            "<p>Teilen und Drucken sind Grundrechte.</p>",
            "<p>Teilen und Drucken sind Grundrechte.</p>",
            id="the words in a sentence",
        ),
        pytest.param("<p>Der Beitrag <a>Werk</a> erschien zuerst auf <a>Muster</a>.</p>", "", id="WordPress"),
    ],
)
def test_ends_of_releases(end: str, left: str) -> None:
    markup = html.safe(NEWS + end, BASE)
    if boilerplate.suspected(html.words(markup)):
        markup = boilerplate.without(markup)
    assert markup == html.safe(NEWS + left, BASE)


def test_a_text_that_begins_with_its_contact_stays() -> None:
    markup = "<p>Kontakt: Anna Muster, a@b.example</p>" + NEWS.strip()
    assert boilerplate.without(markup) == markup


def test_a_contact_that_is_most_of_the_text_stays() -> None:
    markup = "<p>Neu.</p><p>Kontakt: Anna Muster, Telefon 030 12345, a@b.example</p>"
    assert boilerplate.without(markup) == markup


def test_a_contact_within_a_paragraph() -> None:
    markup = html.safe(
        "<p>" + "Der Bescheid ist übergeben. " * 5 + "<br><strong>Kontakt:<br>Anna</strong><br>a@b.example</p>", BASE
    )
    assert boilerplate.without(markup) == html.safe("<p>" + "Der Bescheid ist übergeben. " * 5 + "</p>", BASE).replace(
        " </p>", " </p>"
    )


@given(
    st.lists(
        st.sampled_from(
            [
                "<p>",
                "</p>",
                "<br>",
                "<b>",
                "</b>",
                "<li>",
                "Kontakt:",
                "Teilen",
                "a@b.example",
                NEWS,
                "<h3>",
                "</h3>",
                "<i>",
            ]
        )
    )
)
@example(["Kontakt:", "<h3>", "Teilen", "</h3>", "Kontakt:"])  # the words on both sides ran together
def test_what_is_left_is_safe_and_balanced(parts: list[str]) -> None:
    markup = html.safe("".join(parts), BASE)
    left = boilerplate.without(markup)
    assert html.words(html.safe(left, BASE)) == html.words(left)
    assert set(html.words(left).split()) <= set(html.words(markup).split())


@pytest.mark.parametrize(
    ("written", "left"),
    [
        pytest.param("Der Minister hat ... mehr", "Der Minister hat", id="... mehr"),
        pytest.param("Das ist so. Weiterlesen »", "Das ist so.", id="weiterlesen with an arrow"),
        pytest.param("Das ist so. weiterlesen", "Das ist so.", id="weiterlesen"),
        pytest.param("Das ist so. Mehr.", "Das ist so.", id="Mehr."),
        pytest.param("Der Minister hat […]", "Der Minister hat", id="WordPress's brackets"),
        pytest.param("Der Minister hat [...] Read more", "Der Minister hat", id="English"),
        pytest.param("Der Minister hat … [mehr]", "Der Minister hat", id="mehr in brackets"),
        pytest.param("Der Minister hat ... Mehr: Ein neues Werk", "Der Minister hat", id="mehr with a title"),
        pytest.param("Das ist so. Den vollständigen Artikel lesen ...", "Das ist so.", id="the whole article"),
        pytest.param("Das ist so. The post Works appeared first on Sample.", "Das ist so.", id="WordPress's source"),
        pytest.param("Das ist so. Quelle: Read More", "Das ist so.", id="a source that is a button"),
        pytest.param("Der Innenstaatssekret&...", "Der Innenstaatssekret", id="cut within an entity"),
        pytest.param("Es werden immer mehr.", "Es werden immer mehr.", id="mehr that belongs to the sentence"),
        pytest.param("Er will ... mehr Geld", "Er will ... mehr Geld", id="an ellipsis within"),
        pytest.param(
            "Kinder sollen weiterlesen", "Kinder sollen weiterlesen", id="weiterlesen that belongs to the sentence"
        ),
        pytest.param("Weiterlesen", "Weiterlesen", id="nothing else is left"),
    ],
)
def test_teaser(written: str, left: str) -> None:
    assert boilerplate.teaser(written) == left


@given(st.text(st.sampled_from("ab .…[]»&;mehrwit"), max_size=60))
def test_a_teaser_only_loses_its_end(written: str) -> None:
    left = boilerplate.teaser(written)
    assert left or not written.strip()
    assert len(left) <= len(written)
