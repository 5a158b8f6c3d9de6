"""HeyGen's answers as we read them: new fields are ignored, and a word nobody knows means "in progress"."""

import math
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    field_validator,
)

DONE = frozenset({"completed", "complete", "succeeded", "success"})
FAILED = frozenset({"failed", "error"})
BEING_MADE = frozenset({"pending", "queued", "waiting", "processing", "generating", "running", "in_progress"})
STOPPED_FOR_PEOPLE = frozenset({"waiting_for_input", "reviewing"})

T = TypeVar("T")


# Ids and words go into columns; an id is a part of addresses, too.
Id = Annotated[str, Field(pattern=r"^[^\x00-\x1f\x7f]*[^\x00-\x1f\x7f./][^\x00-\x1f\x7f]*$", max_length=200)]
Word = Annotated[
    str, BeforeValidator(lambda word: word.casefold() if isinstance(word, str) else word), Field(max_length=80)
]
Code = Annotated[str, Field(max_length=100)]
Percent = Annotated[int, Field(ge=0, le=100)]
Seconds = Annotated[float, Field(ge=0, le=1e7)]


class Answer(BaseModel):
    """The common ground: tolerant of what is new or odd, silent about links."""

    model_config = ConfigDict(
        extra="ignore", frozen=True, hide_input_in_errors=True, coerce_numbers_to_str=True, allow_inf_nan=False
    )

    @field_validator("*", mode="wrap")
    @classmethod
    def _default_for_the_odd(cls, value: Any, check: ValidatorFunctionWrapHandler, info: ValidationInfo) -> Any:
        """Null, or a kind nobody documented, counts as absent; only what must be there fails the answer."""
        field = cls.model_fields[str(info.field_name)]
        if field.is_required():
            return check(value)
        try:
            return check(value) if value is not None else field.get_default(call_default_factory=True)
        except ValidationError:
            return field.get_default(call_default_factory=True)


class SessionMessage(Answer):
    """One message of a session; HeyGen gives them no ids."""

    role: str = ""
    type: str = "text"
    content: str = ""
    created_at: float | None = None
    resource_ids: tuple[Id, ...] = ()


class Session(Answer):
    """A Video Agent session. `messages` are the newest forty, newest first."""

    session_id: Id
    status: Word = "thinking"
    progress: Percent | None = None
    title: str | None = None
    video_id: Id | None = None
    created_at: float | None = None
    messages: tuple[SessionMessage, ...] = ()

    @field_validator("messages", mode="before")
    @classmethod
    def _only_messages(cls, given: Any) -> Any:
        return [item for item in given if isinstance(item, dict)] if isinstance(given, list) else given

    @property
    def is_running(self) -> bool:
        """Whether HeyGen is at work, so that it would not listen."""
        return self.status not in DONE | FAILED | STOPPED_FOR_PEOPLE


class SessionRef(Answer):
    """A session in the list."""

    session_id: Id
    title: str | None = None
    created_at: float | None = None


class Sent(Answer):
    """A follow-up that HeyGen took."""

    session_id: Id


class Resource(Answer):
    """Something a session made or was given. Its links expire."""

    resource_id: Id
    url: str | None = Field(default=None, repr=False)
    thumbnail_url: str | None = Field(default=None, repr=False)
    preview_url: str | None = Field(default=None, repr=False)


class Video(Answer):
    """A video and how it is. Its links expire; `video_page_url` stays."""

    id: Id
    status: Word = "pending"
    title: str | None = None
    duration: Seconds | None = None
    created_at: float | None = None
    failure_code: Code | None = None
    failure_message: str | None = None
    video_page_url: str | None = None
    video_url: str | None = Field(default=None, repr=False)
    subtitle_url: str | None = Field(default=None, repr=False)
    thumbnail_url: str | None = Field(default=None, repr=False)

    @property
    def is_done(self) -> bool:
        """Whether HeyGen finished it."""
        return self.status in DONE

    @property
    def is_failed(self) -> bool:
        """Whether HeyGen gave it up."""
        return self.status in FAILED


