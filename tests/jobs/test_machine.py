"""Anything, in any order, as Hypothesis likes it: what must never be never is, and in the end everything is settled."""

import asyncio
import itertools
import shutil
import tempfile
from collections import Counter
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from bot.jobs.engine.asking import Ask, Where
from bot.jobs.engine.talking import APPROVAL, SEND_AGAIN, Said
from bot.jobs.outbox import Place
from bot.jobs.sight import Broken, Made, Sight
from storage import threads
from storage.records import OPEN_STATES, Attachment, Brief, Hold, Job, JobState, Question, QuestionState, Thread
from tests.jobs.played.budgets import budgets
from tests.jobs.played.ledger import every_job
from tests.jobs.played.outside import Fate
from tests.jobs.played.world import DAY, World, asks

T = TypeVar("T")
PEOPLE = st.sampled_from(["U1", "U2", "U3"])
PAUSES = st.sampled_from([1.0, 5.0, 5.0, 5.0, 61.0, 61.0, 900.0, 2 * 3600.0, DAY + 1, 2 * DAY + 1, 7 * DAY + 1])
JUMPS = st.sampled_from([10.0, 3600.0, DAY, 365 * DAY]).flatmap(lambda span: st.sampled_from([span, -span]))
SIGHTS = st.sampled_from(
    ["phase", "asks", "asks", "made", "made", "wrong", "broken", "empty", "gone", "blank", "unanswered", "refused"]
)
FATES = st.sampled_from([Fate.WORKS, Fate.WORKS, Fate.WORKS, *Fate])
HOLDS = st.sampled_from([None, None, None, *Hold])
SELDOM = st.sampled_from([False, False, False, True])
PICK = st.integers(0, 10_000)
FILE = Attachment(file_id="F0", name="logo.png", mimetype="image/png", size_bytes=10)
CHANNELS = ("C1", "C2", "D1")


