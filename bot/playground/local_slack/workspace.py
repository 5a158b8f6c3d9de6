"""Everything that one running local Slack consists of, for those parts that need several of them."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from bot.playground.local_slack.background import Background
from bot.playground.local_slack.courier import Courier
from bot.playground.local_slack.events import Events
from bot.playground.local_slack.file_store import FileStore
from bot.playground.local_slack.journal import Journal
from bot.playground.local_slack.rates import Rates
from bot.playground.local_slack.records import Message, SlackError
from bot.playground.local_slack.response_urls import ResponseUrls
from bot.playground.local_slack.socket_mode import SocketMode
from bot.playground.local_slack.temper import Orders, Temper
from bot.playground.local_slack.triggers import Triggers
from bot.playground.local_slack.world import World


@dataclass
class Workspace:
    """The collaborators."""

    clock: Callable[[], float]
    world: World
    journal: Journal
    temper: Temper
    orders: Orders
    rates: Rates
    triggers: Triggers
    files: FileStore
    courier: Courier
    events: Events
    response_urls: ResponseUrls
    sockets: SocketMode
    background: Background
    closing: asyncio.Event

    def require(self, *any_of: str) -> None:
        """Refuse the call when the app has been granted none of these scopes."""
        granted = self.temper.granted
        if not any(scope in granted for scope in any_of):
            raise SlackError("missing_scope", {"needed": any_of[0], "provided": ",".join(granted)})

    def publish(self, message: Message) -> Message:
        """Add a message to its channel and tell the app of it."""
        self.world.add(message)
        self.events.posted(message)
        return message


class Seat:
    """A place in the workspace to act or to look from."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._world = workspace.world
