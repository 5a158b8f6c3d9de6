"""What a delivery must hold: all that Slack sends may pass, and what would make a listener stumble may not."""

import json
from typing import Any

import pytest

from handlers.shapes import DEEPEST, problem_of

COMMAND = {
    "token": "t", "team_id": "T1", "team_domain": "d", "enterprise_id": "E1", "enterprise_name": "Globular",
    "channel_id": "C1", "channel_name": "privategroup", "user_id": "U1", "user_name": "ana", "command": "/video",
    "text": "", "response_url": "https://hooks.slack.com/commands/1/2", "trigger_id": "13345224609.738474920.8088",
    "api_app_id": "A1", "is_enterprise_install": "false",
}  # fmt: skip
PLACE = {"team": {"id": "T1", "domain": "d"}, "enterprise": None, "user": {"id": "U1", "name": "ana"}}
CLICK = {
    **PLACE, "type": "block_actions", "trigger_id": "1.2.c", "response_url": "https://hooks.slack.com/actions/1/2",
    "channel": {"id": "D1", "name": "directmessage"}, "container": {"type": "message", "message_ts": "1548.0002"},
    "message": {"type": "message", "bot_id": "B1", "ts": "1548261231.000200", "text": "", "blocks": []},
    "actions": [{"type": "button", "action_id": "stop", "block_id": "b/=1", "value": "j1", "action_ts": "1.1"}],
}  # fmt: skip
FIELDS: dict[str, Any] = {
    "prompt": {"prompt": {"type": "plain_text_input", "value": "A film"}},
    "avatar": {"avatar_picker": {"type": "external_select", "selected_option": None}},
    "orientation": {
        "orientation": {
            "type": "radio_buttons",
            "selected_option": {"text": {"type": "plain_text", "text": "Portrait", "emoji": True}, "value": "portrait"},
        }
    },
    "review": {"review": {"type": "checkboxes", "selected_options": []}},
}
SUBMISSION: dict[str, Any] = {
    **PLACE, "type": "view_submission", "trigger_id": "1.2.c", "response_urls": [],
    "view": {
        "id": "V1", "type": "modal", "callback_id": "new_video", "hash": "1.a",
        "private_metadata": json.dumps({"channel": "C1", "im": False, "named": {"voice": "Bruno"}}),
        "blocks": [{"type": "input", "block_id": "prompt"}], "state": {"values": FIELDS},
    },
}  # fmt: skip
SUGGESTION = {**PLACE, "type": "block_suggestion", "action_id": "voice_picker", "block_id": "voice", "value": ""}
FILE = {"id": "F1", "name": "logo.png", "mimetype": "image/png", "size": 4_096}
MESSAGE = {
    "type": "message", "channel": "C1", "channel_type": "channel", "user": "U1", "text": "hi",
    "ts": "1355517523.000005", "thread_ts": "1355517520.000001", "parent_user_id": "UBOT",
    "team": "T1", "subtype": "file_share", "files": [FILE],
}  # fmt: skip
CHANGED = {
    "type": "message", "subtype": "message_changed", "hidden": True, "channel": "C1", "ts": "1358878755.000001",
    "message": {"type": "message", "user": "U1", "text": "hi", "ts": "1355517523.000005", "edited": {"user": "U1"}},
    "previous_message": {"type": "message", "user": "U1", "text": "ho", "ts": "1355517523.000005"},
}  # fmt: skip
REACTION = {
    "type": "reaction_added", "user": "U1", "reaction": "thumbsup", "item_user": "U2",
    "item": {"type": "message", "channel": "C1", "ts": "1360782400.498405"},
}  # fmt: skip
OF_A_FILE = {**REACTION, "item": {"type": "file", "file": "F1"}}
JOINED = {"type": "member_joined_channel", "user": "W06GH7XHN", "channel": "C0698JE0H", "channel_type": "C"}
HOME = {"type": "app_home_opened", "user": "U1", "channel": "D1", "tab": "home", "view": {"id": "V1"}}
GONE = {"type": "tokens_revoked", "tokens": {"oauth": ["U1"], "bot": ["U2"]}}


