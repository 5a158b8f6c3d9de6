"""Rows to records and back, in one place."""

from collections.abc import Mapping
from dataclasses import asdict, fields
from functools import cache
from typing import Any

from sqlalchemy import RowMapping

from storage.records import (
    Account,
    Attachment,
    Brief,
    DmWhen,
    Effect,
    EffectState,
    Hold,
    Job,
    JobState,
    Option,
    Preference,
    Question,
    QuestionKind,
    QuestionState,
    Reply,
    ReplyState,
    Request,
    Thread,
)

Row = RowMapping


@cache
def _names(kind: type) -> frozenset[str]:
    return frozenset(item.name for item in fields(kind))


def _columns(kind: type, row: Row) -> dict[str, Any]:
    """What the record is made of; each of its fields is a column."""
    return {name: row[name] for name in _names(kind)}


def _known(kind: type, stored: Mapping[str, Any]) -> dict[str, Any]:
    """What this release knows of it: while replicas are upgraded, a newer one writes more into the same JSON."""
    names = _names(kind)
    return {name: value for name, value in stored.items() if name in names}


def attachments_of(items: list[dict[str, Any]]) -> tuple[Attachment, ...]:
    """Slack files as they were stored with words."""
    return tuple(Attachment(**_known(Attachment, item)) for item in items)


def thread_of(row: Row) -> Thread:
    """A thread from its row."""
    return Thread(**{**_columns(Thread, row), "hold": Hold(row["hold"]) if row["hold"] else None})


def request_of(row: Row) -> Request:
    """A request from its row."""
    return Request(**_columns(Request, row))


def brief_of(stored: dict[str, Any]) -> Brief:
    """A brief from its JSON."""
    return Brief(**{**_known(Brief, stored), "files": attachments_of(stored.get("files") or [])})


def brief_row(brief: Brief) -> dict[str, Any]:
    """A brief as JSON, without what is not set."""
    row = {**vars(brief)}
    row["files"] = [asdict(file) for file in brief.files]
    return {key: value for key, value in row.items() if value not in (None, [])}


def job_of(row: Row) -> Job:
    """A job from its row."""
    return Job(
        **{
            **_columns(Job, row),
            "state": JobState(row["state"]),
            "brief": brief_of(row["brief"]),
            "seen_video_ids": tuple(row["seen_video_ids"]),
            "asked_words": tuple(row["asked_words"]),
        }
    )


def job_row(job: Job) -> dict[str, Any]:
    """A job as a row."""
    row = {**vars(job)}
    row["state"] = job.state.value
    row["brief"] = brief_row(job.brief)
    row["seen_video_ids"] = list(job.seen_video_ids)
    row["asked_words"] = list(job.asked_words)
    return row


def reply_of(row: Row) -> Reply:
    """A reply from its row."""
    return Reply(**{**_columns(Reply, row), "files": attachments_of(row["files"]), "state": ReplyState(row["state"])})


def reply_row(reply: Reply) -> dict[str, Any]:
    """A reply as a row."""
    row = {**vars(reply)}
    row["files"] = [asdict(item) for item in reply.files]
    row["state"] = reply.state.value
    return row


def question_of(row: Row) -> Question:
    """A question from its row."""
    return Question(
        **{
            **_columns(Question, row),
            "kind": QuestionKind(row["kind"]),
            "state": QuestionState(row["state"]),
            "options": tuple(Option(**_known(Option, item)) for item in row["options"]),
            "resource_ids": tuple(row["resource_ids"]),
        }
    )


def question_row(question: Question) -> dict[str, Any]:
    """A question as a row."""
    row = {**vars(question)}
    row["kind"] = question.kind.value
    row["state"] = question.state.value
    row["options"] = [asdict(item) for item in question.options]
    row["resource_ids"] = list(question.resource_ids)
    return row


def effect_of(row: Row) -> Effect:
    """An effect from its row."""
    return Effect(**{**_columns(Effect, row), "state": EffectState(row["state"])})


def preference_of(row: Row) -> Preference:
    """A person's settings from their row."""
    return Preference(**{**_columns(Preference, row), "dm": DmWhen(row["dm"])})


def account_of(row: Row) -> Account:
    """The HeyGen account from its row."""
    return Account(**_columns(Account, row))
