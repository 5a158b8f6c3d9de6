"""The things this server keeps: sessions with their messages, videos, assets, endpoints, events."""

from dataclasses import dataclass, field
from typing import Any, Literal

from bot.playground.local_heygen.orders import Plan

StepKind = Literal["lag", "think", "ask", "review", "generate", "stopping"]


@dataclass(frozen=True, kw_only=True)
class Step:
    """A stretch of a run. Without seconds only a person, or nothing at all, ends it."""

    kind: StepKind
    seconds: float | None = None
    text: str = ""


@dataclass(frozen=True, kw_only=True)
class Message:
    role: Literal["user", "model"]
    type: Literal["text", "resource", "error"]
    content: str
    created_at: float
    resource_ids: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Resource:
    resource_id: str
    resource_type: str
    file_id: str
    caption: str
    created_at: float


@dataclass(kw_only=True)
class Video:
    id: str
    session_id: str
    title: str
    version: int
    created_at: float
    seconds: float  # its own length
    file_id: str
    thumbnail_id: str
    subtitle_id: str
    status: str = "pending"
    completed_at: float | None = None
    failure_code: str | None = None
    failure_message: str | None = None

    @property
    def is_open(self) -> bool:
        return self.status in ("pending", "processing")


@dataclass(kw_only=True)
class Session:
    """A Video Agent session. `step` is what its run does now, `steps` what comes after; no step: no run is open."""

    id: str
    mode: str
    prompt: str
    title: str
    orientation: str
    plan: Plan
    created_at: float
    avatar_id: str | None = None
    voice_id: str | None = None
    style_id: str | None = None
    callback_url: str | None = None
    callback_id: str | None = None
    incognito_mode: bool = False
    asset_ids: tuple[str, ...] = ()
    status: str = "thinking"
    wish: str = ""  # what the current run was asked
    messages: list[Message] = field(default_factory=list)  # oldest first
    resources: dict[str, Resource] = field(default_factory=dict)
    video_ids: list[str] = field(default_factory=list)
    video_id: str | None = None  # the one it shows
    runs: int = 0
    step: Step | None = None
    steps: list[Step] = field(default_factory=list)
    entered_at: float = 0.0
    due_at: float | None = None
    rendering: Video | None = None
    rendered: float = 0.0  # share of the rendering that lies behind it
    is_lost: bool = False

    @property
    def waits_for_person(self) -> bool:
        return self.step is not None and self.step.kind in ("ask", "review")

    @property
    def is_working(self) -> bool:
        return self.step is not None and not self.waits_for_person

    def say(
        self,
        role: Literal["user", "model"],
        content: str,
        at: float,
        *,
        kind: Literal["text", "resource", "error"] = "text",
        resource_ids: tuple[str, ...] = (),
    ) -> None:
        message = Message(role=role, type=kind, content=content, created_at=at, resource_ids=resource_ids)
        self.messages.append(message)


@dataclass(kw_only=True)
class Asset:
    id: str
    name: str
    mime_type: str
    size_bytes: int
    uploaded_at: float
    file_id: str
    status: str = "completed"  # pending_upload, then processing until ready_at
    ready_at: float = 0.0
    checksum_sha256: str | None = None
    upload_token: str | None = None
    received: int | None = None  # bytes PUT so far; None before the PUT


@dataclass(kw_only=True)
class Endpoint:
    """Where webhooks go."""

    id: str
    url: str
    secret: str
    created_at: float
    events: tuple[str, ...] | None = None  # None: all

    def wants(self, event_type: str) -> bool:
        return self.events is None or event_type in self.events


@dataclass(frozen=True, kw_only=True)
class Event:
    id: str
    type: str
    data: dict[str, Any]
    created_at: float


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """One try to hand over one event."""

    event_id: str
    event_type: str
    url: str
    attempt: int
    at: float
    status: int | None  # None: no answer
    error: str | None = None
    body: Any = None
    answer: str = ""


@dataclass(kw_only=True)
class Call:
    """One API call, as /control/calls shows it. No status: the caller got no answer."""

    seq: int
    at: float
    op: str
    method: str
    path: str
    query: str
    idempotency_key: str | None
    body: Any = None
    status: int | None = None
    response: Any = None
    fault: str | None = None
    replayed: bool = False
    seconds: float | None = None  # that answering took
