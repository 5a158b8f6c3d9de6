"""Answers that never come: the truth is read back, nothing is done twice, and people are asked only when it must be."""

import asyncio
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.jobs.moment import CLOCKS_APART_SECONDS
from storage.records import JobState
from tests.journeys.once import ONE_VIDEO, asked, calls, choose, delivered, said, told
from tests.journeys.world import ADMIN, ANA, BEN, GENERAL, PRIVATE, World, shown, world

BACKGROUND = "Which background?\n- Office\n- Beach"


@pytest.mark.parametrize(
    "deed", ["disconnect_after_commit", *(pytest.param(deed, marks=pytest.mark.slow) for deed in ("html", "empty"))]
)
async def test_a_create_that_happened_is_found_and_bound(tmp_path: Path, deed: str) -> None:
    """HeyGen made the session and its answer was lost: the session is found in the list, and not made again."""
    async with world(tmp_path) as made:
        made.heygen.fail_next("create", deed, commit=True)
        await made.video("A lost intro")
        card = await made.card()
        await delivered(made, card)
        assert made.creates() == 1
        assert told(made) == ["A lost intro"]
        assert said(made.slack) == ONE_VIDEO


@pytest.mark.slow
async def test_a_create_that_did_not_happen_is_asked_about_and_sent_again(tmp_path: Path) -> None:
    """Nothing shows whether HeyGen got it: the person decides, and Send it again sends it once."""
    async with world(tmp_path) as made:
        made.heygen.fail_next("create", "disconnect_before_commit")
        await made.video("A lost intro")
        card = await made.card()
        question = await asked(made, card, "Send it again?")
        assert made.creates() == 1
        await made.card_shows(card, "Nobody knows whether HeyGen got it")
        await choose(made, question, "Send it again")
        await delivered(made, card)
        assert made.creates() == 2
        assert told(made) == ["A lost intro"]
        assert said(made.slack) == {**ONE_VIDEO, "question": 1}


@pytest.mark.slow
async def test_a_failure_after_a_create_in_doubt_is_not_called_free(tmp_path: Path) -> None:
    """The first one is HeyGen's for all anybody knows; of the second alone it is known that it cost nothing."""
    async with world(tmp_path) as made:
        made.heygen.fail_next("create", "disconnect_before_commit")
        await made.video("A lost intro")
        card = await made.card()
        question = await asked(made, card, "Send it again?")
        made.heygen.fail_next("create", "status", status=403, code="content_policy_violation")
        await choose(made, question, "Send it again")
        [failure] = await made.replies(card, lambda text: "content policy" in text)
        assert "Whether it was charged is not known" in shown(failure)


@pytest.mark.slow
async def test_a_create_in_doubt_can_be_left(tmp_path: Path) -> None:
    """Leave it ends the job with one closing line; HeyGen is not called again."""
    async with world(tmp_path) as made:
        made.heygen.fail_next("create", "disconnect_before_commit")
        await made.video("A lost intro")
        card = await made.card()
        await choose(made, await asked(made, card, "Send it again?"), "Leave it")
        await made.card_shows(card, "Stopped by")
        await made.settled()
        assert made.creates() == 1
        assert made.heygen.sessions == {}
        assert said(made.slack) == {"card": 1, "question": 1, "closing": 1}


async def test_two_sessions_that_may_be_ours_are_asked_about(tmp_path: Path) -> None:
    """Somebody began the same at HeyGen a moment ago: nobody can tell which is ours, so none is taken."""
    async with world(tmp_path) as made:
        await begin_elsewhere(made, "A lost intro")
        made.heygen.fail_next("create", "disconnect_after_commit")
        await made.video("A lost intro")
        card = await made.card()
        question = await asked(made, card, "Send it again?")
        assert [None] == [job.session_id for job in await made.jobs()]
        await choose(made, question, "Leave it")
        await made.card_shows(card, "Stopped by")
        assert made.creates() == 2  # one of them not ours


async def begin_elsewhere(made: World, prompt: str) -> None:
    """Makes a session with the same key but not by the program."""
    async with httpx.AsyncClient(base_url=made.heygen.url) as http:
        answer = await http.post("/v3/video-agents", json={"prompt": prompt}, headers={"X-Api-Key": "local-heygen-key"})
        assert answer.status_code == 200, answer.text


async def test_a_session_that_may_be_another_jobs_is_not_taken(tmp_path: Path) -> None:
    """Two people ask the same words; one create never happened, the other's answer is lost: one must not take both."""
    async with world(tmp_path) as made:
        made.heygen.fail_next("create", "disconnect_before_commit")
        made.heygen.fail_next("create", "disconnect_after_commit")
        await asyncio.gather(made.video("Hello"), made.video("Hello", by=BEN))
        cards = await made.slack.wait_for(lambda slack: found if len(found := slack.messages(GENERAL)) == 2 else None)
        for card in cards:
            await asked(made, card, "Send it again?")
        assert [None, None] == [job.session_id for job in await made.jobs()]
        assert made.creates() == 2


