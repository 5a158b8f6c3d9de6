"""Several replicas of the program on one PostgreSQL: one program to everybody outside."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import update

from bot.config import load_settings
from storage.tables import effects as table
from tests.database.postgres import postgres
from tests.journeys.once import said
from tests.journeys.world import (
    ANA,
    BEN,
    GENERAL,
    OPEN,
    TEMPO,
    Program,
    World,
    doubles,
    in_process,
    ours,
    settings_for,
    world,
)
from tests.ports import free_port

pytestmark = pytest.mark.slow


@asynccontextmanager
async def replicas(
    folder: Path, url: str, count: int, *, tempo: float = TEMPO
) -> AsyncIterator[tuple[World, list[Program]]]:
    """So many processes of the program, connected to the same doubles and the same database."""
    ports = [free_port() for _ in range(count)]
    async with doubles(folder, ports[0], http=False, webhooks=False, media=False) as (slack, heygen):
        environments = [
            settings_for(folder, slack, heygen, port, http=False, webhooks=False, DATABASE_URL=url) for port in ports
        ]
        made = World(slack, heygen, load_settings(None, environments[0]))
        programs = [
            Program({**environment, "TEMPO": str(tempo)}, port)
            for environment, port in zip(environments, ports, strict=True)
        ]
        try:
            await asyncio.gather(*(program.start() for program in programs))
            yield made, programs
        finally:
            await asyncio.gather(*(program.kill() for program in programs))


async def all_done(made: World, count: int, *, timeout: float = 40) -> None:
    """Waits until every video is in its thread, every person told, and nothing moves."""
    await made.slack.wait_for(lambda slack: said(slack).get("dm", 0) >= count, timeout=timeout)
    await made.settled(quiet=1.0)


async def test_two_replicas_do_everything_once(tmp_path: Path, postgres_url: str) -> None:
    """Whichever of them hears of a request, and whichever does its parts: one card, one video, one DM each."""
    async with replicas(tmp_path, postgres_url, 2) as (made, _):
        for number in range(6):
            await made.video(f"Intro number {number}", by=ANA, channel=GENERAL)
            await made.video(f"Outro number {number}", by=BEN, channel=OPEN)
        await all_done(made, 12)
        assert {"card": 12, "video-v1.mp4": 12, "result": 12, "dm": 12} == said(made.slack)
        assert 12 == made.creates()


async def test_what_a_dead_replica_held_is_taken_over(tmp_path: Path, postgres_url: str) -> None:
    """One of two is killed in the middle of its calls: the other finishes them all, none twice."""
    async with replicas(tmp_path, postgres_url, 2) as (made, programs):
        for number in range(6):
            await made.video(f"Intro number {number}")
        await made.slack.wait_for(lambda slack: len(ours(slack.messages(GENERAL))) == 6, timeout=20)
        await programs[0].kill()
        await all_done(made, 6, timeout=60)
        assert {"card": 6, "video-v1.mp4": 6, "result": 6, "dm": 6} == said(made.slack)
        assert 6 == made.creates()


TAKEN_OVER_SECONDS = 30.0  # as docs/promises.md says


@pytest.mark.timeout(180)
async def test_an_upload_of_a_dead_replica_goes_on_within_half_a_minute(tmp_path: Path, postgres_url: str) -> None:
    """At the pace of real life: it is killed amid an upload that may take ten minutes, and the other one brings it."""
    async with replicas(tmp_path, postgres_url, 2, tempo=1.0) as (made, [dying, other]):
        assert 0 == await other.stop()
        made.slack.next("upload", "timeout_before_commit", hold_seconds=600.0)
        await made.video("An intro")
        await made.slack.wait_for(lambda slack: slack.calls("files.getUploadURLExternal"), timeout=60)
        await other.start()
        await dying.kill()
        died = time.monotonic()
        await made.slack.wait_for(lambda slack: said(slack).get("result", 0) == 1, timeout=60)
        assert time.monotonic() - died < TAKEN_OVER_SECONDS
        assert {"card": 1, "video-v1.mp4": 1, "result": 1} == {
            what: count for what, count in said(made.slack).items() if what != "dm"
        }
        assert 1 == made.creates()


@pytest.mark.timeout(180)
async def test_a_replica_that_was_frozen_does_nothing_twice(tmp_path: Path, postgres_url: str) -> None:
    """Still amid its calls, it is dead after eleven minutes (here 33 s), and then wakes as if nothing had been."""
    async with replicas(tmp_path, postgres_url, 2) as (made, programs):
        for number in range(6):
            await made.video(f"Intro number {number}")
        await made.slack.wait_for(lambda slack: said(slack).get("card", 0) >= 3, timeout=20)
        with programs[0].frozen():
            await all_done(made, 6, timeout=90)
        await made.settled(quiet=2.0)
        assert {"card": 6, "video-v1.mp4": 6, "result": 6, "dm": 6} == said(made.slack)
        assert 6 == made.creates()


async def test_a_replica_that_ends_in_order_leaves_nothing_behind(tmp_path: Path, postgres_url: str) -> None:
    """SIGTERM to one of two: exit code 0, and the other goes on at once."""
    async with replicas(tmp_path, postgres_url, 2) as (made, programs):
        for number in range(4):
            await made.video(f"Intro number {number}")
        assert 0 == await programs[1].stop()
        await all_done(made, 4)
        assert {"card": 4, "video-v1.mp4": 4, "result": 4, "dm": 4} == said(made.slack)


async def test_a_stop_does_not_wait_for_a_server_that_says_nothing(tmp_path: Path) -> None:
    """It used to take half a minute for each connection, long after a supervisor's SIGKILL."""
    with postgres() as server:
        async with replicas(tmp_path, server.new_database(), 1) as (made, [program]):
            await made.video("An intro")
            await all_done(made, 1)
            with server.silent():
                assert 0 == await program.stop()
            await program.start()
            await made.video("An outro")
            await all_done(made, 2)
            assert {"card": 2, "video-v1.mp4": 2, "result": 2, "dm": 2} == said(made.slack)


