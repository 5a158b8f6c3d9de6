"""A job's receipt as JSON, for operators and their tools. Pure; docs/commands.md explains each field.

People's and HeyGen's words are left out unless they are asked for, and links and secrets always: whoever has a link of
HeyGen's has the video.
"""

from datetime import UTC, datetime
from typing import Any

from bot.jobs.receipt import Call, Fate, calls, submits, times_asked
from handlers.blocks.price import USD_PER_SECOND
from handlers.errors import own_words
from storage.receipts import Receipt
from storage.records import Job, JobState, Question

USD_DIGITS = 4


def shown_job(kept: Receipt, *, with_words: bool) -> dict[str, Any]:
    """The receipt as one JSON object."""
    job, made = kept.job, calls(kept)
    shown = {
        "job": job.id,
        "kind": job.kind,
        "version": job.version,
        "state": job.state.value,
        "retry_of": job.retry_of,
        "asked": _asked(job),
        "heygen": _heygen(job),
        "slack": _slack(kept),
        "questions": [_question(question) for question in kept.questions],
        "calls": [_call(call) for call in made],
        "cost": _cost(job, made),
    }
    return shown | ({"words": _words(job)} if with_words else {})


def iso(at: float | None) -> str | None:
    """A time as ISO 8601, in UTC."""
    return None if at is None else datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")


def _asked(job: Job) -> dict[str, Any]:
    return {
        "by": job.requester_id, "at": iso(job.created_at), "workspace": job.workspace_id,
        "characters": len(job.brief.prompt), "files": len(job.brief.files),
    }  # fmt: skip


def _heygen(job: Job) -> dict[str, Any]:
    return {
        "session": job.session_id, "video": job.video_id, "taken_at": iso(job.submitted_at), "phase": job.phase,
        "progress": job.progress, "ended_at": iso(job.finished_at), "seconds": job.duration_seconds,
        "failure": job.failure_code,
    }  # fmt: skip


def _slack(kept: Receipt) -> dict[str, Any]:
    job, thread = kept.job, kept.thread
    return {
        "channel": thread.channel_id, "thread_ts": thread.root_ts, "card_ts": thread.card_ts,
        "result_ts": job.result_ts, "file": job.file_id, "file_trouble": job.file_trouble,
        "stopped_by": job.cancel_asked_by,
    }  # fmt: skip


def _question(question: Question) -> dict[str, Any]:
    return {
        "kind": question.kind.value, "state": question.state.value, "asked_at": iso(question.asked_at),
        "answered_by": question.answered_by,
    }  # fmt: skip


def _call(call: Call) -> dict[str, Any]:
    return {
        "side": call.side, "what": call.what, "about": call.about, "fate": call.fate.value, "reason": call.reason,
        "tries": call.tries, "reads": call.reads, "first_at": iso(call.first_at), "last_at": iso(call.last_at),
        "settled_at": iso(call.settled_at),
    }  # fmt: skip


def _cost(job: Job, made: tuple[Call, ...]) -> dict[str, Any]:
    is_made = job.state is JobState.COMPLETED and job.duration_seconds is not None
    usd = round((job.duration_seconds or 0.0) * USD_PER_SECOND[job.kind], USD_DIGITS) if is_made else None
    return {
        "times_asked": times_asked(made), "undecided": sum(call.fate is Fate.UNDECIDED for call in submits(made)),
        "usd_per_second": USD_PER_SECOND[job.kind], "estimated_usd": usd,
    }  # fmt: skip


def _words(job: Job) -> dict[str, Any]:
    return {"prompt": job.brief.prompt, "title": job.title, "failure": own_words(job.failure_message) or None}
