"""What every source shows now: retention leaves it alone.

Revision ID: 0005
Revises: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "listings",
        sa.Column("source_id", sa.Text, nullable=False),
        sa.Column("fingerprints", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("source_id", name=op.f("pk_listings")),
    )


def downgrade() -> None:
    raise NotImplementedError("a store is never taken back: restore the backup")
