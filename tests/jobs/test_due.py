"""What is due by the clock alone is done thread by thread: what is wrong with one of them concerns no other."""

import logging

import pytest
from sqlalchemy import update

from bot.jobs.engine import FAULTY_SECONDS, TURNS_AT_ONCE
from bot.jobs.engine.observing import REMIND_SECONDS
from bot.jobs.outcomes import Refused
from bot.jobs.sight import Asks, Made, Sight
from storage import jobs
from storage.records import Job, JobState
from storage.tables import jobs as jobs_table
from tests.jobs.desk import Desk


async def finished(desk: Desk, number: int) -> Job:
    """A video that is there, so that a reply begins its next version."""
    job = await desk.submitted(await desk.ask(by=f"U{number}"), session_id=f"s{number}")
    made = Made(video_id=f"v{number}", title=None, duration_seconds=30.0, page_url=None)
    return await desk.see(job, Sight(made=made))


async def spoil(desk: Desk, job: Job) -> None:
    """Its brief has lost its words, and cannot be read."""
    await _store_brief(desk, job, {"voice": "Annabelle"})


async def mend(desk: Desk, job: Job) -> None:
    """Its brief is whole again."""
    await _store_brief(desk, job, {"prompt": "An intro"})


async def _store_brief(desk: Desk, job: Job, brief: dict[str, str]) -> None:
    change = update(jobs_table).where(jobs_table.c.id == job.id).values(brief=brief)
    await desk.database.write(lambda tx: tx.execute(change))


async def prompts(desk: Desk, job: Job) -> list[str]:
    return [version.brief.prompt for version in await desk.jobs(job)]


async def test_a_fault_in_one_thread_holds_up_no_other(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    """One unreadable job stopped the replies, reminders and the pause of everybody, once a second."""
    broken, well = await finished(desk, 1), await finished(desk, 2)
    asking = await desk.submitted(await desk.ask(by="U3"), session_id="s3")
    await desk.see(asking, Sight(asks=Asks(key="q", text="What colour?", review=False)))
    await desk.slack_works()
    desk.now += REMIND_SECONDS
    await desk.engine.look_refused(await desk.job(asking), "insufficient_credit")
    await desk.say(broken, "shorter")
    await desk.say(well, "longer")
    await spoil(desk, broken)
    desk.now = began = desk.now + 61.0

    due = await desk.engine.run_once()
    assert ["An intro", "longer"] == await prompts(desk, well)
    assert f"reminder:{(await desk.question(asking)).id}" in await desk.slack_works()  # type: ignore[union-attr]
    assert (await desk.database.read(jobs.account)).paused_until is None
    assert due is not None
    assert due > began, "it is put off"
    [line] = [line for line in caplog.records if line.levelno == logging.ERROR]
    assert (line.in_thread, line.once_in_seconds) == (broken.thread_id, 60.0)  # type: ignore[attr-defined]


async def test_what_was_put_off_is_done_once_it_can_be(desk: Desk) -> None:
    """The person's words are kept, and have their effect."""
    job = await finished(desk, 1)
    await desk.say(job, "shorter")
    await spoil(desk, job)
    await desk.quiet()
    await mend(desk, job)
    assert ["An intro"] == await prompts(desk, job)
    desk.now += FAULTY_SECONDS
    await desk.engine.run_once()
    assert ["An intro", "shorter"] == await prompts(desk, job)


async def test_many_threads_with_faults_do_not_keep_the_others_from_their_turn(desk: Desk) -> None:
    """More of them than a round takes, and all due for longer than the one that is well."""
    broken = [await finished(desk, number) for number in range(TURNS_AT_ONCE + 2)]
    well = await finished(desk, 99)
    for job in (*broken, well):
        await desk.say(job, "shorter")
    for job in broken:
        await spoil(desk, job)
    desk.now += 5.0
    for _ in range(3):
        due = await desk.engine.run_once()
    assert ["An intro", "shorter"] == await prompts(desk, well)
    assert due is not None
    assert due > desk.now


async def test_a_request_that_cannot_be_ended_keeps_no_other_waiting(desk: Desk) -> None:
    """What has been held too long is ended one by one as well."""
    held = [await desk.ask(by=f"U{number}") for number in range(2)]
    for tried in await desk.due("slack"):
        await desk.settle(tried, Refused("invite"))
    await desk.slack_works()
    desk.now += 8 * 24 * 3600
    await spoil(desk, held[0])
    await desk.engine.tidy()
    await mend(desk, held[0])
    assert [JobState.QUEUED, JobState.FAILED] == [(await desk.job(job)).state for job in held]
