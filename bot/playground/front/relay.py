"""Hands requests of the page on to the control API of a double, and its answers back, as they come."""

import aiohttp
from aiohttp import web
from yarl import URL

CHUNK_BYTES = 256 * 1024
ASKED = ("Accept", "Content-Type", "Range", "If-Range", "If-None-Match", "If-Modified-Since")
ANSWERED = (
    "Accept-Ranges", "Cache-Control", "Content-Length", "Content-Range", "Content-Type", "ETag", "Last-Modified",
)  # fmt: skip
# what somebody uploaded is shown, and never run as a page of ours
HARMLESS = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "sandbox"}
METHODS = frozenset({"GET", "HEAD", "POST", "DELETE"})


class Relay:
    """Reaches what stands below one address."""

    def __init__(self, session: aiohttp.ClientSession, below: str) -> None:
        self._session = session
        self._below = URL(below)

    async def serve(self, request: web.Request) -> web.StreamResponse:
        path = request.match_info["path"].split("/")
        if request.method not in METHODS or not all(path) or {".", ".."} & set(path):
            raise web.HTTPNotFound
        headers = {name: request.headers[name] for name in ASKED if name in request.headers}
        body = request.content if request.can_read_body else None
        target = self._below.joinpath(*path).with_query(request.query)
        try:
            async with self._session.request(
                request.method, target, data=body, headers=headers, skip_auto_headers=("Accept-Encoding",)
            ) as answer:
                return await _hand_back(request, answer)
        except aiohttp.ClientConnectionError as error:
            return web.json_response({"error": f"it does not answer ({error})"}, status=502)


async def _hand_back(request: web.Request, answer: aiohttp.ClientResponse) -> web.StreamResponse:
    headers = {name: answer.headers[name] for name in ANSWERED if name in answer.headers}
    response = web.StreamResponse(status=answer.status, headers={**headers, **HARMLESS})
    await response.prepare(request)
    try:
        async for chunk in answer.content.iter_chunked(CHUNK_BYTES):
            await response.write(chunk)
    except (aiohttp.ClientError, ConnectionError):
        return response  # the double broke off, or the page has seen enough: a player that seeks asks anew
    await response.write_eof()
    return response
