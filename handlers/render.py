"""Records to messages: reads what a message shows at the moment it is sent, and hands it to the pure builders."""

from collections.abc import Callable, Mapping

from bot.heygen.client import HeyGenClient
from bot.heygen.errors import HeyGenError
from bot.jobs.kinds import Kind, kind_of
from bot.jobs.outcomes import NotKnown
from handlers.blocks import answers, cards, messages, questions, results
from handlers.blocks.answers import Balance
from handlers.blocks.messages import Message
from handlers.errors import trouble
from handlers.identity import Identity
from handlers.places import Places
from storage import arrivals, effects, jobs, preferences, threads
from storage.database import Database, Transaction
from storage.records import UNDECIDED, DmWhen, Effect, Job, Question, QuestionState, Thread

AWAY_SECONDS = 15 * 60.0


class Renderer:
    """Makes every message from the records as they are now, so that none says what is no longer true."""

    def __init__(
        self,
        database: Database,
        heygen: HeyGenClient,
        kinds: Mapping[str, Kind],
        *,
        identity: Identity,
        places: Places,
        clock: Callable[[], float],
    ) -> None:
        self._database = database
        self._heygen = heygen
        self._kinds = kinds
        self._identity = identity
        self._places = places
        self._clock = clock

    async def card(self, thread_id: str) -> Message:
        """The thread's card."""
        return await self._database.read(lambda tx: self._card(tx, thread_id))

    def _card(self, tx: Transaction, thread_id: str) -> Message:
        every = jobs.jobs_of_thread(tx, thread_id)
        current = every[-1]
        return cards.card(
            thread=threads.thread(tx, thread_id),
            jobs=every,
            now=self._clock(),
            place=self._places.of(tx, current),
            waiting_replies=len(threads.waiting_replies(tx, thread_id)),
            question=threads.open_question(tx, current.id),
            account=jobs.account(tx),
        )

    async def question(self, asked: Question) -> Message:
        """A question as it now is: open, answered or closed."""
        job = await self._job(asked.job_id)
        return questions.question(asked, requester_id=job.requester_id)

    async def say(self, tried: Effect) -> Message | None:
        """A reply in the thread; None when there is nothing left to say."""
        job = await self._job(tried.job_id or "")
        what = tried.payload["what"]
        if what in ("question", "reminder"):
            return await self._say_question(tried, job, what)
        match what:
            case "result":
                return results.result(job)
            case "failure":
                return results.failure(job, in_doubt=await self._is_in_doubt(job))
            case "closing":
                return results.closing(job)
            case "undelivered":
                return results.undelivered(job, code=tried.payload["code"])
            case _:
                raise NotKnown(f"Nothing to say is called {what}")

    async def _say_question(self, tried: Effect, job: Job, what: str) -> Message | None:
        asked = await self._database.read(lambda tx: threads.question(tx, tried.payload["question"]))
        if asked is None or asked.state is not QuestionState.OPEN:
            return None
        if what == "reminder":
            return questions.reminder(asked, requester_id=job.requester_id, now=self._clock())
        return questions.question(asked, requester_id=job.requester_id)

    async def comment(self, tried: Effect) -> str:
        """The words beside an uploaded file."""
        job = await self._job(tried.job_id or "")
        match tried.payload["what"]:
            case "audio":
                return results.audio_comment(job)
            case "storyboard":
                return results.storyboard_comment(job, scenes=len(tried.evidence["files"]))
            case _:
                return results.video_comment(job)

    async def wants_dm(self, tried: Effect) -> bool:
        """Whether the person wants this DM. What needs an action of theirs always comes."""
        if tried.payload["what"] != "done":
            return True
        user_id, thread_id = tried.payload["user"], tried.thread_id or ""
        settings, seen_at = await self._database.read(
            lambda tx: (
                preferences.preference(tx, tried.workspace_id, user_id),
                arrivals.last_activity(tx, thread_id, user_id),
            )
        )
        match settings.dm:
            case DmWhen.ALWAYS:
                return True
            case DmWhen.NEVER:
                return False
            case DmWhen.AWAY:
                return seen_at is None or not 0 <= self._clock() - seen_at < AWAY_SECONDS  # the clock may be set back

    async def dm(self, tried: Effect) -> Message:
        """A word to one person."""
        what = tried.payload["what"]
        if what == "given":
            return Message(tried.payload["text"], tried.payload["blocks"])
        if what == "welcome":
            return messages.welcome()
        if what == "pause":
            return results.account_pause(code=tried.payload["code"])
        job = await self._job(tried.job_id or "")
        match what:
            case "done":
                return results.done(job, thread_link=await self._link_to(job))
            case "instead":
                return results.instead(job, in_doubt=await self._is_in_doubt(job))
            case "invite":
                return messages.held_by_invite(bot_name=self._identity.bot_name, channel_id=job.channel_id)
            case "voice":
                return answers.voice_picker(job_id=job.id, text=job.brief.prompt)
            case "offer":
                return messages.offer_dm(job_id=job.id)
            case _:
                raise NotKnown(f"No direct message is called {what}")

    async def whisper(self, tried: Effect) -> Message:
        """What one person asked to know, fetched from HeyGen now."""
        match tried.payload["what"]:
            case "given":
                return Message(tried.payload["text"], tried.payload["blocks"])
            case "credits":
                return await self._credits()
            case "link":
                return await self._fresh_link(await self._job(tried.job_id or ""))
            case what:
                raise NotKnown(f"No whisper is called {what}")

    async def _credits(self) -> Message:
        try:
            found = await self._heygen.account()
        except HeyGenError as error:
            return messages.no_balance(trouble(error.code, error.message))
        ours = await self._database.read(jobs.account)
        balances = [Balance(name=name, amount=amount, unit=unit) for name, amount, unit in found.balances]
        return answers.credits(balances=balances, auto_reload=found.reloads, account=ours)

    async def _fresh_link(self, job: Job) -> Message:
        done = await self._database.read(lambda tx: effects.effects_of_job(tx, job.id))
        submitted = next((item for item in reversed(done) if item.kind == "submit"), None)
        try:
            files = await kind_of(self._kinds, job).results(job, submitted)
        except HeyGenError as error:
            return results.no_link(job, code=error.code, message=error.message)
        return results.fresh_link(job, url=files[0].url) if files else results.no_link(job)

    async def _is_in_doubt(self, job: Job) -> bool:
        """Whether HeyGen may have taken a call of the job that a person has given up."""
        done = await self._database.read(lambda tx: effects.effects_of_job(tx, job.id))
        return any(item.kind == "submit" and item.reason == UNDECIDED for item in done)

    async def _link_to(self, job: Job) -> str:
        thread = await self._database.read(lambda tx: threads.thread(tx, job.thread_id))
        return self._permalink(thread, job)

    def _permalink(self, thread: Thread, job: Job) -> str:
        ts = job.result_ts or thread.card_ts or thread.root_ts or ""
        return self._identity.permalink(thread.channel_id, ts, thread.root_ts)

    async def _job(self, job_id: str) -> Job:
        job = await self._database.read(lambda tx: jobs.job(tx, job_id))
        if job is None:
            raise LookupError(f"There is no job {job_id}")
        return job
