"""Reads what people said while Slack could not reach us, page by page, and hands it on as its event would have been."""

import logging
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from handlers.events import MESSAGE, Events
from handlers.identity import Identity
from handlers.trouble import rest_after, will_pass, word_of
from storage import hearing, threads
from storage.database import Database, Transaction
from storage.records import Reply, Request, Thread

logger = logging.getLogger(__name__)

PAGE = 200  # what Slack advises; some apps get fifteen at a time, and go on by the cursor all the same
PAGES = 50
THREADS = 500  # at one call in 1.5 s it takes twelve minutes to look through them
CHANNELS = 50
ENDED_BEFORE_SECONDS = 2 * 24 * 3600.0  # a video that was done for longer hardly gets a reply

Event = dict[str, Any]


class What(StrEnum):
    """What is read at a place."""

    THREAD = "thread"  # its replies
    CHANNEL = "channel"  # requests beside the threads: mentions, and everything in a DM
    DOOR = "door"  # whether the app was invited


@dataclass(frozen=True, kw_only=True)
class Place:
    """Somewhere to read, and how far it has been read."""

    what: What
    channel_id: str
    is_im: bool = False
    thread: Thread | None = None
    kept: tuple[Reply, ...] = ()  # replies that wait, and were not met on the pages so far
    cursor: str | None = None
    ours_since: float = 0.0  # what was said before the thread was one of ours was not said to us
    pages: int = 0
    faults: int = 0


class Missed:
    """Knows where people may have spoken, and reads it; what had come before is recognised."""

    def __init__(self, database: Database, client: AsyncWebClient, events: Events, *, identity: Identity) -> None:
        self._database = database
        self._client = client
        self._events = events
        self._identity = identity

    async def places(self, since: float) -> list[Place]:
        """Where to read: threads first, those with a job under way before the rest; the newest first."""
        return await self._database.read(lambda tx: _places(tx, self._identity.workspace_id, since))

    async def page(self, place: Place, since: float) -> Place | None:
        """Reads one page; returns where to go on, None at the end. Raises SlackApiError and aiohttp's errors."""
        match place.what:
            case What.THREAD if place.thread is not None:
                return await self._of_thread(place, place.thread, since)
            case What.CHANNEL:
                return await self._of_channel(place, since)
            case What.DOOR:
                await self._at_door(place.channel_id)
                return None
            case _:
                raise ValueError(f"There is nothing to read at {place}")

    async def _of_thread(self, place: Place, thread: Thread, since: float) -> Place | None:
        if place.pages == 0:  # asked before Slack is: a reply that comes meanwhile is not taken for a deleted one
            waiting, asked = await self._database.read(
                lambda tx: (threads.waiting_replies(tx, thread.id), threads.first_request(tx, thread.id))
            )
            kept = tuple(reply for reply in waiting if reply.ts is not None)
            place = replace(place, kept=kept, ours_since=_said_at(asked))
        oldest = min([since, *(reply.said_at - 1 for reply in place.kept)])
        answer = await self._client.conversations_replies(
            channel=thread.channel_id, ts=str(thread.root_ts), oldest=f"{oldest:.6f}", inclusive=True, limit=PAGE,
            cursor=place.cursor,
        )  # fmt: skip
        met = {str(message["ts"]): self._event(message, place) for message in answer.get("messages") or []}
        for ts, event in met.items():
            if ts != thread.root_ts and float(ts) >= max(since, place.ours_since):  # the root is on every page
                await self._hear(event)
        for reply in place.kept:
            if (met.get(reply.ts or "") or {}).get("edited"):
                await self._reword(place, met[str(reply.ts)])
        place = replace(place, kept=tuple(reply for reply in place.kept if reply.ts not in met))
        if _cursor(answer) is None:
            for reply in place.kept:
                await self._withdraw(place, reply)
        return _next(place, answer)

    async def _of_channel(self, place: Place, since: float) -> Place | None:
        answer = await self._client.conversations_history(
            channel=place.channel_id, oldest=f"{since:.6f}", inclusive=True, limit=PAGE, cursor=place.cursor
        )
        for message in reversed(answer.get("messages") or []):  # the newest come first
            event = self._event(message, place)
            if event.pop("thread_ts", event["ts"]) == event["ts"]:  # a root; the rest was said in a thread
                await self._hear(event)
        return _next(place, answer)

    async def _at_door(self, channel_id: str) -> None:
        answer = await self._client.conversations_info(channel=channel_id)
        if answer["channel"].get("is_member"):
            event = {"user": self._identity.bot_user_id, "channel": channel_id}
            await self._events.joined(event, self._body())

    async def _hear(self, event: Event) -> None:
        try:
            if await self._events.missed(event, self._body()):
                logger.info("A message was heard late.", extra={"action": "heard_late"})
        except SlackApiError as error:  # who wrote it could not be asked for
            if will_pass(error) or rest_after(error) is not None:
                raise
            logger.warning("A missed message cannot be heard: %s", word_of(error), extra={"action": "unheard"})

    async def _reword(self, place: Place, event: Event) -> None:
        changed = {"subtype": "message_changed", "channel": place.channel_id, "ts": event["ts"], "message": event}
        await self._events.message(changed, self._body())

    async def _withdraw(self, place: Place, reply: Reply) -> None:
        root_ts = place.thread.root_ts if place.thread else None
        before = {"user": reply.user_id, "ts": reply.ts, "thread_ts": root_ts, "text": reply.text}
        deleted = {"subtype": "message_deleted", "channel": place.channel_id, "previous_message": before}
        await self._events.message(deleted, self._body())

    def _event(self, message: dict[str, Any], place: Place) -> Event:
        kind = {"channel_type": "im"} if place.is_im else {}
        return {**message, "channel": place.channel_id, "event_ts": message["ts"], **kind}

    def _body(self) -> dict[str, Any]:
        return {"team_id": self._identity.workspace_id, "enterprise_id": self._identity.enterprise_id}


def _places(tx: Transaction, workspace_id: str, since: float) -> list[Place]:
    recent = since - ENDED_BEFORE_SECONDS
    found = hearing.threads_to_read(tx, workspace_id, ended_after=recent, limit=THREADS)
    doors = hearing.channels_to_enter(tx, workspace_id, limit=CHANNELS)
    channels = dict.fromkeys((thread.channel_id, thread.is_im) for thread in found)
    dms = hearing.dms_to_read(tx, workspace_id, asked_after=recent, limit=CHANNELS)
    channels |= dict.fromkeys((channel_id, True) for channel_id in dms)
    return [
        *(Place(what=What.DOOR, channel_id=channel_id) for channel_id in doors),
        *(Place(what=What.THREAD, channel_id=one.channel_id, is_im=one.is_im, thread=one) for one in found),
        *(Place(what=What.CHANNEL, channel_id=id_, is_im=is_im) for id_, is_im in list(channels)[:CHANNELS]),
    ]


def _said_at(asked: Request | None) -> float:
    """When the message was said that the request was made by; a command or form is no message."""
    is_message = asked is not None and asked.key.startswith(MESSAGE)
    return float(asked.key.rsplit(":", 1)[1]) if asked is not None and is_message else 0.0


def _next(place: Place, answer: AsyncSlackResponse) -> Place | None:
    cursor = _cursor(answer)
    if cursor is None:
        return None
    if place.pages + 1 >= PAGES:
        logger.warning("A conversation is too long to be read to its end.", extra={"action": "unread"})
        return None
    return replace(place, cursor=cursor, pages=place.pages + 1)


def _cursor(answer: AsyncSlackResponse) -> str | None:
    return (answer.get("response_metadata") or {}).get("next_cursor") or None
