"""Slack's rate limits: so many calls a minute for each method, and one message a second in each channel."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from bot.playground.local_slack.temper import Temper

TIER_2, TIER_3, TIER_4 = 20, 50, 100  # calls a minute
SPECIAL = 300  # auth.test and the like: "hundreds a minute"
POSTS_IN_WORKSPACE = 300  # a minute, over all channels
POSTS_IN_CHANNEL = 60  # a minute
POSTS_AT_ONCE = 4  # in one channel, before the limit of one a second holds
SECONDS_AT_ONCE = 15  # so much of a minute's allowance may be used in one burst


@dataclass
class _Bucket:
    tokens: float
    filled_at: float


class Rates:
    """One bucket for each key; says how long to wait when it is empty."""

    def __init__(self, clock: Callable[[], float], temper: Temper) -> None:
        self._clock = clock
        self._temper = temper
        self._buckets: dict[str, _Bucket] = {}

    def clear(self) -> None:
        self._buckets.clear()

    def wait(self, method: str, per_minute: int) -> int:
        """Seconds (whole ones, as in Retry-After) until this method may be called; 0: now, and the call is counted."""
        return self._take(method, per_minute, max(1.0, per_minute * SECONDS_AT_ONCE / 60))

    def wait_to_post(self, channel: str) -> int:
        return self._take(f"post in {channel}", POSTS_IN_CHANNEL, POSTS_AT_ONCE)

    def _take(self, key: str, per_minute: int, burst: float) -> int:
        if self._temper.rate_factor is None:
            return 0
        per_second = per_minute / 60 * self._temper.rate_factor
        now = self._clock()
        bucket = self._buckets.setdefault(key, _Bucket(burst, now))
        bucket.tokens = min(burst, bucket.tokens + (now - bucket.filled_at) * per_second)
        bucket.filled_at = now
        if bucket.tokens >= 1:
            bucket.tokens -= 1
            return 0
        return max(1, math.ceil((1 - bucket.tokens) / per_second))
