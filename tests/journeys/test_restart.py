"""kill -9 in each state and at each kind of call, a restart on the same file: nothing lost, nothing done twice."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from bot.config import load_settings
from storage.database import open_database
from storage.records import EffectState, Job, JobState
from tests.journeys.once import ONE_VIDEO, asked, calls, choose, delivered, said, told
from tests.journeys.world import (
    ANA,
    GENERAL,
    Program,
    World,
    button,
    doubles,
    elements,
    settings_for,
)
from tests.ports import free_port

BACKGROUND = "Which background?\n- Office\n- Beach"
HELD = {"hold_seconds": 60.0}  # longer than the program lives
COMMAND_CALLS = 2  # before a command is acknowledged: who is it, and are we in the channel
BEFORE, AFTER = "timeout_before_commit", "timeout_after_commit"


class Mortal(World):
    """A world whose program is a process that can be killed."""

    program: Program

    async def reborn(self) -> None:
        """SIGKILL, and a start on the same file."""
        await self.program.kill()
        self.heygen.faults.clear()
        self.slack.set(latency=0.0)
        await self.program.start()

    async def in_state(self, state: JobState, *, at: int = 0) -> Job:
        """Waits until a job is in this state; `at` counts from the newest."""
        async with asyncio.timeout(15):
            while True:
                found = await self.jobs()
                if len(found) > at and found[at].state is state:
                    return found[at]
                await asyncio.sleep(0.02)

    async def trying(self, kind: str) -> None:
        """Waits until the newest job's call of this kind is under way."""
        async with asyncio.timeout(15):
            while True:
                [job, *_] = await self.jobs()
                if any(one.kind == kind and one.state is EffectState.TRYING for one in await self.effects(job)):
                    return
                await asyncio.sleep(0.02)

    async def heard(self, kind: str) -> None:
        """Waits until the program has acknowledged the newest event or click of this kind."""
        await self.slack.wait_for(lambda slack: slack.deliveries(kind)[-1].acked_at)


@asynccontextmanager
async def mortal(folder: Path, *, webhooks: bool = False, **more: str) -> AsyncIterator[Mortal]:
    """The doubles in this process, the program in its own."""
    port = free_port()
    async with doubles(folder, port, http=False, webhooks=webhooks, media=False) as (slack, heygen):
        environment = settings_for(folder, slack, heygen, port, http=False, webhooks=webhooks, **more)
        made = Mortal(slack, heygen, load_settings(None, environment))
        made.program = Program(environment, port)
        await made.program.start()
        made.database = await open_database(made.settings.database_url, alone=False)
        try:
            yield made
            assert await made.program.stop() == 0
        finally:
            await made.database.close()
            await made.program.kill()


async def claims(made: World) -> int:
    """How much a program has claimed."""
    counted = "SELECT (SELECT count(claimed_by) FROM effects) + (SELECT count(claimed_by) FROM jobs)"
    return int(await made.database.read(lambda tx: tx.exec_driver_sql(counted).scalar_one()))


async def called(made: World, method: str) -> None:
    """Waits until Slack has got one more call of a method than now."""
    before = len(made.slack.calls(method))
    await made.slack.wait_for(lambda slack: len(slack.calls(method)) > before)


async def test_queued_an_acknowledged_command_is_kept(tmp_path: Path) -> None:
    """Killed in the moment the command was acknowledged: the card comes, and the video."""
    async with mortal(tmp_path) as made:
        made.slack.set(latency=0.3)  # so that nothing is posted yet
        await made.video("An intro")
        await made.reborn()
        await delivered(made, await made.card())
        assert made.creates() == 1
        assert said(made.slack) == ONE_VIDEO


@pytest.mark.parametrize("deed", [AFTER, pytest.param(BEFORE, marks=pytest.mark.slow)])
async def test_queued_while_the_card_is_posted(tmp_path: Path, deed: Any) -> None:
    """Whether Slack took the card or not: there is one card, and one video below it."""
    async with mortal(tmp_path) as made:
        made.slack.next("chat.postMessage", deed, **HELD)
        await made.video("An intro")
        await made.slack.wait_for(lambda slack: slack.calls("chat.postMessage"))
        await made.reborn()
        await delivered(made, await made.card())
        assert made.creates() == 1
        assert said(made.slack) == ONE_VIDEO


