"""A Slack and a HeyGen that keep their own truth: what they are asked to do happens or not, and is answered or not."""

import asyncio
import itertools
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from bot.jobs.engine.asking import unresolved
from bot.jobs.outcomes import AgainAt, Done, Next, Outcome, Refused, Unknown
from handlers.blocks import cards, questions
from handlers.trouble import SHOWN_ONCE
from storage import effects, jobs, threads
from storage.database import Database, Transaction
from storage.records import Effect, EffectState, Job, JobState, QuestionState

MADE_ONCE = frozenset({("submit", "create"), ("submit", "send"), ("submit", "speak"), ("message", "send")})
RARELY_SECONDS = 24 * 3600.0  # between two readings that show nothing; ours are closer, and would take long here
AFTER_A_STOP = ("closing:", "upload:", "result:", "dm:")  # the closing line, and what a person fetched all the same
NO_CREDIT = "insufficient_credit"
BAD_KEY = "unauthorized"


class Fate(StrEnum):
    """How one call ends."""

    WORKS = "works"
    LATER = "later"  # refused for now
    RESTS = "rests"  # refused for now, and the whole lane with it
    LOST = "lost"  # done, but the answer was lost
    NEVER = "never"  # not done, and nobody said so
    REFUSED = "refused"
    INVITE = "invite"  # for the way into a channel; elsewhere it works
    OFFER = "offer"
    NO_CREDIT = "no_credit"
    BAD_KEY = "bad_key"
    FAULT = "fault"  # of our own


@dataclass(eq=False)
class Call:
    """One call under way. What it shows was made when it began."""

    tried: Effect
    shown: str
    fate: "asyncio.Future[Fate]"
    has_happened: bool = False


@dataclass
class Outside:
    """What is really there, whatever we were told."""

    database: Database
    clock: Callable[[], float]
    true_time: Callable[[], float]  # Slack's own clock is never set
    under_way: list[Call] = field(default_factory=list)
    posted: Counter[str] = field(default_factory=Counter)  # by the key of the effect
    stamps: dict[str, str] = field(default_factory=dict)
    shown: dict[str, str] = field(default_factory=dict)  # thread or question: what people see of it now
    unseen: set[str] = field(default_factory=set)  # those Slack refused to show as they are
    made: Counter[str] = field(default_factory=Counter)  # sessions, messages and speech: what HeyGen charges for
    sessions: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    wrongs: list[str] = field(default_factory=list)
    ended: int = 0  # calls whose outcome was stored, or was not ours any more
    moved: asyncio.Event = field(default_factory=asyncio.Event)  # a call has begun or ended
    _numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    async def perform(self, tried: Effect) -> Outcome:
        """Waits for the fate of this call, then does or leaves it."""
        shown = await self.database.read(lambda tx: self._begin(tx, tried))
        call = Call(tried, shown, asyncio.get_running_loop().create_future())
        self.under_way.append(call)
        self.moved.set()
        fate = await call.fate
        return await self.database.read(lambda tx: self._outcome(tx, call, fate))

    def stamp(self) -> str:
        """Slack's name for a message: its own time, never the same twice."""
        return f"{self.true_time() + next(self._numbers) / 1e6:.6f}"

    def happen(self, call: Call) -> None:
        """The call reaches the other side although nobody will hear of it."""
        if not call.has_happened and not _is_read_back(call.tried):
            call.has_happened = True
            self._do(call)

    def _begin(self, tx: Transaction, tried: Effect) -> str:
        job = jobs.job(tx, tried.job_id or "")
        is_new = tried.kind in ("say", "upload", "dm", "card") and tried.state is EffectState.PENDING
        if job is not None and is_new and job.state is JobState.CANCELLED and not tried.key.startswith(AFTER_A_STOP):
            newer = jobs.jobs_of_thread(tx, job.thread_id)[-1]
            if tried.kind != "card" or newer.state is JobState.CANCELLED:
                self.wrongs.append(f"{tried.key} after the stop of {job.id}")
        return look_of(tx, tried)

    def _outcome(self, tx: Transaction, call: Call, fate: Fate) -> Outcome:
        tried, now = call.tried, self.clock()
        if call.has_happened:  # or never will: of a start before, and nobody hears of it any more
            return Done()
        if fate is Fate.FAULT:
            raise LookupError(tried.key)
        if _is_read_back(tried):
            return self._read_back(tx, tried, fate)
        match fate:
            case Fate.LATER:
                return AgainAt(now + 2, "busy")
            case Fate.RESTS if tried.side == "slack":
                return AgainAt(now + 30, "ratelimited", rests_lane=True)
            case Fate.NO_CREDIT | Fate.BAD_KEY if tried.side == "heygen" and tried.kind != "names":
                trouble = NO_CREDIT if fate is Fate.NO_CREDIT else BAD_KEY
                return AgainAt(now + 60, trouble, paused=trouble)
            case Fate.LOST | Fate.NEVER if (tried.kind, tried.step) not in SHOWN_ONCE | MADE_ONCE:
                return AgainAt(now + 2, "repeated")
            case Fate.NEVER:
                return Unknown(at=now + 5, reason="lost")
            case Fate.REFUSED:
                return self._refused(tried)
            case Fate.INVITE | Fate.OFFER if tried.kind == "enter":
                return Refused(fate.value)
        self.happen(call)
        return Unknown(at=now + 5, reason="lost") if fate is Fate.LOST else self._answer(tx, tried)

    def _refused(self, tried: Effect) -> Outcome:
        if tried.kind in ("edit", "edit_question"):
            self.unseen.add(_subject(tried))
        if tried.kind == "names":
            option = {"label": "Other", "value": "other"}
            return Done({"found": {}, "ask": {"subject": "voice", "text": "Nobody", "options": [option]}})
        return Refused("session_lost" if tried.step == "send" else "refused")

    def _read_back(self, tx: Transaction, tried: Effect, fate: Fate) -> Outcome:
        now = self.clock()
        if fate is Fate.REFUSED and tried.side == "slack":
            self.posted.pop(tried.key, None)  # given up blindly: what is there now is not counted as ours any more
            return Refused("unconfirmed_post")
        if fate is not Fate.WORKS:
            return Unknown(at=now + 5, reason="not seen")
        if tried.step in ("create", "speak"):
            bound = jobs.sessions_bound(tx, self.sessions[tried.job_id or ""])
            found = [one for one in self.sessions[tried.job_id or ""] if one not in bound]
            in_doubt = Unknown(at=now + RARELY_SECONDS, reason="unconfirmed", ask=True)
            return Done({"session_id": found[0]}) if found else in_doubt
        is_there = self.made[tried.key] if tried.side == "heygen" else self.posted[tried.key]
        return self._answer(tx, tried) if is_there else AgainAt(now, "not there")

    def _do(self, call: Call) -> None:
        tried = call.tried
        match tried.kind, tried.step:
            case ("card" | "say") | "dm", "post":
                if tried.kind != "say" or call.shown:
                    self.posted[tried.key] += 1
                    self.stamps[tried.key] = self.stamp()
            case "upload", "share":
                self.posted[tried.key] += 1
            case "submit", "create":
                self.sessions[tried.job_id or ""].append(f"s{next(self._numbers)}")
        if (tried.kind, tried.step) in MADE_ONCE:
            self.made[tried.key] += 1
        if call.shown:
            self.shown[_subject(tried)] = call.shown
            self.unseen.discard(_subject(tried))

    def _answer(self, tx: Transaction, tried: Effect) -> Outcome:
        match tried.kind, tried.step:
            case "upload", "upload":
                return Next("share", {"files": [{"id": f"F{next(self._numbers)}", "title": ""}]})
            case "upload", "share":
                return Next("verify")
            case "upload", _:
                file_id = tried.evidence["files"][0]["id"]
                return Done({"file_id": file_id, "permalink": f"https://slack.test/{file_id}"})
            case "dm", "open":
                return Next("post", {"channel": "D1"})
            case (("submit" | "message"), "look"):
                return Next("send", {"videos": [], "heard": 0})
            case "submit", "create":
                return Done({"session_id": self.sessions[tried.job_id or ""][-1]})
            case "submit", "send":
                return Done({"session_id": threads.thread(tx, tried.thread_id or "").session_id})
            case "submit", "speak":
                return Done({"audio_url": "https://heygen.test/a.mp3", "duration": 3.0})
            case "names", _:
                return Done({"found": _found(jobs.job(tx, tried.job_id or ""))})
            case "asset", _:
                return Done({"asset_id": f"asset{next(self._numbers)}"})
            case _:
                return Done({"ts": self.stamps.get(tried.key)})


