"""Calls whose answer was lost, when people and the reading back meet: one of them wins, nothing is paid for twice."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from bot.heygen.client import HeyGenClient
from bot.jobs.engine.talking import LEAVE_IT, SEND_AGAIN
from bot.jobs.kinds.agent import Agent
from bot.jobs.moment import Rules
from bot.jobs.outcomes import AgainAt, Done, Next, Outcome, Refused, Unknown
from bot.jobs.sight import Asks, Made, Sight
from storage import jobs, threads
from storage.records import Effect, EffectState, Job, JobState
from tests.jobs.desk import Desk

RULES = Rules(concurrency=8, poll_seconds=10.0, webhooks=False, admins=(), callback_base=None)
MADE = Made(video_id="v1", title=None, duration_seconds=30.0, page_url=None)


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


async def test_a_session_that_a_stopped_job_waits_for_is_not_taken(desk: Desk) -> None:
    """The same words twice, one of them stopped while its create is under way: its session is still to be stopped."""
    stopped = await desk.ask()
    await desk.slack_works()
    creating = await desk.heygen("submit")
    other = await desk.ask(by="U2")
    await desk.engine.stop(stopped.id, by="U1")
    assert ["An intro"] == await desk.database.read(lambda tx: jobs.other_creates(tx, other))
    await desk.settle(creating, Done({"session_id": "s1"}))
    assert [] == await desk.database.read(lambda tx: jobs.other_creates(tx, other))


async def test_a_session_is_found_behind_all_that_were_made_since(desk: Desk) -> None:
    """Only the newest fifty used to be listed: after an outage the person was asked, though HeyGen knew it."""
    job = await desk.ask()
    await desk.slack_works()
    tried = replace(await desk.heygen("submit"), state=EffectState.UNKNOWN)
    listed = [("s1", desk.now), *((f"later{number}", desk.now + 900.0) for number in range(120))][::-1]

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/s1"):
            said = [{"role": "user", "content": "An intro", "type": "text"}]
            return httpx.Response(200, json={"data": {"session_id": "s1", "status": "thinking", "messages": said}})
        start, limit = (int(request.url.params.get(name, 0)) for name in ("token", "limit"))
        rows = [{"session_id": id_, "created_at": int(at)} for id_, at in listed[start : start + limit]]
        return httpx.Response(200, json={"data": rows, "has_more": True, "next_token": str(start + limit)})

    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as http:
        client = HeyGenClient(http, api_key="k", base_url="https://heygen.test")
        agent = Agent(client, desk.database, RULES, lambda: desk.now)
        thread = await desk.database.read(lambda tx: threads.thread(tx, job.thread_id))
        assert Done({"session_id": "s1"}) == await agent.read_back(job, thread, tried)


async def full_house(tmp_path: Path) -> tuple[Desk, Job, Effect]:
    """A person had a lost create sent again, but another job has the only place; the old doubt is being read back."""
    desk = await Desk.open(tmp_path, concurrency=1)
    job = await desk.ask()
    await desk.slack_works()
    await desk.settle(await desk.heygen("submit"), Unknown(at=desk.now, reason="lost", ask=True))
    other = await desk.ask(by="U2")
    await desk.slack_works()
    assert JobState.SUBMITTING is (await desk.job(other)).state, "doubt holds no place"
    desk.now += 1.0
    [reading] = [tried for tried in await desk.due("heygen") if tried.job_id == job.id]
    question = await desk.question(job)
    assert question is not None
    assert await desk.engine.answer(question.id, text=SEND_AGAIN, by="U1")
    assert JobState.QUEUED is (await desk.job(job)).state
    return desk, job, reading


async def test_a_session_found_while_its_job_is_queued_again_is_bound(tmp_path: Path) -> None:
    """It used to stay queued, and then its prompt was said to the session it already had: made and charged twice."""
    desk, job, reading = await full_house(tmp_path)
    await desk.settle(reading, Done({"session_id": "s1"}))
    job = await desk.job(job)
    assert (JobState.GENERATING, "s1") == (job.state, job.session_id)
    assert [] == [key for key in await submits_due(desk) if job.id in key]
    await desk.database.close()


@pytest.mark.parametrize("outcome", [Unknown(at=1_000_000.0, reason="lost", ask=True), AgainAt(1.0, "x"), Refused("x")])
async def test_a_doubt_that_a_person_has_decided_moves_a_queued_job_no_more(tmp_path: Path, outcome: Outcome) -> None:
    """Nobody is asked again, nothing is sent twice and nothing fails: the job waits for its place."""
    desk, job, reading = await full_house(tmp_path)
    await desk.settle(reading, outcome)
    assert JobState.QUEUED is (await desk.job(job)).state
    assert await desk.question(job) is None
    assert [] == [key for key in await submits_due(desk) if job.id in key]
    await desk.database.close()


async def test_a_job_in_doubt_gives_its_place_to_the_next(tmp_path: Path) -> None:
    """The place was free, but nobody was told: who waited did so until something else happened."""
    desk = await Desk.open(tmp_path, concurrency=1)
    await desk.ask()
    waiting = await desk.ask(by="U2")
    await desk.slack_works()
    await desk.settle(await desk.heygen("submit"), Unknown(at=desk.now + 10, reason="lost"))
    assert JobState.SUBMITTING is (await desk.job(waiting)).state
    await desk.database.close()


async def revision(desk: Desk) -> tuple[Job, Effect]:
    """A follow-up about to be sent: HeyGen is being asked whether the session listens."""
    first = await desk.submitted(await desk.ask())
    await desk.see(first, Sight(made=MADE))
    await desk.say(first, "shorter")
    await desk.quiet()
    return (await desk.jobs(first))[-1], await desk.heygen("submit")


async def answering(desk: Desk) -> tuple[Job, Effect]:
    """An answer about to be sent: HeyGen is being asked whether the session listens."""
    job = await desk.submitted(await desk.ask())
    await desk.see(job, Sight(asks=Asks(key="q", text="What colour?", review=False)))
    question = await desk.question(job)
    assert question is not None
    await desk.engine.answer(question.id, text="blue", by="U1")
    return job, await desk.heygen("message")


@pytest.mark.parametrize("begun", [revision, answering])
@pytest.mark.parametrize(
    "outcome", [Next("send", {"videos": ["v1"], "heard": 0}), AgainAt(1_000_000.0, "busy")], ids=["listens", "busy"]
)
async def test_words_about_to_be_sent_are_not_sent_after_a_stop(
    desk: Desk, begun: Callable[[Desk], Awaitable[tuple[Job, Effect]]], outcome: Outcome
) -> None:
    """Stopped between the look and the sending: HeyGen used to be given the words, and to charge for them."""
    job, looking = await begun(desk)
    await desk.engine.stop(job.id, by="U1")
    await desk.settle(looking, outcome)
    desk.now += 1000.0
    assert [] == [tried.kind for tried in await desk.due("heygen") if tried.kind != "stop"]


async def test_after_a_start_everything_watched_is_due(desk: Desk) -> None:
    """Webhooks sent while the program was down are lost: whatever is watched is looked at now, not in minutes."""
    job = await desk.submitted(await desk.ask())
    job = await desk.see(job, Sight(phase="generating", video_id="v1"))
    assert job.look_at is not None
    assert job.look_at > desk.now
    await desk.database.write(lambda tx: jobs.free_claims(tx, desk.now, apart=0.1, together=100))
    assert desk.now == await desk.database.read(jobs.next_look)
