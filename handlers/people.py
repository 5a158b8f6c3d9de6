"""Who somebody is and what they may do. Slack is asked once in ten minutes per person, and tells of 100 a minute.

While it does not tell, what it told within the last day counts; of whom it has told nothing, nothing is assumed.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from handlers.trouble import will_pass, word_of

logger = logging.getLogger(__name__)

CACHE_SECONDS = 600.0
REMEMBERED_SECONDS = 24 * 3600.0  # while Slack does not tell
ANSWER_SECONDS = 2.0  # Slack waits three for our acknowledgement
CACHED_PEOPLE = 5_000
NAMES_MOST = 50
STRANGERS = frozenset({"user_not_found", "user_not_visible", "users_not_found"})  # Slack shows us nothing of them
TROUBLES = (SlackApiError, aiohttp.ClientError, TimeoutError)


@dataclass(frozen=True, kw_only=True)
class Person:
    """A Slack user, as far as we need to know them."""

    id: str
    name: str
    is_guest: bool
    is_outsider: bool  # of another organisation, through Slack Connect
    is_admin: bool
    is_bot: bool

    @property
    def may_ask(self) -> bool:
        """Guests and people from other organisations are refused until an admin lets them."""
        return self.is_admin or not (self.is_guest or self.is_outsider or self.is_bot)


class People:
    """Looks people up. `admins` are those named in ADMIN_USERS, besides Slack's own admins."""

    def __init__(
        self, client: AsyncWebClient, *, workspace_id: str, admins: Iterable[str], clock: Callable[[], float]
    ) -> None:
        self._client = client
        self._workspace_id = workspace_id
        self._admins = frozenset(admins)
        self._clock = clock
        self._known: dict[str, tuple[float, Person]] = {}  # whom Slack told of last comes last
        self._asking: dict[str, asyncio.Task[Person]] = {}

    async def person(self, user_id: str) -> Person:
        """The person; whom Slack does not show us is an outsider. Raises what `TROUBLES` names."""
        known = self._known_for(user_id, CACHE_SECONDS)
        if known is not None:
            return known
        try:
            return await self._told(user_id)
        except TROUBLES as error:
            remembered = self._known_for(user_id, REMEMBERED_SECONDS)
            if remembered is None or (isinstance(error, SlackApiError) and not will_pass(error)):
                raise
            return remembered

    def _known_for(self, user_id: str, seconds: float) -> Person | None:
        told_at, person = self._known.get(user_id, (0.0, None))
        return person if self._clock() - told_at < seconds else None

    async def _told(self, user_id: str) -> Person:
        """What Slack says of them now. All who want to know it meanwhile share one call and what comes of it."""
        asking = self._asking.get(user_id)
        if asking is None:
            asking = self._asking[user_id] = asyncio.create_task(self._learn(user_id))
            asking.add_done_callback(lambda _: self._asking.pop(user_id))
        return await asyncio.shield(asking)  # one of them may be cancelled

    async def _learn(self, user_id: str) -> Person:
        person = self._read(user_id, await self._ask(user_id))
        self._known.pop(user_id, None)
        if len(self._known) >= CACHED_PEOPLE:
            self._known.pop(next(iter(self._known)))
        self._known[user_id] = (self._clock(), person)
        return person

    async def _ask(self, user_id: str) -> dict[str, object]:
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                answer = await self._client.users_info(user=user_id)
        except SlackApiError as error:
            if word_of(error) in STRANGERS:
                return {"is_stranger": True}
            raise
        return dict(answer["user"])

    async def may_end(self, requester_id: str, user_id: str) -> bool:
        """Stop, retry and delete belong to the requester and the admins."""
        return user_id == requester_id or (await self.person(user_id)).is_admin

    async def names(self, user_ids: Iterable[str]) -> dict[str, str]:
        """The display names of people mentioned in a text, as far as Slack tells them; all asked for at once.

        Of so many that nobody would read them, only the first are asked for.
        """
        asked = list(user_ids)[:NAMES_MOST]
        names = await asyncio.gather(*map(self._name, asked))
        return {user_id: name for user_id, name in zip(asked, names, strict=True) if name is not None}

    async def _name(self, user_id: str) -> str | None:
        try:
            name = (await self.person(user_id)).name
        except TROUBLES as error:
            logger.info("A mentioned name is unknown: %s", type(error).__name__, extra={"action": "name_unknown"})
            return None
        return name if name != user_id else None

    def _read(self, user_id: str, user: dict[str, object]) -> Person:
        profile = user.get("profile")
        shown = profile.get("display_name") if isinstance(profile, dict) else None
        team = user.get("team_id")
        elsewhere = bool(team) and team != self._workspace_id and not user.get("enterprise_user")
        return Person(
            id=user_id,
            name=str(shown or user.get("real_name") or user.get("name") or user_id),
            is_guest=bool(user.get("is_restricted") or user.get("is_ultra_restricted")),
            is_outsider=bool(user.get("is_stranger")) or elsewhere,
            is_admin=user_id in self._admins or bool(user.get("is_admin") or user.get("is_owner")),
            is_bot=bool(user.get("is_bot")),
        )
