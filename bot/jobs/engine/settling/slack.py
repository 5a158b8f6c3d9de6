"""What became of a call to Slack, for the thread and the job it was about."""

from bot.jobs import outbox
from bot.jobs.engine import ending
from bot.jobs.engine.settling.ended import drop_if_ended
from bot.jobs.moment import Moment
from bot.jobs.outcomes import AgainAt, Done, Next, Outcome, Refused
from storage import arrivals, effects, jobs, keys, preferences, threads
from storage.database import Transaction
from storage.records import Effect, EffectState, Hold, JobState, QuestionState, Thread

GONE_CHANNEL = frozenset({"not_in_channel", "channel_not_found"})
HELD = frozenset({"invite", "offer", "voice"})
MAX_CARD_ATTEMPTS = 3
ENTER_SECONDS = 10.0  # what going into the channel again may take; the card is due as soon as that is done


def enter(tx: Transaction, moment: Moment, tried: Effect, outcome: Outcome) -> None:
    """The app is in the channel, or the thread waits for an invitation or the DM."""
    if tried.thread_id is None or _drop_if_stopped(tx, moment, tried, outcome):
        return
    match outcome:
        case Done():
            arrivals.note_member(tx, tried.workspace_id, tried.channel_id, moment.now)
            effects.change_effect(tx, keys.card(tried.thread_id), due_at=moment.now)
        case Refused(code="invite") if _let_in_since(tx, moment, tried):
            effects.change_effect(tx, keys.card(tried.thread_id), due_at=moment.now)
        case Refused(code="invite" | "offer" as code):
            _hold(tx, moment, tried, code)
        case Refused(code=code, message=message):
            _fail_unposted(tx, moment, tried, code, message)


def _let_in_since(tx: Transaction, moment: Moment, tried: Effect) -> bool:
    """Whether the invitation came while the channel was looked at; it is given, and told, only once."""
    looked_at = tried.attempted_at or moment.now
    return not arrivals.note_absent(tx, tried.workspace_id, tried.channel_id, looked_at=looked_at)


def _drop_if_stopped(tx: Transaction, moment: Moment, tried: Effect, outcome: Outcome) -> bool:
    """What was stopped before its card was posted needs none; True when that is so."""
    if not isinstance(outcome, Next | AgainAt):
        return False
    newest = jobs.jobs_of_thread(tx, tried.thread_id or "")[-1]
    return newest.state is JobState.CANCELLED and drop_if_ended(tx, moment, tried, outcome, newest)


def _hold(tx: Transaction, moment: Moment, tried: Effect, code: str) -> None:
    """The thread waits, and its person is told, unless it was stopped meanwhile."""
    job = jobs.open_job(tx, tried.thread_id or "")
    if job is None:
        return
    threads.change_thread(tx, job.thread_id, hold=Hold(code).value, held_at=moment.now)
    place = outbox.Place(workspace_id=tried.workspace_id, channel_id=tried.channel_id)
    outbox.dm(tx, moment, place, key=f"hold:{job.id}", user_id=job.requester_id, what=code, job_id=job.id)


def _fail_unposted(tx: Transaction, moment: Moment, tried: Effect, code: str, message: str) -> None:
    effects.drop_key(tx, keys.card(tried.thread_id or ""), moment.now)
    job = jobs.open_job(tx, tried.thread_id or "")
    if job is not None:
        ending.fail(tx, moment, job, code=f"slack:{code}", message=message)


def card(tx: Transaction, moment: Moment, tried: Effect, outcome: Outcome) -> None:
    """The card is there: what waited for it goes on."""
    if tried.thread_id is None or _drop_if_stopped(tx, moment, tried, outcome):
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
            due_at = moment.now + ENTER_SECONDS
            effects.change_effect(tx, tried.key, state=EffectState.PENDING.value, due_at=due_at, settled_at=None)
        case Refused(code=code, message=message):
            _fail_unposted(tx, moment, tried, code, message)


def _after_card(tx: Transaction, moment: Moment, tried: Effect) -> None:
    """What waited for the card goes on; what was decided while it was on its way is shown by an edit."""
    outbox.edit_by_id(tx, moment, tried.thread_id or "")


def edit(tx: Transaction, moment: Moment, tried: Effect, outcome: Outcome) -> None:
    """The card shows how things are."""
    if isinstance(outcome, Done) and tried.thread_id is not None:
        refresh_at = moment.after(outbox.refresh_seconds(jobs.being_made(tx, tried.workspace_id)))
        threads.change_thread(tx, tried.thread_id, edited_at=moment.now, refresh_at=refresh_at)
        # What was asked for while it was under way waits as long as anything else.
        effects.change_effect(tx, tried.key, due_at=moment.after(outbox.EDIT_GAP_SECONDS))


def say(tx: Transaction, moment: Moment, tried: Effect, outcome: Outcome) -> None:
    """A reply is in the thread, or cannot be."""
    job = jobs.job(tx, tried.job_id or "")
    if job is None or tried.thread_id is None or _asked_in_vain(tx, moment, tried, outcome):
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


def _asked_in_vain(tx: Transaction, moment: Moment, tried: Effect, outcome: Outcome) -> bool:
    """A question that could not be said, and is asked no more, is not said later either; True when that is so."""
    asked = threads.question(tx, tried.payload.get("question", ""))
    if asked is None or asked.state is QuestionState.OPEN or not isinstance(outcome, AgainAt | Refused):
        return False
    if isinstance(outcome, AgainAt):
        effects.drop_key(tx, tried.key, moment.now)
    return True


def _question_shown(tx: Transaction, moment: Moment, thread: Thread, question_id: str) -> None:
    """What became of it while it was posted is shown by an edit; words said meanwhile may have been its answer."""
    asked = threads.question(tx, question_id)
    if asked is None:
        return
    if asked.state is QuestionState.OPEN:
        ending.gather_soon(tx, moment, thread)
    elif asked.message_ts is not None:
        outbox.edit_question(tx, moment, thread, asked)


def upload(tx: Transaction, moment: Moment, tried: Effect, outcome: Outcome) -> None:
    """Files are in the thread, or cannot be."""
    job_id = tried.job_id or ""
    if tried.payload["what"] == "storyboard":
        drop_if_ended(tx, moment, tried, outcome, jobs.job(tx, job_id))
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


def dm(tx: Transaction, moment: Moment, tried: Effect, outcome: Outcome) -> None:
    """The way to a person's DM is remembered. What has ended is held no more: nobody is told that it was."""
    if tried.payload["what"] in HELD:
        drop_if_ended(tx, moment, tried, outcome, jobs.job(tx, tried.job_id or ""))
    if isinstance(outcome, Next | Done) and "channel" in outcome.evidence:
        preferences.set_preference(
            tx, tried.workspace_id, tried.payload["user"], dm_channel_id=outcome.evidence["channel"]
        )
