"""Every move the engine makes is in the table, and a fault of ours leaves nothing stuck."""

import ast
from pathlib import Path

import httpx
import pytest
from sqlalchemy import update

import bot.jobs
from bot.heygen.client import HeyGenClient
from bot.jobs.effects import FAULT_SECONDS, MAX_FAULTS, Perform
from bot.jobs.engine.moving import move
from bot.jobs.engine.observing import FAILED_LOOKS
from bot.jobs.kinds.conversation import BUSY_FOR_SECONDS, look
from bot.jobs.moment import Rules
from bot.jobs.moves import MOVES, sources
from bot.jobs.observer import AGAIN_SECONDS, Observer
from bot.jobs.outcomes import AgainAt, Done, NotKnown, Outcome, Refused
from bot.jobs.schedule import WATCH_SECONDS
from bot.jobs.sight import Asks, Made, Sight
from storage import effects, jobs, threads
from storage.records import OPEN_STATES, Effect, EffectState, Job, JobState, QuestionState
from storage.tables import effects as table
from tests.jobs.desk import Desk

MADE = Made(video_id="v1", title="Intro", duration_seconds=30.0, page_url=None)
FIRST = Asks(key="q1", text="Which language?", review=False)
SECOND = Asks(key="q2", text="Which colour?", review=False)


def test_open_states_are_those_that_can_be_left() -> None:
    """What counts as open and what the table lets go on are the same."""
    assert OPEN_STATES == {state for state, targets in MOVES.items() if targets}
    assert set(JobState) == set(MOVES)


def test_a_state_is_written_in_one_place_only() -> None:
    """No code beside `move` sets a job's state, so that none can leave the table."""
    folder = Path(str(bot.jobs.__file__)).parent
    writers = {
        path.name
        for path in folder.rglob("*.py")
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call) and ast.unparse(call.func) in ("jobs.change_job", "change_job")
        if any(keyword.arg == "state" for keyword in call.keywords)
    }
    assert {"moving.py"} == writers


async def test_no_move_leaves_the_table(desk: Desk) -> None:
    """A job in a state that does not lead there stays as it is; a move nobody planned is a fault."""
    job = await desk.ask()
    beyond = [target for target in JobState if JobState.QUEUED not in sources(target)]
    assert {None} == set(await desk.database.write(lambda tx: [move(tx, job.id, target) for target in beyond]))
    with pytest.raises(ValueError, match="never moves from completed to generating"):
        await desk.database.write(
            lambda tx: move(tx, job.id, JobState.GENERATING, only_from={JobState.COMPLETED}, phase_at=desk.now)
        )
    assert JobState.QUEUED is (await desk.job(job)).state


async def test_a_question_that_follows_one_answered_elsewhere_is_asked(desk: Desk) -> None:
    """Answered on HeyGen's own page, and the next question stands there already: it takes the first one's place."""
    job = await desk.submitted(await desk.ask())
    await desk.see(job, Sight(phase="waiting_for_input", asks=FIRST))
    job = await desk.see(job, Sight(phase="waiting_for_input", asks=SECOND))
    assert JobState.WAITING_FOR_INPUT is job.state
    asked = await desk.database.read(lambda tx: threads.questions_of_job(tx, job.id))
    assert [("Which language?", QuestionState.CLOSED), ("Which colour?", QuestionState.OPEN)] == [
        (question.text, question.state) for question in asked
    ]


async def test_a_look_that_cannot_be_applied_is_made_again(desk: Desk) -> None:
    """A fault of ours while a look is applied leaves the job watched, not held for ever."""
    await desk.submitted(await desk.ask())

    async def observe(looked: Job) -> Sight:
        return Sight(progress=object())  # type: ignore[arg-type]

    observer = Observer(desk.database, desk.engine, instance="desk", clock=lambda: desk.now, observe=observe, bulks={})
    desk.now += 1_000.0
    await observer.run_once()
    await observer.loop.drain(5.0)
    assert desk.now + AGAIN_SECONDS == await desk.database.read(jobs.next_look)


