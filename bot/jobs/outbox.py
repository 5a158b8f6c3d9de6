"""Records effects: their keys, lanes, order and priority, in one place. Nothing here is tried; the loops do that."""

from dataclasses import dataclass
from typing import Any

from bot.jobs.moment import Moment
from storage import effects, keys, threads
from storage.database import Transaction
from storage.records import EffectState, Job, Question, Thread


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where something is shown that belongs to no thread of ours."""

    workspace_id: str
    channel_id: str
    id: str | None = None


FIRST, RESULT, QUESTION, CARD, NOTICE, PROGRESS = 0, 10, 20, 30, 40, 50

EDIT_GAP_SECONDS = 3.0  # Slack advises not to edit one message more often
REFRESH_SECONDS = 150.0  # a card whose state stays the same is edited this often, for the bar and the clock
REFRESH_SHARE = 0.8  # of a workspace's edits at most; the rest is room for changes of state
STEPS = {
    "enter": "look",
    "card": "post",
    "edit": "edit",
    "say": "post",
    "edit_question": "edit",
    "upload": "upload",
    "dm": "open",
    "whisper": "post",
    "react": "add",
    "names": "resolve",
    "asset": "upload",
    "message": "look",
    "stop": "stop",
}
METHODS = {
    ("enter", "look"): "conversations.info",
    ("enter", "join"): "conversations.join",
    ("card", "post"): "chat.postMessage",
    ("edit", "edit"): "chat.update",
    ("say", "post"): "chat.postMessage",
    ("edit_question", "edit"): "chat.update",
    ("upload", "upload"): "files.getUploadURLExternal",
    ("upload", "share"): "files.completeUploadExternal",
    ("upload", "verify"): "files.info",
    ("dm", "open"): "conversations.open",
    ("dm", "post"): "chat.postMessage",
    ("whisper", "post"): "chat.postEphemeral",
    ("whisper", "open"): "conversations.open",
    ("whisper", "dm"): "chat.postMessage",
    ("react", "add"): "reactions.add",
}
# Seconds between calls and burst, per workspace and method (chat.postMessage: per channel, and all posts of a workspace
# together). Slack's tiers; a burst is at most what a tier gives in twelve seconds:
# https://docs.slack.dev/apis/web-api/rate-limits
PACE: dict[str, tuple[float, int]] = {
    "chat.postMessage": (1.0, 3),
    "posts": (0.25, 20),  # "several hundred a minute" in a workspace
    "chat.update": (1.2, 10),
    "chat.postEphemeral": (0.6, 20),
    "conversations.info": (1.2, 10),
    "conversations.join": (1.2, 10),
    "conversations.open": (1.2, 10),
    "files.getUploadURLExternal": (1.2, 10),  # a video and its captions are two calls
    "files.completeUploadExternal": (0.6, 20),
    "files.info": (0.6, 20),
    "reactions.add": (1.2, 10),
    "heygen": (0.0, 1),  # HeyGen publishes no rate; its ceiling is counted in jobs
}
READING = "conversations.info"  # as fast as reading; and a word that 0.1 knows, which may be started on this file
BEGIN_LANE = "heygen|begin"  # rests when HeyGen has no place for one job more, while stops and looks go on
BEGINS = frozenset({("submit", "create"), ("submit", "send"), ("message", "send")})
PER_CHANNEL = frozenset({"chat.postMessage"})
# Posts: when their answer was lost they are looked for among the messages, by other methods with a rate of their own.
FOUND_BY_READING = frozenset({("card", "post"), ("say", "post"), ("dm", "post"), ("whisper", "dm")})


@dataclass(frozen=True, kw_only=True)
class Lanes:
    """What a call counts against: its lane, and the wider one that this lies in, if it does."""

    lane: str
    wider_lane: str | None


def lanes_of(kind: str, step: str, *, workspace_id: str, channel_id: str, thread_id: str | None) -> Lanes:
    """The lanes that a call counts against."""
    lane = lane_of(kind, step, workspace_id=workspace_id, channel_id=channel_id, thread_id=thread_id)
    method = METHODS.get((kind, step))
    if method is None:
        return Lanes(lane=lane, wider_lane="heygen")
    return Lanes(lane=lane, wider_lane=f"posts|{workspace_id}" if method in PER_CHANNEL else None)


def reading_lane(workspace_id: str) -> str:
    """The lane of whoever reads messages in a workspace: conversations.history and .replies, taken together."""
    return f"{READING}|{workspace_id}|messages"


def lane_of(kind: str, step: str, *, workspace_id: str, channel_id: str, thread_id: str | None) -> str:
    """The lane that a call counts against."""
    if (kind, step) in BEGINS:
        return BEGIN_LANE
    method = METHODS.get((kind, step))
    if method is None:
        return f"heygen|{thread_id}"
    if method in PER_CHANNEL:
        return f"{method}|{workspace_id}|{channel_id}"
    return f"{method}|{workspace_id}"


def _row(
    moment: Moment,
    *,
    key: str,
    kind: str,
    thread: Thread | Place,
    job_id: str | None,
    priority: int,
    order_key: str | None,
    payload: dict[str, Any] | None = None,
    step: str | None = None,
    due_at: float | None = None,
    channel_id: str | None = None,
) -> dict[str, Any]:
    first = step or STEPS[kind]
    channel = channel_id or thread.channel_id
    lanes = lanes_of(kind, first, workspace_id=thread.workspace_id, channel_id=channel, thread_id=thread.id)
    return {
        "key": key,
        "side": "slack" if (kind, first) in METHODS else "heygen",
        "kind": kind,
        "order_key": order_key,
        "lane": lanes.lane,
        "wider_lane": lanes.wider_lane,
        "priority": priority,
        "workspace_id": thread.workspace_id,
        "channel_id": channel,
        "thread_id": thread.id,
        "job_id": job_id,
        "step": first,
        "state": EffectState.PENDING.value,
        "payload": payload or {},
        "evidence": {},
        "wanted": 1,
        "attempts": 0,
        "due_at": moment.now if due_at is None else due_at,
        "created_at": moment.now,
        "patient_from": moment.now,
    }


def in_thread(thread: Thread) -> str:
    """Posts of one thread go one after the other."""
    return f"thread:{thread.id}"


def at_heygen(thread: Thread) -> str:
    """Calls about one session go one after the other."""
    return f"session:{thread.id}"


def enter(tx: Transaction, moment: Moment, thread: Thread, *, again: bool = False) -> None:
    """Looks whether the app is in the channel, and joins a public one, before anything is posted or spent.

    `again`: for a card that is waiting already, so that it must not be waited for.
    """
    order_key = None if again else in_thread(thread)
    row = _row(
        moment, key=keys.enter(thread.id), kind="enter", thread=thread, job_id=None, priority=FIRST, order_key=order_key
    )
    effects.record_again(tx, row)


def card(tx: Transaction, moment: Moment, thread: Thread, job: Job) -> None:
    """Posts the thread's card, once: a post in doubt may be there already, and shows how things are by then."""
    row = _row(
        moment, key=keys.card(thread.id), kind="card", thread=thread, job_id=job.id, priority=FIRST,
        order_key=in_thread(thread),
    )  # fmt: skip
    effects.record_anew(tx, row)


