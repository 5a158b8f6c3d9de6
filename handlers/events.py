"""Events: mentions, messages, reactions, our own coming and going. One that fails is answered 500; Slack repeats it."""

import logging
from typing import Any

from bot.jobs.engine.asking import Ask, Where
from bot.jobs.engine.talking import Said, takes_words
from bot.jobs.outbox import Place
from handlers import parse
from handlers.blocks import messages
from handlers.collaborators import Collaborators
from handlers.failing import TooEarly
from handlers.files import Unusable, attachments
from handlers.naming import Naming
from handlers.parse import ParseError
from handlers.text import mentioned_users, plain, seen, without_mention
from storage import arrivals, effects, jobs, keys, threads
from storage.database import Transaction
from storage.records import Job, Thread

logger = logging.getLogger(__name__)

SAID_BY_PEOPLE = frozenset({None, "file_share", "thread_broadcast"})
REWORDED = frozenset({"message_changed", "message_deleted"})
STOP_SIGNS = frozenset({"octagonal_sign", "stop_sign"})
MESSAGE = "message:"  # begins the key of what a message asked for; its ts is the end

Event = dict[str, Any]
Body = dict[str, Any]


class Events:
    """What happens in channels the app is in."""

    def __init__(self, with_: Collaborators) -> None:
        self._with = with_
        self._naming = Naming(with_.catalog)

    async def mention(self, event: Event, body: Body) -> None:
        """@app … in a channel or a thread."""
        if not _is_from_person(event):
            return
        thread = await self._thread_of(event, body)
        if thread is not None:
            await self._reply(event, body, thread)
            return
        await self._ask(event, body, is_im=False)

    async def message(self, event: Event, body: Body) -> None:
        """A DM to the app, or a message in a thread of ours. Everything else is none of our business."""
        if event.get("subtype") in REWORDED:
            await self._reword(event, body)
            return
        if not _is_from_person(event):
            return
        thread = await self._thread_of(event, body)
        if thread is not None:
            await self._reply(event, body, thread)
        elif event.get("channel_type") == "im" and not event.get("thread_ts"):
            await self._ask(event, body, is_im=True)
        elif event.get("channel_type") == "im":
            await self._tell(event, body, messages.no_video_here())

    async def missed(self, event: Event, body: Body) -> bool:
        """A message found by reading. False when its event had come before, or it is none of our business."""
        if not _is_from_person(event) or await self._with.database.read(lambda tx: _has_come(tx, event, body)):
            return False
        if event.get("channel_type") == "im" or event.get("thread_ts"):
            await self.message(event, body)
        elif self._is_mentioned(event):
            await self.mention(event, body)
        else:
            return False
        return True

    async def reaction(self, event: Event, body: Body) -> None:
        """🛑 on one of our messages stops that job."""
        item = event.get("item") or {}
        if event.get("reaction") not in STOP_SIGNS or item.get("type") != "message":
            return
        channel_id, ts, user_id = str(item["channel"]), str(item["ts"]), str(event["user"])
        found = await self._with.database.read(lambda tx: _newest(tx, body["team_id"], channel_id, ts))
        if found is None:
            return
        thread, job = found
        if not await self._with.people.may_end(job.requester_id, user_id):
            problem = messages.not_yours(requester_id=job.requester_id, deed="stop it")
        elif not await self._with.engine.stop(job.id, by=user_id) and job.cancel_asked_by != user_id:
            problem = messages.stopped_already(state=await self._with.standings.state(job.id))
        else:
            return
        place = Place(workspace_id=body["team_id"], channel_id=channel_id)
        await self._with.engine.tell(
            place, key=f"{body['event_id']}", user_id=user_id, text=problem.text, blocks=problem.blocks,
            thread_ts=thread.root_ts,
        )  # fmt: skip

    async def joined(self, event: Event, body: Body) -> None:
        """The app was invited: what waited for that goes on."""
        if event.get("user") == self._with.identity.bot_user_id:
            await self._with.engine.invited(body["team_id"], str(event["channel"]))

    async def home_opened(self, event: Event, body: Body) -> None:
        """The first visit to the app's DM: a greeting with prompts to try, once."""
        if event.get("tab") == "messages":
            await self._with.engine.greet(body["team_id"], str(event["user"]))

    async def removed(self, event: Event) -> None:
        """The app was uninstalled, or its token revoked. What is recorded waits a day for it to come back."""
        logger.error(
            "Slack no longer lets the app in (%s): install it again and renew SLACK_BOT_TOKEN.", event["type"],
            extra={"action": "removed"},
        )  # fmt: skip

    async def _ask(self, event: Event, body: Body, *, is_im: bool) -> None:
        user_id = str(event["user"])
        person = await self._with.people.person(user_id)
        if not person.may_ask or _is_foreign(event, body):
            await self._tell(event, body, messages.not_for_guests())
            return
        try:
            text, files = await self._words(event), attachments(event.get("files") or [])
            wish = parse.video(text)
        except (ParseError, Unusable) as error:
            await self._tell(event, body, _refusal(error))
            return
        if not wish.prompt and not files:
            await self._tell(event, body, messages.welcome())
            return
        brief, problem = self._naming.resolve(wish.brief(files=files), kind="agent")
        if problem is not None:
            await self._tell(event, body, problem)
            return
        where = Where(
            enterprise_id=body.get("enterprise_id"), workspace_id=body["team_id"], channel_id=str(event["channel"]),
            is_im=is_im,
        )  # fmt: skip
        root_ts = str(event.get("thread_ts") or event["ts"])
        await self._with.engine.ask(
            Ask(
                keys=_keys(event, body),
                where=where,
                requester_id=user_id,
                kind="agent",
                brief=brief,
                root_ts=root_ts,
            )
        )

    async def _reword(self, event: Event, body: Body) -> None:
        """A reply was edited or deleted. Slack tells of unfurled links in the same way, and of our own edits."""
        before, now = event.get("previous_message") or {}, event.get("message") or {}
        text = None if event["subtype"] == "message_deleted" else str(now.get("text") or "")
        said = before or now
        has_place = bool(said.get("ts") and said.get("thread_ts"))
        if not _is_from_person(said) or not has_place or text == before.get("text"):
            return
        [key] = _keys({"channel": event["channel"], "ts": said["ts"]}, body)
        try:
            await self._with.engine.reword(key, None if text is None else parse.reply(await self._words(now)))
        except ParseError as error:
            await self._tell({**said, "channel": event["channel"], "ts": event["ts"]}, body, _refusal(error))

    async def _reply(self, event: Event, body: Body, thread: Thread) -> None:
        person = await self._with.people.person(str(event["user"]))
        if not person.may_ask or _is_foreign(event, body):
            await self._tell(event, body, messages.not_for_guests())
            return
        try:
            text, files = parse.reply(await self._words(event)), attachments(event.get("files") or [])
        except (ParseError, Unusable) as error:
            await self._tell(event, body, _refusal(error))
            return
        if not text and not files:
            await self._tell(event, body, messages.no_words())
            return
        if not self._is_mentioned(event) and await self._with.database.read(lambda tx: _is_deaf(tx, thread)):
            await self._tell(event, body, messages.only_audio_here())
            return
        ts = str(event["ts"])
        await self._with.engine.hear(
            Said(
                keys=_keys(event, body), thread_id=thread.id, user_id=str(event["user"]), ts=ts, text=text, files=files
            )
        )

    def _is_mentioned(self, event: Event) -> bool:
        return self._with.identity.bot_user_id in mentioned_users(str(event.get("text") or ""))

    async def _words(self, event: Event) -> str:
        text = without_mention(str(event.get("text") or ""), self._with.identity.bot_user_id)
        return seen(plain(text, await self._with.people.names(mentioned_users(text))))

    async def _thread_of(self, event: Event, body: Body) -> Thread | None:
        root = event.get("thread_ts")
        if root is None:
            return None
        thread, on_its_way = await self._with.database.read(
            lambda tx: (
                threads.thread_at(tx, body["team_id"], str(event["channel"]), str(root)),
                effects.is_card_on_its_way(tx, body["team_id"], str(event["channel"])),
            )
        )
        if thread is None and on_its_way and event.get("parent_user_id") == self._with.identity.bot_user_id:
            raise TooEarly
        return thread

    async def _tell(self, event: Event, body: Body, message: messages.Message) -> None:
        """A word to the person alone, or in the DM where only they are."""
        await self._with.engine.tell(
            Place(workspace_id=body["team_id"], channel_id=str(event["channel"])),
            key=_place_of(event),
            user_id=str(event["user"]),
            text=message.text,
            blocks=message.blocks,
            thread_ts=event.get("thread_ts"),
        )


