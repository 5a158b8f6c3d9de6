"""conversations.*: channels, their members and their messages."""

import base64
import binascii
from typing import TypeVar

from bot.playground.local_slack.arguments import Arguments
from bot.playground.local_slack.events import CHANNEL_SCOPES, MESSAGE_SCOPES
from bot.playground.local_slack.records import BOT_USER, Channel, Json, Message, SlackError
from bot.playground.local_slack.shapes import channel_json, message_json
from bot.playground.local_slack.workspace import Workspace

MOST_AT_ONCE = 999  # of channels and members; for messages the temper says it
PEOPLE_IN_GROUP_DM = 8

T = TypeVar("T")


def open_dm(workspace: Workspace, arguments: Arguments) -> Json:
    if channel_id := arguments.text("channel"):
        return {"channel": {"id": workspace.world.visible_to_app(channel_id).id}, "no_op": True, "already_open": True}
    users = [user for user in arguments.required("users").split(",") if user]
    if len(users) > PEOPLE_IN_GROUP_DM:
        raise SlackError("too_many_users")
    if len(users) != 1:
        raise SlackError("method_not_supported_for_channel_type")
    user = workspace.world.users.get(users[0])
    if user is None or user.is_bot:
        raise SlackError("user_not_found")
    if user.deleted:
        raise SlackError("user_disabled")
    known = set(workspace.world.channels)
    channel = workspace.world.dm(user.id)
    already = {"no_op": True, "already_open": True} if channel.id in known else {}
    return {"channel": {"id": channel.id}, **already}


def info(workspace: Workspace, arguments: Arguments) -> Json:
    channel = workspace.world.visible_to_app(arguments.required("channel"))
    workspace.require(CHANNEL_SCOPES[channel.kind])
    shape = channel_json(channel, workspace.world)
    if arguments.flag("include_num_members"):
        shape["num_members"] = len(channel.members)
    return {"channel": shape}


def join(workspace: Workspace, arguments: Arguments) -> Json:
    channel = workspace.world.visible_to_app(arguments.required("channel"))
    if channel.kind != "public":
        raise SlackError("method_not_supported_for_channel_type")
    if channel.is_archived:
        raise SlackError("is_archived")
    if BOT_USER in channel.members:
        return {"channel": channel_json(channel, workspace.world), "warning": "already_in_channel"}
    channel.members.add(BOT_USER)
    workspace.journal.tell("channel", {"id": channel.id})
    workspace.events.app_joined(channel, inviter=None)
    return {"channel": channel_json(channel, workspace.world)}


def members(workspace: Workspace, arguments: Arguments) -> Json:
    channel = workspace.world.visible_to_app(arguments.required("channel"))
    workspace.require(CHANNEL_SCOPES[channel.kind])
    page, cursor = _page(sorted(channel.members), arguments, 100)
    return {"members": page, "response_metadata": {"next_cursor": cursor}}


def list_channels(workspace: Workspace, arguments: Arguments) -> Json:
    words = {"public_channel": "public", "private_channel": "private", "im": "im"}
    kinds = [words[word] for word in arguments.text("types", "public_channel").split(",") if word in words]
    for kind in kinds:
        workspace.require(CHANNEL_SCOPES[kind])
    shown = [channel for channel in workspace.world.channels.values() if channel.kind in kinds]
    shown = [channel for channel in shown if channel.kind == "public" or BOT_USER in channel.members]
    if arguments.flag("exclude_archived"):
        shown = [channel for channel in shown if not channel.is_archived]
    page, cursor = _page(shown, arguments, 100)
    shapes = [channel_json(channel, workspace.world) for channel in page]
    return {"channels": shapes, "response_metadata": {"next_cursor": cursor}}


def history(workspace: Workspace, arguments: Arguments) -> Json:
    """The channel's messages without replies, newest first."""
    channel = _readable(workspace, arguments)
    shown = [m for m in channel.messages.values() if not m.is_reply or m.subtype == "thread_broadcast"]
    return _messages(workspace, arguments, _within(shown, arguments)[::-1], default_limit=100)


def replies(workspace: Workspace, arguments: Arguments) -> Json:
    """A thread from its root on, oldest first; the root is part of every page."""
    channel = _readable(workspace, arguments)
    root = channel.messages.get(arguments.required("ts"))
    if root is None:
        raise SlackError("thread_not_found")
    if root.is_reply and root.thread_ts in channel.messages:
        root = channel.messages[root.thread_ts]
    answer = _messages(workspace, arguments, _within(channel.replies(root.ts), arguments), default_limit=1_000)
    answer["messages"].insert(0, _shape(workspace, arguments, root))
    return answer


def _readable(workspace: Workspace, arguments: Arguments) -> Channel:
    channel = workspace.world.joined_by_app(arguments.required("channel"))
    workspace.require(MESSAGE_SCOPES[channel.kind])
    return channel


def _within(messages: list[Message], arguments: Arguments) -> list[Message]:
    """Messages between `oldest` and `latest`; the borders themselves only when `inclusive`."""
    oldest, latest = _moment(arguments, "oldest"), _moment(arguments, "latest")
    borders = {oldest, latest} if not arguments.flag("inclusive") else set()
    return [
        message
        for message in sorted(messages, key=lambda message: _micros(message.ts))
        if (oldest or 0) <= (at := _micros(message.ts)) and (latest is None or at <= latest) and at not in borders
    ]


def _moment(arguments: Arguments, name: str) -> int | None:
    given = arguments.text(name)
    if not given or given == "now":
        return None
    try:
        return _micros(given)
    except ValueError:
        raise SlackError(f"invalid_ts_{name}") from None


def _micros(ts: str) -> int:
    """A timestamp as whole microseconds: floats would confuse neighbours."""
    seconds, _, fraction = ts.partition(".")
    return int(seconds) * 1_000_000 + int(fraction.ljust(6, "0")[:6] or 0)


def _messages(workspace: Workspace, arguments: Arguments, shown: list[Message], default_limit: int) -> Json:
    page, cursor = _page(shown, arguments, default_limit, workspace.temper.messages_at_once)
    answer: Json = {"messages": [_shape(workspace, arguments, message) for message in page], "has_more": bool(cursor)}
    return answer | ({"response_metadata": {"next_cursor": cursor}} if cursor else {})


def _shape(workspace: Workspace, arguments: Arguments, message: Message) -> Json:
    with_metadata = arguments.flag("include_all_metadata")
    return message_json(message, workspace.world, with_metadata=with_metadata)


def _page(items: list[T], arguments: Arguments, default_limit: int, most: int = MOST_AT_ONCE) -> tuple[list[T], str]:
    limit = min(arguments.number("limit", default_limit), most)
    if limit < 1:
        raise SlackError("invalid_limit")
    start = _start(arguments.text("cursor"))
    following = start + limit
    cursor = base64.b64encode(f"next:{following}".encode()).decode() if following < len(items) else ""
    return items[start:following], cursor


def _start(cursor: str) -> int:
    if not cursor:
        return 0
    try:
        return int(base64.b64decode(cursor, validate=True).decode().removeprefix("next:"))
    except (ValueError, binascii.Error):
        raise SlackError("invalid_cursor") from None
