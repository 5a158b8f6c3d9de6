"""Many jobs in one call: what has not moved is put off, what has moved is looked at by itself, nobody is punished."""

import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import update

from bot.heygen.client import HeyGenClient
from bot.heygen.models import Listed
from bot.heygen.rest import REST_LANE, Rest
from bot.jobs.engine.ending import WATCH_STOPPED_SECONDS
from bot.jobs.engine.observing import FAILED_LOOKS, STUCK_SECONDS
from bot.jobs.kinds import kind_of, kinds_of
from bot.jobs.kinds.bulk import Bulk, statuses_of
from bot.jobs.moment import Rules
from bot.jobs.observer import AGAIN_SECONDS, AT_ONCE, BURST, CALLS_PER_SECOND, LOOKS_LANE, Observer, Round
from bot.jobs.outcomes import LEFT_SECONDS
from bot.jobs.schedule import SESSION_EVERY, WATCH_SECONDS, next_look
from bot.jobs.sight import Sight
from storage import effects, jobs, looks, threads
from storage.database import Transaction
from storage.records import Job, JobState
from storage.tables import jobs as jobs_table
from tests.jobs.desk import Desk


class HeyGen:
    """Answers looks at videos and sessions from a table of statuses, and counts the calls."""

    def __init__(self) -> None:
        self.videos: dict[str, str] = {}
        self.missing: set[str] = set()  # from bulk answers
        self.bulk_words: dict[str, str] = {}  # where a bulk answer says something else
        self.refused_for = 0  # seconds of Retry-After with which every call is refused
        self.bulk_trouble: tuple[int, str] | None = None
        self.asked_together: set[tuple[str, str]] = set()  # the bulk calls, and what they call the ids
        self.calls: list[tuple[str, int]] = []  # what was asked for, and about how many

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        if path.endswith("/statuses"):
            ((name, ids),) = request.url.params.items()
            self.asked_together.add((path, name))
            return self._bulk(ids.split(","))
        if path.startswith("/v3/videos/"):
            self.calls.append(("video", 1))
            return self._video(path.rpartition("/")[2])
        self.calls.append(("session", 1))
        if self.refused_for:
            error = {"code": "rate_limit_exceeded", "message": "words"}
            return httpx.Response(429, json={"error": error}, headers={"Retry-After": str(self.refused_for)})
        session_id = path.rpartition("/")[2]
        video_id = "v" + session_id[1:]
        session = {"session_id": session_id, "status": "generating", "video_id": video_id}
        if video_id not in self.videos:
            session = {"session_id": session_id, "status": "thinking"}
        return httpx.Response(200, json={"data": session})

    def _bulk(self, ids: Sequence[str]) -> httpx.Response:
        self.calls.append(("statuses", len(ids)))
        if self.bulk_trouble is not None:
            status, code = self.bulk_trouble
            return httpx.Response(status, json={"error": {"code": code, "message": "words"}})
        words = {one: self.videos.get(one, "not_found") for one in ids if one not in self.missing} | self.bulk_words
        rows = [{"video_id": one, "status": word} for one, word in words.items()]
        return httpx.Response(200, json={"data": rows})

    def _video(self, video_id: str) -> httpx.Response:
        if video_id not in self.videos:
            return httpx.Response(404, json={"error": {"code": "video_not_found", "message": "gone"}})
        video = {"id": video_id, "status": self.videos[video_id], "title": "A film", "video_url": "https://x.test/v"}
        return httpx.Response(200, json={"data": video})


class Watch:
    """An observer over a desk's jobs, with HeyGen played by a table."""

    def __init__(self, desk: Desk, http: httpx.AsyncClient, *, webhooks: bool, listed: Mapping[str, Listed]) -> None:
        self.desk = desk
        self.rules = Rules(concurrency=1, poll_seconds=10.0, webhooks=webhooks, admins=(), callback_base=None)

        async def instantly(_seconds: float) -> None:
            """The client's own pauses."""

        rest = Rest(self._rest, steady=lambda: desk.now)
        client = HeyGenClient(http, api_key="k", base_url="http://127.0.0.1", sleep=instantly, rest=rest)
        kinds = kinds_of(client, desk.database, rules=self.rules, clock=lambda: desk.now)
        self.observer = Observer(
            desk.database, desk.engine, instance="desk", clock=lambda: desk.now,
            observe=lambda job: kind_of(kinds, job).observe(job),
            bulks={name: kind.bulk for name, kind in kinds.items() if kind.bulk}
            | {name: a_bulk(client, of) for name, of in listed.items()},
        )  # fmt: skip

    async def _rest(self, seconds: float) -> None:
        until = self.desk.now + seconds
        await self.desk.database.write(lambda tx: effects.pause_lane(tx, REST_LANE, until))

    async def round(self) -> float | None:
        """One round; returns when the next one is due."""
        due = await self.observer.run_once()
        await self.observer.loop.drain(5.0)
        return due

    async def until(self, at: float) -> None:
        """All rounds that are due until then, each at its time."""
        while (due := await self.round()) is not None and due <= at:
            self.desk.now = max(self.desk.now, due)

    async def jobs(self) -> list[Job]:
        found = await self.desk.database.read(lambda tx: jobs.all_jobs(tx, limit=1000))
        return sorted(found, key=lambda job: int((job.session_id or "s0")[1:]))


