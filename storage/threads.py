"""Threads, requests, replies and questions. Every function's first argument is a transaction."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Table,
    and_,
    bindparam,
    case,
    delete,
    func,
    insert,
    literal_column,
    or_,
    select,
    update,
)

from storage.database import Transaction, hold_rows, hold_rows_if_free
from storage.records import Question, QuestionState, Reply, ReplyState, Request, Thread
from storage.rows import question_of, question_row, reply_of, reply_row, request_of, thread_of
from storage.tables import jobs, questions, replies, requests, threads

# Made once, for making a statement costs more than running it.
_ADD_THREAD, _ADD_REQUEST, _ADD_REPLY, _ADD_QUESTION = (
    insert(threads), insert(requests), insert(replies), insert(questions),
)  # fmt: skip
_IS_OPEN = questions.c.state == literal_column(f"'{QuestionState.OPEN.value}'")  # a literal, as in the partial index
# SQLite takes a partial index only where the statement repeats its condition.
_NEXT_GATHERING = select(func.min(threads.c.gather_at)).where(
    threads.c.gather_at.is_not(None), threads.c.hold.is_(None)
)
_NEXT_REMINDER = select(func.min(questions.c.remind_at), func.min(questions.c.close_at)).where(_IS_OPEN)
_TIMES = ("gather_at", "edited_at", "refresh_at", "held_at")
_THREAD = select(threads).where(threads.c.id == bindparam("thread"))
_ITS_ROW = select(threads.c.id).where(threads.c.id == bindparam("thread"))


def add_thread(tx: Transaction, thread: Thread) -> None:
    """Stores a new thread."""
    tx.execute(_ADD_THREAD, {name: value for name, value in vars(thread).items() if value is not None})


def thread(tx: Transaction, thread_id: str) -> Thread:
    """The thread; it exists."""
    return thread_of(tx.execute(_THREAD, {"thread": thread_id}).mappings().one())


def lock(tx: Transaction, thread_id: str) -> None:
    """From here to the end of the transaction nobody else changes what belongs to the thread. Taken before all else."""
    hold_rows(tx, _ITS_ROW, thread=thread_id)


def lock_of_job(tx: Transaction, job_id: str) -> None:
    """`lock`, for who knows the job."""
    hold_rows(tx, select(threads.c.id).where(threads.c.id == _thread_of(jobs, job_id)))


def lock_of_question(tx: Transaction, question_id: str) -> None:
    """`lock`, for who knows the question."""
    hold_rows(tx, select(threads.c.id).where(threads.c.id == _thread_of(questions, question_id)))


def lock_of_reply(tx: Transaction, key: str) -> None:
    """`lock`, for who knows the key of a reply."""
    its = select(replies.c.thread_id).where(replies.c.key == key).scalar_subquery()
    hold_rows(tx, select(threads.c.id).where(threads.c.id == its))


def _thread_of(table: Table, row_id: str) -> Any:
    return select(table.c.thread_id).where(table.c.id == row_id).scalar_subquery()


def lock_if_free(tx: Transaction, thread_id: str) -> bool:
    """`lock` without waiting; False when something is happening to the thread."""
    return hold_rows_if_free(tx, _ITS_ROW, thread=thread_id)


def thread_at(tx: Transaction, workspace_id: str, channel_id: str, root_ts: str) -> Thread | None:
    """The thread below this Slack message, if it is one of ours."""
    found = tx.execute(
        select(threads).where(
            threads.c.workspace_id == workspace_id,
            threads.c.channel_id == channel_id,
            threads.c.root_ts == root_ts,
        )
    )
    row = found.mappings().one_or_none()
    return thread_of(row) if row else None


def thread_with(tx: Transaction, workspace_id: str, channel_id: str, ts: str) -> Thread | None:
    """The thread whose root or card is this Slack message."""
    found = tx.execute(
        select(threads).where(
            threads.c.workspace_id == workspace_id,
            threads.c.channel_id == channel_id,
            or_(threads.c.root_ts == ts, threads.c.card_ts == ts),
        )
    )
    row = found.mappings().first()
    return thread_of(row) if row else None


def change_thread(tx: Transaction, thread_id: str, **changes: Any) -> Thread:
    """Sets columns of a thread and returns it."""
    done = tx.execute(update(threads).where(threads.c.id == thread_id).values(changes).returning(threads))
    return thread_of(done.mappings().one())


def due_threads(tx: Transaction, now: float, limit: int) -> list[str]:
    """Threads with replies to join, or a question to remind of or to close: what has been due for longest first.

    Those that something else is happening to are passed over. Nothing of them is read: one that cannot be is no trouble
    to the others.
    """
    gathering = select(threads.c.gather_at, threads.c.id).where(threads.c.gather_at <= now, threads.c.hold.is_(None))
    due_at = case((questions.c.close_at <= now, questions.c.close_at), else_=questions.c.remind_at)
    asking = select(due_at, threads.c.id).join(questions, threads.c.id == questions.c.thread_id).where(_is_due(now))
    found: list[tuple[float, str]] = []
    for due in (gathering.order_by(threads.c.gather_at), asking.order_by(due_at)):
        free = due.limit(limit).with_for_update(of=threads, key_share=True, skip_locked=True)
        found += [(at, thread_id) for at, thread_id in tx.execute(free)]
    return list(dict.fromkeys(thread_id for _, thread_id in sorted(found)))[:limit]


def put_off(tx: Transaction, thread_id: str, now: float, until: float) -> None:
    """What is due in a thread by the clock alone is so at `until`."""
    its = threads.c.id == thread_id
    tx.execute(update(threads).where(its, threads.c.gather_at <= now).values(gather_at=until))
    for due_at in (questions.c.remind_at, questions.c.close_at):
        asked = update(questions).where(questions.c.thread_id == thread_id, _IS_OPEN, due_at <= now)
        tx.execute(asked.values({due_at: until}))


def next_gathering(tx: Transaction) -> float | None:
    """When the next replies are to be joined."""
    due: float | None = tx.execute(_NEXT_GATHERING).scalar_one()
    return due


def held_threads(tx: Transaction, workspace_id: str, channel_id: str, hold: str) -> list[Thread]:
    """Threads of a channel that wait for the same thing."""
    found = tx.execute(
        select(threads)
        .where(threads.c.workspace_id == workspace_id, threads.c.channel_id == channel_id, threads.c.hold == hold)
        .order_by(threads.c.id)
        .with_for_update(key_share=True)
    )
    return [thread_of(row) for row in found.mappings()]


def set_back(tx: Transaction, seconds: float) -> None:
    """The clock was set back: whatever waits in threads does so for as long as before, in the same order."""
    tx.execute(update(threads).values({name: threads.c[name] - seconds for name in _TIMES}))
    asked = {name: questions.c[name] - seconds for name in ("asked_at", "remind_at", "close_at")}
    tx.execute(update(questions).where(_IS_OPEN).values(asked))
    waiting = update(replies).where(replies.c.state == ReplyState.WAITING.value)
    tx.execute(waiting.values(created_at=replies.c.created_at - seconds))


def wait_longer(tx: Transaction, seconds: float) -> None:
    """Nobody could be heard for so long: what waits for people does so that much longer."""
    tx.execute(update(questions).where(_IS_OPEN).values(close_at=questions.c.close_at + seconds))
    tx.execute(update(threads).where(threads.c.hold.is_not(None)).values(held_at=threads.c.held_at + seconds))


def add_request(tx: Transaction, request: Request) -> None:
    """Stores a request; its key is unique."""
    tx.execute(_ADD_REQUEST, {**vars(request)})


def first_request(tx: Transaction, thread_id: str) -> Request | None:
    """What made the thread one of ours."""
    made = select(requests).where(requests.c.thread_id == thread_id).order_by(requests.c.created_at).limit(1)
    row = tx.execute(made).mappings().one_or_none()
    return request_of(row) if row else None


def request_by_key(tx: Transaction, key: str) -> Request | None:
    """The request that this command, view or message made, if it did."""
    row = (tx.execute(select(requests).where(requests.c.key == key))).mappings().one_or_none()
    return request_of(row) if row else None


def add_reply(tx: Transaction, reply: Reply) -> None:
    """Stores a person's words."""
    tx.execute(_ADD_REPLY, reply_row(reply))


