"""When stories last changed, which are gone, and what stands in which feed and on which page of its archive.

Revision ID: 0006
Revises: 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # recreated: a column that SQLite adds stands behind the constraints, not where a new store has it
    with op.batch_alter_table("stories", recreate="always") as stories:
        stories.add_column(sa.Column("generation", sa.BigInteger, nullable=False, server_default=sa.text("0")))
    op.execute(
        "UPDATE stories SET generation = coalesce((SELECT value FROM counters WHERE name = 'generation'), 0)"
    )
    op.create_index("ix_stories_generation", "stories", ["generation"])
    op.create_table(
        "gone_stories",
        sa.Column("story_id", sa.Text, nullable=False),
        sa.Column("generation", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("story_id", name=op.f("pk_gone_stories")),
    )
    op.create_index("ix_gone_stories_generation", "gone_stories", ["generation"])
    op.create_table(
        "feed_stories",
        sa.Column("story_id", sa.Text, nullable=False),
        sa.Column("feed_id", sa.Text, nullable=False),
        sa.Column("page", sa.Integer, nullable=False),
        sa.Column("left", sa.SmallInteger, nullable=False),
        sa.Column("entered", sa.BigInteger, nullable=False),
        sa.Column("published", sa.BigInteger, nullable=False),
        sa.Column("moment", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("story_id", "feed_id", name=op.f("pk_feed_stories")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_feed_stories_page", "feed_stories", ["feed_id", "page"])
    op.create_index("ix_feed_stories_moment", "feed_stories", ["feed_id", "moment"])
    op.create_table(
        "archives",
        sa.Column("feed_id", sa.Text, nullable=False),
        sa.Column("page", sa.Integer, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("feed_id", "page", name=op.f("pk_archives")),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    raise NotImplementedError("a store is never taken back: restore the backup")
