"""What looks show when they show nothing good: patience where the truth may be late, an end where it is not."""

import httpx
import pytest

from bot.heygen.client import HeyGenClient
from bot.jobs.engine.observing import EMPTY_LOOKS, FAILED_LOOKS, LOST_LOOKS
from bot.jobs.kinds import kinds_of
from bot.jobs.moment import Rules
from bot.jobs.outcomes import AgainAt, Done
from bot.jobs.schedule import WATCH_SECONDS
from bot.jobs.sight import Asks, Broken, Made, Sight
from storage import jobs
from storage.database import Transaction
from storage.records import Job, JobState, QuestionState
from tests.jobs.desk import Desk

ENDED = Sight(empty=Broken(code="no_video", message="I made nothing."))
MADE = Made(video_id="v1", title=None, duration_seconds=30.0, page_url=None)
NO_CREDIT = "insufficient_credit"
BAD_KEY = "unauthorized"


async def test_a_long_run_that_ends_before_its_video_shows_is_waited_for(desk: Desk) -> None:
    """The grace used to be counted from the beginning of the phase: a run of some minutes failed at once."""
    job = await desk.submitted(await desk.ask())
    job = await desk.see(job, Sight(phase="generating"))
    desk.now += 1800.0
    for _ in range(EMPTY_LOOKS - 1):
        job = await desk.see(job, ENDED)
        assert desk.now + 10.0 == job.look_at
    assert JobState.COMPLETED is (await desk.see(job, Sight(made=MADE))).state


async def test_a_run_that_shows_no_video_for_two_minutes_has_failed(desk: Desk) -> None:
    """What the agent said last is the reason."""
    job = await desk.submitted(await desk.ask())
    for _ in range(EMPTY_LOOKS):
        job = await desk.see(job, ENDED)
    assert (JobState.FAILED, "no_video", "I made nothing.") == (job.state, job.failure_code, job.failure_message)


async def test_looks_that_show_nothing_are_counted_in_a_row(desk: Desk) -> None:
    """One good look in between, and the count begins anew."""
    job = await desk.submitted(await desk.ask())
    for _ in range(3):
        for _ in range(EMPTY_LOOKS - 1):
            job = await desk.see(job, ENDED)
        for _ in range(LOST_LOOKS - 1):
            job = await desk.see(job, Sight(gone=True))
        job = await desk.see(job, Sight(phase="thinking"))
    assert JobState.GENERATING is job.state


async def test_a_run_that_ended_while_we_asked_closes_the_question(desk: Desk) -> None:
    """Somebody answered at HeyGen, and it made nothing of it: nobody here is asked any more."""
    job = await desk.submitted(await desk.ask())
    await desk.see(job, Sight(asks=Asks(key="q", text="What colour?", review=False)))
    asked = await desk.question(job)
    assert asked is not None
    assert QuestionState.OPEN is asked.state
    assert JobState.GENERATING is (await desk.see(job, ENDED)).state
    assert await desk.question(job) is None


async def test_a_first_look_that_fails_after_a_long_sleep_ends_nothing(desk: Desk) -> None:
    """The machine slept for days and its network is not back yet: the finished video used to be given up."""
    job = await desk.submitted(await desk.ask())
    desk.now += WATCH_SECONDS + 1
    for _ in range(FAILED_LOOKS - 1):
        await desk.engine.look_failed(await desk.job(job), again_at=desk.now + 30)
    assert JobState.COMPLETED is (await desk.see(job, Sight(made=MADE))).state


async def test_a_failed_look_that_another_replica_has_taken_over_ends_nothing(desk: Desk) -> None:
    """One that was frozen used to wake with its old count, and end a job that the other one had just seen alive."""
    job = await desk.submitted(await desk.ask())
    desk.now += WATCH_SECONDS + 1

    def count(tx: Transaction) -> Job:
        jobs.change_job(tx, job.id, failed_looks=FAILED_LOOKS - 1)
        return jobs.claim_looks(tx, "frozen", desk.now, 1)[0]

    looked = await desk.database.write(count)
    await desk.database.write(lambda tx: jobs.change_job(tx, job.id, claimed_by="other", failed_looks=0))
    await desk.engine.look_failed(looked, again_at=desk.now + 30)
    found = await desk.job(job)
    assert (JobState.GENERATING, 0, "other") == (found.state, found.failed_looks, found.claimed_by)


