from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.model import Entry, Known, KnownItem, Prose, Recognised, Standing
from aggregator.stories import identity

FIRST_SEEN = datetime(2026, 10, 1, tzinfo=UTC)
NOTHING = Known(items={}, aliases={}, fingerprints=frozenset())
KEYS = (re.compile(r"(pressemitteilung\.\d+)"), re.compile(r"(bb1\.c\.\d+)"))
MakeEntry = Callable[..., Entry]


def recognise(entries: Sequence[Entry], known: Known = NOTHING) -> tuple[Recognised, ...]:
    return identity.recognise(entries, known, stable_keys=KEYS)


def stored(found: Sequence[Recognised], before: Known = NOTHING) -> Known:
    """The source's items as they are known after these entries were stored."""
    items = dict(before.items)
    aliases = dict(before.aliases)
    for one in found:
        items[one.guid] = KnownItem(
            guid=one.guid,
            content_hash="",
            fingerprint=one.entry.fingerprint,
            first_seen=FIRST_SEEN,
            title=one.entry.title.value if one.entry.title else "",
            url=one.entry.link or "https://a.example/",
            published_text=one.entry.published_text,
        )
        aliases.update(dict.fromkeys(one.aliases, one.guid))
    return Known(items=items, aliases=aliases, fingerprints=frozenset(item.fingerprint for item in items.values()))


def standings(found: Sequence[Recognised]) -> list[tuple[str, str]]:
    return [(one.guid, str(one.standing)) for one in found]


# ------------------------------------------------------------------------------------------------------------------- guids


@pytest.mark.parametrize(
    ("said", "guid"),
    [
        pytest.param(
            {"guid": " urn:1 \n", "link": "https://a.example/1"}, "urn:1", id="the guid, without whitespace around it"
        ),
        pytest.param({"guid": "0"}, "0", id="0 is a guid"),
        pytest.param(
            {"guid": "  ", "link": "https://www.a.example/p/1/"}, "a.example/p/1", id="an empty guid is none: the link"
        ),
        pytest.param(
            {"link": "http://a.example/p/1?utm_source=rss&id=7"},
            "a.example/p/1?id=7",
            id="a link counts without tracking",
        ),
        pytest.param({"guid": "a\x00b"}, "ab", id="characters that no store takes are left out"),
    ],
)
def test_the_guid_of_an_entry(entry: MakeEntry, said: dict[str, str], guid: str) -> None:
    assert standings(recognise([entry(**said)])) == [(guid, "new")]


@pytest.mark.parametrize(
    "link",
    [
        pytest.param(None, id="no link"),
        pytest.param("https://a.example/", id="the front page is no item's own"),
        pytest.param("https://a.example/de/", id="nor is one of its languages"),
        pytest.param("javascript:void(0)", id="what is no http URL"),
    ],
)
def test_without_guid_and_link_title_and_date_make_the_guid(entry: MakeEntry, link: str | None) -> None:
    monday = entry("Sprechstunde", link=link, published_text="Mo, 12.10.2026")
    tuesday = entry("Sprechstunde", link=link, published_text="Di, 13.10.2026")
    found = recognise([monday, tuesday])
    assert len({one.guid for one in found}) == 2
    assert standings(recognise([tuesday, monday], stored(found))) == [
        (found[1].guid, "unchanged"),
        (found[0].guid, "unchanged"),
    ]


def test_a_name_of_any_length_is_bounded(entry: MakeEntry) -> None:
    (found,) = recognise([entry(guid="x" * 100_000, link=f"https://a.example/{'y' * 100_000}")])
    assert len(found.guid) <= 500
    assert max(map(len, found.aliases)) <= 510


# --------------------------------------------------------------------------------------------------------------- standing


def test_known_changed_and_new_in_the_order_of_the_entries(entry: MakeEntry) -> None:
    before = stored(recognise([entry("Eins", guid="1"), entry("Zwei", guid="2")]))
    found = recognise([entry("Drei", guid="3"), entry("Zwei, berichtigt", guid="2"), entry("Eins", guid="1")], before)
    assert standings(found) == [("3", "new"), ("2", "changed"), ("1", "unchanged")]
    assert [one.first_seen for one in found] == [None, FIRST_SEEN, FIRST_SEEN]


def test_an_entry_stored_again_brings_no_further_aliases(entry: MakeEntry) -> None:
    one = entry(guid="1", link="https://a.example/p/pressemitteilung.7.php")
    found = recognise([one])
    assert found[0].aliases == ("key:pressemitteilung.7", "link:a.example/p/pressemitteilung.7.php")
    assert recognise([replace(one, fingerprint="other")], stored(found))[0].aliases == ()


# ----------------------------------------------------------------------------------------------------------------- aliases

