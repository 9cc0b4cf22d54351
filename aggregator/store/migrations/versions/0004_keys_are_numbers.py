"""Keys are numbers, found by day; what they were is made again by `remerge`, or as items come.

Revision ID: 0004
Revises: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_table("item_keys")
    op.create_table(
        "item_keys",
        sa.Column("key", sa.BigInteger, nullable=False),
        sa.Column("day", sa.Integer, nullable=False),
        sa.Column("item", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("key", "day", "item", name=op.f("pk_item_keys")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "sketches",
        sa.Column("item", sa.Integer, nullable=False),
        sa.Column("day", sa.Integer, nullable=False),
        sa.Column("packed", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("item", name=op.f("pk_sketches")),
        sa.ForeignKeyConstraint(["item"], ["items.number"], name=op.f("fk_sketches_item_items"), ondelete="CASCADE"),
    )
    # Without keys nothing is found: everything settled is settled again by the next pass
    op.execute(
        "INSERT INTO waiting (item, published, withdrawn, fresh)"
        " SELECT number, published, 0, 0 FROM items WHERE withdrawn = 0 AND number NOT IN (SELECT item FROM waiting)"
    )


def downgrade() -> None:
    raise NotImplementedError("a store is never taken back: restore the backup")
