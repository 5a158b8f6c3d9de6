"""Messages that answer an interaction: by a command's acknowledgement or by its response URL."""

import copy
from typing import Any

from aiohttp import web

from bot.playground.local_slack.limits import check_message
from bot.playground.local_slack.records import BOT_USER, Json, Message, SlackError
from bot.playground.local_slack.response_urls import Grant
from bot.playground.local_slack.shapes import message_json
from bot.playground.local_slack.workspace import Workspace


async def receive_response(workspace: Workspace, request: web.Request) -> web.Response:
    """The endpoint behind every response URL."""
    key = request.match_info["key"]
    try:
        grant = workspace.response_urls.use(key)
    except SlackError as refusal:
        return web.Response(status=404, text=refusal.word)
    try:
        body = await request.json()
        respond(workspace, grant, body)
    except ValueError:
        return web.Response(status=400, text="invalid_payload")
    except SlackError as refusal:
        workspace.journal.called("response_url", {"body": body}, refusal.word)
        return web.Response(status=400, text=refusal.word)
    workspace.journal.called("response_url", {"body": body}, None)
    return web.Response(text="ok")


def respond(workspace: Workspace, grant: Grant, body: Any) -> None:
    """Do what the app answered: a message for one person or for all, or a change of the original."""
    if isinstance(body, str):
        body = {"text": body}
    if not isinstance(body, dict):
        raise SlackError("invalid_payload")
    if body.get("delete_original"):
        _delete_original(workspace, grant)
        return
    text, blocks = str(body.get("text") or ""), copy.deepcopy(body.get("blocks") or [])
    check_message(text, blocks, None)
    if body.get("replace_original") and (original := _original(workspace, grant)) is not None:
        _replace(workspace, original, text, blocks)
    else:
        _post(workspace, grant, body, text, blocks)


def _post(workspace: Workspace, grant: Grant, body: Json, text: str, blocks: list[Json]) -> None:
    is_public = body.get("response_type") == "in_channel"
    message = Message(
        grant.channel,
        workspace.world.new_ts(),
        BOT_USER,
        text,
        blocks,
        thread_ts=body.get("thread_ts"),
        from_app=True,
        ephemeral_to=None if is_public else grant.user,
    )
    if is_public:
        workspace.publish(message)
    else:
        workspace.world.add(message)


def _original(workspace: Workspace, grant: Grant) -> Message | None:
    channel = workspace.world.channels[grant.channel]
    ephemeral = (m for m in workspace.world.ephemerals if (m.channel, m.ts) == (grant.channel, grant.original_ts))
    return channel.messages.get(grant.original_ts or "") or next(ephemeral, None)


def _replace(workspace: Workspace, original: Message, text: str, blocks: list[Json]) -> None:
    before = message_json(original, workspace.world)
    original.text, original.blocks = text, blocks
    workspace.world.touch(original)
    if original.ephemeral_to is None:
        workspace.events.changed(original, before)


def _delete_original(workspace: Workspace, grant: Grant) -> None:
    original = _original(workspace, grant)
    if original is None:
        return
    before = message_json(original, workspace.world)
    workspace.world.remove(original)
    if original.ephemeral_to is None:
        workspace.events.deleted(original, before)
