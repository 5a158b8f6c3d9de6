"""The engine: the only writer of job state. What happens is one transaction; then the loops are woken."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from functools import wraps
from typing import Any, TypeVar

from bot.jobs import outbox
from bot.jobs.engine import asking, ending, holding, looking, observing, pausing, settling, starting, talking, waiting
from bot.jobs.engine.asking import Ask
from bot.jobs.engine.talking import Said
from bot.jobs.loop import HELD_SECONDS
from bot.jobs.moment import Moment, Rules
from bot.jobs.outcomes import Outcome
from bot.jobs.schedule import WATCH_SECONDS
from bot.jobs.sight import Sight
from bot.jobs.storing import COMPLAIN_SECONDS
from storage import arrivals, effects, hearing, jobs, keys, looks, threads
from storage.database import Database, DatabaseFault, Transaction
from storage.records import Effect, Job, Question

logger = logging.getLogger(__name__)

TURNS_AT_ONCE = 8  # each is a transaction, and PostgreSQL's connections are for others as well
FAULTY_SECONDS = 60.0  # a thread with a fault of ours is left for so long
STUCK_SECONDS = 5.0  # one of which something stays locked
SERVED_AGAIN_SECONDS = 0.05  # a pass starts only so many jobs, and passes over threads that are held just then
CLOCK_SEEN_SECONDS = 60.0  # all replicas compare their clocks within that time
ARRIVALS_KEPT_SECONDS = 7 * 24 * 3600.0  # far beyond any redelivery

T = TypeVar("T")
Act = Callable[[Transaction, Moment], T]


class Engine:
    """Everything that can happen to a job. `wake` is called after each commit that may have made work due.

    `begun` is told of each new job once it is committed.
    """

    def __init__(
        self,
        database: Database,
        *,
        rules: Rules,
        clock: Callable[[], float],
        new_id: Callable[[], str],
        wake: Callable[[], None],
        begun: Callable[[Job], None] = lambda _: None,
    ) -> None:
        self._database = database
        self._rules = rules
        self._clock = clock
        self._new_id = new_id
        self._wake = wake
        self._line: tuple[str, ...] = ()  # whose cards say how things stand in front of HeyGen
        self._begun = begun

    def _moment(self) -> Moment:
        return Moment(now=self._clock(), new_id=self._new_id, rules=self._rules)

    async def _change(self, act: Act[T]) -> T:
        @wraps(act)
        def in_its_moment(tx: Transaction) -> tuple[T, list[Job]]:
            moment = self._moment()
            return act(tx, moment), moment.begun

        value, begun = await self._database.write(in_its_moment)
        self._wake()
        for job in begun:
            self._begun(job)
        return value

    async def ask(self, wish: Ask) -> Job | None:
        """A person's request; None when it had arrived before."""
        return await self._change(lambda tx, moment: asking.ask(tx, moment, wish))

    async def hear(self, said: Said) -> bool:
        """A reply in a thread of ours; False when it had arrived before."""
        return await self._change(lambda tx, moment: talking.hear(tx, moment, said))

    async def reword(self, key: str, text: str | None) -> None:
        """The reply of this key was edited, or deleted (None)."""
        await self._change(lambda tx, moment: talking.reword(tx, moment, key, text))

    async def answer(self, question_id: str, *, text: str, by: str) -> Question | None:
        """A click on an offered answer. Returns the question as it now is; its `answered_by` tells who was first."""
        return await self._change(lambda tx, moment: talking.click(tx, moment, question_id, text=text, by=by))

    async def stop(self, job_id: str, *, by: str) -> bool:
        """Ends a job at a person's wish; False when it had ended already."""

        def act(tx: Transaction, moment: Moment) -> bool:
            threads.lock_of_job(tx, job_id)
            job = jobs.job(tx, job_id)
            return job is not None and ending.cancel(tx, moment, job, by=by)

        return await self._change(act)

    async def retry(self, job_id: str, *, key: str, by: str) -> Job | None:
        """Makes a failed job anew; None when it is being made already, or cannot be."""

        def act(tx: Transaction, moment: Moment) -> Job | None:
            threads.lock_of_job(tx, job_id)
            failed = jobs.job(tx, job_id)
            return talking.retry(tx, moment, failed, key=key, by=by) if failed else None

        return await self._change(act)

    async def bring_back(self, job_id: str, *, key: str, by: str) -> bool:
        """Delivers the video of a stopped job that was finished anyway."""

        def act(tx: Transaction, moment: Moment) -> bool:
            threads.lock_of_job(tx, job_id)
            job = jobs.job(tx, job_id)
            return job is not None and talking.bring_back(tx, moment, job, key=key, by=by)

        return await self._change(act)

    async def choose_voice(self, job_id: str, *, voice_id: str, voice: str) -> Job | None:
        """The voice for a text that waited for one; None when it waits no more."""
        return await self._change(
            lambda tx, moment: holding.choose_voice(tx, moment, job_id, voice_id=voice_id, voice=voice)
        )

    async def move_to_dm(self, job_id: str, *, channel_id: str) -> Job | None:
        """The requester takes the offered DM; None when there is nothing to take any more."""
        return await self._change(lambda tx, moment: holding.move_to_dm(tx, moment, job_id, channel_id=channel_id))

    async def invited(self, workspace_id: str, channel_id: str) -> None:
        """The app is in the channel now."""
        await self._change(lambda tx, moment: holding.invited(tx, moment, workspace_id, channel_id))

    async def whisper(
        self, place: outbox.Place, *, key: str, user_id: str, what: str, job_id: str | None = None, **payload: Any
    ) -> None:
        """Shows something to one person that takes a call at HeyGen to know, such as a fresh link."""
        await self._change(
            lambda tx, moment: outbox.whisper(
                tx, moment, place, key=key, user_id=user_id, what=what, job_id=job_id, **payload
            )
        )

    async def tell(
        self,
        place: outbox.Place,
        *,
        key: str,
        user_id: str,
        text: str,
        blocks: list[dict[str, Any]],
        thread_ts: str | None = None,
    ) -> None:
        """Says finished words to one person: where they are, or in their DM with the app."""

        def act(tx: Transaction, moment: Moment) -> None:
            post = outbox.dm if place.channel_id.startswith("D") else outbox.whisper
            post(
                tx, moment, place, key=keys.tell(key), user_id=user_id, what="given", text=text, blocks=blocks,
                thread_ts=thread_ts, channel=place.channel_id,
            )  # fmt: skip

        await self._change(act)

    async def greet(self, workspace_id: str, user_id: str) -> None:
        """Welcomes a person to the app's DM, the first time only."""
        place = outbox.Place(workspace_id=workspace_id, channel_id=user_id)
        key = f"welcome:{workspace_id}:{user_id}"
        await self._change(lambda tx, moment: outbox.dm(tx, moment, place, key=key, user_id=user_id, what="welcome"))

    async def nudged(
        self,
        key: str,
        *,
        session_id: str | None = None,
        video_id: str | None = None,
        callback_id: str | None = None,
        callback_token: str | None = None,
        since: float | None = None,
    ) -> bool:
        """Something says that a job moved: it is looked at now, before others if it moved at `since` already.

        False when this very word had arrived before.
        """

        def act(tx: Transaction, moment: Moment) -> bool:
            if callback_token is not None and not jobs.jobs_with_callback(tx, None, callback_token):
                return False  # anybody can call an address that nobody gave out: it is not even noted
            if not arrivals.first_time(tx, key, moment.now):
                return False
            for thread_id in jobs.threads_named(
                tx, session_id=session_id, video_id=video_id, callback_id=callback_id, callback_token=callback_token
            ):
                threads.lock(tx, thread_id)
            due_at = moment.now if since is None else min(since, moment.now)
            jobs.nudge(
                tx, due_at, session_id=session_id, video_id=video_id, callback_id=callback_id,
                callback_token=callback_token,
            )  # fmt: skip
            for job in jobs.jobs_with_callback(tx, callback_id, callback_token):
                if job.session_id is None and session_id is not None:
                    effects.hint(tx, job.id, session_id, moment.now)
            return True

        return await self._change(act)

    async def observed(self, looked: Job, sight: Sight) -> None:
        """What a look at HeyGen showed."""
        await self._change(lambda tx, moment: observing.observed(tx, moment, looked, sight))

    async def look_failed(self, looked: Job, *, again_at: float) -> None:
        """A look showed nothing, for HeyGen did not answer."""
        await self._change(lambda tx, moment: observing.not_seen(tx, moment, looked, again_at=again_at))

    async def look_left(self, looked: Job, *, again_at: float) -> None:
        """No look was made, for only a newer release beside us knows how; nothing is counted."""
        await self._change(lambda tx, _: looks.leave(tx, looked, again_at))

    async def look_refused(self, looked: Job, code: str) -> None:
        """A look showed nothing, and will not before an admin acts."""

        def act(tx: Transaction, moment: Moment) -> None:
            threads.lock(tx, looked.thread_id)
            pausing.pause(tx, moment, code)
            jobs.release_look(tx, looked, moment.now + moment.rules.pause_seconds)

        await self._change(act)

    async def unmoved(self, looked: looking.Looked) -> None:
        """A look that many jobs shared: HeyGen is at these as before."""
        left = await self._change(lambda tx, moment: looking.unmoved(tx, moment, looked))
        for job, sight in looked:
            if job.id in left:
                await self.observed(job, sight)
        for thread_id in await self._database.read(lambda tx: looking.to_refresh(tx, self._moment(), looked)):
            await self._refresh(thread_id)

    async def _refresh(self, thread_id: str) -> None:
        def act(tx: Transaction, moment: Moment) -> None:
            threads.lock(tx, thread_id)
            outbox.refresh(tx, moment, threads.thread(tx, thread_id))

        await self._change(act)

    async def looks_failed(self, looked: Sequence[Job], *, again_at: float) -> None:
        """A look that many jobs shared showed nothing, for HeyGen did not answer."""
        left = await self._change(lambda tx, moment: looking.not_seen(tx, moment, looked, again_at=again_at))
        for job in looked:
            if job.id in left:
                await self.look_failed(job, again_at=again_at)

    async def looks_refused(self, looked: Sequence[Job], code: str) -> None:
        """A look that many jobs shared showed nothing, and will not before an admin acts."""
        await self._change(lambda tx, moment: looking.refused(tx, moment, looked, code))

    async def look_alone(self, looked: Sequence[Job]) -> None:
        """A look that many jobs shared is not enough for these: each is due for one of its own."""
        await self._change(lambda tx, moment: looks.look_alone(tx, looked, moment.now))

    def settled(self, tx: Transaction, tried: Effect, outcome: Outcome) -> None:
        """The outcome of an effect, in the transaction that commits it."""
        settling.settled(tx, self._moment(), tried, outcome)

    async def run_once(self) -> float | None:
        """Does what is due by the clock alone, each thread's by itself; returns when it should run next."""
        now = self._clock()
        due = await self._database.read(_due)
        if due is None or due > now:
            return due
        free = await self._database.write(lambda tx: threads.due_threads(tx, now, TURNS_AT_ONCE))
        is_pause_over = await self._database.read(lambda tx: pausing.is_over(tx, now))
        turns: list[Awaitable[None]] = [self._turn(thread_id, waiting.do_due) for thread_id in free]
        if is_pause_over:
            turns.append(self._change(pausing.try_again))
        for outcome in await asyncio.gather(*turns, return_exceptions=True):
            if outcome is not None:
                raise outcome
        due = await self._database.read(_due)
        return due if turns or due is None else max(due, now + HELD_SECONDS)

    async def _turn(self, thread_id: str, act: Callable[[Transaction, Moment, str], None]) -> None:
        """`act` on one thread. When it fails, what is due in that thread is put off, and nothing else is."""
        try:
            await self._change(lambda tx, moment: act(tx, moment, thread_id))
        except DatabaseFault as fault:  # something of it is locked; or nothing works, then putting off does not either
            await self._put_off(thread_id, STUCK_SECONDS)
            logger.warning(
                "What was due in a thread could not be stored, again in %.0f s: %s", STUCK_SECONDS, fault.orig,
                extra={"action": "due", "in_thread": thread_id, "once_in_seconds": COMPLAIN_SECONDS},
            )  # fmt: skip
        except Exception:
            await self._put_off(thread_id, FAULTY_SECONDS)
            logger.exception(
                "What was due in a thread failed by a fault of ours; the others go on.",
                extra={"action": "due_fault", "in_thread": thread_id, "once_in_seconds": COMPLAIN_SECONDS},
            )

    async def _put_off(self, thread_id: str, seconds: float) -> None:
        await self._database.write(lambda tx: waiting.put_off(tx, self._moment(), thread_id, seconds))

    async def serve_queue(self) -> float | None:
        """Gives free places at HeyGen to whoever waits, and keeps the places that cards show true.

        Returns when to come again: soon, while there was something to do.
        """
        line = await self._database.read(lambda tx: starting.look(tx, self._moment()))
        if not line.startable and line.shown == self._line:
            return None
        self._line = await self._change(lambda tx, moment: starting.serve(tx, moment, before=self._line))
        return self._clock() + SERVED_AGAIN_SECONDS

    async def clock_jumped(self, seconds: float) -> None:
        """The clock was set, or the machine slept, by so many seconds: it is as if they had not been.

        Set back, what waits would wait that much longer. Set forward, what is due is due; but nothing is given up or
        closed for it: nobody could be heard, and no look was made.
        """

        def act(tx: Transaction, moment: Moment) -> None:
            effects.be_patient(tx, moment.now)
            if seconds < 0 and self._is_first_to_see(tx, moment):
                effects.set_back(tx, -seconds)
                jobs.set_back(tx, -seconds)
                threads.set_back(tx, -seconds)
                arrivals.shift(tx, seconds)
            elif seconds > 0 and self._was_nobody_there(tx, moment, seconds) and self._is_first_to_see(tx, moment):
                jobs.watch_longer(tx, seconds, moment.now - WATCH_SECONDS / 2)
                threads.wait_longer(tx, seconds)
                arrivals.shift(tx, seconds)

        logger.warning("The clock jumped by %.0f s.", seconds, extra={"action": "clock"})
        await self._change(act)

    def _was_nobody_there(self, tx: Transaction, moment: Moment, seconds: float) -> bool:
        """A replica that slept alone has missed nothing: the others went on hearing."""
        heard_until = hearing.heard_until(tx) if self._database.is_shared else None
        return heard_until is None or heard_until < moment.now - seconds / 2

    def _is_first_to_see(self, tx: Transaction, moment: Moment) -> bool:
        """Replicas share the database's clock, and all see it being set within seconds: one of them acts."""
        if not self._database.is_shared:
            return True
        turn = int(moment.now // CLOCK_SEEN_SECONDS)
        return not arrivals.has_arrived(tx, f"clock:{turn - 1}") and arrivals.first_time(
            tx, f"clock:{turn}", moment.now
        )

    async def tidy(self) -> None:
        """Forgets what cannot arrive again, lets through what nobody did, ends what was held too long. Now and then."""

        def act(tx: Transaction, moment: Moment) -> None:
            arrivals.forget_arrivals(tx, moment.now - ARRIVALS_KEPT_SECONDS)
            effects.let_through(tx)

        await self._change(act)
        for thread_id in await self._database.read(lambda tx: holding.held_too_long(tx, self._clock())):
            await self._turn(thread_id, holding.let_go)


def _due(tx: Transaction) -> float | None:
    times = (waiting.next_due(tx), jobs.account(tx).paused_until)
    return min((at for at in times if at is not None), default=None)
