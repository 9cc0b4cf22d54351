"""Entries to items."""

from collections.abc import Callable
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator import text
from aggregator.clean import item
from aggregator.model import DateTrust, Enclosure, Entry, Item, Prose, Recognised, Rejected, Source, Standing

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
SOURCE = Source(
    id="musterwerk",
    name="Musterwerk",
    url="https://a.example/rss.xml",
    homepage="https://a.example/",
    language="de-DE",
    timezone="Europe/Berlin",
)
BODY = "<p>Der Minister hat den Bescheid über die Förderung übergeben.</p><p>Das Werk wird 2027 fertig.</p>"
FIRST = "Der Minister hat den Bescheid über die Förderung übergeben."


def clean(
    entry: Entry, *, source: Source = SOURCE, first_seen: datetime | None = None, now: datetime = NOW
) -> Item | Rejected:
    one = Recognised(entry=entry, guid=entry.guid or "g", standing=Standing.NEW, aliases=(), first_seen=first_seen)
    return item.clean(one, source, now=now)


@pytest.fixture
def made() -> Callable[..., Item]:
    """An item of an entry with these fields; what is not named is ordinary."""

    def make(*, first_seen: datetime | None = None, now: datetime = NOW, **changed: object) -> Item:
        ordinary = Entry(
            guid="4711",
            link="https://a.example/news/1",
            title=Prose("Neues Werk", False),
            content=Prose(BODY, True),
            published_text="Mon, 23 Nov 2026 10:00:00 +0100",
            fingerprint="f",
        )
        found = clean(replace(ordinary, **changed), first_seen=first_seen, now=now)  # type: ignore[arg-type]
        assert isinstance(found, Item)
        return found

    return make


def test_an_ordinary_entry(made: Callable[..., Item]) -> None:
    found = made(authors=("Anna",), categories=("Wirtschaft",))
    assert found == Item(
        id=text.digest("item", "musterwerk", "4711")[:16],
        source_id="musterwerk",
        guid="4711",
        url="https://a.example/news/1",
        title="Neues Werk",
        summary=FIRST,
        html=BODY,
        text=f"{FIRST}\nDas Werk wird 2027 fertig.",
        published=datetime(2026, 11, 23, 9, tzinfo=UTC),
        updated=None,
        date_trust=DateTrust.EXACT,
        published_text="Mon, 23 Nov 2026 10:00:00 +0100",
        first_seen=NOW,
        language="de",
        authors=("Anna",),
        categories=("Wirtschaft",),
        issuer=None,
        enclosures=(),
        content_hash=text.digest("Neues Werk", FIRST, f"{FIRST}\nDas Werk wird 2027 fertig."),
        fingerprint="f",
    )


@pytest.mark.parametrize(
    ("link", "url"),
    [
        pytest.param("/news/1", "https://a.example/news/1", id="relative to the homepage"),
        pytest.param("https://b.example/1?utm_source=x", "https://b.example/1", id="without tracking"),
        pytest.param("javascript:x()", "https://a.example/", id="what is no page: the source's"),
        pytest.param("886840", "https://a.example/", id="a number is a guid"),
        pytest.param("", "https://a.example/", id="empty"),
        pytest.param(None, "https://a.example/", id="none"),
    ],
)
def test_url(made: Callable[..., Item], link: str | None, url: str) -> None:
    assert made(link=link).url == url


def test_a_source_without_a_homepage_keeps_its_password() -> None:
    source = replace(SOURCE, homepage=None, url="https://user:geheim@a.example/rss.xml?token=geheim")
    found = clean(Entry(title=Prose("A", False), link="/x", fingerprint="f"), source=source)
    bare = clean(Entry(title=Prose("A", False), fingerprint="f"), source=source)
    assert isinstance(found, Item)
    assert isinstance(bare, Item)
    assert (found.url, bare.url) == ("https://a.example/x", "https://a.example/rss.xml")


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        pytest.param(Prose("  Neues\n Werk ", False), "Neues Werk", id="one line"),
        pytest.param(Prose("<b>Neues</b> Werk &amp; mehr", True), "Neues Werk & mehr", id="HTML"),
        pytest.param(Prose("F&amp;ouml;rderung &amp;amp; Werk", True), "Förderung & Werk", id="escaped twice"),
        pytest.param(Prose("F&ouml;rderung", False), "Förderung", id="escaped though plain"),
        pytest.param(Prose("&lt;script&gt; in HTML 5", True), "<script> in HTML 5", id="a tag that the title is about"),
        pytest.param(Prose("<script> in HTML 5", False), "<script> in HTML 5", id="the same in plain text"),
        pytest.param(Prose("<script>x()</script>Werk", True), "Werk", id="a tag that runs"),
        pytest.param(Prose("Neues\x0b Werk\ud800", False), "Neues Werk", id="only what XML allows"),
        pytest.param(Prose(" &nbsp; ", True), FIRST, id="nothing: the first words"),
        pytest.param(None, FIRST, id="none: the first words"),
    ],
)
def test_title(made: Callable[..., Item], title: Prose | None, expected: str) -> None:
    assert made(title=title).title == expected


