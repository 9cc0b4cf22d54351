"""Which story stands where in a feed: in the document that is subscribed to, or on a page of its archive (RFC 5005 section 4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from aggregator.model import FeedStory, Headline

# Stories on a page of an archive: as many as a feed shows by default, so that no page is larger than what readers take anyway
PAGE = 100


def entered(
    feed_id: str, fitting: Sequence[Headline], known: Mapping[str, FeedStory], generation: int
) -> tuple[FeedStory, ...]:
    """The places that are new or other than before. `known` are those of all stories that were looked at: what the feed does
    not take any more leaves it, and finds its old place when it comes again.
    """
    changed = []
    for headline in fitting:
        moment = _moment(headline)
        place = known.get(headline.id)
        if place is None:
            place = FeedStory(headline.id, feed_id, 0, False, generation, headline.published, moment)  # noqa: FBT003
            changed.append(place)
        elif place.left or (place.published, place.moment) != (headline.published, moment):
            changed.append(place._replace(left=False, published=headline.published, moment=moment))
    inside = {headline.id for headline in fitting}
    changed += [place._replace(left=True) for name, place in known.items() if name not in inside and not place.left]
    return tuple(changed)


def _moment(headline: Headline) -> datetime:
    """What was corrected after it had been published is news again from then (RFC 5005 section 4: the document that is
    subscribed to holds the entries most recently added or changed)."""
    return max(headline.published, headline.changed) if headline.changed > headline.minted else headline.published


def closed(tail: Sequence[FeedStory], size: int, last: int) -> tuple[FeedStory, ...]:
    """The pages that come after page `last`: `size` stories each, those first that entered the feed first, in one pass those that
    were published first. What fills no page stays in the tail."""
    ordered = sorted(tail, key=lambda place: (place.entered, place.published, place.story_id))
    full = len(ordered) - len(ordered) % size
    return tuple(place._replace(page=last + 1 + position // size) for position, place in enumerate(ordered[:full]))
