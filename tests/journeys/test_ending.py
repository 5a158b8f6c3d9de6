"""Stopped, failed, tried again: the ends that are no video, and what comes after them."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from storage.records import JobState
from tests.journeys.limits import checked
from tests.journeys.world import ADMIN, ANA, BEN, GENERAL, World, button, elements, ours, shown


def thread_of(made: World, card: dict[str, Any]) -> list[dict[str, Any]]:
    """What the app wrote below the card."""
    return ours(made.slack.thread(GENERAL, card["ts"]))[1:]


def said_alone(made: World, *users: str) -> str:
    """Everything that only these people were told."""
    return "\n".join(shown(message) for user in users for message in made.slack.ephemerals(user))


def has(message: dict[str, Any] | None, action: str) -> bool:
    """Whether the message offers this."""
    return message is not None and any(item["action_id"] == action for item in elements(message))


async def click_card(made: World, card: dict[str, Any], action: str, *, by: str = ANA) -> None:
    """Clicks a button that the card shows or comes to show."""
    await made.slack.wait_for(lambda slack: has(slack.message(GENERAL, card["ts"]), action))
    assert (await made.slack.click(by, GENERAL, card["ts"], action)).ok


async def card_of(made: World, prompt: str) -> dict[str, Any]:
    """The card that shows this prompt."""

    def look(_: object) -> dict[str, Any] | None:
        return next((card for card in ours(made.slack.messages(GENERAL)) if prompt in shown(card)), None)

    found: dict[str, Any] = await made.slack.wait_for(look)
    return found


async def running(made: World, prompt: str = "An intro", **plan: Any) -> dict[str, Any]:
    """The card of a video that HeyGen is rendering and would take long for."""
    made.heygen.plan_next(**({"generating_seconds": 400} | plan))
    await made.video(prompt)
    card = await card_of(made, prompt)
    await made.card_shows(card, "Rendering")
    return card


async def closing_of(made: World, card: dict[str, Any]) -> dict[str, Any]:
    """The reply that tells of the stop; the card tells of it, too."""
    found = await made.until(lambda _: [reply for reply in thread_of(made, card) if "Stopped by" in shown(reply)])
    return found[0]


async def one_closing_line(made: World, card: dict[str, Any], *, by: str = ANA) -> str:
    """The closing line, which must be the last message of the thread and the only one after the stop."""
    closing = await closing_of(made, card)
    await made.card_shows(card, f"Stopped by <@{by}>")
    await made.settled()
    assert [closing["ts"]] == [message["ts"] for message in thread_of(made, card)]
    assert f"<@{by}>" in closing["text"]
    now = made.slack.message(GENERAL, card["ts"])
    assert now is not None
    assert not elements(now), "nothing is left to click"
    return str(closing["text"])


async def stopped_at_heygen(made: World) -> None:
    """HeyGen was told to stop, once."""
    await made.until(lambda world: [call for call in world.heygen.calls if call.op == "stop"])
    await made.heygen.wait_for(lambda heygen: heygen.is_idle)


async def test_stop_by_the_button_is_one_closing_line_and_nothing_more(tmp_path: Path) -> None:
    """The card says who stopped it, HeyGen halts, and the webhooks that follow say nothing to anybody."""
    async with checked(tmp_path, webhooks=True) as made:
        card = await running(made)
        await asyncio.gather(click_card(made, card, "stop"), click_card(made, card, "stop", by=ADMIN))
        await stopped_at_heygen(made)
        by = (await made.jobs())[0].cancel_asked_by or ""
        closing = await one_closing_line(made, card, by=by)
        assert "a button on the card brings it here" in closing
        assert not made.slack.messages(made.slack.dm(ANA))
        assert 1 == sum(call.op == "stop" for call in made.heygen.calls)


async def test_stop_by_the_sign_on_the_card(tmp_path: Path) -> None:
    """🛑 of the requester stops; that of somebody else does not, nor does another emoji."""
    async with checked(tmp_path) as made:
        card = await running(made)
        made.slack.react(BEN, GENERAL, card["ts"], "octagonal_sign")
        made.slack.react(ANA, GENERAL, card["ts"], "heart")
        await made.slack.idle()
        assert JobState.GENERATING is (await made.jobs())[0].state
        made.slack.react(ANA, GENERAL, card["ts"], "octagonal_sign")
        await one_closing_line(made, card)


async def test_stop_by_command_takes_the_only_one_and_asks_which_of_several(tmp_path: Path) -> None:
    """None, one and several: words, the closing line, a picker."""
    async with checked(tmp_path) as made:
        nothing = await made.slack.command(ANA, GENERAL, "/heygen", "stop")
        assert "nothing to stop" in nothing.body["text"]
        first = await running(made, "The first")
        second = await running(made, "The second")
        assert "nothing to stop" in (await made.slack.command(BEN, GENERAL, "/heygen", "stop")).body["text"]
        await made.slack.command(ANA, GENERAL, "/heygen", "stop")
        [picker] = made.slack.ephemerals(ANA, GENERAL)[-1:]
        assert "Which one" in picker["text"]
        wanted = button(made.slack.message(GENERAL, first["ts"]) or {}, "stop")["value"]
        assert (await made.slack.click(ANA, GENERAL, picker["ts"], "stop", value=wanted)).ok
        await one_closing_line(made, first)
        assert not (await made.slack.command(ANA, GENERAL, "/heygen", "stop")).body
        await one_closing_line(made, second)


async def test_a_stop_closes_the_open_question(tmp_path: Path) -> None:
    """What can no longer be answered no longer asks: its buttons go, by an edit."""
    async with checked(tmp_path) as made:
        made.heygen.plan_next(ask="Which background?\n- Office\n- Beach")
        await made.video("An intro")
        card = await made.card()
        [question] = await made.replies(card, lambda text: "Which background" in text)
        await click_card(made, card, "stop")
        await closing_of(made, card)
        await made.slack.wait_for(lambda slack: not elements(slack.message(GENERAL, question["ts"]) or question))
        await made.settled()
        assert 2 == len(thread_of(made, card))


async def test_a_stop_while_a_storyboard_is_on_its_way_shows_it_no_more(tmp_path: Path) -> None:
    """What is under way when somebody stops is let go, and the closing line is still the only message."""
    async with checked(tmp_path) as made:
        made.heygen.plan_next(review=True)
        await made.video("An intro --review")
        card = await made.card()
        await made.heygen.wait_for(lambda heygen: any(one.status == "reviewing" for one in heygen.sessions.values()))
        made.heygen.set(slow=0.3)
        await made.until(lambda world: any(call.op == "resource" for call in world.heygen.calls))
        await made.slack.command(ANA, GENERAL, "/heygen", "stop")
        await one_closing_line(made, card)


async def test_a_stop_before_heygen_was_asked_spends_nothing(tmp_path: Path) -> None:
    """A job that waits in the queue never reaches HeyGen, and the closing line says that nothing was charged."""
    async with checked(tmp_path, HEYGEN_CONCURRENCY="1") as made:
        await running(made)
        await made.video("The second")
        card = await card_of(made, "The second")
        await made.card_shows(card, "Queued, next in line")
        await click_card(made, card, "stop")
        assert "nothing was charged" in await one_closing_line(made, card)
        assert 1 == made.creates()


async def test_replies_kept_for_the_next_version_begin_nothing_after_a_stop(tmp_path: Path) -> None:
    """Stop means stop: what was said before it waits for a new word, and is part of that then."""
    async with checked(tmp_path, webhooks=True) as made:
        card = await running(made)
        made.slack.post(ANA, GENERAL, "Make it blue", thread_ts=card["ts"])
        await made.card_shows(card, "1 reply is kept")
        await click_card(made, card, "stop")
        await stopped_at_heygen(made)
        await one_closing_line(made, card)
        assert 1 == len(await made.jobs())
        made.heygen.plan_next_revision()
        made.slack.post(ANA, GENERAL, "and short", thread_ts=card["ts"])
        await made.replies(card, lambda text: "video-v2.mp4" in text)
        [session] = made.heygen.sessions.values()
        assert ["An intro", "Make it blue\nand short"] == [m.content for m in session.messages if m.role == "user"]


@pytest.mark.slow
async def test_a_video_that_finishes_anyway_is_a_button_on_the_card(tmp_path: Path) -> None:
    """No message tells of it, only an edit; the click delivers it once however often it comes."""
    async with checked(tmp_path, webhooks=True) as made:
        card = await running(made, finish_after_stop=True, generating_seconds=40)
        await click_card(made, card, "stop")
        await made.card_shows(card, "Get the video anyway", timeout=30)
        await made.settled()
        assert 1 == len(thread_of(made, card)), "only the closing line"
        clicks = [made.slack.click(user, GENERAL, card["ts"], "bring_back") for user in (ANA, BEN, ANA)]
        assert all(click.ok for click in await asyncio.gather(*clicks))
        await made.replies(card, lambda text: "your video is ready" in text)
        await made.slack.wait_for(lambda slack: not has(slack.message(GENERAL, card["ts"]), "bring_back"))
        await made.settled()
        assert 1 == sum(bool(message.get("files")) for message in thread_of(made, card))
        assert 1 == sum("your video is ready" in shown(message) for message in thread_of(made, card))
        made.slack.post(ANA, GENERAL, "Make it blue", thread_ts=card["ts"])
        await made.replies(card, lambda text: "video-v2.mp4" in text)


@pytest.mark.parametrize("way", ["button", "card", "command"])
async def test_a_failure_is_told_and_tried_again_once(tmp_path: Path, way: str) -> None:
    """Why, whether it was charged, what next; a second Retry of the same failure makes nothing."""
    async with checked(tmp_path) as made:
        made.heygen.plan_next(fail={"code": "rendering_failed", "message": "Avatar <broke> at https://x.test/?sig=1"})
        await made.video("An intro")
        card = await made.card()
        [failure] = await made.replies(card, lambda text: "could not be made" in text)
        for words in (f"<@{ANA}>", "could not finish rendering", "was not charged", "Try again", "&lt;broke&gt;"):
            assert words in shown(failure)
        assert "sig=1" not in shown(failure)
        await made.card_shows(card, "Failed")
        match way:
            case "button":
                clicks = [made.slack.click(user, GENERAL, failure["ts"], "retry") for user in (ANA, ADMIN)]
                assert all(click.ok for click in await asyncio.gather(*clicks))
                await made.until(lambda world: "nothing to try again" in said_alone(world, ANA, ADMIN))
            case "card":
                await click_card(made, card, "retry")
            case _:
                again = await made.slack.command(ANA, GENERAL, "/heygen", "retry")
                assert "I am trying again" in again.body["text"]
        await made.replies(card, lambda text: "video-v1.mp4" in text)
        text = await made.card_shows(card, "done")
        assert "v1 · failed" in text
        again = await made.slack.command(ANA, GENERAL, "/heygen", "retry")
        assert "nothing to try again" in again.body["text"]
        assert 2 == made.creates()


async def test_what_would_fail_again_offers_no_retry(tmp_path: Path) -> None:
    """A policy does not change by trying again; other words do, in a reply."""
    async with checked(tmp_path) as made:
        made.heygen.plan_next(fail={"code": "content_policy_violation", "message": "no"})
        await made.video("Something bad")
        card = await made.card()
        [failure] = await made.replies(card, lambda text: "content policy does not allow this" in text)
        assert not elements(failure)
        assert "was not charged" in shown(failure)
        made.slack.post(ANA, GENERAL, "Something good", thread_ts=card["ts"])
        await made.replies(card, lambda text: "video-v1.mp4" in text)


async def test_a_failure_without_a_code_is_told_in_heygens_words(tmp_path: Path) -> None:
    """A session that gives up while thinking has only a sentence; people read that."""
    async with checked(tmp_path) as made:
        made.heygen.plan_next(fail={"at": "thinking", "code": "x", "message": "I do not know <!channel> this person"})
        await made.video("An intro")
        card = await made.card()
        [failure] = await made.replies(card, lambda text: "gave up on this video" in text)
        assert "I do not know &lt;!channel&gt; this person" in shown(failure)
        assert has(failure, "retry")


async def test_a_refused_create_fails_the_job_with_words(tmp_path: Path) -> None:
    """HeyGen's 400 is the end of the job, told in the thread, and nothing was charged."""
    async with checked(tmp_path) as made:
        made.heygen.fail_next("create", "status", status=400, code="invalid_parameter", message="bad prompt")
        await made.video("An intro")
        card = await made.card()
        [failure] = await made.replies(card, lambda text: "does not accept something" in text)
        assert "bad prompt" in shown(failure)
        assert "was not charged" in shown(failure)
        assert not made.heygen.sessions


async def test_an_agent_that_makes_no_video_is_told(tmp_path: Path) -> None:
    """A run may end with words alone: they are shown, and a reply goes on in the same session."""
    async with checked(tmp_path, HEYGEN_POLL_SECONDS="0.05") as made:
        made.heygen.plan_next(no_video=True)
        await made.video("An intro")
        card = await made.card()
        [failure] = await made.replies(card, lambda text: "ended without making a video" in text)
        assert "no video to show" in shown(failure)
        made.slack.post(ANA, GENERAL, "A cat, please", thread_ts=card["ts"])
        await made.replies(card, lambda text: "video-v1.mp4" in text)
        assert 1 == made.creates()