@pytest.mark.slow
async def test_queued_behind_another_job(tmp_path: Path) -> None:
    """The queue survives: who was second is second, and both get their video."""
    async with mortal(tmp_path, HEYGEN_CONCURRENCY="1") as made:
        made.heygen.plan_next(slower=3.0)
        await made.video("First")
        await made.in_state(JobState.GENERATING)
        await made.video("Second")
        first, second = await made.slack.wait_for(
            lambda slack: two if len(two := slack.messages(GENERAL)) == 2 else None
        )
        await made.card_shows(second, "Queued, next in line")
        await made.reborn()
        await delivered(made, first)
        await made.card_shows(second, "*Done*")
        await made.slack.wait_for(lambda slack: said(slack).get("dm") == 2)
        assert told(made) == ["First", "Second"]
        assert said(made.slack) == {name: 2 * count for name, count in ONE_VIDEO.items()}


@pytest.mark.slow
async def test_submitting_a_session_that_was_made(tmp_path: Path) -> None:
    """HeyGen had made the session when the program died: it is found and bound, not made again."""
    async with mortal(tmp_path) as made:
        made.heygen.fail_next("create", AFTER)
        await made.video("An intro")
        await made.heygen.wait_for(lambda heygen: heygen.sessions)
        await made.in_state(JobState.SUBMITTING)
        await made.reborn()
        await delivered(made, await made.card())
        assert made.creates() == 1
        assert said(made.slack) == ONE_VIDEO


@pytest.mark.slow
async def test_submitting_a_session_that_was_not_made(tmp_path: Path) -> None:
    """The create died on its way: nothing is sent again before the person says so."""
    async with mortal(tmp_path) as made:
        made.heygen.fail_next("create", BEFORE)
        await made.video("An intro")
        await made.heygen.wait_for(lambda heygen: calls(made, "create"))
        await made.reborn()
        card = await made.card()
        question = await asked(made, card, "Send it again?")
        assert made.creates() == 1
        made.heygen.fail_next("create", AFTER)
        await choose(made, question, "Send it again")
        await made.heygen.wait_for(lambda heygen: heygen.sessions)
        await made.reborn()  # the answer was acknowledged, so it is kept
        await delivered(made, card)
        assert told(made) == ["An intro"]
        assert said(made.slack) == {**ONE_VIDEO, "question": 1}


@pytest.mark.slow
async def test_submitting_while_a_file_goes_to_heygen(tmp_path: Path) -> None:
    """A file is given to HeyGen under one key: after the restart it is the same asset."""
    async with mortal(tmp_path) as made:
        made.slack.invite(GENERAL)
        made.heygen.fail_next("asset", AFTER)
        picture = {"name": "logo.png", "mimetype": "image/png", "bytes": b"\x89PNG\r\n\x1a\n" + bytes(100)}
        made.slack.post(ANA, GENERAL, "<@U0BOT> An intro", files=[picture])
        await made.heygen.wait_for(lambda heygen: heygen.assets)
        await made.reborn()
        await made.slack.wait_for(lambda slack: said(slack).get("dm"))
        assert len(made.heygen.assets) == 1
        assert made.creates() == 1
        assert said(made.slack) == ONE_VIDEO


@pytest.mark.slow
async def test_unconfirmed_while_the_truth_is_read(tmp_path: Path) -> None:
    """The answer was lost, and the program with it: the reading goes on where it was."""
    async with mortal(tmp_path) as made:
        made.heygen.fail_next("create", "disconnect_after_commit")
        made.heygen.fail_next("list", BEFORE)
        await made.video("An intro")
        await made.in_state(JobState.UNCONFIRMED)
        await made.heygen.wait_for(lambda heygen: calls(made, "list"))
        await made.reborn()
        await delivered(made, await made.card())
        assert made.creates() == 1
        assert said(made.slack) == ONE_VIDEO


@pytest.mark.slow
async def test_unconfirmed_and_asked(tmp_path: Path) -> None:
    """The question to the person survives, is not asked twice, and its answer counts."""
    async with mortal(tmp_path) as made:
        made.heygen.fail_next("create", "disconnect_before_commit")
        await made.video("An intro")
        card = await made.card()
        question = await asked(made, card, "Send it again?")
        await made.reborn()
        await choose(made, question, "Send it again")
        await delivered(made, card)
        assert told(made) == ["An intro"]
        assert said(made.slack) == {**ONE_VIDEO, "question": 1}


