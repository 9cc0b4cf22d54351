"""How long a published document may be taken for fresh: from the rhythm that it shows itself. Pure."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from itertools import pairwise
from statistics import median

SHORTEST, LONGEST = timedelta(minutes=1), timedelta(hours=1)
PAGE = timedelta(minutes=5)
# An archive document is not written again unless something in it is corrected or withdrawn: a day is the time until then
ARCHIVE = timedelta(days=1)

# A reader that comes as a quarter of the usual gap is over sees news a quarter of it late at the most, and four of five of its
# questions are answered by its own cache.
_SHARE = 4
_LOOKED_AT = 30  # the newest changes: what a feed did last year says little of today
_WRITTEN = {
    ".atom": re.compile(rb"<updated>([^<]{10,40})</updated>"),
    ".rss": re.compile(rb"<pubDate>([^<]{10,40})</pubDate>"),
    ".json": re.compile(rb'"date_(?:modified|published)": ?"([^"]{10,40})"'),
}


def lifetime(name: str, content: bytes) -> timedelta:
    """The max-age of a published file of that name: of a feed from the gaps between the changes of its stories."""
    suffix = name[name.rfind(".") :]
    written = _WRITTEN.get(suffix)
    if written is None or not name.startswith("feeds/"):
        return PAGE
    if name.count("/") > 1:
        return ARCHIVE
    return _of([_instant(found.decode("ascii", "replace")) for found in written.findall(content)])


def _of(instants: list[datetime | None]) -> timedelta:
    """A feed without two changes has shown no rhythm."""
    newest = sorted({instant for instant in instants if instant is not None}, reverse=True)[:_LOOKED_AT]
    if len(newest) < 2:
        return LONGEST
    gap = median((later - earlier).total_seconds() for later, earlier in pairwise(newest))
    return min(max(timedelta(seconds=gap / _SHARE), SHORTEST), LONGEST)


def _instant(written: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(written) if written[:1].isalpha() else datetime.fromisoformat(written)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
