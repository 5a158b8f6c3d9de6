"""Slack's way of writing text, in both directions: what a person meant, and what may be shown without side effects."""

import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime

CONTROL = re.compile(r"<([^<>]*)>")  # everything Slack itself wrote: mentions, channels, links
MENTION = re.compile(r"<@([UW][A-Z0-9]+)(?:\|[^<>]*)?>")
ENTITY = re.compile(r"&(lt|gt|amp);")
CHARACTERS = {"lt": "<", "gt": ">", "amp": "&"}
MORE = "…"
UNSEEN = frozenset({"Cc", "Cf", "Mn", "Zl", "Zp", "Zs"})  # Unicode's categories of what has no shape of its own


def escape(text: str) -> str:
    """The text as Slack shows it literally; nothing in it mentions or links any more."""
    # https://docs.slack.dev/messaging/formatting-message-text asks for these three and no others.
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def unescape(text: str) -> str:
    """The text without Slack's entities; each is decoded once."""
    return ENTITY.sub(lambda match: CHARACTERS[match[1]], text)


def plain(text: str, names: Mapping[str, str]) -> str:
    """What a person meant by a message or command. `names` gives the display names of mentioned users by id."""
    parts, end = [], 0
    for match in CONTROL.finditer(text):
        parts += [unescape(text[end : match.start()]), _meant(match[1], names)]
        end = match.end()
    return "".join([*parts, unescape(text[end:])])


def seen(text: str) -> str:
    """The text without the spaces around it; nothing when it is made of characters that nobody can see."""
    return text.strip() if any(unicodedata.category(character) not in UNSEEN for character in text) else ""


def mentioned_users(text: str) -> set[str]:
    """The ids of the users a message mentions."""
    return {match[1] for match in MENTION.finditer(text)}


def without_mention(text: str, bot_user_id: str) -> str:
    """A message as Slack sent it, without the mentions of the app itself."""
    return re.sub(rf"[^\S\n]*<@{re.escape(bot_user_id)}(?:\|[^<>]*)?>", "", text).strip()


def shortened(text: str, limit: int) -> str:
    """The text, cut so that it is at most `limit` characters long once escaped; a cut shows as …"""
    if len(escape(text)) <= limit:
        return text
    room, kept = limit - len(MORE), 0
    for character in text:
        room -= len(escape(character))
        if room < 0:
            break
        kept += 1
    return text[:kept].rstrip() + MORE


def shown(text: str, limit: int) -> str:
    """The text on one line, shortened and escaped, to stand inside a sentence of ours."""
    return escape(shortened(" ".join(text.split()), limit))


def link(url: str, label: str) -> str:
    """A link in Slack's notation. Characters that would end it early are encoded."""
    safe = url.replace("|", "%7C").replace("<", "%3C").replace(">", "%3E").replace("&", "&amp;")
    return f"<{safe}|{escape(label).replace('|', '¦')}>"


def moment(at: float) -> str:
    """A time that Slack shows to each reader in their own time zone: https://docs.slack.dev/messaging/formatting-message-text"""
    fallback = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    return f"<!date^{int(at)}^{{date_short_pretty}} {{time_secs}}|{fallback}>"


def _meant(inside: str, names: Mapping[str, str]) -> str:
    target, _, label = inside.partition("|")
    label = unescape(label)
    match target[:1]:
        case "@":
            return "@" + (names.get(target[1:]) or label or target[1:])
        case "#":
            return "#" + (label or target[1:])
        case "!":
            return _special(target[1:], label)
        case _:
            return _linked(unescape(target), label)


def _special(target: str, label: str) -> str:
    kind, _, rest = target.partition("^")
    if kind == "date":
        return label
    return "@" + (label.removeprefix("@") or rest or kind)


def _linked(url: str, label: str) -> str:
    address = re.sub(r"^(mailto|tel):", "", url)
    if not label or _bare(label) == _bare(url):
        return address
    return f"{label} ({address})"


def _bare(url: str) -> str:
    return re.sub(r"^(https?://|mailto:|tel:)", "", url.strip()).rstrip("/").casefold()