def a_bulk(client: HeyGenClient, of: Listed) -> Bulk:
    """How a kind takes part whose jobs have an id of their own from the first moment on."""
    return Bulk(
        is_being_made=statuses_of(client, of), id_of=lambda job: job.video_id, prefers_alone=lambda _job: False,
        unmoved=lambda job: Sight(phase="generating", video_id=job.video_id),
    )  # fmt: skip


@asynccontextmanager
async def watching(
    desk: Desk, heygen: HeyGen, *, webhooks: bool = False, listed: Mapping[str, Listed] | None = None
) -> AsyncIterator[Watch]:
    async with httpx.AsyncClient(transport=httpx.MockTransport(heygen)) as http:
        yield Watch(desk, http, webhooks=webhooks, listed=listed or {})


async def rendering(desk: Desk, heygen: HeyGen, count: int, *, apart: float = 0.0, with_video: bool = True) -> None:
    """So many jobs at HeyGen; their looks are due one after the other, the first one now."""
    first = await desk.submitted(await desk.ask(), session_id="s0")
    first = await desk.see(first, Sight(phase="generating"))
    await desk.slack_works()
    heygen.videos |= {f"v{number}": "processing" for number in range(count if with_video else 0)}

    def fill(tx: Transaction) -> None:
        thread = threads.thread(tx, first.thread_id)
        for number in range(count):
            own: dict[str, Any] = {"look_at": desk.now + apart * number, "looks": 0}
            own["video_id"] = f"v{number}" if with_video else None
            if number == 0:
                jobs.change_job(tx, first.id, **own)
                continue
            name = f"id-{number}"
            threads.add_thread(tx, replace(thread, id=name, root_ts=name, card_ts=name, session_id=f"s{number}"))
            more: dict[str, Any] = {"id": name, "thread_id": name, "session_id": f"s{number}", "callback_id": name}
            jobs.add_job(tx, replace(first, **more, **own))

    await desk.database.write(fill)


@pytest.fixture
def heygen() -> HeyGen:
    return HeyGen()


@pytest.mark.parametrize("calls", [0.2, 3 * BURST])
async def test_a_claim_that_comes_too_late_takes_no_job(desk: Desk, heygen: HeyGen, calls: float) -> None:
    """Another replica has used the rate since this one looked: it used to claim without limit, or to fail."""
    await rendering(desk, heygen, 3)

    def late(tx: Transaction) -> Round:
        effects.pause_lane(tx, LOOKS_LANE, desk.now + calls / CALLS_PER_SECOND)
        return watch.observer._claim(tx, desk.now, 5)

    async with watching(desk, heygen) as watch:
        assert [] == (await desk.database.write(late)).jobs


async def test_a_hundred_videos_are_one_call(desk: Desk, heygen: HeyGen) -> None:
    """Each of them used to be a call of its own."""
    await rendering(desk, heygen, 200)
    async with watching(desk, heygen) as watch:
        await watch.until(desk.now + 1.0)
        assert [("statuses", 100), ("statuses", 100)] == heygen.calls
        for job in await watch.jobs():
            assert (1, 0) == (job.looks, job.failed_looks)
            assert next_look(replace(job, looks=0), desk.now, watch.rules) == job.look_at


async def test_those_that_come_next_ride_along(desk: Desk, heygen: HeyGen) -> None:
    """Looks that are due one after the other used to find nobody to share a call with."""
    await rendering(desk, heygen, 40, apart=1.0)
    async with watching(desk, heygen) as watch:
        await watch.until(desk.now)
    assert [("statuses", 40)] == heygen.calls


@pytest.mark.slow
async def test_without_webhooks_twenty_jobs_cost_less_than_a_call_an_interval(desk: Desk, heygen: HeyGen) -> None:
    """The looks for late questions included, which go to the sessions one by one."""
    await rendering(desk, heygen, 60, apart=0.7)
    async with watching(desk, heygen) as watch:
        await watch.until(desk.now + 2400.0)
        asked = sum(job.looks for job in await watch.jobs())
    assert asked > 60 * 35
    assert {"session", "statuses"} == {what for what, _ in heygen.calls}
    assert len(heygen.calls) < asked / 20


