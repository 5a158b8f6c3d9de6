"""What one try of one effect at one step can show. The loop commits it before anything else happens."""

from dataclasses import dataclass, field
from typing import Any

LEFT_SECONDS = 5.0  # what only a newer release knows is left to it so long


class NotKnown(Exception):
    """This release does not know such a call or job: a newer one beside it wrote it down, and will see to it."""


@dataclass(frozen=True)
class Next:
    """The step is done; go on with `step` after so many seconds, remembering `evidence`."""

    step: str
    evidence: dict[str, Any] = field(default_factory=dict)
    after: float = 0.0


@dataclass(frozen=True)
class Done:
    """The whole effect is done."""

    evidence: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class AgainAt:
    """Proven not to have happened (or harmless to repeat): try the same step again at `at`.

    `rests_lane`: the other side asked for a rest of the whole lane. `paused` is the code of account trouble, which
    pauses the queue: an admin must mend it.
    """

    at: float
    reason: str
    rests_lane: bool = False
    paused: str | None = None
    evidence: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Unknown:
    """The answer was lost. The truth is read back at `at`; `ask` says that reading back has shown all it can.

    `rests_lane`: the other side wants nothing to be read before. `paused` is the code of account trouble that kept it
    from being read.
    """

    at: float
    reason: str
    evidence: dict[str, Any] = field(default_factory=dict)
    ask: bool = False
    rests_lane: bool = False
    paused: str | None = None


@dataclass(frozen=True)
class Refused:
    """Will not succeed, however often it is tried."""

    code: str
    message: str = ""
    evidence: dict[str, Any] = field(default_factory=dict)


Outcome = Next | Done | AgainAt | Unknown | Refused
