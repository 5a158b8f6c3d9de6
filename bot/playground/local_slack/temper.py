"""How this Slack behaves: its pace, its limits, and the orders to fail at the next call."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from bot.playground.local_slack.records import CannotDo

SCOPES = (
    "commands,chat:write,app_mentions:read,im:write,im:history,files:read,files:write,channels:read,channels:join,"
    "channels:history,groups:read,groups:history,reactions:read,reactions:write,users:read"
)
UPLOAD_REFUSALS = ("file_uploads_disabled", "too_large", "file_type_not_allowed", "storage_limit_reached")


@dataclass
class Temper:
    """Settings that may change while the server runs; durations are in seconds."""

    scopes: str = SCOPES
    unfurl_domains: str = ""  # claimed by the app, separated by commas: a video block may show their players
    rate_factor: float | None = None  # None: no limits; 1: Slack's; 100: a hundred times faster
    share_delay: float = 0.2  # from a completed upload to its message
    latency: float = 0.0  # added to every Web API call
    uploads: str | int = "ok"  # "ok", a refusal, or the largest size in bytes
    duplicate_deliveries: int = 0  # further copies of every delivery
    reorder: bool = False  # events that come close together arrive last first
    drop_next: int = 0  # events that never arrive
    ack_seconds: float = 3.0
    trigger_seconds: float = 3.0
    messages_at_once: int = 999  # at most, of a history or thread that is read; some apps get 15
    retry_pace: float = 60.0  # how many times faster than Slack an event is repeated: a minute in a second

    def set(self, changes: Mapping[str, Any]) -> None:
        """Change settings by name; CannotDo names what is unknown or of the wrong kind."""
        checked = {name: self._checked(name, value) for name, value in changes.items()}
        for name, value in checked.items():
            setattr(self, name, value)

    def _checked(self, name: str, value: Any) -> Any:
        known = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        if name not in known:
            raise CannotDo(f"no setting is called {name}; there are {sorted(known)}")
        if name in ("scopes", "unfurl_domains"):
            return value if isinstance(value, str) else ",".join(value)
        if name == "uploads":
            return _upload_rule(value)
        if name == "rate_factor" and value is None:
            return None
        if isinstance(known[name], bool) != isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
            raise CannotDo(f"{name} cannot be {value!r}")
        if name in ("rate_factor", "retry_pace", "messages_at_once") and value == 0:
            raise CannotDo(f"{name} cannot be 0")
        return int(value) if name in ("duplicate_deliveries", "drop_next", "messages_at_once") else value

    @property
    def granted(self) -> list[str]:
        return [scope for scope in self.scopes.split(",") if scope]

    @property
    def claimed(self) -> frozenset[str]:
        return frozenset(domain for domain in self.unfurl_domains.split(",") if domain)


def _upload_rule(value: Any) -> str | int:
    if value == "ok" or value in UPLOAD_REFUSALS or (isinstance(value, int) and not isinstance(value, bool)):
        return value  # type: ignore[no-any-return] # narrowed by the line above, which mypy does not follow for `in`
    raise CannotDo(f"uploads is 'ok', a size in bytes, or one of {UPLOAD_REFUSALS}; not {value!r}")


Deed = Literal[
    "error", "status", "429", "timeout_after_commit", "disconnect_after_commit", "timeout_before_commit", "drop", "late"
]
DEEDS: tuple[Deed, ...] = (
    "error",
    "status",
    "429",
    "timeout_after_commit",
    "disconnect_after_commit",
    "timeout_before_commit",
)
EVENT = "event"  # what is ordered for the next event, and not for a call
EVENT_DEEDS: tuple[Deed, ...] = ("drop", "late")


@dataclass
class Order:
    """What the next `times` calls of a method, or the next events, are to suffer."""

    do: Deed
    times: int = 1
    error: str = "fatal_error"
    status: int = 503
    retry_after: float = 1
    hold_seconds: float = 35.0  # longer than the SDK waits by default

    @property
    def is_before_commit(self) -> bool:
        return not self.do.endswith("_after_commit")


class Orders:
    """Orders by method, carried out in the order they were given."""

    def __init__(self) -> None:
        self._by_method: dict[str, list[Order]] = {}

    def give(self, method: str, order: Order) -> None:
        possible = EVENT_DEEDS if method == EVENT else DEEDS
        if order.do not in possible:
            raise CannotDo(f"{order.do!r} is not one of {possible}")
        self._by_method.setdefault(method, []).append(order)

    def clear(self) -> None:
        self._by_method.clear()

    def take(self, method: str) -> Order | None:
        """The order for this call of the method, counted down."""
        waiting = self._by_method.get(method)
        if not waiting:
            return None
        order = waiting[0]
        order.times -= 1
        if order.times <= 0:
            waiting.pop(0)
        return order
