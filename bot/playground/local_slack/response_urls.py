"""Response URLs: five answers within half an hour to what somebody just did."""

from collections.abc import Callable
from dataclasses import dataclass

from bot.playground.local_slack.records import SlackError
from bot.playground.local_slack.world import World

USES = 5
SECONDS = 30 * 60


@dataclass
class Grant:
    """What a response URL allows: to answer this user in this channel, and to change the original message."""

    channel: str
    user: str
    original_ts: str | None
    issued_at: float
    uses: int = 0


class ResponseUrls:
    """Issues response URLs and counts their uses."""

    def __init__(self, clock: Callable[[], float], world: World) -> None:
        self._clock = clock
        self._world = world
        self._grants: dict[str, Grant] = {}

    def issue(self, channel: str, user: str, original_ts: str | None = None) -> str:
        key = self._world.new_id("r")
        self._grants[key] = Grant(channel, user, original_ts, self._clock())
        return f"{self._world.base_url}/response/{key}"

    def use(self, key: str) -> Grant:
        grant = self._grants.get(key)
        if grant is None or self._clock() - grant.issued_at > SECONDS:
            raise SlackError("expired_url")
        if grant.uses >= USES:
            raise SlackError("used_url")
        grant.uses += 1
        return grant