@pytest.mark.parametrize("webhooks", [False, pytest.param(True, marks=pytest.mark.slow)], ids=["polling", "webhooks"])
async def test_generating_is_watched_again(tmp_path: Path, webhooks: bool) -> None:
    """Killed while it looks, and HeyGen finishes while nobody listens: the video is delivered after the restart."""
    async with mortal(tmp_path, webhooks=webhooks, HEYGEN_POLL_SECONDS="0.3") as made:
        made.heygen.fail_next("session", BEFORE)
        await made.video("An intro")
        await made.in_state(JobState.GENERATING)
        await made.heygen.wait_for(lambda heygen: calls(made, "session"))
        await made.program.kill()
        await made.heygen.wait_for(lambda heygen: [one for one in heygen.videos.values() if one.status == "completed"])
        await made.program.start()
        card = await made.card()
        await delivered(made, card)
        assert made.creates() == 1
        assert said(made.slack) == ONE_VIDEO


@pytest.mark.slow
async def test_generating_with_a_reply_kept_for_the_next_version(tmp_path: Path) -> None:
    """A reply that was acknowledged during the render becomes v2, although the program died right after."""
    async with mortal(tmp_path) as made:
        made.heygen.plan_next(slower=3.0)
        await made.video("An intro")
        await made.in_state(JobState.GENERATING)
        card = await made.card()
        made.slack.post(ANA, GENERAL, "Shorter", thread_ts=card["ts"])
        await made.heard("events_api")
        await made.reborn()
        await delivered(made, card, 2)
        assert told(made) == ["An intro", "Shorter"]
        assert said(made.slack) == {"card": 1, "video-v1.mp4": 1, "video-v2.mp4": 1, "result": 2, "dm": 2}


@pytest.mark.slow
async def test_waiting_for_input_keeps_its_question(tmp_path: Path) -> None:
    """The question is not asked again, and its buttons still work."""
    async with mortal(tmp_path) as made:
        made.heygen.plan_next(ask=[BACKGROUND])
        await made.video("An intro")
        await made.in_state(JobState.WAITING_FOR_INPUT)
        card = await made.card()
        question = await asked(made, card, "Which background")
        await made.reborn()
        await choose(made, question, "Beach")
        await made.reborn()  # the click was acknowledged, so it is kept
        await delivered(made, card)
        assert told(made) == ["An intro", "Beach"]
        assert said(made.slack) == {**ONE_VIDEO, "question": 1}


@pytest.mark.slow
@pytest.mark.parametrize("deed", [AFTER, BEFORE])
async def test_waiting_for_input_while_the_question_is_posted(tmp_path: Path, deed: Any) -> None:
    """Whether Slack took the question or not: it is asked once."""
    async with mortal(tmp_path) as made:
        made.heygen.plan_next(ask=[BACKGROUND])
        await made.video("An intro")
        card = await made.card()
        made.slack.next("chat.postMessage", deed, **HELD)
        await called(made, "chat.postMessage")
        await made.reborn()
        await choose(made, await asked(made, card, "Which background"), "Beach")
        await delivered(made, card)
        assert said(made.slack) == {**ONE_VIDEO, "question": 1}


@pytest.mark.slow
@pytest.mark.parametrize("deed", [AFTER, BEFORE])
async def test_waiting_for_input_while_the_answer_is_sent(tmp_path: Path, deed: Any) -> None:
    """The answer was on its way to HeyGen: it is found there, or sent once more."""
    async with mortal(tmp_path) as made:
        made.heygen.plan_next(ask=[BACKGROUND])
        made.heygen.fail_next("message", deed)
        await made.video("An intro")
        card = await made.card()
        await choose(made, await asked(made, card, "Which background"), "Beach")
        await made.heygen.wait_for(lambda heygen: calls(made, "message"))
        await made.reborn()
        await delivered(made, card)
        assert told(made) == ["An intro", "Beach"]
        assert said(made.slack) == {**ONE_VIDEO, "question": 1}


