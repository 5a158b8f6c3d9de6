"""A load balancer of the plainest kind: one address in front of replicas that come and go."""

import random
from collections.abc import Sequence

import aiohttp
from aiohttp import web

SECONDS = 10.0


class Balancer:
    """Passes each request to one of the ports, and to the next one when nobody answers there."""

    def __init__(self, ports: Sequence[int], chance: random.Random) -> None:
        self._ports = list(ports)
        self._chance = chance

    async def start(self, port: int) -> None:
        """Listens on a port of this machine."""
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=SECONDS))
        application = web.Application(client_max_size=4 * 1024 * 1024)
        application.router.add_route("*", "/{tail:.*}", self._pass)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", port).start()

    async def close(self) -> None:
        """Listens no more."""
        await self._runner.cleanup()
        await self._session.close()

    async def _pass(self, request: web.Request) -> web.Response:
        raw = await request.read()
        for port in self._chance.sample(self._ports, len(self._ports)):
            try:
                return await self._try(port, request, raw)
            except aiohttp.ClientConnectorError:
                continue  # nobody is there: proven not to have been delivered
            except (aiohttp.ClientError, TimeoutError):
                return web.Response(status=502)  # it may have been: whoever sent it decides
        return web.Response(status=503)

    async def _try(self, port: int, request: web.Request, raw: bytes) -> web.Response:
        headers = {name: value for name, value in request.headers.items() if name.lower() != "host"}
        address = f"http://127.0.0.1:{port}{request.rel_url}"
        async with self._session.request(request.method, address, data=raw, headers=headers) as answer:
            kind = {"Content-Type": answer.headers["Content-Type"]} if "Content-Type" in answer.headers else {}
            return web.Response(status=answer.status, body=await answer.read(), headers=kind)
