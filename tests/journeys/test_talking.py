"""The agent asks, people answer; people want changes, the agent makes the next version."""

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.jobs.engine.talking import APPROVAL, KEPT
from storage.records import JobState
from tests.journeys.limits import checked
from tests.journeys.world import ANA, BEN, BOT, GENERAL, World, button, elements, shown

BACKGROUND = "Which background?\n- Office\n- Beach"


async def asked(made: World, card: dict[str, Any], words: str) -> dict[str, Any]:
    """The question with these words, once it is in the thread."""
    [question] = await made.replies(card, lambda text: words in text)
    return question


def option(question: dict[str, Any], label: str) -> str:
    """The action of the button with this label."""
    return next(str(item["action_id"]) for item in elements(question) if item["text"]["text"] == label)


def told(made: World) -> list[str]:
    """What people have said to HeyGen's only session, the prompt first."""
    [session] = made.heygen.sessions.values()
    return [message.content for message in session.messages if message.role == "user"]


def said_alone(made: World, *users: str) -> str:
    """Everything that only these people were told."""
    return "\n".join(shown(message) for user in users for message in made.slack.ephemerals(user))


async def delivered(made: World, card: dict[str, Any], version: int) -> dict[str, Any]:
    """The message with the file of a version."""
    [result] = await made.replies(card, lambda text: f"video-v{version}.mp4" in text)
    return result


async def test_two_people_click_and_the_first_one_answers(tmp_path: Path) -> None:
    """A question is answered once; whoever was second is told who was first."""
    async with checked(tmp_path) as made:
        made.heygen.plan_next(ask=BACKGROUND)
        await made.video("An intro")
        card = await made.card()
        question = await asked(made, card, "Which background")
        assert f"<@{ANA}>" in question["text"], "an edit notifies nobody, so the question mentions who asked"
        ways = ((BEN, option(question, "Beach")), (ANA, option(question, "Office")))
        clicks = await asyncio.gather(*(made.slack.click(user, GENERAL, question["ts"], way) for user, way in ways))
        assert all(click.ok for click in clicks)
        await delivered(made, card, 1)
        _, answer = told(made)
        first, second = (BEN, ANA) if answer == "Beach" else (ANA, BEN)
        await made.until(lambda world: f"<@{first}> has answered this already" in said_alone(world, second))
        assert not said_alone(made, first)
        now = made.slack.message(GENERAL, question["ts"]) or {}
        assert f"Answered by <@{first}>: {answer}" in shown(now)
        assert not elements(now)


async def test_free_text_answers_a_question_that_has_buttons(tmp_path: Path) -> None:
    """Buttons are an offer; any reply is an answer, and by anybody."""
    async with checked(tmp_path) as made:
        made.heygen.plan_next(ask=BACKGROUND)
        await made.video("An intro")
        card = await made.card()
        question = await asked(made, card, "Which background")
        made.slack.post(BEN, GENERAL, "A &lt;green&gt; meadow", thread_ts=card["ts"])
        await delivered(made, card, 1)
        assert ["An intro", "A <green> meadow"] == told(made)
        assert f"Answered by <@{BEN}>: A &lt;green&gt; meadow" in shown(
            made.slack.message(GENERAL, question["ts"]) or {}
        )
        assert 1 == len(await made.jobs())


async def test_an_open_question_has_no_buttons_and_takes_a_burst_as_one_answer(tmp_path: Path) -> None:
    """Two quick lines are one answer, not an answer and a revision."""
    async with checked(tmp_path) as made:
        made.heygen.plan_next(ask="Whom is it for, <!channel>?")
        await made.video("An intro for <!everyone> & all")
        card = await made.card()
        question = await asked(made, card, "Whom is it for")
        assert not elements(question)
        assert "waits" not in shown(question)
        await made.card_shows(card, "please answer in the thread")
        made.slack.post(ANA, GENERAL, "For customers", thread_ts=card["ts"])
        made.slack.post(ANA, GENERAL, "and partners", thread_ts=card["ts"])
        await delivered(made, card, 1)
        await made.settled()
        assert ["An intro for @everyone & all", "For customers\nand partners"] == told(made)
        assert 1 == len(await made.jobs())


