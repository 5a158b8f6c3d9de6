"""What a person sees, and what a test wants to know: messages, threads, modals, files, calls, deliveries."""

from bot.playground.local_slack import modals
from bot.playground.local_slack.journal import Call, Delivery
from bot.playground.local_slack.records import File, Json, Message
from bot.playground.local_slack.shapes import seen_json
from bot.playground.local_slack.workspace import Seat


class Readings(Seat):
    """Reads the workspace without the app's limits; messages and views come in Slack's JSON."""

    def messages(self, channel: str) -> list[Json]:
        """The channel without its replies, oldest first."""
        shown = self._world.channel(channel).messages.values()
        return [self._shape(m) for m in shown if not m.is_reply or m.subtype == "thread_broadcast"]

    def thread(self, channel: str, ts: str) -> list[Json]:
        """The root, when it is still there, and its replies, oldest first."""
        place = self._world.channel(channel)
        root = [place.messages[ts]] if ts in place.messages else []
        return [self._shape(message) for message in [*root, *place.replies(ts)]]

    def message(self, channel: str, ts: str) -> Json | None:
        message = self._world.channel(channel).messages.get(ts)
        return None if message is None else self._shape(message)

    def ephemerals(self, user: str, channel: str | None = None) -> list[Json]:
        """What only this person sees, everywhere or in one channel."""
        own = (m for m in self._world.ephemerals if m.ephemeral_to == user and channel in (None, m.channel))
        return [self._shape(message) for message in own]

    def views(self, user: str) -> list[Json]:
        """The open modals, the top one last."""
        return [modals.shape(view) for view in self._world.stacks.get(user, [])]

    def home(self, user: str) -> Json | None:
        view = self._world.homes.get(user)
        return None if view is None else modals.shape(view)

    @property
    def files(self) -> dict[str, File]:
        return self._world.files

    def calls(self, method: str | None = None) -> list[Call]:
        """Web API calls so far, refused ones included."""
        return [call for call in self._workspace.journal.calls if method in (None, call.method)]

    def deliveries(self, kind: str | None = None) -> list[Delivery]:
        """What the app was told: kind is events_api, slash_commands or interactive."""
        return [entry for entry in self._workspace.journal.deliveries if kind in (None, entry.kind)]

    def seen(self, user: str, channel: str, thread_ts: str | None = None) -> list[Json]:
        """A channel or a thread as this person sees it, with ephemeral messages in their place."""
        shown = self.messages(channel) if thread_ts is None else self.thread(channel, thread_ts)
        ephemeral = [m for m in self.ephemerals(user, channel) if m.get("thread_ts") == thread_ts]
        return sorted([*shown, *ephemeral], key=lambda message: str(message["ts"]))

    def _shape(self, message: Message) -> Json:
        return seen_json(message, self._world)