class Listed(StrEnum):
    """What HeyGen tells the statuses of in one call, by its word in the path."""

    VIDEOS = "videos"
    TRANSLATIONS = "video-translations"
    LIPSYNCS = "lipsyncs"


class Status(Answer):
    """One of many in a bulk answer, which tells too little of one that has ended. Its id is always called so."""

    video_id: str
    status: Word = ""

    @property
    def is_being_made(self) -> bool:
        """Whether HeyGen is surely at it; a word nobody knows is asked about by itself."""
        return self.status in BEING_MADE


class Look(Answer):
    """One outfit of an avatar; its id is what HeyGen calls avatar_id."""

    id: Id
    name: str = ""
    avatar_type: str = ""


class Voice(Answer):
    """A voice."""

    voice_id: Id
    name: str = ""
    language: str = ""
    gender: str = ""


class Style(Answer):
    """A curated style for Video Agent."""

    style_id: Id
    name: str = ""
    aspect_ratio: str | None = None


class Speech(Answer):
    """Audio that HeyGen spoke; the link is all there is of it."""

    audio_url: str = Field(repr=False)
    duration: Seconds = 0.0


class Asset(Answer):
    """A file HeyGen holds for us. Its address is public, so it is kept out of sight."""

    asset_id: Id


class UploadSlot(Answer):
    """Where the bytes of a large file go."""

    asset_id: Id
    upload_url: str = Field(repr=False)
    upload_headers: dict[str, str] = Field(default_factory=dict, repr=False)
    max_bytes: int | None = None


class Account(Answer):
    """Whose key this is, and what is left."""

    username: str = ""
    wallet: dict[str, Any] | None = None
    subscription: dict[str, Any] | None = None
    usage_based: dict[str, Any] | None = None

    @property
    def balances(self) -> tuple[tuple[str, float, Literal["usd", "credits"]], ...]:
        """What is left, by name, amount and unit; empty when HeyGen does not say."""
        wallet = self.wallet or {}
        if (amount := _amount(wallet.get("remaining_balance"))) is not None:
            return (("Wallet", amount, "credits" if wallet.get("currency") == "credits" else "usd"),)
        if (amount := _amount((self.usage_based or {}).get("remaining_credits"))) is not None:
            return (("Credits", amount, "credits"),)
        left = {name: _amount(_inside(pool, "remaining")) for name, pool in _pools(self.subscription).items()}
        named = ((name.replace("_", " ").capitalize(), amount) for name, amount in left.items())
        return tuple((name, amount, "credits") for name, amount in named if amount is not None)

    @property
    def reloads(self) -> bool:
        """Whether the wallet tops itself up."""
        return bool(_inside(_inside(self.wallet, "auto_reload"), "enabled"))


def _pools(subscription: Any) -> dict[str, Any]:
    credits = _inside(subscription, "credits")
    return credits if isinstance(credits, dict) else {}


def _inside(holder: Any, name: str) -> Any:
    return holder.get(name) if isinstance(holder, dict) else None


def _amount(said: Any) -> float | None:
    """A sum, as a number or in words; None for what is neither."""
    try:
        amount = float(said) if isinstance(said, int | float | str) else math.nan
    except (ValueError, OverflowError):
        return None
    return amount if math.isfinite(amount) else None


class PastEvent(Answer):
    """An event in HeyGen's history of its webhooks; its id is the one that its delivery had."""

    event_id: str
    event_data: dict[str, Any] = Field(default_factory=dict, repr=False)
    created_at: str | None = None

    @property
    def happened_at(self) -> float | None:
        """When it happened; None when HeyGen tells no time that we can read."""
        try:
            moment = datetime.fromisoformat(self.created_at or "")
        except ValueError:
            return None
        return moment.replace(tzinfo=moment.tzinfo or UTC).timestamp()


class Page(Answer, Generic[T]):
    """One page of a list; `next_token` leads to the next one."""

    items: tuple[T, ...] = ()
    next_token: str | None = None
