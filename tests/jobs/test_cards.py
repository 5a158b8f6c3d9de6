"""Which edit goes first, how old a card may get, and what a storm of edits may hold up: nothing."""

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import replace

from bot.jobs import outbox
from bot.jobs.effects import LANE_AT_ONCE, Effects
from bot.jobs.engine.asking import Ask
from bot.jobs.outbox import CARD, EDIT_GAP_SECONDS, NOTICE, PACE, PROGRESS, REFRESH_SECONDS, REFRESH_SHARE
from bot.jobs.outcomes import AgainAt, Done, Outcome
from bot.jobs.sight import Made, Sight
from storage import effects, threads
from storage.database import Transaction
from storage.records import Brief, Effect, Job, Thread
from tests.jobs.desk import WHERE, Desk

SECONDS, _ = PACE["chat.update"]
MADE = Made(video_id="v1", title="Intro", duration_seconds=30.0, page_url=None)


async def edit_of(desk: Desk, job: Job) -> Effect:
    """The one edit of the job's card, as it is."""
    found = await desk.database.read(lambda tx: effects.effect(tx, f"edit:{job.thread_id}"))
    assert found is not None
    return found


async def thread_of(desk: Desk, job: Job) -> Thread:
    """The job's thread, as it is."""
    return await desk.database.read(lambda tx: threads.thread(tx, job.thread_id))


async def made(desk: Desk, count: int) -> list[Job]:
    """So many jobs that HeyGen works on, their cards as new as can be."""
    jobs = [await desk.ask(f"Film {number}") for number in range(count)]
    await desk.slack_works()
    for tried in await desk.due("heygen"):
        await desk.settle(tried, Done({"session_id": f"s:{tried.job_id}"}))
    await desk.slack_works()
    return [await desk.job(job) for job in jobs]


async def test_a_change_of_state_goes_before_refreshes(desk: Desk) -> None:
    """A new phase was seen first; the card of the job that was stopped after it is edited first all the same."""
    first, second = await made(desk, 2)
    await desk.see(first, Sight(phase="rendering", progress=10))
    assert PROGRESS == (await edit_of(desk, first)).priority
    await desk.engine.stop(second.id, by="U1")
    desk.now += EDIT_GAP_SECONDS
    edits = [tried.key for tried in await desk.due("slack") if tried.kind == "edit"]
    assert [f"edit:{second.thread_id}", f"edit:{first.thread_id}"] == edits


async def test_a_place_in_the_queue_goes_between_states_and_refreshes(desk: Desk) -> None:
    """It says what will be; a change of state says what is."""
    [job] = await made(desk, 1)
    thread = await thread_of(desk, job)

    def place(tx: Transaction) -> None:
        outbox.show_place(tx, desk.engine._moment(), thread)

    await desk.database.write(place)
    assert NOTICE == (await edit_of(desk, job)).priority
    assert CARD < NOTICE < PROGRESS


async def test_a_card_that_waited_too_long_waits_no_longer_behind_the_others(desk: Desk) -> None:
    """However many changes of state there are, each card is refreshed: after twice the time it is one of them."""
    [job] = await made(desk, 1)
    edited_at = (await thread_of(desk, job)).edited_at or 0.0
    desk.now = edited_at + REFRESH_SECONDS - 1.0
    await desk.see(job, Sight(progress=10))
    assert "done" == (await edit_of(desk, job)).state
    for wait, priority in ((REFRESH_SECONDS, PROGRESS), (2 * REFRESH_SECONDS, CARD)):
        desk.now = edited_at + wait
        await desk.see(job, Sight(progress=20))
        assert priority == (await edit_of(desk, job)).priority


async def test_refreshes_leave_room_however_many_cards_there_are(desk: Desk) -> None:
    """Each is planned by the number of cards in motion, so that together they take their share of edits at most."""
    for cards in (1, 100, 101, 500, 10_000):
        assert cards / outbox.refresh_seconds(cards) <= REFRESH_SHARE / SECONDS + 1e-9
        assert outbox.refresh_seconds(cards) >= REFRESH_SECONDS
    jobs = await made(desk, 3)
    thread = await thread_of(desk, jobs[0])
    assert thread.edited_at is not None
    assert thread.edited_at + REFRESH_SECONDS == thread.refresh_at


