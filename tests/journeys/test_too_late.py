"""Clicks, words and signs that find nothing left to do: each is answered, to that person alone, with what is so now."""

from pathlib import Path
from typing import Any

import pytest

from bot.config import load_settings
from storage.records import JobState
from tests.journeys.limits import checked
from tests.journeys.once import told
from tests.journeys.world import (
    ADMIN,
    ANA,
    BEN,
    BOT,
    GENERAL,
    OTHERS,
    PRIVATE,
    World,
    button,
    doubles,
    elements,
    in_process,
    ours,
    settings_for,
    shown,
)
from tests.ports import free_port

Message = dict[str, Any]


async def whispered(made: World, user: str, words: str, *, channel: str = GENERAL) -> Message:
    """The message with these words that only this person sees there, and nobody else."""

    def look(_: object) -> Message | None:
        return next((one for one in made.slack.ephemerals(user, channel) if words in shown(one)), None)

    found: Message = await made.slack.wait_for(look, timeout=15)
    for other in {ANA, BEN, ADMIN} - {user}:
        assert not any(words in shown(one) for one in made.slack.ephemerals(other, channel))
    return found


async def dm_with(made: World, user: str, words: str) -> Message:
    """The direct message with these words, wherever in the DM it stands."""
    channel = made.slack.dm(user)

    def look(_: object) -> Message | None:
        roots = made.slack.messages(channel)
        every = [one for root in roots for one in made.slack.thread(channel, root["ts"])]
        return next((one for one in ours(every) if words in shown(one)), None)

    found: Message = await made.slack.wait_for(look, timeout=15)
    return found


async def reply_with(made: World, card: Message, words: str) -> Message:
    """The app's reply below the card that has these words."""
    return (await made.replies(card, lambda text: words in text))[0]


async def click(made: World, user: str, ts: str, action: str, **more: Any) -> None:
    """A click that is acknowledged."""
    assert (await made.slack.click(user, more.pop("channel", GENERAL), ts, action, **more)).ok


async def test_buttons_of_another_installation_are_answered(tmp_path: Path) -> None:
    """The database was lost or is another one: every button says so, and nothing is done."""
    port = free_port()
    async with doubles(tmp_path, port, http=False, webhooks=False, media=False) as (slack, heygen):
        first = settings_for(tmp_path, slack, heygen, port, http=False, webhooks=False)
        other = first | {"DATABASE_URL": f"sqlite:///{tmp_path}/other.db"}
        made = World(slack, heygen, load_settings(None, first))
        async with in_process(made):
            clickable = await _every_button(made)
            await click(made, BEN, next(ts for ts, action in clickable if action == "get_link"), "change")
            [form] = slack.views(BEN)
        made = World(slack, heygen, load_settings(None, other))
        async with in_process(made):
            seen = len(heygen.sessions)
            for ts, action in clickable:
                before = len(slack.ephemerals(ANA, GENERAL))
                await click(made, ANA, ts, action)
                await made.until(lambda made, n=before: len(made.slack.ephemerals(ANA, GENERAL)) > n)  # type: ignore[misc]
                assert "no longer know what this belongs to" in shown(slack.ephemerals(ANA, GENERAL)[-1]), action
            assert [] == slack.views(ANA)
            late = await slack.submit_view(BEN, form["id"], {"words": "Shorter"})
            assert "no longer know what this belongs to" in str(late.body["errors"])
            assert seen == len(heygen.sessions)


WISHES: tuple[tuple[dict[str, Any], str, str], ...] = (
    ({"ask": "Which one?\n- A\n- B"}, "", "Which one?"),
    ({"review": True}, " --review", "The storyboard is ready"),
    ({"fail": {"code": "rendering_failed"}}, "", "could not be made"),
    ({}, "", "your video is ready"),
)