@pytest.mark.slow
async def test_translations_and_lipsyncs_cost_no_more(desk: Desk, heygen: HeyGen) -> None:
    """Each by its own bulk call; twenty jobs of a kind, mixed with the others, cost less than a call an interval."""
    await rendering(desk, heygen, 90, apart=0.5)
    of = {"translation": Listed.TRANSLATIONS, "lipsync": Listed.LIPSYNCS}
    kinds = ["agent", *of]

    def mix(tx: Transaction) -> None:
        for number, job in enumerate(jobs.all_jobs(tx, limit=1000)):
            tx.execute(update(jobs_table).where(jobs_table.c.id == job.id).values(kind=kinds[number % 3]))

    await desk.database.write(mix)
    async with watching(desk, heygen, listed=of) as watch:
        await watch.until(desk.now + 1200.0)
        asked = sum(job.looks for job in await watch.jobs())
    assert asked > 90 * 18
    assert len(heygen.calls) < asked / 20
    assert heygen.asked_together == {
        ("/v3/videos/statuses", "video_ids"),
        ("/v3/video-translations/statuses", "video_translation_ids"),
        ("/v3/lipsyncs/statuses", "lipsync_ids"),
    }


@pytest.mark.parametrize("count", [1, 3, 60])
@pytest.mark.slow
async def test_with_webhooks_a_job_costs_at_most_a_call_in_ten_minutes(
    tmp_path: Path, heygen: HeyGen, count: int
) -> None:
    """Even one that is alone and shares its calls with nobody; it is looked at all the same."""
    desk = await Desk.open(tmp_path, webhooks=True)
    await rendering(desk, heygen, count, apart=7.0)
    async with watching(desk, heygen, webhooks=True) as watch:
        await watch.until(desk.now + 2 * 3600.0)
        assert all(job.looks >= 10 for job in await watch.jobs())
    await desk.database.close()
    assert len(heygen.calls) <= count * 12 + 1


async def test_what_has_moved_is_looked_at_by_itself(desk: Desk, heygen: HeyGen) -> None:
    """A bulk answer holds no title, length or link; the others are put off."""
    await rendering(desk, heygen, 5)
    heygen.videos |= {"v1": "completed", "v3": "failed"}
    async with watching(desk, heygen) as watch:
        await watch.until(desk.now + 1.0)
        seen = await watch.jobs()
    assert [("statuses", 5), ("video", 1), ("video", 1)] == heygen.calls
    states = [
        JobState.COMPLETED if one == 1 else JobState.FAILED if one == 3 else JobState.GENERATING for one in range(5)
    ]
    assert states == [job.state for job in seen]
    assert "A film" == seen[1].title


@pytest.mark.parametrize("way", ["not_found", "left out", "a new word"])
async def test_a_bulk_answer_alone_gives_no_video_up(desk: Desk, heygen: HeyGen, way: str) -> None:
    """What it does not know, or does not name, may be there all the same: the look at the video decides."""
    await rendering(desk, heygen, 3)
    heygen.missing |= {"v1"} if way == "left out" else set()
    heygen.bulk_words |= {} if way == "left out" else {"v1": "not_found" if way == "not_found" else "pondering"}
    async with watching(desk, heygen) as watch:
        await watch.until(desk.now + 1.0)
        seen = await watch.jobs()
    assert [("statuses", 3), ("video", 1)] == heygen.calls
    assert [(1, 0, False)] * 3 == [(job.looks, job.empty_looks, job.look_alone) for job in seen]


async def test_a_video_that_is_gone_counts_as_gone_once(desk: Desk, heygen: HeyGen) -> None:
    """Named not_found in bulk and by itself: one empty look, as ever."""
    await rendering(desk, heygen, 3)
    del heygen.videos["v1"]
    async with watching(desk, heygen) as watch:
        await watch.until(desk.now + 1.0)
        assert [0, 1, 0] == [job.empty_looks for job in await watch.jobs()]


async def test_a_bulk_call_that_fails_costs_each_job_one_failed_look(desk: Desk, heygen: HeyGen) -> None:
    """As a call of its own would, and it is tried again as soon."""
    await rendering(desk, heygen, 30)
    heygen.bulk_trouble = (503, "service_unavailable")
    async with watching(desk, heygen) as watch:
        await watch.until(desk.now + 1.0)
        seen = await watch.jobs()
    assert {(0, 1, desk.now + AGAIN_SECONDS)} == {(job.looks, job.failed_looks, job.look_at) for job in seen}