async def test_a_callback_settles_which_session_is_whose(tmp_path: Path) -> None:
    """The same words twice and both answers lost: HeyGen's webhook names our callback id, so doubt ends by itself."""
    async with world(tmp_path, webhooks=True) as made:
        made.heygen.fail_next("create", "disconnect_after_commit", times=2)
        await asyncio.gather(made.video("Hello"), made.video("Hello", by=BEN))
        await made.slack.wait_for(lambda slack: said(slack).get("dm") == 2, timeout=20)
        await made.settled()
        assert made.creates() == 2
        assert [JobState.COMPLETED] * 2 == [job.state for job in await made.jobs()]
        callbacks = {one.id: one.callback_id for one in made.heygen.sessions.values()}
        assert callbacks == {job.session_id: job.callback_id for job in await made.jobs()}


@pytest.mark.slow
async def test_a_dead_key_while_reading_back_does_not_send_again(tmp_path: Path) -> None:
    """The key is refused just when the truth is read: the doubt remains, admins learn it, nothing is charged twice."""
    async with world(tmp_path) as made:
        made.heygen.fail_next("create", "disconnect_after_commit")
        made.heygen.fail_next("list", "status", status=401)
        await made.video("A lost intro")
        card = await made.card()
        await delivered(made, card)
        assert made.creates() == 1
        assert said(made.slack) == {**ONE_VIDEO, "pause": 1}
        assert "key" in shown(made.slack.messages(made.slack.dm(ADMIN))[0])


@pytest.mark.slow
@pytest.mark.parametrize(("deed", "sent"), [("disconnect_after_commit", 1), ("disconnect_before_commit", 2)])
async def test_an_answer_to_the_agent_reaches_it_once(tmp_path: Path, deed: str, sent: int) -> None:
    """The call with the person's answer is lost: it is found among the session's messages, or sent once more."""
    async with world(tmp_path) as made:
        made.heygen.plan_next(ask=[BACKGROUND])
        made.heygen.fail_next("message", deed)
        await made.video("An intro")
        card = await made.card()
        await choose(made, await asked(made, card, "Which background"), "Beach")
        await delivered(made, card)
        assert told(made) == ["An intro", "Beach"]
        assert calls(made, "message") == sent
        assert said(made.slack) == {**ONE_VIDEO, "question": 1}


@pytest.mark.slow
@pytest.mark.parametrize(("deed", "sent"), [("disconnect_after_commit", 1), ("disconnect_before_commit", 2)])
async def test_a_revision_reaches_the_session_once(tmp_path: Path, deed: str, sent: int) -> None:
    """A revision whose call is lost makes one v2, even when it says what was said before."""
    async with world(tmp_path) as made:
        await made.video("Again")
        card = await made.card()
        await delivered(made, card)
        made.heygen.fail_next("message", deed)
        made.slack.post(ANA, GENERAL, "Again", thread_ts=card["ts"])
        await delivered(made, card, 2)
        assert told(made) == ["Again", "Again"]
        assert calls(made, "message") == sent
        assert said(made.slack) == {"card": 1, "video-v1.mp4": 1, "video-v2.mp4": 1, "result": 2, "dm": 2}


@pytest.mark.slow
async def test_a_follow_up_that_heygen_refuses_for_a_moment_is_sent_when_it_listens(tmp_path: Path) -> None:
    """A 409 says that the session is busy: it is looked at again, and the words are sent once."""
    async with world(tmp_path) as made:
        await made.video("An intro")
        card = await made.card()
        await delivered(made, card)
        made.heygen.fail_next("message", "status", status=409, times=2)
        made.slack.post(ANA, GENERAL, "Shorter", thread_ts=card["ts"])
        await delivered(made, card, 2)
        assert told(made) == ["An intro", "Shorter"]


@pytest.mark.parametrize("deed", ["disconnect_after_commit", "disconnect_before_commit"])
async def test_speech_whose_answer_was_lost_is_asked_about(tmp_path: Path, deed: str) -> None:
    """HeyGen keeps no list of speech, so nobody can know: the person is asked before it is paid for again."""
    async with world(tmp_path) as made:
        await made.heygen.wait_for(lambda heygen: any(call.op == "styles" for call in heygen.calls))
        made.heygen.fail_next("speech", deed)
        assert (await made.slack.command(ANA, GENERAL, "/speak", "Hello --voice Annabelle")).ok
        card = await made.card()
        question = await asked(made, card, "Send it again?")
        assert calls(made, "speech") == 1
        await choose(made, question, "Send it again")
        await made.slack.wait_for(lambda slack: said(slack).get("speech.mp3"))
        await made.settled()
        assert calls(made, "speech") == 2
        assert said(made.slack)["speech.mp3"] == 1


