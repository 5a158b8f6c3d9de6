"""HeyGen's own history of its events: what moved while no webhook could reach us is looked at before the rest."""

import logging

from bot.heygen.client import HeyGenClient
from bot.heygen.errors import AccountTrouble, HeyGenError, NotFound
from bot.heygen.models import PastEvent
from bot.heygen.webhooks import ID_LIMIT, event_of
from bot.jobs.engine import Engine

logger = logging.getLogger(__name__)

PAGES = 10  # of a hundred events; what is older waits for its ordinary look


class History:
    """Reads it back to a time. Nothing depends on it: every open job is looked at in its turn anyway."""

    def __init__(self, heygen: HeyGenClient, engine: Engine) -> None:
        self._heygen = heygen
        self._engine = engine

    async def read(self, since: float) -> None:
        """Nudges the job of each event since then, as its webhook would have done."""
        try:
            await self._read(since)
        except (AccountTrouble, NotFound) as error:
            logger.info("HeyGen shows this account no history of events: %s", error.code, extra={"action": "history"})
        except HeyGenError as error:
            logger.warning("HeyGen's history of events was not to be had: %s", error.code, extra={"action": "history"})

    async def _read(self, since: float) -> None:
        token: str | None = None
        for _ in range(PAGES):
            page = await self._heygen.past_events(token=token)
            recent = [event for event in page.items if (event.happened_at or since) >= since]
            for event in recent:
                await self._nudge(event)
            token = page.next_token
            if token is None or len(recent) < len(page.items):
                return

    async def _nudge(self, past: PastEvent) -> None:
        event = event_of({"event_data": past.event_data}, key=past.event_id[:ID_LIMIT])
        await self._engine.nudged(
            f"webhook:{event.key}", session_id=event.session_id, video_id=event.video_id,
            callback_id=event.callback_id, since=past.happened_at,
        )  # fmt: skip
