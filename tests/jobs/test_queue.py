"""The queue in front of HeyGen is fair, and the place that a card shows is the one that its job has."""

from pathlib import Path

from sqlalchemy import update

from bot.heygen.rest import REST_LANE
from bot.jobs.engine.starting import STARTED_AT_ONCE
from bot.jobs.outcomes import AgainAt, Done, Outcome
from bot.jobs.sight import Made, Sight
from handlers.places import Places
from storage import jobs, keys, pace
from storage.records import Effect, Job, JobState
from storage.tables import threads
from tests.jobs.desk import Desk


async def asks(desk: Desk, person: str) -> Job:
    """A wish, a moment after the last one."""
    desk.now += 0.1
    return await desk.ask("A film", by=person)


async def place(desk: Desk, job: Job) -> int:
    return await desk.database.read(lambda tx: jobs.place_in_queue(tx, job))


async def waiting(desk: Desk, wanted: list[Job]) -> list[Job]:
    """Those of the jobs that are in the queue yet."""
    return [now for job in wanted if (now := await desk.job(job)).state is JobState.QUEUED]


async def settled(desk: Desk, tried: list[Effect]) -> None:
    """Slack did what was tried."""
    for done in tried:
        await desk.settle(done, Done({"ts": f"{desk.now + done.id:.6f}"}))


async def one_ends(desk: Desk, number: int) -> Job:
    """HeyGen takes what was started, and finishes the job that was begun first."""
    for tried in await desk.due("heygen"):
        await desk.settle(tried, Done({"session_id": f"s{tried.id}"}))
    every = await desk.database.read(lambda tx: jobs.all_jobs(tx, limit=1000))
    oldest = min((job for job in every if job.state is JobState.GENERATING), key=lambda job: job.submitted_at or 0)
    made = Made(video_id=f"v{number}", title=None, duration_seconds=None, page_url=None)
    return await desk.see(oldest, Sight(made=made))


async def test_fifty_wishes_of_one_person_do_not_make_another_wait_for_all(tmp_path: Path) -> None:
    """Ana asks for fifty videos, Ben for one: his is next, and his card says so."""
    desk = await Desk.open(tmp_path, concurrency=2)
    hers = [await asks(desk, "UANA") for _ in range(50)]
    await desk.slack_works()
    his = await desk.ask("Mine", by="UBEN")
    await desk.slack_works()
    assert 48 == len(await waiting(desk, hers))
    assert 1 == await place(desk, his)
    assert 2 == await place(desk, hers[2])
    assert 49 == await place(desk, hers[-1])
    await one_ends(desk, 0)
    assert JobState.SUBMITTING is (await desk.job(his)).state
    await desk.database.close()


async def test_the_places_shown_are_the_order_of_the_starts(tmp_path: Path) -> None:
    """The place used to be counted by age, which is not how places at HeyGen are given."""
    desk = await Desk.open(tmp_path, concurrency=8)
    running = await desk.submitted(await desk.ask("A film", by="UANA"))
    await desk.engine.look_refused(running, "unauthorized")
    wanted = []
    for person in ("UANA", "UANA", "UANA", "UBEN", "UANA", "UBEN", "UBEN", "UCAT", "UANA", "UCAT"):
        wanted.append(await asks(desk, person))
    await desk.slack_works()
    shown = {await place(desk, job): job.id for job in wanted}
    assert sorted(shown) == list(range(1, 11))
    await desk.see(running, Sight(phase="generating"))
    started = [tried.job_id for tried in sorted(await desk.due("heygen"), key=lambda tried: tried.id)]
    assert [shown[number] for number in range(1, 8)] == started
    assert [1, 2, 3] == sorted([await place(desk, job) for job in await waiting(desk, wanted)])
    await desk.database.close()


async def test_the_cards_first_in_line_are_kept_fresh(tmp_path: Path) -> None:
    """Those whose turn comes next, not those that have waited longest."""
    desk = await Desk.open(tmp_path, concurrency=1)
    for _ in range(3):
        await desk.ask("A film", by="UANA")
        await desk.slack_works()
    his = await desk.ask("Mine", by="UBEN")
    await desk.slack_works()
    assert [his.thread_id] == await desk.database.read(lambda tx: jobs.queued_threads(tx, 1))
    await desk.database.close()


async def test_while_places_are_free_nobody_is_told_of_a_line(tmp_path: Path) -> None:
    """A card used to say *next in line* for a moment, and so did speech, though nobody was before it."""
    desk = await Desk.open(tmp_path, concurrency=1)
    places = Places(1)

    async def of(job: Job) -> int | None:
        return await desk.database.read(lambda tx: places.of(tx, job))

    film, speech = await asks(desk, "UANA"), await desk.ask("A text", by="UANA", kind="speech")
    assert [await of(film), await of(speech)] == [None, None]
    await desk.slack_works()
    later, speech = await asks(desk, "UBEN"), await desk.ask("Another text", by="UBEN", kind="speech")
    assert [await of(later), await of(speech)] == [1, None]
    assert await of(await desk.job(film)) is None, "it is not queued any more"
    await desk.database.close()


