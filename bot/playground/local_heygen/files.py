"""The files this server hands out: stored or made up, behind links that expire, whole or by range."""

import asyncio
import hashlib
import hmac
import secrets
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from bot.playground.local_heygen.errors import ApiError
from bot.playground.local_heygen.orders import Settings

CHUNK_BYTES = 256 * 1024
PATTERN = bytes(range(256)) * (CHUNK_BYTES // 256)


@dataclass(frozen=True)
class MadeUp:
    """A body of this many bytes that is stored nowhere: 0, 1, … 255 and over again."""

    size: int


Content = bytes | Path | MadeUp


@dataclass(kw_only=True)
class StoredFile:
    name: str
    media_type: str
    content: Content | asyncio.Future[Path]

    @property
    def is_ready(self) -> bool:
        return not isinstance(self.content, asyncio.Future) or self.content.done()

    @property
    def error(self) -> BaseException | None:
        """Why it could not be made, once that is known."""
        if isinstance(self.content, asyncio.Future) and self.content.done():
            return self.content.exception()
        return None

    async def read(self) -> Content:
        """What is in it; waits until it has been made."""
        return await self.content if isinstance(self.content, asyncio.Future) else self.content


class Files:
    """Files by id. A link is good until it expires and for one file; asking again gives another link."""

    def __init__(self, clock: Callable[[], float], settings: Settings) -> None:
        self.base_url = ""
        self._files: dict[str, StoredFile] = {}
        self._clock = clock
        self._settings = settings
        self._key = secrets.token_bytes(32)

    def add(self, file_id: str, name: str, media_type: str, content: Content | asyncio.Future[Path]) -> StoredFile:
        self._files[file_id] = StoredFile(name=name, media_type=media_type, content=content)
        return self._files[file_id]

    def has(self, file_id: str) -> bool:
        return file_id in self._files

    def get(self, file_id: str) -> StoredFile:
        return self._files[file_id]

    def clear(self) -> None:
        self._files.clear()

    def link(self, file_id: str) -> str:
        """A fresh presigned address."""
        expires = f"{self._clock() + self._settings.lifetime:.3f}"
        nonce = secrets.token_hex(4)
        token = f"{file_id}-{nonce}-{self._signature(file_id, nonce, expires)}"
        return f"{self.base_url}/files/{token}/{self._files[file_id].name}?expires={expires}"

    def opened(self, token: str, expires: str) -> StoredFile:
        """The file of a link; 403 when the link has expired or was never ours."""
        file_id, nonce, signature = [*token.split("-"), "", ""][:3]
        if not hmac.compare_digest(signature, self._signature(file_id, nonce, expires)):
            raise ApiError(403, "forbidden", "SignatureDoesNotMatch")
        if self._clock() >= float(expires):
            raise ApiError(403, "forbidden", "Request has expired")
        if file_id not in self._files:
            raise ApiError(404, "not_found", "NoSuchKey")
        return self._files[file_id]

    def _signature(self, file_id: str, nonce: str, expires: str) -> str:
        return hmac.new(self._key, f"{file_id}/{nonce}/{expires}".encode(), hashlib.sha256).hexdigest()[:32]


async def serve(request: web.Request, file: StoredFile, *, half: bool = False) -> web.StreamResponse:
    """Answer with a file, or the range asked for; with half of it before the connection breaks, if so ordered."""
    content = await file.read()
    if isinstance(content, Path) and not half:
        return web.FileResponse(content, chunk_size=CHUNK_BYTES, headers={"Content-Type": file.media_type})
    body = await asyncio.to_thread(content.read_bytes) if isinstance(content, Path) else content
    size = body.size if isinstance(body, MadeUp) else len(body)
    response, start, end = _opened(request, file, size)
    await response.prepare(request)
    if request.method != "HEAD":
        stop = start + (end - start) // 2 if half else end
        async for chunk in _chunks(body, start, stop):
            await response.write(chunk)
        if half and request.transport is not None:
            request.transport.close()
            return response
    await response.write_eof()
    return response


def _opened(request: web.Request, file: StoredFile, size: int) -> tuple[web.StreamResponse, int, int]:
    try:
        start, stop, _ = request.http_range.indices(size)
        if size and start >= size:
            raise ValueError("beyond the end")
    except ValueError:
        raise web.HTTPRequestRangeNotSatisfiable(headers={"Content-Range": f"bytes */{size}"}) from None
    whole = "Range" not in request.headers
    headers = {"Content-Type": file.media_type, "Content-Length": str(stop - start), "Accept-Ranges": "bytes"}
    if not whole:
        headers["Content-Range"] = f"bytes {start}-{stop - 1}/{size}"
    return web.StreamResponse(status=200 if whole else 206, headers=headers), start, stop


async def _chunks(body: bytes | MadeUp, start: int, stop: int) -> AsyncIterator[bytes]:
    at = start
    while at < stop:
        if isinstance(body, MadeUp):
            chunk = PATTERN[at % 256 : at % 256 + min(CHUNK_BYTES - 256, stop - at)]
        else:
            chunk = body[at : min(at + CHUNK_BYTES, stop)]
        yield chunk
        at += len(chunk)
