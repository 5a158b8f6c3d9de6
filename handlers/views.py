"""Submitted modals. Slack does not send a submission twice for us to lose: it is acknowledged after the commit."""

from typing import Any

from slack_bolt.context.ack.async_ack import AsyncAck

from bot.jobs.engine.asking import Ask, Where
from bot.jobs.engine.talking import Said, takes_words
from bot.jobs.outbox import Place
from handlers.blocks import messages, modals
from handlers.collaborators import Collaborators
from storage import jobs, threads
from storage.database import Transaction
from storage.records import Job

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
        wish, user_id = modals.read_change(view), str(body["user"]["id"])
        job = await self._with.database.read(lambda tx: jobs.job(tx, wish.job_id))
        if not wish.text:
            problem: str | None = "Say in a few words what to change."
        elif job is None:
            problem = messages.unknown_click().text
        elif wish.question_id is not None:
            problem = await self._answered(wish.question_id, wish.text, user_id)
        else:
            problem = None
            await self._heard(job, key=f"view:{view['id']}", user_id=user_id, text=wish.text)
        await (ack() if problem is None else ack(response_action="errors", errors={modals.CHANGE_BLOCK: problem}))

    async def _answered(self, question_id: str, text: str, user_id: str) -> str | None:
        """Answers the storyboard; the words for whoever is too late, with their text still before them."""
        settled = await self._with.engine.answer(question_id, text=text, by=user_id)
        if settled is None:
            return messages.unknown_click().text
        if (settled.answered_by, settled.answer) == (user_id, text):
            return None
        by = settled.answered_by
        names = await self._with.people.names([by] if by else [])
        return messages.answered_meanwhile(name=names.get(by, "Somebody") if by else None)

    async def _heard(self, job: Job, *, key: str, user_id: str, text: str) -> None:
        """A revision; who sends it while a version is being made is told that it waits."""
        thread, waits = await self._with.database.read(
            lambda tx: (threads.thread(tx, job.thread_id), _must_wait(tx, job.thread_id))
        )
        said = Said(keys=(key,), thread_id=thread.id, user_id=user_id, ts=None, text=text)
        if await self._with.engine.hear(said) and waits:
            message = messages.kept_for_later()
            await self._with.engine.tell(
                Place(workspace_id=thread.workspace_id, channel_id=thread.channel_id), key=key, user_id=user_id,
                text=message.text, blocks=message.blocks, thread_ts=thread.root_ts,
            )  # fmt: skip


def _must_wait(tx: Transaction, thread_id: str) -> bool:
    """Whether words said in the thread now are kept for the version after the one that is being made."""
    running = jobs.open_job(tx, thread_id)
    asked = threads.open_question(tx, running.id) if running is not None else None
    return running is not None and (asked is None or not takes_words(asked))