async def _every_button(made: World) -> list[tuple[str, str]]:
    """Messages and what can be clicked in them: a question, a storyboard, a failure, a result and a card."""
    made.slack.set(uploads="file_uploads_disabled")
    found = []
    for number, (plan, flags, words) in enumerate(WISHES):
        made.heygen.plan_next(**plan)
        await made.video(f"Number {number}{flags}")
        await made.until(lambda made, count=number + 1: len(ours(made.slack.messages(GENERAL))) == count)  # type: ignore[misc]
        card = await made.card()
        message = await reply_with(made, card, words)
        found += [(message["ts"], item["action_id"]) for item in elements(message)]
    first = ours(made.slack.messages(GENERAL))[0]
    found.append((first["ts"], "stop"))
    assert {"answer:0", "answer:1", "approve", "change", "retry", "get_link", "stop"} == {action for _, action in found}
    return found


async def test_who_changes_an_answered_storyboard_learns_it_and_keeps_their_words(tmp_path: Path) -> None:
    """Two people fill in Change…: the second is told who was faster and what to do, with the form still open."""
    async with checked(tmp_path) as made:
        made.heygen.plan_next(review=True)
        await made.video("An intro --review")
        card = await made.card()
        review = await reply_with(made, card, "The storyboard is ready")
        for user in (ANA, BEN):
            await click(made, user, review["ts"], "change")
        [first], [second] = made.slack.views(ANA), made.slack.views(BEN)
        assert (await made.slack.submit_view(ANA, first["id"], {"words": "A red start"})).ok
        late = await made.slack.submit_view(BEN, second["id"], {"words": "A blue start"})
        assert "errors" == late.body["response_action"]
        [said] = late.body["errors"].values()
        assert "has answered this storyboard already" in said
        assert "reply with them in the thread" in said
        assert "<@" not in said, "a form shows no mention as a name"
        [still_open] = made.slack.views(BEN)
        assert second["id"] == still_open["id"]
        await made.until(lambda made: "A red start" in told(made))
        await made.settled()
        assert "A blue start" not in told(made)


async def test_a_storyboard_that_was_answered_opens_no_form(tmp_path: Path) -> None:
    """Its old buttons, clicked before the edit arrives, say who was faster."""
    async with checked(tmp_path) as made:
        made.heygen.plan_next(review=True, generating_seconds=400)
        await made.video("An intro --review")
        card = await made.card()
        review = await reply_with(made, card, "The storyboard is ready")
        made.slack.next("chat.update", "status", status=503)  # so that the buttons stay a little longer
        await click(made, ANA, review["ts"], "approve")
        await click(made, BEN, review["ts"], "change")
        await whispered(made, BEN, f"<@{ANA}> has answered this already")
        assert [] == made.slack.views(BEN)


@pytest.mark.slow
async def test_a_change_during_a_render_is_kept_and_said_to_be(tmp_path: Path) -> None:
    """Change… on an older result while the next version is made: the words wait, and their author learns it."""
    async with checked(tmp_path) as made:
        await made.video("An intro")
        card = await made.card()
        result = await reply_with(made, card, "your video is ready")
        made.heygen.plan_next_revision(generating_seconds=60)
        made.slack.post(ANA, GENERAL, "Shorter", thread_ts=card["ts"])
        await made.card_shows(card, "Rendering")
        await click(made, BEN, result["ts"], "change")
        [view] = made.slack.views(BEN)
        assert (await made.slack.submit_view(BEN, view["id"], {"words": "Louder"})).ok
        await whispered(made, BEN, "become the next version after it")
        await made.card_shows(card, "1 reply is kept")
        await reply_with(made, card, "video-v3.mp4")
        assert ["An intro", "Shorter", "Louder"] == told(made)


async def test_an_answer_to_a_closed_question_is_told_how_things_are(tmp_path: Path) -> None:
    """Stopped meanwhile: whoever still sees the buttons learns that."""
    async with checked(tmp_path) as made:
        made.heygen.plan_next(ask="Which one?\n- A\n- B")
        await made.video("An intro")
        card = await made.card()
        question = await reply_with(made, card, "Which one?")
        made.slack.next("chat.update", "status", status=503, times=2)
        await click(made, ANA, card["ts"], "stop")
        await click(made, BEN, question["ts"], "answer:0")
        await whispered(made, BEN, f"No answer is needed here any more. How it is now: *Stopped by <@{ANA}>*")
        assert JobState.CANCELLED is (await made.jobs())[0].state


