from aggregator.errors import Failure
from aggregator.model import Document, Hints, Kind, Unreadable
from aggregator.parse import document

HINTS = Hints(url="https://a.example/sitemap.xml", kind=Kind.SITEMAP, limit=2)


def test_the_newest_pages_are_kept_in_their_order() -> None:
    dates = ["2026-01-01", "2026-03-01", "2025-01-01", "2026-02-01"]
    pages = "".join(f"<url><loc>/{date}</loc><lastmod>{date}</lastmod></url>" for date in dates)
    found = document.read(f"<urlset>{pages}</urlset>".encode(), HINTS)
    assert isinstance(found, Document)
    assert [entry.updated_text for entry in found.entries] == ["2026-03-01", "2026-02-01"]
    assert found.repairs == ("2 pages beyond the limit of 2 were left out",)


def test_a_truncated_sitemap_gives_what_is_whole() -> None:
    found = document.read(b"<urlset><url><loc>https://a.example/1</loc></url><url><loc>https://a.exam", HINTS)
    assert isinstance(found, Document)
    assert [entry.link for entry in found.entries] == ["https://a.example/1"]
    assert found.repairs[0].startswith("not well-formed")


def test_entities_are_not_expanded_and_no_file_is_read() -> None:
    bomb = b"<!DOCTYPE urlset [<!ENTITY a SYSTEM 'file:///etc/hostname'>]><urlset><url><loc>https://a.example/&a;</loc></url></urlset>"
    found = document.read(bomb, HINTS)
    assert isinstance(found, Unreadable) or [entry.link for entry in found.entries] == ["https://a.example/"]


def test_known_pages_are_counted() -> None:
    body = b"<urlset><url><loc>https://a.example/1</loc></url><url><loc>https://a.example/2</loc></url></urlset>"
    first = document.read(body, HINTS)
    assert isinstance(first, Document)
    second = document.read(body, HINTS, frozenset({first.entries[0].fingerprint}))
    assert isinstance(second, Document)
    assert ([entry.link for entry in second.entries], len(second.known)) == (["https://a.example/2"], 1)


def test_broken_xml_is_malformed() -> None:
    found = document.read(b"<urlset><url", HINTS)
    assert isinstance(found, Unreadable)
    assert found.failure is Failure.MALFORMED
