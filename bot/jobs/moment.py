"""What a decision is made with: the time, fresh ids, and the rules of this installation."""

from collections.abc import Callable
from dataclasses import dataclass, field

from storage.records import Job

PAUSE_SECONDS = 60.0  # between two tries while the HeyGen account is in trouble
CLOCKS_APART_SECONDS = 120.0  # so wrong our clock may be beside theirs; `check` tells when it is more


@dataclass(frozen=True, kw_only=True)
class Rules:
    """The settings that decisions depend on, as plain values."""

    concurrency: int  # jobs at HeyGen at a time
    poll_seconds: float  # until a new job is looked at first
    webhooks: bool  # HeyGen can tell us that something moved
    admins: tuple[tuple[str, str], ...]  # (workspace id, user id) of those who are told of account trouble
    callback_base: str | None  # jobs carry a callback URL below this one; None: only a callback id
    tempo: float = 1.0  # our own pauses are divided by it; the playground and the tests live faster

    @property
    def pause_seconds(self) -> float:
        """How long what met trouble of the HeyGen account rests before it is tried again."""
        return PAUSE_SECONDS / self.tempo


@dataclass(frozen=True, kw_only=True)
class Moment:
    """The time of one transaction, and where new ids come from."""

    now: float
    new_id: Callable[[], str]
    rules: Rules
    begun: list[Job] = field(default_factory=list)  # the jobs that this transaction made, told of once it is committed

    def after(self, seconds: float) -> float:
        """The time when a pause of ours is over."""
        return self.now + seconds / self.rules.tempo
