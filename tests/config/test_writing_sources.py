"""What docs/writing-sources.md shows and says holds."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from aggregator.clean import item as clean
from aggregator.cli.main import cli
from aggregator.config import load, schema
from aggregator.model import Document, Entry, Hints, Item, Recognised, Source, Standing
from aggregator.parse import document, page

Folder = Callable[..., Path]

PAGE = (Path(__file__).resolve().parents[2] / "docs/writing-sources.md").read_text(encoding="utf-8")
CLUSTERS = "clusters: []\n"


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


def sources(folder: Folder, written: str) -> tuple[Source, ...]:
    return load.load(folder(sources=written, clusters=CLUSTERS), environment={}).sources


@pytest.mark.parametrize("written", [pytest.param(block, id=block.split()[3]) for block in blocks("yaml")])
def test_every_example_is_a_good_configuration(folder: Folder, written: str) -> None:
    assert sources(folder, written)


def test_the_example_of_a_page_gives_what_is_shown(folder: Folder) -> None:
    listing, detail = (block.encode() for block in blocks("html"))
    (source,) = sources(folder, next(block for block in blocks("yaml") if "cluster-news" in block))
    found = document.read(listing, Hints(url=source.url, kind=source.kind, listing=source.listing))
    assert isinstance(found, Document)
    assert found.next_page == "https://cluster.example/de/news?page=1"
    entry = page.complete(found.entries[0], detail, Hints(url=found.entries[0].link or ""), source.detail)
    assert isinstance(entry, Entry)
    recognised = Recognised(entry=entry, guid="1", standing=Standing.NEW, aliases=(), first_seen=None)
    item = clean.clean(recognised, source, now=datetime(2026, 1, 1, tzinfo=UTC))
    assert isinstance(item, Item)
    (shown,) = blocks("text")
    assert shown == (
        f"{source.id}: {found.format}, {len(found.entries)} entries\n"
        f"  {item.published:%Y-%m-%d} ({item.date_trust.value})  {item.title}\n"
        f"    {item.url}  {len(item.text)} characters  issuer: {item.issuer}\n"
    )


def test_the_example_of_a_date_in_an_address(folder: Folder) -> None:
    rows = re.findall(r"^\| `(https://ministry\S+)` \| `?([^|`]+?)`? \|$", PAGE, re.MULTILINE)
    assert len(rows) == 2
    (source,) = sources(folder, next(block for block in blocks("yaml") if "date_in_url" in block))
    for address, wanted in rows:
        body = f'<div class="trennung"><i class="bb-teaser-meta"></i><h3><a href="{address}">Titel</a></h3></div>'
        found = document.read(body.encode(), Hints(url=source.url, kind=source.kind, listing=source.listing))
        assert isinstance(found, Document)
        assert [(entry.link, entry.published_text or "none") for entry in found.entries] == [(address, wanted)]


def test_a_shared_recipe_can_be_changed_in_parts(folder: Folder) -> None:
    first, second, third = sources(folder, next(block for block in blocks("yaml") if "&template" in block))
    assert first.listing == second.listing
    assert first.listing
    assert third.listing
    assert (third.listing.item, third.listing.date) != (first.listing.item, first.listing.date)
    assert third.listing.item == first.listing.item


def test_every_key_is_explained() -> None:
    keys = {*schema.SourceKeys.model_fields, *schema.ListingKeys.model_fields, *schema.DetailKeys.model_fields}
    assert [key for key in sorted(keys) if not re.search(rf"\b{key}\b", PAGE)] == []


def test_every_command_exists() -> None:
    named = set(re.findall(r"`aggregator ((?:sources |config )?[a-z]+)", PAGE))
    assert {"sources preview", "sources check", "sources import", "config check"} <= named
    asked = {command: CliRunner().invoke(cli, [*command.split(), "--help"]) for command in sorted(named)}
    assert {command: result.output for command, result in asked.items() if result.exit_code} == {}