def edit(tx: Transaction, moment: Moment, thread: Thread, *, after: float = 0.0) -> None:
    """A change of state: the card shows, so many seconds from now, how things are by then. Many wishes are one edit."""
    _edit(tx, moment, thread, priority=CARD, after=after)


def show_place(tx: Transaction, moment: Moment, thread: Thread) -> None:
    """The card shows a new place in the queue; changes of state go before it, unless it has waited for too long."""
    _edit(tx, moment, thread, priority=CARD if _is_overdue(thread, moment) else NOTICE)


def refresh(tx: Transaction, moment: Moment, thread: Thread) -> None:
    """The card shows how far the job is; other edits go before it, unless it has waited for too long."""
    _edit(tx, moment, thread, priority=CARD if _is_overdue(thread, moment) else PROGRESS)


def _edit(tx: Transaction, moment: Moment, thread: Thread, *, priority: int, after: float = 0.0) -> None:
    if thread.card_ts is None:
        return
    edited_at = min(thread.edited_at or 0.0, moment.now)  # the clock may have been set back since
    due_at = max(moment.after(after), edited_at + EDIT_GAP_SECONDS / moment.rules.tempo)
    row = _row(
        moment, key=keys.edit(thread.id), kind="edit", thread=thread, job_id=None, priority=priority, order_key=None,
        due_at=due_at,
    )  # fmt: skip
    effects.record_again(tx, row)


