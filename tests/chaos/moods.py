"""How often what goes wrong outside: the doubles of the two services in a bad mood, by chance and not by order."""

import random
from collections import deque
from dataclasses import dataclass

from bot.playground.local_heygen.orders import Fault, WebhookMode
from bot.playground.local_heygen.records import Call
from bot.playground.local_heygen.server import LocalHeyGen
from bot.playground.local_slack.server import LocalSlack
from bot.playground.local_slack.temper import EVENT, Deed, Order, Orders

HOLD_SECONDS = 1.0
LATE_SECONDS = (0.2, 10.0)
RETRY_AFTER = 0.05  # seconds: five, by the same factor as all limits
WEBHOOK_MOODS = ("normal", "normal", "normal", "double", "late", "reorder", "drop")
READING = ("auth.test", "apps.connections.open")  # without these there is no program to test


@dataclass(frozen=True, kw_only=True)
class Mood:
    """Shares of all calls."""

    lost: float = 0.05  # done, and the answer never comes
    limited: float = 0.05  # 429
    broken: float = 0.02  # 5xx, not done
    late: float = 0.1  # of Slack's events
    dropped: float = 0.05


class MoodyOrders(Orders):
    """Orders for Slack's methods that nobody gave."""

    def __init__(self, mood: Mood, chance: random.Random) -> None:
        super().__init__()
        self._mood = mood
        self._chance = chance
        self.suffered: dict[str, int] = {}
        self.events: dict[str, int] = {}

    def take(self, method: str) -> Order | None:
        """The order for this call, or this event."""
        if method == EVENT:
            return self._take_event()
        if method in READING:
            return None
        deed = drawn(self._mood, self._chance)
        if deed is None:
            return None
        self.suffered[deed] = self.suffered.get(deed, 0) + 1
        match deed:
            case "lost":
                how = self._chance.choice(("timeout_after_commit", "disconnect_after_commit"))
                return Order(how, hold_seconds=HOLD_SECONDS)  # type: ignore[arg-type]
            case "limited":
                return Order("429", retry_after=RETRY_AFTER)
            case _:
                return Order("status", status=self._chance.choice((500, 502, 503)))

    def _take_event(self) -> Order | None:
        at = self._chance.random()
        if at >= self._mood.dropped + self._mood.late:
            return None
        deed: Deed = "drop" if at < self._mood.dropped else "late"
        self.events[deed] = self.events.get(deed, 0) + 1
        return Order(deed, hold_seconds=self._chance.uniform(*LATE_SECONDS))


def drawn(mood: Mood, chance: random.Random) -> str | None:
    """What befalls one call, if anything."""
    at = chance.random()
    for name, share in (("lost", mood.lost), ("limited", mood.limited), ("broken", mood.broken)):
        if at < share:
            return name
        at -= share
    return None


def spoil_slack(slack: LocalSlack, mood: Mood, chance: random.Random) -> MoodyOrders:
    """From now on Slack's answers get lost, late and wrong, and its events late or dropped."""
    orders = MoodyOrders(mood, chance)
    slack._workspace.orders = slack._workspace.courier._orders = orders
    return orders


class KeepsSpeech(deque[Call]):
    """The record of calls, of which those that speech was made by are kept for good."""

    def __init__(self) -> None:
        super().__init__(maxlen=1_000)
        self.spoken: list[Call] = []

    def append(self, call: Call) -> None:
        super().append(call)
        if call.op == "speech":
            self.spoken.append(call)


def keep_speech(heygen: LocalHeyGen) -> list[Call]:
    """From now on every call for speech is kept; each that was answered was paid for."""
    heygen._world.journal.calls = kept = KeepsSpeech()
    return kept.spoken


def spoil_heygen(heygen: LocalHeyGen, mood: Mood, chance: random.Random) -> dict[str, int]:
    """From now on HeyGen's answers get lost, late and wrong, and so do its webhooks. Returns how often what did."""
    world, suffered = heygen._world, {}  # type: ignore[var-annotated]

    def take_fault(op: str) -> Fault | None:
        world.settings.webhooks = WebhookMode(mode=chance.choice(WEBHOOK_MOODS))
        deed = drawn(mood, chance)
        if deed is None:
            return None
        suffered[deed] = suffered.get(deed, 0) + 1
        match deed:
            case "lost":
                return Fault(
                    on=op, do=chance.choice(("timeout_after_commit", "disconnect_after_commit")),
                    hold_seconds=HOLD_SECONDS,
                )  # fmt: skip
            case "limited":
                return Fault(on=op, do="status", status=429, retry_after=RETRY_AFTER)
            case _:
                return Fault(on=op, do="status", status=chance.choice((500, 502, 503)))

    world.take_fault = take_fault  # type: ignore[method-assign]
    return suffered


def calm(slack: LocalSlack, heygen: LocalHeyGen) -> None:
    """From now on both work; what was late stays late."""
    slack._workspace.orders = slack._workspace.courier._orders = Orders()
    del heygen._world.take_fault
    heygen._world.settings.webhooks = WebhookMode()
