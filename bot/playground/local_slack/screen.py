"""The workspace as plain text, as one person sees it: for people who drive it from a terminal.

Beside each message stands its ts, and in brackets what can be clicked: the label, then the action_id.
"""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from bot.playground.local_slack.records import CannotDo, Channel, Json
from bot.playground.local_slack.world import interactive_elements

if TYPE_CHECKING:
    from bot.playground.local_slack.server import LocalSlack

WORDS = frozenset({"mrkdwn", "plain_text", "text"})
SHIFT = "    "


def screen(slack: "LocalSlack", user: str, channel: str | None = None) -> str:
    """A channel with its threads, or every one that holds something, and the person's open modals."""
    slack.world.user(user)
    places = [place for place in slack.world.channels.values() if user in place.members]
    if channel is not None:
        places = [place for place in places if place.id == channel]
        if not places:
            raise CannotDo(f"{user} is in no channel {channel}")
    shown = [_place(slack, user, place) for place in places if slack.seen(user, place.id)]
    shown += [_modal(view) for view in slack.views(user)]
    text = "\n\n".join("\n".join(lines) for lines in shown) or "Nothing has been said yet."
    return re.sub(r"<@(\w+)>", lambda mention: _name(slack, mention[1]), text) + "\n"


def _name(slack: "LocalSlack", user_id: str) -> str:
    user = slack.world.users.get(user_id)
    return f"@{user.name}" if user else f"@{user_id}"


def _place(slack: "LocalSlack", user: str, place: Channel) -> list[str]:
    lines = [f"== {f'#{place.name}' if place.name else 'direct messages'} ({place.id})"]
    for message in slack.seen(user, place.id):
        lines += _message(slack, message)
        for reply in slack.seen(user, place.id, message["ts"])[1:]:
            lines += [f"{SHIFT}{line}" for line in _message(slack, reply)]
    return lines


def _message(slack: "LocalSlack", message: Json) -> list[str]:
    alone = "  only you see this" if message.get("is_ephemeral") else ""
    files = [f"{file['name']} {slack.url}/control/files/{file['id']}" for file in message.get("files") or []]
    signs = [f":{reaction['name']}:" for reaction in message.get("reactions") or []]
    text = _blocks(message.get("blocks") or []) or message["text"].splitlines()
    lines = [*text, *files, *([" ".join(signs)] if signs else [])]
    return [f"{message['ts']}  {_name(slack, message['user'])}{alone}", *(f"  | {line}" for line in lines)]


def _modal(view: Json) -> list[str]:
    lines = _blocks(view["blocks"])
    return [f"== modal “{view['title']['text']}” ({view['id']})", *(f"  | {line}" for line in lines)]


def _blocks(blocks: list[Json]) -> list[str]:
    lines: list[str] = []
    for block in blocks:
        elements = interactive_elements(block)
        said = {**block, "elements": [], "accessory": None, "element": None} if elements else block
        lines += [line for words in _words(said) for line in words.splitlines()]
        if elements:
            lines.append("  ".join(f"[{_label(element)}: {element['action_id']}]" for element in elements))
    return lines


def _label(element: Json) -> str:
    return str((element.get("text") or element.get("placeholder") or {"text": element["type"]})["text"])


def _words(part: Any) -> Iterator[str]:
    """Every text in the order in which it is read."""
    if isinstance(part, list):
        for item in part:
            yield from _words(item)
    elif isinstance(part, dict):
        if part.get("type") in WORDS and isinstance(part.get("text"), str):
            yield part["text"]
        else:
            yield from _words(list(part.values()))
