"""Serves the page as `make page` builds it."""

from pathlib import Path

from aiohttp import web

BUILT = Path(__file__).parents[1] / "page" / "built"
NOT_BUILT = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Playground</title></head>
<body><p>The page is not built yet: run <code>make page</code>, then load this again.
Everything else works meanwhile, by the control API of docs/playground.md.</p></body></html>
"""
# Nothing of the page comes from elsewhere; what people look at may also come from the doubles on this machine.
LOCAL = "http://127.0.0.1:*"
POLICY = "; ".join(
    (
        "default-src 'self'",
        "style-src 'self' 'unsafe-inline'",
        f"img-src 'self' data: blob: {LOCAL}",
        f"media-src 'self' data: blob: {LOCAL}",
        "frame-src https:",  # the player of a video block, once somebody clicks it
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "form-action 'none'",
    )
)
SAFE = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Content-Security-Policy": POLICY}
ANEW = {"Cache-Control": "no-cache", **SAFE}
FOR_GOOD = {"Cache-Control": "public, max-age=31536000, immutable", **SAFE}  # the names hold hashes


class BuiltPage:
    """The files below one folder, which may be built while this runs."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def index(self, request: web.Request) -> web.StreamResponse:
        if not (self._folder / "index.html").is_file():
            return web.Response(status=503, text=NOT_BUILT, content_type="text/html", headers=ANEW)
        return web.FileResponse(self._folder / "index.html", headers=ANEW)

    async def file(self, request: web.Request) -> web.StreamResponse:
        """A file beside the page, such as LICENSES.txt."""
        return _answer(self._folder, request.match_info["name"], ANEW)

    async def asset(self, request: web.Request) -> web.StreamResponse:
        return _answer(self._folder / "assets", request.match_info["name"], FOR_GOOD)


def _answer(folder: Path, name: str, headers: dict[str, str]) -> web.StreamResponse:
    """One file of the folder itself; a name that leads elsewhere leads nowhere."""
    path = folder / name
    if path.parent != folder or not path.is_file():
        raise web.HTTPNotFound
    return web.FileResponse(path, headers=headers)
