"""The panel Worlds: HeyGen and the app are made to fail from it, and everything that passes stands in its record."""

import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Locator, expect

from tests.page.visitor import SECONDS, Visitor, plays, sees

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.slow]


@pytest_asyncio.fixture(loop_scope="module", autouse=True)
async def _as_it_was(visitor: Visitor) -> AsyncIterator[None]:
    """Whatever a test did to the app and to HeyGen's webhooks ends with it."""
    yield
    await visitor.api("/app/start", {})
    await visitor.api("/heygen/set", {"webhooks": {"mode": "normal"}, "wallet": 100.0})


async def heygen_tab(visitor: Visitor) -> Locator:
    await visitor.open_worlds()
    await visitor.worlds.get_by_role("tab", name="HeyGen").click()
    return visitor.worlds.get_by_role("tabpanel")


async def record_tab(visitor: Visitor) -> Locator:
    await visitor.open_worlds()
    await visitor.worlds.get_by_role("tab", name="Live record").click()
    return visitor.worlds.get_by_role("list", name="Live record")


def app_state(visitor: Visitor) -> Locator:
    return visitor.worlds.get_by_role("region", name="The app")


async def test_a_crash_in_the_middle_loses_nothing(visitor: Visitor) -> None:
    """Crash kills the program while HeyGen renders; it comes back by itself and brings that video, once."""
    await visitor.open_worlds()
    state = app_state(visitor)
    await sees(state, re.compile(r"Running.*process \d+"))
    before = (await visitor.api("/app"))["pid"]
    card = await visitor.make("a greeting that survives, slow please")
    await sees(card, re.compile("Planning|Rendering"))
    await state.get_by_role("button", name="Crash").click()

    await sees(state, "restarted once")
    await sees(state, "Running")
    assert (await visitor.api("/app"))["pid"] != before
    await sees(card, "Done", seconds=40)
    await visitor.open_thread(card)
    await expect(visitor.thread.locator("video")).to_have_count(1)


async def test_what_is_typed_while_the_app_is_down(visitor: Visitor) -> None:
    """Without the app a command says that it did not work; once it is started again the next one does."""
    await visitor.open_worlds()
    state = app_state(visitor)
    await state.get_by_role("button", name="Stop").click()
    await sees(state, "Ended")
    await visitor.say("/heygen help")
    await sees(
        visitor.page.locator("body"), re.compile("/heygen.*(failed|did not|not work|dispatch_failed)", re.DOTALL)
    )
    await state.get_by_role("button", name="Start", exact=True).click()
    await sees(state, "Running")
    await visitor.say("/heygen help")
    await sees(visitor.main, "Only visible to you")


async def test_slack_reaches_the_app_over_http_as_well(visitor: Visitor) -> None:
    """HTTP and Socket Mode can be changed while it runs; a command works in both."""
    await visitor.open_worlds()
    state = app_state(visitor)
    for mode in ("HTTP", "Socket Mode"):
        before = (await visitor.api("/app"))["pid"]
        await state.get_by_role("radio", name=mode).click()
        await expect(state).not_to_contain_text(f"process {before}", timeout=SECONDS * 1000)
        await expect(state.get_by_role("radio", name=mode)).to_be_checked(timeout=SECONDS * 1000)
        await sees(state, "Running")
        card = await visitor.make(f"a film by way of {mode}")
        await sees(card, "Done")


async def test_heygen_fails_with_the_code_that_was_chosen(visitor: Visitor) -> None:
    """A code chosen in the panel makes the next video fail, and the thread says it in words for people."""
    panel = await heygen_tab(visitor)
    await panel.get_by_label("Reason of the failure").select_option("content_policy_violation")
    await panel.get_by_role("button", name="Order it").click()
    await sees(panel, "Ordered: the next video fails with content_policy_violation")
    card = await visitor.make("something that is not allowed")
    await sees(card, "Failed")
    await sees(card, "HeyGen's content policy does not allow this.")
    await sees(panel.get_by_role("list", name="Sessions"), "content_policy_violation")


async def test_a_lost_session_is_said(visitor: Visitor) -> None:
    """HeyGen is made to lose a session; the thread says so and offers to start again."""
    panel = await heygen_tab(visitor)
    card = await visitor.make("a film that HeyGen forgets, slow please")
    job = panel.get_by_role("list", name="Sessions").get_by_role("listitem").filter(has_text="HeyGen forgets").first
    await sees(job, re.compile("thinking|generating"))
    await job.get_by_role("button", name="Lose it").click()
    await sees(job, "lost")
    await sees(card, "HeyGen no longer knows this conversation")


