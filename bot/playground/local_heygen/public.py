"""What needs no key: presigned files, assets, previews, and the page of a video."""

from collections.abc import Callable
from html import escape

from aiohttp import web

from bot.playground.local_heygen.errors import ApiError, not_found
from bot.playground.local_heygen.files import Files, serve
from bot.playground.local_heygen.gate import CODES
from bot.playground.local_heygen.speech import length, spoken_words
from bot.playground.local_heygen.studio import Studio
from bot.playground.local_heygen.world import World

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title></head>
<body><h1>{title}</h1><video controls src="{link}" poster="{poster}" style="max-width:100%"></video></body></html>
"""
UNFINISHED_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title></head>
<body><h1>{title}</h1><p>This video is {status}.</p></body></html>
"""


class Public:
    def __init__(self, world: World, files: Files, studio: Studio, advance: Callable[[], None]) -> None:
        self._world = world
        self._files = files
        self._studio = studio
        self._advance = advance

    async def file(self, request: web.Request) -> web.StreamResponse:
        """A presigned file. Noted apart from the API calls; faults ordered for "download" happen here."""
        call = self._world.journal.note("download", request, None)
        fault = self._world.take_fault("download")
        call.fault = fault.do if fault else None
        try:
            if fault is not None and fault.do == "status":
                status = fault.status or 500
                raise ApiError(status, fault.code or CODES.get(status, "internal_error"), fault.message)
            file = self._files.opened(request.match_info["token"], request.query.get("expires", ""))
            response = await serve(request, file, half=fault is not None and fault.do == "cut")
        except ApiError as error:
            response = web.Response(status=error.status, text=error.message)
        self._world.journal.ended(call, response.status)
        return response

    async def asset(self, request: web.Request) -> web.StreamResponse:
        asset = self._world.assets.get(request.match_info["asset_id"])
        if asset is None or asset.status == "pending_upload":
            return not_found("Asset", "asset_not_found").response()
        return await serve(request, self._files.get(asset.file_id))

    async def page(self, request: web.Request) -> web.Response:
        self._advance()
        video = self._world.videos.get(request.match_info["video_id"])
        if video is None:
            return web.Response(status=404, text="There is no such video.")
        title = escape(video.title)
        if video.status != "completed":
            return _html(UNFINISHED_PAGE.format(title=title, status=escape(video.status)))
        link, poster = self._files.link(video.file_id), self._files.link(video.thumbnail_id)
        return _html(PAGE.format(title=title, link=escape(link), poster=escape(poster)))

    async def preview(self, request: web.Request) -> web.StreamResponse:
        """The face of a look, avatar or style, or the sound of a voice; made when first asked for."""
        kind, one_id = request.match_info["kind"], request.match_info["one_id"]
        name = self._names(kind).get(one_id)
        if name is None:
            return not_found("Preview").response()
        file_id = f"preview{one_id}"
        if not self._files.has(file_id):
            self._make(kind, file_id, name)
        return await serve(request, self._files.get(file_id))

    def _make(self, kind: str, file_id: str, name: str) -> None:
        if kind == "voices":
            words = spoken_words(f"Hello, my name is {name}.")
            self._studio.voice(file_id, words, length(words))
        else:
            self._studio.still(file_id, name, kind.rstrip("s"), shade=len(name))

    def _names(self, kind: str) -> dict[str, str]:
        match kind:
            case "voices":
                return {one.voice_id: one.name for one in self._world.voices.values()}
            case "looks":
                return {one.id: one.name for one in self._world.looks.values()}
            case "groups":
                return {one.id: one.name for one in self._world.groups}
            case "styles":
                return {one.style_id: one.name for one in self._world.styles.values()}
            case _:
                return {}


def _html(text: str) -> web.Response:
    return web.Response(text=text, content_type="text/html", charset="utf-8")
