"""Where the app must be a member, and what the requester learns where it cannot work."""

from pathlib import Path
from typing import Any

import pytest

from bot.playground.local_slack.records import CannotDo
from storage.records import JobState
from tests.journeys.world import (
    ADMIN,
    ANA,
    ARCHIVE,
    BEN,
    BOT,
    GENERAL,
    GUEST,
    OPEN,
    OTHERS,
    OUTSIDER,
    PRIVATE,
    World,
    button,
    ours,
    shown,
    world,
)


async def ask(made: World, channel: str, text: str = "A film", *, by: str = ANA) -> None:
    """Types /video, wherever it is."""
    ack = await made.slack.command(by, channel, "/video", text)
    assert ack.ok, ack


async def told(made: World, channel: str, *, by: str = ANA) -> dict[str, Any]:
    """The newest message in the channel that only this person sees."""
    found = await made.slack.wait_for(lambda slack: slack.ephemerals(by, channel))
    newest: dict[str, Any] = found[-1]
    return newest


async def dm_says(made: World, words: str, *, to: str = ANA, timeout: float = 15) -> dict[str, Any]:
    """The direct message that says the words."""
    channel = made.slack.dm(to)
    found: list[dict[str, Any]] = await made.slack.wait_for(
        lambda slack: [message for message in ours(slack.messages(channel)) if words in shown(message)], timeout=timeout
    )
    assert len(found) == 1, found
    return found[0]


async def nothing_spent(made: World) -> None:
    await made.settled(quiet=0.15)
    assert not {"create", "message", "speech", "asset"} & {call.op for call in made.heygen.calls}


async def test_a_public_channel_is_joined(tmp_path: Path) -> None:
    """In a public channel the app is not in, it joins by itself before the card, and goes on."""
    async with world(tmp_path) as made:
        await ask(made, OPEN)
        card = await made.card(OPEN)
        [joining] = made.slack.calls("conversations.join")
        assert joining.ok
        await made.replies(card, lambda text: "video-v1.mp4" in text, channel=OPEN)
        await made.card_shows(card, "done", channel=OPEN)
        assert made.slack.ephemerals(ANA) == []


async def test_a_private_channel_asks_for_an_invitation(tmp_path: Path) -> None:
    """It says /invite at once, spends nothing, keeps the request, and goes on by itself once invited."""
    async with world(tmp_path) as made:
        await ask(made, PRIVATE)
        said = await told(made, PRIVATE)
        assert "/invite @heygen" in shown(said)
        await nothing_spent(made)
        [job] = await made.jobs()
        assert job.state is JobState.QUEUED
        made.slack.invite(PRIVATE)
        card = await made.card(PRIVATE)
        await made.card_shows(card, "done", channel=PRIVATE)
        assert made.creates() == 1
        assert len(ours(made.slack.messages(PRIVATE))) == 1


async def test_several_wishes_wait_for_one_invitation(tmp_path: Path) -> None:
    """Everybody's kept request goes on, each in a thread of its own."""
    async with world(tmp_path) as made:
        await ask(made, PRIVATE, "First film")
        await ask(made, PRIVATE, "Second film", by=BEN)
        await nothing_spent(made)
        made.slack.invite(PRIVATE, BEN)
        await made.slack.wait_for(lambda slack: len(ours(slack.messages(PRIVATE))) == 2)
        await made.until(lambda made: made.creates() == 2)


async def test_speech_waits_for_an_invitation_as_well(tmp_path: Path) -> None:
    """/speak in a private channel is kept until the app may post there."""
    async with world(tmp_path) as made:
        await made.heygen.wait_for(lambda heygen: any(call.op == "styles" for call in heygen.calls))
        ack = await made.slack.command(ANA, PRIVATE, "/speak", "Hello --voice Annabelle")
        assert ack.ok
        assert "/invite" in shown(await told(made, PRIVATE))
        await nothing_spent(made)
        made.slack.invite(PRIVATE)
        await made.slack.wait_for(
            lambda slack: [message for message in slack.messages(PRIVATE) if message.get("files")]
        )


async def test_speech_without_a_voice_in_a_private_channel(tmp_path: Path) -> None:
    """Two things are missing: the invitation, then the voice. Neither is forgotten, and the text is kept."""
    async with world(tmp_path) as made:
        await made.heygen.wait_for(lambda heygen: any(call.op == "styles" for call in heygen.calls))
        assert (await made.slack.command(ANA, PRIVATE, "/speak", "Hello")).ok
        assert "/invite" in shown(await told(made, PRIVATE))
        made.slack.invite(PRIVATE)
        asked = await dm_says(made, "Which voice")
        await nothing_spent(made)
        await choose(made, made.slack.dm(ANA), asked)
        await made.slack.wait_for(
            lambda slack: [message for message in slack.messages(PRIVATE) if message.get("files")]
        )