@pytest.mark.parametrize(("status", "code"), [(400, "invalid_parameter"), (404, "not_found"), (403, "forbidden")])
async def test_without_a_bulk_call_each_is_looked_at_by_itself(
    desk: Desk, heygen: HeyGen, status: int, code: str
) -> None:
    """One odd id, or an account that has no such call: no job waits for ever, and nothing pauses."""
    await rendering(desk, heygen, 30)
    heygen.bulk_trouble = (status, code)
    async with watching(desk, heygen) as watch:
        await watch.until(desk.now + 5.0)
        seen = await watch.jobs()
    assert [("statuses", 30), *[("video", 1)] * 30] == heygen.calls
    assert {(1, 0)} == {(job.looks, job.failed_looks) for job in seen}
    assert (await desk.database.read(jobs.account)).pause_code is None


async def test_a_dead_key_is_met_once_for_all(desk: Desk, heygen: HeyGen) -> None:
    """A hundred jobs used to be a hundred refusals."""
    await rendering(desk, heygen, 30)
    heygen.bulk_trouble = (401, "unauthorized")
    async with watching(desk, heygen) as watch:
        await watch.until(desk.now + 1.0)
        seen = await watch.jobs()
    assert [("statuses", 30)] == heygen.calls
    assert {(0, 0, desk.now + 60.0)} == {(job.looks, job.failed_looks, job.look_at) for job in seen}
    assert "unauthorized" == (await desk.database.read(jobs.account)).pause_code


async def test_a_job_that_an_event_tells_of_is_asked_about_by_itself(desk: Desk, heygen: HeyGen) -> None:
    """So that its result is one call away; the others wait for their turn."""
    await rendering(desk, heygen, 5, apart=60.0)
    desk.now -= 10.0
    heygen.videos["v3"] = "completed"
    async with watching(desk, heygen) as watch:
        await desk.engine.nudged("event:1", video_id="v3")
        await watch.until(desk.now)
        assert JobState.COMPLETED is (await watch.jobs())[3].state
    assert [("video", 1)] == heygen.calls


async def test_a_job_that_is_stopped_while_many_are_asked_about_stays_stopped(desk: Desk, heygen: HeyGen) -> None:
    """The answer was on its way; the job is watched on as a stopped one."""
    await rendering(desk, heygen, 3)
    async with watching(desk, heygen) as watch:
        claimed = await desk.database.write(lambda tx: jobs.claim_looks(tx, "desk", desk.now, 3))
        await desk.engine.stop((await watch.jobs())[1].id, by="U1")
        await desk.engine.unmoved([(job, Sight(video_id=job.video_id)) for job in claimed])
        seen = await watch.jobs()
        assert set() == await desk.database.read(lambda tx: looks.still_held(tx, seen))
    assert [JobState.GENERATING, JobState.CANCELLED, JobState.GENERATING] == [job.state for job in seen]
    assert desk.now + WATCH_STOPPED_SECONDS == seen[1].look_at


async def test_an_event_that_comes_while_many_are_asked_about_is_not_lost(desk: Desk, heygen: HeyGen) -> None:
    """The bulk answer is older than the event: the job is due yet."""
    await rendering(desk, heygen, 3)
    async with watching(desk, heygen) as watch:
        claimed = await desk.database.write(lambda tx: jobs.claim_looks(tx, "desk", desk.now, 3))
        await desk.engine.nudged("event:1", video_id="v1")
        await desk.engine.unmoved([(job, Sight(video_id=job.video_id)) for job in claimed])
        seen = await watch.jobs()
    assert [False, True, False] == [job.look_at == desk.now and job.look_alone for job in seen]


async def test_a_job_that_takes_long_says_so_though_it_is_asked_about_with_others(desk: Desk, heygen: HeyGen) -> None:
    """Once, on its card."""
    await rendering(desk, heygen, 3)
    desk.now += STUCK_SECONDS + 60.0
    async with watching(desk, heygen) as watch:
        await watch.until(desk.now)
        assert all(job.slow_told for job in await watch.jobs())
    assert [("statuses", 3)] == heygen.calls


async def test_looks_go_no_faster_than_heygen_may_be_called(desk: Desk, heygen: HeyGen) -> None:
    """A thousand sessions that are due together used to be asked for as fast as it went."""
    await rendering(desk, heygen, 400, with_video=False)
    async with watching(desk, heygen) as watch:
        await watch.until(desk.now + 5.0)
    assert BURST + 5 * CALLS_PER_SECOND >= len(heygen.calls) >= 5 * CALLS_PER_SECOND


