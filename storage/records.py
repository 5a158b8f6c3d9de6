"""The nouns of the program as frozen rows. No I/O; a change is a copy or a conditional UPDATE that returns the row.

Times are unix seconds (float, UTC). Slack's `ts` values are strings and stay strings.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class JobState(StrEnum):
    """Where a job is. Who moves it out, and what a crash leaves behind, stands beside each state."""

    QUEUED = "queued"  # waits for its card and for a place at HeyGen; the engine starts it
    SUBMITTING = "submitting"  # its submit effect is recorded; settled by that effect's outcome, also after a crash
    UNCONFIRMED = "unconfirmed"  # the answer to the submit was lost; read back by the effect, or settled by a person
    GENERATING = "generating"  # HeyGen works on it; moved by what a GET shows
    WAITING_FOR_INPUT = "waiting_for_input"  # a person is asked; moved by their answer, or closed after a week
    COMPLETED = "completed"  # HeyGen finished; the result's own effects deliver it
    FAILED = "failed"  # a reason is on the row
    CANCELLED = "cancelled"  # stopped by a person; watched on, for its video may still come


OPEN_STATES = frozenset(
    {JobState.QUEUED, JobState.SUBMITTING, JobState.UNCONFIRMED, JobState.GENERATING, JobState.WAITING_FOR_INPUT}
)
SLOT_STATES = frozenset({JobState.SUBMITTING, JobState.GENERATING})  # those that use a place at HeyGen


class Hold(StrEnum):
    """Why a thread may not be written to yet; nothing is spent while it is held."""

    INVITE = "invite"  # a private channel the app is no member of: goes on once invited
    OFFER = "offer"  # a conversation the app cannot join: goes on once the person takes the offered DM
    VOICE = "voice"  # speech without a voice: goes on once the person picks one


class QuestionKind(StrEnum):
    """What an open question is about; decides what its answer does."""

    AGENT = "agent"  # the agent asks something: the answer is sent to the session
    REVIEW = "review"  # a storyboard waits: approve or change
    NAME = "name"  # a name given in a flag matched nothing or several: choose one
    UNCONFIRMED = "unconfirmed"  # nobody knows whether HeyGen got the call: send again, or not


class QuestionState(StrEnum):
    """A question is answered once: the move out of `open` is a compare-and-set."""

    OPEN = "open"
    ANSWERED = "answered"
    CLOSED = "closed"


class ReplyState(StrEnum):
    """A person's words in a thread."""

    WAITING = "waiting"  # kept for the next answer or version
    JOINED = "joined"  # part of an answer or of a version's brief


UNDECIDED = "undecided"  # the reason of a dropped effect of which nobody ever learned whether it happened
UNCOUNTED = "uncounted"  # in a step's tally: a release that did not count has tried it, too


class EffectState(StrEnum):
    """One outside call at one of its steps."""

    PENDING = "pending"  # due at `due_at`
    TRYING = "trying"  # claimed and under way; found here after a crash it is as good as UNKNOWN
    UNKNOWN = "unknown"  # the answer was lost; the truth is read back before anything is repeated
    DONE = "done"
    REFUSED = "refused"  # will not succeed; the reason is on the row
    DROPPED = "dropped"  # no longer wanted, or given up while in doubt (the reason says UNDECIDED)


@dataclass(frozen=True, kw_only=True)
class Attachment:
    """A Slack file given with words. `asset_id` is set once HeyGen has it."""

    file_id: str
    name: str
    mimetype: str
    size_bytes: int
    asset_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class Thread:
    """A Slack thread with our card in it. The card shows the current version and lists the earlier ones."""

    id: str
    enterprise_id: str | None
    workspace_id: str
    channel_id: str
    is_im: bool
    root_ts: str | None  # None until our card opens the thread
    card_ts: str | None  # None until the card is posted
    session_id: str | None
    hold: Hold | None
    gather_at: float | None  # replies are joined once this has passed
    edited_at: float | None  # when the card was last edited or posted
    created_at: float
    refresh_at: float | None = None  # from here on its bar and clock may be shown anew; None: never edited
    held_at: float | None = None  # since when it waits for what it waits for now


@dataclass(frozen=True, kw_only=True)
class Request:
    """What a person asked for, once. `key` is unique: a command, view or message that arrives twice is one request."""

    id: str
    key: str
    thread_id: str
    requester_id: str
    kind: str
    created_at: float


