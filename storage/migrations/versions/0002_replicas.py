"""Who runs on the database, how often and when each call was tried, and since when a thread is held. Oldest release that works with it: 0.1."""

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
    op.add_column("threads", sa.Column("held_at", sa.Float(), nullable=True))
    op.add_column("effects", sa.Column("tries", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("effects", sa.Column("first_tried_at", sa.Float(), nullable=True))
    op.add_column("effects", sa.Column("settled_at", sa.Float(), nullable=True))
