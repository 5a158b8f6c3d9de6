"""The whole way without a mouse."""

import re

import pytest
from playwright.async_api import Locator, expect

from tests.page.visitor import SECONDS, Visitor, sees

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.slow]

MOST_TABS = 80


async def tab_to(visitor: Visitor, target: Locator, *, key: str = "Tab") -> None:
    """Goes on until the focus is there, as somebody without a mouse does."""
    await expect(target).to_be_visible(timeout=SECONDS * 1000)
    for _ in range(MOST_TABS):
        if await target.evaluate("element => element === document.activeElement"):
            return
        await visitor.page.keyboard.press(key)
    raise AssertionError(f"{MOST_TABS} times {key} do not lead to {target}")


async def test_a_video_by_keyboard_alone(visitor: Visitor) -> None:
    """From the first key to the second version: composer, hints, thread, buttons, form and panel by keys."""
    keyboard = visitor.page.keyboard
    await tab_to(visitor, visitor.composer())
    await keyboard.type("/vid")
    await expect(visitor.offered("/video")).to_be_visible()
    await keyboard.press("Enter")  # takes the hint
    await keyboard.type("a film by keyboard, ask me")
    await keyboard.press("Enter")
    card = visitor.message("a film by keyboard")
    await sees(card, "please answer in the thread")

    replies = card.get_by_role("button", name=re.compile(r"\d+ repl(y|ies)"))
    await tab_to(visitor, replies, key="Shift+Tab")
    await keyboard.press("Enter")
    await expect(visitor.thread).to_be_visible()
    answer = visitor.thread.get_by_role("button", name="Beach")
    await tab_to(visitor, answer)
    await keyboard.press("Enter")
    await sees(visitor.thread, "(v1, ")

    await tab_to(visitor, visitor.reply_composer())
    await keyboard.type("make it shorter")
    await keyboard.press("Enter")
    await sees(visitor.thread, "(v2, ")
    await keyboard.press("Escape")
    await expect(visitor.thread).to_be_hidden()


async def test_the_form_by_keyboard_alone(visitor: Visitor) -> None:
    """The New video modal is filled and sent by keys; the focus stays inside while it is open."""
    keyboard = visitor.page.keyboard
    await visitor.say("/video")
    modal = visitor.modal("New video")
    await expect(modal.get_by_label("What would you like to see?")).to_be_focused()
    await keyboard.type("a form by keyboard")
    await tab_to(visitor, modal.get_by_role("combobox", name="Avatar"))
    await keyboard.press("ArrowDown")
    await expect(visitor.offered()).to_be_visible()
    await keyboard.press("ArrowDown")
    await keyboard.press("Enter")
    await tab_to(visitor, modal.get_by_role("button", name="Make it"))
    await keyboard.press("Enter")
    await expect(modal).to_be_hidden()
    await sees(visitor.message("a form by keyboard"), "Avatar")


async def test_the_panel_by_keyboard_alone(visitor: Visitor) -> None:
    """Worlds opens by keys; arrows change its tab; a line of the record unfolds with Enter."""
    keyboard = visitor.page.keyboard
    await visitor.make("a film for the panel")
    await tab_to(visitor, visitor.page.get_by_role("button", name="Worlds", exact=True), key="Shift+Tab")
    for _ in range(2):  # it is open on a first visit where there is room
        await keyboard.press("Enter")
    tab = visitor.worlds.get_by_role("tab", name="HeyGen")
    await tab_to(visitor, tab)
    await keyboard.press("ArrowRight")
    line = visitor.worlds.get_by_role("list", name="Live record").get_by_role("button").last
    await tab_to(visitor, line)
    await keyboard.press("Enter")
    await expect(line).to_have_attribute("aria-expanded", "true")
    await keyboard.press("ArrowUp")
    await expect(line).not_to_be_focused()


async def test_what_is_typed_without_a_focus_is_written(visitor: Visitor) -> None:
    """Somebody who opens the page and types has begun a message; commands to the browser are left alone."""
    keyboard = visitor.page.keyboard
    await expect(visitor.composer()).to_be_visible()
    await visitor.page.evaluate("document.activeElement.blur()")
    await keyboard.press("Control+a")
    await keyboard.type("/speak hello")
    await expect(visitor.composer()).to_be_focused()
    await expect(visitor.composer()).to_have_value("/speak hello")


async def test_what_was_begun_is_kept_and_mended(visitor: Visitor) -> None:
    """A draft outlives a reload; an edit goes on at the end; the emoji search is ready, and knows the sign of stop."""
    keyboard = visitor.page.keyboard
    await visitor.composer().fill("half a thought")
    await visitor.page.reload()
    await expect(visitor.composer()).to_have_value("half a thought")
    await visitor.composer().press("Enter")
    mine = visitor.message("half a thought")
    await expect(mine).to_be_visible()
    await visitor.composer().press("ArrowUp")
    await keyboard.type(", and the rest")
    await keyboard.press("Enter")
    await sees(mine, "half a thought, and the rest")
    await mine.hover()
    await mine.get_by_role("button", name="Find another reaction").click()
    await keyboard.type("stop")
    await keyboard.press("Enter")
    await sees(mine, "🛑")
    await expect(visitor.page.get_by_role("dialog", name="Emoji")).to_be_hidden()
