"""No document that is subscribed to is larger than readers take."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from aggregator.model import Story
from aggregator.publish.view import Rendered, View

MOST = 1_000_000  # bytes of a document, in each format
_SHARE = 0.95  # of what seems to fit: entries differ
_TRIES = 4  # with less HTML, before there is none and entries are left out


def bounded(
    view: View, ranked: Sequence[Story], write: Callable[[View], Sequence[Rendered]]
) -> tuple[View, Sequence[Rendered]]:
    """The view's documents with as many of its stories as fit, and the view that they show. `ranked` are the view's stories,
    those before others that must be there.

    First further entries carry their summary alone, then the last of `ranked` are left out: these stand in the archive.
    """
    documents = write(view)
    html = min(view.room, sum(len(story.origin.html) for story in ranked))
    kept, tries = len(ranked), 0
    while (size := max(len(one.content) for one in documents)) > MOST and kept > 1:
        share = MOST / size * _SHARE
        if tries <= _TRIES:
            html = int(html * share) if tries < _TRIES else 0
        else:
            kept = max(1, int(kept * share))
        tries += 1
        inside = {story.id for story in ranked[:kept]}
        stories = tuple(story for story in view.stories if story.id in inside)
        view = replace(view, stories=stories, room=html, memory={})
        documents = write(view)
    return view, documents
