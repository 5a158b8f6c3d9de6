"""chat.*: messages of the app."""

import copy

from bot.playground.local_slack.arguments import Arguments
from bot.playground.local_slack.limits import MARKDOWN_TEXT, TEXT_KEPT, UPDATE_TEXT, check_message
from bot.playground.local_slack.records import BOT_USER, Channel, Json, Message, SlackError
from bot.playground.local_slack.shapes import message_json, permalink
from bot.playground.local_slack.workspace import Workspace


def post_message(workspace: Workspace, arguments: Arguments) -> Json:
    channel = _open_channel(workspace, arguments)
    text, blocks, metadata = _content(arguments)
    check_message(text, blocks, metadata)
    message = Message(
        channel.id,
        workspace.world.new_ts(),
        BOT_USER,
        text[:TEXT_KEPT],
        blocks,
        metadata,
        thread_ts=thread_root(channel, arguments.text("thread_ts")),
        is_broadcast=arguments.flag("reply_broadcast"),
        from_app=True,
    )
    if message.is_broadcast and message.is_reply:
        message.subtype = "thread_broadcast"
    workspace.publish(message)
    return {"channel": channel.id, "ts": message.ts, "message": _shape(workspace, message)}


def thread_root(channel: Channel, thread_ts: str) -> str | None:
    """The thread a new message goes to. Where the root was deleted Slack silently posts to the channel instead."""
    if not thread_ts or thread_ts not in channel.messages:
        return None
    if channel.messages[thread_ts].is_reply:
        raise SlackError("cannot_reply_to_message")
    return thread_ts


def update(workspace: Workspace, arguments: Arguments) -> Json:
    message = _own_message(workspace, arguments, "cant_update_message")
    text, blocks, metadata = _content(arguments)
    if len(text) > UPDATE_TEXT:
        raise SlackError("msg_too_long")
    check_message(text, blocks, metadata)
    before = message_json(message, workspace.world)
    message.text, message.blocks = text, blocks
    if metadata is not None:
        message.metadata = metadata
    if not blocks:
        message.edited = {"user": BOT_USER, "ts": workspace.world.new_ts()}
    workspace.world.touch(message)
    workspace.events.changed(message, before)
    return {"channel": message.channel, "ts": message.ts, "text": text, "message": _shape(workspace, message)}


def post_ephemeral(workspace: Workspace, arguments: Arguments) -> Json:
    channel = workspace.world.open_to_app(arguments.required("channel"))
    user = arguments.required("user")
    if user not in channel.members:
        raise SlackError("user_not_in_channel")
    text, blocks, _ = _content(arguments)
    check_message(text, blocks, None)
    message = Message(
        channel.id,
        workspace.world.new_ts(),
        BOT_USER,
        text,
        blocks,
        thread_ts=arguments.text("thread_ts") or None,
        from_app=True,
        ephemeral_to=user,
    )
    workspace.world.add(message)
    return {"message_ts": message.ts}


def delete(workspace: Workspace, arguments: Arguments) -> Json:
    message = _own_message(workspace, arguments, "cant_delete_message")
    before = message_json(message, workspace.world)
    workspace.world.remove(message)
    workspace.events.deleted(message, before)
    return {"channel": message.channel, "ts": message.ts}


def get_permalink(workspace: Workspace, arguments: Arguments) -> Json:
    channel = workspace.world.visible_to_app(arguments.required("channel"))
    message = channel.messages.get(arguments.required("message_ts"))
    if message is None:
        raise SlackError("message_not_found")
    return {"channel": channel.id, "permalink": permalink(message)}


def _open_channel(workspace: Workspace, arguments: Arguments) -> Channel:
    """The channel to post to; a user's id means the direct conversation with that person."""
    channel_id = arguments.required("channel")
    user = workspace.world.users.get(channel_id)
    if user is not None:
        channel_id = workspace.world.dm(user.id).id
    channel = workspace.world.open_to_app(channel_id)
    wait = workspace.rates.wait_to_post(channel.id)
    if wait:
        raise SlackError("ratelimited", {"retry_after": wait})
    return channel


def _own_message(workspace: Workspace, arguments: Arguments, not_own: str) -> Message:
    channel = workspace.world.joined_by_app(arguments.required("channel"))
    message = channel.messages.get(arguments.required("ts"))
    if message is None or message.subtype == "tombstone":
        raise SlackError("message_not_found")
    if not message.from_app:
        raise SlackError(not_own)
    if channel.is_archived:
        raise SlackError("is_archived")
    return message


def _content(arguments: Arguments) -> tuple[str, list[Json], Json | None]:
    """Text, blocks and metadata; `markdown_text` counts as text and tolerates nothing beside it."""
    blocks = copy.deepcopy(arguments.blocks() or [])
    markdown = arguments.text("markdown_text")
    if not markdown:
        return arguments.text("text"), blocks, arguments.nested("metadata")
    if arguments.text("text") or blocks:
        raise SlackError("markdown_text_conflict")
    if len(markdown) > MARKDOWN_TEXT:
        raise SlackError("msg_too_long")
    return markdown, [], arguments.nested("metadata")


def _shape(workspace: Workspace, message: Message) -> Json:
    return message_json(message, workspace.world, with_metadata=True)