def look_of(tx: Transaction, tried: Effect) -> str:
    """What people would see of it now: the card, or a question; empty when there is nothing to show."""
    if tried.kind in ("card", "edit"):
        return card_of(tx, tried.thread_id or "")
    if tried.kind == "edit_question":
        return question_of(tx, tried.payload["question"])
    if tried.payload.get("what") in ("question", "reminder"):
        asked = threads.question(tx, tried.payload["question"])
        is_open = asked is not None and asked.state is QuestionState.OPEN
        return question_of(tx, tried.payload["question"]) if is_open else ""
    return tried.key


def card_of(tx: Transaction, thread_id: str) -> str:
    """The card as it should be, but for the clock and the place in the queue."""
    every = jobs.jobs_of_thread(tx, thread_id)
    return cards.card(
        thread=threads.thread(tx, thread_id), jobs=every, now=0.0, place=None,
        waiting_replies=len(threads.waiting_replies(tx, thread_id)), question=threads.open_question(tx, every[-1].id),
        account=jobs.account(tx),
    ).digest  # fmt: skip


def question_of(tx: Transaction, question_id: str) -> str:
    """The question as it should be."""
    asked = threads.question(tx, question_id)
    assert asked is not None
    return questions.question(asked, requester_id="U1").digest


def _is_read_back(tried: Effect) -> bool:
    return tried.state is EffectState.UNKNOWN and (tried.kind, tried.step) in SHOWN_ONCE | MADE_ONCE


def _subject(tried: Effect) -> str:
    if tried.kind in ("card", "edit"):
        return tried.thread_id or ""
    is_question = tried.kind == "edit_question" or tried.payload.get("what") == "question"
    return str(tried.payload["question"]) if is_question else tried.key


def _found(job: Job | None) -> dict[str, Any]:
    return {f"{subject}_id": f"{subject}1" for subject in unresolved(job.brief)} if job is not None else {}


def open_effects(tx: Transaction, job_ids: list[str]) -> list[Effect]:
    """What is still to be done for these jobs."""
    still = (EffectState.PENDING, EffectState.TRYING, EffectState.UNKNOWN)
    return [item for job_id in job_ids for item in effects.effects_of_job(tx, job_id) if item.state in still]
