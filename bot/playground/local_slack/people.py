"""What people do in channels: command, write, edit, delete, react, and move the app about."""

from collections.abc import Mapping, Sequence
from typing import Any

from bot.playground.local_slack.payloads import command_payload
from bot.playground.local_slack.records import BOT_USER, Ack, CannotDo, Channel, Json, Message, SlackError
from bot.playground.local_slack.response_urls import Grant
from bot.playground.local_slack.responses import respond
from bot.playground.local_slack.shapes import file_json, message_json
from bot.playground.local_slack.workspace import Seat

INVITER = "U0ANA"


class People(Seat):
    """Everybody in the workspace who is not the app."""

    async def command(self, user: str, channel: str, command: str, text: str = "") -> Ack:
        """Use a slash command and wait for the app's answer; its message, if any, is shown as Slack would."""
        person, place = self._world.user(user), self._place(user, channel)
        payload = command_payload(self._workspace, person, place, command, text)
        ack = await self._workspace.courier.ask("slash_commands", payload)
        if not ack.ok or not ack.body:
            return ack
        try:
            respond(self._workspace, Grant(channel, user, None, self._workspace.clock()), ack.body)
        except SlackError as refusal:
            return Ack(ack.status, ack.body, refusal.word)
        return ack

    def post(
        self,
        user: str,
        channel: str,
        text: str = "",
        thread_ts: str | None = None,
        files: Sequence[Mapping[str, Any]] = (),
    ) -> str:
        """Write a message, with files given as name, mimetype and bytes; the text is raw, as Slack would store it."""
        place = self._place(user, channel)
        if thread_ts is not None and (thread_ts not in place.messages or place.messages[thread_ts].is_reply):
            raise CannotDo(f"there is no root {thread_ts} in {channel} to reply to")
        kept = [self._workspace.files.keep(one["name"], one["mimetype"], one["bytes"], user) for one in files]
        message = Message(channel, self._world.new_ts(), user, text, thread_ts=thread_ts)
        message.files = [file.id for file in kept]
        message.subtype = "file_share" if kept else None
        for file in kept:
            file.shares.append((channel, message.ts, thread_ts))
        self._workspace.publish(message)
        for file in kept:
            self._workspace.events.file_shared(file, place)
        return message.ts

    def upload(self, user: str, files: Sequence[Mapping[str, Any]]) -> list[Json]:
        """Files for a form, given as for `post`; what comes back is what its input is filled with."""
        owner = self._world.user(user).id
        kept = [self._workspace.files.keep(one["name"], one["mimetype"], one["bytes"], owner) for one in files]
        return [file_json(file, self._world) for file in kept]

    def edit(self, user: str, channel: str, ts: str, text: str) -> None:
        message = self._own(user, channel, ts)
        before = message_json(message, self._world)
        message.text = text
        message.edited = {"user": user, "ts": self._world.new_ts()}
        self._world.touch(message)
        self._workspace.events.changed(message, before)

    def delete_message(self, user: str, channel: str, ts: str) -> None:
        """Delete a message: one's own, or any as an admin."""
        message = self._own(user, channel, ts, admins_too=True)
        before = message_json(message, self._world)
        self._world.remove(message)
        self._workspace.events.deleted(message, before)

    def react(self, user: str, channel: str, ts: str, name: str) -> None:
        message = self._posted(channel, ts)
        message.reactions.setdefault(name, []).append(user)
        self._world.tell(message, "reaction")
        self._workspace.events.reaction("reaction_added", user, message, name)

    def unreact(self, user: str, channel: str, ts: str, name: str) -> None:
        message = self._posted(channel, ts)
        if user not in message.reactions.get(name, []):
            raise CannotDo(f"{user} has not reacted with {name}")
        message.reactions[name].remove(user)
        self._world.tell(message, "reaction")
        self._workspace.events.reaction("reaction_removed", user, message, name)

    def invite(self, channel: str, user: str = INVITER) -> None:
        """Bring the app into a channel."""
        place = self._world.channel(channel)
        if BOT_USER in place.members:
            return
        place.members.add(BOT_USER)
        self._workspace.journal.tell("channel", {"id": channel})
        self._workspace.events.app_joined(place, inviter=user)

    def kick(self, channel: str) -> None:
        """Remove the app from a channel; Slack tells it nothing it subscribes to."""
        self._world.channel(channel).members.discard(BOT_USER)
        self._workspace.journal.tell("channel", {"id": channel})

    def archive(self, channel: str) -> None:
        self._world.channel(channel).is_archived = True
        self._workspace.journal.tell("channel", {"id": channel})

    def delete_channel(self, channel: str) -> None:
        self._world.channel(channel)
        del self._world.channels[channel]
        self._workspace.journal.tell("channel", {"id": channel})

    def dm(self, user: str) -> str:
        """The id of this person's direct conversation with the app."""
        return self._world.dm(self._world.user(user).id).id

    def _place(self, user: str, channel: str) -> Channel:
        """A channel this person is in and can write to."""
        self._world.user(user)
        place = self._world.channel(channel)
        if user not in place.members:
            raise CannotDo(f"{user} is not in {channel}; in it are {sorted(place.members)}")
        if place.is_archived:
            raise CannotDo(f"{channel} is archived")
        return place

    def _posted(self, channel: str, ts: str) -> Message:
        message = self._world.channel(channel).messages.get(ts)
        if message is None:
            raise CannotDo(f"there is no message {ts} in {channel}")
        return message

    def _own(self, user: str, channel: str, ts: str, *, admins_too: bool = False) -> Message:
        message = self._posted(channel, ts)
        if message.user != user and not (admins_too and self._world.user(user).is_admin):
            raise CannotDo(f"{ts} was written by {message.user}, not by {user}")
        return message
