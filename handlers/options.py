"""Type-ahead pickers: avatars, voices and styles from the catalogue in memory, within Slack's three seconds."""

from typing import Any

from slack_bolt.context.ack.async_ack import AsyncAck

from handlers.blocks import modals
from handlers.collaborators import Collaborators


class Options:
    """What the pickers load while somebody types."""

    def __init__(self, with_: Collaborators) -> None:
        self._catalog = with_.catalog

    async def avatars(self, ack: AsyncAck, payload: dict[str, Any]) -> None:
        """Looks whose name fits."""
        await self._offer(ack, "avatar", payload)

    async def voices(self, ack: AsyncAck, payload: dict[str, Any]) -> None:
        """Voices whose name fits."""
        await self._offer(ack, "voice", payload)

    async def speakers(self, ack: AsyncAck, payload: dict[str, Any]) -> None:
        """Voices that can read a text aloud, whose name fits."""
        await self._offer(ack, "speaker", payload)

    async def styles(self, ack: AsyncAck, payload: dict[str, Any]) -> None:
        """Styles whose name fits."""
        await self._offer(ack, "style", payload)

    async def _offer(self, ack: AsyncAck, subject: str, payload: dict[str, Any]) -> None:
        found = self._catalog.search(subject, str(payload.get("value") or ""))
        await ack(**modals.option_list([(item.id, item.name, item.detail) for item in found]))
