from dataclasses import replace

import pytest

from aggregator.errors import Failure
from aggregator.model import Document, Hints, Listing, Selector, Unreadable
from aggregator.parse import document
from tests import shared_data

URL = "https://kreis.example/presse/index.php"
PAGE = """<!DOCTYPE html><html lang="de"><head><title>Presse – Kreis Beispiel</title></head><body>
<div class="list">
<article class="news"><div class="date">02.03.2026</div><h3><a href="/presse/2026/03/02-deich.html">Der Deich
  <em>hält</em></a></h3><p>Nach dem Hochwasser<br>geht es weiter ...
<a href="/presse/2026/03/02-deich.html">mehr</a></p></article>
<article class="news"><h3><a href="02-schule.html?utm_source=list">Schul<b>hof</b></a></h3>
<time datetime="2026-02-28">Samstag</time></article>
<article class="news"><h3>Ohne Link</h3></article>
</div><ul><li><a class="next" href="?page=1">weiter</a></li></ul></body></html>"""
RECIPE = Listing(
    item="article.news",
    link=Selector(css="h3 a", attribute="href"),
    title=Selector(css="h3"),
    date=Selector(css=".date"),
    summary=Selector(css="p"),
    next=Selector(css="a.next", attribute="href"),
)


def read(recipe: Listing, page: str = PAGE) -> Document:
    found = document.read(page.encode(), Hints(url=URL, listing=recipe))
    assert isinstance(found, Document)
    return found


def test_a_listing_page() -> None:
    found = read(RECIPE)
    first, second = found.entries
    assert (first.link, first.title) == (
        "https://kreis.example/presse/2026/03/02-deich.html",
        ("Der Deich hält", False),
    )
    assert (first.published_text, first.summary) == ("02.03.2026", ("Nach dem Hochwasser geht es weiter ...", False))
    assert (second.link, second.title) == ("https://kreis.example/presse/02-schule.html", ("Schulhof", False))
    assert (found.title, found.language) == ("Presse – Kreis Beispiel", "de")
    assert found.next_page == "https://kreis.example/presse/index.php?page=1"
    assert found.repairs == ("items without a link were left out: 1",)


@pytest.mark.parametrize(
    ("changes", "dates"),
    [
        pytest.param({"date": Selector(css="time", attribute="datetime")}, [None, "2026-02-28"], id="an attribute"),
        pytest.param(
            {"date_in_url": r"/(?P<year>\d{4})/(?P<month>\d\d)/(?P<day>\d+)-", "date": None},
            ["2026-03-02", None],
            id="year, month and day in the URL",
        ),
        pytest.param(
            {"date_in_url": r"/(\d{4}/\d\d/\d\d)-", "date": None}, ["2026/03/02", None], id="one group as it stands"
        ),
    ],
)
def test_dates(changes: dict[str, object], dates: list[str | None]) -> None:
    assert [entry.published_text for entry in read(replace(RECIPE, **changes)).entries] == dates  # type: ignore[arg-type]


def test_a_link_that_is_the_item_itself() -> None:
    recipe = Listing(item="article a", link=Selector(css=""))
    assert [entry.title for entry in read(recipe).entries][-1] == ("Schulhof", False)


def test_the_base_of_the_page_counts_and_the_last_page_has_no_next() -> None:
    page = (
        '<base href="/neu/"><article class="news"><h3><a href="1.html">x</a></h3></article><a class="next" href="#top">'
    )
    found = read(RECIPE, f"<html><head>{page}")
    assert (found.entries[0].link, found.next_page) == (
        "https://kreis.example/neu/1.html",
        "https://kreis.example/neu/#top",
    )
    assert read(RECIPE, PAGE.replace("?page=1", "#top")).next_page is None


@pytest.mark.parametrize(
    "recipe",
    [
        pytest.param(replace(RECIPE, item="article["), id="a selector that is none"),
        pytest.param(replace(RECIPE, date=None, date_in_url="("), id="a regular expression that is none"),
    ],
)
def test_a_recipe_that_can_not_be_used(recipe: Listing) -> None:
    found = document.read(PAGE.encode(), Hints(url=URL, listing=recipe))
    assert isinstance(found, Unreadable)
    assert (found.failure, "recipe" in found.detail) == (Failure.MALFORMED, True)


def test_the_page_the_product_starts_from() -> None:
    body = (shared_data.folder("seed") / "listing.html").read_bytes()
    found = document.read(body, Hints(url="https://cluster.example/de/news", listing=RECIPE))
    assert isinstance(found, Document)
    (entry,) = found.entries
    assert entry.title == ("Cluster der Hauptstadtregion setzen auf Digitalisierung", False)
    assert entry.published_text == "22.11.2017"
    assert entry.summary
    assert not entry.summary.value.endswith("mehr")
    assert found.next_page == "https://cluster.example/de/news?page=1"