@dataclass(frozen=True, kw_only=True)
class Brief:
    """What one job is to be made of. For speech `prompt` is the text to say."""

    prompt: str
    avatar: str | None = None  # as the person wrote it; `avatar_id` once resolved
    avatar_id: str | None = None
    voice: str | None = None
    voice_id: str | None = None
    style: str | None = None
    style_id: str | None = None
    orientation: str | None = None  # landscape or portrait
    review: bool = False
    speed: float | None = None
    language: str | None = None
    files: tuple[Attachment, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Job:
    """One thing HeyGen is to make, with one visible outcome."""

    id: str
    request_id: str
    thread_id: str
    enterprise_id: str | None
    workspace_id: str
    channel_id: str
    requester_id: str
    kind: str  # agent or speech
    version: int  # v1, v2, … within the thread
    state: JobState
    brief: Brief
    phase: str | None = None  # HeyGen's own word, for display only
    progress: int | None = None  # 0..100, coarse
    session_id: str | None = None
    video_id: str | None = None
    callback_id: str | None = None
    callback_token: str | None = field(default=None, repr=False)
    seen_video_ids: tuple[str, ...] = ()  # videos the session had before this job: never this job's result
    asked_words: tuple[str, ...] = ()  # keys of agent messages a person has been asked about
    look_at: float | None = None  # when HeyGen is asked next; None: not watched
    claimed_by: str | None = None  # the instance that looks at it now
    looks: int = 0
    nudges: int = 0  # how often something said "look now"; a nudge during a look is not lost
    look_alone: bool = False  # something says that it moved: the next look is at this job only
    lost_looks: int = 0  # looks in a row at which HeyGen did not know the session
    empty_looks: int = 0  # looks in a row at a run that had ended and whose video was not to be had
    failed_looks: int = 0  # looks in a row that HeyGen did not answer
    cancel_asked_by: str | None = None
    failure_code: str | None = None
    failure_message: str | None = None
    title: str | None = None
    duration_seconds: float | None = None
    page_url: str | None = None
    file_id: str | None = None  # the delivered Slack file
    file_permalink: str | None = None
    file_trouble: str | None = None  # why the result is no Slack file: Slack's word, or ours, such as download_failed
    result_ts: str | None = None  # our message with the result
    retry_of: str | None = None
    slow_told: bool = False
    created_at: float = 0.0
    submitted_at: float | None = None
    phase_at: float | None = None  # since when the phase is what it is
    finished_at: float | None = None


@dataclass(frozen=True, kw_only=True)
class Reply:
    """A person's words for a thread of ours. `key` is unique: a message or form that arrives twice is one reply."""

    id: str
    key: str
    thread_id: str
    user_id: str
    ts: str | None  # None: written in a form, not in the thread
    text: str
    files: tuple[Attachment, ...]
    state: ReplyState
    job_id: str | None
    created_at: float

    @property
    def said_at(self) -> float:
        """When it was said: Slack's own time where there is one, for messages arrive in any order."""
        return float(self.ts) if self.ts is not None else self.created_at


@dataclass(frozen=True, kw_only=True)
class Option:
    """One offered answer: the words on the button, and what it stands for (the same words, or an id)."""

    label: str
    value: str


@dataclass(frozen=True, kw_only=True)
class Question:
    """Something a person is asked. Answered once."""

    id: str
    thread_id: str
    job_id: str
    number: int
    kind: QuestionKind
    text: str
    options: tuple[Option, ...]
    subject: str | None  # for NAME: avatar, voice or style
    resource_ids: tuple[str, ...]  # for REVIEW: the storyboard's resources
    state: QuestionState
    answer: str | None
    answered_by: str | None
    message_ts: str | None
    asked_at: float
    remind_at: float | None
    close_at: float | None


@dataclass(frozen=True, kw_only=True)
class Effect:
    """One call outside that changes something, recorded before it is tried."""

    id: int
    key: str  # unique: what it is about and what it does
    side: str  # slack or heygen
    kind: str
    order_key: str | None  # effects with the same order key go one after the other; None: free
    lane: str  # whose rate it counts against
    priority: int  # smaller goes first
    workspace_id: str
    channel_id: str
    thread_id: str | None
    job_id: str | None
    step: str
    state: EffectState
    payload: dict[str, Any]
    evidence: dict[str, Any]
    wanted: int  # how often it was asked for; an edit asked for again while under way runs again
    attempts: int
    attempted_at: float | None
    due_at: float
    reason: str | None
    claimed_by: str | None
    created_at: float
    patient_from: float  # patience is counted from here: anew when asked for again, let go on, or at a start
    tries: int = 0  # over all steps; `attempts` counts those of the present one
    first_tried_at: float | None = None
    settled_at: float | None = None  # when it was done, refused or dropped
    steps: dict[str, dict[str, float]] | None = None  # each step's tries and reads, and when; None: never counted
    wider_lane: str | None = None  # the lane that its lane lies in, whose rate it counts against as well


class DmWhen(StrEnum):
    """When a person wants a direct message about their finished video."""

    ALWAYS = "always"
    AWAY = "away"
    NEVER = "never"


@dataclass(frozen=True, kw_only=True)
class Preference:
    """One person's own settings."""

    workspace_id: str
    user_id: str
    dm: DmWhen = DmWhen.ALWAYS
    voice_id: str | None = None
    voice_name: str | None = None
    avatar_id: str | None = None
    avatar_name: str | None = None
    dm_channel_id: str | None = None  # the D… of the app with this person, once known


@dataclass(frozen=True, kw_only=True)
class Account:
    """The HeyGen account all jobs share."""

    paused_until: float | None
    pause_code: str | None
    told: bool  # the admins know about this pause
