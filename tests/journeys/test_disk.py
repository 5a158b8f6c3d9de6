"""A disk that is full, a database that another program holds, a file that was damaged: said in words, and nothing lost.

The program is a process of its own. A full disk is a limit on how long its files may become, which is lifted again
while it runs; a held database is a transaction of this process.
"""

import asyncio
import contextlib
import resource
import sqlite3
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from bot.config import load_settings
from handlers.failing import STORELESS
from storage.database import open_database
from storage.records import JobState
from tests.journeys.once import ONE_VIDEO, calls, delivered, said
from tests.journeys.world import ANA, GENERAL, READY_SECONDS, World, bare, doubles, root, settings_for, shown
from tests.ports import free_port

SLACK_WAITS_SECONDS = 3.0


class Tried(World):
    """A world whose program can be put into trouble, and whose log is kept."""

    process: asyncio.subprocess.Process
    log: str = ""

    def limit(self, size: int) -> None:
        """No file of the program's may grow beyond this."""
        _, hard = resource.prlimit(self.process.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(self.process.pid, resource.RLIMIT_FSIZE, (size, hard))

    async def ready(self) -> int:
        """The status of /readyz."""
        async with aiohttp.ClientSession() as http, http.get(f"http://127.0.0.1:{self.port}/readyz") as answer:
            return answer.status

    async def until_ready(self, status: int) -> None:
        """Waits until /readyz answers so."""
        async with asyncio.timeout(READY_SECONDS):
            while await self._status() != status:
                await asyncio.sleep(0.05)

    async def _status(self) -> int:
        with contextlib.suppress(aiohttp.ClientError):
            return await self.ready()
        assert self.process.returncode is None, self.log
        return 0

    async def keep_log(self) -> None:
        assert self.process.stderr is not None
        async for line in self.process.stderr:
            self.log += line.decode()

    async def stop(self) -> int:
        self.process.terminate()
        return await asyncio.wait_for(self.process.wait(), READY_SECONDS)

    @property
    def file(self) -> Path:
        """The database."""
        return Path(self.settings.database_url.removeprefix("sqlite:///"))


@asynccontextmanager
async def tried(folder: Path, *, webhooks: bool = False, http: bool = False) -> AsyncIterator[Tried]:
    """The doubles in this process, the program in its own, with its log at hand."""
    port = free_port()
    async with doubles(folder, port, http=http, webhooks=webhooks, media=False) as (slack, heygen):
        environment = settings_for(folder, slack, heygen, port, http=http, webhooks=webhooks)
        made = Tried(slack, heygen, load_settings(None, environment))
        made.process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.journeys.program", env={**bare(), **environment}, cwd=root(),
            stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        reading = asyncio.create_task(made.keep_log())
        try:
            await made.until_ready(200)
            made.database = await open_database(made.settings.database_url, alone=False)
            yield made
        finally:
            await made.database.close()
            if made.process.returncode is None:
                made.process.kill()
            await made.process.wait()
            await reading


@contextlib.contextmanager
def held(file: Path) -> Iterator[None]:
    """Another program keeps the writing to itself."""
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.execute("ROLLBACK")
        other.close()


@asynccontextmanager
async def trouble(made: Tried, kind: str) -> AsyncIterator[None]:
    """While it lasts the program can read and not write."""
    if kind == "full":
        made.limit(1)
        try:
            yield
        finally:
            made.limit(resource.RLIM_INFINITY)
    else:
        with held(made.file):
            yield


@pytest.mark.parametrize("kind", ["full", "held"])
async def test_new_work_is_refused_with_words_and_what_runs_goes_on_afterwards(tmp_path: Path, kind: str) -> None:
    """A command is answered in time; HeyGen's answer that came meanwhile is kept, and one video comes of it."""
    async with tried(tmp_path) as made:
        made.heygen.set(slow=1.0)
        await made.video("The first film")
        card = await made.card()
        await made.until(lambda made: calls(made, "create") == 1)
        async with trouble(made, kind):
            began = asyncio.get_running_loop().time()
            ack = await made.slack.command(ANA, GENERAL, "/video", "The second film")
            assert asyncio.get_running_loop().time() - began < SLACK_WAITS_SECONDS
            assert ack.body["text"] == STORELESS
            await made.until(lambda made: made.heygen.sessions)
            await made.until_ready(503)
        made.heygen.set(slow=0.0)
        await made.until_ready(200)
        await delivered(made, card)
        assert made.creates() == 1
        assert said(made.slack) == ONE_VIDEO
        await made.video("The third film")
        await made.until(lambda made: made.creates() == 2)
        assert await made.stop() == 0
    assert "Traceback" not in made.log
    assert made.log.count("action=storing") < 10, made.log


@pytest.mark.parametrize("kind", ["full", "held"])
async def test_an_event_that_could_not_be_stored_comes_again(tmp_path: Path, kind: str) -> None:
    """Nothing is acknowledged that is not kept: Slack repeats a reply until it is, and it counts once."""
    async with tried(tmp_path, http=True) as made:
        made.slack.set(retry_pace=60.0)  # Slack's minute is a second
        async with trouble(made, kind):
            made.slack.post(ANA, made.slack.dm(ANA), "A film for me")
            await made.slack.wait_for(lambda slack: slack.deliveries("events_api")[-1].attempts >= 1)
            assert await made.jobs() == []
        await made.until(lambda made: made.creates() == 1)
        await made.slack.idle()
        assert [job.brief.prompt for job in await made.jobs()] == ["A film for me"]
    assert "Traceback" not in made.log


async def test_a_form_and_a_click_that_could_not_be_stored_are_told(tmp_path: Path) -> None:
    """The form stays open with the words; the one who clicked reads them alone."""
    async with tried(tmp_path) as made:
        made.heygen.plan_next(fail={"code": "rendering_failed", "message": "broke"})
        await made.video("A film")
        [failure] = await made.replies(await made.card(), lambda text: "could not be made" in text)
        await made.slack.command(ANA, GENERAL, "/video", "--portrait")
        [view] = made.slack.views(ANA)
        async with trouble(made, "full"):
            ack = await made.slack.submit_view(ANA, view["id"], {"prompt": "Another film"})
            assert ack.body == {"response_action": "errors", "errors": {"prompt": STORELESS}}
            assert (await made.slack.click(ANA, GENERAL, failure["ts"], "retry")).ok
            [told] = made.slack.ephemerals(ANA, GENERAL)[-1:]
            assert STORELESS in shown(told)
        assert len(await made.jobs()) == 1
        assert (await made.slack.submit_view(ANA, view["id"], {"prompt": "Another film"})).ok
        await made.until(lambda made: made.creates() == 2)


@pytest.mark.slow
async def test_a_file_that_is_damaged_while_it_is_used_is_said_once(tmp_path: Path) -> None:
    """One sentence a minute, 503, and no spinning; the program lives, for whoever restores the backup to stop it."""
    async with tried(tmp_path) as made:
        await made.video("A film")
        await delivered(made, await made.card())
        await made.database.close()
        with sqlite3.connect(made.file) as other:
            other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        other.close()
        with made.file.open("r+b") as file:
            file.seek(4096)
            file.write(b"\xa5" * (made.file.stat().st_size - 4096))
        ack = await made.slack.command(ANA, GENERAL, "/video", "Another film")
        assert STORELESS in str(ack.body), ack
        await made.until_ready(503)
        assert made.process.returncode is None
        lines = made.log.count("\n")
        await made.settled(quiet=1.5)
        assert made.log.count("\n") - lines < 5, made.log
        assert await made.stop() == 0
    assert "malformed; docs/operate/trouble.md says what to do" in made.log
    assert "Traceback" not in made.log


@pytest.mark.slow
async def test_the_log_beside_the_file_may_vanish_before_an_orderly_stop(tmp_path: Path) -> None:
    """Somebody tidies up -wal while the program runs: what was acknowledged is written into the file at the end."""
    async with tried(tmp_path) as made:
        made.heygen.plan_next(stuck="generating", generating_seconds=4000)
        await made.video("A film")
        card = await made.card()
        await made.card_shows(card, "Rendering")
        await made.database.close()
        made.file.with_name("jobs.db-wal").unlink()
        assert await made.stop() == 0
        made.database = await open_database(made.settings.database_url, alone=False)
        [job] = await made.jobs()
        assert (job.brief.prompt, job.state) == ("A film", JobState.GENERATING)
