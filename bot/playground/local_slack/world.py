"""The truth of one workspace, and the ids and timestamps it gives out."""

import itertools
from collections.abc import Callable

from bot.playground.local_slack.journal import Journal
from bot.playground.local_slack.population import people, places
from bot.playground.local_slack.records import (
    BOT_USER,
    DELETED_BY,
    CannotDo,
    Channel,
    File,
    Json,
    Message,
    SlackError,
    User,
    View,
)
from bot.playground.local_slack.shapes import news_of
from bot.playground.local_slack.showpieces import UNCHECKED

MICROSECONDS = 1_000_000


class World:
    """Users, channels, messages, files and views; whatever changes here is told to the journal.

    `base_url` is where the workspace is served, without a slash at its end; it is known once the server listens.
    """

    def __init__(self, clock: Callable[[], float], journal: Journal) -> None:
        self.clock = clock
        self.journal = journal
        self.base_url = ""
        self._last_ts = 0
        self._numbers = itertools.count(1)
        self._run = f"{int(clock() * 1_000) % 16**6:06X}"  # an app may remember ids of an earlier run
        self.reset()

    def reset(self) -> None:
        """Everything as on the first day; ids and timestamps are not given out twice."""
        self.users: dict[str, User] = {user.id: user for user in people()}
        self.channels: dict[str, Channel] = {channel.id: channel for channel in places()}
        self.ephemerals: list[Message] = []
        self.files: dict[str, File] = {}
        self.stacks: dict[str, list[View]] = {}
        self.homes: dict[str, View] = {}
        self.prompts: dict[str, Json] = {}

    def new_id(self, prefix: str) -> str:
        return f"{prefix}{self._run}{next(self._numbers):05d}"

    def new_ts(self) -> str:
        """A message timestamp, later than every one before it."""
        self._last_ts = max(int(self.clock() * MICROSECONDS), self._last_ts + 1)
        return f"{self._last_ts // MICROSECONDS}.{self._last_ts % MICROSECONDS:06d}"

    def user(self, user_id: str) -> User:
        try:
            return self.users[user_id]
        except KeyError:
            raise CannotDo(f"nobody here has the id {user_id}; there are {sorted(self.users)}") from None

    def channel(self, channel_id: str) -> Channel:
        try:
            return self.channels[channel_id]
        except KeyError:
            raise CannotDo(f"no channel has the id {channel_id}; there are {sorted(self.channels)}") from None

    def dm(self, user_id: str) -> Channel:
        """The direct conversation of this person with the app, opened when it does not exist."""
        channel_id = f"D0{user_id.removeprefix('U0')}"
        if channel_id not in self.channels:
            self.channels[channel_id] = Channel(channel_id, "", "im", {user_id, BOT_USER})
            self.journal.tell("channel", {"id": channel_id})
        return self.channels[channel_id]

    def visible_to_app(self, channel_id: str) -> Channel:
        """The channel as the app's token sees it: what it cannot see does not exist."""
        channel = self.channels.get(channel_id)
        if channel is None or (channel.kind != "public" and BOT_USER not in channel.members):
            raise SlackError("channel_not_found")
        return channel

    def joined_by_app(self, channel_id: str) -> Channel:
        channel = self.visible_to_app(channel_id)
        if BOT_USER not in channel.members:
            raise SlackError("not_in_channel")
        return channel

    def open_to_app(self, channel_id: str) -> Channel:
        """A channel the app may write to."""
        channel = self.joined_by_app(channel_id)
        if channel.is_archived:
            raise SlackError("is_archived")
        return channel

    def add(self, message: Message) -> Message:
        name_blocks(message.blocks, self)
        if message.ephemeral_to is not None:
            self.ephemerals.append(message)
        else:
            self.channels[message.channel].add(message)
        self.tell(message, "posted")
        return message

    def remove(self, message: Message) -> None:
        """Delete a message; a thread's root leaves a tombstone while it has replies."""
        channel = self.channels[message.channel]
        if message in self.ephemerals:
            self.ephemerals.remove(message)
        elif channel.replies(message.ts):
            channel.messages[message.ts] = Message(
                channel.id,
                message.ts,
                DELETED_BY,
                "This message was deleted.",
                thread_ts=message.ts,
                subtype="tombstone",
            )
        else:
            channel.drop(message)
        self.tell(message, "deleted")

    def touch(self, message: Message) -> None:
        """Make a message's new content known."""
        name_blocks(message.blocks, self)
        self.tell(message, "changed")

    def tell(self, message: Message, change: str) -> None:
        told = {"change": change, "channel": message.channel, "ts": message.ts}
        self.journal.tell("message", told | (news_of(message, self) if self.journal.news.is_watched else {}))

    def message_for(self, user_id: str, channel_id: str, ts: str) -> Message:
        """A message as this person sees it, ephemeral ones included."""
        own = (m for m in self.ephemerals if (m.channel, m.ts, m.ephemeral_to) == (channel_id, ts, user_id))
        message = self.channel(channel_id).messages.get(ts) or next(own, None)
        if message is None:
            raise CannotDo(f"{user_id} sees no message {ts} in {channel_id}")
        return message

    def open_view(self, view_id: str) -> View | None:
        stacked = itertools.chain.from_iterable(self.stacks.values())
        return next((view for view in [*stacked, *self.homes.values()] if view.id == view_id), None)

    def usable_file(self, file_id: str) -> File:
        file = self.files.get(file_id)
        if file is None:
            raise SlackError("file_not_found")
        if file.state == "deleted":
            raise SlackError("file_deleted")
        return file


def name_blocks(blocks: list[Json], world: World) -> None:
    """Give every block and element without an id one, as Slack does when it stores them."""
    for block in blocks:
        block.setdefault("block_id", world.new_id("b"))
        for element in interactive_elements(block):
            element.setdefault("action_id", world.new_id("a"))


def interactive_elements(block: Json) -> list[Json]:
    """Buttons, selects and inputs of a block: those that take an action_id."""
    candidates = [block.get("accessory"), block.get("element"), *block.get("elements", [])]
    passive = {"image", "mrkdwn", "plain_text"}
    if block.get("type") in {"rich_text", "context", *UNCHECKED}:
        return []
    return [item for item in candidates if isinstance(item, dict) and item.get("type") not in passive]
