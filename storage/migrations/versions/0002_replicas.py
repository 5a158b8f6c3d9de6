"""Who runs on the database, until when Slack was heard, how often and when each call was tried.

Oldest release that works with it: 0.1.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Expands alone: release 0.1 goes on working, and knows nothing of what is new."""
    op.create_table(
        "instances",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("release", sa.String(length=20), nullable=False),
        sa.Column("started_at", sa.Float(), nullable=False),
        sa.Column("seen_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_instances")),
    )
    op.create_table(
        "hearing",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("heard_until", sa.Float(), nullable=True),
        sa.Column("claimed_by", sa.String(length=40), nullable=True),
        sa.Column("claimed_until", sa.Float(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hearing")),
    )
    op.execute("INSERT INTO hearing (id) VALUES (1)")
    op.add_column("effects", sa.Column("tries", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("effects", sa.Column("first_tried_at", sa.Float(), nullable=True))
    op.add_column("effects", sa.Column("settled_at", sa.Float(), nullable=True))
