"""Inside one source: is an entry known, changed, new, or known under another name.

Identity is the source and the guid (RFC 4287 section 4.2.6, RSS 2.0 `guid`); nothing here sees another source, so none can
take over another's items. Beside the guid stand aliases, each with its kind in front so that no foreign guid can look like one:

    link:a.example/p/1      a link, or a guid that is one, without scheme and `www.`
    key:bb1.c.528958        the publisher's own id, found in link or guid
    guid:4711               a guid that an item came back with
    copy:9f3a...            the fingerprint of a second entry that is the same item
    reused:4711             this guid stood for several items at once; the link tells them apart

When in doubt two entries are two items: a wrong yes overwrites a piece of news, a wrong no shows one twice.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from html import unescape
from typing import TypeVar

from aggregator import text, urls
from aggregator.model import Entry, Known, KnownItem, Prose, Recognised, Standing
from aggregator.stories import wording

_T = TypeVar("_T")
_TAG = re.compile(r"<[^>]*>")
# Longer ones are texts pasted into the field, or links that carry a whole search form; PostgreSQL indexes 2,700 bytes at most.
_LONGEST = 500
# With fewer unknown entries one can not tell a document that was re-keyed from a week's news with last week's titles.
_REKEYED = 3


def recognise(
    entries: Sequence[Entry], known: Known, *, stable_keys: Sequence[re.Pattern[str]]
) -> tuple[Recognised, ...]:
    """Each entry with the guid it is stored under, in the entries' order; a second entry of the same item is left out."""
    as_stored = [_as_stored(entry, known) for entry in entries]
    if None not in as_stored:
        return _once((one for one in as_stored if one is not None), known)
    names = _told_apart([_named(entry, stable_keys) for entry in entries], known)
    unique = _unique(names)
    guids = [one.guid if one else _by_name(name, known) for one, name in zip(as_stored, names, strict=True)]
    if known.items and None in guids:
        _claim(guids, names, known, unique, stable_keys)
    found = (
        one or _recognised(name, guid or name.guid, known, unique)
        for one, name, guid in zip(as_stored, names, guids, strict=True)
    )
    return _once(found, known)


def _as_stored(entry: Entry, known: Known) -> Recognised | None:
    """The entry when it is stored under its own guid with the very same bytes; nothing else need be looked at then."""
    guid = _guid(entry)
    stored = known.items.get(guid)
    if stored is None or stored.fingerprint != entry.fingerprint:
        return None
    return Recognised(entry=entry, guid=guid, standing=Standing.UNCHANGED, aliases=(), first_seen=stored.first_seen)


# --------------------------------------------------------------------------------------------------- what an entry is called


@dataclass(frozen=True, slots=True, kw_only=True)
class _Named:
    """An entry with all its names. `finer` tells it from others of the same guid; `guid` becomes `finer` where it must."""

    entry: Entry
    guid: str
    finer: str
    written: bool  # the entry has a guid of its own
    link: str | None  # bare; None where there is none that means this entry alone
    names: tuple[str, ...]  # aliases, the strongest first
    reused: str | None = None  # the guid that stood for several items


def _guid(entry: Entry) -> str:
    """The guid as written (`0` is one), else the link, else what the entry says."""
    written = text.legal(entry.guid).strip() if entry.guid else ""
    if written:
        return _bounded(written)
    link = _bare(entry.link)
    return link or _digest(entry)


def _named(entry: Entry, stable_keys: Sequence[re.Pattern[str]]) -> _Named:
    guid, link = _guid(entry), _bare(entry.link)
    written = bool(entry.guid and entry.guid.strip())
    told_by = link if written and link else _digest(entry)
    key = urls.stable_key(entry.link or "", stable_keys) or urls.stable_key(guid, stable_keys)
    addresses = dict.fromkeys(address for address in (link, _bare(guid) if written else None) if address)
    return _Named(
        entry=entry,
        guid=guid,
        finer=guid if guid == told_by else _bounded(f"{guid}#{told_by}"),
        written=written,
        link=link,
        names=((f"key:{key}",) if key else ()) + tuple(f"link:{address}" for address in addresses),
    )


