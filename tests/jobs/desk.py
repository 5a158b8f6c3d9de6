"""The engine on a real database with the outside played by the test: it claims effects and says how they went."""

import itertools
from pathlib import Path

from bot.jobs.effects import Effects, Perform
from bot.jobs.engine import Engine
from bot.jobs.engine.asking import Ask, Where
from bot.jobs.engine.talking import Said
from bot.jobs.moment import Rules
from bot.jobs.outbox import PACE
from bot.jobs.outcomes import AgainAt, Done, Next, Outcome, Refused, Unknown
from bot.jobs.sight import Sight
from storage import effects, jobs, threads
from storage.database import Database, open_database
from storage.records import Brief, Effect, EffectState, Job, Question
from storage.schema import migrate

WHERE = Where(enterprise_id=None, workspace_id="T1", channel_id="C1", is_im=False)
STATES = {Done: "done", Refused: "refused", Unknown: "unknown", AgainAt: "pending", Next: "pending"}


class Desk:
    """A clock that moves when told, an engine, and hands that settle effects."""

    def __init__(self, database: Database, rules: Rules) -> None:
        self.now = 1_000_000.0
        self.wrong_by = 0.0  # seconds that our clock was set; Slack's own is right
        self.wakes = 0  # how often the engine has said that there may be something to do
        self.database = database
        self._ids = itertools.count(1)
        self._keys = itertools.count(1)
        self.engine = Engine(
            database, rules=rules, clock=lambda: self.now, new_id=lambda: f"id{next(self._ids)}", wake=self._wake
        )

    def _wake(self) -> None:
        self.wakes += 1

    @classmethod
    async def open(cls, folder: Path, *, concurrency: int = 8, webhooks: bool = False) -> "Desk":
        return await cls.open_at(f"sqlite:///{folder}/jobs.db", concurrency=concurrency, webhooks=webhooks)

    @classmethod
    async def open_at(cls, url: str, *, concurrency: int = 8, webhooks: bool = False) -> "Desk":
        """On a database of either kind."""
        migrate(url)
        rules = Rules(
            concurrency=concurrency,
            poll_seconds=10.0,
            webhooks=webhooks,
            admins=(("T1", "UADMIN"),),
            callback_base=None,
        )
        return cls(await open_database(url), rules)

    async def ask(self, prompt: str = "An intro", *, by: str = "U1", kind: str = "agent", **brief: object) -> Job:
        """A request in the channel."""
        wish = Ask(
            keys=(f"trigger:{next(self._keys)}",), where=WHERE, requester_id=by, kind=kind,
            brief=Brief(prompt=prompt, **brief),  # type: ignore[arg-type]
        )  # fmt: skip
        job = await self.engine.ask(wish)
        assert job is not None
        await self.engine.serve_queue()
        return job

    async def due(self, side: str = "slack") -> list[Effect]:
        """What the outbox would try now, without trying it."""
        await self.engine.serve_queue()
        claimed: list[Effect] = []
        while True:
            batch = await self.database.write(
                lambda tx: effects.claim(tx, "desk", self.now, side=side, limit=50, pace=PACE)
            )
            if not batch:
                return claimed
            claimed.extend(batch)

    async def settle(self, tried: Effect, outcome: Outcome) -> None:
        """Says how a claimed effect went, as the outbox would store it."""
        changes: dict[str, object] = {"state": STATES[type(outcome)]}
        if isinstance(outcome, Next):
            changes |= {"step": outcome.step, "evidence": {**tried.evidence, **outcome.evidence}, "due_at": self.now}
        if isinstance(outcome, AgainAt | Unknown):
            changes |= {"due_at": outcome.at}
        if isinstance(outcome, Done):
            changes |= {"evidence": {**tried.evidence, **outcome.evidence}}

        def act(tx: object) -> None:
            assert effects.settle(tx, tried, "desk", self.now, **changes)  # type: ignore[arg-type]
            self.engine.settled(tx, tried, outcome)  # type: ignore[arg-type]

        await self.database.write(act)
        await self.engine.serve_queue()

    async def slack_works(self) -> list[str]:
        """Slack does everything that is due, and what follows from it; returns the keys in order."""
        keys = []
        while due := await self.due("slack"):
            for tried in due:
                keys.append(tried.key)
                await self.settle(tried, Done(_answer(tried, self.now - self.wrong_by)))
            self.now += 5.0
        return keys

    async def tried(self, perform: Perform, *, side: str = "slack", database: Database | None = None) -> None:
        """The outbox itself tries what is due, once, and stores what it showed."""
        await self.engine.serve_queue()
        outbox = Effects(
            database or self.database, side=side, instance="desk", clock=lambda: self.now, perform=perform,
            settled=self.engine.settled, woken=lambda: None,
        )  # fmt: skip
        await outbox.run_once()
        await outbox.loop.drain(5.0)
        await self.engine.serve_queue()

    async def heygen(self, kind: str) -> Effect:
        """The one HeyGen call of this kind that is due."""
        [tried] = [tried for tried in await self.due("heygen") if tried.kind == kind]
        return tried

    async def ask_and_claim(self) -> Effect:
        """A request, and its first effect claimed as if it were being tried now."""
        await self.ask("Another intro", by="U9")
        return (await self.due("slack"))[0]

    async def submitted(self, job: Job, *, session_id: str = "s1") -> Job:
        """HeyGen takes the job."""
        await self.slack_works()
        await self.settle(await self.heygen("submit"), Done({"session_id": session_id}))
        return await self.job(job)

    async def see(self, job: Job, sight: Sight) -> Job:
        """A look at HeyGen shows this."""
        await self.engine.observed(await self.job(job), sight)
        return await self.job(job)

    async def say(self, job: Job, text: str, *, by: str = "U1") -> bool:
        """A reply in the job's thread."""
        ts = f"{self.now - self.wrong_by:.6f}"
        self.now += 0.001
        return await self.engine.hear(
            Said(keys=(f"message:{ts}",), thread_id=job.thread_id, user_id=by, ts=ts, text=text)
        )

    async def quiet(self) -> None:
        """Time passes until the thread is quiet."""
        self.now += 5.0
        await self.engine.run_once()

    async def job(self, job: Job) -> Job:
        """The job as it now is, once the queue has been served."""
        await self.engine.serve_queue()
        found = await self.database.read(lambda tx: jobs.job(tx, job.id))
        assert found is not None
        return found

    async def jobs(self, job: Job) -> list[Job]:
        await self.engine.serve_queue()
        return await self.database.read(lambda tx: jobs.jobs_of_thread(tx, job.thread_id))

    async def question(self, job: Job) -> Question | None:
        return await self.database.read(lambda tx: threads.open_question(tx, job.id))

    async def recorded(self, job: Job, kind: str) -> list[Effect]:
        """The effects of a kind that were ever recorded for the job and not dropped."""
        every = await self.database.read(lambda tx: effects.effects_of_job(tx, job.id))
        return [item for item in every if item.kind == kind and item.state is not EffectState.DROPPED]


def _answer(tried: Effect, now: float) -> dict[str, object]:
    match tried.kind:
        case "card" | "say":
            return {"ts": f"{now + tried.id / 1e6:.6f}"}
        case "upload":
            return {"file_id": "F1", "permalink": "https://slack.test/F1"}
        case _:
            return {}
