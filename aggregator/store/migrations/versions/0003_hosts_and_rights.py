"""What is remembered of servers, and what sources reserve.

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "hosts",
        sa.Column("origin", sa.Text, nullable=False),
        sa.Column("closed_until", sa.BigInteger),
        sa.Column("refusals", sa.Integer, nullable=False),
        sa.Column("robots_status", sa.Integer),
        sa.Column("robots_checked", sa.BigInteger),
        sa.Column("robots_read", sa.BigInteger),
        sa.Column("robots_since", sa.BigInteger),
        sa.Column("crawl_delay", sa.Float, nullable=False),
        sa.Column("verdicts", sa.Text, nullable=False),
        sa.Column("robots", sa.Text),
        sa.PrimaryKeyConstraint("origin", name=op.f("pk_hosts")),
    )
    # recreated: a column that SQLite adds stands behind the constraints, not where a new store has it
    with op.batch_alter_table("sources", recreate="always") as sources:
        sources.add_column(sa.Column("rights", sa.Text))


def downgrade() -> None:
    raise NotImplementedError("a store is never taken back: restore the backup")