def _told_apart(names: Sequence[_Named], known: Known) -> list[_Named]:
    """Entries of one guid that are several items get a finer one each (fluentboards.com gives all its items the same guid)."""
    finer = defaultdict(set)
    for name in names:
        finer[name.guid].add(name.finer)
    return [_apart(name, known) if _reused(name, finer, known) else name for name in names]


def _reused(name: _Named, finer: Mapping[str, set[str]], known: Known) -> bool:
    return len(finer[name.guid]) > 1 or f"reused:{name.guid}" in known.aliases or name.finer in known.items


def _apart(name: _Named, known: Known) -> _Named:
    stored = known.items.get(name.guid)
    if stored is not None and name.finer not in known.items and _is_stored(name, stored):
        return name
    return replace(name, guid=name.finer, reused=name.guid if name.finer != name.guid else None)


def _is_stored(name: _Named, stored: KnownItem) -> bool:
    if name.written and name.link:
        return name.link == _bare(stored.url)
    return _title(name.entry) == stored.title


def _bare(url: str | None) -> str | None:
    """The link without scheme, `www.` and tracking; None for a front page, which is no item's own, and for what is no URL."""
    address = urls.absolute(url)
    bare = urls.bare(address) if address else ""
    return None if not bare or urls.front_page(bare) else _bounded(bare)


def _bounded(name: str) -> str:
    """A name that any store takes: legal characters, a bounded length."""
    if not (name.isascii() and name.isprintable()):
        name = text.line(name)
    return name if len(name) <= _LONGEST else text.digest(name)


def _digest(entry: Entry) -> str:
    """A name for an entry that has none: title (else what stands in its place) and date as written."""
    said = entry.title or entry.summary or entry.content
    return text.digest(" ".join(said.value.split()) if said else "", (entry.published_text or "").strip())


# ------------------------------------------------------------------------------------------------- under which guid it is stored


def _claim(
    guids: list[str | None],
    names: Sequence[_Named],
    known: Known,
    unique: frozenset[str],
    stable_keys: Sequence[re.Pattern[str]],
) -> None:
    """Fills in the guid of the stored item where an alias or the title tells it. What stands under its own name is settled
    before, so that no other entry can claim it."""
    claimed = {guid for guid in guids if guid is not None}
    usable: frozenset[str] | None = None
    for position, name in enumerate(names):
        if guids[position] is not None or not any(alias in known.aliases for alias in name.names):
            continue
        usable = unique - _ambiguous(known, stable_keys) if usable is None else usable
        guid = _by_alias(name, known, usable)
        if guid is not None and guid not in claimed:
            claimed.add(guid)
            guids[position] = guid
    _rekey(guids, names, known, claimed)


def _by_name(name: _Named, known: Known) -> str | None:
    if name.guid in known.items:
        return name.guid
    if name.reused:
        return None
    found = known.aliases.get(f"guid:{name.guid}") or known.aliases.get(f"copy:{name.entry.fingerprint}")
    return found if found in known.items else None


def _by_alias(name: _Named, known: Known, usable: frozenset[str]) -> str | None:
    """The item that a key or a link is known for. A publisher's key is proof. A link with another guid is proof only while the
    titles have something in common: pages such as /newsletter/ carry one item after the other."""
    title = _title(name.entry)
    for alias in name.names:
        guid = known.aliases.get(alias)
        stored = known.items.get(guid) if guid and alias in usable else None
        if stored and (alias.startswith("key:") or not title or wording.titles_agree(title, stored.title)):
            return stored.guid
    return None


def _unique(names: Iterable[_Named]) -> frozenset[str]:
    """The aliases that stand for one entry of the document alone."""
    holders = defaultdict(set)
    for name in names:
        for alias in name.names:
            holders[alias].add(name.guid)
    return frozenset(alias for alias, guids in holders.items() if len(guids) == 1)


