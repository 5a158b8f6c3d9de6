"""What waits behind another call of its order is kept out of its lane.

Oldest release that works with it: 0.1.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """What is there already stands in its lane as before: a claim passes over what it may not try yet."""
    op.add_column("effects", sa.Column("is_behind", sa.Boolean(), nullable=False, server_default=sa.false()))
    no = "0" if op.get_bind().dialect.name == "sqlite" else "false"
    in_lane = sa.text(f"state IN ('pending', 'unknown') AND is_behind IS {no}")
    op.drop_index("ix_effects_lane", "effects")
    op.create_index(
        "ix_effects_lane",
        "effects",
        ["side", "lane", "priority", "due_at", "id"],
        sqlite_where=in_lane,
        postgresql_where=in_lane,
    )
