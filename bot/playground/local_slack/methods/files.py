"""files.*: the three-call upload, with sharing that comes later."""

import asyncio
import copy
import mimetypes
from typing import Any

from bot.playground.local_slack.arguments import Arguments
from bot.playground.local_slack.limits import check_message
from bot.playground.local_slack.methods.chat import thread_root
from bot.playground.local_slack.records import BOT_USER, File, Json, Message, SlackError
from bot.playground.local_slack.shapes import file_json
from bot.playground.local_slack.workspace import Workspace

ALT_TEXT = 1_000
TITLE = 255


def get_upload_url(workspace: Workspace, arguments: Arguments) -> Json:
    name = arguments.required("filename")
    length = arguments.number("length", 0)
    if length <= 0:
        raise SlackError("invalid_arguments")
    _refuse_upload(workspace.temper.uploads, length)
    alt_text = arguments.text("alt_txt")
    if len(alt_text) > ALT_TEXT:
        raise SlackError("alt_txt_too_large")
    mimetype = mimetypes.guess_type(name)[0] or "application/octet-stream"
    file = workspace.files.expect(name, length, mimetype, alt_text)
    return {"upload_url": f"{workspace.world.base_url}/upload/v1/{file.id}", "file_id": file.id}


def complete_upload(workspace: Workspace, arguments: Arguments) -> Json:
    """Accept the files; they appear in the channel, as one message, after the sharing delay."""
    files = _uploaded(workspace, arguments.nested("files"))
    message = _message_to_be(workspace, arguments)
    for file, title in files:
        file.state, file.title = "complete", title
    if message is not None:
        message.files = [file.id for file, _ in files]
        workspace.background.start(f"sharing {message.files}", _share(workspace, message))
    return {"files": [file_json(file, workspace.world) for file, _ in files]}


def info(workspace: Workspace, arguments: Arguments) -> Json:
    file = workspace.world.usable_file(arguments.required("file"))
    return {"file": file_json(file, workspace.world), "comments": []}


def delete(workspace: Workspace, arguments: Arguments) -> Json:
    file = workspace.world.usable_file(arguments.required("file"))
    if file.user != BOT_USER:
        raise SlackError("cant_delete_file")
    workspace.files.delete(file)
    return {}


def _refuse_upload(rule: str | int, length: int) -> None:
    if rule == "too_large" or (isinstance(rule, int) and length > rule):
        raise SlackError("file_upload_size_restricted")
    if isinstance(rule, str) and rule != "ok":
        raise SlackError(rule)


def _uploaded(workspace: Workspace, listed: Any) -> list[tuple[File, str]]:
    if not isinstance(listed, list) or not listed:
        raise SlackError("invalid_arguments")
    files = []
    for entry in listed:
        file = workspace.world.files.get(str(entry.get("id")))
        if file is None or file.state != "uploaded":
            raise SlackError("file_not_found")
        files.append((file, str(entry.get("title") or file.name)[:TITLE]))
    return files


def _message_to_be(workspace: Workspace, arguments: Arguments) -> Message | None:
    channel_id = arguments.text("channel_id") or arguments.text("channels")
    if not channel_id:
        return None
    if channel_id not in workspace.world.channels:
        raise SlackError("invalid_channel")
    channel = workspace.world.open_to_app(channel_id)
    comment = arguments.text("initial_comment")
    blocks = [] if comment else copy.deepcopy(arguments.blocks() or [])
    if blocks:
        check_message("", blocks, None)
    root = thread_root(channel, arguments.text("thread_ts"))
    return Message(channel.id, "", BOT_USER, comment, blocks, thread_ts=root, from_app=True, subtype="file_share")


async def _share(workspace: Workspace, message: Message) -> None:
    await asyncio.sleep(workspace.temper.share_delay)
    channel = workspace.world.channels.get(message.channel)
    if channel is None:
        return  # the workspace was reset meanwhile
    files = [workspace.world.files[id_] for id_ in message.files if id_ in workspace.world.files]
    files = [file for file in files if file.state != "deleted"]
    if not files:
        return
    message.ts = workspace.world.new_ts()
    message.thread_ts = thread_root(channel, message.thread_ts or "")
    message.files = [file.id for file in files]
    for file in files:
        file.shares.append((channel.id, message.ts, message.thread_ts))
    workspace.publish(message)
    for file in files:
        workspace.events.file_shared(file, channel)
