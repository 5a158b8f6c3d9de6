"""What people say in channels and threads, and whether the app took it when Slack brought it."""

from collections import deque
from collections.abc import Iterator

from bot.playground.local_slack.journal import Delivery
from bot.playground.local_slack.records import BOT_USER, Json
from bot.playground.local_slack.server import LocalSlack
from tests.chaos.people import Asked

KEPT = 5_000  # deliveries of other things


class KeepsWords(deque[Delivery]):
    """The record of deliveries, of which those of people's words are kept for good, by channel and ts."""

    def __init__(self) -> None:
        super().__init__(maxlen=KEPT)
        self.words: dict[tuple[str, str], list[Delivery]] = {}

    def append(self, entry: Delivery) -> None:
        """A mention in a channel comes as a message, too, and as such is none of the app's business."""
        super().append(entry)
        event = entry.payload.get("event", {})
        if _is_said_by_people(event) and (event["type"] == "app_mention" or "thread_ts" in event):
            self.words.setdefault((event["channel"], event["ts"]), []).append(entry)


def _is_said_by_people(event: Json) -> bool:
    is_new = event.get("type") in ("message", "app_mention") and "subtype" not in event
    return is_new and event.get("user") != BOT_USER


class Words:
    """How it went with each word of people."""

    def __init__(self, slack: LocalSlack) -> None:
        """From now on deliveries of people's words are kept."""
        slack.journal.deliveries = self._kept = KeepsWords()

    def are_under_way(self) -> bool:
        """Whether Slack is still to bring one of them, or to bring it again."""
        return any(entry.is_open for entries in self._kept.words.values() for entry in entries)

    def acknowledge(self, asked: list[Asked]) -> None:
        """Notes what the app has answered with 200, be it one of several copies or repetitions."""
        for wish in asked:
            if wish.ts is not None:
                wish.acknowledged = any(entry.acked_at is not None for entry in self._of(wish))

    def _of(self, wish: Asked) -> Iterator[Delivery]:
        yield from self._kept.words.get((wish.channel, str(wish.ts)), [])