def refresh_seconds(cards: int) -> float:
    """How long a card is not refreshed when so many cards of the workspace show a job that is being made."""
    seconds, _ = PACE["chat.update"]
    return max(REFRESH_SECONDS, cards * seconds / REFRESH_SHARE)


def is_stale(thread: Thread, moment: Moment) -> bool:
    """Whether the card's bar and clock may be shown anew."""
    return moment.now >= _refresh_at(thread, moment)


def _is_overdue(thread: Thread, moment: Moment) -> bool:
    """Whether the card has not been edited for twice as long as planned."""
    refresh_at, edited_at = _refresh_at(thread, moment), thread.edited_at or 0.0
    return moment.now >= refresh_at + (refresh_at - edited_at)


def _refresh_at(thread: Thread, moment: Moment) -> float:
    if thread.refresh_at is not None:
        return thread.refresh_at
    return (thread.edited_at or 0.0) + REFRESH_SECONDS / moment.rules.tempo


def say(
    tx: Transaction, moment: Moment, thread: Thread, *, key: str, what: str, job_id: str, priority: int, **payload: Any
) -> None:
    """Posts a reply in the thread; its words are made from the records when it is sent."""
    row = _row(
        moment, key=key, kind="say", thread=thread, job_id=job_id, priority=priority, order_key=in_thread(thread),
        payload={"what": what, **payload},
    )  # fmt: skip
    effects.record(tx, row)


def edit_question(tx: Transaction, moment: Moment, thread: Thread, asked: Question) -> None:
    """Shows at the question itself what became of it."""
    row = _row(
        moment, key=f"edit_question:{asked.id}", kind="edit_question", thread=thread, job_id=asked.job_id,
        priority=NOTICE, order_key=None, payload={"question": asked.id},
    )  # fmt: skip
    effects.record_again(tx, row)


def upload(tx: Transaction, moment: Moment, thread: Thread, job: Job, *, key: str, what: str, **payload: Any) -> None:
    """Brings files from HeyGen into Slack: the result, or a storyboard."""
    row = _row(
        moment, key=key, kind="upload", thread=thread, job_id=job.id, priority=RESULT, order_key=in_thread(thread),
        payload={"what": what, **payload},
    )  # fmt: skip
    effects.record(tx, row)


def dm(
    tx: Transaction,
    moment: Moment,
    thread: Thread | Place,
    *,
    key: str,
    user_id: str,
    what: str,
    job_id: str | None = None,
    **payload: Any,
) -> None:
    """Tells one person directly. Never holds up the thread."""
    row = _row(
        moment, key=key, kind="dm", thread=thread, job_id=job_id, priority=NOTICE, order_key=None,
        payload={"what": what, "user": user_id, **payload}, channel_id=user_id,
    )  # fmt: skip
    effects.record(tx, row)


def whisper(
    tx: Transaction,
    moment: Moment,
    thread: Thread | Place,
    *,
    key: str,
    user_id: str,
    what: str,
    job_id: str | None = None,
    **payload: Any,
) -> None:
    """Shows something to one person only."""
    row = _row(
        moment, key=key, kind="whisper", thread=thread, job_id=job_id, priority=QUESTION, order_key=None,
        payload={"what": what, "user": user_id, **payload},
    )  # fmt: skip
    effects.record(tx, row)


def react(tx: Transaction, moment: Moment, thread: Thread, *, ts: str, name: str) -> None:
    """Marks a person's message with an emoji."""
    row = _row(
        moment, key=f"react:{thread.id}:{ts}:{name}", kind="react", thread=thread, job_id=None, priority=NOTICE,
        order_key=None, payload={"ts": ts, "name": name},
    )  # fmt: skip
    effects.record(tx, row)


def heygen(
    tx: Transaction,
    moment: Moment,
    thread: Thread,
    job: Job,
    *,
    key: str,
    kind: str,
    step: str | None = None,
    due_at: float | None = None,
    **payload: Any,
) -> None:
    """A call at HeyGen that changes something."""
    row = _row(
        moment, key=key, kind=kind, thread=thread, job_id=job.id, priority=CARD, order_key=at_heygen(thread),
        payload=payload, step=step, due_at=due_at,
    )  # fmt: skip
    effects.record(tx, row)


def edit_by_id(tx: Transaction, moment: Moment, thread_id: str) -> None:
    """`edit`, for callers that do not hold the thread."""
    edit(tx, moment, threads.thread(tx, thread_id))
