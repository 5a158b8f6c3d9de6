"""`make screenshots`: plays through the playground and writes what people see to docs/images."""

import asyncio
import io
import itertools
import re
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

from PIL import Image
from playwright.async_api import Browser, Locator, Page, expect

from bench.played import browser, playground, why_not

IMAGES = Path(__file__).parents[1] / "docs" / "images"
LAPTOP, PHONE = (1440, 900), (390, 844)
SCHEMES = ("light", "dark")
COLOURS, ROUNDS = 256, 4  # a third of the bytes, and no colour is off by more than anybody sees
WAIT_MS = 60_000.0
SETTLED_MS = 1_500.0  # fonts, pictures and transitions

FILM_SECONDS = 1.5  # the moment of a film that is shown
SEEK = """
(film, at) => new Promise((done) => {
  film.addEventListener("seeked", done, { once: true });
  film.currentTime = at;
})
"""

Scene = Callable[[Page], Awaitable[None]]


async def start(page: Page) -> None:
    """The first visit."""
    await page.get_by_role("region", name="Three things to try").wait_for()


async def thread(page: Page) -> None:
    """A film and its thread."""
    await hide_guide(page)
    await show_worlds(page, False)
    await open_thread(page)
    film = page.get_by_role("complementary", name="Thread").locator("video").last
    await film.evaluate(SEEK, FILM_SECONDS)


async def worlds(page: Page) -> None:
    """Behind the scenes."""
    await hide_guide(page)
    await show_worlds(page, True)
    await page.get_by_role("tab", name="Live record").click()
    done = page.get_by_role("main").get_by_role("article").filter(has_text="new office").filter(has_text="Done")
    before = await done.count()
    await send(page, "/video a greeting for the new office")
    await expect(done).to_have_count(before + 1, timeout=WAIT_MS)
    await page.get_by_role("searchbox", name="Search the record").fill("new office")
    lines = page.get_by_role("list", name="Live record")
    await lines.get_by_role("button", name=re.compile("chat.update")).last.click()
    await hide_notices(page)


async def form(page: Page) -> None:
    """The New video modal, while somebody looks for a voice."""
    await hide_guide(page)
    await show_worlds(page, False)
    await composer(page).fill("/video")
    await composer(page).press("Enter")
    modal = page.get_by_role("dialog", name="New video")
    await modal.get_by_label("What would you like to see?").fill("A friendly 30 s welcome for new colleagues")
    await modal.get_by_role("combobox", name="Voice").click()
    await page.locator("[role=option]").first.wait_for()


async def away(page: Page) -> None:
    """Closes what a scene left open, for Slack keeps it open for whoever comes next."""
    modal = page.get_by_role("dialog")
    if await modal.is_visible():
        await page.keyboard.press("Escape")  # the list of a select
        await page.keyboard.press("Escape")
        await modal.wait_for(state="hidden")


SCENES: tuple[tuple[str, tuple[int, int], Scene], ...] = (
    ("start", LAPTOP, start),
    ("thread", LAPTOP, thread),
    ("form", LAPTOP, form),
    ("phone", PHONE, start),
    ("phone-thread", PHONE, thread),
    ("worlds", LAPTOP, worlds),  # last, for it adds to the channel
)


async def play(page: Page) -> None:
    """What stands in the channel: a film with its question and second version, a spoken text, a failure."""
    await hide_guide(page)
    await send(page, "/video a 30 s intro to our team, ask me")
    card = card_of(page)
    await expect(card).to_contain_text("please answer in the thread", timeout=WAIT_MS)
    await open_thread(page)
    side = page.get_by_role("complementary", name="Thread")
    await side.get_by_role("button", name="Beach").click()
    await expect(card).to_contain_text("Done", timeout=WAIT_MS)
    await send(page, "/speak Good morning, team! Today we ship the new version. --voice Annabelle")
    await page.locator("audio").last.wait_for(timeout=WAIT_MS)
    await side.get_by_role("textbox").fill("shorter, and warmer please")
    await side.get_by_role("textbox").press("Enter")
    await expect(side).to_contain_text("(v2", timeout=WAIT_MS)
    await expect(card).to_contain_text("Done", timeout=WAIT_MS)


async def show_worlds(page: Page, wanted: bool) -> None:
    toggle = page.get_by_role("button", name="Worlds", exact=True)
    if (await toggle.get_attribute("aria-pressed") == "true") is not wanted:
        await toggle.click()


async def hide_notices(page: Page) -> None:
    dismiss = page.get_by_role("region", name="Notifications").get_by_role("button", name="Dismiss")
    while await dismiss.count():
        await dismiss.first.click()


async def hide_guide(page: Page) -> None:
    guide = page.get_by_role("region", name="Three things to try")
    if await guide.is_visible():
        await guide.get_by_role("button", name="Hide").click()


async def open_thread(page: Page) -> None:
    await card_of(page).get_by_role("button", name=re.compile("repl")).click()


def card_of(page: Page) -> Locator:
    return page.get_by_role("main").get_by_role("article").filter(has_text="a 30 s intro").last


def composer(page: Page) -> Locator:
    return page.get_by_role("textbox", name=re.compile("^Message"))


async def send(page: Page, text: str) -> None:
    await composer(page).fill(text)
    await composer(page).press("Enter")


async def picture(chromium: Browser, address: str, size: tuple[int, int], scheme: str, scene: Scene) -> bytes:
    """One scene, on a page of its own as on a first visit."""
    width, height = size
    context = await chromium.new_context(
        viewport={"width": width, "height": height}, color_scheme="dark" if scheme == "dark" else "light"
    )
    try:
        page = await context.new_page()
        await page.goto(address)
        await composer(page).wait_for()
        await scene(page)
        await page.mouse.move(width / 2, 1)  # nothing is pointed at
        await page.wait_for_timeout(SETTLED_MS)
        png = await page.screenshot()
        await away(page)
        return png
    finally:
        await context.close()


def small(png: bytes) -> bytes:
    """The same picture in fewer bytes."""
    written = io.BytesIO()
    full = Image.open(io.BytesIO(png)).convert("RGB")
    few = full.quantize(COLOURS, method=Image.Quantize.MAXCOVERAGE, kmeans=ROUNDS, dither=Image.Dither.NONE)
    few.save(written, "PNG", optimize=True)
    return written.getvalue()


async def main() -> int:
    if reason := why_not():
        print(reason, file=sys.stderr)
        return 1
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="screenshots-") as folder:
        async with playground(Path(folder), "--speed", "4") as address, browser() as chromium:
            page = await chromium.new_page()
            await page.goto(address)
            await composer(page).wait_for()
            await play(page)
            await page.close()
            for (name, size, scene), scheme in itertools.product(SCENES, SCHEMES):
                png = small(await picture(chromium, address, size, scheme, scene))
                (IMAGES / f"{name}-{scheme}.png").write_bytes(png)
                print(f"docs/images/{name}-{scheme}.png: {len(png) // 1024} KB")
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