async def test_speech_without_a_voice_that_moves_to_the_dm(tmp_path: Path) -> None:
    """The offered DM is taken, and the missing voice is asked for there."""
    async with world(tmp_path) as made:
        await made.heygen.wait_for(lambda heygen: any(call.op == "styles" for call in heygen.calls))
        assert (await made.slack.command(ANA, OTHERS, "/speak", "Hello")).ok
        said = await told(made, OTHERS)
        assert (await made.slack.click(ANA, OTHERS, said["ts"], "open_in_dm")).ok
        asked = await dm_says(made, "Which voice")
        await nothing_spent(made)
        dm = made.slack.dm(ANA)
        await choose(made, dm, asked)
        await made.slack.wait_for(lambda slack: [message for message in slack.messages(dm) if message.get("files")])


async def choose(made: World, channel: str, asked: dict[str, Any]) -> None:
    """Picks the first voice that the picker of this message offers."""
    found = await made.slack.options(ANA, "pick_voice", value="Annab", channel=channel, ts=asked["ts"])
    option = found.body["options"][0]
    assert (await made.slack.click(ANA, channel, asked["ts"], "pick_voice", selected_option=option)).ok


async def test_a_conversation_of_others_gets_the_offer_of_the_dm(tmp_path: Path) -> None:
    """Between two people the app cannot be: it offers its own DM, and a click takes it there."""
    async with world(tmp_path) as made:
        await ask(made, OTHERS)
        said = await told(made, OTHERS)
        assert "direct messages instead" in shown(said)
        await nothing_spent(made)
        clicked = await made.slack.click(ANA, OTHERS, said["ts"], button(said, "open_in_dm")["action_id"])
        assert clicked.ok
        dm = made.slack.dm(ANA)
        card = await made.card(dm)
        await made.replies(card, lambda text: "video-v1.mp4" in text, channel=dm)
        await made.card_shows(card, "done", channel=dm)
        assert ours(made.slack.messages(OTHERS)) == []
        assert made.creates() == 1


async def test_the_offer_is_taken_once(tmp_path: Path) -> None:
    """A second click on it makes no second video; it is told where the first one is."""
    async with world(tmp_path) as made:
        await ask(made, OTHERS)
        said = await told(made, OTHERS)
        for _ in range(2):
            assert (await made.slack.click(ANA, OTHERS, said["ts"], "open_in_dm")).ok
        dm = made.slack.dm(ANA)
        await dm_says(made, "nothing left to move")  # before the card or after it
        await made.card_shows(await dm_says(made, "*Video v1*"), "done", channel=dm)
        await made.settled()
        assert made.creates() == 1


async def test_the_form_in_a_conversation_of_others_is_refused(tmp_path: Path) -> None:
    """/video alone between two people opens no form that could lead nowhere."""
    async with world(tmp_path) as made:
        await ask(made, OTHERS, "")
        assert "cannot join this conversation" in shown(await told(made, OTHERS))
        assert made.slack.views(ANA) == []


async def test_the_form_in_a_private_channel_waits_for_the_invitation(tmp_path: Path) -> None:
    """A wish from the modal is kept as well; the person learns of /invite, for there is nowhere to post."""
    async with world(tmp_path) as made:
        await ask(made, PRIVATE, "")
        [view] = made.slack.views(ANA)
        ack = await made.slack.submit_view(ANA, view["id"], {"prompt": "A film"})
        assert ack.ok, ack
        await dm_says(made, "/invite")
        await nothing_spent(made)
        made.slack.invite(PRIVATE)
        await made.card_shows(await made.card(PRIVATE), "done", channel=PRIVATE)
        assert made.creates() == 1


async def test_an_archived_channel_is_told(tmp_path: Path) -> None:
    """Archived between the command and the card: nothing is spent, and the requester learns what to do."""
    async with world(tmp_path) as made:
        made.slack.next("chat.postMessage", "error", error="is_archived")
        await ask(made, GENERAL)
        said = await dm_says(made, "archived")
        assert "Ask again in another channel" in shown(said)
        await nothing_spent(made)
        [job] = await made.jobs()
        assert job.state is JobState.FAILED
        with pytest.raises(CannotDo):
            await ask(made, ARCHIVE)  # Slack itself takes no commands there


@pytest.mark.slow
async def test_a_channel_that_is_archived_while_the_video_is_made(tmp_path: Path) -> None:
    """The result cannot be posted any more: the requester gets word by DM, with a way to the video."""
    async with world(tmp_path) as made:
        made.heygen.plan_next(ask=["Which one?"])
        await made.video("A film")
        card = await made.card()
        await made.replies(card, lambda text: "Which one?" in text)
        await made.settled()
        made.slack.archive(GENERAL)
        session = next(iter(made.heygen.sessions.values()))
        made.heygen.lose(session.id)
        await dm_says(made, "could not be made")