async def test_a_card_that_knew_of_no_line_is_told_once_there_is_one(tmp_path: Path) -> None:
    """It was queued while a place was free, and waited for a name; then the next one took the place."""
    desk = await Desk.open(tmp_path, concurrency=1)
    first, second = await desk.ask("A film", voice="Anabel"), await asks(desk, "UBEN")
    await settled(desk, await desk.due("slack"))
    cards = await desk.due("slack")
    await settled(desk, [card for card in cards if card.thread_id == first.thread_id])
    desk.now += 5.0
    await settled(desk, await desk.due("slack"))
    desk.now += 5.0
    assert [] == await desk.due("slack"), "its card says all there is to say"
    await settled(desk, [card for card in cards if card.thread_id == second.thread_id])
    assert JobState.SUBMITTING is (await desk.job(second)).state
    desk.now += 5.0
    assert keys.edit(first.thread_id) in [tried.key for tried in await desk.due("slack")]
    await desk.database.close()


async def test_a_dear_count_of_the_line_stands_for_a_moment(tmp_path: Path) -> None:
    """A cheap one is made for each card; one that took long is used again, and then made anew."""
    desk = await Desk.open(tmp_path, concurrency=1)
    first, second, third = [await asks(desk, "UANA") for _ in range(3)]
    await desk.engine.serve_queue()
    times = iter([0.0, 0.001, 0.001, 1.0, 1.1, 1.1, 2.0, 2.1])  # the second count takes a tenth of a second
    places = Places(0, steady=lambda: next(times))  # all that there are at HeyGen are taken
    in_line = [job for job in (first, second, third) if (await desk.job(job)).state is JobState.QUEUED]

    async def of(job: Job) -> int | None:
        return await desk.database.read(lambda tx: places.of(tx, job))

    assert [await of(in_line[0]), await of(in_line[1])] == [1, 2]
    await desk.engine.stop(in_line[0].id, by="UANA")
    assert await of(in_line[1]) == 2, "as it was counted"
    assert await of(await asks(desk, "UBEN")) == 2, "who came since is not behind all, but where his turn is"
    await desk.database.close()


async def test_a_pass_is_short_and_the_next_one_follows(tmp_path: Path) -> None:
    """With hundreds of free places one pass over the queue used to take seconds, and was lost when its replica died."""
    desk = await Desk.open(tmp_path, concurrency=300)
    for _ in range(2 * STARTED_AT_ONCE + 1):
        await asks(desk, "UANA")
    await desk.database.write(lambda tx: tx.execute(update(threads).values(card_ts="1.1")))

    async def queued() -> int:
        every = await desk.database.read(lambda tx: jobs.all_jobs(tx, limit=1000))
        return len([job for job in every if job.state is JobState.QUEUED])

    left = [await queued()]
    while await desk.engine.serve_queue() is not None:
        left.append(await queued())
    assert [2 * STARTED_AT_ONCE + 1, STARTED_AT_ONCE + 1, 1, 0] == left
    await desk.database.close()


async def test_a_name_that_is_looked_up_again_is_waited_for(tmp_path: Path) -> None:
    """The first name fitted nothing, the person gave another: nothing is made before that one is known."""
    desk = await Desk.open(tmp_path, concurrency=1)
    job = await desk.ask("A film", voice="Anabel")
    await desk.slack_works()
    question = {"subject": "voice", "text": "Which one?", "options": []}
    await desk.settle(await desk.heygen("names"), Done({"found": {}, "ask": question}))
    asked = await desk.question(job)
    assert asked is not None
    await desk.engine.answer(asked.id, text="Annabelle", by="U1")
    assert JobState.QUEUED is (await desk.job(job)).state
    found = {"voice": "Annabelle", "voice_id": "v1"}
    await desk.settle(await desk.heygen("names"), Done({"found": found}))
    assert JobState.SUBMITTING is (await desk.job(job)).state
    await desk.database.close()


async def test_a_ceiling_that_is_met_holds_up_neither_stops_nor_looks(tmp_path: Path) -> None:
    """HeyGen has no place for one video more: all calls of the account used to rest for up to a minute."""
    desk = await Desk.open(tmp_path)
    running = await desk.submitted(await desk.ask("A film"))
    await desk.ask("One more", by="UBEN")
    await desk.slack_works()

    async def no_place(_: Effect) -> Outcome:
        return AgainAt(desk.now + 60.0, "rate_limit_exceeded", rests_lane=True)

    await desk.tried(no_place, side="heygen")
    await desk.engine.stop(running.id, by="U1")
    desk.now += 1.0
    assert [("stop", running.id)] == [(tried.kind, tried.job_id) for tried in await desk.due("heygen")]
    assert 0.0 == await desk.database.read(lambda tx: pace.free_at(tx, REST_LANE))
    desk.now += 59.0
    assert ["submit"] == [tried.kind for tried in await desk.due("heygen")]
    await desk.database.close()
