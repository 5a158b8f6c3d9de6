"""The one HTTP port: HeyGen's webhooks and callbacks, health, and Slack's deliveries in HTTP mode.

A webhook never moves a job, it only makes it due; the body is a hint, and the truth is what a GET answers.
"""

import hashlib
import logging
import re
from collections.abc import Awaitable, Callable, Sequence

from aiohttp import web

from bot.heygen.webhooks import WebhookEvent, WebhookRejected, parse, verify
from bot.jobs.engine import Engine
from storage.database import DatabaseFault

logger = logging.getLogger(__name__)

MAX_BODY_BYTES = 2 * 1024 * 1024  # the largest Slack view is a quarter of a megabyte, a webhook far less

TOKEN = re.compile(r"^[A-Za-z0-9_-]{1,80}$")  # of a callback's address

SlackDelivery = Callable[[web.Request], Awaitable[web.StreamResponse]]
Readiness = Callable[[], Awaitable[list[str]]]
Answered = Callable[[str, str], None]  # by webhook or callback, and what we made of it
Metrics = Callable[[], Awaitable[tuple[bytes, str]]]  # the text, and its content type


class HeyGenEvents:
    """Takes HeyGen's webhooks (signed) and per-job callbacks (unsigned, at an unguessable address)."""

    def __init__(
        self,
        engine: Engine,
        *,
        secrets: Sequence[str],
        clock: Callable[[], float],
        answered: Answered = lambda _way, _answer: None,
    ) -> None:
        self._engine = engine
        self._answered = answered
        self._secrets = secrets
        self._clock = clock

    async def webhook(self, request: web.Request) -> web.Response:
        """Answers 200 once the job it speaks of is due, and for events we do not know; 401 when it is not HeyGen's."""
        raw = await request.read()
        try:
            verify(raw, request.headers, self._secrets, self._clock())
            event = parse(raw, request.headers)
        except WebhookRejected as rejected:
            logger.warning("A webhook was refused: %s", rejected, extra={"action": "webhook_refused"})
            self._answered("webhook", "refused")
            return web.json_response({"error": str(rejected)}, status=401)
        await self._nudge(f"webhook:{event.key}", event, token=None)
        return web.json_response({"ok": True})

    async def callback(self, request: web.Request) -> web.Response:
        """The address names the job; what the body says is only where to look."""
        token = request.match_info["token"]
        raw = await request.read()
        if not TOKEN.match(token):
            return web.json_response({"ok": True})  # as to any address that nobody gave out
        try:
            event = parse(raw, request.headers)
        except WebhookRejected:
            event = None
        await self._nudge(f"callback:{token}:{hashlib.sha256(raw).hexdigest()}", event, token=token)
        return web.json_response({"ok": True})

    async def _nudge(self, key: str, event: WebhookEvent | None, *, token: str | None) -> None:
        way = "webhook" if token is None else "callback"
        try:
            is_new = await self._engine.nudged(
                key,
                session_id=event.session_id if event else None,
                video_id=event.video_id if event else None,
                callback_id=event.callback_id if event else None,
                callback_token=token,
            )
        except DatabaseFault:
            self._answered(way, "failed")  # with 500, so that HeyGen sends it again
            raise
        self._answered(way, "taken" if is_new else "repeated")


async def _welcome(_request: web.Request) -> web.Response:
    """HeyGen may try the address with OPTIONS, GET or HEAD before it registers a webhook."""
    return web.Response(text="ok", headers={"Allow": "GET, HEAD, OPTIONS, POST"})


async def _alive(_request: web.Request) -> web.Response:
    return web.json_response({"ok": True})


def make_web(
    events: HeyGenEvents, *, slack: SlackDelivery | None, readiness: Readiness, metrics: Metrics
) -> web.Application:
    """All routes. `slack` takes Slack's deliveries in HTTP mode; `readiness` lists what is missing."""

    async def ready(_request: web.Request) -> web.Response:
        missing = await readiness()
        return web.json_response({"ok": not missing, "missing": missing}, status=503 if missing else 200)

    async def show_metrics(_request: web.Request) -> web.Response:
        text, content_type = await metrics()
        return web.Response(body=text, headers={"Content-Type": content_type})

    application = web.Application(client_max_size=MAX_BODY_BYTES)
    application.router.add_get("/healthz", _alive)
    application.router.add_get("/readyz", ready)
    application.router.add_get("/metrics", show_metrics)
    for path, handler in (("/heygen/webhooks", events.webhook), ("/heygen/callbacks/{token}", events.callback)):
        application.router.add_post(path, handler)
        application.router.add_get(path, _welcome)  # answers HEAD as well
        application.router.add_options(path, _welcome)
    if slack is not None:
        application.router.add_post("/slack/events", slack)
    return application
