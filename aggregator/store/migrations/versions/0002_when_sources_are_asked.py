"""When sources are asked: rhythm, wishes, failures by weight, redirects with their time, the face of a source.

Revision ID: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name, kind in (
        ("moved_since", sa.BigInteger),
        ("moved_times", sa.Integer),
        ("last_full", sa.BigInteger),
        ("strikes", sa.Integer),
        ("rhythm", sa.Text),
        ("rest", sa.Text),
        ("title", sa.Text),
        ("link_host", sa.Text),
        ("drift_message", sa.Text),
        ("drifting_since", sa.BigInteger),
    ):
        op.add_column("sources", sa.Column(name, kind))
    # Where a redirect led was remembered without its time: it is seen again at the next answer.
    op.execute("UPDATE sources SET moved_to = NULL")