async def test_several_questions_one_after_the_other(tmp_path: Path) -> None:
    """Each question is put once, and each answer goes to its own question."""
    async with checked(tmp_path) as made:
        made.heygen.plan_next(ask=[BACKGROUND, "Which music?\n1. Calm\n2. Fast"])
        await made.video("An intro")
        card = await made.card()
        for words, label in (("Which background", "Beach"), ("Which music", "Fast")):
            question = await asked(made, card, words)
            assert (await made.slack.click(ANA, GENERAL, question["ts"], option(question, label))).ok
        await delivered(made, card, 1)
        assert ["An intro", "Beach", "Fast"] == told(made)


@pytest.mark.slow
async def test_a_late_question_stays_open_until_it_is_answered(tmp_path: Path) -> None:
    """A question that comes while the video renders is found by looking, and further looks do not close it."""
    async with checked(tmp_path, HEYGEN_POLL_SECONDS="0.03") as made:
        made.heygen.plan_next(question_while_generating="Keep the logo?\n- Yes\n- No", generating_seconds=60)
        await made.video("An intro")
        card = await made.card()
        question = await asked(made, card, "Keep the logo")
        looks = len(made.heygen.calls)
        await made.until(lambda world: len(world.heygen.calls) >= looks + 2)
        [job] = await made.jobs()
        assert JobState.WAITING_FOR_INPUT is job.state
        now = made.slack.message(GENERAL, question["ts"]) or {}
        assert (await made.slack.click(ANA, GENERAL, now["ts"], option(now, "Yes"))).ok
        await delivered(made, card, 1)
        assert ["An intro", "Yes"] == told(made)


async def test_a_question_answered_at_heygen_is_closed_here(tmp_path: Path) -> None:
    """Somebody may answer on HeyGen's own page; the question in the thread must not go on asking."""
    async with checked(tmp_path, HEYGEN_POLL_SECONDS="0.03") as made:
        made.heygen.plan_next(ask=BACKGROUND)
        await made.video("An intro")
        card = await made.card()
        question = await asked(made, card, "Which background")
        await answer_at_heygen(made, "Beach")
        await delivered(made, card, 1)
        await made.until(lambda world: _is_closed(world, question["ts"]))


def _is_closed(made: World, ts: str) -> bool:
    now = made.slack.message(GENERAL, ts) or {}
    return "Closed without an answer here" in shown(now) and not elements(now)


async def answer_at_heygen(made: World, words: str) -> None:
    """A person answers on HeyGen's page; the app hears of it only by looking."""
    [session_id] = made.heygen.sessions
    async with httpx.AsyncClient(headers={"X-Api-Key": "local-heygen-key"}) as http:
        sent = await http.post(f"{made.heygen.url}/v3/video-agents/{session_id}", json={"message": words})
    assert 200 == sent.status_code, sent.text


async def test_a_storyboard_asked_for_comes_as_files_and_waits_for_approval(tmp_path: Path) -> None:
    """--review: the pictures are files in the thread, and one Approve goes to HeyGen however many click."""
    async with checked(tmp_path) as made:
        made.heygen.plan_next(review=True)
        await made.video("An intro --review")
        card = await made.card()
        review = await asked(made, card, "The storyboard is ready")
        [pictures] = await made.replies(card, lambda text: "storyboard-1.png" in text)
        assert ["storyboard-1.png", "storyboard-2.png", "storyboard-3.png"] == [
            file["name"] for file in pictures["files"]
        ]
        assert pictures["ts"] < review["ts"], "first the pictures, then what is asked about them"
        await made.card_shows(card, "approve or change it in the thread")
        clicks = await asyncio.gather(
            *(made.slack.click(user, GENERAL, review["ts"], "approve") for user in (ANA, BEN))
        )
        assert all(click.ok for click in clicks)
        await delivered(made, card, 1)
        assert ["An intro", APPROVAL] == told(made)
        await made.until(lambda world: "has answered this already" in said_alone(world, ANA, BEN))


async def test_a_storyboard_is_changed_in_a_modal_and_shown_again(tmp_path: Path) -> None:
    """Change… takes words; what HeyGen makes of them is shown before anything is rendered, still as v1."""
    async with checked(tmp_path) as made:
        made.heygen.plan_next(review=True)
        await made.video("An intro --review")
        card = await made.card()
        review = await asked(made, card, "The storyboard is ready")
        assert (await made.slack.click(BEN, GENERAL, review["ts"], "change")).ok
        [view] = made.slack.views(BEN)
        refused = await made.slack.submit_view(BEN, view["id"], {"words": "  "})
        assert "errors" == refused.body["response_action"]
        assert (await made.slack.submit_view(BEN, view["id"], {"words": "A <red> start"})).ok
        assert not made.slack.views(BEN)
        again = (await made.slack.wait_for(lambda _: _reviews(made, card, 2)))[-1]
        assert (await made.slack.click(ANA, GENERAL, again["ts"], "approve")).ok
        await delivered(made, card, 1)
        assert ["An intro", "A <red> start", APPROVAL] == told(made)
        assert 1 == len(await made.jobs())


