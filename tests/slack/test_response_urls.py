"""The response URLs of commands and clicks: a way to one person's eyes that needs no scope."""

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from handlers.blocks.messages import unknown_click
from handlers.response_urls import KEPT_SECONDS, ResponseUrls


class Desk:
    """Response URLs, what was said to each, and a clock that stands still."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self.now, self.base = 1_000_000.0, ""
        self.urls = ResponseUrls(session, clock=lambda: self.now)
        self.said: list[tuple[str, dict[str, Any]]] = []

    async def take(self, request: web.Request) -> web.Response:
        """Slack's end of a response URL."""
        key = request.match_info["key"]
        self.said.append((key, await request.json()))
        return web.Response(status=404 if key == "used" else 200)

    async def types(self, url: str, *, user: str = "U1") -> None:
        """A person types a command."""
        self.urls.note({"team_id": "T1", "user_id": user, "response_url": self.base + url})


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    async with aiohttp.ClientSession() as session:
        made, app = Desk(session), web.Application()
        app.router.add_post("/{key}", made.take)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        made.base = f"http://127.0.0.1:{runner.addresses[0][1]}/"
        yield made
        await runner.cleanup()


async def test_words_go_by_the_persons_newest_one(desk: Desk) -> None:
    """To them alone, and nothing of theirs is replaced."""
    for url, user in (("first", "U1"), ("second", "U1"), ("other", "U2")):
        await desk.types(url, user=user)
    assert await desk.urls.say("T1", "U1", unknown_click())
    [(key, body)] = desk.said
    assert "second" == key
    assert ("ephemeral", False) == (body["response_type"], body["replace_original"])


async def test_a_click_brings_one_as_well(desk: Desk) -> None:
    """Its body names the person otherwise than a command's."""
    body = {"team": {"id": "T1"}, "user": {"id": "U1"}, "response_url": f"{desk.base}click"}
    desk.urls.note(body)
    assert await desk.urls.say("T1", "U1", unknown_click())


async def test_it_is_used_only_while_it_is_good(desk: Desk) -> None:
    """Unknown, run out or refused by Slack: the words are not said, and that is told."""
    assert not await desk.urls.say("T1", "U1", unknown_click())
    await desk.types("one")
    desk.now += KEPT_SECONDS
    assert not await desk.urls.say("T1", "U1", unknown_click())
    assert [] == desk.said
    await desk.types("used")
    assert not await desk.urls.say("T1", "U1", unknown_click())