async def test_a_look_says_nothing_of_credit(desk: Desk) -> None:
    """Out of credit HeyGen still answers looks: each used to end the pause and tell the admins anew."""
    running = await desk.submitted(await desk.ask())
    job = await desk.ask(by="U2")
    await desk.slack_works()
    tried = await desk.heygen("submit")
    for _ in range(5):
        await desk.settle(tried, AgainAt(desk.now + 60, NO_CREDIT, paused=NO_CREDIT))
        await desk.see(running, Sight(phase="generating"))
        waiting = await desk.ask(by="U3")
        assert 1 >= len([key for key in await desk.slack_works() if key.startswith("pause:")])
        assert JobState.QUEUED is (await desk.job(waiting)).state
        desk.now += 60
        tried = next(one for one in await desk.due("heygen") if one.job_id == job.id)
    told = [key for key in await desk.slack_works() if key.startswith("pause:")]
    assert [] == told
    await desk.settle(tried, Done({"session_id": "s2"}))
    assert JobState.SUBMITTING is (await desk.job(waiting)).state


async def test_another_trouble_during_a_pause_is_told_as_well(desk: Desk) -> None:
    """No credit, and then the key is revoked too: an admin who mends the first learns of the second."""
    running = await desk.submitted(await desk.ask())
    told = []
    for trouble in (NO_CREDIT, NO_CREDIT, BAD_KEY, BAD_KEY):
        await desk.engine.look_refused(await desk.job(running), trouble)
        told += [key.split(":")[2] for key in await desk.slack_works() if key.startswith("pause:")]
    assert [NO_CREDIT, BAD_KEY] == told


async def test_a_look_that_works_shows_that_the_key_is_good_again(desk: Desk) -> None:
    """A key that was refused and now is not: what waited goes on at once."""
    running = await desk.submitted(await desk.ask())
    await desk.engine.look_refused(running, BAD_KEY)
    waiting = await desk.ask(by="U2")
    await desk.slack_works()
    assert JobState.QUEUED is (await desk.job(waiting)).state
    await desk.see(running, Sight(phase="generating"))
    assert JobState.SUBMITTING is (await desk.job(waiting)).state


async def test_trouble_that_comes_and_goes_is_one_message_an_hour(desk: Desk) -> None:
    """A key that is refused every other time does not flood the admins."""
    running = await desk.submitted(await desk.ask())
    told = []
    for _ in range(10):
        await desk.engine.look_refused(await desk.job(running), BAD_KEY)
        await desk.see(running, Sight(phase="generating"))
        told += [key for key in await desk.slack_works() if key.startswith("pause:")]
    assert 1 == len(told)


@pytest.mark.parametrize(
    ("status", "seen"),
    [
        ("generating", Sight(empty=Broken(code="video_not_found", message="gone"))),
        ("failed", Sight(phase="failed", broken=Broken(code="session_failed", message=""))),
    ],
)
async def test_a_video_that_heygen_does_not_know_is_not_asked_for_for_days(
    desk: Desk, status: str, seen: Sight
) -> None:
    """Deleted there while it was watched: an unknown video used to count as no answer, for 49 hours."""
    job = await desk.submitted(await desk.ask())
    session = {"session_id": "s1", "status": status, "video_id": "v1"}
    missing = {"error": {"code": "video_not_found", "message": "gone"}}

    def answer(request: httpx.Request) -> httpx.Response:
        of_video = "/v3/videos/" in str(request.url)
        return httpx.Response(404, json=missing) if of_video else httpx.Response(200, json={"data": session})

    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as http:
        client = HeyGenClient(http, api_key="k", base_url="http://127.0.0.1")
        rules = Rules(concurrency=1, poll_seconds=10.0, webhooks=False, admins=(), callback_base=None)
        agent = kinds_of(client, desk.database, rules=rules, clock=lambda: desk.now)["agent"]
        assert seen == await agent.observe(job)