def _reviews(made: World, card: dict[str, Any], count: int) -> list[dict[str, Any]] | None:
    thread = made.slack.thread(GENERAL, card["ts"])
    found = [message for message in thread if "The storyboard is ready" in shown(message)]
    return found if len(found) >= count else None


async def test_a_storyboard_nobody_asked_for_is_approved_by_itself_once(tmp_path: Path) -> None:
    """Without --review nobody is asked, and HeyGen hears one approval."""
    async with checked(tmp_path) as made:
        made.heygen.plan_next(review=True)
        await made.video("An intro")
        card = await made.card()
        await delivered(made, card, 1)
        assert ["An intro", APPROVAL] == told(made)
        assert "toryboard" not in "".join(shown(message) for message in made.slack.thread(GENERAL, card["ts"])[1:])


@pytest.mark.slow
async def test_a_question_after_a_storyboard_does_not_show_the_storyboard_again(tmp_path: Path) -> None:
    """The pictures belong to what was asked with them, not to whatever is asked later in the session."""
    async with checked(tmp_path, HEYGEN_POLL_SECONDS="0.03") as made:
        made.heygen.plan_next(review=True, question_while_generating="Keep the logo?", generating_seconds=60)
        await made.video("An intro --review")
        card = await made.card()
        review = await asked(made, card, "The storyboard is ready")
        assert (await made.slack.click(ANA, GENERAL, review["ts"], "approve")).ok
        await asked(made, card, "Keep the logo")
        made.slack.post(ANA, GENERAL, "Yes", thread_ts=card["ts"])
        await delivered(made, card, 1)
        assert 1 == sum("storyboard-1.png" in shown(message) for message in made.slack.thread(GENERAL, card["ts"]))


async def test_a_burst_of_replies_is_one_revision(tmp_path: Path) -> None:
    """Three quick replies, one of them a mention, are v2: one follow-up in the same session."""
    async with checked(tmp_path, webhooks=True) as made:
        await made.video("An intro")
        card = await made.card()
        await delivered(made, card, 1)
        for text in ("Shorter", f"<@{BOT}> and louder", "and in blue"):
            made.slack.post(BEN, GENERAL, text, thread_ts=card["ts"])
        await delivered(made, card, 2)
        await made.settled()
        assert ["An intro", "Shorter\nand louder\nand in blue"] == told(made)
        assert 2 == len(await made.jobs())
        text = await made.card_shows(card, "*Video v2*")
        assert "v1 · done" in text


async def test_a_reply_during_a_render_is_marked_and_becomes_the_next_version(tmp_path: Path) -> None:
    """Words said too early are not lost and not mixed into what is being rendered."""
    async with checked(tmp_path) as made:
        made.heygen.plan_next(generating_seconds=60)
        await made.video("An intro")
        card = await made.card()
        await made.card_shows(card, "Rendering")
        early = made.slack.post(BEN, GENERAL, "Make it blue", thread_ts=card["ts"])
        await made.card_shows(card, "1 reply is kept for the next version")
        await made.until(lambda world: [KEPT] == _reactions(world, early))
        assert ["An intro"] == told(made)
        await delivered(made, card, 1)
        await delivered(made, card, 2)
        assert ["An intro", "Make it blue"] == told(made)
        first, second = sorted(await made.jobs(), key=lambda job: job.version)
        assert (ANA, BEN) == (first.requester_id, second.requester_id)


def _reactions(made: World, ts: str) -> list[str]:
    message = made.slack.message(GENERAL, ts) or {}
    return [str(reaction["name"]) for reaction in message.get("reactions") or []]


