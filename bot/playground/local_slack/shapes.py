"""How Slack writes its objects as JSON: users, channels, messages, files and views."""

import copy
import mimetypes
from typing import TYPE_CHECKING
from urllib.parse import quote

from bot.playground.local_slack.records import APP, BOT, BOT_USER, TEAM, Channel, File, Json, Message, User, View

if TYPE_CHECKING:
    from bot.playground.local_slack.world import World

DOMAIN = "local.slack.test"


def user_json(user: User) -> Json:
    return {
        "id": user.id,
        "team_id": user.team_id,
        "name": user.name,
        "real_name": user.real_name,
        "deleted": user.deleted,
        "tz": user.tz,
        "locale": "en-US",
        "is_admin": user.is_admin,
        "is_owner": False,
        "is_primary_owner": False,
        "is_restricted": user.is_restricted,
        "is_ultra_restricted": False,
        "is_bot": user.is_bot,
        "is_app_user": False,
        "is_stranger": user.team_id != TEAM,
        "profile": {
            "real_name": user.real_name,
            "display_name": user.name,
            "team": user.team_id,
            **({"api_app_id": APP, "bot_id": BOT} if user.id == BOT_USER else {}),
        },
    }


def is_shared_outside(channel: Channel, world: "World") -> bool:
    return any(world.users[member].team_id != TEAM for member in channel.members)


def channel_json(channel: Channel, world: "World") -> Json:
    shape: Json = {
        "id": channel.id,
        "is_channel": not channel.is_im,
        "is_group": False,
        "is_im": channel.is_im,
        "is_mpim": False,
        "is_private": channel.kind != "public",
        "is_archived": channel.is_archived,
        "is_ext_shared": is_shared_outside(channel, world),
        "context_team_id": TEAM,
    }
    if channel.is_im:
        return {**shape, "user": next(iter(sorted(channel.members - {BOT_USER}))), "is_open": True}
    return {
        **shape,
        "name": channel.name,
        "name_normalized": channel.name,
        "is_general": channel.id == "C0GENERAL",
        "is_member": BOT_USER in channel.members,
        "is_read_only": False,
        "is_thread_only": False,
        "is_non_threadable": False,
    }


def message_json(message: Message, world: "World", *, with_metadata: bool = False) -> Json:
    shape: Json = {"type": "message", "user": message.user, "text": message.text, "ts": message.ts, "team": TEAM}
    if message.from_app:
        profile = {"id": BOT, "app_id": APP, "name": "heygen", "team_id": TEAM, "deleted": False}
        shape |= {"bot_id": BOT, "app_id": APP, "bot_profile": profile}
    elif message.user in world.users:
        shape["team"] = world.users[message.user].team_id
    optional = {
        "subtype": message.subtype,
        "blocks": copy.deepcopy(message.blocks),
        "thread_ts": message.thread_ts,
        "edited": message.edited,
        "files": [file_json(world.files[id_], world) for id_ in message.files],
        "reactions": [{"name": n, "users": list(u), "count": len(u)} for n, u in message.reactions.items()],
        "metadata": copy.deepcopy(message.metadata) if with_metadata else None,
    }
    shape |= {key: value for key, value in optional.items() if value}
    if message.ephemeral_to is None:
        shape |= _thread_facts(message, world)
    return shape


def news_of(message: Message, world: "World") -> Json:
    """A message as the stream tells of it: as it is now, if it still is, and the root of its thread."""
    place = world.channels.get(message.channel)
    posted = place.messages if place else {}
    root = posted.get(str(message.thread_ts)) if message.is_reply else None
    now = message if message in world.ephemerals else posted.get(message.ts)
    return {
        "thread_ts": message.thread_ts,
        "ephemeral_to": message.ephemeral_to,
        "message": seen_json(now, world) if now else None,
        "root": seen_json(root, world) if root else None,
    }


def seen_json(message: Message, world: "World") -> Json:
    """A message as those see it who may: with its place, and marked when it is for one person alone."""
    shape = {**message_json(message, world, with_metadata=True), "channel": message.channel}
    return shape if message.ephemeral_to is None else {**shape, "is_ephemeral": True}


def _thread_facts(message: Message, world: "World") -> Json:
    channel = world.channels[message.channel]
    if message.is_reply:
        root = channel.messages.get(message.thread_ts or "")
        return {"parent_user_id": root.user} if root else {}
    replies = channel.replies(message.ts)
    if not replies:
        return {}
    authors = list(dict.fromkeys(reply.user for reply in replies))
    return {
        "thread_ts": message.ts,
        "reply_count": len(replies),
        "reply_users": authors,
        "reply_users_count": len(authors),
        "latest_reply": replies[-1].ts,
    }


def file_json(file: File, world: "World") -> Json:
    """A file object; a deleted one is only its tombstone."""
    if file.state == "deleted":
        return {"id": file.id, "mode": "tombstone", "file_access": "visible"}
    kind = (mimetypes.guess_extension(file.mimetype) or ".binary").removeprefix(".")
    private_url = f"{world.base_url}/files-pri/{file.id}"
    name = quote(file.name, safe="")
    shares: Json = {}
    for channel_id, ts, thread_ts in file.shares:
        if channel_id not in world.channels:
            continue  # shared where a channel was deleted
        place = "public" if world.channels[channel_id].kind == "public" else "private"
        share = {"ts": ts, "reply_users": [], "reply_count": 0} | ({"thread_ts": thread_ts} if thread_ts else {})
        shares.setdefault(place, {}).setdefault(channel_id, []).append(share)
    return {
        "id": file.id,
        "created": file.created,
        "timestamp": file.created,
        "name": file.name,
        "title": file.title,
        "mimetype": file.mimetype,
        "filetype": kind,
        "pretty_type": kind.upper(),
        "user": file.user,
        "user_team": TEAM,
        "size": file.size,
        "mode": "hosted",
        "is_external": False,
        "is_public": "public" in shares,
        "file_access": "visible",
        "url_private": f"{private_url}/{name}",
        "url_private_download": f"{private_url}/download/{name}",
        "permalink": f"https://{DOMAIN}/files/{file.user}/{file.id}/{name}",
        "shares": shares,
        **({"alt_txt": file.alt_text} if file.alt_text else {}),
    }


def view_json(view: View, values: Json) -> Json:
    content = view.content
    return {
        "id": view.id,
        "team_id": TEAM,
        "app_id": APP,
        "bot_id": BOT,
        "app_installed_team_id": TEAM,
        "type": view.kind,
        "title": content.get("title"),
        "submit": content.get("submit"),
        "close": content.get("close"),
        "blocks": copy.deepcopy(content.get("blocks", [])),
        "callback_id": content.get("callback_id", ""),
        "private_metadata": content.get("private_metadata", ""),
        "external_id": content.get("external_id", ""),
        "clear_on_close": bool(content.get("clear_on_close")),
        "notify_on_close": bool(content.get("notify_on_close")),
        "hash": view.hash,
        "root_view_id": view.root_id,
        "previous_view_id": view.previous_id,
        "state": {"values": values},
    }


def permalink(message: Message) -> str:
    """The address of a message, in the shape of Slack's own."""
    link = f"https://{DOMAIN}/archives/{message.channel}/p{message.ts.replace('.', '')}"
    return f"{link}?thread_ts={message.thread_ts}&cid={message.channel}" if message.is_reply else link
