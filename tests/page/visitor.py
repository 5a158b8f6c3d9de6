"""Somebody at the page: finds things by the words and roles people and screen readers find them by."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Literal

from playwright.async_api import Browser, BrowserContext, Locator, Page, expect

LAPTOP = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
SECONDS = 20.0
GENERAL = "general"
PEOPLE = ("U0ANA", "U0BEN")

Scheme = Literal["light", "dark"]


class Visitor:
    """One open page."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.address = address

    # where to write

    def composer(self, channel: str = GENERAL) -> Locator:
        return self.page.get_by_role("textbox", name=re.compile(f"^Message #?{channel}"))

    def reply_composer(self) -> Locator:
        return self.thread.get_by_role("textbox", name=re.compile("^Reply"))

    async def say(self, text: str, channel: str = GENERAL) -> None:
        """Types into the channel's composer and sends it with Enter."""
        await self.composer(channel).fill(text)
        await self.composer(channel).press("Enter")

    async def reply(self, text: str) -> None:
        await self.reply_composer().fill(text)
        await self.reply_composer().press("Enter")

    # what is there

    @property
    def main(self) -> Locator:
        return self.page.get_by_role("main")

    @property
    def thread(self) -> Locator:
        return self.page.get_by_role("complementary", name="Thread")

    @property
    def worlds(self) -> Locator:
        return self.page.get_by_role("complementary", name="Worlds")

    def message(self, words: str) -> Locator:
        """The newest message of the channel with these words."""
        return self.main.get_by_role("article").filter(has_text=words).last

    def in_thread(self, words: str) -> Locator:
        return self.thread.get_by_role("article").filter(has_text=words).last

    def offered(self, words: str = "") -> Locator:
        """What a list of suggestions or of a select offers now."""
        return self.page.locator("[role=option]").filter(has_text=words).first

    def modal(self, title: str) -> Locator:
        return self.page.get_by_role("dialog", name=title)

    # what people do

    async def open_thread(self, card: Locator) -> None:
        """By the count of replies below the message."""
        await card.get_by_role("button", name=re.compile(r"\d+ repl(y|ies)")).click()
        await expect(self.thread).to_be_visible()

    async def open_app(self) -> None:
        """The conversation with the app, by the sidebar."""
        places = self.page.get_by_role("navigation", name="Conversations")
        await places.get_by_role("button", name=re.compile("^HeyGen")).click()
        await expect(self.page.get_by_role("heading", name="HeyGen", level=1)).to_be_visible()

    async def open_worlds(self) -> None:
        if not await self.worlds.is_visible():
            await self.page.get_by_role("button", name="Worlds", exact=True).click()
        await expect(self.worlds).to_be_visible()

    async def make(self, wish: str) -> Locator:
        """Asks for a video; the card."""
        await self.say(f"/video {wish}")
        card = self.message(wish.split(",")[0])
        await expect(card).to_be_visible(timeout=SECONDS * 1000)
        return card

    async def api(self, path: str, body: dict[str, Any] | None = None) -> Any:
        """What the page's own server answers; with a body it is a POST."""
        request = self.page.request
        answer = await (
            request.get(self.address + path) if body is None else request.post(self.address + path, data=body)
        )
        assert answer.ok, await answer.text()
        return await answer.json()


async def sees(locator: Locator, words: str | re.Pattern[str], *, seconds: float = SECONDS) -> None:
    """Waits until the words are there."""
    await expect(locator).to_contain_text(words, timeout=seconds * 1000)


async def plays(media: Locator) -> None:
    """Starts it as a person does, and waits until its time runs on."""
    await expect(media).to_be_visible(timeout=SECONDS * 1000)
    await media.evaluate("element => element.play()")
    handle = await media.element_handle()
    await media.page.wait_for_function(
        "element => element.currentTime > 0.2 && element.error === null", arg=handle, timeout=SECONDS * 1000
    )
    await media.evaluate("element => element.pause()")


@asynccontextmanager
async def visit(
    browser: Browser,
    address: str,
    *,
    size: dict[str, int] | None = None,
    scheme: Scheme = "light",
    person: str | None = None,
) -> AsyncIterator[Visitor]:
    """Opens the page as on a first visit. Errors on its console, and exceptions, fail."""
    context = await browser.new_context(viewport=size or LAPTOP, color_scheme=scheme)  # type: ignore[arg-type]
    page = await context.new_page()
    complaints: list[str] = []
    page.on("console", lambda line: complaints.append(line.text) if line.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    try:
        if person is not None:
            await context.add_init_script(f"localStorage.setItem('playground.person', '{person}')")
        await page.goto(address)
        yield Visitor(page, address)
        assert not complaints, complaints
    finally:
        await _close_modals(context, address)
        await context.close()


async def _close_modals(context: BrowserContext, address: str) -> None:
    """Slack keeps a modal open for its person, whichever page they come back with."""
    for person in PEOPLE:
        views = await (await context.request.get(f"{address}/slack/views?user={person}")).json()
        if views["modals"]:
            order = {"user": person, "view_id": views["modals"][-1]["id"], "clear": True}
            await context.request.post(f"{address}/slack/close_view", data=order)