def waiting_replies(tx: Transaction, thread_id: str) -> list[Reply]:
    """Replies not yet part of anything, in the order they were said."""
    found = tx.execute(
        select(replies)
        .where(replies.c.thread_id == thread_id, replies.c.state == ReplyState.WAITING)
        .order_by(replies.c.created_at, replies.c.id)
    )
    return sorted((reply_of(row) for row in found.mappings()), key=lambda reply: reply.said_at)


def join_replies(tx: Transaction, reply_ids: Sequence[str], job_id: str) -> None:
    """Makes the replies part of a job's brief or answer."""
    tx.execute(update(replies).where(replies.c.id.in_(reply_ids)).values(state=ReplyState.JOINED.value, job_id=job_id))


def reword_reply(tx: Transaction, key: str, text: str) -> str | None:
    """Other words for a reply that still waits; returns its thread, or None when it waits no more."""
    waiting = update(replies).where(replies.c.key == key, replies.c.state == ReplyState.WAITING)
    return tx.execute(waiting.values(text=text).returning(replies.c.thread_id)).scalar_one_or_none()


def withdraw_reply(tx: Transaction, key: str) -> str | None:
    """Takes back a reply that still waits; returns its thread, or None when it waits no more."""
    waiting = delete(replies).where(replies.c.key == key, replies.c.state == ReplyState.WAITING)
    return tx.execute(waiting.returning(replies.c.thread_id)).scalar_one_or_none()


