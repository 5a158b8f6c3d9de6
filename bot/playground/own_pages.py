"""Keeps strangers out: only programs of this machine and pages of the server itself may use it.

A page from anywhere can have a browser send requests to 127.0.0.1. Its requests name their origin; and one that came
here by a domain name that points at this machine names that domain as its host.
"""

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

NAMES = ("127.0.0.1", "localhost")
PLAIN_PORT = 80  # browsers leave it out of the address


def refusal(host: str, origin: str | None, *, port: int) -> str | None:
    """Why a request with these headers is not for a server on this port; None when it is."""
    own = {f"{name}:{port}" for name in NAMES} | ({*NAMES} if port == PLAIN_PORT else set())
    if host.lower() not in own:
        return f"This server is for this machine alone; ask for it as {NAMES[0]}:{port}."
    if origin is not None and origin.lower() != f"http://{host.lower()}":
        return "Pages from elsewhere may not use this server."
    return None


def for_own_pages(below: str = "/") -> Middleware:
    """Answers 403 to strangers who ask for a path that begins with `below`."""

    @web.middleware
    async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path.startswith(below) and (why := _refusal(request)) is not None:
            return web.Response(status=403, text=f"{why}\n")
        return await handler(request)

    return check


def _refusal(request: web.Request) -> str | None:
    listening = request.transport.get_extra_info("sockname") if request.transport is not None else None
    if listening is None:
        return "The caller has hung up."
    return refusal(request.headers.get("Host", ""), request.headers.get("Origin"), port=listening[1])