async def test_posts_that_happened_are_found_by_their_metadata(tmp_path: Path) -> None:
    """Slack took the card, the question, the result and the DM and never said so: each is there once."""
    async with world(tmp_path) as made:
        made.slack.next("chat.postMessage", "disconnect_after_commit", times=4)
        made.heygen.plan_next(ask=[BACKGROUND])
        await made.video("An intro")
        card = await made.card()
        await choose(made, await asked(made, card, "Which background"), "Beach")
        await delivered(made, card)
        assert said(made.slack) == {**ONE_VIDEO, "question": 1}
        assert len(made.slack.calls("chat.postMessage")) == 4


@pytest.mark.parametrize(
    "apart", [CLOCKS_APART_SECONDS - 1, pytest.param(1 - CLOCKS_APART_SECONDS, marks=pytest.mark.slow)]
)
async def test_posts_are_found_though_the_clock_is_as_wrong_as_it_may_be(tmp_path: Path, apart: float) -> None:
    """What `check` takes for right: by a clock half a minute ahead every lost post used to come twice."""
    async with world(tmp_path, clock=lambda: time.time() + apart) as made:
        made.slack.next("chat.postMessage", "disconnect_after_commit", times=3)
        await made.video("An intro")
        card = await made.card()
        await delivered(made, card)
        assert said(made.slack) == ONE_VIDEO
        assert len(made.slack.calls("chat.postMessage")) == 3


@pytest.mark.slow
@pytest.mark.parametrize("lost", [("status", {"status": 503}), ("timeout_before_commit", {"hold_seconds": 0.05})])
async def test_posts_that_did_not_happen_are_posted_once(tmp_path: Path, lost: tuple[Any, dict[str, Any]]) -> None:
    """The card, the question, the result and the DM are lost on their way: each is posted again, and once."""
    deed, details = lost
    async with world(tmp_path) as made:
        made.slack.next("chat.postMessage", deed, **details)
        made.heygen.plan_next(ask=[BACKGROUND])
        await made.video("An intro")
        card = await made.card()
        made.slack.next("chat.postMessage", deed, **details)
        question = await asked(made, card, "Which background")
        made.slack.next("chat.postMessage", deed, **details)
        await choose(made, question, "Beach")
        await made.replies(card, lambda text: "video-v1.mp4" in text)
        await made.slack.wait_for(lambda slack: slack.calls("conversations.open"))
        made.slack.next("chat.postMessage", deed, **details)
        await delivered(made, card)
        assert said(made.slack) == {**ONE_VIDEO, "question": 1}
        refused = [call for call in made.slack.calls("chat.postMessage") if not call.ok]
        assert len(refused) == 4


async def test_a_post_is_found_in_a_busy_channel(tmp_path: Path) -> None:
    """Hundreds of messages came after the card whose answer was lost: it is found behind them, not posted again."""
    async with world(tmp_path) as made:
        made.slack.next("chat.postMessage", "disconnect_after_commit")
        await made.video("An intro")
        await made.slack.wait_for(lambda slack: slack.calls("chat.postMessage"))
        made.slack.set(drop_next=600)  # the app need not hear them
        for number in range(600):
            made.slack.post(BEN, GENERAL, f"chatter {number}")
        await delivered(made, await made.card())
        assert said(made.slack) == ONE_VIDEO


async def test_words_to_one_person_are_not_said_twice(tmp_path: Path) -> None:
    """Where the app is no member it answers in the DM; that post is looked up like any other."""
    async with world(tmp_path) as made:
        made.slack.next("chat.postMessage", "disconnect_after_commit")
        assert (await made.slack.command(ANA, PRIVATE, "/heygen", "credits")).ok
        await made.slack.wait_for(lambda slack: slack.messages(slack.dm(ANA)))
        await made.settled()
        assert len(made.slack.messages(made.slack.dm(ANA))) == 1
        assert len(made.slack.calls("chat.postMessage")) == 1


@pytest.mark.slow
async def test_a_post_in_doubt_waits_while_slack_cannot_be_read(tmp_path: Path) -> None:
    """The card may be there and Slack cannot be asked for long: it is neither posted twice nor given up."""
    async with world(tmp_path) as made:
        made.slack.next("chat.postMessage", "disconnect_after_commit")
        made.slack.next("conversations.history", "429", times=2, retry_after=0)
        made.slack.next("conversations.history", "status", status=503, times=6)
        await made.video("An intro")
        card = await made.card()
        await delivered(made, card)
        assert said(made.slack) == ONE_VIDEO


