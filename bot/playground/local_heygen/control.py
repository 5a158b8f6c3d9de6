"""The control API under /control: settings, plans, faults, what was called. For this machine alone, without a key."""

import json
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from aiohttp import web

from bot.playground.local_heygen.errors import CannotDo
from bot.playground.local_heygen.journal import plain
from bot.playground.news import News

if TYPE_CHECKING:
    from bot.playground.local_heygen.server import LocalHeyGen

Json = dict[str, Any]
Deed = Callable[[web.Request], Awaitable[Any]]


def add_control(app: web.Application, heygen: "LocalHeyGen", news: News) -> None:
    """Mount the control API of this server."""
    app.router.add_get("/control/stream", news.serve)
    control = Control(heygen)
    routes: tuple[tuple[str, str, Deed], ...] = (
        ("POST", "/control/set", control.set),
        ("POST", "/control/next", control.next),
        ("POST", "/control/reset", control.reset),
        ("GET", "/control/state", control.state),
        ("GET", "/control/calls", control.calls),
        ("GET", "/control/downloads", control.downloads),
        ("DELETE", "/control/calls", control.forget_calls),
        ("POST", "/control/sessions/{session_id}/lose", control.lose),
        ("POST", "/control/sessions/{session_id}/ask", control.ask),
        ("POST", "/control/webhooks/send", control.send_webhook),
    )
    for method, path, deed in routes:
        app.router.add_route(method, path, _guarded(deed))


def _guarded(deed: Deed) -> Callable[[web.Request], Awaitable[web.Response]]:
    """An order that cannot be carried out is answered with 400 and the reason."""

    async def handler(request: web.Request) -> web.Response:
        try:
            return web.json_response(plain(await deed(request)))
        except (CannotDo, KeyError, TypeError, ValueError) as error:
            reason = f"{error} is missing" if isinstance(error, KeyError) else str(error)
            return web.json_response({"error": reason}, status=400)

    return handler


class Control:
    """Each method answers one path with what becomes JSON."""

    def __init__(self, heygen: "LocalHeyGen") -> None:
        self._heygen = heygen

    async def set(self, request: web.Request) -> Any:
        self._heygen.set(**await _order(request))
        return self._heygen.settings

    async def next(self, request: web.Request) -> Json:
        order = await _order(request)
        on = order.pop("on")
        match on:
            case "session_plan":
                self._heygen.plan_next(**order)
            case "revision_plan":
                self._heygen.plan_next_revision(**order)
            case _:
                self._heygen.fail_next(on, order.pop("do"), **order)
        return {"ordered": on}

    async def reset(self, request: web.Request) -> Json:
        self._heygen.reset()
        return {"reset": True}

    async def state(self, request: web.Request) -> Json:
        heygen = self._heygen
        return {
            "settings": heygen.settings,
            "wallet": heygen.settings.wallet,
            "running": heygen.running,
            "sessions": list(heygen.sessions.values()),
            "videos": list(heygen.videos.values()),
            "assets": list(heygen.assets.values()),
            "faults": heygen.faults,
            "events": list(heygen.events),
            "deliveries": list(heygen.deliveries),
        }

    async def calls(self, request: web.Request) -> Any:
        since, op = int(request.query.get("since", "0")), request.query.get("op")
        found = [call for call in self._heygen.calls if call.seq > since and op in (None, call.op)]
        return found[-int(request.query.get("last", "0")) :]

    async def downloads(self, request: web.Request) -> Any:
        return self._heygen.downloads

    async def forget_calls(self, request: web.Request) -> Json:
        self._heygen.forget_calls()
        return {"forgotten": True}

    async def lose(self, request: web.Request) -> Json:
        self._heygen.lose(request.match_info["session_id"])
        return {"lost": True}

    async def ask(self, request: web.Request) -> Json:
        self._heygen.ask(request.match_info["session_id"], (await _order(request))["text"])
        return {"asked": True}

    async def send_webhook(self, request: web.Request) -> Json:
        order = await _order(request)
        return {"status": await self._heygen.send_webhook(**order)}


async def _order(request: web.Request) -> Json:
    text = await request.text()
    order = json.loads(text) if text else {}
    if not isinstance(order, dict):
        raise CannotDo("the body must be a JSON object")
    return order
