"""Who runs on the database, until when Slack was heard, how often and when each call was tried, what is counted,
since when a thread is held.

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
        sa.Column("left_at", sa.Float(), nullable=True),
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
    op.add_column("threads", sa.Column("held_at", sa.Float(), nullable=True))
    op.add_column("effects", sa.Column("tries", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("effects", sa.Column("first_tried_at", sa.Float(), nullable=True))
    op.add_column("effects", sa.Column("settled_at", sa.Float(), nullable=True))
    op.add_column("effects", sa.Column("steps", sa.JSON(), nullable=True))
    op.create_index("ix_requests_thread_id", "requests", ["thread_id"])
    is_queued = sa.text("state IN ('queued')")
    op.create_index(
        "ix_jobs_queued", "jobs", ["kind", "created_at"], sqlite_where=is_queued, postgresql_where=is_queued
    )
    is_claimed = sa.text("claimed_by IS NOT NULL")
    for table in ("jobs", "effects"):
        op.create_index(
            f"ix_{table}_claimed_by", table, ["claimed_by"], sqlite_where=is_claimed, postgresql_where=is_claimed
        )
    op.create_index(
        "ix_jobs_ended", "jobs", ["state", "finished_at"], unique=False,
        sqlite_where=sa.text("finished_at IS NOT NULL"), postgresql_where=sa.text("finished_at IS NOT NULL"),
    )  # fmt: skip
    op.create_index(
        "ix_questions_unconfirmed", "questions", ["state"], unique=False,
        sqlite_where=sa.text("kind = 'unconfirmed'"), postgresql_where=sa.text("kind = 'unconfirmed'"),
    )  # fmt: skip
    op.add_column("effects", sa.Column("wider_lane", sa.String(length=120), nullable=True))
    op.create_index(
        "ix_effects_lane",
        "effects",
        ["side", "lane", "priority", "due_at", "id"],
        sqlite_where=sa.text("state IN ('pending', 'unknown')"),
        postgresql_where=sa.text("state IN ('pending', 'unknown')"),
    )
    op.add_column("threads", sa.Column("refresh_at", sa.Float(), nullable=True))
    op.add_column("jobs", sa.Column("look_alone", sa.Boolean(), nullable=False, server_default=sa.false()))
    watched = sa.text("look_at IS NOT NULL AND video_id IS NOT NULL")
    op.create_index("ix_jobs_look_along", "jobs", ["look_at"], sqlite_where=watched, postgresql_where=watched)
    if op.get_bind().dialect.name != "sqlite":
        _let_words_be_long()


def _let_words_be_long() -> None:
    """SQLite never looked at the lengths that 0.1 gave; PostgreSQL, new with 0.2, would refuse what is longer."""
    bind = op.get_bind()
    for table in sa.inspect(bind).get_table_names():
        for column in sa.inspect(bind).get_columns(table):
            if isinstance(column["type"], sa.VARCHAR) and table != "alembic_version":
                op.alter_column(table, column["name"], type_=sa.Text())
