"""How fast the playground's page is: until it can be used, while it scrolls, and from an event to what is seen."""

import asyncio
import json
from pathlib import Path
from typing import Any

import aiohttp
from playwright.async_api import Browser, Page

from bench.played import browser, playground, why_not
from bench.processes import Failed
from bench.report import Row, at_most, percentile

READY_BOUND, UPDATE_BOUND = 1.0, 0.1  # seconds
SMOOTH = 1 / 30  # seconds that most frames of a scroll stay below
HITCH_BOUND = 0.1  # seconds that no frame of a scroll takes
PLACE = "C0OPEN"  # the app is no member, so that nothing but the page has work with its messages
PERSON = "U0ANA"
POSTS_AT_A_TIME = 20
VIEW = {"width": 1440, "height": 900}
WHEEL_PIXELS, WHEEL_SECONDS = 600, 0.05

# When the composer stands there for the first time, and whether messages do.
WATCH_READY = """
new MutationObserver((_, observer) => {
  if (!document.querySelector("textarea") || !document.querySelector("article")) return;
  observer.disconnect();
  requestAnimationFrame(() => { window.readyAfter = performance.now() / 1000; });
}).observe(document, { childList: true, subtree: true });
"""
# The time of each frame from now on, until `frames.stop()` gives them.
WATCH_FRAMES = """
() => {
  const times = [];
  let goesOn = true;
  const look = (now) => { times.push(now / 1000); if (goesOn) requestAnimationFrame(look); };
  requestAnimationFrame(look);
  window.frames_ = { stop: () => { goesOn = false; return times.slice(1).map((time, i) => time - times[i]); } };
}
"""
# From the moment somebody sends a message until the frame in which its words can be seen.
SEND = """
([channel, user, text]) => new Promise((seen, failed) => {
  const began = performance.now();
  const observer = new MutationObserver(() => {
    if (!document.querySelector("main").innerText.includes(text)) return;
    observer.disconnect();
    requestAnimationFrame(() => seen((performance.now() - began) / 1000));
  });
  observer.observe(document.querySelector("main"), { childList: true, subtree: true, characterData: true });
  fetch("/slack/post", {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ channel, user, text }),
  }).catch(failed);
})
"""


async def measure(
    folder: Path, *, messages: int = 5_000, loads: int = 5, wheels: int = 120, sent: int = 40
) -> list[Row]:
    """A channel full of messages: opened anew each time, scrolled up, and written into."""
    if reason := why_not():
        raise Failed(reason)
    async with playground(folder, "--fresh") as url, browser() as chromium:
        await _fill(url, messages)
        address = f"{url}/#/{PLACE}"
        ready = [await _ready_after(chromium, address) for _ in range(loads)]
        page = await _opened(chromium, address)
        frames = await _scrolled(page, wheels)
        await page.close()
        page = await _opened(chromium, address)
        updates = [float(await page.evaluate(SEND, [PLACE, PERSON, f"word {number}."])) for number in range(sent)]
    how = f"Chromium without a window, a channel of {messages} messages"
    return [
        at_most(
            READY_BOUND, percentile(ready, 0.5), _milliseconds, how=f"{how}; median of {loads} first visits",
            measured="the playground's page until it can be used",
        ),
        at_most(
            SMOOTH, percentile(frames, 0.95), _milliseconds, how=f"{how}; {wheels} turns of the wheel, p95",
            measured="a frame while it scrolls",
        ),
        at_most(HITCH_BOUND, max(frames), _milliseconds, how="the same", measured="– its longest frame"),
        at_most(
            UPDATE_BOUND, percentile(updates, 0.95), _milliseconds, how=f"{how}; {sent} messages, p95",
            measured="from sending a message to its frame",
        ),
    ]  # fmt: skip


async def _fill(url: str, count: int) -> None:
    """Posts as many messages; their texts differ in length, as people's do."""
    gate = asyncio.Semaphore(POSTS_AT_A_TIME)
    async with aiohttp.ClientSession() as session:

        async def post(number: int) -> None:
            text = f"*{number}* " + "A word from `me` to <@U0BEN> :wave: and the rest of the team. " * (1 + number % 4)
            async with (
                gate,
                session.post(f"{url}/slack/post", json={"user": PERSON, "channel": PLACE, "text": text}) as answer,
            ):
                answer.raise_for_status()

        await asyncio.gather(*(post(number) for number in range(count)))


async def _opened(chromium: Browser, address: str) -> Page:
    page = await chromium.new_page(viewport=VIEW)  # type: ignore[arg-type]
    await page.goto(address)
    await page.get_by_role("article").last.wait_for()
    return page


async def _ready_after(chromium: Browser, address: str) -> float:
    """Seconds from the navigation until the channel and its composer are drawn; the cache is empty."""
    context = await chromium.new_context(viewport=VIEW)  # type: ignore[arg-type]
    try:
        await context.add_init_script(WATCH_READY)
        page = await context.new_page()
        await page.goto(address)
        await page.wait_for_function("() => window.readyAfter")
        return float(await page.evaluate("window.readyAfter"))
    finally:
        await context.close()


async def _scrolled(page: Page, wheels: int) -> list[float]:
    """The seconds that each frame took while the channel was scrolled up."""
    await page.mouse.move(VIEW["width"] / 2, VIEW["height"] / 2)
    before = await _first_shown(page)
    await page.evaluate(WATCH_FRAMES)
    for _ in range(wheels):
        await page.mouse.wheel(0, -WHEEL_PIXELS)
        await asyncio.sleep(WHEEL_SECONDS)
    frames: list[Any] = await page.evaluate("window.frames_.stop()")
    if before == await _first_shown(page):
        raise Failed(f"the channel did not scroll; it still begins with {json.dumps(before)}")
    return [float(frame) for frame in frames]


async def _first_shown(page: Page) -> str:
    return await page.get_by_role("article").first.inner_text()


def _milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms"
