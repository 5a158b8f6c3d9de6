"""The first schema. Oldest release that works with it: 0.1."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Creates everything."""
    op.create_table(
        "accounts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("paused_until", sa.Float(), nullable=True),
        sa.Column("pause_code", sa.String(length=120), nullable=True),
        sa.Column("pause_message", sa.Text(), nullable=True),
        sa.Column("told", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts")),
    )
    op.create_table(
        "arrivals",
        sa.Column("key", sa.String(length=400), nullable=False),
        sa.Column("received_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_arrivals")),
    )
    with op.batch_alter_table("arrivals", schema=None) as batch_op:
        batch_op.create_index("ix_arrivals_received_at", ["received_at"], unique=False)

    op.create_table(
        "channels",
        sa.Column("workspace_id", sa.String(length=40), nullable=False),
        sa.Column("channel_id", sa.String(length=40), nullable=False),
        sa.Column("is_member", sa.Boolean(), nullable=False),
        sa.Column("checked_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "channel_id", name=op.f("pk_channels")),
    )
    op.create_table(
        "lanes",
        sa.Column("key", sa.String(length=120), nullable=False),
        sa.Column("next_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_lanes")),
    )
    op.create_table(
        "preferences",
        sa.Column("workspace_id", sa.String(length=40), nullable=False),
        sa.Column("user_id", sa.String(length=40), nullable=False),
        sa.Column("dm", sa.String(length=10), nullable=False),
        sa.Column("voice_id", sa.String(length=200), nullable=True),
        sa.Column("voice_name", sa.Text(), nullable=True),
        sa.Column("avatar_id", sa.String(length=200), nullable=True),
        sa.Column("avatar_name", sa.Text(), nullable=True),
        sa.Column("dm_channel_id", sa.String(length=40), nullable=True),
        sa.CheckConstraint("dm IS NULL OR dm IN ('always', 'away', 'never')", name=op.f("ck_preferences_dm")),
        sa.PrimaryKeyConstraint("workspace_id", "user_id", name=op.f("pk_preferences")),
    )
    op.create_table(
        "schema_notes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("oldest_release", sa.String(length=20), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_schema_notes")),
    )
    op.create_table(
        "threads",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("enterprise_id", sa.String(length=40), nullable=True),
        sa.Column("workspace_id", sa.String(length=40), nullable=False),
        sa.Column("channel_id", sa.String(length=40), nullable=False),
        sa.Column("is_im", sa.Boolean(), nullable=False),
        sa.Column("root_ts", sa.String(length=40), nullable=True),
        sa.Column("card_ts", sa.String(length=40), nullable=True),
        sa.Column("session_id", sa.String(length=200), nullable=True),
        sa.Column("hold", sa.String(length=20), nullable=True),
        sa.Column("gather_at", sa.Float(), nullable=True),
        sa.Column("edited_at", sa.Float(), nullable=True),
        sa.Column("created_at", sa.Float(), nullable=False),
        sa.CheckConstraint("hold IS NULL OR hold IN ('invite', 'offer', 'voice')", name=op.f("ck_threads_hold")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_threads")),
        sa.UniqueConstraint("session_id", name=op.f("uq_threads_session_id")),
    )
    with op.batch_alter_table("threads", schema=None) as batch_op:
        batch_op.create_index(
            "ix_threads_card",
            ["workspace_id", "channel_id", "card_ts"],
            unique=False,
            sqlite_where=sa.text("card_ts IS NOT NULL"),
            postgresql_where=sa.text("card_ts IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_threads_gather_at",
            ["gather_at"],
            unique=False,
            sqlite_where=sa.text("gather_at IS NOT NULL"),
            postgresql_where=sa.text("gather_at IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_threads_hold",
            ["workspace_id", "channel_id", "hold"],
            unique=False,
            sqlite_where=sa.text("hold IS NOT NULL"),
            postgresql_where=sa.text("hold IS NOT NULL"),
        )
        batch_op.create_index(
            "uq_threads_root",
            ["workspace_id", "channel_id", "root_ts"],
            unique=True,
            sqlite_where=sa.text("root_ts IS NOT NULL"),
            postgresql_where=sa.text("root_ts IS NOT NULL"),
        )

    op.create_table(
        "activity",
        sa.Column("thread_id", sa.String(length=40), nullable=False),
        sa.Column("user_id", sa.String(length=40), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(["thread_id"], ["threads.id"], name=op.f("fk_activity_thread_id")),
        sa.PrimaryKeyConstraint("thread_id", "user_id", name=op.f("pk_activity")),
    )
    op.create_table(
        "requests",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("key", sa.String(length=400), nullable=False),
        sa.Column("thread_id", sa.String(length=40), nullable=False),
        sa.Column("requester_id", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("created_at", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(["thread_id"], ["threads.id"], name=op.f("fk_requests_thread_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_requests")),
        sa.UniqueConstraint("key", name=op.f("uq_requests_key")),
    )
    op.create_table(
        "jobs",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("request_id", sa.String(length=40), nullable=False),
        sa.Column("thread_id", sa.String(length=40), nullable=False),
        sa.Column("enterprise_id", sa.String(length=40), nullable=True),
        sa.Column("workspace_id", sa.String(length=40), nullable=False),
        sa.Column("channel_id", sa.String(length=40), nullable=False),
        sa.Column("requester_id", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("brief", sa.JSON(), nullable=False),
        sa.Column("phase", sa.String(length=80), nullable=True),
        sa.Column("progress", sa.Integer(), nullable=True),
        sa.Column("session_id", sa.String(length=200), nullable=True),
        sa.Column("video_id", sa.String(length=200), nullable=True),
        sa.Column("callback_id", sa.String(length=80), nullable=True),
        sa.Column("callback_token", sa.String(length=80), nullable=True),
        sa.Column("seen_video_ids", sa.JSON(), nullable=False),
        sa.Column("asked_words", sa.JSON(), nullable=False),
        sa.Column("look_at", sa.Float(), nullable=True),
        sa.Column("looks", sa.Integer(), nullable=False),
        sa.Column("nudges", sa.Integer(), nullable=False),
        sa.Column("lost_looks", sa.Integer(), nullable=False),
        sa.Column("empty_looks", sa.Integer(), nullable=False),
        sa.Column("failed_looks", sa.Integer(), nullable=False),
        sa.Column("claimed_by", sa.String(length=40), nullable=True),
        sa.Column("cancel_asked_by", sa.String(length=40), nullable=True),
        sa.Column("failure_code", sa.String(length=120), nullable=True),
        sa.Column("failure_message", sa.Text(), nullable=True),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("duration_seconds", sa.Float(), nullable=True),
        sa.Column("page_url", sa.Text(), nullable=True),
        sa.Column("file_id", sa.String(length=40), nullable=True),
        sa.Column("file_permalink", sa.Text(), nullable=True),
        sa.Column("file_trouble", sa.String(length=120), nullable=True),
        sa.Column("result_ts", sa.String(length=40), nullable=True),
        sa.Column("retry_of", sa.String(length=40), nullable=True),
        sa.Column("slow_told", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.Float(), nullable=False),
        sa.Column("submitted_at", sa.Float(), nullable=True),
        sa.Column("phase_at", sa.Float(), nullable=True),
        sa.Column("finished_at", sa.Float(), nullable=True),
        sa.CheckConstraint(
            "state IS NULL OR state IN ('queued', 'submitting', 'unconfirmed', 'generating', 'waiting_for_input', 'completed', 'failed', 'cancelled')",
            name=op.f("ck_jobs_state"),
        ),
        sa.CheckConstraint("version >= 1", name=op.f("ck_jobs_version")),
        sa.ForeignKeyConstraint(["request_id"], ["requests.id"], name=op.f("fk_jobs_request_id")),
        sa.ForeignKeyConstraint(["thread_id"], ["threads.id"], name=op.f("fk_jobs_thread_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_jobs")),
        sa.UniqueConstraint("callback_id", name=op.f("uq_jobs_callback_id")),
        sa.UniqueConstraint("callback_token", name=op.f("uq_jobs_callback_token")),
    )
    with op.batch_alter_table("jobs", schema=None) as batch_op:
        batch_op.create_index("ix_jobs_channel", ["workspace_id", "channel_id", "created_at"], unique=False)
        batch_op.create_index(
            "ix_jobs_look_at",
            ["look_at"],
            unique=False,
            sqlite_where=sa.text("look_at IS NOT NULL"),
            postgresql_where=sa.text("look_at IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_jobs_open_in_channel",
            ["workspace_id", "channel_id", "created_at"],
            unique=False,
            sqlite_where=sa.text("state IN ('generating', 'queued', 'submitting', 'unconfirmed', 'waiting_for_input')"),
            postgresql_where=sa.text(
                "state IN ('generating', 'queued', 'submitting', 'unconfirmed', 'waiting_for_input')"
            ),
        )
        batch_op.create_index("ix_jobs_requester", ["workspace_id", "requester_id", "created_at"], unique=False)
        batch_op.create_index("ix_jobs_session_id", ["session_id"], unique=False)
        batch_op.create_index("ix_jobs_state", ["state", "created_at"], unique=False)
        batch_op.create_index("ix_jobs_thread_id", ["thread_id"], unique=False)
        batch_op.create_index(
            "uq_jobs_open_in_thread",
            ["thread_id"],
            unique=True,
            sqlite_where=sa.text("state IN ('generating', 'queued', 'submitting', 'unconfirmed', 'waiting_for_input')"),
            postgresql_where=sa.text(
                "state IN ('generating', 'queued', 'submitting', 'unconfirmed', 'waiting_for_input')"
            ),
        )
        batch_op.create_index(
            "uq_jobs_video",
            ["video_id"],
            unique=True,
            sqlite_where=sa.text("video_id IS NOT NULL"),
            postgresql_where=sa.text("video_id IS NOT NULL"),
        )

    op.create_table(
        "effects",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("side", sa.String(length=10), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("order_key", sa.String(length=80), nullable=True),
        sa.Column("lane", sa.String(length=120), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("workspace_id", sa.String(length=40), nullable=False),
        sa.Column("channel_id", sa.String(length=40), nullable=False),
        sa.Column("thread_id", sa.String(length=40), nullable=True),
        sa.Column("job_id", sa.String(length=40), nullable=True),
        sa.Column("step", sa.String(length=30), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("evidence", sa.JSON(), nullable=False),
        sa.Column("wanted", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("attempted_at", sa.Float(), nullable=True),
        sa.Column("due_at", sa.Float(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("claimed_by", sa.String(length=40), nullable=True),
        sa.Column("created_at", sa.Float(), nullable=False),
        sa.Column("patient_from", sa.Float(), nullable=False),
        sa.CheckConstraint("side IN ('slack', 'heygen')", name=op.f("ck_effects_side")),
        sa.CheckConstraint(
            "state IS NULL OR state IN ('pending', 'trying', 'unknown', 'done', 'refused', 'dropped')",
            name=op.f("ck_effects_state"),
        ),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name=op.f("fk_effects_job_id")),
        sa.ForeignKeyConstraint(["thread_id"], ["threads.id"], name=op.f("fk_effects_thread_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_effects")),
        sa.UniqueConstraint("key", name=op.f("uq_effects_key")),
    )
    with op.batch_alter_table("effects", schema=None) as batch_op:
        batch_op.create_index("ix_effects_due", ["state", "side", "due_at"], unique=False)
        batch_op.create_index("ix_effects_job_id", ["job_id"], unique=False)
        batch_op.create_index("ix_effects_order", ["order_key", "state", "id"], unique=False)

    op.create_table(
        "questions",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("thread_id", sa.String(length=40), nullable=False),
        sa.Column("job_id", sa.String(length=40), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("options", sa.JSON(), nullable=False),
        sa.Column("subject", sa.String(length=20), nullable=True),
        sa.Column("resource_ids", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("answered_by", sa.String(length=40), nullable=True),
        sa.Column("message_ts", sa.String(length=40), nullable=True),
        sa.Column("asked_at", sa.Float(), nullable=False),
        sa.Column("remind_at", sa.Float(), nullable=True),
        sa.Column("close_at", sa.Float(), nullable=True),
        sa.CheckConstraint(
            "kind IS NULL OR kind IN ('agent', 'review', 'name', 'unconfirmed')", name=op.f("ck_questions_kind")
        ),
        sa.CheckConstraint("state IS NULL OR state IN ('open', 'answered', 'closed')", name=op.f("ck_questions_state")),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name=op.f("fk_questions_job_id")),
        sa.ForeignKeyConstraint(["thread_id"], ["threads.id"], name=op.f("fk_questions_thread_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_questions")),
    )
    with op.batch_alter_table("questions", schema=None) as batch_op:
        batch_op.create_index("ix_questions_thread_id", ["thread_id", "state"], unique=False)
        batch_op.create_index("uq_questions_number", ["job_id", "number"], unique=True)
        batch_op.create_index(
            "uq_questions_open",
            ["job_id"],
            unique=True,
            sqlite_where=sa.text("state = 'open'"),
            postgresql_where=sa.text("state = 'open'"),
        )

    op.create_table(
        "replies",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("key", sa.String(length=400), nullable=False),
        sa.Column("thread_id", sa.String(length=40), nullable=False),
        sa.Column("user_id", sa.String(length=40), nullable=False),
        sa.Column("ts", sa.String(length=40), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("files", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("job_id", sa.String(length=40), nullable=True),
        sa.Column("created_at", sa.Float(), nullable=False),
        sa.CheckConstraint("state IS NULL OR state IN ('waiting', 'joined')", name=op.f("ck_replies_state")),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name=op.f("fk_replies_job_id")),
        sa.ForeignKeyConstraint(["thread_id"], ["threads.id"], name=op.f("fk_replies_thread_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_replies")),
        sa.UniqueConstraint("key", name=op.f("uq_replies_key")),
    )
    with op.batch_alter_table("replies", schema=None) as batch_op:
        batch_op.create_index("ix_replies_thread_id", ["thread_id", "state"], unique=False)

    op.execute("INSERT INTO accounts (id, told) VALUES (1, false)")
    op.execute("INSERT INTO schema_notes (id, oldest_release) VALUES (1, '0.1')")
