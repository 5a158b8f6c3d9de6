"""A journey whose every message and modal is checked against Slack's limits when it ends."""

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from bot.playground.local_slack.server import LocalSlack
from handlers.blocks.messages import Message
from tests.journeys.world import World, world
from tests.slack.limits import check_message, check_view

SAID = ("chat.postMessage", "chat.update", "chat.postEphemeral")


@asynccontextmanager
async def checked(folder: Path, **more: Any) -> AsyncIterator[World]:
    """A world as `world` makes it; at its end everything the app said in it must be sayable in Slack."""
    async with world(folder, **more) as made:
        yield made
        for message in _messages(made.slack):
            check_message(message)
        for call in made.slack.calls("views.open"):
            check_view(_structured(call.arguments["view"]))


def _messages(slack: LocalSlack) -> Iterator[Message]:
    for method in SAID:
        for call in slack.calls(method):
            yield Message(call.arguments["text"], _structured(call.arguments["blocks"]))
    for entry in slack.deliveries("slash_commands"):
        if entry.body:
            yield Message(entry.body["text"], entry.body["blocks"])


def _structured(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value