async def test_an_answer_that_comes_second_is_told_who_was_first(tmp_path: Path) -> None:
    """Also to the same person, when it is another answer; a double click on one answer says nothing."""
    async with checked(tmp_path) as made:
        made.heygen.plan_next(ask="Which one?\n- A\n- B", generating_seconds=400)
        await made.video("An intro")
        question = await reply_with(made, await made.card(), "Which one?")
        made.slack.next("chat.update", "status", status=503, times=2)
        await click(made, ANA, question["ts"], "answer:0")
        await click(made, ANA, question["ts"], "answer:0")
        await click(made, BEN, question["ts"], "answer:0")
        await whispered(made, BEN, f"<@{ANA}> has answered this already")
        assert [] == made.slack.ephemerals(ANA, GENERAL)
        await click(made, ANA, question["ts"], "answer:1")
        await made.slack.wait_for(lambda slack: slack.ephemerals(ANA, GENERAL))
        await made.until(lambda made: len(told(made)) > 1)
        assert ["An intro", "A"] == told(made)


async def test_a_failure_is_tried_again_once_and_says_so(tmp_path: Path) -> None:
    """A second Retry, by button or command, tells how it stands; one that did not fail says that."""
    async with checked(tmp_path) as made:
        made.heygen.plan_next(fail={"code": "rendering_failed"})
        await made.video("An intro")
        card = await made.card()
        failure = await reply_with(made, card, "could not be made")
        [failed] = await made.jobs()
        made.heygen.plan_next(generating_seconds=400)
        await click(made, ANA, failure["ts"], "retry")
        await made.until(lambda made: made.creates() == 2)
        await click(made, ANA, failure["ts"], "retry")
        await whispered(made, ANA, "the thread has gone on since. How it is now: *")
        again = await made.slack.command(ANA, GENERAL, "/heygen", f"retry {failed.id}")
        assert "the thread has gone on since" in again.body["text"]
        newest = await made.slack.command(ANA, GENERAL, "/heygen", "retry")
        assert "it did not fail. How it is now: *" in newest.body["text"]
        assert 2 == len(await made.jobs())


async def test_a_retry_by_command_says_where_it_goes_on(tmp_path: Path) -> None:
    """The card may be far above: it is linked."""
    async with checked(tmp_path) as made:
        made.heygen.plan_next(fail={"code": "rendering_failed"})
        await made.video("An intro")
        card = await made.card()
        await reply_with(made, card, "could not be made")
        again = await made.slack.command(ANA, GENERAL, "/heygen", "retry")
        assert "I am trying again" in again.body["text"]
        assert card["ts"].replace(".", "") in again.body["text"]


async def test_a_video_that_came_anyway_is_fetched_once(tmp_path: Path) -> None:
    """The second to click learns that it is on its way, or there; it comes once."""
    async with checked(tmp_path, webhooks=True) as made:
        made.heygen.plan_next(finish_after_stop=True, generating_seconds=40)
        await made.video("An intro")
        card = await made.card()
        await made.card_shows(card, "Rendering")
        await click(made, ANA, card["ts"], "stop")
        await made.card_shows(card, "Get the video anyway")
        made.slack.set(share_delay=1.0)
        await click(made, ANA, card["ts"], "bring_back")
        await click(made, BEN, card["ts"], "bring_back")
        await whispered(made, BEN, "on its way into the thread")
        await reply_with(made, card, "your video is ready")
        await made.settled()
        assert 1 == len(await made.replies(card, lambda text: "your video is ready" in text))


