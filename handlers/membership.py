"""Where the app may speak: found out before anything is spent, so that no card becomes a dead end."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.jobs.engine.asking import Where
from handlers.trouble import word_of
from storage import arrivals, preferences
from storage.database import Database
from storage.records import Hold

KNOWN_SECONDS = 600.0  # a channel the app was in is believed so long; the outbox finds out where that is wrong
KNOWN_CHANNELS = 5_000
ANSWER_SECONDS = 1.0  # of Slack's three; when it takes longer, the outbox finds out after the acknowledgement


class Membership:
    """Tells whether the app is in a conversation, from what it knows or by one quick look."""

    def __init__(self, database: Database, client: AsyncWebClient, *, clock: Callable[[], float]) -> None:
        self._database = database
        self._client = client
        self._clock = clock
        self._entered: dict[tuple[str, str], float] = {}  # spares each command a look into the database

    async def place(self, command: dict[str, Any], user_id: str) -> tuple[Where, Hold | None]:
        """The conversation of a command, and what must happen before the app can speak there."""
        channel_id = str(command["channel_id"])
        is_own_dm = channel_id.startswith("D") and channel_id == await self.dm_of(command["team_id"], user_id)
        where = Where(
            enterprise_id=command.get("enterprise_id"), workspace_id=command["team_id"], channel_id=channel_id,
            is_im=is_own_dm,
        )  # fmt: skip
        if is_own_dm:
            return where, None
        hold = await self._hold(where, str(command.get("channel_name") or ""))
        return replace(where, is_entered=self._is_entered((where.workspace_id, where.channel_id))), hold

    async def dm_of(self, workspace_id: str, user_id: str) -> str:
        """The app's own DM with a person."""
        known = (await self._database.read(lambda tx: preferences.preference(tx, workspace_id, user_id))).dm_channel_id
        if known is not None:
            return known
        answer = await self._client.conversations_open(users=user_id)
        channel_id = str(answer["channel"]["id"])
        await self._database.write(
            lambda tx: preferences.set_preference(tx, workspace_id, user_id, dm_channel_id=channel_id)
        )
        return channel_id

    async def _hold(self, where: Where, channel_name: str) -> Hold | None:
        if channel_name == "directmessage" or channel_name.startswith("mpdm-"):
            return Hold.OFFER
        place = (where.workspace_id, where.channel_id)
        if self._is_entered(place):
            return None
        if await self._database.read(lambda tx: arrivals.is_member(tx, *place)):
            self._remember(place)
            return None
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                answer = await self._client.conversations_info(channel=where.channel_id)
        except TimeoutError:
            return None
        except SlackApiError as error:
            return Hold.INVITE if word_of(error) == "channel_not_found" else None
        channel: dict[str, Any] = answer["channel"]
        if channel.get("is_member") and not channel.get("is_archived"):
            await self._database.write(lambda tx: arrivals.note_member(tx, *place, self._clock()))
            self._remember(place)
            return None
        return Hold.INVITE if channel.get("is_private") and not channel.get("is_member") else None

    def _is_entered(self, place: tuple[str, str]) -> bool:
        return self._clock() - self._entered.get(place, -KNOWN_SECONDS) < KNOWN_SECONDS

    def _remember(self, place: tuple[str, str]) -> None:
        if len(self._entered) >= KNOWN_CHANNELS:
            self._entered.pop(next(iter(self._entered)))
        self._entered[place] = self._clock()
