"""Text to speech: /speak and what becomes of it."""

from pathlib import Path
from typing import Any

import pytest

from tests.journeys.world import ANA, BEN, BOT, GENERAL, World, button, elements, ours, shown, world


async def warm(made: World) -> None:
    """Waits until voices are known: the styles are asked for after them."""
    await made.heygen.wait_for(lambda heygen: any(call.op == "styles" for call in heygen.calls))


def spoken(made: World) -> list[dict[str, Any]]:
    """What HeyGen was asked to say."""
    return [call.body for call in made.heygen.calls if call.op == "speech"]


async def audio(made: World, channel: str = GENERAL) -> dict[str, Any]:
    """The message in the channel itself that holds the audio."""
    found: list[dict[str, Any]] = await made.slack.wait_for(
        lambda slack: [message for message in ours(slack.messages(channel)) if message.get("files")]
    )
    return found[0]


async def test_speech_with_all_its_flags(tmp_path: Path) -> None:
    """--voice, --speed and --language reach HeyGen, and the audio is a file in the channel."""
    async with world(tmp_path) as made:
        await warm(made)
        ack = await made.slack.command(
            ANA, GENERAL, "/speak", "Welcome, everybody! --voice Annabelle --speed 1.25 --language English"
        )
        assert ack.ok
        assert not ack.body
        message = await audio(made)
        [body] = spoken(made)
        assert body["text"] == "Welcome, everybody!"
        assert (body["speed"], body["language"]) == (1.25, "English")
        [file] = message["files"]
        assert file["mimetype"] == "audio/mpeg"
        assert "Welcome, everybody!" in message["text"]
        assert message["text"].startswith(f"<@{ANA}>")
        await made.settled()
        assert len(spoken(made)) == 1


async def test_the_audio_can_be_heard(tmp_path: Path) -> None:
    """What lies in the channel is the audio HeyGen made, byte by byte."""
    async with world(tmp_path) as made:
        await warm(made)
        await made.slack.command(ANA, GENERAL, "/speak", "Hello --voice Annabelle")
        message = await audio(made)
        stored = made.slack.files[message["files"][0]["id"]].path.read_bytes()
        assert stored.startswith(b"ID3")


async def test_speech_without_a_voice_asks_for_one(tmp_path: Path) -> None:
    """No voice given and none set: a picker, for the person alone; the audio comes once one is chosen."""
    async with world(tmp_path) as made:
        await warm(made)
        ack = await made.slack.command(ANA, GENERAL, "/speak", "Hello from the lobby")
        assert ack.ok, ack
        [asked] = made.slack.ephemerals(ANA, GENERAL)
        picker = button(asked, "pick_voice")
        found = await made.slack.options(ANA, picker["action_id"], value="Annab", channel=GENERAL, ts=asked["ts"])
        assert found.ok, found
        [option] = found.body["options"]
        assert "Annabelle" in option["text"]["text"]
        assert spoken(made) == []
        clicked = await made.slack.click(ANA, GENERAL, asked["ts"], picker["action_id"], selected_option=option)
        assert clicked.ok
        message = await audio(made)
        assert "Annabelle" in message["text"]
        assert [body["voice_id"] for body in spoken(made)] == [option["value"]]


async def test_a_voice_of_ones_own_is_used(tmp_path: Path) -> None:
    """/heygen settings voice NAME is the voice of every /speak after it."""
    async with world(tmp_path) as made:
        await warm(made)
        assert (await made.slack.command(ANA, GENERAL, "/heygen", "settings voice Annie")).ok
        await made.slack.command(ANA, GENERAL, "/heygen", "speak Good morning")
        assert "Annie" in (await audio(made))["text"]
        assert len(spoken(made)) == 1


