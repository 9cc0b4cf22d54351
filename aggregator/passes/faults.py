"""What of the published documents breaks a rule: told at the end of a pass, and by `status` as long as it stands."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from aggregator.publish.view import Rendered, View

# Under this name the store keeps them beside the feeds' digests; no feed can be called so
KEY = "*faults"
_MOST = 20  # of one document: one mistake may be made in every entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One fault of one document. `entry` and `title` are of the story that was left out for it; both are "" where the document
    itself is at fault, which then was not published: the last good one stays."""

    document: str  # feeds/<id>.atom
    rule: str  # as the feed validator calls it
    place: str
    value: str
    entry: str = ""
    title: str = ""

    @property
    def sentence(self) -> str:
        why = f"{self.rule} ({self.place}{': ' if self.value else ''}{self.value})"
        if self.entry:
            return f"{self.document}: left out {self.entry} {self.title}: {why}"
        return f"{self.document}: not published, the last good one stays: {why}"


def told(document: str, rendered: Rendered, view: View) -> tuple[Told, ...]:
    """The faults of a document, named."""
    titles = {story.id: story.origin.title for story in view.stories}
    return tuple(
        Told(
            document=document,
            rule=fault.rule,
            place=fault.place,
            value=fault.value,
            entry=fault.entry if fault.entry in rendered.dropped else "",
            title=titles.get(fault.entry, "")[:80] if fault.entry in rendered.dropped else "",
        )
        for fault in rendered.faults[:_MOST]
    )


def standing(remembered: Mapping[str, str]) -> tuple[Told, ...]:
    """Those of the documents as they stand; `remembered` is what the store keeps of what was published."""
    return tuple(Told(**each) for each in json.loads(remembered.get(KEY, "[]")))


def packed(before: Iterable[Told], found: Collection[Told], documents: Collection[str], feeds: Collection[str]) -> str:
    """What the store shall keep: those of before but for these documents and for feeds that are no more, and the new ones."""
    kept = [each for each in before if each.document not in documents and _feed(each.document) in feeds]
    every = sorted({*kept, *found}, key=lambda each: (each.document, each.entry, each.rule, each.place, each.value))
    return json.dumps([asdict(each) for each in every], ensure_ascii=False)


def _feed(document: str) -> str:
    return document.split("/")[1].partition(".")[0]  # feeds/<id>.atom, feeds/<id>/<page>.atom


def as_dict(faults: Iterable[Told]) -> dict[str, Any]:
    """Under the keys of `--json`: documents that were refused, entries that were left out."""
    every = [asdict(each) for each in faults]
    return {
        "refused": [
            {key: each[key] for key in ("document", "rule", "place", "value")} for each in every if not each["entry"]
        ],
        "left_out": [each for each in every if each["entry"]],
    }