@pytest.mark.slow
async def test_a_kept_reply_is_what_the_thread_shows_when_its_turn_comes(tmp_path: Path) -> None:
    """Edited or deleted while it waits: the old words used to be made, and charged, all the same."""
    async with checked(tmp_path) as made:
        made.heygen.plan_next(generating_seconds=100)
        await made.video("An intro")
        card = await made.card()
        await made.card_shows(card, "Rendering")
        edited, deleted, _ = [made.slack.post(BEN, GENERAL, text, thread_ts=card["ts"]) for text in ("Red", "No", "Go")]
        await made.card_shows(card, "3 replies are kept")
        made.slack.edit(BEN, GENERAL, edited, f"Blue, <@{ANA}> &amp; all")
        made.slack.delete_message(BEN, GENERAL, deleted)
        await made.card_shows(card, "2 replies are kept")
        await delivered(made, card, 2)
        assert ["An intro", "Blue, @ana & all\nGo"] == told(made)


@pytest.mark.slow
async def test_a_reply_that_is_edited_too_long_is_told_and_waits_as_it_was(tmp_path: Path) -> None:
    """Nothing is cut unseen, by an edit neither."""
    async with checked(tmp_path) as made:
        made.heygen.plan_next(generating_seconds=100)
        await made.video("An intro")
        card = await made.card()
        await made.card_shows(card, "Rendering")
        ts = made.slack.post(BEN, GENERAL, "Red", thread_ts=card["ts"])
        await made.card_shows(card, "1 reply is kept")
        made.slack.edit(BEN, GENERAL, ts, "x" * 10_001)
        await made.until(lambda world: "The reply has 10,001 characters" in said_alone(world, BEN))
        await delivered(made, card, 2)
        assert ["An intro", "Red"] == told(made)


async def test_the_first_version_is_never_delivered_as_the_second(tmp_path: Path) -> None:
    """For a while after a revision the session still shows v1's video and says that it is completed."""
    async with checked(tmp_path, HEYGEN_POLL_SECONDS="0.1") as made:
        made.heygen.set(lag_seconds=20.0)
        await made.video("An intro")
        card = await made.card()
        await delivered(made, card, 1)
        made.slack.post(ANA, GENERAL, "Make it shorter", thread_ts=card["ts"])
        await delivered(made, card, 2)
        [session] = made.heygen.sessions.values()
        jobs = sorted(await made.jobs(), key=lambda job: job.version)
        assert session.video_ids == [job.video_id for job in jobs]
        assert 2 == len(session.video_ids)


async def test_the_same_question_right_after_its_answer_is_asked_again(tmp_path: Path) -> None:
    """HeyGen's times are whole seconds, so the same words are told apart by what they answer."""
    async with checked(tmp_path) as made:
        made.heygen.plan_next(ask=[BACKGROUND, BACKGROUND])
        await made.video("An intro")
        card = await made.card()
        question = await asked(made, card, "Which background")
        assert (await made.slack.click(ANA, GENERAL, question["ts"], option(question, "Beach"))).ok

        def both(_: object) -> list[dict[str, Any]] | None:
            thread = made.slack.thread(GENERAL, card["ts"])
            found = [message for message in thread if "Which background" in shown(message)]
            return found if len(found) == 2 else None

        second = (await made.slack.wait_for(both))[-1]
        assert (await made.slack.click(ANA, GENERAL, second["ts"], option(second, "Office"))).ok
        await delivered(made, card, 1)
        assert ["An intro", "Beach", "Office"] == told(made)


async def test_a_lost_session_is_said_and_started_again_from_the_last_brief(tmp_path: Path) -> None:
    """HeyGen may forget a session; nothing is begun anew before a person says so, and nothing asked for is dropped."""
    async with checked(tmp_path, HEYGEN_POLL_SECONDS="0.05") as made:
        await made.video("An intro with a cat --portrait")
        card = await made.card()
        await delivered(made, card, 1)
        [lost] = made.heygen.sessions
        made.heygen.lose(lost)
        made.slack.post(BEN, GENERAL, "Make it a dog", thread_ts=card["ts"])
        [failure] = await made.replies(card, lambda text: "no longer knows this conversation" in text)
        assert 1 == made.creates()
        assert "Start again" == button(failure, "retry")["text"]["text"]
        assert (await made.slack.click(BEN, GENERAL, failure["ts"], "retry")).ok
        await delivered(made, card, 2)
        again = next(session for session in made.heygen.sessions.values() if session.id != lost)
        assert "An intro with a cat\n\nWith these changes:\n- Make it a dog" == again.prompt
        assert "portrait" == again.orientation
        made.slack.post(ANA, GENERAL, "And a bird", thread_ts=card["ts"])
        await delivered(made, card, 3)
        assert "And a bird" in [message.content for message in again.messages]
