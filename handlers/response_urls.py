"""Slack's response URLs: words to one person that need no scope, for half an hour after a command or click of theirs.

The last resort when a direct message is refused, say because the app was installed without `chat:write`. They are kept
in memory alone, for whoever has such an address can speak in our name; after a restart the next command brings one.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import aiohttp
from slack_bolt.middleware.async_middleware import AsyncMiddleware
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.webhook.async_client import AsyncWebhookClient

from handlers.blocks.messages import Message

logger = logging.getLogger(__name__)

KEPT_SECONDS = 25 * 60.0  # of Slack's thirty minutes
KEPT_PEOPLE = 1_000


class ResponseUrls:
    """Remembers each person's newest one."""

    def __init__(self, session: aiohttp.ClientSession, *, clock: Callable[[], float]) -> None:
        self._session = session
        self._clock = clock
        self._kept: dict[tuple[str, str], tuple[float, str]] = {}

    def note(self, body: Mapping[str, Any]) -> None:
        """Keeps the response URL of a command or click."""
        if url := body.get("response_url"):
            self._keep((_id_of(body, "team"), _id_of(body, "user")), str(url))

    async def say(self, workspace_id: str, user_id: str, message: Message) -> bool:
        """Shows a message to this person alone, where they last typed or clicked; False when that is not possible."""
        kept_at, url = self._kept.get((workspace_id, user_id), (-KEPT_SECONDS, ""))
        if self._clock() - kept_at >= KEPT_SECONDS:
            return False
        client = AsyncWebhookClient(url, session=self._session, retry_handlers=[])
        try:
            answer = await client.send(
                text=message.text, blocks=message.blocks, response_type="ephemeral", replace_original=False
            )
        except (TimeoutError, aiohttp.ClientError) as error:
            logger.warning("A response URL failed: %s", type(error).__name__, extra={"action": "untold"})
            return False
        return answer.status_code == 200

    def _keep(self, person: tuple[str, str], url: str) -> None:
        self._kept.pop(person, None)
        if len(self._kept) >= KEPT_PEOPLE:
            self._kept.pop(next(iter(self._kept)))
        self._kept[person] = (self._clock(), url)


class Noting(AsyncMiddleware):
    """Bolt's middleware: every command and click passes here.

    No plain function: Bolt would take the body apart to fill in its arguments.
    """

    def __init__(self, response_urls: ResponseUrls) -> None:
        self._response_urls = response_urls

    async def async_process(
        self, *, req: AsyncBoltRequest, resp: BoltResponse, next: Callable[[], Awaitable[BoltResponse]]
    ) -> BoltResponse | None:
        """Notes it, and goes on."""
        self._response_urls.note(req.body)
        return await next()


def _id_of(body: Mapping[str, Any], who: str) -> str:
    """Commands say it flat, interactions inside; what we do not hear may say it in any way."""
    inner = body.get(who)
    return str(body.get(f"{who}_id") or (inner.get("id") if isinstance(inner, dict) else None))
