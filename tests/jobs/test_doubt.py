"""Calls whose answer was lost, when people and the reading back meet: one of them wins, nothing is paid for twice."""

import pytest

from bot.jobs.engine.talking import LEAVE_IT, SEND_AGAIN
from bot.jobs.outcomes import AgainAt, Done, Unknown
from bot.jobs.sight import Sight
from storage import jobs
from storage.records import Effect, Job, JobState
from tests.jobs.desk import Desk


async def read_while_answered(desk: Desk, answer: str) -> tuple[Job, Effect]:
    """A person answers the question about a lost create just while the truth is being read back again."""
    job = await desk.ask()
    await desk.slack_works()
    await desk.settle(await desk.heygen("submit"), Unknown(at=desk.now, reason="lost", ask=True))
    await desk.slack_works()
    reading = await desk.heygen("submit")
    question = await desk.question(job)
    assert question is not None
    assert await desk.engine.answer(question.id, text=answer, by="U1")
    return job, reading


async def submits_due(desk: Desk) -> list[str]:
    """The keys of the submits that HeyGen would be sent now."""
    desk.now += 1000.0
    return [tried.key for tried in await desk.due("heygen") if tried.kind == "submit"]


async def test_a_session_found_while_send_again_is_clicked_is_the_only_one(desk: Desk) -> None:
    """The truth came just after the click: the session is bound, and no second one is made."""
    job, reading = await read_while_answered(desk, SEND_AGAIN)
    await desk.settle(reading, Done({"session_id": "s1"}))
    assert [] == await submits_due(desk)
    job = await desk.job(job)
    assert (JobState.GENERATING, "s1") == (job.state, job.session_id)


@pytest.mark.parametrize("ask", [False, True])
async def test_a_reading_that_shows_nothing_after_send_again_asks_no_more(desk: Desk, ask: bool) -> None:
    """The person has decided: the old doubt is dropped, the new call is made, once."""
    job, reading = await read_while_answered(desk, SEND_AGAIN)
    await desk.settle(reading, Unknown(at=desk.now, reason="lost", ask=ask))
    assert [f"submit:{job.id}:2"] == await submits_due(desk)
    assert JobState.SUBMITTING is (await desk.job(job)).state
    assert await desk.question(job) is None


async def test_a_session_found_after_leave_it_is_stopped(desk: Desk) -> None:
    """The person left it, and HeyGen had it all the same: it is told to stop."""
    job, reading = await read_while_answered(desk, LEAVE_IT)
    await desk.settle(reading, Done({"session_id": "s1"}))
    assert JobState.CANCELLED is (await desk.job(job)).state
    assert ["stop"] == [tried.kind for tried in await desk.due("heygen")]


async def test_a_call_proven_not_made_is_not_made_for_a_stopped_job(desk: Desk) -> None:
    """Stopped while in doubt: what turns out not to have happened does not happen any more."""
    job = await desk.ask()
    await desk.slack_works()
    tried = await desk.heygen("submit")
    await desk.engine.stop(job.id, by="U1")
    await desk.settle(tried, AgainAt(desk.now, "not there"))
    assert [] == await submits_due(desk)


async def test_after_a_start_everything_watched_is_due(desk: Desk) -> None:
    """Webhooks sent while the program was down are lost: whatever is watched is looked at now, not in minutes."""
    job = await desk.submitted(await desk.ask())
    job = await desk.see(job, Sight(phase="generating", video_id="v1"))
    assert job.look_at is not None
    assert job.look_at > desk.now
    await desk.database.write(lambda tx: jobs.free_claims(tx, desk.now))
    assert desk.now == await desk.database.read(jobs.next_look)