LINK = "https://www.a.example/presse/wasserstoff"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(
            {"guid": "http://a.example/?p=7"},
            {"guid": "https://www.a.example/?p=7"},
            id="a guid that flips from http to https",
        ),
        pytest.param(
            {"guid": "2026-10-12T08:00 Wasserstoff", "link": LINK},
            {"guid": "2026-10-12T09:30 Wasserstof", "link": f"{LINK}?utm_medium=feed"},
            id="a guid made of time and headline changes with them",
        ),
        pytest.param({"guid": "7", "link": LINK}, {"link": LINK}, id="a source that drops its guids"),
        pytest.param({"link": LINK}, {"guid": "7", "link": LINK}, id="a source that begins to give guids"),
        pytest.param(
            {"guid": "1", "link": "https://a.example/alt/pressemitteilung.7.php"},
            {
                "guid": "2",
                "link": "https://b.example/neu/pressemitteilung.7.html",
                "title": "Ganz anders",
            },
            id="a publisher's own id is proof under any host, guid and title",
        ),
    ],
)
def test_an_unknown_guid_with_a_known_alias_is_the_same_item(
    entry: MakeEntry, before: dict[str, Any], after: dict[str, Any]
) -> None:
    known = stored(first := recognise([entry(**before)]))
    again = recognise([entry(**after)], known)
    assert standings(again) == [(first[0].guid, "changed")]
    known = stored(again, known)
    assert standings(recognise([entry(**after)], known)) == [(first[0].guid, "unchanged")]
    assert standings(recognise([entry(**after, updated_text="x")], known)) == [(first[0].guid, "changed")]


def test_a_page_that_carries_one_item_after_the_other_is_no_identity(entry: MakeEntry) -> None:
    page = "https://a.example/aktuelles"
    known = stored(recognise([entry("Straße gesperrt", guid="1", link=page)]))
    assert standings(recognise([entry("Neue Leiterin im Museum", guid="2", link=page)], known)) == [("2", "new")]


def test_a_link_that_several_entries_share_is_no_identity(entry: MakeEntry) -> None:
    page = "https://a.example/amtsblatt"
    first = recognise([entry("Amtsblatt 1", guid="1", link=page), entry("Amtsblatt 2", guid="2", link=page)])
    assert [one.aliases for one in first] == [(), ()]
    assert standings(recognise([entry("Amtsblatt 3", guid="3", link=page)], stored(first))) == [("3", "new")]


def test_a_link_that_several_stored_items_share_is_no_identity(entry: MakeEntry) -> None:
    # The parser leaves out what is known byte for byte: each document then shows one entry alone.
    page, known = "https://a.example/amtsblatt", NOTHING
    for number in range(1, 3):
        known = stored(recognise([entry(f"Blatt Nummer {number} ist da", guid=f"{number}", link=page)], known), known)
    known = replace(known, items=known.items | {"2": replace(next(iter(known.items.values())), guid="2")})
    assert standings(recognise([entry("Blatt Nummer 3 ist da", guid="3", link=page)], known)) == [("3", "new")]


def test_an_item_that_stands_in_the_document_is_not_claimed_by_another(entry: MakeEntry) -> None:
    known = stored(recognise([entry("Bericht", guid="1", link=LINK)]))
    moved = entry("Bericht", guid="1", link=f"{LINK}-neu", updated_text="x")
    found = recognise([entry("Bericht", guid="2", link=LINK), moved], known)
    assert standings(found) == [("2", "new"), ("1", "changed")]


def test_no_foreign_guid_can_look_like_an_alias(entry: MakeEntry) -> None:
    known = stored(recognise([entry("Eins", guid="1", link=LINK)]))
    found = recognise([entry("Eins", guid="link:a.example/presse/wasserstoff", link="https://a.example/zwei")], known)
    assert found[0].standing is Standing.NEW


# ----------------------------------------------------------------------------------------------------------- twice the same


def test_the_same_guid_on_all_items_is_told_apart_by_link(entry: MakeEntry) -> None:
    old = [entry(f"Karte {number}", guid="board", link=f"https://a.example/cards/{number}") for number in range(3)]
    first = recognise(old)
    assert [one.guid for one in first] == [f"board#a.example/cards/{number}" for number in range(3)]
    assert {one.standing for one in first} == {Standing.NEW}
    known = stored(first)
    assert standings(recognise(old, known)) == [(one.guid, "unchanged") for one in first]
    alone = recognise([entry("Karte 4", guid="board", link="https://a.example/cards/4")], known)
    assert standings(alone) == [("board#a.example/cards/4", "new")]


def test_a_guid_that_is_reused_later_leaves_the_item_that_had_it(entry: MakeEntry) -> None:
    old = entry("Karte 1", guid="board", link="https://a.example/cards/1")
    known = stored(recognise([old]))
    new = entry("Karte 2", guid="board", link="https://a.example/cards/2")
    assert standings(recognise([new, old], known)) == [("board#a.example/cards/2", "new"), ("board", "unchanged")]


def test_without_guids_a_shared_link_is_told_apart_by_title_and_date(entry: MakeEntry) -> None:
    page = "https://a.example/amtsblatt"
    entries = [entry(f"Amtsblatt {number}", link=page) for number in range(3)]
    found = recognise(entries)
    assert len({one.guid for one in found}) == 3
    assert standings(recognise(entries[1:], stored(found))) == [(one.guid, "unchanged") for one in found[1:]]