def add_question(tx: Transaction, question: Question) -> None:
    """Stores an open question."""
    tx.execute(_ADD_QUESTION, question_row(question))


def question(tx: Transaction, question_id: str) -> Question | None:
    """The question, if it exists."""
    row = (tx.execute(select(questions).where(questions.c.id == question_id))).mappings().one_or_none()
    return question_of(row) if row else None


def open_question(tx: Transaction, job_id: str) -> Question | None:
    """What the job is asking now."""
    found = tx.execute(select(questions).where(questions.c.job_id == job_id, questions.c.state == QuestionState.OPEN))
    row = found.mappings().one_or_none()
    return question_of(row) if row else None


def questions_of_job(tx: Transaction, job_id: str) -> list[Question]:
    """Everything the job has asked, in order."""
    found = tx.execute(select(questions).where(questions.c.job_id == job_id).order_by(questions.c.number))
    return [question_of(row) for row in found.mappings()]


def settle_question(
    tx: Transaction, question_id: str, state: QuestionState, *, answer: str | None = None, by: str | None = None
) -> Question | None:
    """Answers or closes an open question; None when somebody was faster."""
    done = tx.execute(
        update(questions)
        .where(questions.c.id == question_id, questions.c.state == QuestionState.OPEN)
        .values(state=state.value, answer=answer, answered_by=by)
        .returning(questions)
    )
    row = done.mappings().one_or_none()
    return question_of(row) if row else None


def change_question(tx: Transaction, question_id: str, **changes: Any) -> None:
    """Sets columns of a question."""
    tx.execute(update(questions).where(questions.c.id == question_id).values(changes))


def questions_due(tx: Transaction, thread_id: str, now: float) -> list[Question]:
    """Open questions of a thread to remind of or to close."""
    found = tx.execute(select(questions).where(questions.c.thread_id == thread_id, _is_due(now)))
    return [question_of(row) for row in found.mappings()]


def _is_due(now: float) -> ColumnElement[bool]:
    return and_(_IS_OPEN, or_(questions.c.remind_at <= now, questions.c.close_at <= now))


def next_reminder(tx: Transaction) -> float | None:
    """When the next open question is to be reminded of or closed."""
    due = tx.execute(_NEXT_REMINDER).one()
    return min((at for at in due if at is not None), default=None)
