"""What the outcome of an effect means for the job it belongs to."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from bot.jobs import outbox
from bot.jobs.engine import ending, pausing, starting
from bot.jobs.engine.moving import move
from bot.jobs.engine.observing import open_question
from bot.jobs.engine.talking import LEAVE_IT, SEND_AGAIN
from bot.jobs.moment import Moment
from bot.jobs.moves import is_open
from bot.jobs.outcomes import AgainAt, Done, Next, Outcome, Refused, Unknown
from storage import arrivals, effects, jobs, preferences, threads
from storage.database import Transaction
from storage.records import Effect, EffectState, Hold, Job, JobState, Option, QuestionKind, QuestionState, Thread

GONE_CHANNEL = frozenset({"not_in_channel", "channel_not_found"})
SPENDING = frozenset({"submit", "message"})  # what HeyGen refuses to an account without credit
MAX_CARD_ATTEMPTS = 3
ENTER_SECONDS = 10.0  # what going into the channel again may take; the card is due as soon as that is done

Settle = Callable[[Transaction, Moment, Effect, Outcome], None]


def settled(tx: Transaction, moment: Moment, tried: Effect, outcome: Outcome) -> None:
    """Moves on whatever waited for this effect. Called in the transaction that commits the outcome."""
    if tried.side == "heygen":
        _account(tx, moment, tried, outcome)
    step = TABLE.get(tried.kind)
    if step is not None:
        step(tx, moment, tried, outcome)


def _account(tx: Transaction, moment: Moment, tried: Effect, outcome: Outcome) -> None:
    if isinstance(outcome, AgainAt | Unknown) and outcome.paused is not None:
        pausing.pause(tx, moment, outcome.paused)
    elif isinstance(outcome, Done | Next):
        pausing.resume(tx, moment, has_spent=isinstance(outcome, Done) and tried.kind in SPENDING)


def _enter(tx: Transaction, moment: Moment, tried: Effect, outcome: Outcome) -> None:
    if tried.thread_id is None:
        return
    match outcome:
        case Done():
            arrivals.note_member(tx, tried.workspace_id, tried.channel_id, True, moment.now)
            effects.change_effect(tx, f"card:{tried.thread_id}", due_at=moment.now)
        case Refused(code="invite" | "offer" as code):
            threads.change_thread(tx, tried.thread_id, hold=Hold(code).value)
            _tell_hold(tx, moment, tried, code)
        case Refused(code=code, message=message):
            _fail_unposted(tx, moment, tried, code, message)


def _tell_hold(tx: Transaction, moment: Moment, tried: Effect, code: str) -> None:
    job = jobs.open_job(tx, tried.thread_id or "")
    if job is None:
        return
    place = outbox.Place(workspace_id=tried.workspace_id, channel_id=tried.channel_id)
    key = f"hold:{tried.thread_id}"
    outbox.dm(tx, moment, place, key=key, user_id=job.requester_id, what=code, job_id=job.id)


def _fail_unposted(tx: Transaction, moment: Moment, tried: Effect, code: str, message: str) -> None:
    effects.drop_key(tx, f"card:{tried.thread_id}")
    job = jobs.open_job(tx, tried.thread_id or "")
    if job is not None:
        ending.fail(tx, moment, job, code=f"slack:{code}", message=message)


def _card(tx: Transaction, moment: Moment, tried: Effect, outcome: Outcome) -> None:
    if tried.thread_id is None:
        return
    match outcome:
        case Done(evidence=evidence):
            ts = evidence["ts"]
            thread = threads.thread(tx, tried.thread_id)
            thread = threads.change_thread(
                tx, thread.id, card_ts=ts, root_ts=thread.root_ts or ts, edited_at=moment.now
            )
            _after_card(tx, moment, tried)
        case Refused(code=code) if code in GONE_CHANNEL and tried.attempts < MAX_CARD_ATTEMPTS:
            thread = threads.thread(tx, tried.thread_id)
            arrivals.forget_channel(tx, tried.workspace_id, tried.channel_id)
            outbox.enter(tx, moment, thread, again=True)
            effects.change_effect(tx, tried.key, state=EffectState.PENDING.value, due_at=moment.now + ENTER_SECONDS)
        case Refused(code=code, message=message):
            _fail_unposted(tx, moment, tried, code, message)


def _after_card(tx: Transaction, moment: Moment, tried: Effect) -> None:
    """What waited for the card goes on; what was decided while it was on its way is shown by an edit."""
    outbox.edit_by_id(tx, moment, tried.thread_id or "")
    starting.start_queued(tx, moment)


def _edit(tx: Transaction, moment: Moment, tried: Effect, outcome: Outcome) -> None:
    if isinstance(outcome, Done) and tried.thread_id is not None:
        threads.change_thread(tx, tried.thread_id, edited_at=moment.now)
        # What was asked for while it was under way waits as long as anything else.
        effects.change_effect(tx, tried.key, due_at=moment.after(outbox.EDIT_GAP_SECONDS))


def _say(tx: Transaction, moment: Moment, tried: Effect, outcome: Outcome) -> None:
    job = jobs.job(tx, tried.job_id or "")
    if job is None or tried.thread_id is None:
        return
    thread = threads.thread(tx, tried.thread_id)
    match tried.payload["what"], outcome:
        case "question", Done(evidence=evidence):
            threads.change_question(tx, tried.payload["question"], message_ts=evidence["ts"])
            _question_shown(tx, moment, thread, tried.payload["question"])
        case "result", Done(evidence=evidence):
            jobs.change_job(tx, job.id, result_ts=evidence["ts"])
            outbox.edit(tx, moment, thread)
            if not thread.is_im:
                outbox.dm(tx, moment, thread, key=f"dm:{job.id}", user_id=job.requester_id, what="done", job_id=job.id)
        case "question", Refused():
            ending.tell_directly(tx, moment, thread, job)
            _question_shown(tx, moment, thread, tried.payload["question"])
        case "result" | "failure", Refused():
            ending.tell_directly(tx, moment, thread, job)


def _question_shown(tx: Transaction, moment: Moment, thread: Thread, question_id: str) -> None:
    """What became of it while it was posted is shown by an edit; words said meanwhile may have been its answer."""
    asked = threads.question(tx, question_id)
    if asked is None:
        return
    if asked.state is QuestionState.OPEN:
        ending.gather_soon(tx, moment, thread)
    elif asked.message_ts is not None:
        outbox.edit_question(tx, moment, thread, asked)


def _upload(tx: Transaction, moment: Moment, tried: Effect, outcome: Outcome) -> None:
    job_id = tried.job_id or ""
    if tried.payload["what"] == "storyboard":
        _drop_if_ended(tx, tried, jobs.job(tx, job_id))
        return
    match outcome:
        case Done(evidence=evidence):
            jobs.change_job(tx, job_id, file_id=evidence.get("file_id"), file_permalink=evidence.get("permalink"))
            if tried.payload["what"] == "audio":  # a video's words follow at once, and the edit with them
                outbox.edit_by_id(tx, moment, tried.thread_id or "")
        case Refused(code=code, message=message):
            code = f"{code}:{message}"[:120] if code == "missing_scope" and message else code
            jobs.change_job(tx, job_id, file_trouble=code)
            if tried.payload["what"] == "audio":
                _audio_undelivered(tx, moment, tried, code)


def _audio_undelivered(tx: Transaction, moment: Moment, tried: Effect, code: str) -> None:
    thread = threads.thread(tx, tried.thread_id or "")
    outbox.say(
        tx, moment, thread, key=f"undelivered:{tried.job_id}", what="undelivered", job_id=tried.job_id or "",
        priority=outbox.RESULT, code=code,
    )  # fmt: skip
    outbox.edit(tx, moment, thread)


def _dm(tx: Transaction, moment: Moment, tried: Effect, outcome: Outcome) -> None:
    if isinstance(outcome, Next | Done) and "channel" in outcome.evidence:
        preferences.set_preference(
            tx, tried.workspace_id, tried.payload["user"], dm_channel_id=outcome.evidence["channel"]
        )


def _names(tx: Transaction, moment: Moment, tried: Effect, outcome: Outcome) -> None:
    job = _open_job(tx, tried)
    if job is None:
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
            starting.start_queued(tx, moment)
        case Refused(code=code, message=message):
            ending.fail(tx, moment, job, code=code, message=message)


def _asset(tx: Transaction, moment: Moment, tried: Effect, outcome: Outcome) -> None:
    job = _open_job(tx, tried)
    match outcome:
        case Done(evidence=evidence) if job is not None:
            known = starting.with_asset(job, tried.payload["file"], evidence["asset_id"])
            jobs.change_job(tx, job.id, brief=known.brief)
        case Refused(code=code, message=message) if job is not None:
            ending.fail(tx, moment, job, code=code, message=message)
        case AgainAt():
            _drop_if_ended(tx, tried, job)


def _submit(tx: Transaction, moment: Moment, tried: Effect, outcome: Outcome) -> None:
    job = jobs.job(tx, tried.job_id or "")
    if job is None:
        return
    if isinstance(outcome, AgainAt | Unknown | Refused) and effects.has_later(tx, tried):
        effects.change_effect(tx, tried.key, state=EffectState.DROPPED.value)  # a person has decided meanwhile
        return
    match outcome:
        case Next(evidence={"videos": videos}):
            jobs.change_job(tx, job.id, seen_video_ids=tuple(videos))
        case Done(evidence=evidence):
            effects.drop(tx, job.id, {"submit"})  # sending again was wished for while this one was being found
            _submitted(tx, moment, job, evidence)
        case Unknown(ask=ask):
            _unconfirmed(tx, moment, job, ask=ask)
        case Refused(code=code, message=message):
            ending.fail(tx, moment, job, code=code, message=message)
        case AgainAt():
            _drop_if_ended(tx, tried, job)


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
        effects.give_up(tx, job.id, "submit")
    if not ask or not is_open(job.state) or threads.open_question(tx, job.id) is not None:
        return
    options = (Option(label="Send it again", value=SEND_AGAIN), Option(label="Leave it", value=LEAVE_IT))
    open_question(tx, moment, thread, job, kind=QuestionKind.UNCONFIRMED, text=job.brief.prompt[:200], options=options)
    outbox.edit(tx, moment, thread)


def _message(tx: Transaction, moment: Moment, tried: Effect, outcome: Outcome) -> None:
    job = _open_job(tx, tried)
    if job is None:
        return
    match outcome:
        case Done():
            jobs.change_job(
                tx, job.id, only_in={JobState.GENERATING}, look_at=moment.now + moment.rules.poll_seconds,
                phase_at=moment.now, looks=0,
            )  # fmt: skip
        case Refused(code=code, message=message):
            ending.fail(tx, moment, job, code=code, message=message)


def _open_job(tx: Transaction, tried: Effect) -> Job | None:
    job = jobs.job(tx, tried.job_id or "")
    return job if job is not None and is_open(job.state) else None


def _drop_if_ended(tx: Transaction, tried: Effect, job: Job | None) -> None:
    """What is still to be done of a call is not done for a job that has ended meanwhile."""
    if job is None or not is_open(job.state):
        effects.drop_key(tx, tried.key)


TABLE: dict[str, Settle] = {
    "enter": _enter,
    "card": _card,
    "edit": _edit,
    "say": _say,
    "upload": _upload,
    "dm": _dm,
    "names": _names,
    "asset": _asset,
    "submit": _submit,
    "message": _message,
}