def test_the_same_item_twice_counts_once_and_does_not_flip(entry: MakeEntry) -> None:
    one = entry("Bericht", guid="1", link=LINK, fingerprint="f1")
    two = entry("Bericht (Kopie)", guid="1", link=f"{LINK}?utm_source=x", fingerprint="f2")
    found = recognise([one, two])
    assert standings(found) == [("1", "new")]
    # The next document shows the second alone, because the first one's bytes are known.
    assert standings(recognise([two], stored(found))) == [("1", "unchanged")]


# --------------------------------------------------------------------------------------------------------------- re-keyed


def _week(entry: MakeEntry, number: int, *, host: str, dated: bool = True) -> Entry:
    return entry(
        f"Bericht über Vorhaben {number}",
        guid=f"{host}-{number}",
        link=f"https://{host}.example/{host}/{number}-vorhaben",
        published_text=f"{number}. Oktober 2026" if dated else None,
    )


@pytest.mark.parametrize(
    "dated", [pytest.param(True, id="by date"), pytest.param(False, id="by the last part of the link")]
)
def test_a_document_under_new_guids_and_links_is_re_keyed(entry: MakeEntry, dated: bool) -> None:
    before = recognise([_week(entry, number, host="alt", dated=dated) for number in range(1, 7)])
    after = [_week(entry, number, host="neu", dated=dated) for number in range(1, 7)]
    found = recognise([*after, entry("Wirklich neu", guid="x")], stored(before))
    assert standings(found) == [*((one.guid, "changed") for one in before), ("x", "new")]
    assert "guid:neu-1" in found[0].aliases
    known = stored(found, stored(before))
    assert {one.standing for one in recognise(after, known)} == {Standing.UNCHANGED}


def test_last_weeks_titles_are_not_this_weeks_news(entry: MakeEntry) -> None:
    titles = ("Verkehrshinweise", "Sprechstunde", "Terminhinweis", "Wochenmarkt")
    old = [entry(title, guid=f"1-{title}", published_text="5.10.2026") for title in titles]
    new = [entry(title, guid=f"2-{title}", published_text="12.10.2026") for title in titles]
    assert {one.standing for one in recognise(new, stored(recognise(old)))} == {Standing.NEW}


def test_bytes_that_are_the_second_entry_of_two_items_name_the_first_of_them_alone(entry: MakeEntry) -> None:
    heute, gestern = (
        replace(entry("", guid=None, link=None, published_text=day), title=None) for day in ("heute", "gestern")
    )
    document = [replace(one, fingerprint=name) for one in (heute, gestern) for name in (one.published_text or "", "x")]
    assert [one.aliases for one in recognise(document)] == [("copy:x",), ()]


# -------------------------------------------------------------------------------------------------------------------- laws

_TEXTS = st.sampled_from(
    ["1", "2", "https://a.example/p/1", "http://a.example/p/2?utm_source=x", "https://a.example/", ""]
)
_ENTRIES = st.lists(
    st.builds(
        Entry,
        guid=st.none() | _TEXTS | st.text(max_size=8),
        link=st.none() | _TEXTS,
        title=st.none()
        | st.builds(Prose, st.sampled_from(["Eins", "Eins und Zwei", "Drei &amp; <b>vier</b>"]), st.booleans()),
        published_text=st.none() | st.sampled_from(["heute", "gestern"]),
        fingerprint=st.sampled_from("abcdefgh"),
    ),
    max_size=6,
)


@given(_ENTRIES, _ENTRIES)
def test_no_item_twice_and_what_is_stored_is_known(first: list[Entry], second: list[Entry]) -> None:
    known = stored(recognise(first))
    found = recognise(second, known)
    guids = [one.guid for one in found]
    aliases = [alias for one in found for alias in one.aliases]
    assert len(set(guids)) == len(guids)
    assert len(set(aliases)) == len(aliases)
    assert not set(aliases) & known.aliases.keys()
    assert all((one.standing is Standing.NEW) == (one.guid not in known.items) for one in found)
    assert all((one.first_seen is None) == (one.standing is Standing.NEW) for one in found)


@given(_ENTRIES)
def test_the_same_document_again_is_nothing_new(entries: list[Entry]) -> None:
    distinct = [replace(entry, fingerprint=str(position)) for position, entry in enumerate(entries)]
    found = recognise(distinct)
    again = recognise(distinct, stored(found))
    assert {one.standing for one in again} <= {Standing.UNCHANGED}
    assert {one.guid for one in again} == {one.guid for one in found}


@pytest.mark.slow
def test_a_document_of_known_entries_costs_microseconds(entry: MakeEntry) -> None:
    from time import perf_counter

    entries = [entry(f"Meldung {n}", guid=f"{n}", link=f"https://a.example/{n}") for n in range(2_000)]
    known = stored(recognise(entries))
    started = perf_counter()
    recognise(entries, known)
    assert timedelta(seconds=perf_counter() - started) / len(entries) < timedelta(microseconds=50)