def event(inner: dict[str, Any], **changed: Any) -> dict[str, Any]:
    """The envelope of an event."""
    grants = [{"enterprise_id": None, "team_id": "T1", "user_id": "U1", "is_bot": True}]
    outer = {"type": "event_callback", "team_id": "T1", "event_id": "Ev08MFMKH6", "authorizations": grants}
    return {**outer, "event": inner, **changed}


@pytest.mark.parametrize(
    "body",
    [
        COMMAND, {**COMMAND, "enterprise_id": "", "response_url": ""}, CLICK,
        {**CLICK, "channel": None, "message": None, "view": {"id": "V1", "callback_id": "new_video"}},
        SUBMISSION, SUGGESTION, {**PLACE, "type": "view_closed", "view": {"callback_id": "new_video"}},
        {**PLACE, "type": "shortcut", "callback_id": "of_a_later_release"},
        {"type": "url_verification", "token": "t", "challenge": "c"}, {"type": "app_rate_limited", "team_id": "T1"},
        event(MESSAGE), event({**MESSAGE, "files": [{"id": "F1", "mode": "tombstone"}], "bot_id": None}),
        event(CHANGED), event({**CHANGED, "subtype": "message_deleted", "message": None}),
        event(REACTION), event(OF_A_FILE), event(JOINED), event(HOME), event(GONE),
        event({"type": "link_shared", "user": {"of": "another shape"}}, enterprise_id="E1", authorizations=None),
    ],
)  # fmt: skip
def test_what_slack_sends_may_pass(body: dict[str, Any]) -> None:
    """Every kind we hear, as Slack's reference shows it, and kinds we do not hear."""
    assert problem_of(body) is None


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({**COMMAND, "user_id": None}, "Command: string_type at user_id"),
        ({**COMMAND, "channel_id": "C" * 41}, "Command: string_pattern_mismatch at channel_id"),
        ({**COMMAND, "trigger_id": "a b"}, "at trigger_id"),
        ({**COMMAND, "response_url": ["https://a"]}, "at response_url"),
        ({**CLICK, "team": "T1"}, "Click: model_type at team"),
        ({**CLICK, "channel": None}, "Click: value_error"),
        ({**CLICK, "actions": []}, "at actions"),
        ({**CLICK, "actions": ["stop"]}, "at actions.0"),
        ({**CLICK, "actions": [{"action_id": ["stop"], "block_id": "b"}]}, "at actions.0.action_id"),
        ({**CLICK, "message": {"ts": "now"}}, "at message.ts"),
        ({**SUBMISSION, "view": {**SUBMISSION["view"], "private_metadata": "{"}}, "json_invalid at view.private"),
        ({**SUBMISSION, "view": {**SUBMISSION["view"], "private_metadata": "{}"}}, "missing at view.private_metadata"),
        ({**SUBMISSION, "view": {**SUBMISSION["view"], "state": {"values": []}}}, "at view.state.values"),
        (event({**MESSAGE, "ts": 1355517523.0}), "Message: string_type at ts"),
        (event({**MESSAGE, "files": [{**FILE, "size": 2**63}]}), "less_than_equal at files.0.size"),
        (event({**MESSAGE, "files": ["F1"]}), "at files.0"),
        (event({**REACTION, "item": {"type": "message"}}), "Reaction: value_error at item"),
        (event({**REACTION, "reaction": ["heart"]}), "Reaction: string_type at reaction"),
        (event(["message"]), "Body: model_type at event"),  # type: ignore[arg-type]
        (event({}), "Body: missing at event.type"),
        ({"type": ["block_actions"]}, "Body: string_type at type"),
    ],
)  # fmt: skip
def test_what_would_make_a_listener_stumble_may_not_pass(body: dict[str, Any], words: str) -> None:
    """Each is named by its place, never by its words."""
    problem = problem_of(body)
    assert problem is not None
    assert words in problem


def test_what_is_too_deep_may_not_pass() -> None:
    """Whatever walks it would run out of stack."""
    deep: Any = []
    for _ in range(DEEPEST + 1):
        deep = [deep]
    assert problem_of(event({**MESSAGE, "blocks": deep})) == "too deep"
