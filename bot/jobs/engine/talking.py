"""People's words in a thread: answers and revisions, gathered so that a burst is one of them."""

from dataclasses import dataclass, replace

from bot.jobs import outbox
from bot.jobs.engine import ending
from bot.jobs.engine.asking import add_job, arrives_first, has_video
from bot.jobs.engine.moving import move
from bot.jobs.moment import Moment
from storage import arrivals, effects, jobs, keys, threads
from storage.database import Transaction
from storage.records import (
    Attachment,
    Brief,
    Job,
    JobState,
    Question,
    QuestionKind,
    QuestionState,
    Reply,
    ReplyState,
    Thread,
)

APPROVAL = "This looks good. Please go ahead and generate the video."
KEPT = "hourglass_flowing_sand"  # the mark on a reply that waits for the next version
SEND_AGAIN = "send again"
LEAVE_IT = "leave it"
PROMPT_LIMIT = 10_000
FILES_LIMIT = 20


@dataclass(frozen=True, kw_only=True)
class Said:
    """A person's words for a thread of ours. `keys` are the names they may come again under; the first is their own."""

    keys: tuple[str, ...]
    thread_id: str
    user_id: str
    ts: str | None  # None: written in a form, where nothing can be marked
    text: str
    files: tuple[Attachment, ...] = ()


def hear(tx: Transaction, moment: Moment, said: Said) -> bool:
    """Keeps a reply; False when it had arrived before. It is acted on once the thread is quiet."""
    if not arrives_first(tx, moment, said.keys):
        return False
    threads.lock(tx, said.thread_id)
    reply = Reply(
        id=moment.new_id(), key=said.keys[0], thread_id=said.thread_id, user_id=said.user_id, ts=said.ts,
        text=said.text, files=said.files, state=ReplyState.WAITING, job_id=None, created_at=moment.now,
    )  # fmt: skip
    threads.add_reply(tx, reply)
    arrivals.note_activity(tx, said.thread_id, said.user_id, moment.now)
    thread = threads.change_thread(tx, said.thread_id, gather_at=moment.after(ending.GATHER_SECONDS))
    job = jobs.open_job(tx, thread.id)
    asked = threads.open_question(tx, job.id) if job else None
    if job is not None and (asked is None or not answers(tx, asked, reply)):
        _keep(tx, moment, thread, [reply])
    return True


def _keep(tx: Transaction, moment: Moment, thread: Thread, replies: list[Reply]) -> None:
    """Shows that these replies wait for the version after the one that is being made."""
    for reply in replies:
        if reply.ts is not None:
            outbox.react(tx, moment, thread, ts=reply.ts, name=KEPT)
    outbox.edit(tx, moment, thread)


def reword(tx: Transaction, moment: Moment, key: str, text: str | None) -> None:
    """A reply was edited, or deleted (None): while it waits, its words are those that the thread shows."""
    threads.lock_of_reply(tx, key)
    thread_id = threads.withdraw_reply(tx, key) if text is None else threads.reword_reply(tx, key, text)
    if thread_id is not None:
        outbox.edit_by_id(tx, moment, thread_id)


def gather(tx: Transaction, moment: Moment, thread: Thread) -> None:
    """The thread has been quiet: its waiting replies become an answer, or the next version."""
    threads.change_thread(tx, thread.id, gather_at=None)
    kept = threads.waiting_replies(tx, thread.id)
    job = jobs.open_job(tx, thread.id)
    if job is None:
        if kept:
            _revise(tx, moment, thread, kept)
        return
    asked = threads.open_question(tx, job.id)
    meant = [reply for reply in kept if asked is not None and answers(tx, asked, reply)]
    if asked is not None and meant:
        taken = fitting(meant)
        answer(tx, moment, asked, text=joined(taken), by=taken[-1].user_id, replies=taken)
        _keep(tx, moment, thread, meant[len(taken) :])


def takes_words(asked: Question) -> bool:
    """Whether words answer it. What may be charged twice is decided by a button, by those who may end the job."""
    return asked.kind is not QuestionKind.UNCONFIRMED