async def test_a_channel_that_is_deleted_while_the_video_is_made(tmp_path: Path) -> None:
    """The requester learns by DM that it is finished, and gets the video from there."""
    async with world(tmp_path) as made:
        made.heygen.plan_next(generating_seconds=40)
        await ask(made, GENERAL, by=BEN)
        await made.card()
        await made.until(lambda made: made.creates() == 1)
        made.slack.delete_channel(GENERAL)
        said = await dm_says(made, "It is finished", to=BEN)
        dm = made.slack.dm(BEN)
        assert (await made.slack.click(BEN, dm, said["ts"], button(said, "get_link")["action_id"])).ok
        answer = await made.slack.wait_for(
            lambda slack: [m for m in [*slack.ephemerals(BEN), *ours(slack.messages(dm))] if "open or save" in shown(m)]
        )
        assert made.heygen.url in shown(answer[0])
        await made.settled()
        assert made.creates() == 1


async def test_the_app_is_removed_while_the_video_is_made(tmp_path: Path) -> None:
    """Kicked out of a private channel: the requester learns it, and nothing is made twice."""
    async with world(tmp_path) as made:
        made.slack.invite(PRIVATE)
        await made.slack.idle()
        made.heygen.plan_next(generating_seconds=40)
        await ask(made, PRIVATE)
        await made.card(PRIVATE)
        await made.until(lambda made: made.creates() == 1)
        made.slack.kick(PRIVATE)
        await dm_says(made, "It is finished")
        await made.settled()
        assert made.creates() == 1


async def test_what_was_known_of_a_channel_is_looked_up_anew(tmp_path: Path) -> None:
    """Kicked out of a public channel it had been in, the app joins again for the next wish."""
    async with world(tmp_path) as made:
        await made.video("First film")
        await made.card_shows(await made.card(), "done")
        made.slack.kick(GENERAL)
        await ask(made, GENERAL, "Second film")
        await made.slack.wait_for(lambda slack: len(ours(slack.messages(GENERAL))) == 2)
        await made.card_shows((await made.card()), "done")
        assert made.creates() == 2


@pytest.mark.parametrize(
    ("scope", "words"),
    [("chat:write", "chat:write"), ("channels:join", "channels:join"), ("channels:read", "channels:read")],
)
async def test_a_missing_scope_is_told(tmp_path: Path, scope: str, words: str) -> None:
    """Whatever scope is missing, the requester learns which and who can mend it, and nothing is spent."""
    async with world(tmp_path) as made:
        made.slack.set(scopes=[one for one in made.slack.temper.granted if one != scope])
        await ask(made, OPEN)
        if scope == "chat:write":  # no message can be posted at all: Slack's answer to the command is still open
            said = await told(made, OPEN)
            assert words in shown(said)
        else:
            said = await dm_says(made, words)
        assert "tell the admins" in shown(said)
        await nothing_spent(made)


async def test_without_files_write_the_page_is_linked(tmp_path: Path) -> None:
    """The upload is refused for want of a scope: the thread gets the reason, HeyGen's page and Get link."""
    async with world(tmp_path) as made:
        made.slack.set(scopes=[one for one in made.slack.temper.granted if one != "files:write"])
        await made.video("A film")
        card = await made.card()
        [result] = await made.replies(card, lambda text: "your video is ready" in text)
        assert "files:write" in shown(result)
        assert button(result, "get_link")


@pytest.mark.slow
@pytest.mark.parametrize("who", [GUEST, OUTSIDER])
@pytest.mark.parametrize("way", ["command", "mention", "reply", "speak"])
async def test_guests_and_strangers_are_refused(tmp_path: Path, who: str, way: str) -> None:
    """Before anything is stored or spent, they are told, alone."""
    async with world(tmp_path) as made:
        made.heygen.plan_next(stuck=True)
        jobs = 0
        match way:
            case "command":
                await ask(made, GENERAL, by=who)
            case "speak":
                assert (await made.slack.command(who, GENERAL, "/speak", "Hello --voice Annabelle")).ok
            case "mention":
                made.slack.post(who, GENERAL, f"<@{BOT}> a film")
            case _:
                await made.video("A film")
                card = await made.card()
                await made.until(lambda made: made.creates() == 1)
                jobs = 1
                made.slack.post(who, GENERAL, "make it longer", thread_ts=card["ts"])
        assert "guests and people from other organizations" in shown(await told(made, GENERAL, by=who))
        await made.settled()
        assert len(await made.jobs()) == jobs
        assert made.creates() == jobs


async def test_nobody_but_the_requester_and_admins_may_stop(tmp_path: Path) -> None:
    """A colleague who clicks Stop is told whose it is; an admin's click stops it."""
    async with world(tmp_path) as made:
        made.heygen.plan_next(stuck=True)
        await made.video("A film")
        card = await made.card()
        assert (await made.slack.click(BEN, GENERAL, card["ts"], "stop")).ok
        assert f"<@{ANA}>" in shown(await told(made, GENERAL, by=BEN))
        assert (await made.slack.click(ADMIN, GENERAL, card["ts"], "stop")).ok
        await made.card_shows(card, "Stopped")
