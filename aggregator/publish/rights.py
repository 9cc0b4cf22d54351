"""What of a source's texts and pictures may be published: as its configuration says.

German press publishers own the online use of all but single words and very short extracts (UrhG section 87g), and a picture in a
feed is not thereby free for others (LG Berlin, 15 O 103/11). What may not be published reaches no renderer.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from aggregator import text
from aggregator.model import Enclosure, Item, Publish, Source, Story

EXCERPT = 250  # characters at the most: the law names no number, courts have let short teasers pass

# A picture goes with its caption, which speaks of what is not to be seen. In safe HTML `<` begins tags and nothing else.
_FIGURE = re.compile(r"<figure>(?:(?!</?figure>).)*<img [^>]*>(?:(?!</?figure>).)*</figure>", re.DOTALL)
_IMAGE = re.compile(r"<img [^>]*>")
_EMPTY = re.compile(r"<(p|div|li|a|figure)(?: [^>]*)?>(?:\s|&nbsp;|<br>)*</\1>")
_IMAGE_FILE = re.compile(r"\.(?:jpe?g|png|gif|webp|avif|svg|tiff?|bmp)(?:$|[?#])", re.IGNORECASE)


def allowed(story: Story, sources: Mapping[str, Source]) -> Story:
    """The story with as much of each of its items as their sources allow; of a source that left the configuration an excerpt."""
    carriers = tuple(_allowed(item, sources.get(item.source_id)) for item in story.carriers)
    origin = _allowed(story.origin, sources.get(story.origin.source_id))
    if origin is story.origin and all(map(_same, carriers, story.carriers)):
        return story
    return replace(story, origin=origin, carriers=carriers)


def reserved(source: Source | None) -> bool:
    """Whether no more than an excerpt of its texts may be published."""
    return source is None or source.publish is Publish.EXCERPT


def _same(left: Item, right: Item) -> bool:
    return left is right


def _allowed(item: Item, source: Source | None) -> Item:
    if source is None or reserved(source):
        return _excerpted(item, images=source is not None and source.images)
    return item if source.images else _without_images(item)


def _excerpted(item: Item, *, images: bool) -> Item:
    summary = excerpt(item.summary or item.text)
    enclosures = item.enclosures if images else _files(item.enclosures)
    if not item.html and not item.text and summary == item.summary and len(enclosures) == len(item.enclosures):
        return item
    return replace(item, summary=summary, html="", text="", enclosures=enclosures)


def excerpt(written: str) -> str:
    """The first sentences, `EXCERPT` characters at the most; of a longer one its beginning."""
    taken = ""
    for sentence in text.sentences(written.replace("\n", " ").strip()[: 4 * EXCERPT]):
        if len((taken + sentence).rstrip()) > EXCERPT:
            break
        taken += sentence
    return taken.strip() or text.shorten(written.replace("\n", " ").strip(), EXCERPT)


def _without_images(item: Item) -> Item:
    enclosures = _files(item.enclosures)
    if "<img" not in item.html:
        return item if len(enclosures) == len(item.enclosures) else replace(item, enclosures=enclosures)
    html = _IMAGE.sub("", _FIGURE.sub("", item.html))
    for _ in range(3):  # the link around a picture, the paragraph around the link
        html = _EMPTY.sub("", html)
    return replace(item, html=html, enclosures=enclosures)


def _files(enclosures: tuple[Enclosure, ...]) -> tuple[Enclosure, ...]:
    return tuple(each for each in enclosures if not _is_image(each))


def _is_image(enclosure: Enclosure) -> bool:
    if enclosure.type:
        return enclosure.type.startswith("image/")
    return bool(_IMAGE_FILE.search(enclosure.url))
