"""Every modal the app has: opened, filled, refused at its field, sent."""

import re

import pytest
from playwright.async_api import Locator, expect

from tests.page.visitor import Visitor, sees

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.slow]


async def new_video(visitor: Visitor) -> Locator:
    await visitor.say("/video")
    modal = visitor.modal("New video")
    await expect(modal).to_be_visible()
    return modal


async def test_new_video_is_filled_and_sent(visitor: Visitor) -> None:
    """The New video modal takes a prompt, a voice found by typing, an orientation and a check mark."""
    modal = await new_video(visitor)
    await modal.get_by_label("What would you like to see?").fill("a film from the form")
    voice = modal.get_by_role("combobox", name="Voice")
    await voice.click()
    await visitor.page.keyboard.type("Annab")
    await visitor.offered("Annabelle").click()
    await modal.get_by_role("radio", name="Portrait").check()
    await modal.get_by_role("button", name="Make it").click()

    await expect(modal).to_be_hidden()
    card = visitor.message("a film from the form")
    await sees(card, re.compile("Voice Annabelle.*portrait"))
    await sees(card, "Done")


async def test_what_is_missing_is_said_at_its_field(visitor: Visitor) -> None:
    """Without a prompt the modal stays, and the field itself says what is wrong."""
    modal = await new_video(visitor)
    await modal.get_by_label("What would you like to see?").fill("   ")
    await modal.get_by_role("button", name="Make it").click()
    field = modal.get_by_label("What would you like to see?")
    await expect(field).to_have_attribute("aria-invalid", "true")
    await expect(modal).to_be_visible()
    await modal.get_by_role("button", name="Cancel").click()
    await expect(modal).to_be_hidden()


async def test_a_change_is_asked_for_in_a_modal(visitor: Visitor) -> None:
    """Change on a result opens its modal; what is written there makes the next version."""
    card = await visitor.make("a film to change")
    await sees(card, "Done")
    await visitor.open_thread(card)
    await visitor.thread.get_by_role("button", name="Change…").first.click()
    modal = visitor.modal("Change the video")
    await modal.get_by_label("What should be different?").fill("a warmer voice")
    await modal.get_by_role("button", name="Send").click()
    await expect(modal).to_be_hidden()
    await sees(visitor.thread, "(v2, ")


async def test_escape_closes_a_modal_and_gives_the_focus_back(visitor: Visitor) -> None:
    """Escape closes the modal, as in Slack, and one can go on typing."""
    modal = await new_video(visitor)
    await visitor.page.keyboard.press("Escape")
    await expect(modal).to_be_hidden()
    await expect(visitor.composer()).to_be_focused()