def answers(tx: Transaction, asked: Question, reply: Reply) -> bool:
    """Whether a reply is meant for the question: said after it was there to be read."""
    if not takes_words(asked):
        return False
    if asked.message_ts is not None and reply.ts is not None:
        return reply.said_at > float(asked.message_ts)  # both are Slack's times
    return not effects.is_open(tx, keys.question(asked.id)) and reply.created_at > asked.asked_at


def fitting(kept: list[Reply]) -> list[Reply]:
    """The first of the replies, as many as HeyGen takes at once. One alone was measured when it came."""
    for count in range(len(kept), 1, -1):
        files = sum(len(reply.files) for reply in kept[:count])
        if files <= FILES_LIMIT and len(joined(kept[:count])) <= PROMPT_LIMIT:
            return kept[:count]
    return kept[:1]


def joined(kept: list[Reply]) -> str:
    """The words of several replies as one message; files alone need some as well."""
    return "\n".join(reply.text for reply in kept if reply.text) or "Please use the attached files."


def _revise(tx: Transaction, moment: Moment, thread: Thread, kept: list[Reply]) -> None:
    taken = fitting(kept)
    files = tuple(file for reply in taken for file in reply.files)
    earlier = jobs.jobs_of_thread(tx, thread.id)
    review = earlier[-1].brief.review if earlier else False
    job = add_job(
        tx, moment, thread, key=f"revision:{kept[0].id}", requester_id=kept[0].user_id, kind="agent",
        brief=Brief(prompt=joined(taken), files=files, review=review),
    )  # fmt: skip
    threads.join_replies(tx, [reply.id for reply in taken], job.id)
    _keep(tx, moment, thread, kept[len(taken) :])


def click(tx: Transaction, moment: Moment, question_id: str, *, text: str, by: str) -> Question | None:
    """A click on an offered answer; returns the question as it now is, whoever answered it."""
    threads.lock_of_question(tx, question_id)
    asked = threads.question(tx, question_id)
    if asked is None:
        return None
    arrivals.note_activity(tx, asked.thread_id, by, moment.now)
    if asked.state is QuestionState.OPEN:  # words that were said before the click were first
        gather(tx, moment, threads.thread(tx, asked.thread_id))
    answer(tx, moment, asked, text=text, by=by)
    return threads.question(tx, question_id)


def answer(
    tx: Transaction, moment: Moment, asked: Question, *, text: str, by: str, replies: list[Reply] | None = None
) -> bool:
    """Answers a question once; False when it was answered or closed already."""
    settled = threads.settle_question(tx, asked.id, QuestionState.ANSWERED, answer=text, by=by)
    if settled is None:
        return False
    job = jobs.job(tx, asked.job_id)
    if job is None:
        return False
    thread = threads.thread(tx, asked.thread_id)
    if replies:
        threads.join_replies(tx, [reply.id for reply in replies], job.id)
    if settled.message_ts is not None:
        outbox.edit_question(tx, moment, thread, settled)
    files = tuple(file for reply in replies or [] for file in reply.files)
    match settled.kind:
        case QuestionKind.AGENT | QuestionKind.REVIEW:
            _answer_agent(tx, moment, thread, job, settled, text, files)
        case QuestionKind.NAME:
            _answer_name(tx, moment, thread, job, settled, text)
        case QuestionKind.UNCONFIRMED:
            _answer_unconfirmed(tx, moment, job, text, by)
    outbox.edit(tx, moment, thread)
    return True


def _answer_agent(
    tx: Transaction, moment: Moment, thread: Thread, job: Job, asked: Question, text: str, files: tuple[Attachment, ...]
) -> None:
    moved = move(
        tx, job.id, JobState.GENERATING, only_from={JobState.WAITING_FOR_INPUT}, phase="thinking",
        phase_at=moment.now, brief=replace(job.brief, files=job.brief.files + files),
    )  # fmt: skip
    if moved is None:
        return
    for file in files:
        key = keys.asset(job.id, file.file_id)
        outbox.heygen(tx, moment, thread, job, key=key, kind="asset", file=file.file_id)
    outbox.heygen(
        tx, moment, thread, job, key=f"answer:{asked.id}", kind="message", text=text,
        files=[file.file_id for file in files],
    )  # fmt: skip