async def test_a_429_rests_all_looks_and_a_second_one_shortens_nothing(desk: Desk, heygen: HeyGen) -> None:
    """HeyGen's Retry-After is about the account, not about the call that met it."""
    await rendering(desk, heygen, 30, with_video=False)
    heygen.refused_for = 120
    began = desk.now
    async with watching(desk, heygen) as watch:
        await watch.round()
        met = len(heygen.calls)
        assert met <= AT_ONCE
        heygen.refused_for = 0
        await desk.database.write(lambda tx: effects.pause_lane(tx, REST_LANE, desk.now + 5.0))
        await watch.until(began + 119.0)
        assert met == len(heygen.calls)
        await watch.until(began + 125.0)
    assert met + 30 <= len(heygen.calls)


async def test_a_start_looks_at_all_soon_and_at_what_was_due_first(desk: Desk, heygen: HeyGen) -> None:
    """Everything used to be due at once, and what had waited longest had no right of way."""
    await rendering(desk, heygen, 300, apart=1.0, with_video=False)
    desk.now += 9.5
    await desk.database.write(lambda tx: jobs.free_claims(tx, desk.now, apart=0.1, together=100))
    async with watching(desk, heygen) as watch:
        due = [job.look_at or 0.0 for job in await watch.jobs()]
    assert [desk.now - 9.5 + number for number in range(10)] == due[:10]
    assert due == sorted(due)
    assert due[-1] - desk.now == pytest.approx(0.1 * 289)


async def test_a_start_spreads_shared_calls_closer(desk: Desk, heygen: HeyGen) -> None:
    """A hundred videos are one call, so they may come a hundred times as fast."""
    await rendering(desk, heygen, 300, apart=1.0)
    await desk.database.write(lambda tx: jobs.free_claims(tx, desk.now, apart=0.1, together=100))
    async with watching(desk, heygen) as watch:
        assert max(job.look_at or 0.0 for job in await watch.jobs()) - desk.now < 0.31
        await watch.until(desk.now + 2.0)
    assert 3 == len(heygen.calls)


async def test_looks_for_late_questions_leave_room_for_those_that_cannot_wait(desk: Desk, heygen: HeyGen) -> None:
    """The session's turn for hundreds at once: they would hold up a young job, whose question is to be found soon."""
    await rendering(desk, heygen, 400)
    turns = update(jobs_table).values(looks=SESSION_EVERY - 1)
    await desk.database.write(lambda tx: tx.execute(turns))
    due_at = desk.now + 0.5
    await desk.database.write(lambda tx: jobs.change_job(tx, "id-7", look_at=due_at, video_id=None, looks=0))
    async with watching(desk, heygen) as watch:
        await watch.until(desk.now + 1.0)
        seen = {job.id: job.looks for job in await watch.jobs()}
    assert 1 == seen.pop("id-7")
    assert SESSION_EVERY == min(seen.values())
    assert len(heygen.calls) <= BURST + CALLS_PER_SECOND


async def test_a_job_that_only_a_newer_release_knows_is_left_to_it(
    desk: Desk, heygen: HeyGen, caplog: pytest.LogCaptureFixture
) -> None:
    """Beside a newer release an older one used to log a fault each time, and at last to end the job as stuck."""
    await rendering(desk, heygen, 1)
    newer = update(jobs_table).values(kind="translation", look_alone=True, looks=3)
    await desk.database.write(lambda tx: tx.execute(newer))
    desk.now += WATCH_SECONDS + 1
    async with watching(desk, heygen) as watch:
        for _ in range(FAILED_LOOKS + 1):
            await watch.round()
            (job,) = await watch.jobs()
            assert (JobState.GENERATING, 3, 0, True) == (job.state, job.looks, job.failed_looks, job.look_alone)
            assert (None, desk.now + LEFT_SECONDS) == (job.claimed_by, job.look_at)
            desk.now += LEFT_SECONDS
    assert [] == heygen.calls
    assert [] == [record for record in caplog.records if record.levelno >= logging.WARNING]


async def test_a_look_that_is_left_is_not_put_off_when_an_event_came_meanwhile(desk: Desk, heygen: HeyGen) -> None:
    """The newer release is told of it at once, not seconds later."""
    await rendering(desk, heygen, 1)
    (job,) = await desk.database.write(lambda tx: jobs.claim_looks(tx, "desk", desk.now, 1))
    await desk.engine.nudged("webhook:1", video_id=job.video_id)
    await desk.engine.look_left(job, again_at=desk.now + LEFT_SECONDS)
    left = await desk.job(job)
    assert (None, desk.now) == (left.claimed_by, left.look_at)
