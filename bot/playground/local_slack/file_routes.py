"""The upload addresses and the private addresses of files."""

import hmac

from aiohttp import web

from bot.playground.local_slack.records import File
from bot.playground.local_slack.web_api import lose_answer
from bot.playground.local_slack.workspace import Workspace

LOGIN_PAGE = "<!doctype html><title>Sign in</title><h1>Sign in to this workspace</h1>"
CHUNK_BYTES = 256 * 1024
UPLOAD, DOWNLOAD = "upload", "download"  # the names that orders and the journal know them by


class FileRoutes:
    """Takes uploads without a token, and gives bytes only to those who show one."""

    def __init__(self, workspace: Workspace, *, bot_token: str) -> None:
        self._workspace = workspace
        self._bot_token = bot_token

    async def upload(self, request: web.Request) -> web.StreamResponse:
        """Receive a file's bytes; whole only when as many come as were announced."""
        began_at = self._workspace.clock()
        order = self._workspace.orders.take(UPLOAD)
        if order is not None and order.is_before_commit:
            self._told(request, order.do)
            if order.do.startswith("timeout"):
                return await lose_answer(self._workspace, request, order)
            return web.Response(status=429 if order.do == "429" else order.status, text="upstream trouble")
        file = self._workspace.world.files.get(request.match_info["file_id"])
        if file is None or file.state not in ("awaiting_bytes", "uploaded"):
            return web.Response(status=404, text="no upload is expected here")
        if not await self._workspace.files.receive(file, request.content.iter_chunked(CHUNK_BYTES)):
            self._told(request, "length_mismatch")
            return web.Response(status=400, text=f"expected {file.size} bytes")
        self._told(request, None, began_at=began_at)
        if order is not None:
            return await lose_answer(self._workspace, request, order)
        return web.Response(text=f"OK - {file.size}")

    async def download(self, request: web.Request) -> web.StreamResponse:
        """The bytes for a bearer of the app's token; everybody else is sent to the login page, as in Slack."""
        shown = request.headers.get("Authorization", "")
        is_known = hmac.compare_digest(shown.encode(), f"Bearer {self._bot_token}".encode())
        if not is_known or "files:read" not in self._workspace.temper.granted:
            self._told_download(request, "login_page")
            raise web.HTTPFound(f"{self._workspace.world.base_url}/login")
        self._told_download(request, None)
        return serve_file(self._workspace.world.files.get(request.match_info["file_id"]))

    async def login(self, request: web.Request) -> web.Response:
        return web.Response(text=LOGIN_PAGE, content_type="text/html")

    def _told_download(self, request: web.Request, error: str | None) -> None:
        arguments = {"file_id": request.match_info["file_id"], "range": request.headers.get("Range")}
        self._workspace.journal.called(DOWNLOAD, arguments, error)

    def _told(self, request: web.Request, error: str | None, *, began_at: float | None = None) -> None:
        arguments = {"file_id": request.match_info["file_id"], "content_length": request.content_length}
        self._workspace.journal.called(UPLOAD, arguments, error, began_at=began_at)


def serve_file(file: File | None) -> web.StreamResponse:
    """The file's bytes; 404 when they were never here or are gone."""
    if file is None or not file.path.exists():
        raise web.HTTPNotFound
    return web.FileResponse(file.path, headers={"Content-Type": file.mimetype})
