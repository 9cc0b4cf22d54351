"""An item's fields as one text, so that one walk of the automaton reads all of them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from aggregator.model import Item
from aggregator.tagging.folded import FIELD_END, fold

_TEASER = 400  # characters: below that an origin's text is a teaser, if another carrier has twice as much
_LEAD = 300  # characters of a text that stand for the summary that an item lacks


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    """`quoted` and `folded` are as long as each other; field `names[i]` begins at `starts[i]`."""

    quoted: str
    folded: str
    names: tuple[str, ...]
    starts: tuple[int, ...]
    lead_stop: int  # up to here it is what the item is about: title and summary, or else how its text begins
    language: str | None  # of the item, without its region

    def at(self, position: int) -> int:
        """Which field stands at this position, as a place in `names`."""
        return bisect_right(self.starts, position) - 1

    def stop(self, position: int) -> int:
        """Where the field around this position ends."""
        after = self.at(position) + 1
        return self.starts[after] if after < len(self.starts) else len(self.quoted)


def joined(origin: Item, carriers: Sequence[Item], weights: Mapping[str, float]) -> Fields:
    """The fields that weigh anything and are not empty.

    Title, summary, categories, address are the origin's; so is the text, unless it is a teaser and a carrier has more.
    """
    parts = list(_parts(origin, carriers, weights))
    written = "".join(value for _, value in parts)
    quoted, folded = fold(written)
    lengths = [len(value) if quoted is written else len(fold(value)[0]) for _, value in parts]
    starts = [sum(lengths[:place]) for place in range(len(lengths))]
    names = tuple(name for name, _ in parts)
    return Fields(
        quoted=quoted,
        folded=folded,
        names=names,
        starts=tuple(starts),
        lead_stop=_lead_stop(names, starts, len(quoted)),
        language=origin.language[:2].lower() if origin.language else None,
    )


def _parts(origin: Item, carriers: Sequence[Item], weights: Mapping[str, float]) -> Iterator[tuple[str, str]]:
    summary, text = origin.summary, _text(origin, carriers)
    if weights["title"] and origin.title:
        yield "title", f" {origin.title}\n{FIELD_END}"
    if weights["summary"] and summary:
        begun = _begun(text, summary)
        if begun and weights["text"]:  # the text's own beginning: what stands there counts once
            yield "summary", f" {text[:begun]}"
            yield "text", f"{text[begun:]}\n{FIELD_END}"
            text = ""
        else:
            yield "summary", f" {summary}\n{FIELD_END}"
    if weights["text"] and text:
        yield "text", f" {text}\n{FIELD_END}"
    if weights["category"] and origin.categories:
        yield "category", "".join(f" {category}\n{FIELD_END}" for category in origin.categories)
    if weights["issuer"] and origin.issuer:
        yield "issuer", f" {origin.issuer}\n{FIELD_END}"
    if weights["url"]:
        yield "url", f" {unquote(urlsplit(origin.url).path)}\n{FIELD_END}"


def _begun(text: str, summary: str) -> int:
    """How many characters of the text its summary is, 0 where it is words of its own."""
    bare = summary.rstrip(" .…")
    return len(bare) if text.startswith(bare) else 0


def _text(origin: Item, carriers: Sequence[Item]) -> str:
    if len(origin.text) >= _TEASER or len(carriers) < 2:
        return origin.text
    longest = min(carriers, key=lambda item: (-len(item.text), item.key), default=origin)
    return longest.text if len(longest.text) > 2 * len(origin.text) else origin.text


def _lead_stop(names: Sequence[str], starts: Sequence[int], length: int) -> int:
    if "text" not in names:
        return starts[names.index("category")] if "category" in names else length
    start = starts[names.index("text")]
    return start if "summary" in names else start + _LEAD
