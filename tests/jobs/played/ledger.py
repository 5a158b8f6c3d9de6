"""What must never be, noted by the database itself at each change, and what is true once all has settled."""

from sqlalchemy import text

from bot.jobs.moves import MOVES
from storage import effects, jobs, threads
from storage.database import Transaction
from storage.records import Effect, EffectState, Job, JobState, QuestionState
from tests.jobs.played.outside import Outside, card_of, question_of

_NOTES = (
    """CREATE TABLE noted_moves (id INTEGER PRIMARY KEY, job TEXT, kind TEXT, before TEXT, after TEXT, slots INTEGER,
       card TEXT)""",
    """CREATE TRIGGER note_moves AFTER UPDATE OF state ON jobs WHEN old.state != new.state BEGIN
       INSERT INTO noted_moves (job, kind, before, after, slots, card) SELECT new.id, new.kind, old.state, new.state,
       (SELECT count(*) FROM jobs WHERE state IN ('submitting', 'generating') AND kind != 'speech'),
       (SELECT card_ts FROM threads WHERE id = new.thread_id); END""",
    "CREATE TABLE noted_questions (id TEXT)",
    """CREATE TRIGGER note_questions AFTER UPDATE OF state, answer, answered_by ON questions
       WHEN old.state != 'open' AND (old.state != new.state OR old.answer IS NOT new.answer
       OR old.answered_by IS NOT new.answered_by) BEGIN INSERT INTO noted_questions VALUES (new.id); END""",
)
_STILL = (EffectState.PENDING, EffectState.TRYING, EffectState.UNKNOWN)


def take_notes(tx: Transaction) -> None:
    """From now on the database notes every move, and every answer that is given a second time."""
    for statement in _NOTES:
        tx.execute(text(statement))


def broken_promises(tx: Transaction, concurrency: int) -> list[str]:
    """What has happened that must never happen."""
    moves = list(tx.execute(text("SELECT job, kind, before, after, slots FROM noted_moves ORDER BY id")))
    wrongs = [f"{job} moved from {old} to {new}" for job, _, old, new, _ in moves if JobState(new) not in MOVES[old]]
    for number, (job, kind, _, new, slots) in enumerate(moves):
        if new != "submitting" or kind == "speech" or slots <= concurrency:
            continue
        following = moves[number + 1] if number + 1 < len(moves) else None
        if following is None or (following[0], following[3]) != (job, "generating"):  # found at HeyGen: it is there
            wrongs.append(f"{job} was started although {slots - 1} places of {concurrency} were taken")
    wrongs += [f"{one} was answered twice" for one in tx.execute(text("SELECT id FROM noted_questions")).scalars()]
    return wrongs


def every_job(tx: Transaction) -> list[Job]:
    """All jobs, oldest first."""
    return sorted(jobs.all_jobs(tx, limit=1_000), key=lambda job: int(job.id.removeprefix("id")))


def unsettled(tx: Transaction) -> list[str]:
    """What is still to be done, by whom ever; empty when all has been."""
    every = every_job(tx)
    open_effects = tx.execute(text("SELECT key FROM effects WHERE state IN ('pending', 'trying', 'unknown')"))
    gathered = tx.execute(text("SELECT id FROM threads WHERE gather_at IS NOT NULL AND hold IS NULL"))
    watched = [f"{job.id} is watched" for job in every if job.look_at is not None]
    return [
        *(f"{job.id} is {job.state}" for job in every if MOVES[job.state]),
        *open_effects.scalars(),
        *gathered.scalars(),
        *watched,
    ]


def left_undone(tx: Transaction, outside: Outside) -> list[str]:
    """Which promises are broken although everything has settled."""
    every = every_job(tx)
    wrongs = [f"{job.id} ({job.state}) has no visible outcome" for job in every if not _has_outcome(tx, job)]
    for thread_id in dict.fromkeys(job.thread_id for job in every):
        thread, newest = threads.thread(tx, thread_id), jobs.jobs_of_thread(tx, thread_id)[-1]
        if threads.waiting_replies(tx, thread_id) and newest.state is not JobState.CANCELLED:
            wrongs.append(f"words in {thread_id} were never taken up")
        is_shown = thread_id in outside.shown and thread_id not in outside.unseen
        if thread.card_ts is not None and is_shown and outside.shown[thread_id] != card_of(tx, thread_id):
            wrongs.append(f"the card of {thread_id} is not true")
    for job in every:
        wrongs += [
            f"{asked.id} is not shown as it is"
            for asked in threads.questions_of_job(tx, job.id)
            if asked.message_ts and asked.id not in outside.unseen
            if asked.state is QuestionState.OPEN or outside.shown[asked.id] != question_of(tx, asked.id)
        ]
        wrongs += [f"{words!r} is part of {job.id}, and not said for it" for words in _unsaid(tx, job)]
        wrongs += [
            f"{item.key} counts as done, and never was"
            for item in effects.effects_of_job(tx, job.id)
            if item.state is EffectState.DONE and not _was_done(item, outside)
        ]
    return wrongs


def _unsaid(tx: Transaction, job: Job) -> list[str]:
    """Replies that were taken up for a job and stand neither in its prompt nor in an answer."""
    said = [job.brief.prompt, *(asked.answer or "" for asked in threads.questions_of_job(tx, job.id))]
    lines = {line for words in said for line in words.splitlines()}
    taken = tx.execute(text("SELECT text FROM replies WHERE job_id = :job"), {"job": job.id}).scalars()
    return [words for words in taken if words not in lines]


def _was_done(item: Effect, outside: Outside) -> bool:
    """Whether it is there; what had nothing to show any more has no `ts`."""
    match item.kind:
        case "card" | "say" | "dm":
            return outside.posted[item.key] > 0 or item.evidence.get("ts", item.key) is None
        case "upload":
            return outside.posted[item.key] > 0
        case "message":
            return outside.made[item.key] > 0
        case "submit":  # a second one may have found what the first had made
            return any(outside.made[key] > 0 for key in outside.made if key.startswith(f"submit:{item.job_id}:"))
        case _:
            return True


def _has_outcome(tx: Transaction, job: Job) -> bool:
    """Whether the outcome was said, or Slack itself refused to say it."""
    if job.state is JobState.CANCELLED:
        return _was_tried(tx, f"closing:{job.id}") or _stopped_before_the_card(tx, job)
    if job.state is JobState.FAILED:
        return _was_tried(tx, f"failure:{job.id}") or _was_tried(tx, f"dm_instead:{job.id}")
    what = "upload" if job.kind == "speech" else "result"
    return _was_tried(tx, f"{what}:{job.id}")


def _stopped_before_the_card(tx: Transaction, job: Job) -> bool:
    """Nothing was there to close."""
    stopped = text("SELECT card FROM noted_moves WHERE job = :job AND after = 'cancelled'")
    return tx.execute(stopped, {"job": job.id}).scalar_one() is None


def _was_tried(tx: Transaction, key: str) -> bool:
    found = effects.effect(tx, key)
    return found is not None and found.state in (EffectState.DONE, EffectState.REFUSED)
