"""The schema, once. What cannot happen is said here, by keys, CHECKs and unique indexes, not by remembered ifs."""

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    and_,
    false,
    text,
)

from storage.records import OPEN_STATES, DmWhen, EffectState, Hold, JobState, QuestionKind, QuestionState, ReplyState


class _WithoutNul(TypeDecorator[str]):
    """PostgreSQL takes every character but this one, and words come from outside."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return value.replace("\0", "") if value and "\0" in value else value


Words = Text().with_variant(_WithoutNul(), "postgresql")

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _one_of(column: str, words: type) -> CheckConstraint:
    allowed = ", ".join(f"'{word}'" for word in words)  # type: ignore[attr-defined]
    return CheckConstraint(f"{column} IS NULL OR {column} IN ({allowed})", name=column)


def _in(column: str, words: frozenset[str]) -> str:
    return f"{column} IN ({', '.join(repr(str(word)) for word in sorted(words))})"


IS_OPEN_JOB = _in("state", OPEN_STATES)  # words, not values: a partial index serves only who repeats its condition
IS_QUEUED = _in("state", frozenset({JobState.QUEUED}))
IS_UNCONFIRMED = f"kind = '{QuestionKind.UNCONFIRMED.value}'"
OPEN_EFFECTS = frozenset({EffectState.PENDING, EffectState.TRYING, EffectState.UNKNOWN})
CLAIMABLE_EFFECTS = frozenset({EffectState.PENDING, EffectState.UNKNOWN})
IS_CLAIMABLE_EFFECT = _in("state", CLAIMABLE_EFFECTS)

arrivals = Table(
    "arrivals",
    metadata,
    Column("key", Words, primary_key=True),  # event id, trigger id, view id, channel and ts, webhook id
    Column("received_at", Float, nullable=False),
)
Index("ix_arrivals_received_at", arrivals.c.received_at)

channels = Table(
    "channels",
    metadata,
    Column("workspace_id", Words, primary_key=True),
    Column("channel_id", Words, primary_key=True),
    Column("is_member", Boolean, nullable=False),
    Column("checked_at", Float, nullable=False),
)

threads = Table(
    "threads",
    metadata,
    Column("id", Words, primary_key=True),
    Column("enterprise_id", Words),
    Column("workspace_id", Words, nullable=False),
    Column("channel_id", Words, nullable=False),
    Column("is_im", Boolean, nullable=False),
    Column("root_ts", Words),
    Column("card_ts", Words),
    Column("session_id", Words, unique=True),
    Column("hold", Words),
    Column("held_at", Float),
    Column("gather_at", Float),
    Column("edited_at", Float),
    Column("created_at", Float, nullable=False),
    Column("refresh_at", Float),
    _one_of("hold", Hold),
)
Index(
    "uq_threads_root",
    threads.c.workspace_id,
    threads.c.channel_id,
    threads.c.root_ts,
    unique=True,
    sqlite_where=threads.c.root_ts.is_not(None),
    postgresql_where=threads.c.root_ts.is_not(None),
)
Index(
    "ix_threads_card",
    threads.c.workspace_id,
    threads.c.channel_id,
    threads.c.card_ts,
    sqlite_where=threads.c.card_ts.is_not(None),
    postgresql_where=threads.c.card_ts.is_not(None),
)
Index(
    "ix_threads_hold",
    threads.c.workspace_id,
    threads.c.channel_id,
    threads.c.hold,
    sqlite_where=threads.c.hold.is_not(None),
    postgresql_where=threads.c.hold.is_not(None),
)
Index(
    "ix_threads_gather_at",
    threads.c.gather_at,
    sqlite_where=threads.c.gather_at.is_not(None),
    postgresql_where=threads.c.gather_at.is_not(None),
)

activity = Table(
    "activity",
    metadata,
    Column("thread_id", ForeignKey("threads.id"), primary_key=True),
    Column("user_id", Words, primary_key=True),
    Column("at", Float, nullable=False),
)

requests = Table(
    "requests",
    metadata,
    Column("id", Words, primary_key=True),
    Column("key", Words, nullable=False, unique=True),
    Column("thread_id", ForeignKey("threads.id"), nullable=False),
    Column("requester_id", Words, nullable=False),
    Column("kind", Words, nullable=False),
    Column("created_at", Float, nullable=False),
)

Index("ix_requests_thread_id", requests.c.thread_id)

jobs = Table(
    "jobs",
    metadata,
    Column("id", Words, primary_key=True),
    Column("request_id", ForeignKey("requests.id"), nullable=False),
    Column("thread_id", ForeignKey("threads.id"), nullable=False),
    Column("enterprise_id", Words),
    Column("workspace_id", Words, nullable=False),
    Column("channel_id", Words, nullable=False),
    Column("requester_id", Words, nullable=False),
    Column("kind", Words, nullable=False),
    Column("version", Integer, nullable=False),
    Column("state", Words, nullable=False),
    Column("brief", JSON, nullable=False),
    Column("phase", Words),
    Column("progress", Integer),
    Column("session_id", Words),
    Column("video_id", Words),
    Column("callback_id", Words, unique=True),
    Column("callback_token", Words, unique=True),
    Column("seen_video_ids", JSON, nullable=False),
    Column("asked_words", JSON, nullable=False),
    Column("look_at", Float),
    Column("looks", Integer, nullable=False),
    Column("nudges", Integer, nullable=False),
    Column("look_alone", Boolean, nullable=False, server_default=false()),
    Column("lost_looks", Integer, nullable=False),
    Column("empty_looks", Integer, nullable=False),
    Column("failed_looks", Integer, nullable=False),
    Column("claimed_by", Words),
    Column("cancel_asked_by", Words),
    Column("failure_code", Words),
    Column("failure_message", Words),
    Column("title", Words),
    Column("duration_seconds", Float),
    Column("page_url", Words),
    Column("file_id", Words),
    Column("file_permalink", Words),
    Column("file_trouble", Words),
    Column("result_ts", Words),
    Column("retry_of", Words),
    Column("slow_told", Boolean, nullable=False),
    Column("created_at", Float, nullable=False),
    Column("submitted_at", Float),
    Column("phase_at", Float),
    Column("finished_at", Float),
    _one_of("state", JobState),
    CheckConstraint("version >= 1", name="version"),
)
Index(
    "uq_jobs_video",  # a video is delivered by one job only: v1 never comes back as v2
    jobs.c.video_id,
    unique=True,
    sqlite_where=jobs.c.video_id.is_not(None),
    postgresql_where=jobs.c.video_id.is_not(None),
)
Index(
    "uq_jobs_open_in_thread",  # one thread, one session, one run at a time
    jobs.c.thread_id,
    unique=True,
    sqlite_where=text(IS_OPEN_JOB),
    postgresql_where=text(IS_OPEN_JOB),
)
Index(
    "ix_jobs_open_in_channel",
    jobs.c.workspace_id,
    jobs.c.channel_id,
    jobs.c.created_at,
    sqlite_where=text(IS_OPEN_JOB),
    postgresql_where=text(IS_OPEN_JOB),
)
Index(
    "ix_jobs_claimed_by",
    jobs.c.claimed_by,
    sqlite_where=jobs.c.claimed_by.is_not(None),
    postgresql_where=jobs.c.claimed_by.is_not(None),
)
Index("ix_jobs_thread_id", jobs.c.thread_id)
Index("ix_jobs_session_id", jobs.c.session_id)
Index("ix_jobs_state", jobs.c.state, jobs.c.created_at)
Index(
    "ix_jobs_queued",
    jobs.c.kind,
    jobs.c.created_at,
    sqlite_where=text(IS_QUEUED),
    postgresql_where=text(IS_QUEUED),
)
Index("ix_jobs_channel", jobs.c.workspace_id, jobs.c.channel_id, jobs.c.created_at)
Index("ix_jobs_requester", jobs.c.workspace_id, jobs.c.requester_id, jobs.c.created_at)
Index(
    "ix_jobs_look_at",
    jobs.c.look_at,
    sqlite_where=jobs.c.look_at.is_not(None),
    postgresql_where=jobs.c.look_at.is_not(None),
)
Index(
    "ix_jobs_ended",  # what ended lately, counted by state
    jobs.c.state,
    jobs.c.finished_at,
    sqlite_where=jobs.c.finished_at.is_not(None),
    postgresql_where=jobs.c.finished_at.is_not(None),
)
Index(
    "ix_jobs_look_along",
    jobs.c.look_at,
    sqlite_where=and_(jobs.c.look_at.is_not(None), jobs.c.video_id.is_not(None)),
    postgresql_where=and_(jobs.c.look_at.is_not(None), jobs.c.video_id.is_not(None)),
)

replies = Table(
    "replies",
    metadata,
    Column("id", Words, primary_key=True),
    Column("key", Words, nullable=False, unique=True),
    Column("thread_id", ForeignKey("threads.id"), nullable=False),
    Column("user_id", Words, nullable=False),
    Column("ts", Words),
    Column("text", Words, nullable=False),
    Column("files", JSON, nullable=False),
    Column("state", Words, nullable=False),
    Column("job_id", ForeignKey("jobs.id")),
    Column("created_at", Float, nullable=False),
    _one_of("state", ReplyState),
)
Index("ix_replies_thread_id", replies.c.thread_id, replies.c.state)

questions = Table(
    "questions",
    metadata,
    Column("id", Words, primary_key=True),
    Column("thread_id", ForeignKey("threads.id"), nullable=False),
    Column("job_id", ForeignKey("jobs.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("kind", Words, nullable=False),
    Column("text", Words, nullable=False),
    Column("options", JSON, nullable=False),
    Column("subject", Words),
    Column("resource_ids", JSON, nullable=False),
    Column("state", Words, nullable=False),
    Column("answer", Words),
    Column("answered_by", Words),
    Column("message_ts", Words),
    Column("asked_at", Float, nullable=False),
    Column("remind_at", Float),
    Column("close_at", Float),
    _one_of("kind", QuestionKind),
    _one_of("state", QuestionState),
)
Index("uq_questions_number", questions.c.job_id, questions.c.number, unique=True)
Index(
    "uq_questions_open",  # a job asks one thing at a time
    questions.c.job_id,
    unique=True,
    sqlite_where=questions.c.state == QuestionState.OPEN.value,
    postgresql_where=questions.c.state == QuestionState.OPEN.value,
)
Index("ix_questions_thread_id", questions.c.thread_id, questions.c.state)
Index(
    "ix_questions_unconfirmed",
    questions.c.state,
    sqlite_where=text(IS_UNCONFIRMED),
    postgresql_where=text(IS_UNCONFIRMED),
)

effects = Table(
    "effects",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("key", Words, nullable=False, unique=True),
    Column("side", Words, nullable=False),
    Column("kind", Words, nullable=False),
    Column("order_key", Words),
    Column("lane", Words, nullable=False),
    Column("priority", Integer, nullable=False),
    Column("workspace_id", Words, nullable=False),
    Column("channel_id", Words, nullable=False),
    Column("thread_id", ForeignKey("threads.id")),
    Column("job_id", ForeignKey("jobs.id")),
    Column("step", Words, nullable=False),
    Column("state", Words, nullable=False),
    Column("payload", JSON, nullable=False),
    Column("evidence", JSON, nullable=False),
    Column("wanted", Integer, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("attempted_at", Float),
    Column("due_at", Float, nullable=False),
    Column("reason", Words),
    Column("claimed_by", Words),
    Column("created_at", Float, nullable=False),
    Column("patient_from", Float, nullable=False),
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("first_tried_at", Float),
    Column("settled_at", Float),
    Column("steps", JSON),
    Column("wider_lane", Words),
    Column("is_behind", Boolean, nullable=False, server_default=false()),  # out of the lane until its turn comes
    _one_of("state", EffectState),
    CheckConstraint("side IN ('slack', 'heygen')", name="side"),
)
Index("ix_effects_due", effects.c.state, effects.c.side, effects.c.due_at)
Index("ix_effects_order", effects.c.order_key, effects.c.state, effects.c.id)
Index("ix_effects_job_id", effects.c.job_id)
Index(
    "ix_effects_claimed_by",
    effects.c.claimed_by,
    sqlite_where=effects.c.claimed_by.is_not(None),
    postgresql_where=effects.c.claimed_by.is_not(None),
)
Index(
    "ix_effects_lane",  # from lane to lane, and in each to its best, however much waits there
    effects.c.side,
    effects.c.lane,
    effects.c.priority,
    effects.c.due_at,
    effects.c.id,
    sqlite_where=and_(text(IS_CLAIMABLE_EFFECT), effects.c.is_behind.is_(false())),
    postgresql_where=and_(text(IS_CLAIMABLE_EFFECT), effects.c.is_behind.is_(false())),
)

lanes = Table(
    "lanes",
    metadata,
    Column("key", Words, primary_key=True),
    Column("next_at", Float, nullable=False),
)

preferences = Table(
    "preferences",
    metadata,
    Column("workspace_id", Words, primary_key=True),
    Column("user_id", Words, primary_key=True),
    Column("dm", Words, nullable=False),
    Column("voice_id", Words),
    Column("voice_name", Words),
    Column("avatar_id", Words),
    Column("avatar_name", Words),
    Column("dm_channel_id", Words),
    _one_of("dm", DmWhen),
)

accounts = Table(
    "accounts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("paused_until", Float),
    Column("pause_code", Words),
    Column("pause_message", Words),  # 0.1 writes it, and nobody reads it
    Column("told", Boolean, nullable=False),
)

instances = Table(
    "instances",
    metadata,
    Column("id", Words, primary_key=True),
    Column("release", Words, nullable=False),
    Column("started_at", Float, nullable=False),
    Column("seen_at", Float, nullable=False),
    Column("left_at", Float),
)

hearing = Table(  # one row: until when everything said in Slack has been heard, and who catches up with the rest
    "hearing",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("heard_until", Float),
    Column("claimed_by", Words),
    Column("claimed_until", Float),
)

schema_notes = Table(
    "schema_notes",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("oldest_release", Words, nullable=False),  # an older program refuses this schema
)