async def test_a_lost_answer_is_asked_about(tmp_path: Path) -> None:
    """HeyGen keeps no list of speech: a call whose answer was lost is never sent again unasked."""
    async with world(tmp_path) as made:
        await warm(made)
        made.heygen.fail_next("speech", "disconnect_after_commit")
        await made.slack.command(ANA, GENERAL, "/speak", "Hello --voice Annabelle")
        card = await made.card()
        [question] = await made.replies(card, lambda text: "Send it again?" in text)
        assert len(spoken(made)) == 1
        again = next(item for item in elements(question) if item["text"]["text"] == "Send it again")
        assert (await made.slack.click(ANA, GENERAL, question["ts"], again["action_id"])).ok
        await audio(made)
        assert len(spoken(made)) == 2


async def test_a_lost_answer_may_be_left(tmp_path: Path) -> None:
    """Leave it: nothing is sent again, and the card says that it was stopped."""
    async with world(tmp_path) as made:
        await warm(made)
        made.heygen.fail_next("speech", "disconnect_after_commit")
        await made.slack.command(ANA, GENERAL, "/speak", "Hello --voice Annabelle")
        card = await made.card()
        [question] = await made.replies(card, lambda text: "Send it again?" in text)
        leave = next(item for item in elements(question) if item["text"]["text"] == "Leave it")
        assert (await made.slack.click(ANA, GENERAL, question["ts"], leave["action_id"])).ok
        await made.card_shows(card, "Stopped")
        await made.settled()
        assert len(spoken(made)) == 1


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"do": "status", "status": 400, "code": "tts_text_invalid"}, "cannot speak this text"),
        ({"do": "ok_with_error", "code": "voice_not_usable"}, "may not use that voice"),
    ],
)
async def test_speech_that_heygen_refuses_says_why(tmp_path: Path, fault: dict[str, Any], words: str) -> None:
    """A refusal is told below the card, with what to do next."""
    async with world(tmp_path) as made:
        await warm(made)
        made.heygen.fail_next("speech", **fault)
        await made.slack.command(ANA, GENERAL, "/speak", "Hello --voice Annabelle")
        card = await made.card()
        await made.replies(card, lambda text: words in text)
        assert "Failed" in await made.card_shows(card, "Failed")
        assert len(spoken(made)) == 1


async def test_audio_that_slack_does_not_take_is_told(tmp_path: Path) -> None:
    """When the upload is refused the person learns why, and that it was charged; no link is posted."""
    async with world(tmp_path) as made:
        await warm(made)
        made.slack.set(uploads="file_uploads_disabled")
        await made.slack.command(ANA, GENERAL, "/speak", "Hello --voice Annabelle")
        card = await made.card()
        [said] = await made.replies(card, lambda text: "it is not here" in text)
        assert "switched off" in shown(said)
        assert "charged" in shown(said)
        assert made.heygen.url not in shown(said)


async def test_one_may_speak_in_the_dm(tmp_path: Path) -> None:
    """/speak in the app's own DM brings the audio there."""
    async with world(tmp_path) as made:
        await warm(made)
        dm = made.slack.dm(ANA)
        await made.slack.command(ANA, dm, "/speak", "Hello --voice Annabelle")
        assert (await audio(made, dm))["files"]


async def test_a_reply_to_audio_makes_no_video(tmp_path: Path) -> None:
    """A thank-you below it used to be a new video, and to be charged; a mention there still asks for one."""
    async with world(tmp_path) as made:
        await warm(made)
        assert (await made.slack.command(ANA, GENERAL, "/speak", "Hello --voice Annabelle")).ok
        card = await made.card(at=0)
        await made.card_shows(card, "done")
        made.slack.post(BEN, GENERAL, "Thank you!", thread_ts=card["ts"])
        [told] = await made.slack.wait_for(lambda slack: slack.ephemerals(BEN, GENERAL))
        assert "a reply changes nothing" in shown(told)
        await made.settled()
        assert 1 == len(await made.jobs())
        made.slack.post(BEN, GENERAL, f"<@{BOT}> a film with this greeting", thread_ts=card["ts"])
        await made.until(lambda made: made.creates() == 1)
        await made.settled()
        assert 1 == len(made.slack.ephemerals(BEN, GENERAL))
