"""What the app receives when somebody commands, clicks, submits, closes or searches."""

from bot.playground.local_slack.inputs import STATE_FIELDS, state_values
from bot.playground.local_slack.modals import shape
from bot.playground.local_slack.records import APP, TEAM, Channel, Json, Message, User, View
from bot.playground.local_slack.shapes import message_json
from bot.playground.local_slack.workspace import Workspace

TOKEN = "local-verification-token"


def command_payload(workspace: Workspace, user: User, channel: Channel, command: str, text: str) -> Json:
    return {
        "token": TOKEN,
        "team_id": TEAM,
        "team_domain": "local",
        "channel_id": channel.id,
        "channel_name": channel.command_name,
        "user_id": user.id,
        "user_name": user.name,
        "command": command,
        "text": text,
        "api_app_id": APP,
        "is_enterprise_install": "false",
        "response_url": workspace.response_urls.issue(channel.id, user.id),
        "trigger_id": workspace.triggers.issue(user.id),
    }


def interaction(user: User, kind: str) -> Json:
    """What every interaction has."""
    return {
        "type": kind,
        "token": TOKEN,
        "api_app_id": APP,
        "team": {"id": TEAM, "domain": "local"},
        "enterprise": None,
        "is_enterprise_install": False,
        "user": {"id": user.id, "username": user.name, "name": user.name, "team_id": user.team_id},
    }


def on_message(workspace: Workspace, message: Message) -> Json:
    """Where an interaction with a message took place."""
    channel = workspace.world.channels[message.channel]
    container: Json = {
        "type": "message",
        "message_ts": message.ts,
        "channel_id": channel.id,
        "is_ephemeral": message.ephemeral_to is not None,
    }
    if message.is_reply:
        container["thread_ts"] = message.thread_ts
    place: Json = {"container": container, "channel": {"id": channel.id, "name": channel.command_name}}
    if message.ephemeral_to is None:
        place["message"] = message_json(message, workspace.world, with_metadata=True)
    return place


def on_view(view: View) -> Json:
    return {"container": {"type": "view", "view_id": view.id}, "view": shape(view)}


def message_state(message: Message) -> Json:
    return {"values": state_values(message.blocks, {})}


def action(block: Json, element: Json, state: Json | None, action_ts: str) -> Json:
    """One entry of a click's `actions`; `state` is what was chosen or entered, None for a button."""
    kind = element["type"]
    taken: Json = {"action_id": element["action_id"], "block_id": block["block_id"], "type": kind}
    if state is not None:
        field, _ = STATE_FIELDS.get(kind, ("selected_option", ""))
        taken[field] = state[field]
    else:
        taken["text"] = element.get("text")
        taken |= {"value": element["value"]} if "value" in element else {}
    return {**taken, "action_ts": action_ts}


def suggestion(user: User, element_block: Json, action_id: str, typed: str) -> Json:
    """A request for the options of a select that loads them."""
    return {
        **interaction(user, "block_suggestion"),
        "action_id": action_id,
        "block_id": element_block["block_id"],
        "value": typed,
    }


def submission(workspace: Workspace, user: User, view: View) -> Json:
    return {
        **interaction(user, "view_submission"),
        "trigger_id": workspace.triggers.issue(user.id, view.id),
        "view": shape(view),
        "response_urls": [],
    }


def closing(user: User, view: View, *, is_cleared: bool) -> Json:
    return {**interaction(user, "view_closed"), "view": shape(view), "is_cleared": is_cleared}


def shortcut_payload(workspace: Workspace, user: User, callback_id: str, message: Message | None) -> Json:
    """A global shortcut, or one used on a message."""
    base = {
        "callback_id": callback_id,
        "trigger_id": workspace.triggers.issue(user.id),
        "action_ts": workspace.world.new_ts(),
    }
    if message is None:
        return {**interaction(user, "shortcut"), **base}
    channel = workspace.world.channels[message.channel]
    return {
        **interaction(user, "message_action"),
        **base,
        "message_ts": message.ts,
        "channel": {"id": channel.id, "name": channel.command_name},
        "message": message_json(message, workspace.world),
        "response_url": workspace.response_urls.issue(channel.id, user.id, message.ts),
    }
