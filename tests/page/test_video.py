"""The life of a video on the page, from the command to its second version."""

import base64
import re

import pytest
from playwright.async_api import expect

from tests.page.visitor import SECONDS, Visitor, plays, sees

PICTURE = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
DROPPED = """
(picture) => {
  const bytes = Uint8Array.from(atob(picture), (letter) => letter.charCodeAt(0));
  const carried = new DataTransfer();
  carried.items.add(new File([bytes], "dropped.png", { type: "image/png" }));
  return carried;
}
"""

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_video_from_the_command_to_its_second_version(visitor: Visitor) -> None:
    """The card moves, a button answers the question, the video plays, a reply makes v2, and a DM tells of it."""
    card = await visitor.make("a 30 s intro to our team, ask me")
    await sees(card, "please answer in the thread")
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
async def test_three_actions_on_the_page_lead_to_a_playing_film(visitor: Visitor) -> None:
    """A click on the guide, Enter, and play: the thread opens by itself."""
    await visitor.page.get_by_role("button", name=re.compile("^Make a video")).click()
    await visitor.page.keyboard.press("Enter")
    await expect(visitor.thread).to_be_visible(timeout=SECONDS * 1000)
    await plays(visitor.thread.locator("video").first)


@pytest.mark.slow
async def test_files_are_attached_and_dropped(visitor: Visitor) -> None:
    """A picture that is chosen and one that is dropped are sent with the words, and shown in place."""
    await visitor.main.locator("input[type=file]").set_input_files(
        {"name": "chosen.png", "mimeType": "image/png", "buffer": base64.b64decode(PICTURE)}
    )
    dropped = await visitor.page.evaluate_handle(DROPPED, PICTURE)
    for event in ("dragenter", "dragover", "drop"):
        await visitor.composer().dispatch_event(event, {"dataTransfer": dropped})
    await visitor.composer().fill("our pictures")
    await visitor.composer().press("Enter")
    await expect(visitor.message("our pictures").locator("figure img")).to_have_count(2, timeout=SECONDS * 1000)


@pytest.mark.slow
async def test_a_guest_is_told_why_not(visitor: Visitor) -> None:
    """Who acts as a guest is refused, in words that nobody else sees."""
    await visitor.page.get_by_role("button", name=re.compile("^Acting as")).click()
    await visitor.page.get_by_role("menuitemradio", name=re.compile("^Gus")).click()
    await visitor.say("/video a film by a guest")
    await sees(visitor.message("guest"), "Only visible to you")
    await visitor.page.get_by_role("button", name=re.compile("^Acting as")).click()
    await visitor.page.get_by_role("menuitemradio", name=re.compile("^Ana")).click()
    await expect(visitor.main.get_by_text("Only visible to you")).to_have_count(0)
