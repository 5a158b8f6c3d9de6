"""One small file per kind of job. A new HeyGen product is a new file here and a line in `kinds_of`."""

from collections.abc import Callable, Mapping
from typing import Protocol

from bot.heygen.client import HeyGenClient
from bot.jobs.kinds.agent import Agent
from bot.jobs.kinds.bulk import Bulk
from bot.jobs.kinds.result import ResultFile
from bot.jobs.kinds.speech import Speech
from bot.jobs.moment import Rules
from bot.jobs.outcomes import NotKnown, Outcome
from bot.jobs.sight import Sight
from storage.database import Database
from storage.records import Effect, Job, Thread

__all__ = ["Bulk", "Kind", "ResultFile", "kind_of", "kinds_of"]


class Kind(Protocol):
    """What a kind of job knows of HeyGen. HeyGen's errors are raised; the caller turns them into outcomes.

    `bulk` is HeyGen's call that tells of many jobs of this kind at once; None where it has none.
    """

    @property
    def bulk(self) -> Bulk | None: ...

    async def submit(self, job: Job, thread: Thread, tried: Effect) -> Outcome:
        """Does one step of making HeyGen begin."""

    async def read_back(self, job: Job, thread: Thread, tried: Effect) -> Outcome:
        """Finds out whether a step whose answer was lost has happened."""

    async def observe(self, job: Job) -> Sight:
        """Asks HeyGen how the job is."""

    async def results(self, job: Job, submitted: Effect | None) -> list[ResultFile]:
        """The files to bring to Slack, with links fetched at this moment."""


def kinds_of(client: HeyGenClient, database: Database, *, rules: Rules, clock: Callable[[], float]) -> dict[str, Kind]:
    """Every kind there is, by the word on the job's row."""
    return {"agent": Agent(client, database, rules, clock), "speech": Speech(client, clock)}


def kind_of(kinds: Mapping[str, Kind], job: Job) -> Kind:
    """The job's kind. Raises NotKnown."""
    if job.kind not in kinds:
        raise NotKnown(f"No job is called {job.kind}")
    return kinds[job.kind]