def test_a_title_has_an_end(made: Callable[..., Item]) -> None:
    assert len(made(title=Prose("Wort " * 1_000, False)).title) <= 500
    assert len(made(title=None, content=Prose("Wort " * 1_000, False)).title) <= 80


def test_the_host_is_the_last_resort(made: Callable[..., Item]) -> None:
    assert made(title=None, content=None, link="https://b.example/1").title == "b.example"


def test_nothing_at_all_is_rejected() -> None:
    entry = Entry(
        guid="g", title=Prose("<img>", True), content=Prose("<p></p>", True), link="javascript:x", fingerprint="f"
    )
    assert clean(entry) == Rejected(entry=entry, reason="no title, no text and no link")


@pytest.mark.parametrize(
    ("content", "summary", "html", "shown"),
    [
        pytest.param(Prose(BODY, True), Prose("Kurz gesagt. Weiterlesen »", False), BODY, "Kurz gesagt.", id="both"),
        pytest.param(
            None,
            Prose("<p>Kurz.</p><p>Lang.</p>", True),
            "<p>Kurz.</p><p>Lang.</p>",
            "Kurz. Lang.",
            id="a summary of HTML",
        ),
        pytest.param(None, Prose("Kurz &amp; gut.", False), "", "Kurz & gut.", id="a plain summary is no HTML"),
        pytest.param(
            Prose("A < B.\n\nC.", False), None, "<p>A &lt; B.</p><p>C.</p>", "A < B.", id="plain content has paragraphs"
        ),
        pytest.param(
            Prose("<img width=1 src=x>", True),
            Prose("<p>Kurz.</p>", True),
            "<p>Kurz.</p>",
            "Kurz.",
            id="content of nothing",
        ),
        pytest.param(
            Prose("<h2>Neues Werk</h2>" + BODY, True),
            None,
            "<h2>Neues Werk</h2>" + BODY,
            FIRST,
            id="the title again is no summary",
        ),
    ],
)
def test_texts(made: Callable[..., Item], content: Prose | None, summary: Prose | None, html: str, shown: str) -> None:
    found = made(content=content, summary=summary)
    assert (found.html, found.summary) == (html, shown)


def test_relative_links_lead_to_the_item(made: Callable[..., Item]) -> None:
    assert 'href="https://a.example/news/2"' in made(content=Prose("<a href=2>A</a>", True)).html


def test_a_field_has_an_end() -> None:
    one = Recognised(
        entry=Entry(link="https://a.example/", content=Prose("<p>" + "a" * 100, True), fingerprint="f"),
        guid="g",
        standing=Standing.NEW,
        aliases=(),
        first_seen=None,
    )
    found = item.clean(one, SOURCE, now=NOW, characters=20)
    assert isinstance(found, Item)
    assert found.text == "a" * 17


@pytest.mark.parametrize(
    ("written", "expected", "trust"),
    [
        pytest.param("Mon, 23 Nov 2026 10:00:00 +0100", "2026-11-23T09:00", DateTrust.EXACT, id="with a zone"),
        pytest.param("23.11.2026, 10:00 Uhr", "2026-11-23T09:00", DateTrust.ZONE_ASSUMED, id="in the source's zone"),
        pytest.param("23.11.2026", "2026-11-22T23:00", DateTrust.DAY, id="a day"),
        pytest.param("1994-12-31T00:00:00Z", "2026-11-24T12:00", DateTrust.FIRST_SEEN, id="older than the web's news"),
        pytest.param("2999-01-01T00:00:00Z", "2026-11-24T12:00", DateTrust.FIRST_SEEN, id="far in the future"),
        pytest.param("2026-11-25T12:00:01Z", "2026-11-24T12:00", DateTrust.FIRST_SEEN, id="more than a day ahead"),
        pytest.param("2026-11-24T12:30:00Z", "2026-11-24T12:30", DateTrust.EXACT, id="clocks differ"),
        pytest.param("2026-11-25T10:00:00Z", "2026-11-24T13:00", DateTrust.EXACT, id="on top for an hour, no longer"),
        pytest.param("demnächst", "2026-11-24T12:00", DateTrust.FIRST_SEEN, id="no date"),
    ],
)
def test_published(made: Callable[..., Item], written: str, expected: str, trust: DateTrust) -> None:
    found = made(published_text=written)
    assert (f"{found.published:%Y-%m-%dT%H:%M}", found.date_trust, found.published_text) == (expected, trust, written)