def _ambiguous(known: Known, stable_keys: Sequence[re.Pattern[str]]) -> frozenset[str]:
    """Aliases that several stored items could carry: a document may show only what is new, so it alone can not tell."""
    once: set[str] = set()
    twice: set[str] = set()
    for stored in known.items.values():
        for alias in (f"key:{urls.stable_key(stored.url, stable_keys)}", f"link:{_bare(stored.url)}"):
            (twice if alias in once else once).add(alias)
    return frozenset(twice)


def _rekey(guids: list[str | None], names: Sequence[_Named], known: Known, claimed: set[str]) -> None:
    """Where most of a document came back under new guids and new links (a site that moved), titles tell what is known.

    A title must be alone in the document and in the store, and the date as written the same; without dates the last part of
    the link. Otherwise each week's `Terminhinweis` would be last week's.
    """
    unknown = [position for position, guid in enumerate(guids) if guid is None]
    if len(unknown) < _REKEYED:
        return
    stored = _alone((item.title, item) for item in known.items.values())
    wanted = _alone((_title(names[position].entry), position) for position in unknown)
    found = {
        position: stored[title].guid
        for title, position in wanted.items()
        if title in stored and stored[title].guid not in claimed and _same_date(names[position], stored[title])
    }
    if len(found) >= _REKEYED and 2 * len(found) > len(names):
        for position, guid in found.items():
            guids[position] = guid


def _alone(pairs: Iterable[tuple[str, _T]]) -> dict[str, _T]:
    seen: dict[str, list[_T]] = defaultdict(list)
    for name, value in pairs:
        seen[name].append(value)
    return {name: values[0] for name, values in seen.items() if name and len(values) == 1}


def _same_date(name: _Named, stored: KnownItem) -> bool:
    if name.entry.published_text and stored.published_text:
        return name.entry.published_text.strip() == stored.published_text.strip()
    last = (name.link or "").rpartition("/")[2]
    return last != "" and last == (_bare(stored.url) or "").rpartition("/")[2]


def _title(entry: Entry) -> str:
    return _plain(entry.title) if entry.title else ""


def _plain(prose: Prose) -> str:
    return text.line(unescape(_TAG.sub("", prose.value)) if prose.html else prose.value)


# --------------------------------------------------------------------------------------------------------- what is made of it


def _recognised(name: _Named, guid: str, known: Known, unique: frozenset[str]) -> Recognised:
    stored = known.items.get(guid)
    aliases = [alias for alias in name.names if alias in unique]
    if guid != name.guid:
        aliases.append(f"guid:{name.guid}")
    if name.reused:
        aliases.append(f"reused:{name.reused}")
    return Recognised(
        entry=name.entry,
        guid=guid,
        standing=_standing(name, stored, known),
        aliases=tuple(alias for alias in aliases if alias not in known.aliases),
        first_seen=stored.first_seen if stored else None,
    )


def _standing(name: _Named, stored: KnownItem | None, known: Known) -> Standing:
    if stored is None:
        return Standing.NEW
    same = stored.fingerprint == name.entry.fingerprint or f"copy:{name.entry.fingerprint}" in known.aliases
    return Standing.UNCHANGED if same else Standing.CHANGED


def _once(found: Iterable[Recognised], known: Known) -> tuple[Recognised, ...]:
    """Each item once: the first entry counts. Of a new item the other's fingerprint is kept: where the next document shows the
    other alone, because the first one's bytes are known, it must not look like a change (and then the first like the next).
    A fingerprint that two items could claim stays with the first of them."""
    first: dict[str, Recognised] = {}
    named: set[str] = set()
    for one in found:
        winner = first.get(one.guid)
        if winner is None:
            aliases = tuple(alias for alias in one.aliases if alias not in named)
            named.update(aliases)
            first[one.guid] = one if aliases == one.aliases else replace(one, aliases=aliases)
        elif winner.standing is Standing.NEW and winner.entry.fingerprint != one.entry.fingerprint:
            copy = f"copy:{one.entry.fingerprint}"
            if copy not in named and copy not in known.aliases:
                named.add(copy)
                first[one.guid] = replace(winner, aliases=(*winner.aliases, copy))
    return tuple(first.values())
