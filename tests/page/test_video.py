"""The life of a video on the page, from the command to its second version."""

import re

import pytest
from playwright.async_api import expect

from tests.page.visitor import SECONDS, Visitor, plays, sees

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_video_from_the_command_to_its_second_version(visitor: Visitor) -> None:
    """The card moves, a button answers the question, the video plays, a reply makes v2, and a DM tells of it."""
    card = await visitor.make("a 30 s intro to our team, ask me")
    await sees(card, "please answer below")
    await visitor.open_thread(card)
    await visitor.in_thread("HeyGen asks").get_by_role("button", name="Beach").click()
    await sees(visitor.thread, "(v1, ")
    await sees(card, "Done")
    await plays(visitor.thread.locator("video").first)

    await visitor.reply("make it shorter")
    await sees(visitor.thread, "(v2, ")
    await sees(card, "v2")
    await plays(visitor.thread.locator("video").last)
    await visitor.open_app()
    await sees(visitor.main, "Your video is ready")


@pytest.mark.slow
async def test_a_storyboard_waits_for_its_approval(visitor: Visitor) -> None:
    """With --review the storyboard's images stand in the thread, and Approve makes the video."""
    card = await visitor.make("three scenes of our office, storyboard --review")
    await sees(card, re.compile("storyboard", re.IGNORECASE))
    await visitor.open_thread(card)
    pictures = visitor.in_thread("The storyboard of v1").locator("figure img")
    await expect(pictures).to_have_count(3, timeout=SECONDS * 1000)
    for number in range(3):
        await visitor.page.wait_for_function(
            "image => image.naturalWidth > 1", arg=await pictures.nth(number).element_handle()
        )
    await visitor.thread.get_by_role("button", name="Approve").click()
    await sees(card, "Done")


@pytest.mark.slow
async def test_speech_can_be_heard(visitor: Visitor) -> None:
    """/speak puts an audio file into the channel, and its element plays."""
    await visitor.say("/speak Good morning, everybody! --voice Annabelle")
    await plays(visitor.page.locator("audio").last)


@pytest.mark.slow
async def test_a_job_is_stopped(visitor: Visitor) -> None:
    """The button Stop ends a video that takes long, and the card says who did it."""
    card = await visitor.make("a very long film, slow please")
    await card.get_by_role("button", name="Stop").click()
    await sees(card, re.compile("Stopped by.*Ana"))


@pytest.mark.slow
async def test_a_file_that_is_dropped_comes_along(visitor: Visitor) -> None:
    """A picture attached in the composer is sent with the words, and shown in place."""
    chooser = visitor.main.locator("input[type=file]")
    picture = bytes.fromhex(
        "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360606060000000050001"
        "a5f645400000000049454e44ae426082"
    )
    await chooser.set_input_files({"name": "team.png", "mimeType": "image/png", "buffer": picture})
    await visitor.composer().fill("our picture")
    await visitor.composer().press("Enter")
    await expect(visitor.message("our picture").locator("img")).to_be_visible(timeout=SECONDS * 1000)
