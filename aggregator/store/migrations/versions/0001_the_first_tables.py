"""The first tables.

Revision ID: 0001
Revises:
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "aliases",
        sa.Column("source_id", sa.Text, nullable=False),
        sa.Column("alias", sa.Text, nullable=False),
        sa.Column("guid", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("source_id", "alias", name=op.f("pk_aliases")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "counters",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("value", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_counters")),
    )
    op.create_table(
        "items",
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("withdrawn", sa.SmallInteger, nullable=False),
        sa.Column("source_id", sa.Text, nullable=False),
        sa.Column("guid", sa.Text, nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("published", sa.BigInteger, nullable=False),
        sa.Column("updated", sa.BigInteger),
        sa.Column("date_trust", sa.Text, nullable=False),
        sa.Column("published_text", sa.Text),
        sa.Column("first_seen", sa.BigInteger, nullable=False),
        sa.Column("content_hash", sa.Text, nullable=False),
        sa.Column("fingerprint", sa.Text, nullable=False),
        sa.Column("language", sa.Text),
        sa.Column("issuer", sa.Text),
        sa.Column("authors", sa.Text, nullable=False),
        sa.Column("categories", sa.Text, nullable=False),
        sa.Column("enclosures", sa.Text, nullable=False),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("summary", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("html", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_items")),
        sa.UniqueConstraint("guid", "source_id", name=op.f("uq_items_guid_source_id")),
    )
    op.create_index("ix_items_by_source", "items", ["source_id", "first_seen", "withdrawn", "fingerprint"])
    op.create_index("ix_items_id", "items", ["id"])
    op.create_index("ix_items_published", "items", ["published"])
    op.create_index("ix_items_url", "items", ["url"])
    op.create_table(
        "rejects",
        sa.Column("source_id", sa.Text, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("source_id", "position", name=op.f("pk_rejects")),
    )
    op.create_table(
        "rendered",
        sa.Column("feed_id", sa.Text, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("feed_id", name=op.f("pk_rendered")),
    )
    op.create_table(
        "sources",
        sa.Column("source_id", sa.Text, nullable=False),
        sa.Column("etag", sa.Text),
        sa.Column("last_modified", sa.Text),
        sa.Column("body_hash", sa.Text),
        sa.Column("last_checked", sa.BigInteger),
        sa.Column("last_success", sa.BigInteger),
        sa.Column("last_changed", sa.BigInteger),
        sa.Column("next_due", sa.BigInteger),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("failure", sa.Text),
        sa.Column("failure_message", sa.Text),
        sa.Column("failing_since", sa.BigInteger),
        sa.Column("cadence", sa.BigInteger),
        sa.Column("moved_to", sa.Text),
        sa.PrimaryKeyConstraint("source_id", name=op.f("pk_sources")),
    )
    op.create_table(
        "stories",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("slug", sa.Text, nullable=False),
        sa.Column("version", sa.Text, nullable=False),
        sa.Column("minted", sa.BigInteger, nullable=False),
        sa.Column("published", sa.BigInteger, nullable=False),
        sa.Column("changed", sa.BigInteger, nullable=False),
        sa.Column("labels", sa.Text, nullable=False),
        sa.Column("sources", sa.Text, nullable=False),
        sa.Column("language", sa.Text),
        sa.Column("related", sa.Text, nullable=False),
        sa.Column("absorbed", sa.Text, nullable=False),
        sa.Column("tags", sa.Text, nullable=False),
        sa.Column("near_misses", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stories")),
    )
    op.create_index("ix_stories_slug", "stories", ["slug"])
    op.create_table(
        "story_aliases",
        sa.Column("alias", sa.Text, nullable=False),
        sa.Column("slug", sa.Text, nullable=False),
        sa.Column("story_id", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("alias", name=op.f("pk_story_aliases")),
    )
    op.create_index("ix_story_aliases_slug", "story_aliases", ["slug"])
    op.create_index("ix_story_aliases_story_id", "story_aliases", ["story_id"])
    op.create_table(
        "item_keys",
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("item", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("key", "item", name=op.f("pk_item_keys")),
        sa.ForeignKeyConstraint(["item"], ["items.number"], name=op.f("fk_item_keys_item_items"), ondelete="CASCADE"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_item_keys_item", "item_keys", ["item"])
    op.create_table(
        "matches",
        sa.Column("left", sa.Integer, nullable=False),
        sa.Column("right", sa.Integer, nullable=False),
        sa.Column("verdict", sa.Text, nullable=False),
        sa.Column("rule", sa.Text, nullable=False),
        sa.Column("strength", sa.Float, nullable=False),
        sa.Column("evidence", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("left", "right", name=op.f("pk_matches")),
        sa.ForeignKeyConstraint(["left"], ["items.number"], name=op.f("fk_matches_left_items"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["right"], ["items.number"], name=op.f("fk_matches_right_items"), ondelete="CASCADE"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_matches_right", "matches", ["right"])
    op.create_table(
        "members",
        sa.Column("item", sa.Integer, nullable=False),
        sa.Column("story_id", sa.Text, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("item", name=op.f("pk_members")),
        sa.ForeignKeyConstraint(["item"], ["items.number"], name=op.f("fk_members_item_items"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["story_id"], ["stories.id"], name=op.f("fk_members_story_id_stories"), ondelete="CASCADE"
        ),
    )
    op.create_index("ix_members_story_id", "members", ["story_id", "position"])
    op.create_table(
        "revisions",
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("item", sa.Integer, nullable=False),
        sa.Column("replaced", sa.BigInteger, nullable=False),
        sa.Column("content_hash", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("summary", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_revisions")),
        sa.ForeignKeyConstraint(["item"], ["items.number"], name=op.f("fk_revisions_item_items"), ondelete="CASCADE"),
    )
    op.create_index("ix_revisions_item", "revisions", ["item"])
    op.create_table(
        "waiting",
        sa.Column("item", sa.Integer, nullable=False),
        sa.Column("published", sa.BigInteger, nullable=False),
        sa.Column("withdrawn", sa.SmallInteger, nullable=False),
        sa.Column("fresh", sa.SmallInteger, nullable=False),
        sa.PrimaryKeyConstraint("item", name=op.f("pk_waiting")),
        sa.ForeignKeyConstraint(["item"], ["items.number"], name=op.f("fk_waiting_item_items"), ondelete="CASCADE"),
    )
    op.create_table(
        "story_labels",
        sa.Column("label", sa.Text, nullable=False),
        sa.Column("story_id", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("label", "story_id", name=op.f("pk_story_labels")),
        sa.ForeignKeyConstraint(
            ["story_id"], ["stories.id"], name=op.f("fk_story_labels_story_id_stories"), ondelete="CASCADE"
        ),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_story_labels_story_id", "story_labels", ["story_id"])
    if op.get_bind().dialect.name == "sqlite":
        for statement in _SEARCH:
            op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("a store is never taken back: restore the backup")


# An FTS5 table over `items` that keeps no text of its own (external content): what it forgets must be told to it word for
# word, so triggers do it. Items come in when they are first settled, thousands in one statement: 35 µs each instead of 180
# by a trigger in every source's transaction. Diacritics do not count: Foerderung is another word, Forderung is found by
# Förderung. A pass gathers its words in 8 MB of memory: one segment a round instead of several to be merged.
_SEARCH = (
    """CREATE VIEW items_search_rows AS SELECT number, title, summary, text FROM items
        WHERE NOT EXISTS (SELECT 1 FROM waiting WHERE item = number AND fresh = 1)""",
    """CREATE VIRTUAL TABLE items_search USING fts5(
        title, summary, text, content="items_search_rows", content_rowid="number",
        tokenize='unicode61 remove_diacritics 2')""",
    """INSERT INTO items_search (items_search, rank) VALUES ('hashsize', 8388608)""",
    # before: the row in `waiting` is deleted with the item
    """CREATE TRIGGER items_search_delete BEFORE DELETE ON items
    WHEN NOT EXISTS (SELECT 1 FROM waiting WHERE item = old.number AND fresh = 1) BEGIN
        INSERT INTO items_search (items_search, rowid, title, summary, text)
        VALUES ('delete', old.number, old.title, old.summary, old.text);
    END""",
    """CREATE TRIGGER items_search_update AFTER UPDATE OF title, summary, text ON items
    WHEN NOT EXISTS (SELECT 1 FROM waiting WHERE item = old.number AND fresh = 1) BEGIN
        INSERT INTO items_search (items_search, rowid, title, summary, text)
        VALUES ('delete', old.number, old.title, old.summary, old.text);
        INSERT INTO items_search (rowid, title, summary, text) VALUES (new.number, new.title, new.summary, new.text);
    END""",
)
