"""axe finds nothing serious on any view, in both themes, at both widths."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from bench.played import BUILT
from tests.page.visitor import LAPTOP, PHONE, Scheme, Visitor, sees, visit

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.slow]

AXE = BUILT.parents[1] / "node_modules" / "axe-core" / "axe.min.js"
GRAVE = {"serious", "critical"}
SCHEMES: tuple[Scheme, ...] = ("light", "dark")


async def troubles(page: Page) -> list[str]:
    """What axe finds serious or critical, one line each with the place."""
    await page.evaluate(Path(AXE).read_text(encoding="utf-8"))
    found: dict[str, Any] = await page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    assert found["passes"], "axe looked at nothing"
    return [
        f"{rule['id']}: {node['html'][:200]} ({' '.join(node['failureSummary'].split())[:300]})"
        for rule in found["violations"]
        if rule["impact"] in GRAVE
        for node in rule["nodes"]
    ]


@pytest_asyncio.fixture(scope="module", loop_scope="module", autouse=True)
async def film(browser: Browser, address: str) -> None:
    """A thread with a question answered, a film, its DM, and a failure."""
    async with visit(browser, address) as visitor:
        card = await visitor.make("a film to look at, ask me")
        await visitor.open_thread(card)
        await visitor.thread.get_by_role("button", name="Beach").click()
        await sees(card, "Done")
        failed = await visitor.make("another one, fail please")
        await sees(failed, "Failed")


@pytest_asyncio.fixture(loop_scope="module", params=SCHEMES)
async def laptop(request: pytest.FixtureRequest, browser: Browser, address: str) -> AsyncIterator[Visitor]:
    async with visit(browser, address, size=LAPTOP, scheme=request.param) as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="module", params=SCHEMES)
async def phone(request: pytest.FixtureRequest, browser: Browser, address: str) -> AsyncIterator[Visitor]:
    async with visit(browser, address, size=PHONE, scheme=request.param) as opened:
        yield opened


async def test_the_first_visit(laptop: Visitor) -> None:
    """A channel with messages and the guide."""
    await expect(laptop.message("a film to look at")).to_be_visible()
    assert await troubles(laptop.page) == []


async def test_a_thread_and_the_worlds(laptop: Visitor) -> None:
    """A thread with its film, and both tabs of the panel beside it, a line unfolded."""
    await laptop.open_thread(laptop.message("a film to look at"))
    await laptop.open_worlds()
    for tab in ("HeyGen", "Live record"):
        await laptop.worlds.get_by_role("tab", name=tab).click()
        if tab == "Live record":
            await laptop.worlds.get_by_role("list", name="Live record").get_by_role("button").last.click()
        assert await troubles(laptop.page) == []


async def test_the_modals(laptop: Visitor) -> None:
    """Each modal, and the list of a type-ahead select."""
    await laptop.say("/video")
    modal = laptop.modal("New video")
    await expect(modal).to_be_visible()
    assert await troubles(laptop.page) == []
    await modal.get_by_role("combobox", name="Voice").click()
    await expect(laptop.offered()).to_be_visible()
    assert await troubles(laptop.page) == []
    await laptop.page.keyboard.press("Escape")
    await laptop.page.keyboard.press("Escape")
    await laptop.open_thread(laptop.message("a film to look at"))
    await laptop.thread.get_by_role("button", name="Change…").first.click()
    await expect(laptop.modal("Change the video")).to_be_visible()
    assert await troubles(laptop.page) == []


async def test_home_and_hints(laptop: Visitor) -> None:
    """The app's Home, its messages, and the composer with its hints open."""
    await laptop.composer().fill("/")
    await expect(laptop.offered()).to_be_visible()
    assert await troubles(laptop.page) == []
    await laptop.composer().fill("")
    await laptop.open_app()
    for tab in ("Home", "Messages"):
        await laptop.main.get_by_role("button", name=tab, exact=True).click()
        assert await troubles(laptop.page) == []


async def test_a_phone(phone: Visitor) -> None:
    """One pane at a time: a channel, then a thread, then the panel."""
    await expect(phone.message("a film to look at")).to_be_visible()
    assert await troubles(phone.page) == []
    await phone.open_thread(phone.message("a film to look at"))
    assert await troubles(phone.page) == []