async def test_heygen_asks_because_it_was_told_to(visitor: Visitor) -> None:
    """Ask now makes a session ask, and the question comes into the thread with its buttons."""
    panel = await heygen_tab(visitor)
    card = await visitor.make("a film with a sudden question, slow please")
    job = panel.get_by_role("list", name="Sessions").get_by_role("listitem").filter(has_text="sudden question").first
    await job.get_by_role("button", name="Ask now").click()
    await sees(card, "please answer in the thread")
    await visitor.open_thread(card)
    await visitor.thread.get_by_role("button", name="Kitchen").click()
    await sees(visitor.thread, re.compile("Answered by.*Kitchen"))
    await card.get_by_role("button", name="Stop").click()
    await sees(card, "Stopped by")


@pytest.mark.parametrize(("call", "trouble"), [("create", "429"), ("session", "503")])
async def test_a_refused_call_is_made_good(visitor: Visitor, call: str, trouble: str) -> None:
    """HeyGen refuses to make the video, or to tell of it; the app comes back to it, and the video is made."""
    panel = await heygen_tab(visitor)
    await panel.get_by_label("The next", exact=True).select_option(call)
    await panel.get_by_label("gets", exact=True).select_option(trouble)
    await panel.get_by_role("button", name="Order trouble").click()
    await sees(panel.get_by_role("list", name="Ordered troubles"), trouble)
    card = await visitor.make(f"a film in spite of {trouble}")
    lines = await record_tab(visitor)
    await sees(lines, f"{trouble} (ordered: status)")
    await sees(card, "Done", seconds=40)


@pytest.mark.parametrize("mode", ["Dropped", "Doubled", "Late", "Forged"])
async def test_webhooks_may_go_astray(visitor: Visitor, mode: str) -> None:
    """However webhooks travel, the video comes."""
    panel = await heygen_tab(visitor)
    await panel.get_by_role("radio", name=mode).click()
    await expect(panel.get_by_role("radio", name=mode)).to_be_checked(timeout=SECONDS * 1000)
    card = await visitor.make(f"a film with webhooks {mode}")
    await sees(card, "Done")
    await panel.get_by_role("radio", name="Normal").click()
    await expect(panel.get_by_role("radio", name="Normal")).to_be_checked(timeout=SECONDS * 1000)


async def test_the_account_is_seen_and_set(visitor: Visitor) -> None:
    """Wallet and places in use move with the jobs; an empty wallet is set in the panel and said in Slack."""
    panel = await heygen_tab(visitor)
    wallet = panel.get_by_label("Wallet, $")
    await wallet.fill("12.5")
    await wallet.press("Enter")
    await visitor.say("/heygen credits")
    await sees(visitor.main, "12.50")
    card = await visitor.make("a film that takes its place, slow please")
    await sees(panel, re.compile("Running *1 *of 10"))
    await card.get_by_role("button", name="Stop").click()
    await sees(panel, re.compile("Running *0 *of 10"))
    await wallet.fill("100")
    await wallet.press("Enter")


async def test_the_record_tells_what_passes_with_its_bodies(visitor: Visitor) -> None:
    """The command, the call to HeyGen and the card stand in the record; a click shows bodies, filters leave out."""
    lines = await record_tab(visitor)
    await visitor.make("a film for the record")
    for told in (r"/video", r"POST /v3/video-agents", r"chat\.postMessage"):
        await sees(lines, re.compile(told))
    search = visitor.worlds.get_by_role("searchbox", name="Search the record")
    await search.fill("a film for the record")
    created = lines.get_by_role("button", name=re.compile("POST .v3.video-agents")).first
    await created.click()
    await expect(created).to_have_attribute("aria-expanded", "true")
    await sees(lines, "incognito_mode")

    await search.fill("")
    await visitor.worlds.get_by_role("checkbox", name="app → HeyGen").uncheck()
    await expect(lines.get_by_role("button", name=re.compile("POST .v3.video-agents"))).to_have_count(0)


async def test_the_guide_leads_to_a_film(visitor: Visitor) -> None:
    """The first visit offers three things; one click puts the words into the composer, Enter makes the video."""
    guide = visitor.page.get_by_role("region", name="Three things to try")
    await expect(guide.get_by_role("button", name=re.compile("Make a video|Let it speak|Crash it"))).to_have_count(3)
    await guide.get_by_role("button", name="Let it speak").click()
    await expect(visitor.composer()).to_be_focused()
    await visitor.page.keyboard.press("Enter")
    await plays(visitor.page.locator("audio").last)
    await guide.get_by_role("button", name="Crash it in the middle").click()
    await expect(visitor.worlds).to_be_visible()
    await visitor.composer().fill("")
    await guide.get_by_role("button", name="Hide").click()
    await expect(guide).to_have_count(0)
    await visitor.page.reload()
    await expect(visitor.composer()).to_be_visible()
    await expect(guide).to_have_count(0)
