"""Slash commands: /video, /speak, /heygen. Each stores the wish and acknowledges after the commit."""

from typing import Any

from slack_bolt.context.ack.async_ack import AsyncAck

from bot.jobs.engine.asking import Ask
from bot.jobs.outbox import Place
from handlers import parse
from handlers.blocks import answers, messages, modals, receipt
from handlers.collaborators import Collaborators
from handlers.naming import Naming
from handlers.parse import ParseError
from handlers.settings import Settings
from handlers.stopping import stop
from handlers.text import mentioned_users, plain, seen
from storage import jobs, preferences, receipts
from storage.records import Brief, Hold, Job

RUNNING_JOBS = 100

Command = dict[str, Any]


class Commands:
    """What people type after a slash."""

    def __init__(self, with_: Collaborators) -> None:
        self._with = with_
        self._naming = Naming(with_.catalog)
        self._settings = Settings(with_, self._naming)

    async def video(self, ack: AsyncAck, command: Command) -> None:
        """/video <prompt> [flags]; alone it opens the modal."""
        await self._video(ack, command, str(command.get("text") or ""))

    async def speak(self, ack: AsyncAck, command: Command) -> None:
        """/speak <text> [flags]."""
        await self._speak(ack, command, str(command.get("text") or ""))

    async def heygen(self, ack: AsyncAck, command: Command) -> None:
        """/heygen <word>: everything else, and the two commands above by their longer names."""
        try:
            word, rest = parse.heygen(str(command.get("text") or ""))
        except ParseError as error:
            await _show(ack, messages.wrong(str(error)))
            return
        match word:
            case "video":
                await self._video(ack, command, rest)
            case "speak":
                await self._speak(ack, command, rest)
            case "jobs":
                await self._jobs(ack, command)
            case "show":
                await self._show_job(ack, command, rest)
            case "stop":
                await self._stop(ack, command, rest)
            case "retry":
                await self._retry(ack, command, rest)
            case "receipt":
                await self._receipt(ack, command, rest)
            case "credits":
                await self._credits(ack, command)
            case "settings":
                await _show(ack, await self._settings.change(command, rest))
            case _:
                await _show(ack, answers.help(bot_name=self._with.identity.bot_name))

    async def _video(self, ack: AsyncAck, command: Command, text: str) -> None:
        if not await self._may_ask(ack, command):
            return
        try:
            wish = parse.video(await self._as_meant(text))
        except ParseError as error:
            await _show(ack, messages.wrong(str(error)))
            return
        if not wish.prompt:
            await self._open_modal(ack, command, wish)
            return
        await self._ask(ack, command, kind="agent", brief=wish.brief())

    async def _speak(self, ack: AsyncAck, command: Command, text: str) -> None:
        if not await self._may_ask(ack, command):
            return
        try:
            wish = parse.speak(await self._as_meant(text))
        except ParseError as error:
            await _show(ack, messages.wrong(str(error)))
            return
        await self._ask(ack, command, kind="speech", brief=wish.brief())

    async def _as_meant(self, text: str) -> str:
        """Slack's escapes undone: HeyGen gets what the person wrote, with names for mentions."""
        return seen(plain(text, await self._with.people.names(mentioned_users(text))))

    async def _may_ask(self, ack: AsyncAck, command: Command) -> bool:
        person = await self._with.people.person(command["user_id"])
        if not person.may_ask:
            await _show(ack, messages.not_for_guests())
        return person.may_ask

    async def _open_modal(self, ack: AsyncAck, command: Command, wish: parse.VideoCommand) -> None:
        where, hold = await self._with.membership.place(command, command["user_id"])
        if hold is Hold.OFFER:
            await _show(ack, messages.cannot_post_here())
            return
        settings = await self._preference(command)
        view = modals.new_video(channel_id=where.channel_id, is_im=where.is_im, preference=settings, wish=wish)
        await self._with.client.views_open(trigger_id=command["trigger_id"], view=view)
        await ack()

    async def _ask(self, ack: AsyncAck, command: Command, *, kind: str, brief: Brief) -> None:
        brief, problem = self._naming.resolve(brief, kind=kind)
        if problem is not None:
            await _show(ack, problem)
            return
        where, hold = await self._with.membership.place(command, command["user_id"])
        if kind == "speech" and hold is None and await self._needs_voice(command, brief):
            hold = Hold.VOICE
        wish = Ask(
            keys=(f"trigger:{command['trigger_id']}",), where=where, requester_id=command["user_id"], kind=kind,
            brief=brief, hold=hold,
        )  # fmt: skip
        job = await self._with.engine.ask(wish)
        await self._acknowledge(ack, job, hold)

    async def _needs_voice(self, command: Command, brief: Brief) -> bool:
        settings = await self._preference(command)
        return brief.voice is None and brief.voice_id is None and settings.voice_id is None

    async def _acknowledge(self, ack: AsyncAck, job: Job | None, hold: Hold | None) -> None:
        if job is None or hold is None:
            await ack()
        elif hold is Hold.INVITE:
            await _show(ack, messages.held_by_invite(bot_name=self._with.identity.bot_name))
        elif hold is Hold.VOICE:
            await _show(ack, answers.voice_picker(job_id=job.id, text=job.brief.prompt))
        else:
            await _show(ack, messages.offer_dm(job_id=job.id))

    async def _preference(self, command: Command) -> Any:
        return await self._with.database.read(
            lambda tx: preferences.preference(tx, command["team_id"], command["user_id"])
        )

    async def _jobs(self, ack: AsyncAck, command: Command) -> None:
        listed = await self._with.database.read(
            lambda tx: jobs.recent_jobs(
                tx, command["team_id"], requester_id=None, channel_id=command["channel_id"], limit=answers.JOBS_SHOWN
            )
        )
        await _show(ack, answers.jobs_list(jobs=await self._with.standings.of(listed), now=self._with.clock()))

    async def _show_job(self, ack: AsyncAck, command: Command, wanted: str) -> None:
        job = await self._job(command, wanted)
        if job is None:
            await _show(ack, messages.no_such_job(wanted))
            return
        [found] = await self._with.standings.of([job])
        await _show(ack, answers.show_job(shown_job=found, now=self._with.clock()))

    async def _receipt(self, ack: AsyncAck, command: Command, wanted: str) -> None:
        job = await self._job(command, wanted)
        kept = await self._with.database.read(lambda tx: receipts.receipt(tx, job.id)) if job is not None else None
        if kept is None:
            await _show(ack, messages.no_such_job(wanted))
            return
        [found] = await self._with.standings.of([kept.job])
        await _show(ack, receipt.receipt(kept, state=found.words))

    async def _job(self, command: Command, wanted: str) -> Job | None:
        """The job with this id, or the person's newest one in the channel."""
        if wanted:
            job = await self._with.database.read(lambda tx: jobs.job(tx, wanted))
            return job if job is not None and await self._may_see(job, command) else None
        newest = await self._with.database.read(
            lambda tx: jobs.recent_jobs(
                tx, command["team_id"], requester_id=command["user_id"], channel_id=command["channel_id"], limit=1
            )
        )
        return newest[0] if newest else None

    async def _may_see(self, job: Job, command: Command) -> bool:
        """What was asked in another channel, a private one perhaps, is shown to its requester and to admins alone."""
        if job.workspace_id != command["team_id"]:
            return False
        is_here = job.channel_id == command["channel_id"]
        return is_here or await self._with.people.may_end(job.requester_id, command["user_id"])

    async def _stop(self, ack: AsyncAck, command: Command, wanted: str) -> None:
        if wanted:
            job = await self._job(command, wanted)
            await (_show(ack, messages.no_such_job(wanted)) if job is None else self._stop_one(ack, job, command))
            return
        running = await self._running(command)
        own = [job for job in running if job.requester_id == command["user_id"]]
        if len(own) == 1:
            await self._stop_one(ack, own[0], command)
        elif own:
            await self._offer_to_stop(ack, own, answers.OWN_RUNNING)
        else:
            await self._stop_of_others(ack, running, command["user_id"])

    async def _running(self, command: Command) -> list[Job]:
        return await self._with.database.read(
            lambda tx: jobs.open_jobs(
                tx, command["team_id"], requester_id=None, channel_id=command["channel_id"], limit=RUNNING_JOBS
            )
        )

    async def _offer_to_stop(self, ack: AsyncAck, running: list[Job], lead: str) -> None:
        found = await self._with.standings.of(running[: answers.JOBS_SHOWN])
        await _show(ack, answers.stop_picker(jobs=found, now=self._with.clock(), lead=lead))

    async def _stop_of_others(self, ack: AsyncAck, running: list[Job], user_id: str) -> None:
        """Nothing is theirs: admins may choose among the rest, the others learn whose it is."""
        if running and (await self._with.people.person(user_id)).is_admin:
            await self._offer_to_stop(ack, running, answers.OTHERS_RUNNING)
            return
        whose = list(dict.fromkeys(job.requester_id for job in running))
        await _show(ack, messages.nothing_to_stop(others=whose[: answers.JOBS_SHOWN]))

    async def _stop_one(self, ack: AsyncAck, job: Job, command: Command) -> None:
        user_id = command["user_id"]
        if not await self._with.people.may_end(job.requester_id, user_id):
            await _show(ack, messages.not_yours(requester_id=job.requester_id, deed="stop it"))
            return
        word = await stop(self._with, job, by=user_id, channel_id=command["channel_id"])
        await (ack() if word is None else _show(ack, word))

    async def _retry(self, ack: AsyncAck, command: Command, wanted: str) -> None:
        job = await self._job(command, wanted)
        if job is None:
            await _show(ack, messages.no_such_job(wanted))
        elif not await self._with.people.may_end(job.requester_id, command["user_id"]):
            await _show(ack, messages.not_yours(requester_id=job.requester_id, deed="try it again"))
        else:
            await self._retry_one(ack, job, command)

    async def _retry_one(self, ack: AsyncAck, job: Job, command: Command) -> None:
        again = await self._with.engine.retry(job.id, key=f"trigger:{command['trigger_id']}", by=command["user_id"])
        if again is None:
            await _show(ack, await self._with.standings.not_retried(job.id))
            return
        link = await self._with.standings.card_link(again)
        await (_show(ack, messages.trying_again(link=link)) if link else ack())

    async def _credits(self, ack: AsyncAck, command: Command) -> None:
        place = Place(workspace_id=command["team_id"], channel_id=command["channel_id"])
        key = f"credits:{command['trigger_id']}"
        await self._with.engine.whisper(place, key=key, user_id=command["user_id"], what="credits")
        await ack()


async def _show(ack: AsyncAck, message: messages.Message) -> None:
    """Answers the person alone."""
    await ack(text=message.text, blocks=message.blocks, response_type="ephemeral")