@pytest.mark.parametrize(
    ("method", "deed"),
    [
        ("files.completeUploadExternal", AFTER),
        pytest.param("files.completeUploadExternal", BEFORE, marks=pytest.mark.slow),
        pytest.param("upload", AFTER, marks=pytest.mark.slow),
        pytest.param("upload", BEFORE, marks=pytest.mark.slow),
        pytest.param("conversations.open", BEFORE, marks=pytest.mark.slow),
    ],
)
async def test_completed_while_the_result_is_brought(tmp_path: Path, method: str, deed: Any) -> None:
    """Killed while the bytes, the share, or the way to the DM was under way: one file, one result, one DM."""
    async with mortal(tmp_path) as made:
        made.slack.next(method, deed, **HELD)
        await made.video("An intro")
        await made.slack.wait_for(lambda slack: slack.calls(method))
        card = await made.card()
        await made.reborn()
        await delivered(made, card)
        assert said(made.slack) == ONE_VIDEO


@pytest.mark.parametrize(
    ("after", "deed"),
    [
        ("files.info", AFTER),
        pytest.param("files.info", BEFORE, marks=pytest.mark.slow),
        pytest.param("conversations.open", AFTER, marks=pytest.mark.slow),
        pytest.param("conversations.open", BEFORE, marks=pytest.mark.slow),
    ],
    ids=["result", "result-not-posted", "dm", "dm-not-posted"],
)
async def test_completed_while_the_result_is_told(tmp_path: Path, after: str, deed: Any) -> None:
    """Killed while the words or the DM were posted: each is there once."""
    async with mortal(tmp_path) as made:
        await made.video("An intro")
        card = await made.card()
        await made.slack.wait_for(lambda slack: slack.calls(after))
        made.slack.next("chat.postMessage", deed, **HELD)
        await called(made, "chat.postMessage")
        await made.reborn()
        await delivered(made, card)
        assert said(made.slack) == ONE_VIDEO


@pytest.mark.parametrize("deed", [AFTER, pytest.param(BEFORE, marks=pytest.mark.slow)])
@pytest.mark.slow
async def test_failed_is_said_once_and_a_retry_is_kept(tmp_path: Path, deed: Any) -> None:
    """The reason is told once; Retry, acknowledged right before the next death, makes the video."""
    async with mortal(tmp_path) as made:
        made.heygen.plan_next(fail={"code": "rendering_failed", "message": "Avatar rendering timed out"})
        await made.video("An intro")
        card = await made.card()
        made.slack.next("chat.postMessage", deed, **HELD)
        await called(made, "chat.postMessage")
        await made.in_state(JobState.FAILED)
        await made.reborn()
        await made.slack.wait_for(lambda slack: said(slack).get("failure"))
        [failure] = [one for one in await made.replies(card, lambda text: "retry" in text) if one["ts"] != card["ts"]]
        made.heygen.fail_next("create", AFTER)
        assert (await made.slack.click(ANA, GENERAL, failure["ts"], button(failure, "retry")["action_id"])).ok
        await made.heygen.wait_for(lambda heygen: len(heygen.sessions) == 2)
        await made.reborn()
        await made.slack.wait_for(lambda slack: said(slack).get("dm"))
        await made.settled()
        assert {"card": 1, "failure": 1, "result": 1, "dm": 1}.items() <= said(made.slack).items()
        assert made.creates() == 2


@pytest.mark.parametrize("deed", [AFTER, pytest.param(BEFORE, marks=pytest.mark.slow)])
@pytest.mark.slow
async def test_cancelled_is_said_once_and_heygen_is_stopped(tmp_path: Path, deed: Any) -> None:
    """Stop was acknowledged: one closing line, HeyGen learns it, and nothing follows."""
    async with mortal(tmp_path) as made:
        made.heygen.plan_next(stuck="generating")
        await made.video("An intro")
        card = await made.card()
        await made.in_state(JobState.GENERATING)
        made.slack.next("chat.postMessage", deed, **HELD)
        made.heygen.fail_next("stop", BEFORE)
        stop = button(made.slack.message(GENERAL, card["ts"]) or {}, "stop")
        assert (await made.slack.click(ANA, GENERAL, card["ts"], stop["action_id"])).ok
        await made.heygen.wait_for(lambda heygen: calls(made, "stop"))
        await made.slack.wait_for(lambda slack: len(slack.calls("chat.postMessage")) == 2)
        await made.reborn()
        await made.card_shows(card, "Stopped by")
        await made.slack.wait_for(lambda slack: said(slack).get("closing"))
        await made.heygen.wait_for(lambda heygen: not heygen.running)
        await made.settled()
        assert said(made.slack) == {"card": 1, "closing": 1}