@pytest.mark.parametrize("share_delay", [0.05, 1.5])
async def test_a_share_that_happened_is_verified_not_repeated(tmp_path: Path, share_delay: float) -> None:
    """Slack shares the file some time after the call whose answer was lost: it is in the thread once."""
    async with world(tmp_path) as made:
        made.slack.set(share_delay=share_delay)
        made.slack.next("files.completeUploadExternal", "disconnect_after_commit")
        await made.video("An intro")
        card = await made.card()
        await delivered(made, card)
        assert said(made.slack) == ONE_VIDEO
        assert [job.file_trouble for job in await made.jobs()] == [None]


@pytest.mark.parametrize(
    ("method", "deed", "details"),
    [
        ("files.completeUploadExternal", "timeout_before_commit", {"hold_seconds": 0.05}),
        pytest.param("files.completeUploadExternal", "status", {"status": 503}, marks=pytest.mark.slow),
        pytest.param("files.getUploadURLExternal", "disconnect_after_commit", {}, marks=pytest.mark.slow),
        pytest.param("upload", "disconnect_after_commit", {}, marks=pytest.mark.slow),
        ("upload", "status", {"status": 503}),
        pytest.param("files.info", "status", {"status": 503}, marks=pytest.mark.slow),
    ],
)
async def test_a_file_lost_on_its_way_is_shared_once(
    tmp_path: Path, method: str, deed: Any, details: dict[str, Any]
) -> None:
    """Whichever of the three calls of an upload is lost, the video is in the thread once."""
    async with world(tmp_path) as made:
        made.slack.next(method, deed, **details)
        await made.video("An intro")
        card = await made.card()
        await delivered(made, card)
        assert said(made.slack) == ONE_VIDEO
        assert [job.file_trouble for job in await made.jobs()] == [None]


@pytest.mark.slow
async def test_an_edit_whose_answer_was_lost_is_repeated(tmp_path: Path) -> None:
    """Edits may be done twice: whatever is lost of them, the card ends with the truth."""
    async with world(tmp_path) as made:
        made.slack.next("chat.update", "disconnect_after_commit")
        made.slack.next("chat.update", "status", status=503)
        await made.video("An intro")
        card = await made.card()
        await delivered(made, card)
        assert said(made.slack) == ONE_VIDEO


async def test_slacks_rest_is_kept(tmp_path: Path) -> None:
    """After a 429 nothing is posted in that channel before Retry-After has passed; then it is posted once."""
    async with world(tmp_path) as made:
        made.slack.next("chat.postMessage", "429", retry_after=2)
        await made.video("An intro")
        card = await made.card()
        await delivered(made, card)
        refused, posted = made.slack.calls("chat.postMessage")[:2]
        assert not refused.ok
        assert posted.at - refused.at >= 2.0
        assert said(made.slack) == ONE_VIDEO


async def test_heygens_rest_is_kept(tmp_path: Path) -> None:
    """A create that was answered 429 did not happen: it is made again once Retry-After has passed."""
    async with world(tmp_path) as made:
        made.heygen.fail_next("create", "status", status=429, retry_after=2)
        await made.video("An intro")
        card = await made.card()
        await delivered(made, card)
        refused, accepted = [call for call in made.heygen.calls if call.op == "create"]
        assert accepted.at - refused.at >= 2.0
        assert said(made.slack) == ONE_VIDEO


@pytest.mark.slow
async def test_a_look_that_fails_is_only_a_look(tmp_path: Path) -> None:
    """HeyGen cannot say how a job is for a moment: nobody is told, and it is asked again."""
    async with world(tmp_path) as made:
        made.heygen.fail_next("session", "status", status=503)
        made.heygen.fail_next("session", "html")
        await made.video("An intro")
        card = await made.card()
        await delivered(made, card)
        assert said(made.slack) == ONE_VIDEO
        assert JobState.COMPLETED is (await made.jobs())[0].state


@pytest.mark.slow
async def test_words_do_not_decide_what_may_be_charged_twice(tmp_path: Path) -> None:
    """A reply below Send it again? is kept for the next version: only the buttons send again, or end it."""
    async with world(tmp_path) as made:
        made.heygen.fail_next("create", "disconnect_before_commit")
        await made.video("An intro")
        card = await made.card()
        question = await asked(made, card, "Send it again?")
        reply = made.slack.post(BEN, GENERAL, "yes, send again", thread_ts=card["ts"])
        await made.slack.wait_for(lambda slack: (slack.message(GENERAL, reply) or {}).get("reactions"))
        await made.settled()
        assert made.creates() == 1
        assert JobState.UNCONFIRMED is (await made.jobs())[0].state
        await choose(made, question, "Send it again")
        await delivered(made, card, 2)
        assert told(made) == ["An intro", "yes, send again"]
