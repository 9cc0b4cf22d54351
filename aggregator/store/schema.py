"""The tables.

Text compares by code point, as Python sorts it (SQLite's BINARY; PostgreSQL needs COLLATE "C").
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from aggregator.errors import Failure
from aggregator.model import DateTrust, Mode, PushState, State, Verdict
from aggregator.store.columns import (
    ENCLOSURES,
    HUB,
    INSTANT,
    PROFILE,
    REST,
    RHYTHM,
    RIGHTS,
    SPAN,
    STRINGS,
    TAGS,
    VERDICTS,
    choice,
)

# Grows by one with every file in migrations/versions; the store carries it, so that alembic (225 ms) is only imported
# where the two differ.
VERSION = 9

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

sources = Table(
    "sources",
    metadata,
    Column("source_id", Text, primary_key=True),
    Column("etag", Text),
    Column("last_modified", Text),
    Column("body_hash", Text),
    Column("last_checked", INSTANT),
    Column("last_success", INSTANT),
    Column("last_changed", INSTANT),
    Column("next_due", INSTANT),
    Column("failures", Integer, nullable=False),
    Column("failure", choice(Failure)),
    Column("failure_message", Text),
    Column("failing_since", INSTANT),
    Column("cadence", SPAN),
    Column("moved_to", Text),
    Column("moved_since", INSTANT),
    Column("moved_times", Integer),
    Column("last_full", INSTANT),
    Column("strikes", Integer),
    Column("rhythm", RHYTHM),
    Column("rest", REST),
    Column("title", Text),
    Column("link_host", Text),
    Column("drift_message", Text),
    Column("drifting_since", INSTANT),
    Column("rights", RIGHTS),
    Column("hub", HUB),
    Column("profile", PROFILE),
    Column("well_since", INSTANT),
)

hosts = Table(  # by origin: what a pass learns of servers, for the next one
    "hosts",
    metadata,
    Column("origin", Text, primary_key=True),
    Column("closed_until", INSTANT),
    Column("refusals", Integer, nullable=False),
    Column("robots_status", Integer),
    Column("robots_checked", INSTANT),
    Column("robots_read", INSTANT),
    Column("robots_since", INSTANT),
    Column("crawl_delay", Float, nullable=False),
    Column("verdicts", VERDICTS, nullable=False),
    Column("robots", Text),  # last: up to 512 kB that are seldom read
)

rejects = Table(  # of the last answer of a source that said anything new
    "rejects",
    metadata,
    Column("source_id", Text, primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("reason", Text, nullable=False),
    Column("title", Text, nullable=False),
)

listings = Table(  # fingerprints of all that a source showed when it was last read: what of it stays whatever its age
    "listings",
    metadata,
    Column("source_id", Text, primary_key=True),
    Column("fingerprints", STRINGS, nullable=False),
)

items = Table(
    "items",
    metadata,
    Column("number", Integer, primary_key=True),  # ours alone: what other tables point to
    Column("withdrawn", SmallInteger, nullable=False),  # 0 or 1
    Column("source_id", Text, nullable=False),
    Column("guid", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column("published", INSTANT, nullable=False),
    Column("updated", INSTANT),
    Column("date_trust", choice(DateTrust), nullable=False),
    Column("published_text", Text),
    Column("first_seen", INSTANT, nullable=False),
    Column("content_hash", Text, nullable=False),
    Column("fingerprint", Text, nullable=False),
    Column("language", Text),
    Column("issuer", Text),
    Column("authors", STRINGS, nullable=False),
    Column("categories", STRINGS, nullable=False),
    Column("enclosures", ENCLOSURES, nullable=False),
    Column("url", Text, nullable=False),
    Column("title", Text, nullable=False),
    # the long ones last: SQLite reads a row from its start and leaves the overflow pages alone that it does not need
    Column("summary", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("html", Text, nullable=False),
    # the guid first: `guid IN (...)` finds items of many sources at once; a list of pairs makes SQLite walk the whole table
    UniqueConstraint("guid", "source_id"),
    Index("ix_items_id", "id"),
    Index("ix_items_url", "url"),
    Index("ix_items_published", "published"),
    # answers `fingerprints` and `source_counts` without touching the rows
    Index("ix_items_by_source", "source_id", "first_seen", "withdrawn", "fingerprint"),
)

# Without foreign key: an entry may bring its further names and be rejected all the same.
aliases = Table(
    "aliases",
    metadata,
    Column("source_id", Text, primary_key=True),
    Column("alias", Text, primary_key=True),
    Column("guid", Text, nullable=False),
    sqlite_with_rowid=False,
)


def _item(name: str, *, primary_key: bool = False) -> Column[int]:
    return Column(
        name, Integer, ForeignKey("items.number", ondelete="CASCADE"), primary_key=primary_key, nullable=False
    )


# Items that wait to be settled. A table of its own: a flag in `items` costs a page of 4 KB in the log for every item settled
# (45 µs instead of 1), an index by what they are sorted by another for every new one.
waiting = Table(
    "waiting",
    metadata,
    _item("item", primary_key=True),
    Column("published", INSTANT, nullable=False),
    Column("withdrawn", SmallInteger, nullable=False),
    Column("fresh", SmallInteger, nullable=False),  # 1: never settled, and not yet in the search table
)

revisions = Table(  # what an item said before
    "revisions",
    metadata,
    Column("number", Integer, primary_key=True),
    _item("item"),
    Column("replaced", INSTANT, nullable=False),
    Column("content_hash", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("summary", Text, nullable=False),
    Column("text", Text, nullable=False),
    Index("ix_revisions_item", "item"),
)

# What items must share to be compared (stories/keys.py): the index from which candidates come. One row a key and no index by
# item, which would double it: what an item's keys are stands in `sketches`. No foreign key, which would need that index; only
# items that are there are asked for.
item_keys = Table(
    "item_keys",
    metadata,
    Column("key", BigInteger, primary_key=True),
    Column("day", Integer, primary_key=True),  # of publication, since 1970; 0 where the item has no date of its own
    Column("item", Integer, primary_key=True),
    sqlite_with_rowid=False,
)

sketches = Table(
    "sketches",
    metadata,
    _item("item", primary_key=True),
    Column("day", Integer, nullable=False),
    Column("packed", LargeBinary, nullable=False),  # eight bytes each
)

matches = Table(
    "matches",
    metadata,
    _item("left", primary_key=True),
    _item("right", primary_key=True),
    Column("verdict", choice(Verdict), nullable=False),
    Column("rule", Text, nullable=False),
    Column("strength", Float, nullable=False),
    Column("evidence", Text, nullable=False),
    Index("ix_matches_right", "right"),
    sqlite_with_rowid=False,
)

stories = Table(
    "stories",
    metadata,
    Column("id", Text, primary_key=True),
    Column("slug", Text, nullable=False),  # the last part of the id, as it stands in URLs
    Column("version", Text, nullable=False),
    Column("minted", INSTANT, nullable=False),
    Column("published", INSTANT, nullable=False),
    Column("changed", INSTANT, nullable=False),
    # said again here so that headlines are one walk over one table
    Column("labels", STRINGS, nullable=False),
    Column("sources", STRINGS, nullable=False),
    Column("language", Text),
    Column("related", STRINGS, nullable=False),
    Column("absorbed", STRINGS, nullable=False),
    Column("tags", TAGS, nullable=False),
    Column("near_misses", TAGS, nullable=False),
    Column("generation", BigInteger, nullable=False, server_default=text("0")),  # of the settling that last wrote it
    Index("ix_stories_slug", "slug"),
    Index("ix_stories_generation", "generation"),
)

# Stories that are no more, and since which settling; taken out when a story comes again under the id.
gone_stories = Table(
    "gone_stories",
    metadata,
    Column("story_id", Text, primary_key=True),
    Column("generation", BigInteger, nullable=False),
    Index("ix_gone_stories_generation", "generation"),
)


def _story(*, primary_key: bool = False) -> Column[str]:
    return Column(
        "story_id", Text, ForeignKey("stories.id", ondelete="CASCADE"), primary_key=primary_key, nullable=False
    )


members = Table(  # an item is in one story at the most
    "members",
    metadata,
    _item("item", primary_key=True),
    _story(),
    Column("position", Integer, nullable=False),  # among the story's carriers; 0 is the origin
    Index("ix_members_story_id", "story_id", "position"),
)

story_labels = Table(
    "story_labels",
    metadata,
    Column("label", Text, primary_key=True),
    _story(primary_key=True),
    Index("ix_story_labels_story_id", "story_id"),
    sqlite_with_rowid=False,
)

# Without foreign key: a story may go and come again, what it absorbed is still asked for.
story_aliases = Table(
    "story_aliases",
    metadata,
    Column("alias", Text, primary_key=True),
    Column("slug", Text, nullable=False),
    Column("story_id", Text, nullable=False),
    Index("ix_story_aliases_slug", "slug"),
    Index("ix_story_aliases_story_id", "story_id"),
)

rendered = Table(
    "rendered",
    metadata,
    Column("feed_id", Text, primary_key=True),
    Column("digest", Text, nullable=False),
)

# Every story that ever stood in a feed. Without foreign key: a story that is gone keeps its place, should it come again.
feed_stories = Table(
    "feed_stories",
    metadata,
    Column("story_id", Text, primary_key=True),
    Column("feed_id", Text, primary_key=True),
    Column("page", Integer, nullable=False),  # of the feed's archive, counted from the oldest, 1; 0: of none yet
    Column("left", SmallInteger, nullable=False),  # 1: the feed does not take it any more, or it is gone
    Column("entered", BigInteger, nullable=False),  # the generation in which it came into the feed
    Column("published", INSTANT, nullable=False),
    Column("moment", INSTANT, nullable=False),  # when it was last news: published, or corrected
    Index("ix_feed_stories_page", "feed_id", "page"),
    Index("ix_feed_stories_moment", "feed_id", "moment"),
    sqlite_with_rowid=False,
)

archives = Table(  # the pages of the feeds' archives; as in `rendered`, "" is what must be written again
    "archives",
    metadata,
    Column("feed_id", Text, primary_key=True),
    Column("page", Integer, primary_key=True),
    Column("digest", Text, nullable=False),
    sqlite_with_rowid=False,
)

events = Table(  # what somebody was told of the health of sources and of the installation
    "events",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("at", INSTANT, nullable=False),
    Column("over", Integer),
    Column("state", choice(State)),
    Column("cause", Text, nullable=False),
    Column("sources", STRINGS, nullable=False),
    Column("detail", Text, nullable=False),
    Column("open", STRINGS, nullable=False),
    Column("waiting", STRINGS, nullable=False),
)

counters = Table(
    "counters",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", BigInteger, nullable=False),
)

subscribers = Table(  # to our feeds: who showed that they want them
    "subscribers",
    metadata,
    Column("topic", Text, primary_key=True),
    Column("callback", Text, primary_key=True),
    Column("host", Text, nullable=False),
    Column("secret", Text),
    Column("expires", INSTANT, nullable=False),
    Column("delivered", Text, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("next_try", INSTANT, nullable=False),
    Column("failing_since", INSTANT),
    Index("ix_subscribers_host", "host"),
    sqlite_with_rowid=False,
)

intents = Table(  # what our hub was asked for and has not yet asked back
    "intents",
    metadata,
    Column("topic", Text, primary_key=True),
    Column("callback", Text, primary_key=True),
    Column("mode", choice(Mode), nullable=False),
    Column("host", Text, nullable=False),
    Column("lease", Integer, nullable=False),
    Column("secret", Text),
    Column("asked", INSTANT, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("next_try", INSTANT, nullable=False),
    sqlite_with_rowid=False,
)

pushes = Table(  # our subscriptions to sources
    "pushes",
    metadata,
    Column("token", Text, primary_key=True),
    Column("source_id", Text, nullable=False),
    Column("hub", Text, nullable=False),
    Column("topic", Text, nullable=False),
    Column("secret", Text, nullable=False),
    Column("state", choice(PushState), nullable=False),
    Column("asked", INSTANT, nullable=False),
    Column("expires", INSTANT),
    Column("tries", Integer, nullable=False),
    Column("next_try", INSTANT, nullable=False),
    Column("hinted", INSTANT),
    Column("looked", INSTANT),
    Column("idle", Integer, nullable=False),
    Column("reason", Text),
    Index("ix_pushes_source_id", "source_id"),
    sqlite_with_rowid=False,
)