def _answer_name(tx: Transaction, moment: Moment, thread: Thread, job: Job, asked: Question, text: str) -> None:
    chosen = next(
        (option for option in asked.options if text.casefold() in (option.value.casefold(), option.label.casefold())),
        None,
    )
    subject = asked.subject or "voice"
    if chosen is None:  # free text: another name to try
        brief = named(job.brief, subject, text, None)
    else:  # an empty value: go on without one
        brief = named(job.brief, subject, chosen.label if chosen.value else None, chosen.value or None)
    jobs.change_job(tx, job.id, brief=brief)
    key = f"names:{job.id}:{asked.number}"
    outbox.heygen(tx, moment, thread, job, key=key, kind="names")


def named(brief: Brief, subject: str, name: str | None, found: str | None) -> Brief:
    """The brief with another avatar, voice or style."""
    match subject:
        case "avatar":
            return replace(brief, avatar=name, avatar_id=found)
        case "voice":
            return replace(brief, voice=name, voice_id=found)
        case "style":
            return replace(brief, style=name, style_id=found)
        case _:
            raise ValueError(f"A brief has no {subject}")


def _answer_unconfirmed(tx: Transaction, moment: Moment, job: Job, text: str, by: str) -> None:
    effects.give_up(tx, job.id, "submit", moment.now)
    if text != SEND_AGAIN:
        ending.cancel(tx, moment, job, by=by)
    else:
        move(tx, job.id, JobState.QUEUED, phase_at=moment.now)


def retry(tx: Transaction, moment: Moment, failed: Job, *, key: str, by: str) -> Job | None:
    """Makes a failed job anew, once however often it is asked for; None when that is not possible now."""
    if failed.state is not JobState.FAILED or jobs.open_job(tx, failed.thread_id) is not None:
        return None
    if not arrives_first(tx, moment, (key,)) or threads.request_by_key(tx, f"retry:{failed.id}"):
        return None
    thread = threads.thread(tx, failed.thread_id)
    arrivals.note_activity(tx, thread.id, by, moment.now)
    brief = failed.brief
    earlier = jobs.jobs_of_thread(tx, thread.id)
    made = any(has_video(old) and old.session_id == thread.session_id for old in earlier)
    if thread.session_id is not None and (failed.failure_code == "session_lost" or not made):
        thread = threads.change_thread(tx, thread.id, session_id=None)
        brief = last_brief(earlier)
    job = add_job(
        tx, moment, thread, key=f"retry:{failed.id}", requester_id=by, kind=failed.kind, brief=brief, retry_of=failed.id
    )
    _show_again(tx, moment, thread, job)
    return job


def _show_again(tx: Transaction, moment: Moment, thread: Thread, job: Job) -> None:
    if thread.card_ts is None:
        outbox.enter(tx, moment, thread)
        outbox.card(tx, moment, thread, job)
        return
    outbox.edit(tx, moment, thread)


def last_brief(earlier: list[Job]) -> Brief:
    """What a session had been told, as one brief for a new one."""
    first = earlier[0].brief
    changes = [job.brief.prompt for job in earlier[1:] if job.retry_of is None]
    wishes = "\n".join(f"- {change}" for change in changes)
    prompt = f"{first.prompt}\n\nWith these changes:\n{wishes}" if wishes else first.prompt
    files = {file.file_id: file for job in earlier for file in job.brief.files}
    return replace(first, prompt=prompt[:PROMPT_LIMIT], files=tuple(files.values())[:FILES_LIMIT])


def bring_back(tx: Transaction, moment: Moment, job: Job, *, key: str, by: str) -> bool:
    """A stopped job's video came anyway and a person wants it: it is delivered like any other, once."""
    if job.state is not JobState.CANCELLED or job.video_id is None or effects.effect(tx, keys.result(job.id)):
        return False
    if not arrives_first(tx, moment, (key,)):
        return False
    thread = threads.thread(tx, job.thread_id)
    arrivals.note_activity(tx, thread.id, by, moment.now)
    outbox.upload(tx, moment, thread, job, key=keys.upload(job.id), what="video")
    outbox.say(tx, moment, thread, key=keys.result(job.id), what="result", job_id=job.id, priority=outbox.RESULT)
    return True
