"""What became of a call to HeyGen, for the job it was made for."""

from dataclasses import replace
from typing import Any

from bot.jobs import outbox
from bot.jobs.engine import ending, starting
from bot.jobs.engine.moving import move
from bot.jobs.engine.observing import open_question
from bot.jobs.engine.settling.ended import drop_if_ended
from bot.jobs.engine.talking import LEAVE_IT, SEND_AGAIN
from bot.jobs.moment import Moment
from bot.jobs.moves import is_open
from bot.jobs.outcomes import AgainAt, Done, Next, Outcome, Refused, Unknown
from storage import effects, jobs, threads
from storage.database import Transaction
from storage.records import Effect, Job, JobState, Option, QuestionKind


def names(tx: Transaction, moment: Moment, tried: Effect, outcome: Outcome) -> None:
    """Names became ids, or one of them a question."""
    job = jobs.job(tx, tried.job_id or "")
    if job is None or drop_if_ended(tx, moment, tried, outcome, job):
        return
    match outcome:
        case Done(evidence={"ask": question, "found": found}):
            job = jobs.change_job(tx, job.id, brief=replace(job.brief, **found)) or job
            thread = threads.thread(tx, job.thread_id)
            open_question(
                tx, moment, thread, job, kind=QuestionKind.NAME, text=question["text"], subject=question["subject"],
                options=tuple(Option(**option) for option in question["options"]),
            )  # fmt: skip
            outbox.edit(tx, moment, thread)
        case Done(evidence={"found": found}):
            jobs.change_job(tx, job.id, brief=replace(job.brief, **found))
        case Refused(code=code, message=message):
            ending.fail(tx, moment, job, code=code, message=message)


def asset(tx: Transaction, moment: Moment, tried: Effect, outcome: Outcome) -> None:
    """HeyGen has one of the job's files, or never will."""
    job = jobs.job(tx, tried.job_id or "")
    if job is None or drop_if_ended(tx, moment, tried, outcome, job):
        return
    match outcome:
        case Done(evidence=evidence):
            known = starting.with_asset(job, tried.payload["file"], evidence["asset_id"])
            jobs.change_job(tx, job.id, brief=known.brief)
        case Refused(code=code, message=message):
            ending.fail(tx, moment, job, code=code, message=message)


def submit(tx: Transaction, moment: Moment, tried: Effect, outcome: Outcome) -> None:
    """HeyGen has the job, will not have it, or nobody knows; a call in doubt is read back even for an ended job."""
    job = jobs.job(tx, tried.job_id or "")
    if job is None:
        return
    is_decided = job.state is JobState.QUEUED or effects.has_later(tx, tried)  # a person wants it sent again
    if isinstance(outcome, Next | AgainAt | Unknown | Refused) and is_decided:
        effects.drop_tried(tx, tried, moment.now, in_doubt=isinstance(outcome, Unknown))
        return
    match outcome:
        case Next() | AgainAt() if drop_if_ended(tx, moment, tried, outcome, job):
            return
        case Next(evidence={"videos": videos}):
            jobs.change_job(tx, job.id, seen_video_ids=tuple(videos))
        case Done(evidence=evidence):
            # Sending it again was wished for while this one was being found.
            effects.drop(tx, job.id, {"submit"}, moment.now)
            _submitted(tx, moment, job, evidence)
        case Unknown(ask=ask):
            _unconfirmed(tx, moment, job, ask=ask)
        case Refused(code=code, message=message):
            ending.fail(tx, moment, job, code=code, message=message)


def _submitted(tx: Transaction, moment: Moment, job: Job, evidence: dict[str, Any]) -> None:
    if job.kind == "speech":
        jobs.change_job(tx, job.id, submitted_at=moment.now)
        ending.complete(
            tx, moment, job, video_id=None, title=None, duration_seconds=evidence["duration"], page_url=None
        )
        return
    session_id = evidence["session_id"]
    thread = threads.thread(tx, job.thread_id)
    job = jobs.change_job(tx, job.id, session_id=session_id, submitted_at=moment.now) or job
    if not is_open(job.state):
        ending.stop_session(tx, moment, thread, job)
        return
    thread = threads.change_thread(tx, thread.id, session_id=session_id)
    ending.close_question(tx, moment, thread, job)  # the truth came before the person's answer
    if job.state is JobState.QUEUED:  # to be sent again: it takes the place that HeyGen has given it already
        move(tx, job.id, JobState.SUBMITTING)
    move(
        tx, job.id, JobState.GENERATING, only_from={JobState.SUBMITTING, JobState.UNCONFIRMED}, phase="thinking",
        phase_at=moment.now, look_at=moment.now + moment.rules.poll_seconds, looks=0,
    )  # fmt: skip
    outbox.edit(tx, moment, thread)


def _unconfirmed(tx: Transaction, moment: Moment, job: Job, *, ask: bool) -> None:
    moved = move(tx, job.id, JobState.UNCONFIRMED, phase_at=moment.now)
    thread = threads.thread(tx, job.thread_id)
    if moved is not None:
        outbox.edit(tx, moment, thread)
    if ask and not is_open(job.state):
        effects.give_up(tx, job.id, "submit", moment.now)
    if not ask or not is_open(job.state) or threads.open_question(tx, job.id) is not None:
        return
    options = (Option(label="Send it again", value=SEND_AGAIN), Option(label="Leave it", value=LEAVE_IT))
    open_question(tx, moment, thread, job, kind=QuestionKind.UNCONFIRMED, text=job.brief.prompt[:200], options=options)
    outbox.edit(tx, moment, thread)


def message(tx: Transaction, moment: Moment, tried: Effect, outcome: Outcome) -> None:
    """The session has the words, or never will."""
    job = jobs.job(tx, tried.job_id or "")
    if job is None or drop_if_ended(tx, moment, tried, outcome, job):
        return
    match outcome:
        case Done():
            jobs.change_job(
                tx, job.id, only_in={JobState.GENERATING}, look_at=moment.now + moment.rules.poll_seconds,
                phase_at=moment.now, looks=0, empty_looks=0,
            )  # fmt: skip
        case Refused(code=code, message=message):
            ending.fail(tx, moment, job, code=code, message=message)
