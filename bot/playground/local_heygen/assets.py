"""Uploads: small ones in one call, large ones straight to storage in three."""

import asyncio
import hashlib
import secrets
from pathlib import Path

from aiohttp import BodyPartReader, web

from bot.playground.local_heygen.answers import Answers, Json
from bot.playground.local_heygen.body import COMPLETE_UPLOAD, CREATE_UPLOAD, read_body
from bot.playground.local_heygen.errors import ApiError, invalid
from bot.playground.local_heygen.files import Files
from bot.playground.local_heygen.records import Asset
from bot.playground.local_heygen.world import World

MOST_BYTES = 32 * 1024 * 1024
MOST_DIRECT_BYTES = 1024 * 1024 * 1024
UPLOAD_SECONDS = 3600
HEAD_BYTES = 16  # enough to tell every type that is taken
TOKEN_HEADER = "X-Upload-Token"


class Assets:
    def __init__(self, world: World, files: Files, folder: Path, answers: Answers) -> None:
        self._world = world
        self._files = files
        self._folder = folder
        self._answers = answers

    async def upload(self, request: web.Request) -> Json:
        """POST /v3/assets. The type is told from the bytes; name and declared type count for nothing."""
        if request.content_type != "multipart/form-data":
            raise invalid("Content-Type must be multipart/form-data")
        part = await (await request.multipart()).next()
        if not isinstance(part, BodyPartReader) or part.name != "file":
            raise invalid("file: Field required", "file")
        file_id = self._world.new_id()
        size = await self._store_part(part, self._folder / file_id)
        mime_type = self._sniffed(file_id)
        asset = self._asset(file_id, part.filename or "upload", mime_type, size)
        self._files.add(file_id, asset.name, mime_type, self._folder / file_id)
        uploaded = {"asset_id": asset.id, "url": self._answers.asset_url(asset)}
        return {"data": {**uploaded, "mime_type": mime_type, "size_bytes": size}}

    async def begin(self, request: web.Request) -> Json:
        """POST /v3/assets/direct-uploads."""
        asked = await read_body(request, CREATE_UPLOAD)
        if asked["size_bytes"] > MOST_DIRECT_BYTES:
            raise ApiError(413, "payload_too_large", f"At most {MOST_DIRECT_BYTES} bytes", param="size_bytes")
        asset = self._asset(self._world.new_id(), asked["filename"], asked["content_type"], asked["size_bytes"])
        asset.status, asset.checksum_sha256 = "pending_upload", asked["checksum_sha256"]
        asset.upload_token = secrets.token_hex(16)
        return {
            "data": {
                "asset_id": asset.id,
                "upload_url": f"{self._files.base_url}/uploads/{asset.id}",
                "upload_headers": {"Content-Type": asset.mime_type, TOKEN_HEADER: asset.upload_token},
                "max_bytes": MOST_DIRECT_BYTES,
                "expires_in_seconds": UPLOAD_SECONDS,
                "status": asset.status,
            }
        }

    async def put(self, request: web.Request) -> web.Response:
        """PUT of the bytes to storage, which wants the headers it named, word for word, and knows no API key."""
        asset = self._world.asset(request.match_info["asset_id"])
        if request.headers.get(TOKEN_HEADER) != asset.upload_token:
            return web.Response(status=403, text="SignatureDoesNotMatch")
        if request.headers.get("Content-Type") != asset.mime_type:
            return web.Response(status=403, text="Content-Type differs from the one that was signed")
        if self._world.clock() > asset.uploaded_at + UPLOAD_SECONDS:
            return web.Response(status=403, text="Request has expired")
        path = self._folder / asset.file_id
        received = 0
        with await asyncio.to_thread(path.open, "wb") as target:
            async for chunk in request.content.iter_chunked(256 * 1024):
                received += target.write(chunk)
        asset.received = received
        return web.Response(status=200)

    async def complete(self, request: web.Request) -> Json:
        """POST /v3/assets/{id}/complete; repeating it does no harm."""
        asked = await read_body(request, COMPLETE_UPLOAD)
        asset = self._world.asset(request.match_info["asset_id"])
        if asset.status == "pending_upload":
            await self._accept(asset, asked["checksum_sha256"] or asset.checksum_sha256)
        return {
            "data": {
                "asset_id": asset.id,
                "url": self._answers.asset_url(asset),
                "mime_type": asset.mime_type,
                "size_bytes": asset.size_bytes,
                "status": asset.status,
            }
        }

    async def one(self, request: web.Request) -> Json:
        return {"data": self._answers.asset(self._world.asset(request.match_info["asset_id"]))}

    async def _accept(self, asset: Asset, checksum: str | None) -> None:
        path = self._folder / asset.file_id
        if asset.received is None:
            raise ApiError(409, "conflict", "The uploaded object was not found yet")
        if asset.received != asset.size_bytes:
            raise invalid(f"{asset.received} bytes arrived where {asset.size_bytes} were announced", "size_bytes")
        if checksum is not None and checksum.lower() != await asyncio.to_thread(_sha256, path):
            raise invalid("The bytes that arrived have another checksum", "checksum_sha256")
        if self._sniffed(asset.file_id) != asset.mime_type:
            raise invalid(f"The bytes that arrived are no {asset.mime_type}", "content_type")
        settings = self._world.settings
        self._files.add(asset.file_id, asset.name, asset.mime_type, path)
        asset.status, asset.ready_at = "processing", self._world.clock() + settings.scaled(settings.asset_seconds)

    def _asset(self, file_id: str, name: str, mime_type: str, size: int) -> Asset:
        asset = Asset(
            id=self._world.new_id(),
            name=name,
            mime_type=mime_type,
            size_bytes=size,
            uploaded_at=self._world.clock(),
            file_id=file_id,
        )
        self._world.assets[asset.id] = asset
        return asset

    async def _store_part(self, part: BodyPartReader, path: Path) -> int:
        """The size of an upload; one that is too large is read to its end, for the caller to see the refusal."""
        size = 0
        with await asyncio.to_thread(path.open, "wb") as target:
            while chunk := await part.read_chunk(256 * 1024):
                size += len(chunk)
                if size <= MOST_BYTES:
                    target.write(chunk)
        if size > MOST_BYTES:
            path.unlink()
            raise ApiError(413, "payload_too_large", f"At most {MOST_BYTES} bytes; use a direct upload", param="file")
        return size

    def _sniffed(self, file_id: str) -> str:
        with (self._folder / file_id).open("rb") as source:
            mime_type = sniff(source.read(HEAD_BYTES))
        if mime_type is None:
            raise invalid("Only png, jpeg, mp4, webm, mp3, wav and pdf files are taken", "file")
        return mime_type


def sniff(head: bytes) -> str | None:
    """The type of a file by its first bytes, among those HeyGen takes."""
    if head.startswith(b"RIFF"):
        return "audio/wav" if head[8:12] == b"WAVE" else None
    if head[4:8] == b"ftyp":
        return "video/mp4"
    beginnings = {
        b"\xff\xd8\xff": "image/jpeg",
        b"\x89PNG\r\n\x1a\n": "image/png",
        b"\x1aE\xdf\xa3": "video/webm",
        b"ID3": "audio/mpeg",
        b"%PDF": "application/pdf",
    }
    known = next((kind for beginning, kind in beginnings.items() if head.startswith(beginning)), None)
    is_bare_mp3 = head[:1] == b"\xff" and head[1:2] >= b"\xe0"
    return known or ("audio/mpeg" if is_bare_mp3 else None)


def _sha256(path: Path) -> str:
    with path.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()
