"""Clicks: on the card, on questions, on results. A click is acknowledged after the commit."""

import logging
from typing import Any

from slack_bolt.context.ack.async_ack import AsyncAck
from slack_sdk.errors import SlackApiError

from bot.jobs.engine.talking import APPROVAL
from bot.jobs.outbox import Place
from handlers.blocks import ids, messages, modals
from handlers.blocks.cards import result_link
from handlers.blocks.phases import is_delivered
from handlers.collaborators import Collaborators
from handlers.refusals import slack_trouble
from handlers.stopping import stop
from handlers.text import unescape
from handlers.trouble import scope_of, word_of
from storage import jobs, threads
from storage.records import Job, Question, QuestionKind, QuestionState

logger = logging.getLogger(__name__)

Body = dict[str, Any]


class Actions:
    """What people click. Anyone in the channel can, so each click is checked; one that comes too late is told so."""

    def __init__(self, with_: Collaborators) -> None:
        self._with = with_

    async def answer(self, ack: AsyncAck, body: Body, action: Body) -> None:
        """One of a question's offered answers."""
        question_id, number = ids.read_answer(str(action.get("value") or ""))
        asked = await self._question(question_id)
        if asked is None or not 0 <= number < len(asked.options):
            await self._whisper(body, messages.unknown_click())
        elif await self._may_answer(body, asked):
            await self._answered(body, asked, asked.options[number].value)
        await ack()

    async def approve(self, ack: AsyncAck, body: Body, action: Body) -> None:
        """The storyboard is good."""
        asked = await self._question(str(action.get("value") or ""))
        if asked is None:
            await self._whisper(body, messages.unknown_click())
        elif await self._may_answer(body, asked):
            await self._answered(body, asked, APPROVAL)
        await ack()

    async def _question(self, question_id: str) -> Question | None:
        return await self._with.database.read(lambda tx: threads.question(tx, question_id))

    async def _may_answer(self, body: Body, asked: Question) -> bool:
        if not await self._may_ask(body):
            return False
        job = await self._with.database.read(lambda tx: jobs.job(tx, asked.job_id))
        if asked.kind is QuestionKind.UNCONFIRMED and job is not None:
            return await self._may_end(body, job, "decide this")
        return True

    async def _answered(self, body: Body, asked: Question, text: str) -> None:
        user_id = body["user"]["id"]
        settled = await self._with.engine.answer(asked.id, text=text, by=user_id)
        if settled is None:
            await self._whisper(body, messages.unknown_click())
        elif (settled.answered_by, settled.answer) != (user_id, text):
            await self._told_late(body, settled)

    async def _told_late(self, body: Body, settled: Question) -> None:
        if settled.answered_by is not None:
            await self._whisper(body, messages.already_answered(by=settled.answered_by))
        else:
            await self._whisper(body, messages.no_longer_asked(state=await self._state(settled.job_id)))

    async def stop(self, ack: AsyncAck, body: Body, action: Body) -> None:
        """Stop this job."""
        job = await self._clicked_job(body, action)
        if job is not None and await self._may_end(body, job, "stop it"):
            word = await stop(self._with, job, by=body["user"]["id"], channel_id=body["channel"]["id"])
            if word is not None:
                await self._whisper(body, word)
        await ack()

    async def retry(self, ack: AsyncAck, body: Body, action: Body) -> None:
        """Make a failed job anew."""
        job = await self._clicked_job(body, action)
        if job is not None and await self._may_end(body, job, "try it again"):
            again = await self._with.engine.retry(job.id, key=_key(body), by=body["user"]["id"])
            if again is None:
                await self._whisper(body, await self._with.standings.not_retried(job.id))
        await ack()

    async def change(self, ack: AsyncAck, body: Body, action: Body) -> None:
        """Opens the modal that asks what to change, on a result or a storyboard."""
        job = await self._clicked_job(body, action)
        if job is not None and await self._may_ask(body):
            asked = await self._storyboard(job, str((body.get("message") or {}).get("ts")))
            if asked is None or asked.state is QuestionState.OPEN:
                await self._open(body, modals.change_video(job=job, question_id=asked.id if asked else None))
            else:
                await self._told_late(body, asked)
        await ack()

    async def _open(self, body: Body, view: Body) -> None:
        """Shows a form; who clicked too slowly, or twice, is told so."""
        try:
            await self._with.client.views_open(trigger_id=body["trigger_id"], view=view)
        except SlackApiError as error:
            logger.warning("A form was not opened: %s", word_of(error), extra={"action": "form_unopened"})
            await self._whisper(body, messages.form_unopened(slack_trouble(word_of(error), scope_of(error))))

    async def _storyboard(self, job: Job, message_ts: str) -> Question | None:
        """The storyboard whose message was clicked; else the one that waits now, if any does."""
        asked = await self._with.database.read(lambda tx: threads.questions_of_job(tx, job.id))
        reviews = [one for one in asked if one.kind is QuestionKind.REVIEW]
        clicked = next((one for one in reviews if one.message_ts == message_ts), None)
        return clicked or next((one for one in reviews if one.state is QuestionState.OPEN), None)

    async def bring_back(self, ack: AsyncAck, body: Body, action: Body) -> None:
        """The video of a stopped job that came anyway."""
        job = await self._clicked_job(body, action)
        if job is not None and await self._may_ask(body):
            await self._bring_back(body, job)
        await ack()

    async def _bring_back(self, body: Body, job: Job) -> None:
        if not await self._with.engine.bring_back(job.id, key=_key(body), by=body["user"]["id"]):
            is_there, link = is_delivered(job), result_link(job)
            await self._whisper(body, messages.brought_already(is_there=is_there, link=link))

    async def get_link(self, ack: AsyncAck, body: Body, action: Body) -> None:
        """A fresh link for the one who clicks."""
        job = await self._clicked_job(body, action)
        if job is not None:
            await self._with.engine.whisper(
                _place(body), key=f"link:{_key(body)}", user_id=body["user"]["id"], what="link", job_id=job.id,
                thread_ts=_thread_ts(body),
            )  # fmt: skip
        await ack()

    async def open_in_dm(self, ack: AsyncAck, body: Body, action: Body) -> None:
        """Take the offered DM."""
        job = await self._clicked_job(body, action)
        if job is not None and await self._may_end(body, job, "move it"):
            channel_id = await self._with.membership.dm_of(body["team"]["id"], job.requester_id)
            if await self._with.engine.move_to_dm(job.id, channel_id=channel_id) is None:
                state, link = await self._state(job.id), await self._with.standings.card_link(job)
                await self._whisper(body, messages.nothing_to_move(state=state, link=link))
        await ack()

    async def pick_voice(self, ack: AsyncAck, body: Body, action: Body) -> None:
        """The voice for a text that waits for one."""
        option = action.get("selected_option")
        job = await self._clicked_job(body, {"value": ids.read_voice_block(str(action["block_id"]))})
        if option and job is not None and await self._may_end(body, job, "choose its voice"):
            voice_id, name = str(option["value"]), unescape(str(option["text"]["text"]))
            if await self._with.engine.choose_voice(job.id, voice_id=voice_id, voice=name) is None:
                await self._whisper(body, messages.no_voice_needed(state=await self._state(job.id)))
        await ack()

    async def other(self, ack: AsyncAck, body: Body) -> None:
        """Fields of a form need only an acknowledgement; a button of a message that nothing hears any more is told."""
        if body.get("view") is None:
            await self._whisper(body, messages.unknown_click())
        await ack()

    async def _clicked_job(self, body: Body, action: Body) -> Job | None:
        """The job the button belongs to; the clicker is told when there is none."""
        job = await self._with.database.read(lambda tx: jobs.job(tx, str(action.get("value") or "")))
        if job is None:
            await self._whisper(body, messages.unknown_click())
        return job

    async def _state(self, job_id: str) -> str:
        return await self._with.standings.state(job_id)

    async def _may_ask(self, body: Body) -> bool:
        person = await self._with.people.person(body["user"]["id"])
        if not person.may_ask:
            await self._whisper(body, messages.not_for_guests())
        return person.may_ask

    async def _may_end(self, body: Body, job: Job, deed: str) -> bool:
        if await self._with.people.may_end(job.requester_id, body["user"]["id"]):
            return True
        await self._whisper(body, messages.not_yours(requester_id=job.requester_id, deed=deed))
        return False

    async def _whisper(self, body: Body, message: messages.Message) -> None:
        """A word to the one who clicked."""
        await self._with.engine.tell(
            _place(body), key=_key(body), user_id=body["user"]["id"], text=message.text, blocks=message.blocks,
            thread_ts=_thread_ts(body),
        )  # fmt: skip


def _place(body: Body) -> Place:
    return Place(workspace_id=body["team"]["id"], channel_id=body["channel"]["id"])


def _key(body: Body) -> str:
    return f"trigger:{body['trigger_id']}"


def _thread_ts(body: Body) -> str | None:
    """The thread to answer in. What is clicked at a thread's root is answered beside it, where it is seen."""
    container, message = body.get("container") or {}, body.get("message") or {}
    found = container.get("thread_ts") or message.get("thread_ts")
    return str(found) if found and found != container.get("message_ts") else None