async def test_stop_names_whose_it_is(tmp_path: Path) -> None:
    """By command with and without an id, and by 🛑: the others learn whose it is and who may stop it."""
    async with checked(tmp_path) as made:
        made.heygen.plan_next(generating_seconds=400)
        await made.video("An intro")
        card = await made.card()
        await made.card_shows(card, "Rendering")
        [job] = await made.jobs()
        alone = await made.slack.command(BEN, GENERAL, "/heygen", "stop")
        assert f"What <@{ANA}> asked for is under way; only they and admins can stop it" in alone.body["text"]
        named = await made.slack.command(BEN, GENERAL, "/heygen", f"stop {job.id}")
        assert f"This was asked for by <@{ANA}>. Only they and admins can stop it." in named.body["text"]
        made.slack.react(BEN, GENERAL, card["ts"], "octagonal_sign")
        await whispered(made, BEN, f"This was asked for by <@{ANA}>. Only they and admins can stop it.")
        assert JobState.GENERATING is (await made.jobs())[0].state
        offered = await made.slack.command(ADMIN, GENERAL, "/heygen", "stop")
        assert "Nothing of yours is being made here, but this is." in offered.body["text"]
        picker = made.slack.ephemerals(ADMIN, GENERAL)[-1]
        await click(made, ADMIN, picker["ts"], "stop")
        await made.card_shows(card, f"Stopped by <@{ADMIN}>")
        await click(made, ADMIN, picker["ts"], "stop")
        await whispered(made, ADMIN, f"nothing left to stop. How it is now: *Stopped by <@{ADMIN}>*")
        over = await made.slack.command(ANA, GENERAL, "/heygen", f"stop {job.id}")
        assert f"How it is now: *Stopped by <@{ADMIN}>*" in over.body["text"]
        made.slack.react(ANA, GENERAL, card["ts"], "octagonal_sign")
        await made.slack.wait_for(lambda slack: "nothing left to stop" in shown(slack.ephemerals(ANA, GENERAL)[-1]))


async def test_a_click_is_answered_where_it_is_seen(tmp_path: Path) -> None:
    """At the root of a thread beside it, for in the thread nobody would see it; in the thread there."""
    async with checked(tmp_path) as made:
        made.heygen.plan_next(review=True)
        await made.video("An intro --review")
        card = await made.card()
        review = await reply_with(made, card, "The storyboard is ready")
        await click(made, BEN, card["ts"], "stop")
        beside = await whispered(made, BEN, "Only they and admins can stop it")
        assert "thread_ts" not in beside
        await click(made, ANA, review["ts"], "approve")
        await click(made, BEN, review["ts"], "approve")
        within = await whispered(made, BEN, "has answered this already")
        assert card["ts"] == within["thread_ts"]


async def test_what_is_asked_where_nobody_can_be_reached_is_stopped_from_the_dm(tmp_path: Path) -> None:
    """The channel was archived: the requester learns by DM that something waits, and ends it there."""
    async with checked(tmp_path) as made:
        made.heygen.plan_next(ask="Which one?", thinking_seconds=40)
        await made.video("An intro")
        await made.card()
        await made.until(lambda made: made.creates() == 1)
        made.slack.archive(GENERAL)
        told_there = await dm_with(made, ANA, "Something is asked there that I cannot show you")
        await click(made, ANA, told_there["ts"], "stop", channel=made.slack.dm(ANA))
        await dm_with(made, ANA, "Stopped.")
        assert JobState.CANCELLED is (await made.jobs())[0].state


async def test_what_is_held_is_listed_and_stopped_in_words(tmp_path: Path) -> None:
    """It waits for an invitation: jobs, show and the picker say so, and a stop that no card can show is told."""
    async with checked(tmp_path) as made:
        for prompt in ("The first", "The second"):
            assert (await made.slack.command(ANA, PRIVATE, "/video", prompt)).ok
        for text in ("jobs", "show", "stop"):
            answer = await made.slack.command(ANA, PRIVATE, "/heygen", text)
            assert "Waiting for me to be invited to the channel" in shown(answer.body), text
        picker = made.slack.ephemerals(ANA, PRIVATE)[-1]
        first = elements(picker)[0]["value"]
        await click(made, ANA, picker["ts"], "stop", value=first, channel=PRIVATE)
        unseen = "Stopped. HeyGen had not been asked yet"
        await made.until(
            lambda made: unseen in "".join(map(shown, [*made.slack.ephemerals(ANA, PRIVATE), *_dms(made)]))
        )
        assert unseen in (await made.slack.command(ANA, PRIVATE, "/heygen", "stop")).body["text"]
        assert {JobState.CANCELLED} == {job.state for job in await made.jobs()}


def _dms(made: World) -> list[Message]:
    return ours(made.slack.messages(made.slack.dm(ANA)))


