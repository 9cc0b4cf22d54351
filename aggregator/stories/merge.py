"""Items and their matches become stories; who is the origin, and which id goes on.

`partition` is a pure function of a whole closure: everything that can be reached over stored matches. Nothing in it asks who
came first, so settling in any order and in rounds of any size gives the same groups (the law of closures). Only ids depend on
history, on purpose: they must outlive every new settling.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import chain, count
from types import MappingProxyType

from aggregator import text, urls
from aggregator.model import (
    Authority,
    DateTrust,
    Group,
    Item,
    ItemKey,
    Match,
    Story,
    StoryName,
    Tagging,
    Verdict,
)
from aggregator.stories import compare

_RANK = {Authority.ISSUER: 0, Authority.PUBLISHER: 1, Authority.REPEATER: 2}
_NO_DATE = datetime.max.replace(tzinfo=UTC)


def reach(start: Collection[ItemKey], matches: Collection[Match]) -> frozenset[ItemKey]:
    """All that is connected with `start` over matches that join, also where a veto keeps it apart; `start` itself included."""
    neighbours = defaultdict(list)
    for match in matches:
        if _joins(match):
            neighbours[match.left].append(match.right)
            neighbours[match.right].append(match.left)
    reached = set(start)
    waiting = list(start)
    while waiting:
        found = [key for key in neighbours.get(waiting.pop(), ()) if key not in reached]
        reached.update(found)
        waiting.extend(found)
    return frozenset(reached)


def _joins(match: Match) -> bool:
    return match.verdict is Verdict.SAME or match.verdict is Verdict.UPDATE


# ------------------------------------------------------------------------------------------------------- what belongs together


def partition(
    items: Collection[Item],
    matches: Collection[Match],
    *,
    authority: Mapping[str, Authority],
    window: timedelta,
    sites: Mapping[str, frozenset[str]] = MappingProxyType({}),
) -> tuple[Group, ...]:
    """The items as groups, each one piece of news, sorted by origin. `items` and `matches` must be a whole closure; matches with
    items that are not among `items` are left out.

    The strongest match joins first, ties in the order of the item keys; two groups are joined only where nothing forbids it
    between any two of their members. A source that `authority` does not name is a publisher. `sites` are where a source's own
    pages stand (`urls.site`).
    """
    by_key = {item.key: item for item in items}
    present = [match for match in matches if match.left in by_key and match.right in by_key]
    together = _joined(by_key, present, window)
    related = _related(matches)
    revised = [
        match for match in present if match.verdict is Verdict.UPDATE and match.left.source_id == match.right.source_id
    ]
    kin = _kin(revised)
    standing = {key: _standing(by_key[key], authority, sites) for members in together for key in members}
    groups = [_group(members, by_key, standing, related, kin) for members in together]
    groups += [
        Group(origin=key, members=(key,), related=tuple(sorted(related.get(key, ()))))
        for key in by_key.keys() - set(chain.from_iterable(together))
    ]
    return tuple(sorted(groups, key=lambda group: group.origin))


def _joined(items: Mapping[ItemKey, Item], matches: Sequence[Match], window: timedelta) -> list[list[ItemKey]]:
    """The groups of two and more."""
    apart = {(match.left, match.right) for match in matches if match.verdict is Verdict.DIFFERENT}
    joining = [match for match in matches if _joins(match)]
    group_of = {key: [key] for match in joining for key in (match.left, match.right)}
    decided = {(match.left, match.right) for match in joining if match.rule == compare.CONFIGURED}
    kin = _kin(joining)

    def forbidden(one: ItemKey, other: ItemKey) -> bool:
        pair = (one, other) if one < other else (other, one)
        if pair in decided:
            return False
        strangers = one.source_id == other.source_id and kin.get(one, one) != kin.get(other, other)
        return strangers or pair in apart or compare.veto(items[one], items[other], window=window) is not None

    for match in sorted(joining, key=lambda match: (-match.strength, match.left, match.right)):
        left, right = group_of[match.left], group_of[match.right]
        if left is right or any(forbidden(one, other) for one in left for other in right):
            continue
        if len(left) < len(right):
            left, right = right, left
        left.extend(right)
        group_of.update(dict.fromkeys(right, left))
    return [members for key, members in group_of.items() if members[0] == key and len(members) > 1]


def _kin(joining: Iterable[Match]) -> Mapping[ItemKey, ItemKey]:
    """The items of one source that are one item again (cut, corrected, translated), each with the first of them. What a source
    publishes as two items is two stories else, whoever has both."""
    kin: dict[ItemKey, list[ItemKey]] = {}
    for match in joining:
        if match.left.source_id == match.right.source_id:
            left, right = kin.setdefault(match.left, [match.left]), kin.setdefault(match.right, [match.right])
            if left is not right:
                left.extend(right)
                kin.update(dict.fromkeys(right, left))
    return {key: min(members) for key, members in kin.items()}


def _related(matches: Iterable[Match]) -> Mapping[ItemKey, set[ItemKey]]:
    related = defaultdict(set)
    for match in matches:
        if match.verdict is Verdict.RELATED:
            related[match.left].add(match.right)
            related[match.right].add(match.left)
    return related


def _group(
    members: Sequence[ItemKey],
    items: Mapping[ItemKey, Item],
    standing: Mapping[ItemKey, tuple[int, bool, datetime]],
    related: Mapping[ItemKey, set[ItemKey]],
    revised: Mapping[ItemKey, ItemKey],
) -> Group:
    """The origin is the item of the best standing, then the first key.

    Where its source revised it in an item of its own, the latest revision.
    """
    ordered = sorted(members)
    others = {other for key in members for other in related.get(key, ())}.difference(members)
    origin = min(ordered, key=standing.__getitem__)
    if origin in revised:
        versions = [key for key in ordered if revised.get(key) == revised[origin]]
        origin = max(
            versions, key=lambda key: (items[key].date_trust is not DateTrust.FIRST_SEEN, items[key].published, key)
        )
    return Group(origin=origin, members=tuple(ordered), related=tuple(sorted(others)))


def _standing(
    item: Item, authority: Mapping[str, Authority], sites: Mapping[str, frozenset[str]]
) -> tuple[int, bool, datetime]:
    """The issuer's item before a publisher's before a repeater's; one that links to its source's own site before one that leads
    elsewhere (who gives out another's link, and says to have had it an hour before, is not where it comes from); the earliest."""
    own = sites.get(item.source_id)
    rank = _RANK[authority.get(item.source_id, Authority.PUBLISHER)]
    return rank, own is not None and urls.site(item.url) not in own, _date(item)


def _date(item: Item) -> datetime:
    """The date to put items in order by. One without a date of its own comes last: when we first saw it says nothing of it."""
    return _NO_DATE if item.date_trust is DateTrust.FIRST_SEEN else item.published


# ------------------------------------------------------------------------------------------------------------ which id goes on


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A group and the name that its story goes by from now on."""

    group: Group
    name: StoryName


@dataclass(frozen=True, slots=True, kw_only=True)
class Naming:
    """Every group with its name, in the groups' order; `gone` are ids under which no story stands any more, sorted."""

    named: tuple[Named, ...]
    gone: tuple[str, ...]


def name(
    groups: Sequence[Group],
    items: Mapping[ItemKey, Item],  # noqa: ARG001  no rule looks into the items yet
    earlier: Sequence[StoryName],
    *,
    minting: str,
    now: datetime,
) -> Naming:
    """Which id each group's story has. `earlier` must name every story that holds one of the groups' items; `minting` is the
    RFC 4151 tagging entity, such as `example.org,2026`.

    An earlier id goes where the item goes from which it was minted; where that is gone, where most members of its story go.
    A group with several keeps the oldest, the younger are absorbed. An absorbed id goes the same way, and is a story's own
    again when that story falls apart: readers who saw it once do not see it as news again.
    """
    group_of = {key: position for position, group in enumerate(groups) for key in group.members}
    live: dict[int, list[StoryName]] = defaultdict(list)
    aliases: dict[int, set[str]] = defaultdict(set)
    gone: set[str] = set()
    taken: set[str] = set()
    for story in sorted(earlier, key=lambda story: (story.minted, story.id)):
        taken.update((story.id, *story.absorbed))
        home = _home(story.id, story.members, group_of)
        if home is None:
            gone.add(story.id)
            continue
        live[home].append(story)
        for alias in story.absorbed:
            there = _home(alias, story.members, group_of)
            aliases[home if there is None else there].add(alias)
    named = []
    for position, group in enumerate(groups):
        kept = live.get(position) or [_minted(group, aliases.get(position, ()), taken, minting=minting, now=now)]
        younger = {story.id for story in kept[1:]}
        gone |= younger
        taken.add(kept[0].id)
        absorbed = (aliases.get(position, set()) | younger) - {kept[0].id}
        named.append(
            Named(
                group=group,
                name=StoryName(
                    id=kept[0].id,
                    minted=kept[0].minted,
                    members=group.members,
                    absorbed=tuple(sorted(absorbed)),
                ),
            )
        )
    return Naming(named=tuple(named), gone=tuple(sorted(gone)))


def _home(story_id: str, members: Sequence[ItemKey], group_of: Mapping[ItemKey, int]) -> int | None:
    """The position of the group that an id goes to; None where none of the members is left."""
    positions = Counter(group_of[key] for key in members if key in group_of)
    if len(positions) > 1:
        for key in members:
            if key in group_of and _slug(key) == story_id.rpartition("/")[2]:
                return group_of[key]
    return min(positions, key=lambda position: (-positions[position], position), default=None)


def _minted(
    group: Group, aliases: Collection[str], taken: Collection[str], *, minting: str, now: datetime
) -> StoryName:
    """A name for a group that no live id came to: an id that was absorbed before, else a new one from the origin's key.

    Where that is taken (its item was withdrawn, came back and is another story now), the further members' keys do.
    """
    origin = _slug(group.origin)
    if aliases:
        chosen = min(aliases, key=lambda alias: (alias.rpartition("/")[2] != origin, alias))
    else:
        slugs = chain([origin], map(_slug, group.members), (text.digest(origin, str(again)) for again in count(2)))
        chosen = next(found for slug in slugs if (found := f"tag:{minting}:story/{slug}") not in taken)
    return StoryName(id=chosen, minted=now, members=group.members)


def _slug(key: ItemKey) -> str:
    return text.digest(*key)


# --------------------------------------------------------------------------------------------------- what a story is made of


def story(
    named: Named,
    items: Mapping[ItemKey, Item],
    *,
    tagging: Tagging,
    related: tuple[str, ...],
    previous: Story | None,
    now: datetime,
) -> Story:
    """The story as it is to be published. `previous` is the story of that id as it was.

    `changed` moves on to `now` only when what the story says differs (RFC 4287 section 4.2.15: a significant modification).
    A further carrier or another label is a new version, which is published, but no correction that readers should see again.
    """
    origin = items[named.group.origin]
    keys = sorted(key for key in named.group.members if key != named.group.origin)
    others = sorted((items[key] for key in keys), key=_date)
    made = Story(
        id=named.name.id,
        minted=named.name.minted,
        origin=origin,
        carriers=(origin, *others),
        related=tuple(sorted(related)),
        published=_published(origin, others),
        changed=now,
        tags=tagging.tags,
        near_misses=tagging.near_misses,
        absorbed=named.name.absorbed,
        version="",
    )
    version = _version(made)
    # By the versions: the items of a stored story are stored once, and say already what they say now
    same = previous is not None and _of_said(previous.version) == _of_said(version)
    return replace(made, version=version, changed=previous.changed if previous and same else now)


def _published(origin: Item, others: Sequence[Item]) -> datetime:
    """The origin's date, which no other source can move. An origin without one (a ministry's page that shows none) takes the
    earliest that a carrier has, before the time at which we happened to find it."""
    first = others[0] if others else origin
    if not _dated(origin):
        return (first if _dated(first) else origin).published
    # A revision is no news again: it keeps the date of what it revises
    own = [item.published for item in others if item.source_id == origin.source_id and _dated(item)]
    return min([origin.published, *own])


def _dated(item: Item) -> bool:
    return item.date_trust is not DateTrust.FIRST_SEEN


def _version(story: Story) -> str:
    """Digests of what the story says, and of all else that is published of it: neither evidence nor near misses, which only
    `explain` shows."""
    published = (
        [(item.source_id, item.url, item.title) for item in story.carriers],
        [(tag.label, tag.score) for tag in story.tags],
        (story.absorbed, story.related),
    )
    return "-".join(text.digest(json.dumps(part, ensure_ascii=False)) for part in (_said(story), published))


def _of_said(version: str) -> str:
    return version.partition("-")[0]


def _said(story: Story) -> tuple[object, ...]:
    """What the story says, whoever carries it and however it is tagged."""
    origin = story.origin
    return (
        (origin.title, origin.summary, origin.html, origin.url, origin.language, origin.issuer),
        (story.published.isoformat(), origin.updated.isoformat() if origin.updated else None),
        (origin.authors, [(file.url, file.type, file.length) for file in origin.enclosures]),
    )
