"""HeyGen's API v3 over httpx: one method for each endpoint, one way out (`bot.heygen.wire`).

Creates, follow-ups and speech take no idempotency key and are sent once. All errors are those of `bot.heygen.errors`.
"""

import asyncio
import random as randomness
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeVar

import httpx
from h11 import LocalProtocolError
from pydantic import ValidationError

from bot.heygen.errors import (
    AnswerLost,
    BadRequest,
    Conflict,
    NotReady,
    ServerTrouble,
)
from bot.heygen.models import (
    Account,
    Answer,
    Asset,
    Listed,
    Look,
    Page,
    PastEvent,
    Resource,
    Sent,
    Session,
    SessionRef,
    Speech,
    Status,
    Style,
    UploadSlot,
    Video,
    Voice,
)
from bot.heygen.rest import Rest
from bot.heygen.wire import Timed, Wire, open_http, timeout_of

TRANSFER_SECONDS = 600.0
_IDS = {
    Listed.VIDEOS: "video_ids",
    Listed.TRANSLATIONS: "video_translation_ids",
    Listed.LIPSYNCS: "lipsync_ids",
}

__all__ = ["HeyGenClient", "open_http"]

A = TypeVar("A", bound=Answer)


class HeyGenClient:
    """Speaks to HeyGen with one key. The key is in no repr, log line or error."""

    def __init__(
        self,
        http: httpx.AsyncClient,
        *,
        api_key: str,
        base_url: str,
        clock: Callable[[], float] = time.time,
        random: Callable[[], float] = randomness.random,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        timed: Timed = lambda _call, _outcome, _seconds: None,
        rest: Rest | None = None,
    ) -> None:
        self._http = http
        self._wire = Wire(
            http, api_key=api_key, base_url=base_url, clock=clock, random=random, sleep=sleep, timed=timed, rest=rest
        )

    def __repr__(self) -> str:
        return f"HeyGenClient({self._wire!r})"

    # Video Agent: https://developers.heygen.com/docs/video-agent

    async def create_session(
        self,
        prompt: str,
        *,
        avatar_id: str | None = None,
        voice_id: str | None = None,
        style_id: str | None = None,
        orientation: str | None = None,
        files: Sequence[str] = (),
        callback_id: str | None = None,
        callback_url: str | None = None,
    ) -> Session:
        """Begins a session in chat mode, for only those can be revised, and without HeyGen's memory. Sent once."""
        body = {
            "prompt": prompt,
            "mode": "chat",
            "incognito_mode": True,
            **_given(avatar_id=avatar_id, voice_id=voice_id, style_id=style_id, orientation=orientation),
            **_given(callback_id=callback_id, callback_url=callback_url, files=_assets(files)),
        }
        return _read(Session, await self._wire.send("POST", "/v3/video-agents", body=body))

    async def list_sessions(self, *, token: str | None = None, limit: int = 50) -> Page[SessionRef]:
        """The newest sessions first."""
        return await self._page(SessionRef, "/v3/video-agents", _given(limit=limit, token=token))

    async def session(self, session_id: str) -> Session:
        """A session as it is now."""
        return _read(Session, await self._wire.send("GET", "/v3/video-agents/{}", session_id), asked=True)

    async def send_message(
        self,
        session_id: str,
        message: str,
        *,
        avatar_id: str | None = None,
        voice_id: str | None = None,
        files: Sequence[str] = (),
    ) -> Sent:
        """An answer or a revision. Sent once."""
        body = {"message": message, **_given(avatar_id=avatar_id, voice_id=voice_id, files=_assets(files))}
        return _read(Sent, await self._wire.send("POST", "/v3/video-agents/{}", session_id, body=body))

    async def stop(self, session_id: str) -> None:
        """Halts a session at its next checkpoint; may be repeated."""
        await self._wire.send("POST", "/v3/video-agents/{}/stop", session_id, body={}, repeatable=True)

    async def session_videos(self, session_id: str) -> tuple[Video, ...]:
        """Every video of a session, newest first."""
        return (await self._page(Video, "/v3/video-agents/{}/videos", {}, session_id)).items

    async def resource(self, session_id: str, resource_id: str) -> Resource:
        """Something the session made, with fresh links."""
        path = "/v3/video-agents/{}/resources/{}"
        return _read(Resource, await self._wire.send("GET", path, session_id, resource_id), asked=True)

    async def styles(self, *, token: str | None = None, limit: int = 50) -> Page[Style]:
        """One page of the curated styles."""
        return await self._page(Style, "/v3/video-agents/styles", {"limit": limit, "token": token})

    # Videos and speech

    async def video(self, video_id: str) -> Video:
        """A video with fresh links."""
        return _read(Video, await self._wire.send("GET", "/v3/videos/{}", video_id), asked=True)

    async def statuses(self, of: Listed, ids: Sequence[str]) -> tuple[Status, ...]:
        """How these are, at most a hundred; HeyGen may leave some out."""
        query = {_IDS[of]: ",".join(ids)}
        return (await self._page(Status, f"/v3/{of}/statuses", query)).items

    async def speech(
        self, text: str, voice_id: str, *, speed: float | None = None, language: str | None = None
    ) -> Speech:
        """Speaks a text at once. Sent once."""
        body = {"text": text, "voice_id": voice_id, **_given(speed=speed, language=language)}
        return _read(Speech, await self._wire.send("POST", "/v3/voices/speech", body=body))

    async def voices(
        self, kind: str = "public", engine: str | None = None, token: str | None = None, *, limit: int = 100
    ) -> Page[Voice]:
        """One page of the voices of a kind (public or private)."""
        query = {"type": kind, "limit": limit, "token": token, "engine": engine}
        return await self._page(Voice, "/v3/voices", query)

    async def looks(self, *, token: str | None = None, limit: int = 50) -> Page[Look]:
        """One page of the avatar looks."""
        return await self._page(Look, "/v3/avatars/looks", {"limit": limit, "token": token})

    async def account(self) -> Account:
        """Whose key this is and what is left; the cheapest way to try a key."""
        return _read(Account, await self._wire.send("GET", "/v3/users/me"), asked=True)

    async def past_events(self, *, token: str | None = None, limit: int = 100) -> Page[PastEvent]:
        """One page of what webhooks were told, newest first."""
        return await self._page(PastEvent, "/v3/webhooks/events", {"limit": limit, "token": token})

    # Files

    async def upload_asset(
        self, filename: str, content_type: str, size_bytes: int, chunks: AsyncIterator[bytes], *, idempotency_key: str
    ) -> Asset:
        """Gives HeyGen a file of at most 32 MB, streamed. Repeating the key returns the same asset."""
        boundary = secrets.token_hex(16)
        name = filename.replace('"', "%22").replace("\r", "").replace("\n", "")
        head = (
            f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
            f"Content-Type: {content_type}\r\n\r\n"
        ).encode()
        tail = f"\r\n--{boundary}--\r\n".encode()
        headers = {
            "Content-Type": f"multipart/form-data; boundary={boundary}",
            "Content-Length": str(len(head) + size_bytes + len(tail)),
            "Idempotency-Key": idempotency_key,
        }
        content = _framed(head, chunks, tail)
        answer = await self._wire.once(
            "POST", "/v3/assets", "/v3/assets", content=content, headers=headers, repeatable=True,
            seconds=TRANSFER_SECONDS,
        )  # fmt: skip
        return _read(Asset, answer)

    async def upload_large(
        self, filename: str, content_type: str, size_bytes: int, chunks: AsyncIterator[bytes], *, idempotency_key: str
    ) -> Asset:
        """Gives HeyGen a file by its direct way: a slot, the bytes, and the word that they are there.

        A slot whose bytes were refused is dead; the next attempt must bring another key.
        """
        body = {"filename": filename, "content_type": content_type, "size_bytes": size_bytes}
        path = "/v3/assets/direct-uploads"
        headers = {"Idempotency-Key": idempotency_key}
        slot = _read(UploadSlot, await self._wire.send("POST", path, body=body, headers=headers, repeatable=True))
        if slot.max_bytes is not None and size_bytes > slot.max_bytes:
            raise BadRequest("payload_too_large", f"HeyGen takes at most {slot.max_bytes} bytes")
        await self._put(slot, chunks, size_bytes)
        complete = "/v3/assets/{}/complete"
        try:
            answer = await self._wire.send("POST", complete, slot.asset_id, body={}, repeatable=True)
        except Conflict as error:  # the bytes are on their way from HeyGen's storage to HeyGen
            raise NotReady(error.code, error.message, status=error.status, request_id=error.request_id) from error
        return _read(Asset, answer)

    async def _put(self, slot: UploadSlot, chunks: AsyncIterator[bytes], size_bytes: int) -> None:
        headers = {**slot.upload_headers, "Content-Length": str(size_bytes)}
        try:
            sent = await self._http.put(
                slot.upload_url, content=chunks, headers=headers, timeout=timeout_of(TRANSFER_SECONDS)
            )
        except (httpx.HTTPError, LocalProtocolError) as error:
            raise ServerTrouble("upload_failed", type(error).__name__) from error
        if sent.status_code >= 300:
            raise ServerTrouble("upload_refused", status=sent.status_code)

    async def _page(self, kind: type[A], path: str, query: Mapping[str, Any], *ids: str) -> Page[A]:
        answer = await self._wire.send("GET", path, *ids, query={key: value for key, value in query.items() if value})
        listed = answer.get("data")
        found = (_usable(kind, item) for item in (listed if isinstance(listed, list) else []))
        token = answer.get("next_token") if answer.get("has_more", True) else None
        return Page[A](
            items=tuple(item for item in found if item is not None), next_token=str(token) if token else None
        )


def _read(kind: type[A], answer: Mapping[str, Any], *, asked: bool = False) -> A:
    """The answer as a model. Without what it must have it is lost, or for a question merely trouble."""
    found = _usable(kind, answer["data"])
    if found is None:
        lost = ServerTrouble if asked else AnswerLost
        raise lost("garbled_answer", f"HeyGen's {kind.__name__} lacks what it must have")
    return found


def _usable(kind: type[A], given: Any) -> A | None:
    try:
        return kind.model_validate(given)
    except ValidationError:
        return None


def _given(**fields: Any) -> dict[str, Any]:
    """Only what is set: HeyGen is strict about fields, and null is not absence."""
    return {name: value for name, value in fields.items() if value not in (None, [])}


def _assets(ids: Sequence[str]) -> list[dict[str, str]]:
    return [{"type": "asset_id", "asset_id": asset_id} for asset_id in ids]


async def _framed(head: bytes, chunks: AsyncIterator[bytes], tail: bytes) -> AsyncIterator[bytes]:
    yield head
    async for chunk in chunks:
        yield chunk
    yield tail
