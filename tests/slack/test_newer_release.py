"""What only a newer release beside this one knows is left to it: nothing is refused, and no fault counted."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

import httpx
import pytest

from bot.heygen.client import HeyGenClient
from bot.jobs.kinds import kind_of
from bot.jobs.outcomes import NotKnown
from handlers.identity import Identity
from handlers.places import Places
from handlers.render import Renderer
from storage.records import Effect
from tests.jobs.desk import Desk

US = Identity(
    enterprise_id=None, workspace_id="T1", workspace_url="", bot_id="B0BOT", bot_user_id="U0BOT", bot_name="heygen",
    scopes=frozenset(),
)  # fmt: skip
WORDS: list[Callable[[Renderer, Effect], Awaitable[object]]] = [Renderer.say, Renderer.dm, Renderer.whisper]


@pytest.mark.parametrize("words", WORDS)
async def test_words_that_only_a_newer_release_can_say(
    desk: Desk, words: Callable[[Renderer, Effect], Awaitable[object]]
) -> None:
    """They used to be a fault of ours, and after the fifth nobody said them any more."""
    job = await desk.ask()
    tried = replace((await desk.due())[0], job_id=job.id, payload={"what": "applause", "user": "U1"})
    async with httpx.AsyncClient() as http:
        client = HeyGenClient(http, api_key="k", base_url="http://127.0.0.1:9")
        renderer = Renderer(desk.database, client, {}, identity=US, places=Places(1), clock=lambda: desk.now)
        with pytest.raises(NotKnown):
            await words(renderer, tried)


async def test_files_of_a_job_that_only_a_newer_release_knows(desk: Desk) -> None:
    """They used to be given up after five tries by the older one."""
    with pytest.raises(NotKnown):
        kind_of({}, await desk.ask(kind="translation"))
