"""One story with everything that is known of it: its text, who carried it and how, what changed, why it is tagged. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from aggregator import text
from aggregator.model import Carried, Enclosure, Item, Label, Source, Story, Tag
from aggregator.publish import evidence, prose, shown, words
from aggregator.publish.pages import Badge, Frame, Moment, badge, dated, fill, foreign, moment
from aggregator.publish.prose import Block
from aggregator.publish.shown import Place
from aggregator.publish.view import UNFIT, Rendered, mended

_ROOT = "../"  # from a story's page to the output directory
_TEXT = 60_000  # characters on a page: longer than any release, and what a browser lays out at once
_RELATED = 10
_REVISIONS = 5
_DIFFERENCES = 4  # of one carrier or revision


@dataclass(frozen=True, slots=True, kw_only=True)
class Revised:
    """What the origin said until `replaced`. `differences`: what it says now, what it said in the same place."""

    replaced: datetime
    title: str
    differences: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossier:
    """All that a story's page is made from. Sources and labels that the story names may be missing."""

    story: Story
    carried: tuple[Carried, ...]  # in the story's order, the origin first
    revised: tuple[Revised, ...] = ()  # the latest first
    related: tuple[Story, ...] = ()
    sources: Mapping[str, Source]
    labels: Mapping[str, Label]
    excerpt: bool = False  # the story holds no more than an excerpt of what the source wrote: it allows no more


def page(dossier: Dossier, frame: Frame) -> Rendered:
    """The story's page; it stands at `shown.page(story.id)`. A story that can not be shown (its year has no counterpart in the
    site's zone) gives no content."""
    try:
        return Rendered(content=_written(dossier, frame))
    except UNFIT:
        mended_one = mended(dossier)
    try:
        return Rendered(content=_written(mended_one, frame))
    except UNFIT:
        return Rendered(content=b"", dropped=(dossier.story.id,))


def moved(story: Story, frame: Frame) -> Rendered:
    """What stands where a story was that proved to be this one: the way there."""
    target = shown.page(story.id).removeprefix("stories/")
    title = shown.headline(story.origin)
    return Rendered(content=fill("moved.html", frame, root=_ROOT, target=target, title=title))


class _Carrier(NamedTuple):
    """Somebody who carried the story."""

    place: Place
    origin: bool
    published: Moment
    how: str
    title: str  # where it is another one
    language: str | None
    differences: tuple[str, ...]


class _Revision(NamedTuple):
    until: Moment
    title: str  # where it was another one
    differences: tuple[str, ...]


class _Related(NamedTuple):
    place: Place
    language: str | None
    published: Moment
    source: str


class _File(NamedTuple):
    place: Place
    kind: str
    size: str


class _Reasons(NamedTuple):
    """What speaks for and against a label."""

    label: Badge
    signs: tuple[evidence.Sign, ...]


def _written(dossier: Dossier, frame: Frame) -> bytes:
    story, site = dossier.story, frame.site
    item = story.origin
    phrases = words.of(site.language)
    outlet = shown.outlet(item, dossier.sources)
    blocks, cut = _text(item)
    return fill(
        "story.html",
        frame,
        root=_ROOT,
        title=shown.headline(item),
        description=text.shorten(shown.teaser(item), 160),
        language=foreign(item.language, site),
        published=dated(story, frame),
        changed=moment(story.changed, frame) if story.changed > story.minted else None,
        source=Place(shown.link(item, outlet), outlet.name),
        issuer=shown.issuer(item, outlet.name),
        authors=", ".join(dict.fromkeys(author.strip() for author in item.authors if author.strip())),
        labels=[badge(tag.label, dossier.labels.get(tag.label), frame, _ROOT) for tag in story.tags],
        parts=prose.parts(blocks),
        cut=cut,
        excerpt=dossier.excerpt,
        files=[_file(each, site.language) for each in item.enclosures if prose.leads(each.url)],
        carriers=[_carrier(one, dossier, frame, phrases) for one in dossier.carried],
        revisions=[_revision(one, story, frame, phrases) for one in dossier.revised[:_REVISIONS]],
        related=[_related(one, dossier, frame) for one in dossier.related[:_RELATED]],
        reasons=[_reasons(tag, dossier, frame, phrases) for tag in story.tags],
        misses=[_reasons(tag, dossier, frame, phrases) for tag in story.near_misses],
    )


def _text(item: Item) -> tuple[tuple[Block, ...], bool]:
    """What the origin says, and whether something of it was left out. A summary that the text does not begin with comes first;
    a title said again does not."""
    blocks = prose.read(item.html) if item.html else prose.lines(item.text)
    if blocks and text.fold(blocks[0].text) == text.fold(item.title):
        blocks = blocks[1:]
    said = text.fold(" ".join(block.text for block in blocks[:3]))
    summary = prose.lines(item.summary)
    if summary and text.fold(item.summary.rstrip(" .…"))[:40] not in said:
        blocks = (*summary, *blocks)
    kept = prose.within(blocks, _TEXT)
    return kept, len(kept) < len(blocks) or kept[-1:] != blocks[-1:]


def _file(each: Enclosure, language: str) -> _File:
    name = text.line(each.url.partition("?")[0].rstrip("/").rpartition("/")[2]) or each.url
    kind = (each.type or "").rpartition("/")[2].upper()
    return _File(Place(each.url, name), kind if len(kind) <= 5 else "", words.size(each.length, language))


def _carrier(one: Carried, dossier: Dossier, frame: Frame, phrases: Mapping[str, str]) -> _Carrier:
    item, origin = one.item, dossier.story.origin
    outlet = shown.outlet(item, dossier.sources)
    is_origin = item.key == origin.key
    how = "" if is_origin else phrases.get(f"how_{one.how}", one.how)
    if how and one.how in {"shortened", "parts, with words of its own"}:
        how = f"{how} ({phrases['share'].format(share=round(one.share * 100))})"
    differences = () if is_origin else one.differences[:_DIFFERENCES]
    return _Carrier(
        place=Place(shown.link(item, outlet), outlet.name),
        origin=is_origin,
        published=dated(replace(dossier.story, published=item.published, origin=item), frame),
        how=how,
        title=shown.headline(item) if one.other_title and not is_origin else "",
        language=foreign(item.language, frame.site),
        differences=tuple(phrases["differs"].format(theirs=theirs, ours=ours) for theirs, ours in differences),
    )


def _revision(one: Revised, story: Story, frame: Frame, phrases: Mapping[str, str]) -> _Revision:
    until = moment(one.replaced, frame)
    assert until is not None
    said = [phrases["said"].format(before=before, now=now) for now, before in one.differences[:_DIFFERENCES]]
    return _Revision(until, one.title if one.title != story.origin.title else "", tuple(said))


def _related(story: Story, dossier: Dossier, frame: Frame) -> _Related:
    item = story.origin
    place = Place(f"{_ROOT}{shown.page(story.id)}", shown.headline(item))
    name = shown.source_name(item.source_id, dossier.sources)
    return _Related(place, foreign(item.language, frame.site), dated(story, frame), name)


def _reasons(tag: Tag, dossier: Dossier, frame: Frame, phrases: Mapping[str, str]) -> _Reasons:
    known = dossier.labels.get(tag.label)
    signs: Iterator[evidence.Sign] = (evidence.sign(one, phrases, frame.site.language) for one in tag.evidence)
    return _Reasons(badge(tag.label, known, frame, _ROOT), tuple(signs))