def _refusal(error: ParseError | Unusable) -> messages.Message:
    return messages.wrong_file(error) if isinstance(error, Unusable) else messages.wrong(str(error))


def _has_come(tx: Transaction, event: Event, body: Body) -> bool:
    """Whether this message was heard, or answered in other ways."""
    heard = any(arrivals.has_arrived(tx, key) for key in _keys(event, body))
    return heard or effects.effect(tx, keys.tell(_place_of(event))) is not None


def _newest(tx: Transaction, workspace_id: str, channel_id: str, ts: str) -> tuple[Thread, Job] | None:
    """The thread whose root or card this message is, with its newest job."""
    thread = threads.thread_with(tx, workspace_id, channel_id, ts)
    return (thread, jobs.jobs_of_thread(tx, thread.id)[-1]) if thread is not None else None


def _is_deaf(tx: Transaction, thread: Thread) -> bool:
    """Whether the thread is one of audio, which has no versions, and asks nothing that words could answer."""
    newest = jobs.jobs_of_thread(tx, thread.id)[-1]
    asked = threads.open_question(tx, newest.id)
    return newest.kind == "speech" and (asked is None or not takes_words(asked))


def _is_from_person(event: Event) -> bool:
    """Not ours, not another bot's, not an edit or a notice."""
    return event.get("subtype") in SAID_BY_PEOPLE and not event.get("bot_id") and bool(event.get("user"))


def _is_foreign(event: Event, body: Body) -> bool:
    """From another organisation, in a shared channel."""
    team = event.get("user_team") or event.get("source_team")
    return bool(team) and team not in (body.get("team_id"), body.get("enterprise_id"))


def _place_of(event: Event) -> str:
    return f"{event['channel']}:{event['ts']}"


def _keys(event: Event, body: Body) -> tuple[str, ...]:
    """A mention arrives as two events with ids of their own; the message's place is the same in both."""
    return (f"{MESSAGE}{body['team_id']}:{_place_of(event)}",)
