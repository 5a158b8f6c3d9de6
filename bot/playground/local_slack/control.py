"""The control API under /control: act as people, read what happened, order trouble. For this machine alone."""

import base64
import binascii
import inspect
import json
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from aiohttp import web

from bot.playground.local_slack.file_routes import serve_file
from bot.playground.local_slack.journal import Call, Delivery
from bot.playground.local_slack.population import ANA
from bot.playground.local_slack.records import Ack, CannotDo, Json
from bot.playground.local_slack.screen import screen
from bot.playground.local_slack.shapes import channel_json, file_json, user_json

if TYPE_CHECKING:
    from bot.playground.local_slack.server import LocalSlack

BODY_BYTES = 64 * 1024 * 1024  # of a deed, attached files included

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

# what can be posted to /control/<word>; arguments are the method's own, as JSON
VERBS = (
    "archive",
    "click",
    "click_view",
    "close_view",
    "command",
    "delete_channel",
    "delete_message",
    "deliver",
    "disconnect",
    "dm",
    "edit",
    "freeze",
    "invite",
    "kick",
    "next",
    "open_home",
    "options",
    "post",
    "react",
    "reset",
    "set",
    "shortcut",
    "submit_view",
    "type_in",
    "unreact",
    "upload",
)


def add_control(app: web.Application, slack: "LocalSlack") -> None:
    """Mount the control API of this workspace."""
    app.router.add_get("/control/state", partial(_state, slack))
    app.router.add_get("/control/calls", partial(_calls, slack))
    app.router.add_delete("/control/calls", partial(_forget_calls, slack))
    app.router.add_get("/control/deliveries", partial(_deliveries, slack))
    app.router.add_get("/control/messages", partial(_messages, slack))
    app.router.add_get("/control/screen", partial(_screen, slack))
    app.router.add_get("/control/views", partial(_views, slack))
    app.router.add_get("/control/files/{file_id}", partial(_file, slack))
    app.router.add_get("/control/stream", slack.journal.news.serve)
    for verb in VERBS:
        app.router.add_post(f"/control/{verb}", partial(_act, slack, verb))


async def _act(slack: "LocalSlack", verb: str, request: web.Request) -> web.Response:
    """Call the method of this name; what people cannot do is answered with 400 and the reason."""
    method = getattr(slack, verb)
    try:
        arguments = _arguments(await request.clone(client_max_size=BODY_BYTES).text())
        inspect.signature(method).bind(**arguments)
        outcome = method(**arguments)
        result = await outcome if inspect.isawaitable(outcome) else outcome
    except (CannotDo, TypeError, ValueError) as error:
        return web.json_response({"error": str(error)}, status=400)
    return web.json_response(result.as_json() if isinstance(result, Ack) else {"result": result})


def _arguments(text: str) -> Json:
    """The arguments of a deed; a file's bytes come as `base64`."""
    arguments = json.loads(text) if text else {}
    if not isinstance(arguments, dict):
        raise ValueError("the body must be a JSON object of arguments")
    for file in arguments.get("files", []):
        try:
            file["bytes"] = base64.b64decode(file.pop("base64"), validate=True)
        except (KeyError, binascii.Error):
            raise ValueError("each file needs name, mimetype and base64") from None
    return arguments


async def _state(slack: "LocalSlack", request: web.Request) -> web.Response:
    world = slack.world
    state: Json = {
        "users": [user_json(user) for user in world.users.values()],
        "channels": [
            {**channel_json(channel, world), "members": sorted(channel.members)} for channel in world.channels.values()
        ],
        "files": [file_json(file, world) for file in world.files.values()],
        "views": {user: slack.views(user) for user in world.stacks},
        "homes": {user: slack.home(user) for user in world.homes},
        "prompts": world.prompts,
        "settings": vars(slack.temper),
        "connections": slack.connections,
        "request_url": slack.http.request_url if slack.http else None,
    }
    return web.json_response(state)


async def _calls(slack: "LocalSlack", request: web.Request) -> web.Response:
    return _entries(slack.calls(request.query.get("method")), request)


async def _forget_calls(slack: "LocalSlack", request: web.Request) -> web.Response:
    slack.journal.calls.clear()
    return web.json_response({"result": None})


async def _deliveries(slack: "LocalSlack", request: web.Request) -> web.Response:
    return _entries(slack.deliveries(request.query.get("kind")), request)


def _entries(entries: Sequence[Call | Delivery], request: web.Request) -> web.Response:
    """Those after the number `since`, or only the `last` ones of them."""
    since, last = int(request.query.get("since", 0)), int(request.query.get("last", 0))
    return web.json_response([entry.as_json() for entry in entries[-last:] if entry.seq > since])


async def _messages(slack: "LocalSlack", request: web.Request) -> web.Response:
    """A channel or thread as `user` sees it."""
    query = request.query
    try:
        return web.json_response(slack.seen(query.get("user", ""), query["channel"], query.get("thread_ts")))
    except (CannotDo, KeyError) as error:
        return web.json_response({"error": f"give a channel that exists: {error}"}, status=400)


async def _screen(slack: "LocalSlack", request: web.Request) -> web.Response:
    """The same as plain text for a terminal, threads and modals included; without a channel all of them."""
    query = request.query
    try:
        return web.Response(text=screen(slack, query.get("user", ANA), query.get("channel")))
    except CannotDo as error:
        return web.Response(text=f"{error}\n", status=400)


async def _views(slack: "LocalSlack", request: web.Request) -> web.Response:
    user = request.query.get("user", "")
    return web.json_response({"modals": slack.views(user), "home": slack.home(user)})


async def _file(slack: "LocalSlack", request: web.Request) -> web.StreamResponse:
    return serve_file(slack.files.get(request.match_info["file_id"]))
