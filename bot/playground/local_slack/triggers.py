"""Trigger ids: the right to open one modal, for three seconds after somebody acted."""

from collections.abc import Callable
from dataclasses import dataclass

from bot.playground.local_slack.records import SlackError
from bot.playground.local_slack.temper import Temper


@dataclass
class Trigger:
    user: str
    issued_at: float
    view_id: str | None
    used: bool = False


class Triggers:
    """Issues trigger ids and takes them back once."""

    def __init__(self, clock: Callable[[], float], temper: Temper, new_id: Callable[[str], str]) -> None:
        self._clock = clock
        self._temper = temper
        self._new_id = new_id
        self._issued: dict[str, Trigger] = {}

    def issue(self, user: str, view_id: str | None = None) -> str:
        now = self._clock()
        trigger_id = f"{int(now)}.{self._new_id('t')}".lower()
        self._issued[trigger_id] = Trigger(user, now, view_id)
        return trigger_id

    def exchange(self, trigger_id: str) -> Trigger:
        """Use the trigger up; Slack's error words say why it cannot be used."""
        trigger = self._issued.get(trigger_id)
        if trigger is None:
            raise SlackError("invalid_trigger_id")
        if self._clock() - trigger.issued_at > self._temper.trigger_seconds:
            raise SlackError("expired_trigger_id")
        if trigger.used:
            raise SlackError("exchanged_trigger_id")
        trigger.used = True
        return trigger
