"""How sources usually answer, since when they are well, and what somebody was told.

Revision ID: 0009
Revises: 0008
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # recreated: a column that SQLite adds stands behind the constraints, not where a new store has it
    with op.batch_alter_table("sources", recreate="always") as sources:
        sources.add_column(sa.Column("profile", sa.Text))
        sources.add_column(sa.Column("well_since", sa.BigInteger))
    op.create_table(
        "events",
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("over", sa.Integer),
        sa.Column("state", sa.Text),
        sa.Column("cause", sa.Text, nullable=False),
        sa.Column("sources", sa.Text, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("open", sa.Text, nullable=False),
        sa.Column("waiting", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_events")),
    )


def downgrade() -> None:
    raise NotImplementedError("a store is never taken back: restore the backup")