def test_without_a_date_of_publishing_the_last_change_counts(made: Callable[..., Item]) -> None:
    found = made(published_text=None, updated_text="2026-11-20T10:00:00Z")
    assert found.published == datetime(2026, 11, 20, 10, tzinfo=UTC) == found.updated


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        pytest.param("2026-11-23T10:00:00Z", datetime(2026, 11, 23, 10, tzinfo=UTC), id="after publishing"),
        pytest.param("2026-11-22T10:00:00Z", None, id="before publishing"),
        pytest.param("2026-11-24T18:00:00Z", NOW, id="not later than now"),
        pytest.param("2999-01-01T00:00:00Z", None, id="far in the future"),
        pytest.param("neulich", None, id="no date"),
    ],
)
def test_updated(made: Callable[..., Item], written: str, expected: datetime | None) -> None:
    assert made(updated_text=written).updated == expected


def test_a_date_that_moves_at_every_fetch_does_not_bring_an_item_back(made: Callable[..., Item]) -> None:
    seen = NOW - timedelta(days=30)
    assert made(published_text="2026-11-24T11:00:00Z", first_seen=seen).published == seen + timedelta(hours=1)


def test_names(made: Callable[..., Item]) -> None:
    found = made(
        authors=("presse@a.example (Anna Muster)", "<b>Bert</b>", " Bert ", ""),
        categories=(*(f"<i>K{number}</i>" for number in range(30)), "K1"),
        issuer_text="Quelle: Ministerium für Wirtschaft (MWE).",
        language="en_GB",
        enclosures=(
            Enclosure(url="/a.pdf", type="Application/PDF", length=7),
            Enclosure(url="https://a.example/a.pdf"),
            Enclosure(url="https://a.example/b", type='x" onclick="y', length=-1),
            Enclosure(url="data:x"),
        ),
    )
    assert found.authors == ("Anna Muster", "Bert")
    assert found.categories == tuple(f"K{number}" for number in range(20))
    assert found.issuer == "Ministerium für Wirtschaft (MWE)"
    assert found.language == "en"
    assert found.enclosures == (
        Enclosure(url="https://a.example/a.pdf", type="application/pdf", length=7),
        Enclosure(url="https://a.example/b"),
    )


def test_dates_do_not_change_the_content(made: Callable[..., Item]) -> None:
    hashes = {
        made().content_hash,
        made(published_text="1.1.2020", now=NOW + timedelta(days=1)).content_hash,
        made(content=Prose(BODY.replace(" ", "\n "), True)).content_hash,
    }
    assert len(hashes) == 1
    assert made(title=Prose("Anderes Werk", False)).content_hash not in hashes


ANY = st.one_of(
    st.text(st.characters(exclude_categories=()), max_size=30),
    st.builds(
        "".join,
        st.lists(
            st.sampled_from(
                ["<p>", "<a href=", "Kontakt:", "&#11;", "\ud800", "\x00", "12.10.2026", ">", "&amp;", "//", "a b"]
            )
        ),
    ),
)
MAYBE = st.one_of(st.none(), ANY)
PROSE = st.one_of(st.none(), st.builds(Prose, ANY, st.booleans()))
ENTRIES = st.builds(
    Entry,
    guid=MAYBE,
    link=MAYBE,
    title=PROSE,
    summary=PROSE,
    content=PROSE,
    published_text=MAYBE,
    updated_text=MAYBE,
    authors=st.lists(ANY, max_size=2).map(tuple),
    categories=st.lists(ANY, max_size=2).map(tuple),
    enclosures=st.lists(
        st.builds(Enclosure, url=ANY, type=ANY, length=st.one_of(st.none(), st.integers())), max_size=2
    ).map(tuple),
    issuer_text=MAYBE,
    language=MAYBE,
    fingerprint=st.just("f"),
)


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(ENTRIES)
def test_any_text_in_any_field_is_an_item_or_rejected(entry: Entry) -> None:
    found = clean(entry)
    if isinstance(found, Rejected):
        return
    for field in fields(found):
        for value in _strings(getattr(found, field.name)):
            assert text.legal(value) == value, field.name
    assert found.title.strip()
    assert found.url.startswith(("http://", "https://"))
    assert found.published <= found.first_seen + timedelta(hours=1)
    assert found.updated is None or found.updated >= found.published
    assert clean(entry) == found


def _strings(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, Enclosure):
        return [value.url, value.type]
    return [string for one in value for string in _strings(one)] if isinstance(value, tuple) else []
