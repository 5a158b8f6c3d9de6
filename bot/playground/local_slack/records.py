"""What a workspace consists of: people, channels, messages, files and views."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

Json = dict[str, Any]

TEAM = "T0LOCAL"
OTHER_TEAM = "T0OTHER"
APP = "A0LOCAL"
BOT_USER = "U0BOT"
BOT = "B0BOT"
DELETED_BY = "USLACKBOT"  # Slack shows the remains of a deleted thread root as its own message

ChannelKind = Literal["public", "private", "im"]


@dataclass
class User:
    """One account; a stranger belongs to another organisation."""

    id: str
    name: str
    real_name: str
    team_id: str = TEAM
    is_admin: bool = False
    is_restricted: bool = False
    is_bot: bool = False
    deleted: bool = False
    tz: str = "Europe/Berlin"


@dataclass
class Message:
    """One message as Slack keeps it: text exactly as it was sent."""

    channel: str
    ts: str
    user: str
    text: str
    blocks: list[Json] = field(default_factory=list)
    metadata: Json | None = None
    thread_ts: str | None = None
    is_broadcast: bool = False
    from_app: bool = False
    subtype: str | None = None
    edited: Json | None = None
    files: list[str] = field(default_factory=list)
    reactions: dict[str, list[str]] = field(default_factory=dict)
    ephemeral_to: str | None = None

    @property
    def is_reply(self) -> bool:
        return self.thread_ts is not None and self.thread_ts != self.ts


@dataclass
class Channel:
    """A conversation of any kind, with its messages in the order of their ts."""

    id: str
    name: str
    kind: ChannelKind
    members: set[str]
    is_archived: bool = False
    messages: dict[str, Message] = field(default_factory=dict)
    threads: dict[str, dict[str, Message]] = field(default_factory=dict)  # replies by the ts of their root

    @property
    def is_im(self) -> bool:
        return self.kind == "im"

    @property
    def event_type(self) -> str:
        """The word of a message event's `channel_type`."""
        return {"public": "channel", "private": "group", "im": "im"}[self.kind]

    @property
    def command_name(self) -> str:
        """The word of a slash command's `channel_name`, which hides the names of private places."""
        return {"public": self.name, "private": "privategroup", "im": "directmessage"}[self.kind]

    def add(self, message: Message) -> None:
        self.messages[message.ts] = message
        if message.is_reply:
            self.threads.setdefault(str(message.thread_ts), {})[message.ts] = message

    def drop(self, message: Message) -> None:
        self.messages.pop(message.ts, None)
        self.threads.get(str(message.thread_ts), {}).pop(message.ts, None)

    def replies(self, root: str) -> list[Message]:
        return list(self.threads.get(root, {}).values())


FileState = Literal["awaiting_bytes", "uploaded", "complete", "deleted"]


@dataclass
class File:
    """A file and where its bytes lie; `shares` lists (channel, ts, thread_ts)."""

    id: str
    name: str
    title: str
    mimetype: str
    size: int
    user: str
    created: int
    path: Path
    state: FileState = "awaiting_bytes"
    alt_text: str = ""
    shares: list[tuple[str, str, str | None]] = field(default_factory=list)


@dataclass
class View:
    """A modal or a Home tab; `typed` is what its user has entered so far, as block id, action id, value."""

    id: str
    user: str
    hash: str
    content: Json
    root_id: str
    previous_id: str | None = None
    typed: dict[str, Json] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        return str(self.content.get("type", "modal"))


@dataclass(frozen=True)
class Ack:
    """What the app answered: an HTTP status (0 for no answer in time), its body, and Slack's word when it failed."""

    status: int
    body: Any = None
    error: str | None = None

    @property
    def ok(self) -> bool:
        return self.error is None

    def as_json(self) -> Json:
        return {"status": self.status, "body": self.body, "error": self.error}


class SlackError(Exception):
    """The Web API refuses a call with this word; `details` go beside it into the answer."""

    def __init__(self, word: str, details: Mapping[str, Any] | None = None) -> None:
        super().__init__(word)
        self.word = word
        self.details: Json = dict(details or {})


class CannotDo(Exception):
    """A person could not do this in Slack: there is no such button, message, view or choice."""
