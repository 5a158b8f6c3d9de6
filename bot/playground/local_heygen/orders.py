"""What a person or a test orders of this server: lasting settings, the course of a session, single faults."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import UnionType
from typing import Any, TypeVar, get_args, get_type_hints

from bot.playground.local_heygen.errors import CannotDo

DEEDS = (
    "status",  # answer with `status`, `code`, `message`, `retry_after`; nothing is done
    "timeout_before_commit",  # nothing is done; hold the call for `hold_seconds`, then drop it
    "timeout_after_commit",  # everything is done; hold the call, then drop it
    "disconnect_before_commit",  # nothing is done; drop the call at once
    "disconnect_after_commit",  # everything is done; drop the call at once
    "html",  # an edge's error page, 502 unless `status` says otherwise; done first when `commit`
    "empty",  # 200 without a body; done first when `commit`
    "ok_with_error",  # 200 with an error in the envelope; done first when `commit`
    "unknown_status",  # a `word` nobody knows in the place of the status
    "cut",  # of a download: half of the bytes, then nothing
)
TARGETS = (
    "any", "create", "message", "session", "list", "stop", "resource", "videos", "video", "video_delete", "statuses",
    "styles", "voices", "voice", "speech", "avatars", "looks", "look", "asset", "asset_complete", "asset_get",
    "account", "webhooks", "download",
)  # fmt: skip
WEBHOOK_MODES = ("normal", "drop", "double", "late", "reorder", "forge")
SIGNATURE_STYLES = ("documented", "observed")
STUCK = (False, True, "thinking", "generating")  # True means thinking

T = TypeVar("T")


@dataclass(kw_only=True)
class WebhookMode:
    """How webhooks travel. `late` holds each one back, `reorder` every second one, for `delay` seconds over speed."""

    mode: str = "normal"
    delay: float = 0.5

    def __post_init__(self) -> None:
        _one_of("mode", self.mode, WEBHOOK_MODES)


@dataclass(kw_only=True)
class Settings:
    """Holds until changed. Whatever HeyGen itself takes is divided by `speed`; `lifetime` and `slow` are as given."""

    speed: float = 1.0
    concurrency: int = 10
    lifetime: float = 3600.0  # seconds a presigned link answers
    wallet: float = 100.0  # USD left
    signature_style: str = "documented"
    webhooks: WebhookMode = field(default_factory=WebhookMode)
    lag_seconds: float = 0.0  # a session that got a message still shows its old status for so long
    thinking_seconds: float = 6.0
    generating_seconds: float = 12.0
    checkpoint_seconds: float = 0.5  # from a stop to the halt
    asset_seconds: float = 0.5  # from an upload's completion to its being of use
    retry_seconds: float = 2.0  # before a webhook's second try; doubled for each one after
    looks: int = 40
    slow: float = 0.0  # seconds before any API call is read

    def __post_init__(self) -> None:
        _one_of("signature_style", self.signature_style, SIGNATURE_STYLES)
        if self.speed <= 0:
            raise CannotDo("speed must be above 0")

    def scaled(self, seconds: float) -> float:
        return seconds / self.speed

    def change(self, changes: Mapping[str, Any]) -> None:
        """Take over these values, all of them or none."""
        wanted = {name: getattr(self, name) for name in _names(Settings)} | dict(changes)
        if isinstance(wanted["webhooks"], Mapping):
            wanted["webhooks"] = build(WebhookMode, wanted["webhooks"])
        self.__dict__.update(build(Settings, wanted).__dict__)


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The course of one run of a session. Questions and reviews happen in chat mode only. Seconds are over speed."""

    ask: tuple[str, ...] = ()
    review: bool = False
    fail: Mapping[str, str] | None = None  # code, message; and at="thinking" for a failure without a video
    thinking_seconds: float | None = None
    generating_seconds: float | None = None
    stuck: bool | str = False
    lose_after: str | float | None = None  # "completed", or seconds after the session's creation
    finish_after_stop: bool = False
    question_while_generating: str | None = None
    no_video: bool = False
    video_bytes: int | None = None  # a made-up body of this size in place of a film
    render: str | None = None  # real or blob; None: as the server does
    slower: float = 1.0

    def __post_init__(self) -> None:
        _one_of("stuck", self.stuck, STUCK)
        _one_of("render", self.render, (None, "real", "blob"))
        if isinstance(self.lose_after, str):
            _one_of("lose_after", self.lose_after, ("completed",))

    def for_revision(self) -> "Plan":
        """What a later run keeps of its session's plan."""
        return dataclasses.replace(
            self,
            ask=(), review=False, fail=None, stuck=False, question_while_generating=None, no_video=False, slower=1.0,
        )  # fmt: skip


@dataclass(kw_only=True)
class Fault:
    """One thing to go wrong, `times` times."""

    on: str
    do: str
    status: int | None = None
    code: str | None = None
    message: str = "Ordered by the control API"
    retry_after: float | None = None
    hold_seconds: float = 3600.0
    commit: bool = False
    word: str = "pondering"
    times: int = 1

    def __post_init__(self) -> None:
        _one_of("on", self.on, TARGETS)
        _one_of("do", self.do, DEEDS)


def plan_from(order: Mapping[str, Any]) -> Plan:
    """A plan from JSON; a question is a string or {"text": …}."""
    values = dict(order)
    if "ask" in values:
        asked = [values["ask"]] if isinstance(values["ask"], str) else values["ask"]
        values["ask"] = tuple(one if isinstance(one, str) else one["text"] for one in asked)
    return build(Plan, values)


def build(kind: type[T], values: Mapping[str, Any]) -> T:
    """A record from JSON; a name it does not have, or a value of the wrong type, is refused by name."""
    unknown = sorted(set(values) - set(_names(kind)))
    if unknown:
        raise CannotDo(f"{kind.__name__} knows no {', '.join(unknown)}; it knows {', '.join(_names(kind))}")
    hints = get_type_hints(kind)
    for name, value in values.items():
        if not _fits(value, hints[name]):
            raise CannotDo(f"{name} cannot be {value!r}")
    try:
        return kind(**values)
    except TypeError as error:
        raise CannotDo(str(error)) from None


def _names(kind: type[Any]) -> list[str]:
    return [one.name for one in dataclasses.fields(kind)]


def _fits(value: Any, hint: Any) -> bool:
    if get_args(hint) and isinstance(hint, UnionType):
        return any(_fits(value, one) for one in get_args(hint))
    if hint is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    if hint is int:
        return isinstance(value, int) and not isinstance(value, bool)
    plain = getattr(hint, "__origin__", hint)
    return isinstance(value, plain) if isinstance(plain, type) else True


def _one_of(name: str, value: object, allowed: tuple[object, ...]) -> None:
    if value not in allowed:
        raise CannotDo(f"{name} cannot be {value!r}; it is one of {', '.join(map(str, allowed))}")
