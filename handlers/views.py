"""Submitted modals. Slack does not send a submission twice for us to lose: it is acknowledged after the commit."""

from typing import Any

from slack_bolt.context.ack.async_ack import AsyncAck

from bot.jobs.engine.asking import Ask, Where
from bot.jobs.engine.talking import Said
from handlers.blocks import messages, modals
from handlers.collaborators import Collaborators
from storage import jobs, threads
from storage.records import QuestionKind

Body = dict[str, Any]


class Views:
    """New video, and Change."""

    def __init__(self, with_: Collaborators) -> None:
        self._with = with_

    async def new_video(self, ack: AsyncAck, body: Body, view: Body) -> None:
        """A wish from the modal, in the channel it was opened in."""
        wish = modals.read_new_video(view)
        if wish.errors:
            await ack(response_action="errors", errors=dict(wish.errors))
            return
        user_id = body["user"]["id"]
        person = await self._with.people.person(user_id)
        if not person.may_ask:
            await ack(response_action="errors", errors={modals.PROMPT_BLOCK: messages.not_for_guests().text})
            return
        where = Where(
            enterprise_id=(body.get("enterprise") or {}).get("id"), workspace_id=body["team"]["id"],
            channel_id=wish.channel_id, is_im=wish.is_im,
        )  # fmt: skip
        await self._with.engine.ask(
            Ask(
                keys=(f"view:{view['id']}",),
                where=where,
                requester_id=user_id,
                kind="agent",
                brief=wish.brief,
                with_defaults=False,
            )
        )
        await ack()

    async def change_video(self, ack: AsyncAck, body: Body, view: Body) -> None:
        """What to change: an answer to the storyboard, or a revision."""
        wish = modals.read_change(view)
        if not wish.text:
            await ack(response_action="errors", errors={modals.CHANGE_BLOCK: "Say in a few words what to change."})
            return
        job = await self._with.database.read(lambda tx: jobs.job(tx, wish.job_id))
        if job is None:
            await ack()
            return
        user_id = body["user"]["id"]
        asked = await self._with.database.read(lambda tx: threads.open_question(tx, job.id))
        if asked is not None and asked.kind is QuestionKind.REVIEW:
            await self._with.engine.answer(asked.id, text=wish.text, by=user_id)
        else:
            key = f"view:{view['id']}"
            said = Said(keys=(key,), thread_id=job.thread_id, user_id=user_id, ts=key, text=wish.text)
            await self._with.engine.hear(said)
        await ack()