async def test_a_job_that_can_never_be_looked_at_ends(desk: Desk) -> None:
    """HeyGen has had all the time it can need, and still no look shows anything: the person is told."""
    job = await desk.submitted(await desk.ask())
    for _ in range(FAILED_LOOKS):
        await desk.engine.look_failed(await desk.job(job), again_at=desk.now + 30)
    assert JobState.GENERATING is (await desk.job(job)).state
    desk.now += WATCH_SECONDS + 1
    await desk.engine.look_failed(await desk.job(job), again_at=desk.now + 30)
    assert (JobState.FAILED, "stuck", None) == (
        (ended := await desk.job(job)).state, ended.failure_code, ended.look_at,
    )  # fmt: skip


async def test_a_session_that_never_listens_gives_its_place_back(desk: Desk) -> None:
    """A revision waits for a busy session a day, not for ever."""
    first = await desk.submitted(await desk.ask())
    await desk.see(first, Sight(phase="generating", made=MADE))
    await desk.say(first, "shorter")
    await desk.quiet()
    tried = await desk.heygen("submit")
    busy = httpx.MockTransport(lambda _: httpx.Response(200, json={"data": {"session_id": "s1", "status": "thinking"}}))
    async with httpx.AsyncClient(transport=busy) as http:
        client = HeyGenClient(http, api_key="k", base_url="http://127.0.0.1")
        rules = Rules(concurrency=1, poll_seconds=10.0, webhooks=False, admins=(), callback_base=None)
        for waited, expected in ((0.0, AgainAt), (BUSY_FOR_SECONDS + 1, Refused)):
            now = tried.created_at + waited
            assert isinstance(
                await look(client, "s1", "shorter", now=now, rules=rules, tried=tried, known=()), expected
            )


async def test_an_effect_that_always_fails_by_our_fault_is_given_up(desk: Desk) -> None:
    """Also while it is read back: after five faults it is refused, and what waits behind it goes on."""
    job = await desk.ask()

    async def perform(tried: Effect) -> Outcome:
        raise LookupError(tried.key)

    await _try_with(desk, perform, times=MAX_FAULTS)
    assert EffectState.REFUSED is await _state(desk, f"enter:{job.thread_id}")


@pytest.mark.parametrize("state", [EffectState.PENDING, EffectState.UNKNOWN])
async def test_a_call_of_a_newer_release_is_left_to_it(desk: Desk, state: EffectState) -> None:
    """Side by side with it, an older one neither refuses such a call nor forgets that it may have happened."""
    key = f"enter:{(await desk.ask()).thread_id}"
    await desk.database.write(lambda tx: tx.execute(update(table).where(table.c.key == key).values(state=state)))

    async def perform(tried: Effect) -> Outcome:
        raise NotKnown(tried.kind)

    await _try_with(desk, perform, times=MAX_FAULTS + 1)
    assert state is await _state(desk, key)


async def test_an_outcome_that_cannot_be_stored_leaves_nothing_under_way(desk: Desk) -> None:
    """A fault in what follows from an outcome is in doubt like any other, then given up."""
    job = await desk.ask()

    async def perform(tried: Effect) -> Outcome:
        return Done()  # for a card, without its ts

    await _try_with(desk, perform, times=2)  # the way in, then the card
    assert EffectState.UNKNOWN is await _state(desk, f"card:{job.thread_id}")
    await _try_with(desk, perform, times=MAX_FAULTS - 1)
    assert EffectState.REFUSED is await _state(desk, f"card:{job.thread_id}")


async def _try_with(desk: Desk, perform: Perform, *, times: int) -> None:
    for _ in range(times):
        desk.now += FAULT_SECONDS
        await desk.tried(perform)


async def _state(desk: Desk, key: str) -> EffectState:
    found = await desk.database.read(lambda tx: effects.effect(tx, key))
    assert found is not None
    return found.state
