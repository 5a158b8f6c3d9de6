"""What a release leaves behind: its database, what Slack shows and what HeyGen knows, as files for later releases.

Ids stay as they were. All times move together when a record is loaded, by whole seconds, so that it is as fresh as in
the moment it was made. The doubles' addresses are replaced by names, for their ports differ.
"""

import dataclasses
import json
import re
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.playground.local_heygen.orders import plan_from
from bot.playground.local_heygen.records import Message as SessionMessage
from bot.playground.local_heygen.records import Resource, Session, Step, Video
from bot.playground.local_heygen.server import LocalHeyGen
from bot.playground.local_heygen.studio import BLOB_FILM, BLOB_STILL
from bot.playground.local_slack.records import Channel, File, Message, View
from bot.playground.local_slack.server import LocalSlack

FILES = ("database.sql", "slack.json", "heygen.json")
SLACK, HEYGEN = "http://slack.test", "http://heygen.test"
TIME = re.compile(r"\b1[789]\d{8}\b")  # whole seconds since 1970, from 2023 to 2033, wherever they stand
FLOAT = re.compile(r"\b\d\.\d+e\+\d\d\b")  # as SQLite writes a time in SQL

Json = dict[str, Any]


@dataclass(frozen=True)
class Kept:
    """One record as text: SQL, and JSON with a line for each thing."""

    database: str
    slack: str
    heygen: str

    @classmethod
    def read(cls, folder: Path) -> "Kept":
        """What `save` wrote."""
        return cls(*((folder / name).read_text(encoding="utf-8") for name in FILES))

    def save(self, folder: Path) -> None:
        """Writes a file for each."""
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in zip(FILES, dataclasses.astuple(self), strict=True):
            (folder / name).write_text(text, encoding="utf-8")

    def spelled(self, word: str, other: str) -> "Kept":
        """The same with another word for one."""
        return Kept(*(text.replace(word, other) for text in dataclasses.astuple(self)))

    def moved(self, seconds: int) -> "Kept":
        """The same, so many seconds later."""
        return Kept(*(TIME.sub(lambda found: str(int(found[0]) + seconds), text) for text in dataclasses.astuple(self)))

    @property
    def kept_at(self) -> int:
        """When the program was killed."""
        at: int = json.loads(self.slack)["kept_at"]
        return at


def keep(file: Path, slack: LocalSlack, heygen: LocalHeyGen, *, now: float) -> Kept:
    """What is there once the program is dead."""
    made = Kept(_sql(file), _lines(_of_slack(slack, now)), _lines(_of_heygen(heygen)))
    return made.spelled(slack.url, SLACK).spelled(heygen.url, HEYGEN)


def restore(kept: Kept, file: Path, slack: LocalSlack, heygen: LocalHeyGen, *, now: float) -> None:
    """Makes the database, and lets both doubles know what they knew."""
    later = int(now) - kept.kept_at
    there = kept.moved(later).spelled(SLACK, slack.url).spelled(HEYGEN, heygen.url)
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(there.database)
    _into_slack(slack, json.loads(there.slack))
    _into_heygen(heygen, json.loads(there.heygen), later)


def _sql(file: Path) -> str:
    with closing(sqlite3.connect(file)) as connection:
        text = "\n".join(connection.iterdump()) + "\n"
    return FLOAT.sub(lambda found: repr(float(found[0])), text)