async def test_a_card_is_never_edited_twice_at_once(desk: Desk) -> None:
    """One edit is slow and its answer is lost; what comes meanwhile waits for it, and the newest view is sent last."""
    [job] = await made(desk, 1)
    await desk.see(job, Sight(phase="rendering", progress=10))
    desk.now += EDIT_GAP_SECONDS
    [slow] = await desk.due("slack")
    await desk.see(job, Sight(made=MADE))
    desk.now += 60.0
    assert [] == [tried for tried in await desk.due("slack") if tried.kind == "edit"]
    await desk.settle(slow, AgainAt(desk.now + 1.0, "answer lost"))
    desk.now += 1.0
    [again] = [tried for tried in await desk.due("slack") if tried.kind == "edit"]
    assert (slow.key, CARD, 2) == (again.key, again.priority, again.attempts)
    await desk.settle(again, Done())
    assert "done" == (await edit_of(desk, job)).state


async def test_a_rest_is_for_the_method_in_the_workspace(desk: Desk) -> None:
    """One channel's post was too much: the header rests the method, so other channels do not run into it each."""
    [job] = await made(desk, 1)
    await desk.see(job, Sight(made=MADE))

    async def perform(tried: Effect) -> Outcome:
        return AgainAt(desk.now + 30.0, "ratelimited", rests_lane=True) if tried.step == "post" else Done()

    await desk.tried(perform)  # the file
    await desk.tried(perform)  # its words, which are too much
    elsewhere = replace(WHERE, channel_id="D1", is_im=True)
    wish = Ask(keys=("other",), where=elsewhere, requester_id="U2", kind="agent", brief=Brief(prompt="p"))
    await desk.engine.ask(wish)
    desk.now += 29.0
    assert [] == [tried.key for tried in await desk.due("slack") if tried.step == "post"]
    desk.now += 1.0
    assert 1 == len([tried.key for tried in await desk.due("slack") if tried.step == "post"])


async def test_edits_that_hang_do_not_hold_up_a_result(desk: Desk) -> None:
    """Slack answers no edit any more and cards go on changing: the video still comes at once."""
    hang, tried = asyncio.Event(), list[str]()

    async def perform(item: Effect) -> Outcome:
        tried.append(item.kind)
        if item.kind == "edit":
            await hang.wait()
        return Done()

    def settled(tx: Transaction, item: Effect, outcome: Outcome) -> None:
        """Nothing follows."""

    outbox_loop = Effects(
        desk.database, side="slack", instance="desk", clock=lambda: desk.now, perform=perform, settled=settled,
        woken=lambda: None,
    )  # fmt: skip
    moment = desk.engine._moment()
    jobs = await made(desk, 60)
    for job in jobs:
        await desk.database.write(lambda tx, job=job: outbox.edit_by_id(tx, moment, job.thread_id))  # type: ignore[misc]
    desk.now += 60.0
    for _ in range(60):
        await outbox_loop.run_once()
        desk.now += SECONDS
    assert LANE_AT_ONCE == tried.count("edit")
    assert await outbox_loop.run_once() is None
    await desk.see(jobs[0], Sight(made=MADE))
    await outbox_loop.run_once()
    await asyncio.wait_for(until(lambda: "upload" in tried), 5)
    hang.set()
    await outbox_loop.loop.drain(5.0)


async def until(condition: Callable[[], bool]) -> None:
    """Gives way until it is so."""
    while not condition():
        await asyncio.sleep(0)


async def test_a_stop_stored_beside_an_older_edit_is_shown_all_the_same(desk: Desk) -> None:
    """Both are stored in the same moment: on PostgreSQL the card used to go on saying that it renders."""
    wanted = await made(desk, 8)
    for job in wanted:
        await desk.see(job, Sight(phase="rendering", progress=10))
    job_of = {f"edit:{job.thread_id}": job for job in wanted}
    tries: Counter[str] = Counter()
    stops: list[asyncio.Task[bool]] = []

    async def perform(tried: Effect) -> Outcome:
        tries.update([tried.key])
        if tries[tried.key] == 1 and tried.key in job_of:
            stops.append(asyncio.create_task(desk.engine.stop(job_of[tried.key].id, by="U1")))
        return Done()

    while await desk.database.read(lambda tx: effects.next_due(tx, side="slack")) is not None:
        desk.now += EDIT_GAP_SECONDS
        await desk.tried(perform)
        await asyncio.gather(*stops)
    assert [tries[key] for key in job_of] == [2] * len(wanted)