@pytest.mark.slow
async def test_a_stop_clicked_while_the_session_is_made(tmp_path: Path) -> None:
    """Stopped while the create was in doubt: the session is found, stopped at HeyGen, and nothing comes of it."""
    async with mortal(tmp_path) as made:
        made.heygen.plan_next(stuck="generating")
        made.heygen.fail_next("create", AFTER)
        await made.video("An intro")
        card = await made.card()
        await made.heygen.wait_for(lambda heygen: heygen.sessions)
        stop = button(made.slack.message(GENERAL, card["ts"]) or {}, "stop")
        assert (await made.slack.click(ANA, GENERAL, card["ts"], stop["action_id"])).ok
        await made.reborn()
        await made.card_shows(card, "Stopped by")
        await made.heygen.wait_for(lambda heygen: not heygen.running)
        await made.settled()
        assert made.creates() == 1
        assert said(made.slack) == {"card": 1, "closing": 1}


@pytest.mark.parametrize(
    "kind", ["submit", *(pytest.param(kind, marks=pytest.mark.slow) for kind in ("card", "upload"))]
)
async def test_sigterm_ends_in_order_and_the_next_start_goes_on(tmp_path: Path, kind: str) -> None:
    """SIGTERM while a call is under way: its answer is kept, the exit code is 0, and the next program carries on."""
    async with mortal(tmp_path) as made:
        made.slack.set(latency=0.4)
        made.heygen.set(slow=0.4)
        await made.video("An intro")
        await made.trying(kind)
        assert await made.program.stop() == 0
        [job] = await made.jobs()
        left = {one.kind: one.state for one in await made.effects(job)}
        assert EffectState.TRYING not in left.values()
        assert EffectState.UNKNOWN not in left.values()
        assert await claims(made) == 0
        made.slack.set(latency=0.0)
        made.heygen.set(slow=0.0)
        await made.program.start()
        await delivered(made, await made.card())
        assert made.creates() == 1
        assert said(made.slack) == ONE_VIDEO


@pytest.mark.slow
async def test_sigterm_does_not_wait_for_a_call_that_never_ends(tmp_path: Path) -> None:
    """A call that hangs is cut off within the limit; the next program reads back what became of it."""
    async with mortal(tmp_path) as made:
        made.heygen.fail_next("create", AFTER)
        await made.video("An intro")
        await made.heygen.wait_for(lambda heygen: heygen.sessions)
        assert await made.program.stop() == 0
        assert await claims(made) == 0
        [submit] = [one for one in await made.effects((await made.jobs())[0]) if one.kind == "submit"]
        assert (submit.state, submit.attempts, submit.tries) == (EffectState.UNKNOWN, 1, 1)
        made.heygen.faults.clear()
        await made.program.start()
        await delivered(made, await made.card())
        assert made.creates() == 1
        assert said(made.slack) == ONE_VIDEO


@pytest.mark.slow
@pytest.mark.parametrize("call", range(1, 19))
async def test_killed_at_any_call_to_slack(tmp_path: Path, call: int) -> None:
    """Slack did as it was told and the program died before it heard so, at whatever call of a job's life."""
    async with mortal(tmp_path) as made:
        made.heygen.plan_next(ask=[BACKGROUND])
        before = len(made.slack.calls()) + COMMAND_CALLS
        await made.video("An intro")
        answering = asyncio.create_task(_answer(made))
        await made.slack.wait_for(lambda slack: len(slack.calls()) >= before + call or "dm" in said(slack), timeout=20)
        await made.reborn()
        await delivered(made, await made.card())
        answering.cancel()
        assert told(made) == ["An intro", "Beach"]
        asked_for = said(made.slack).pop("question")
        assert said(made.slack) == {**ONE_VIDEO, "question": asked_for}
        assert asked_for == 1 or made.creates() == 1, "asked whether to send again, though HeyGen had got it"


async def _answer(made: World) -> None:
    """Clicks whatever is asked, again if a click was not acknowledged."""
    while True:
        for message in [one for root in made.slack.messages(GENERAL) for one in made.slack.thread(GENERAL, root["ts"])]:
            for one in elements(message):
                if one["text"]["text"] in ("Beach", "Send it again"):
                    await made.slack.click(ANA, GENERAL, message["ts"], one["action_id"])
        await asyncio.sleep(0.1)