async def test_an_offer_that_has_ended_says_how_it_is(tmp_path: Path) -> None:
    """Stopped meanwhile, the offered DM can be taken no more."""
    async with checked(tmp_path) as made:
        assert (await made.slack.command(ANA, OTHERS, "/video", "A film")).ok
        offer = made.slack.ephemerals(ANA, OTHERS)[-1]
        assert "Stopped." in (await made.slack.command(ANA, OTHERS, "/heygen", "stop")).body["text"]
        await click(made, ANA, offer["ts"], "open_in_dm", channel=OTHERS)
        said = await dm_with(made, ANA, "nothing left to move")
        assert f"*Stopped by <@{ANA}>*" in shown(said)
        assert "thread_ts" not in said, "it answers nothing that was said in the DM"


async def test_a_voice_chosen_too_late_says_how_it_is(tmp_path: Path) -> None:
    """The text has its voice, or has ended: the picker that still stands there tells it."""
    async with checked(tmp_path) as made:
        await made.heygen.wait_for(lambda heygen: any(call.op == "styles" for call in heygen.calls))
        assert (await made.slack.command(ANA, GENERAL, "/speak", "Good morning")).ok
        picker = made.slack.ephemerals(ANA, GENERAL)[-1]
        found = await made.slack.options(ANA, "pick_voice", value="Annab", channel=GENERAL, ts=picker["ts"])
        for _ in range(2):
            await click(made, ANA, picker["ts"], "pick_voice", selected_option=found.body["options"][0])
        await whispered(made, ANA, "This waits for no voice any more. How it is now:")
        await made.until(lambda made: any(call.op == "speech" for call in made.heygen.calls))
        await made.settled()
        assert 1 == sum(call.op == "speech" for call in made.heygen.calls)


async def test_a_mention_without_words_in_a_thread_of_ours_is_answered(tmp_path: Path) -> None:
    """It arrives as two events and is answered once; nothing is made of it."""
    async with checked(tmp_path) as made:
        await made.video("An intro")
        card = await made.card()
        await reply_with(made, card, "your video is ready")
        made.slack.post(BEN, GENERAL, f"<@{BOT}>", thread_ts=card["ts"])
        await whispered(made, BEN, "Reply with what should be different")
        await made.settled()
        assert 1 == len(made.slack.ephemerals(BEN, GENERAL))
        assert 1 == len(await made.jobs())


async def test_a_refusal_in_a_thread_of_the_dm_stands_in_that_thread(tmp_path: Path) -> None:
    """A file that HeyGen does not take, and words below a message that is no video: the answer is below them."""
    async with checked(tmp_path) as made:
        dm = made.slack.dm(ANA)
        root = made.slack.post(ANA, dm, "An intro")
        await made.replies({"ts": root}, lambda text: "your video is ready" in text, channel=dm)
        made.slack.post(ANA, dm, "use this", thread_ts=root, files=[_exe()])
        refused = await dm_with(made, ANA, "HeyGen takes only")
        assert root == refused["thread_ts"]
        greeting = made.slack.post(ANA, dm, "A film --avatr Annie")
        wrong = await dm_with(made, ANA, "Did you mean --avatar")
        assert wrong.get("thread_ts") in (None, wrong["ts"]), "said at the root, answered at the root"
        made.slack.post(ANA, dm, "hello?", thread_ts=greeting)
        lost = await dm_with(made, ANA, "no video in this thread")
        assert greeting == lost["thread_ts"]


def _exe() -> dict[str, Any]:
    return {"name": "tool.exe", "mimetype": "application/x-msdownload", "bytes": b"MZ"}


async def test_the_offer_button_is_the_requesters(tmp_path: Path) -> None:
    """What the DM offered holds its button's job; once taken, it links to where it goes on."""
    async with checked(tmp_path) as made:
        assert (await made.slack.command(ANA, OTHERS, "/video", "A film")).ok
        offer = made.slack.ephemerals(ANA, OTHERS)[-1]
        assert button(offer, "open_in_dm")
        await click(made, ANA, offer["ts"], "open_in_dm", channel=OTHERS)
        card = await made.card(made.slack.dm(ANA))
        await click(made, ANA, offer["ts"], "open_in_dm", channel=OTHERS)
        again = await dm_with(made, ANA, "nothing left to move")
        assert card["ts"].replace(".", "") in shown(again), "with a link to where it goes on"
