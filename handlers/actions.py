"""Clicks: on the card, on questions, on results. A click is acknowledged after the commit."""

from typing import Any

from slack_bolt.context.ack.async_ack import AsyncAck

from bot.jobs.engine.talking import APPROVAL
from bot.jobs.outbox import Place
from handlers.blocks import ids, messages, modals
from handlers.collaborators import Collaborators
from storage import jobs, threads
from storage.records import Job, Question, QuestionKind

Body = dict[str, Any]


class Actions:
    """What people click. Anyone in the channel can, so each click is checked."""

    def __init__(self, with_: Collaborators) -> None:
        self._with = with_

    async def answer(self, ack: AsyncAck, body: Body, action: Body) -> None:
        """One of a question's offered answers."""
        question_id, number = ids.read_answer(str(action["value"]))
        asked = await self._with.database.read(lambda tx: threads.question(tx, question_id))
        if asked is not None and await self._may_answer(body, asked):
            text = asked.options[number].value if number < len(asked.options) else ""
            await self._answered(body, asked, text)
        await ack()

    async def approve(self, ack: AsyncAck, body: Body, action: Body) -> None:
        """The storyboard is good."""
        asked = await self._with.database.read(lambda tx: threads.question(tx, str(action["value"])))
        if asked is not None and await self._may_answer(body, asked):
            await self._answered(body, asked, APPROVAL)
        await ack()

    async def _may_answer(self, body: Body, asked: Question) -> bool:
        user_id = body["user"]["id"]
        person = await self._with.people.person(user_id)
        job = await self._with.database.read(lambda tx: jobs.job(tx, asked.job_id))
        if not person.may_ask:
            await self._whisper(body, messages.not_for_guests())
            return False
        if asked.kind is QuestionKind.UNCONFIRMED and job is not None:
            return await self._may_end(body, job)
        return True

    async def _answered(self, body: Body, asked: Question, text: str) -> None:
        user_id = body["user"]["id"]
        settled = await self._with.engine.answer(asked.id, text=text, by=user_id)
        if settled is not None and settled.answered_by not in (None, user_id):
            await self._whisper(body, messages.already_answered(by=settled.answered_by or ""))

    async def stop(self, ack: AsyncAck, body: Body, action: Body) -> None:
        """Stop this job."""
        job = await self._job(action)
        allowed = job is not None and await self._may_end(body, job)
        if job is not None and allowed and not await self._with.engine.stop(job.id, by=body["user"]["id"]):
            await self._whisper(body, messages.nothing_to_stop())
        await ack()

    async def retry(self, ack: AsyncAck, body: Body, action: Body) -> None:
        """Make a failed job anew."""
        job = await self._job(action)
        if job is not None and await self._may_end(body, job):
            again = await self._with.engine.retry(job.id, key=_key(body), by=body["user"]["id"])
            if again is None:
                await self._whisper(body, messages.nothing_to_retry())
        await ack()

    async def change(self, ack: AsyncAck, body: Body, action: Body) -> None:
        """Opens the modal that asks what to change, on a result or a storyboard."""
        job = await self._job(action)
        person = await self._with.people.person(body["user"]["id"])
        if not person.may_ask:
            await self._whisper(body, messages.not_for_guests())
        elif job is not None:
            await self._with.client.views_open(trigger_id=body["trigger_id"], view=modals.change_video(job=job))
        await ack()

    async def bring_back(self, ack: AsyncAck, body: Body, action: Body) -> None:
        """The video of a stopped job that came anyway."""
        job = await self._job(action)
        person = await self._with.people.person(body["user"]["id"])
        if not person.may_ask:
            await self._whisper(body, messages.not_for_guests())
        elif job is not None:
            await self._with.engine.bring_back(job.id, key=_key(body), by=person.id)
        await ack()

    async def get_link(self, ack: AsyncAck, body: Body, action: Body) -> None:
        """A fresh link for the one who clicks."""
        job = await self._job(action)
        if job is not None:
            place = Place(workspace_id=body["team"]["id"], channel_id=body["channel"]["id"])
            await self._with.engine.whisper(
                place, key=f"link:{_key(body)}", user_id=body["user"]["id"], what="link", job_id=job.id,
                thread_ts=_thread_ts(body),
            )  # fmt: skip
        await ack()

    async def open_in_dm(self, ack: AsyncAck, body: Body, action: Body) -> None:
        """Take the offered DM."""
        user_id = body["user"]["id"]
        job = await self._job(action)
        if job is not None and job.requester_id == user_id:
            channel_id = await self._with.membership.dm_of(body["team"]["id"], user_id)
            await self._with.engine.move_to_dm(job.id, channel_id=channel_id)
        await ack()

    async def pick_voice(self, ack: AsyncAck, body: Body, action: Body) -> None:
        """The voice for a text that waits for one."""
        option = action.get("selected_option") or {}
        job_id = ids.read_voice_block(str(action["block_id"]))
        if option:
            name = str(option["text"]["text"])
            await self._with.engine.choose_voice(job_id, voice_id=str(option["value"]), voice=name)
        await ack()

    async def ignore(self, ack: AsyncAck) -> None:
        """Buttons that open an address, and selects in a modal, need only an acknowledgement."""
        await ack()

    async def _job(self, action: Body) -> Job | None:
        return await self._with.database.read(lambda tx: jobs.job(tx, str(action.get("value") or "")))

    async def _may_end(self, body: Body, job: Job) -> bool:
        if await self._with.people.may_end(job.requester_id, body["user"]["id"]):
            return True
        await self._whisper(body, messages.not_yours(requester_id=job.requester_id))
        return False

    async def _whisper(self, body: Body, message: messages.Message) -> None:
        """A word to the one who clicked."""
        await self._with.engine.tell(
            Place(workspace_id=body["team"]["id"], channel_id=body["channel"]["id"]),
            key=_key(body),
            user_id=body["user"]["id"],
            text=message.text,
            blocks=message.blocks,
            thread_ts=_thread_ts(body),
        )


def _key(body: Body) -> str:
    return f"trigger:{body['trigger_id']}"


def _thread_ts(body: Body) -> str | None:
    container = body.get("container") or {}
    found = container.get("thread_ts") or (body.get("message") or {}).get("thread_ts")
    return str(found) if found else None
