"""Opens the page's port on this machine alone, wires what is behind it, closes it again."""

import asyncio
import socket
from pathlib import Path

import aiohttp
from aiohttp import web

from bot.playground.front.built_page import BUILT, BuiltPage
from bot.playground.front.live import Live
from bot.playground.front.orders import KeptApp, Orders
from bot.playground.front.relay import Relay
from bot.playground.front.surface import surface
from bot.playground.own_pages import for_own_pages

HOST = "127.0.0.1"
CLOSING_SECONDS = 1.0  # what open connections get before they are cut
CONNECT = aiohttp.ClientTimeout(total=None, sock_connect=5)
LARGEST_LINE = 16 * 1024 * 1024  # bytes of one thing that happened


class Front:
    """`async with Front(slack=…, heygen=…, app=…, log=…) as front`, reached at `front.url`; port 0 takes a free one."""

    def __init__(self, *, slack: str, heygen: str, app: KeptApp, log: Path, port: int = 0, built: Path = BUILT) -> None:
        self._slack, self._heygen, self._app, self._log = slack, heygen, app, log
        self._port, self._built = port, built
        self._closing = asyncio.Event()

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self._port}"

    async def __aenter__(self) -> "Front":
        listener = socket.create_server((HOST, self._port))  # first: a taken port leaves nothing open
        self._port = listener.getsockname()[1]
        self._session = aiohttp.ClientSession(timeout=CONNECT, auto_decompress=False, read_bufsize=LARGEST_LINE)
        self._runner = web.AppRunner(self._routes(), access_log=None, shutdown_timeout=CLOSING_SECONDS)
        await self._runner.setup()
        await web.SockSite(self._runner, listener).start()
        return self

    async def __aexit__(self, *error: object) -> None:
        self._closing.set()
        await self._runner.cleanup()
        await self._session.close()

    def _routes(self) -> web.Application:
        app = web.Application(middlewares=[for_own_pages()])
        live = Live(self._session, self._slack, self._heygen, app=self._app, log=self._log, closing=self._closing)
        orders, page = Orders(self._app), BuiltPage(self._built)
        app.router.add_get("/live", live.serve)
        app.router.add_get("/manifest", _manifest)
        app.router.add_get("/app", orders.state)
        app.router.add_post("/app/mode", orders.mode)
        app.router.add_post("/app/{order}", orders.give)
        for name, address in (("slack", self._slack), ("heygen", self._heygen)):
            relay = Relay(self._session, f"{address}/control")
            app.router.add_route("*", f"/{name}/{{path:.+}}", relay.serve)
        app.router.add_get("/", page.index)
        app.router.add_get("/assets/{name}", page.asset)
        app.router.add_get("/{name}", page.file)
        return app


async def _manifest(request: web.Request) -> web.Response:
    return web.json_response(surface())
