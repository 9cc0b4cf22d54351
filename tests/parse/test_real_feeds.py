"""Recorded feeds of many generators: every entry that their index names is found."""

import csv

import pytest

from aggregator.model import Document, Hints
from aggregator.parse import document
from tests import shared_data

# A truncated document, whose last entry is left out on purpose, and documentation that quotes feeds and is none.
FEWER = {"fastfeedparser__osm-pl.xml", "rome__index.apt"}


@pytest.mark.slow
def test_no_entry_of_a_real_feed_is_lost() -> None:
    folder = shared_data.folder("real-feeds")
    with (folder / "INDEX.tsv").open(encoding="utf-8") as lines:
        rows = [
            row
            for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
            if (folder / row["file"]).exists()
        ]
    assert len(rows) > 100
    lost = set()
    for row in rows:
        body = (folder / row["file"]).read_bytes()
        hints = Hints(url="https://feeds.example/feed", limit=100_000)
        found = document.read(body, hints)
        if not isinstance(found, Document) or len(found.entries) < int(row["entries"] or 0):
            lost.add(row["file"])
            continue
        again = document.read(body, hints, frozenset(entry.fingerprint for entry in found.entries))
        assert isinstance(again, Document)
        assert (again.entries, len(again.known)) == ((), len(found.entries)), row["file"]
    assert lost <= FEWER


@pytest.mark.slow
def test_attacks_by_xml_reach_no_file() -> None:
    for path in sorted(shared_data.folder("xml-attacks").glob("*.xml")):
        for kind in ("feed", "sitemap"):
            found = document.read(path.read_bytes(), Hints(url="https://feeds.example/feed", kind=document.Kind(kind)))
            assert "root:" not in repr(found), path.name
