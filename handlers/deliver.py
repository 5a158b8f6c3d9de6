"""Performs one step of one Slack effect. What is shown is made from the records at that moment."""

from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.jobs.outcomes import Done, Next, NotKnown, Outcome, Refused
from handlers.blocks.messages import Message
from handlers.read_back import ReadBack, metadata
from handlers.render import Renderer
from handlers.response_urls import ResponseUrls
from handlers.trouble import SHOWN_ONCE, outcome_of, word_of
from handlers.uploads import Uploads
from storage import jobs, preferences, threads
from storage.database import Database
from storage.records import Effect, EffectState, Thread

UNREACHABLE = frozenset({"not_in_channel", "channel_not_found", "user_not_in_channel"})
SAID_NOWHERE_ELSE = frozenset(
    {("dm", what) for what in ("given", "instead", "invite", "offer", "voice")}
    | {("whisper", what) for what in ("given", "credits", "link")}
)


class SlackCalls:
    """What the Slack side of the outbox does. Its pauses are divided by `tempo`."""

    def __init__(
        self,
        database: Database,
        client: AsyncWebClient,
        renderer: Renderer,
        uploads: Uploads,
        response_urls: ResponseUrls,
        *,
        clock: Callable[[], float],
        tempo: float,
    ) -> None:
        self._database = database
        self._client = client
        self._renderer = renderer
        self._uploads = uploads
        self._response_urls = response_urls
        self._clock = clock
        self._tempo = tempo
        self._read_back = ReadBack(client, clock=clock, tempo=tempo)

    async def perform(self, tried: Effect) -> Outcome:
        """Tries the effect's step, or reads back what became of it."""
        in_doubt = tried.state is EffectState.UNKNOWN and (tried.kind, tried.step) in SHOWN_ONCE
        try:
            return await (self._look_up(tried) if in_doubt else self._steps(tried)())
        except (TimeoutError, SlackApiError, aiohttp.ClientError) as error:
            outcome = outcome_of(error, tried, self._clock(), tempo=self._tempo)
            return self._read_back.blind(tried, outcome) if in_doubt else await self._or_respond(tried, outcome)

    async def _or_respond(self, tried: Effect, outcome: Outcome) -> Outcome:
        """What is refused for good and said nowhere else goes by the response URL of the person's last command."""
        if not isinstance(outcome, Refused) or (tried.kind, tried.payload.get("what")) not in SAID_NOWHERE_ELSE:
            return outcome
        message = await (self._renderer.dm(tried) if tried.kind == "dm" else self._renderer.whisper(tried))
        is_said = await self._response_urls.say(tried.workspace_id, tried.payload["user"], message)
        return Done() if is_said else outcome

    def _steps(self, tried: Effect) -> Callable[[], Awaitable[Outcome]]:
        step: Callable[[Effect], Awaitable[Outcome]]
        match tried.kind, tried.step:
            case "enter", "look":
                step = self._enter
            case "enter", _:
                step = self._join
            case "card", _:
                step = self._card
            case "edit", _:
                step = self._edit
            case "say", _:
                step = self._say
            case "edit_question", _:
                step = self._edit_question
            case "upload", _:
                step = self._uploads.perform
            case (("dm" | "whisper"), "open"):
                step = self._open_dm
            case "dm", _:
                step = self._dm
            case "whisper", "dm":
                step = self._whisper_by_dm
            case "whisper", _:
                step = self._whisper
            case "react", _:
                step = self._react
            case _:
                raise NotKnown(f"No Slack call is called {tried.kind} {tried.step}")
        return lambda: step(tried)

    async def _look_up(self, tried: Effect) -> Outcome:
        match tried.kind:
            case "card" | "say":
                thread = await self._thread(tried)
                return await self._read_back.find(tried, channel_id=thread.channel_id, root_ts=thread.root_ts)
            case "dm" | "whisper":
                return await self._read_back.find(
                    tried, channel_id=tried.evidence["channel"], root_ts=_thread_in_dm(tried)
                )
            case "upload":
                return await self._uploads.look_up(tried)
            case _:
                raise NotKnown(f"No Slack call called {tried.kind} is ever in doubt")

    async def _thread(self, tried: Effect) -> Thread:
        return await self._database.read(lambda tx: threads.thread(tx, tried.thread_id or ""))

    async def _enter(self, tried: Effect) -> Outcome:
        try:
            answer = await self._client.conversations_info(channel=tried.channel_id)
        except SlackApiError as error:
            if word_of(error) == "channel_not_found":
                return Refused("offer" if tried.channel_id.startswith("D") else "invite")
            raise
        channel: dict[str, Any] = answer["channel"]
        if channel.get("is_archived"):
            return Refused("is_archived")
        if channel.get("is_member"):
            return Done()
        if channel.get("is_im") or channel.get("is_mpim"):
            return Refused("offer")
        return Refused("invite") if channel.get("is_private") else Next("join")

    async def _join(self, tried: Effect) -> Outcome:
        await self._client.conversations_join(channel=tried.channel_id)
        return Done()

    async def _card(self, tried: Effect) -> Outcome:
        thread = await self._thread(tried)
        message = await self._renderer.card(thread.id)
        return await self._post(tried, message, channel_id=thread.channel_id, thread_ts=thread.root_ts)

    async def _say(self, tried: Effect) -> Outcome:
        thread = await self._thread(tried)
        message = await self._renderer.say(tried)
        if message is None:
            return Done({"ts": None})
        return await self._post(tried, message, channel_id=thread.channel_id, thread_ts=thread.root_ts)

    async def _post(self, tried: Effect, message: Message, *, channel_id: str, thread_ts: str | None) -> Outcome:
        job = await self._database.read(lambda tx: jobs.job(tx, tried.job_id or ""))
        answer = await self._client.chat_postMessage(
            channel=channel_id, text=message.text, blocks=message.blocks, thread_ts=thread_ts,
            metadata=metadata(tried, job), unfurl_links=False, unfurl_media=False,
        )  # fmt: skip
        return Done({"ts": str(answer["ts"])})

    async def _edit(self, tried: Effect) -> Outcome:
        thread = await self._thread(tried)
        if thread.card_ts is None:
            return Done()
        message = await self._renderer.card(thread.id)
        is_known = tried.state is EffectState.PENDING and tried.attempts == 1  # no edit since whose answer was lost
        if is_known and message.digest == tried.evidence.get("shown"):
            return Done({"unchanged": int(tried.evidence.get("unchanged", 0)) + 1})
        await self._update(thread.channel_id, thread.card_ts, message)
        return Done({"shown": message.digest})

    async def _edit_question(self, tried: Effect) -> Outcome:
        thread = await self._thread(tried)
        asked = await self._database.read(lambda tx: threads.question(tx, tried.payload["question"]))
        if asked is None or asked.message_ts is None:
            return Done()
        await self._update(thread.channel_id, asked.message_ts, await self._renderer.question(asked))
        return Done()

    async def _update(self, channel_id: str, ts: str, message: Message) -> None:
        await self._client.chat_update(channel=channel_id, ts=ts, text=message.text, blocks=message.blocks)

    async def _open_dm(self, tried: Effect) -> Outcome:
        user_id = tried.payload["user"]
        if tried.kind == "dm" and not await self._renderer.wants_dm(tried):
            return Done()
        settings = await self._database.read(lambda tx: preferences.preference(tx, tried.workspace_id, user_id))
        known = settings.dm_channel_id
        if known is None:
            answer = await self._client.conversations_open(users=user_id)
            known = str(answer["channel"]["id"])
        return Next("post" if tried.kind == "dm" else "dm", {"channel": known})

    async def _dm(self, tried: Effect) -> Outcome:
        message = await self._renderer.dm(tried)
        return await self._post(tried, message, channel_id=tried.evidence["channel"], thread_ts=_thread_in_dm(tried))

    async def _whisper(self, tried: Effect) -> Outcome:
        message = await self._renderer.whisper(tried)
        try:
            await self._client.chat_postEphemeral(
                channel=tried.channel_id, user=tried.payload["user"], text=message.text, blocks=message.blocks,
                thread_ts=tried.payload.get("thread_ts"),
            )  # fmt: skip
        except SlackApiError as error:
            if word_of(error) in UNREACHABLE:
                return Next("open")
            raise
        return Done()

    async def _whisper_by_dm(self, tried: Effect) -> Outcome:
        message = await self._renderer.whisper(tried)
        return await self._post(tried, message, channel_id=tried.evidence["channel"], thread_ts=None)

    async def _react(self, tried: Effect) -> Outcome:
        try:
            await self._client.reactions_add(
                channel=tried.channel_id, timestamp=tried.payload["ts"], name=tried.payload["name"]
            )
        except SlackApiError as error:
            if word_of(error) != "already_reacted":
                raise
        return Done()


def _thread_in_dm(tried: Effect) -> str | None:
    """The thread of the person's DM that the words belong to, when they answer something said there."""
    said_in, thread_ts = tried.payload.get("channel"), tried.payload.get("thread_ts")
    return str(thread_ts) if thread_ts and said_in == tried.evidence["channel"] else None
