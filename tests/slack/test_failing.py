"""A listener that fails: whoever waits for an answer gets one, and it is true whatever had been stored by then."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from slack_bolt.context.respond.async_respond import AsyncRespond
from slack_sdk.errors import SlackApiError

from handlers.failing import SORRY, STORELESS, TooEarly, answer_failure
from storage.database import DatabaseFault

FAULT = RuntimeError("a fault")


class Answers:
    """A response URL that takes what is said."""

    def __init__(self) -> None:
        self.url = ""
        self.said: list[dict[str, Any]] = []

    async def take(self, request: web.Request) -> web.Response:
        self.said.append(await request.json())
        return web.Response(text="ok")


@pytest.fixture
async def answers() -> AsyncIterator[Answers]:
    made, app = Answers(), web.Application()
    app.router.add_post("/", made.take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
    yield made
    await runner.cleanup()


def no_url() -> AsyncRespond:
    """Where Slack gave no response URL."""
    return AsyncRespond(response_url=None)


async def test_a_command_is_answered_with_words() -> None:
    """They do not claim that nothing was begun, for it may have failed after the commit."""
    answer = await answer_failure(FAULT, {"command": "/video"}, no_url())
    assert answer.status == 200
    assert SORRY in answer.body
    assert "nothing was started" not in SORRY


async def test_what_slack_refused_is_named_with_who_can_mend_it() -> None:
    """A missing scope is not mended by trying again, which it used to say."""
    answer_of_slack = {"ok": False, "error": "missing_scope", "needed": "users:read"}
    refused = SlackApiError("", answer_of_slack)  # type: ignore[no-untyped-call]
    answer = await answer_failure(refused, {"command": "/video"}, no_url())
    assert "users:read" in answer.body
    assert "tell the admins" in answer.body


async def test_an_event_is_sent_again() -> None:
    """Slack repeats what was answered with an error."""
    answer = await answer_failure(FAULT, {"type": "event_callback"}, no_url())
    assert (answer.status, answer.body) == (500, "")


async def test_a_form_stays_open_with_words() -> None:
    """At its first field, for what was typed must not be lost."""
    body = {"type": "view_submission", "view": {"blocks": [{"type": "input", "block_id": "prompt"}]}}
    answer = await answer_failure(FAULT, body, no_url())
    assert answer.status == 200
    assert '"prompt"' in answer.body


async def test_a_click_is_answered_to_the_one_who_clicked(answers: Answers) -> None:
    """By the click's own response URL: nothing on the message is replaced."""
    answer = await answer_failure(FAULT, {"type": "block_actions"}, AsyncRespond(response_url=answers.url))
    assert answer.status == 200
    [said] = answers.said
    assert (SORRY, "ephemeral", False) == (said["text"], said["response_type"], said["replace_original"])


@pytest.mark.parametrize("url", [None, "http://127.0.0.1:9/"])
async def test_a_click_that_cannot_be_answered_shows_slacks_own_sign(url: str | None) -> None:
    """Slack marks a button whose click was answered with an error."""
    answer = await answer_failure(FAULT, {"type": "block_actions"}, AsyncRespond(response_url=url))
    assert answer.status == 500


async def test_what_could_not_be_stored_is_named_as_such() -> None:
    """It claims neither that nothing was begun nor that somebody should try at once."""
    fault = DatabaseFault(None, None, Exception("database or disk is full"))
    answer = await answer_failure(fault, {"command": "/video"}, no_url())
    assert answer.status == 200
    assert STORELESS in answer.body


async def test_a_reply_that_is_too_early_is_sent_again_by_slack() -> None:
    """Any status but one of the two hundreds makes Slack repeat an event; this is no error of the server."""
    answer = await answer_failure(TooEarly(), {"type": "event_callback"}, no_url())
    assert answer.status == 425
