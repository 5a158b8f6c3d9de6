"""The end of a program: its claims are given back, and a shutdown is not an attempt."""

import asyncio
from pathlib import Path

from bot.jobs.effects import Effects, Perform
from bot.jobs.outcomes import Done, Outcome
from storage.records import Effect, EffectState, Job
from tests.jobs.desk import Desk

NO_SECONDS = 0.0  # that calls under way are given


def outbox(desk: Desk, perform: Perform) -> Effects:
    return Effects(
        desk.database, side="heygen", instance="mortal", clock=lambda: desk.now, perform=perform,
        settled=desk.engine.settled, woken=lambda: None,
    )  # fmt: skip


async def ready(desk: Desk) -> Job:
    """A job whose create is due."""
    job = await desk.ask()
    await desk.slack_works()
    return job


async def submit_of(desk: Desk, job: Job) -> Effect:
    [submit] = await desk.recorded(job, "submit")
    return submit


async def test_a_call_that_was_cut_off_is_in_doubt_and_counted(tmp_path: Path) -> None:
    """It may have happened: whoever comes next reads it back, at once."""
    desk, called = await Desk.open(tmp_path), asyncio.Event()

    async def hang(_: Effect) -> Outcome:
        called.set()
        await asyncio.Event().wait()
        return Done()

    job, mortal = await ready(desk), outbox(desk, hang)
    await mortal.run_once()
    await called.wait()
    await mortal.loop.drain(NO_SECONDS)
    await desk.database.write(mortal.give_back)
    submit = await submit_of(desk, job)
    assert (submit.state, submit.attempts, submit.tries) == (EffectState.UNKNOWN, 1, 1)
    [again] = await desk.due("heygen")
    assert again.state is EffectState.UNKNOWN
    await desk.database.close()


async def test_a_call_that_never_went_out_is_no_attempt(tmp_path: Path) -> None:
    """Claimed and cut off before it was tried: it is as it was, and is tried by whoever comes next."""
    desk, called = await Desk.open(tmp_path), asyncio.Event()

    async def call(_: Effect) -> Outcome:
        called.set()
        return Done()

    job, mortal = await ready(desk), outbox(desk, call)
    before = await submit_of(desk, job)
    await mortal.run_once()
    await mortal.loop.drain(NO_SECONDS)
    assert not called.is_set()
    assert (await submit_of(desk, job)).state is EffectState.TRYING
    await desk.database.write(mortal.give_back)
    assert await submit_of(desk, job) == before
    [again] = await desk.due("heygen")
    assert again.state is EffectState.PENDING
    await desk.database.close()


async def test_what_another_instance_has_claimed_is_not_given_back(tmp_path: Path) -> None:
    """A replica that ends frees its own claims alone."""
    desk = await Desk.open(tmp_path)

    async def call(_: Effect) -> Outcome:
        return Done()

    job, mortal = await ready(desk), outbox(desk, call)
    [claimed] = await desk.due("heygen")
    await desk.database.write(mortal.give_back)
    assert (await submit_of(desk, job)).state is EffectState.TRYING
    await desk.settle(claimed, Done({"session_id": "s1"}))
    await desk.database.close()
