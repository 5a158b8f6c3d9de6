"""What the page may order of the program's process."""

from typing import Any, Protocol

from aiohttp import web

from bot.playground.keeper import Mode
from bot.playground.news import News


class KeptApp(Protocol):
    """The program as somebody keeps it."""

    news: News

    def as_json(self) -> dict[str, Any]: ...
    def crash(self) -> None: ...
    def restart(self) -> None: ...
    def stop(self) -> None: ...
    def start(self) -> None: ...
    def switch(self, mode: Mode) -> None: ...


class Orders:
    """Each answer is the program's state at that moment; what becomes of an order is told by the live stream."""

    def __init__(self, app: KeptApp) -> None:
        self._app = app
        self._deeds = {"crash": app.crash, "restart": app.restart, "stop": app.stop, "start": app.start}

    async def state(self, request: web.Request) -> web.Response:
        return web.json_response(self._app.as_json())

    async def give(self, request: web.Request) -> web.Response:
        deed = self._deeds.get(request.match_info["order"])
        if deed is None:
            raise web.HTTPNotFound
        deed()
        return await self.state(request)

    async def mode(self, request: web.Request) -> web.Response:
        try:
            wanted = Mode((await request.json())["mode"])
        except (KeyError, TypeError, ValueError):
            words = f"mode is one of {', '.join(Mode)}"
            return web.json_response({"error": words}, status=400)
        self._app.switch(wanted)
        return await self.state(request)
