"""What the app is told of what happens: events, for those it has the scope and the membership to hear."""

from bot.playground.local_slack.courier import Courier
from bot.playground.local_slack.records import APP, BOT, BOT_USER, TEAM, Channel, File, Json, Message
from bot.playground.local_slack.shapes import is_shared_outside, message_json
from bot.playground.local_slack.temper import Temper
from bot.playground.local_slack.world import World

MESSAGE_SCOPES = {"public": "channels:history", "private": "groups:history", "im": "im:history"}
CHANNEL_SCOPES = {"public": "channels:read", "private": "groups:read", "im": "im:read"}


class Events:
    """Builds events and hands those the app may hear to the courier."""

    def __init__(self, world: World, temper: Temper, courier: Courier) -> None:
        self._world = world
        self._temper = temper
        self._courier = courier

    def posted(self, message: Message) -> None:
        """A new message; a mention of the app in a channel is told a second time, as app_mention."""
        channel = self._world.channels[message.channel]
        event = self._message(message)
        self._send(MESSAGE_SCOPES[channel.kind], channel, event)
        if f"<@{BOT_USER}>" in message.text and not channel.is_im and not message.from_app:
            mention = {key: value for key, value in event.items() if key not in ("subtype", "channel_type")}
            self._send("app_mentions:read", channel, {**mention, "type": "app_mention"})

    def changed(self, message: Message, before: Json) -> None:
        self._hidden(message, "message_changed", {"message": self._shape(message), "previous_message": before})

    def deleted(self, message: Message, before: Json) -> None:
        self._hidden(message, "message_deleted", {"deleted_ts": message.ts, "previous_message": before})

    def reaction(self, kind: str, user: str, message: Message, name: str) -> None:
        """`kind` is reaction_added or reaction_removed."""
        event = {
            "type": kind,
            "user": user,
            "reaction": name,
            "item": {"type": "message", "channel": message.channel, "ts": message.ts},
            "item_user": message.user,
            "event_ts": self._world.new_ts(),
        }
        self._send("reactions:read", self._world.channels[message.channel], event)

    def app_joined(self, channel: Channel, inviter: str | None) -> None:
        event = {
            "type": "member_joined_channel",
            "user": BOT_USER,
            "channel": channel.id,
            "channel_type": "C" if channel.kind == "public" else "G",
            "team": TEAM,
            "event_ts": self._world.new_ts(),
            **({"inviter": inviter} if inviter else {}),
        }
        self._send(CHANNEL_SCOPES[channel.kind], channel, event)

    def file_shared(self, file: File, channel: Channel) -> None:
        event = {
            "type": "file_shared",
            "file_id": file.id,
            "file": {"id": file.id},
            "user_id": file.user,
            "channel_id": channel.id,
            "event_ts": self._world.new_ts(),
        }
        self._send("files:read", channel, event)

    def home_opened(self, user: str, tab: str, view: Json | None) -> None:
        channel = self._world.dm(user)
        event = {
            "type": "app_home_opened",
            "user": user,
            "channel": channel.id,
            "tab": tab,
            "event_ts": self._world.new_ts(),
            **({"view": view} if view else {}),
        }
        self._send(None, channel, event)

    def _hidden(self, message: Message, subtype: str, facts: Json) -> None:
        channel = self._world.channels[message.channel]
        ts = self._world.new_ts()
        place = {"channel": channel.id, "channel_type": channel.event_type, "ts": ts, "event_ts": ts}
        event = {"type": "message", "subtype": subtype, "hidden": True, **place, **facts}
        self._send(MESSAGE_SCOPES[channel.kind], channel, event)

    def _message(self, message: Message) -> Json:
        channel = self._world.channels[message.channel]
        place = {"channel": channel.id, "channel_type": channel.event_type, "event_ts": message.ts}
        return {**self._shape(message), **place}

    def _shape(self, message: Message) -> Json:
        return message_json(message, self._world, with_metadata=True)

    def _send(self, scope: str | None, channel: Channel, event: Json) -> None:
        if BOT_USER not in channel.members:
            return
        if scope is not None and scope not in self._temper.granted:
            return
        self._courier.event(self._envelope(event, channel))

    def _envelope(self, event: Json, channel: Channel) -> Json:
        event_id = self._world.new_id("Ev")
        grant = {"enterprise_id": None, "team_id": TEAM, "user_id": BOT_USER, "is_bot": True}
        return {
            "token": "local-verification-token",
            "team_id": TEAM,
            "context_team_id": TEAM,
            "context_enterprise_id": None,
            "api_app_id": APP,
            "event": event,
            "type": "event_callback",
            "event_id": event_id,
            "event_time": int(self._world.clock()),
            "authorizations": [{**grant, "is_enterprise_install": False}],
            "is_ext_shared_channel": is_shared_outside(channel, self._world),
            "event_context": f"4-{event_id}-{BOT}",
        }
