"""What one look at HeyGen showed of a job. A value; the engine decides what follows."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Asks:
    """The agent wants a person: a question, or a storyboard to approve."""

    key: str  # tells this message from any other of the session
    text: str
    review: bool
    resource_ids: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Made:
    """The finished video."""

    video_id: str
    title: str | None
    duration_seconds: float | None
    page_url: str | None


@dataclass(frozen=True, kw_only=True)
class Broken:
    """HeyGen gave up, with its reason."""

    code: str
    message: str


@dataclass(frozen=True, kw_only=True)
class Sight:
    """How the job is at HeyGen now."""

    phase: str | None = None  # HeyGen's own word
    progress: int | None = None
    video_id: str | None = None  # one that no earlier job of the session had
    asks: Asks | None = None
    made: Made | None = None
    broken: Broken | None = None
    empty: Broken | None = None  # the run has ended and its video is not to be had; what to say if it stays so
    gone: bool = False  # HeyGen does not know the session