class AnyOrder(RuleBasedStateMachine):
    """People, HeyGen, Slack, time and crashes, on one engine. Fewer rules reach further: each has several deeds."""

    empty: Path  # a migrated database to begin with

    @initialize(asked=st.lists(PEOPLE, min_size=1, max_size=3), works=st.booleans())
    def begin(self, asked: list[str], works: bool) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="machine-"))
        shutil.copy(self.empty, self.folder / "jobs.db")
        self.loop = asyncio.Runner()
        self.world = self.run(World.open(self.folder / "jobs.db"))
        self.keys = itertools.count(1)
        self.wishes: list[tuple[float, Ask]] = []
        self.words: list[tuple[float, Said]] = []
        self.looked: list[Job] = []
        for by in asked:
            self._ask("agent", Brief(prompt="A barn", review=by == "U1"), by, "C1", None)
        if works:
            self.run(self.world.works())

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run(work)

    def key(self) -> str:
        return f"key{next(self.keys)}"

    def jobs(self) -> list[Job]:
        return self.run(self.world.database.read(every_job))

    def questions(self) -> list[Question]:
        return self.run(
            self.world.database.read(
                lambda tx: [asked for job in every_job(tx) for asked in threads.questions_of_job(tx, job.id)]
            )
        )

    def threads(self) -> list[Thread]:
        """Those that people can write in."""
        every = self.run(
            self.world.database.read(
                lambda tx: [threads.thread(tx, one) for one in dict.fromkeys(job.thread_id for job in every_job(tx))]
            )
        )
        return [thread for thread in every if thread.card_ts is not None and thread.hold is None]

    # People

    @rule(by=PEOPLE, channel=st.sampled_from(CHANNELS), hold=HOLDS, voice=st.sampled_from([None, "Anna"]),
          review=st.booleans(), files=st.booleans(), is_speech=st.booleans())  # fmt: skip
    def ask(
        self, by: str, channel: str, hold: Hold | None, voice: str | None, review: bool, files: bool, is_speech: bool
    ) -> None:
        if is_speech:
            brief = Brief(prompt="Hello", voice_id=None if hold is Hold.VOICE else "v")
        else:
            brief = Brief(prompt="A barn", review=review, files=(FILE,) if files else (), voice=voice)
            hold = None if hold is Hold.VOICE else hold
        self._ask("speech" if is_speech else "agent", brief, by, channel, hold)

    def _ask(self, kind: str, brief: Brief, by: str, channel: str, hold: Hold | None) -> None:
        is_im = channel.startswith("D")
        root = self.world.outside.stamp() if brief.review else None  # some ask in a thread of theirs
        where = Where(enterprise_id=None, workspace_id="T1", channel_id=channel, is_im=is_im)
        wish = Ask(
            keys=(self.key(), self.key()), where=where, requester_id=by, kind=kind, brief=brief, root_ts=root,
            hold=None if is_im and hold is not Hold.VOICE else hold,
        )  # fmt: skip
        self.wishes.append((self.world.true_time, wish))
        assert self.run(self.world.engine.ask(wish)) is not None

    @rule(pick=PICK, is_ask=st.booleans())
    def again(self, pick: int, is_ask: bool) -> None:
        """Slack delivers at least once, though not after days."""
        before, engine = self.world.true_time - DAY, self.world.engine
        if is_ask and (wishes := [wish for at, wish in self.wishes if at > before]):
            assert self.run(engine.ask(wishes[pick % len(wishes)])) is None
        elif words := [said for at, said in self.words if at > before]:
            assert not self.run(engine.hear(words[pick % len(words)]))

    @rule(pick=PICK, by=PEOPLE, form=st.booleans(), file=st.booleans())
    def reply(self, pick: int, by: str, form: bool, file: bool) -> None:
        if not (found := self.threads()):
            return
        key = self.key()
        said = Said(
            keys=(key,), thread_id=found[pick % len(found)].id, user_id=by, text=f"shorter by {key}",
            ts=None if form else self.world.outside.stamp(), files=(FILE,) if file else (),
        )  # fmt: skip
        self.words.append((self.world.true_time, said))
        assert self.run(self.world.engine.hear(said))

    @precondition(lambda self: self.words)
    @rule(pick=PICK, text=st.sampled_from([None, "longer"]))
    def reword(self, pick: int, text: str | None) -> None:
        _, said = self.words[pick % len(self.words)]
        self.run(self.world.engine.reword(said.keys[0], text))

    @rule(pick=PICK, by=PEOPLE, choice=PICK, is_open=st.booleans())
    def click(self, pick: int, by: str, choice: int, is_open: bool) -> None:
        """On what is asked now, or on any question there ever was: late, twice."""
        asked = [one for one in self.questions() if one.state is QuestionState.OPEN or not is_open]
        if not asked:
            return
        question = asked[pick % len(asked)]
        values = [option.value for option in question.options] or [APPROVAL]
        settled = self.run(self.world.engine.answer(question.id, text=values[choice % len(values)], by=by))
        assert settled is not None
        assert settled.state is not QuestionState.OPEN

    @rule(pick=PICK, by=PEOPLE, deed=st.sampled_from(["stop", "stop", "retry", "bring_back"]))
    def button(self, pick: int, by: str, deed: str) -> None:
        """On a job whose card has this button, or should have; now and then on any other."""
        fits = {"stop": OPEN_STATES, "retry": {JobState.FAILED}, "bring_back": {JobState.CANCELLED}}[deed]
        every = [job for job in self.jobs() if job.state in fits or pick % 10 == 0]
        if not every:
            return
        job, engine = every[pick % len(every)], self.world.engine
        match deed:
            case "stop":
                self.run(engine.stop(job.id, by=by))
            case "retry":
                self.run(engine.retry(job.id, key=self.key(), by=by))
            case _:
                self.run(engine.bring_back(job.id, key=self.key(), by=by))

    @rule(deed=st.sampled_from(["invited", "dm", "voice", "wonder"]), channel=st.sampled_from(CHANNELS))
    def let_in(self, deed: str, channel: str) -> None:
        engine = self.world.engine
        match deed:
            case "invited":
                self.run(engine.invited("T1", channel))
            case "dm":
                for job in self.jobs():
                    self.run(engine.move_to_dm(job.id, channel_id="D1"))
            case "voice":
                for job in self.jobs():
                    self.run(engine.choose_voice(job.id, voice_id="v", voice="Anna"))
            case _:
                place = Place(workspace_id="T1", channel_id=channel)
                self.run(engine.whisper(place, key=self.key(), user_id="U1", what="credits"))

    # HeyGen

    @rule(pick=PICK, kind=SIGHTS, number=st.integers(0, 3), review=st.booleans(), times=st.sampled_from([1, 1, 3, 20]),
          stopped=SELDOM)  # fmt: skip
    def look(self, pick: int, kind: str, number: int, review: bool, times: int, stopped: bool) -> None:
        """Looks show anything at all; now and then the job is stopped right after."""
        for _ in range(times):
            if not self.world.looks:
                self.run(self.world.begin_looks())
            if not self.world.looks:
                return
            looked = self.world.looks.pop(pick % len(self.world.looks))
            self.looked.append(looked)
            self._end_look(looked, kind, number, review=review)
            if stopped:
                self.run(self.world.engine.stop(looked.id, by="U1"))

    look_again = look  # twice as often as the rest

    @precondition(lambda self: self.looked)
    @rule(pick=PICK, kind=SIGHTS, number=st.integers(0, 3), review=st.booleans())
    def late_look(self, pick: int, kind: str, number: int, review: bool) -> None:
        """A look that was over long since shows something all the same."""
        self._end_look(self.looked[pick % len(self.looked)], kind, number, review=review)

    def _end_look(self, looked: Job, kind: str, number: int, *, review: bool) -> None:
        engine = self.world.engine
        match kind:
            case "unanswered":
                self.run(engine.look_failed(looked, again_at=self.world.now + 30))
            case "refused":
                code = ("insufficient_credit", "unauthorized")[number % 2]
                self.run(engine.look_refused(looked, code))
            case _:
                self.run(engine.observed(looked, self._sight(looked, kind, number, review=review)))

    def _sight(self, looked: Job, kind: str, number: int, *, review: bool) -> Sight:
        others = [job.video_id for job in self.jobs() if job.video_id] if kind == "wrong" else []
        video_id = others[number % len(others)] if others else f"video of {looked.id}"
        made = Made(video_id=video_id, title="A", duration_seconds=9.0, page_url=None)
        match kind:
            case "phase":
                return Sight(phase=("thinking", "generating")[number % 2], progress=number * 30)
            case "asks":
                return Sight(phase="waiting_for_input", asks=asks(number, review=review))
            case "made" | "wrong":
                return Sight(phase="generating", video_id=made.video_id, made=made if number else None)
            case "broken":
                return Sight(broken=Broken(code="rendering_failed", message=""))
            case "empty":
                return Sight(empty=Broken(code="no_video", message=""))
            case "gone":
                return Sight(gone=True)
            case _:
                return Sight()

    @rule(pick=PICK, is_right=st.booleans(), key=st.sampled_from([None, "webhook:1"]))
    def nudge(self, pick: int, is_right: bool, key: str | None) -> None:
        every = self.jobs()
        job = every[pick % len(every)]
        made = self.world.outside.sessions[job.id]
        session = made[-1] if made and is_right else "s0"
        nudged = self.world.engine.nudged(
            key or self.key(), session_id=session, video_id=job.video_id, callback_id=job.callback_id
        )
        self.run(nudged)

    # Calls, time and crashes

    @rule(side=st.sampled_from(["slack", "heygen"]))
    def claim(self, side: str) -> None:
        self.run(self.world.claim(side))

    @rule(side=st.sampled_from(["slack", "heygen"]), pick=PICK, fate=FATES, stopped=SELDOM)
    def call(self, side: str, pick: int, fate: Fate, stopped: bool) -> None:
        """A call ends in any way at all; now and then its job was stopped while it was under way."""
        if not self.world.outside.under_way:
            self.run(self.world.claim(side))
        if calls := self.world.outside.under_way:
            called = calls[pick % len(calls)]
            for job in [job for job in self.jobs() if stopped and job.thread_id == called.tried.thread_id]:
                self.run(self.world.engine.stop(job.id, by="U1"))
            self.run(self.world.end(called, fate))

    call_again = call

    @rule()
    def works(self) -> None:
        self.run(self.world.works())

    @rule(seconds=PAUSES, tidy=st.booleans())
    def pass_time(self, seconds: float, tidy: bool) -> None:
        self.run(self.world.pass_time(seconds))
        if tidy:
            self.run(self.world.engine.tidy())

    @rule(seconds=JUMPS, happened=st.lists(st.booleans(), min_size=8, max_size=8), is_crash=st.booleans())
    def shake(self, seconds: float, happened: list[bool], is_crash: bool) -> None:
        """The program is killed and starts again, or somebody sets the clock."""
        self.run(self.world.crash(happened) if is_crash else self.world.set_clock(seconds))

    # Promises

    @invariant()
    def nothing_wrong(self) -> None:
        """Moves, places, answers, and silence after a stop; once what is done once."""
        assert not (wrongs := self.run(self.world.wrongs())), wrongs
        outside = self.world.outside
        twice = [key for counted in (outside.made, outside.posted) for key, count in counted.items() if count > 1]
        assert not twice, twice
        submits = Counter(key.split(":")[1] for key in outside.made if key.startswith("submit:"))
        again = Counter(asked.job_id for asked in self.questions() if asked.answer == SEND_AGAIN)
        too_often = [job_id for job_id, count in submits.items() if count > 1 + again[job_id]]
        assert not too_often, too_often

    def teardown(self) -> None:
        if not hasattr(self, "world"):
            return
        try:
            self.run(self.world.settle())
            assert not (wrongs := self.run(self.world.wrongs()) + self.run(self.world.left_undone())), wrongs
        finally:
            self.run(self.world.close())
            self.loop.close()
            shutil.rmtree(self.folder)


@pytest.mark.timeout(600)  # of a machine that does much else
@budgets(quick=(8, 40), long=(50, 60))
def test_anything_in_any_order(empty_database: Path, budget: settings) -> None:
    """Every promise, whatever people, HeyGen, Slack, clocks and crashes do; and in the end nothing is left to do."""
    AnyOrder.empty = empty_database
    run_state_machine_as_test(AnyOrder, settings=budget)
