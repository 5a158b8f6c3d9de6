"""Records with everything filled in, to be varied by keyword."""

from typing import Any

from storage.records import Brief, Effect, EffectState, Job, JobState, Question, QuestionKind, QuestionState, Thread

WEAPONS = "<!channel> <@U0EVIL|ana> <https://evil.example|click> & *bold* `code` </b>"


def a_thread(**changes: Any) -> Thread:
    """A thread with its card."""
    values: dict[str, Any] = {
        "id": "t1", "enterprise_id": None, "workspace_id": "T1", "channel_id": "C1", "is_im": False, "root_ts": "1.1",
        "card_ts": "1.1", "session_id": None, "hold": None, "gather_at": None, "edited_at": None, "created_at": 0.0,
    }  # fmt: skip
    return Thread(**(values | changes))


def a_job(*, prompt: str = "A red barn", brief: Brief | None = None, **changes: Any) -> Job:
    """A video that HeyGen works on."""
    values: dict[str, Any] = {
        "id": "j1", "request_id": "r1", "thread_id": "t1", "enterprise_id": None, "workspace_id": "T1",
        "channel_id": "C1", "requester_id": "U1", "kind": "agent", "version": 1, "state": JobState.GENERATING,
        "brief": brief or Brief(prompt=prompt),
    }  # fmt: skip
    return Job(**(values | changes))


def a_question(**changes: Any) -> Question:
    """An open question of the agent."""
    values: dict[str, Any] = {
        "id": "q1", "thread_id": "t1", "job_id": "j1", "number": 1, "kind": QuestionKind.AGENT, "text": "Which one?",
        "options": (), "subject": None, "resource_ids": (), "state": QuestionState.OPEN, "answer": None,
        "answered_by": None, "message_ts": None, "asked_at": 0.0, "remind_at": None, "close_at": None,
    }  # fmt: skip
    return Question(**(values | changes))


def an_effect(kind: str = "submit", step: str = "create", **changes: Any) -> Effect:
    """A call at HeyGen that was tried once and answered."""
    values: dict[str, Any] = {
        "id": 1, "key": f"{kind}:j1", "side": "heygen" if kind in ("submit", "message", "asset", "stop") else "slack",
        "kind": kind, "order_key": None, "lane": "heygen|t1", "priority": 0, "workspace_id": "T1", "channel_id": "C1",
        "thread_id": "t1", "job_id": "j1", "step": step, "state": EffectState.DONE, "payload": {}, "evidence": {},
        "wanted": 1, "attempts": 0, "attempted_at": 60.0, "due_at": 60.0, "reason": None, "claimed_by": None,
        "created_at": 50.0, "patient_from": 50.0, "tries": 1, "first_tried_at": 60.0, "settled_at": 61.0,
        "steps": {step: {"tries": 1, "first_at": 60.0, "last_at": 60.0}},
    }  # fmt: skip
    return Effect(**(values | changes))


def words_of(node: Any) -> str:
    """All text that a message or view shows, in order."""
    if isinstance(node, dict):
        own = [value if isinstance(value, str) else words_of(value) for key, value in node.items() if key == "text"]
        return " ".join([*own, *(words_of(value) for key, value in node.items() if key != "text")])
    return " ".join(words_of(item) for item in node) if isinstance(node, list) else ""


def buttons_of(blocks: list[dict[str, Any]]) -> dict[str, str]:
    """The buttons of a message: action id and value."""
    rows = [block.get("elements", []) if block["type"] == "actions" else [block.get("accessory")] for block in blocks]
    found = [element for row in rows for element in row if element and element["type"] == "button"]
    return {element["action_id"]: element["value"] for element in found}
