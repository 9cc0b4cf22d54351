"""Subscriptions by WebSub, and which hub a source names.

Revision ID: 0007
Revises: 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "subscribers",
        sa.Column("topic", sa.Text, nullable=False),
        sa.Column("callback", sa.Text, nullable=False),
        sa.Column("host", sa.Text, nullable=False),
        sa.Column("secret", sa.Text),
        sa.Column("expires", sa.BigInteger, nullable=False),
        sa.Column("delivered", sa.Text, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("next_try", sa.BigInteger, nullable=False),
        sa.Column("failing_since", sa.BigInteger),
        sa.PrimaryKeyConstraint("topic", "callback", name=op.f("pk_subscribers")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_subscribers_host", "subscribers", ["host"])
    op.create_table(
        "intents",
        sa.Column("topic", sa.Text, nullable=False),
        sa.Column("callback", sa.Text, nullable=False),
        sa.Column("mode", sa.Text, nullable=False),
        sa.Column("host", sa.Text, nullable=False),
        sa.Column("lease", sa.Integer, nullable=False),
        sa.Column("secret", sa.Text),
        sa.Column("asked", sa.BigInteger, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("next_try", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("topic", "callback", name=op.f("pk_intents")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "pushes",
        sa.Column("token", sa.Text, nullable=False),
        sa.Column("source_id", sa.Text, nullable=False),
        sa.Column("hub", sa.Text, nullable=False),
        sa.Column("topic", sa.Text, nullable=False),
        sa.Column("secret", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("asked", sa.BigInteger, nullable=False),
        sa.Column("expires", sa.BigInteger),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("next_try", sa.BigInteger, nullable=False),
        sa.Column("hinted", sa.BigInteger),
        sa.Column("looked", sa.BigInteger),
        sa.Column("idle", sa.Integer, nullable=False),
        sa.Column("reason", sa.Text),
        sa.PrimaryKeyConstraint("token", name=op.f("pk_pushes")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_pushes_source_id", "pushes", ["source_id"])
    # recreated: a column that SQLite adds stands behind the constraints, not where a new store has it
    with op.batch_alter_table("sources", recreate="always") as sources:
        sources.add_column(sa.Column("hub", sa.Text))


def downgrade() -> None:
    raise NotImplementedError("a store is never taken back: restore the backup")