def _lines(kept: Json) -> str:
    """JSON in which each thing of a list has a line of its own."""
    parts = []
    for name, value in kept.items():
        if isinstance(value, list):
            things = ",\n".join(json.dumps(thing, ensure_ascii=False) for thing in value)
            parts.append(f"{json.dumps(name)}: [\n{things}\n]")
        else:
            parts.append(f"{json.dumps(name)}: {json.dumps(value, ensure_ascii=False)}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _told(record: Any, *without: str) -> Json:
    """A record's fields; those that are as they begin are left out."""
    told = {}
    for field in dataclasses.fields(record):
        value, begins = getattr(record, field.name), field.default
        if field.default_factory is not dataclasses.MISSING:
            begins = field.default_factory()
        if field.name not in without and (begins is dataclasses.MISSING or value != begins):
            told[field.name] = value
    return told


def _of_slack(slack: LocalSlack, now: float) -> Json:
    world = slack.world
    channels = list(world.channels.values())
    return {
        "kept_at": int(now),
        "channels": [_told(one, "messages", "threads") | {"members": sorted(one.members)} for one in channels],
        "messages": [_told(message) for channel in channels for message in channel.messages.values()],
        "ephemerals": [_told(message) for message in world.ephemerals],
        "files": [_told(file, "path") for file in world.files.values()],
        "views": [_told(view) for stack in world.stacks.values() for view in stack],
    }


def _into_slack(slack: LocalSlack, kept: Json) -> None:
    world = slack.world
    world.channels = {one["id"]: Channel(**one | {"members": set(one["members"])}) for one in kept["channels"]}
    for message in kept["messages"]:
        world.channels[message["channel"]].add(Message(**message))
    world.ephemerals = [Message(**message) for message in kept["ephemerals"]]
    world.files = {file["id"]: _slack_file(file) for file in kept["files"]}
    for view in kept["views"]:
        world.stacks.setdefault(view["user"], []).append(View(**view))


def _slack_file(kept: Json) -> File:
    """Nobody reads its bytes again."""
    return File(**kept | {"path": Path("/nowhere"), "shares": [tuple(share) for share in kept.get("shares", ())]})


def _of_heygen(heygen: LocalHeyGen) -> Json:
    return {
        "sessions": [_of_session(session) for session in heygen.sessions.values()],
        "videos": [_told(video) for video in heygen.videos.values()],
    }


def _of_session(session: Session) -> Json:
    told = _told(session, "rendering") | {"plan": _told(session.plan)}
    told["messages"] = [_told(message) for message in session.messages]
    told["resources"] = [_told(resource) for resource in session.resources.values()]
    told["steps"] = [_told(step) for step in session.steps]
    told["step"] = _told(session.step) if session.step else None
    return told | {"rendering": session.rendering.id if session.rendering else None}


def _into_heygen(heygen: LocalHeyGen, kept: Json, later: int) -> None:
    world = heygen.world
    world.videos.update((video["id"], Video(**video)) for video in kept["videos"])
    for told in kept["sessions"]:
        session = _session(told, world.videos, later)
        world.sessions[session.id] = session
        if session.step is not None:
            world.open[session.id] = session
        for resource in session.resources.values():
            heygen.files.add(resource.file_id, "image.png", "image/png", BLOB_STILL)
    for video in world.videos.values():
        heygen.files.add(video.file_id, f"video-v{video.version}.mp4", "video/mp4", BLOB_FILM)
        heygen.files.add(video.thumbnail_id, "image.png", "image/png", BLOB_STILL)
        heygen.files.add(video.subtitle_id, "captions.srt", "application/x-subrip", CAPTIONS)


CAPTIONS = b"1\n00:00:00,000 --> 00:00:02,000\nHello\n"


def _session(told: Json, videos: dict[str, Video], later: int) -> Session:
    resources = [Resource(**resource) for resource in told["resources"]]
    whole = told | {
        "plan": plan_from(told["plan"]),
        "messages": [_session_message(message, later) for message in told["messages"]],
        "resources": {resource.resource_id: resource for resource in resources},
        "steps": [Step(**step) for step in told["steps"]],
        "step": Step(**told["step"]) if told["step"] else None,
        "rendering": videos[told["rendering"]] if told["rendering"] else None,
        "asset_ids": tuple(told.get("asset_ids", ())),
    }
    return Session(**whole)


def _session_message(told: Json, later: int) -> SessionMessage:
    """At its old time: by its words and that, and nothing else, the program knows what people were asked already."""
    of_old = {"created_at": told["created_at"] - later, "resource_ids": tuple(told.get("resource_ids", ()))}
    return SessionMessage(**told | of_old)


def clickable(messages: Iterable[Message]) -> list[tuple[Message, Json]]:
    """Each element of these messages that a person could use, with its message."""
    found = []
    for message in messages:
        for block in message.blocks:
            items = [*(block.get("elements") or []), *([block["accessory"]] if block.get("accessory") else [])]
            found += [(message, item) for item in items if "action_id" in item]
    return found
