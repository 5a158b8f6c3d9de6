"""Tells endpoints and callback URLs of events: signed or not, again after a failure, and badly if ordered."""

import asyncio
import hashlib
import hmac
import json
from typing import Any

import aiohttp

from bot.playground.local_heygen.journal import LONG_ANSWER
from bot.playground.local_heygen.records import Delivery, Endpoint, Event, Session
from bot.playground.local_heygen.world import World

ANSWER_SECONDS = 10.0
MOST_TRIES = 12
WRONG_SECRET = "whsec_of_somebody_else"
RESULT_TYPES = (
    "avatar_video", "avatar_video_gif", "avatar_video_caption", "video_agent", "video_translate", "instant_avatar",
    "photo_avatar_generation", "photo_avatar_train", "photo_avatar_add_motion", "proofread_creation", "live_avatar",
    "hyperframes_video", "ai_clipping",
)  # fmt: skip
OTHER_TYPES = (
    "video_translate.preflight.validation_failed",
    "video_translate.preflight.download_failed",
    "personalized_video",
    "batch.finished",
)
# all that may be subscribed to; those of avatar_video and video_agent are the ones that happen here
EVENT_TYPES = (*(f"{name}.{end}" for name in RESULT_TYPES for end in ("success", "fail")), *OTHER_TYPES)


class Webhooks:
    """Sends in tasks of its own; nobody who causes an event waits for its delivery."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._tasks: set[asyncio.Task[None]] = set()
        self._sent = 0

    async def start(self) -> None:
        self._http = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=ANSWER_SECONDS))

    async def close(self) -> None:
        self.forget()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._http.close()

    def forget(self) -> None:
        """Give up what is on its way."""
        for task in self._tasks:
            task.cancel()

    @property
    def is_idle(self) -> bool:
        return not self._tasks

    def announce(self, event_type: str, told: dict[str, Any], session: Session) -> None:
        """Record the event; send it to the endpoints that want it and, where one was given, to the callback URL."""
        event = Event(id=self._world.new_id(), type=event_type, data=told, created_at=self._world.clock())
        self._world.events.appendleft(event)
        self._world.journal.tell("event", event=event, webhooks=self._world.settings.webhooks)
        for endpoint in self._world.endpoints.values():
            if endpoint.wants(event_type):
                self._dispatch(event, endpoint.url, endpoint)
        if session.callback_url is not None and event_type.startswith("video_agent."):
            self._dispatch(event, session.callback_url, None)

    async def send_once(self, url: str, raw: bytes, headers: dict[str, str]) -> tuple[int, str]:
        """One delivery; the receiver's status and the beginning of what it said."""
        async with self._http.post(url, data=raw, headers={"Content-Type": "application/json", **headers}) as answer:
            return answer.status, (await answer.text(errors="replace"))[:LONG_ANSWER]

    def headers(self, raw: bytes, event_id: str, secret: str, *, at: float | None = None) -> dict[str, str]:
        """How a delivery is signed: as documented, or with the one header seen in production."""
        signature = hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()
        if self._world.settings.signature_style == "observed":
            return {"signature": signature}
        stamp = str(int(self._world.clock() if at is None else at))
        return {"Heygen-Signature": signature, "Heygen-Timestamp": stamp, "Heygen-Event-Id": event_id}

    def _dispatch(self, event: Event, url: str, endpoint: Endpoint | None) -> None:
        mode = self._world.settings.webhooks
        self._sent += 1
        if mode.mode == "drop":
            return
        late = mode.mode == "late" or (mode.mode == "reorder" and self._sent % 2)
        wait = self._world.settings.scaled(mode.delay) if late else 0.0
        secret = None if endpoint is None else WRONG_SECRET if mode.mode == "forge" else endpoint.secret
        for _ in range(2 if mode.mode == "double" else 1):
            task = asyncio.create_task(self._deliver(event, url, secret, wait), name=f"webhook {event.type}")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _deliver(self, event: Event, url: str, secret: str | None, wait: float) -> None:
        raw = json.dumps({"event_type": event.type, "event_data": event.data}).encode()
        await asyncio.sleep(wait)
        for attempt in range(1, MOST_TRIES + 1):
            headers = self.headers(raw, event.id, secret) if secret is not None else {}
            if await self._try(event, url, raw, headers, attempt):
                return
            settings = self._world.settings
            await asyncio.sleep(settings.scaled(settings.retry_seconds * 2 ** (attempt - 1)))

    async def _try(self, event: Event, url: str, raw: bytes, headers: dict[str, str], attempt: int) -> bool:
        status, said, problem = None, "", None
        try:
            status, said = await self.send_once(url, raw, headers)
        except (aiohttp.ClientError, TimeoutError) as error:
            problem = f"{type(error).__name__}: {error}"
        delivery = Delivery(
            event_id=event.id,
            event_type=event.type,
            url=url,
            attempt=attempt,
            at=self._world.clock(),
            status=status,
            error=problem,
            body={"event_type": event.type, "event_data": event.data},
            answer=said,
        )
        self._world.deliveries.append(delivery)
        self._world.journal.tell("delivery", delivery=delivery)
        return status is not None and 200 <= status < 300
