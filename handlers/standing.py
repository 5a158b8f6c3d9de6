"""How a job stands: its record, and what its phase depends on besides, read together."""

from collections.abc import Sequence

from handlers.blocks import messages
from handlers.blocks.phases import Standing
from handlers.identity import Identity
from handlers.places import Places
from handlers.text import link
from storage import jobs, threads
from storage.database import Database, Transaction
from storage.records import Job, JobState


class Standings:
    """Tells those who ask, or who click too late, how things are now."""

    def __init__(self, database: Database, identity: Identity, places: Places) -> None:
        self._database = database
        self._identity = identity
        self._places = places

    async def of(self, listed: Sequence[Job]) -> list[Standing]:
        """Each of the jobs as its card shows it."""
        return await self._database.read(lambda tx: [self._standing(tx, job) for job in listed])

    async def state(self, job_id: str) -> str:
        """How the job is now, in the words of its card; escaped."""
        return await self._database.read(lambda tx: self._standing(tx, _existing(tx, job_id)).words)

    async def not_retried(self, job_id: str) -> messages.Message:
        """Why there is nothing to try again."""
        return await self._database.read(lambda tx: self._not_retried(tx, _existing(tx, job_id)))

    async def card_link(self, job: Job) -> str | None:
        """A link to the card of the job, once it is there."""
        thread = await self._database.read(lambda tx: threads.thread(tx, job.thread_id))
        if thread.card_ts is None:
            return None
        return link(self._identity.permalink(thread.channel_id, thread.card_ts, thread.root_ts), "open the thread")

    def _standing(self, tx: Transaction, job: Job) -> Standing:
        return Standing(
            job=job,
            place=self._places.of(tx, job),
            hold=threads.thread(tx, job.thread_id).hold,
            question=threads.open_question(tx, job.id),
            account=jobs.account(tx),
        )

    def _not_retried(self, tx: Transaction, job: Job) -> messages.Message:
        if job.state is not JobState.FAILED:
            return messages.did_not_fail(state=self._standing(tx, job).words)
        newest = jobs.jobs_of_thread(tx, job.thread_id)[-1]
        return messages.went_on(state=self._standing(tx, newest).words)


def _existing(tx: Transaction, job_id: str) -> Job:
    job = jobs.job(tx, job_id)
    if job is None:
        raise LookupError(f"There is no job {job_id}")
    return job