@asynccontextmanager
async def two_in_process(
    folder: Path, url: str, *, clocks: Sequence[Callable[[], float]] = (time.time, time.time), **more: str
) -> AsyncIterator[World]:
    """Two replicas in this process, each by a clock of its machine."""
    ports = free_port(), free_port()
    async with AsyncExitStack() as stack:
        slack, heygen = await stack.enter_async_context(
            doubles(folder, ports[0], http=False, webhooks=False, media=False)
        )
        for port, clock in zip(ports, clocks, strict=True):
            environment = settings_for(
                folder, slack, heygen, port, http=False, webhooks=False, DATABASE_URL=url, **more
            )
            made = World(slack, heygen, load_settings(None, environment))
            await stack.enter_async_context(in_process(made, clock=clock))
        yield made


async def test_two_replicas_in_one_process_share_the_ceiling(tmp_path: Path, postgres_url: str) -> None:
    """HeyGen's places are counted in the database: two replicas never take more than one of them would."""
    async with two_in_process(tmp_path, postgres_url, HEYGEN_CONCURRENCY="2") as made:
        for number in range(8):
            await made.video(f"Intro number {number}")
        most = 0
        async with asyncio.timeout(40):
            while said(made.slack).get("dm", 0) < 8:
                most = max(most, sum(session.step is not None for session in made.heygen.sessions.values()))
                await asyncio.sleep(0.01)
        assert 2 == most


async def test_machines_whose_clocks_are_minutes_apart_agree_on_the_time(tmp_path: Path, postgres_url: str) -> None:
    """Ten minutes early and ten late: it is the database's time that counts, for both."""
    clocks = (lambda: time.time() + 600.0, lambda: time.time() - 600.0)
    began = time.time()
    async with two_in_process(tmp_path, postgres_url, clocks=clocks) as made:
        for number in range(6):
            await made.video(f"Intro number {number}")
        await all_done(made, 6)
        assert {"card": 6, "video-v1.mp4": 6, "result": 6, "dm": 6} == said(made.slack)
        assert 6 == made.creates()
        times: list[float | None] = []
        for job in await made.jobs():
            tried = [effect.first_tried_at for effect in await made.effects(job)]
            times += [job.created_at, job.submitted_at, job.finished_at, *tried]
        assert len(times) >= 6 * 8
        assert all(at is None or began - 60.0 < at < time.time() + 60.0 for at in times)


@pytest.mark.parametrize("side", ["heygen", "slack"])
async def test_what_only_a_newer_release_knows_is_left_to_it(tmp_path: Path, side: str) -> None:
    """An older replica beside it neither makes such a call nor gives it up, and does all others."""
    async with world(tmp_path) as made:
        await made.video("An intro")
        await made.slack.wait_for(lambda slack: said(slack).get("dm", 0) >= 1)
        await made.settled()
        [job] = await made.jobs()
        one = next(effect for effect in await made.effects(job) if effect.side == side)
        newer = {"kind": "hologram", "step": "project", "state": "pending", "due_at": 0.0, "attempts": 0}
        await made.database.write(lambda tx: tx.execute(update(table).where(table.c.id == one.id).values(**newer)))
        await made.video("An outro")
        await made.slack.wait_for(lambda slack: said(slack).get("dm", 0) >= 2)
        left = next(effect for effect in await made.effects(job) if effect.id == one.id)
        assert (left.state, left.reason) == ("pending", "newer")
