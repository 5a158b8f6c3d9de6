"""What effects tell about a job: how often each call was tried, and what became of it."""

from typing import Any

import pytest

from bot.jobs.outbox import METHODS, STEPS
from bot.jobs.outcomes import AgainAt, Done, Outcome, Unknown
from bot.jobs.receipt import DEEDS, READ_BACK, Call, Fate, calls, times_asked
from bot.jobs.trouble import SENT_ONCE
from handlers.trouble import SHOWN_ONCE
from storage import effects, receipts
from storage.receipts import Receipt
from storage.records import UNDECIDED, Effect, EffectState, Job, JobState
from tests.jobs.desk import Desk
from tests.slack.nouns import a_job, a_thread, an_effect


def called(*made: Effect) -> tuple[Call, ...]:
    return calls(Receipt(job=a_job(), thread=a_thread(), questions=(), effects=made))


async def kept(desk: Desk, job: Job) -> dict[str, Call]:
    """The calls of the job by their kind."""
    found = await desk.database.read(lambda tx: receipts.receipt(tx, job.id))
    assert found is not None
    return {call.what: call for call in calls(found)}


async def effect(desk: Desk, key: str) -> Effect:
    found = await desk.database.read(lambda tx: effects.effect(tx, key))
    assert found is not None
    return found


def answering(*outcomes: Outcome) -> Any:
    """Performs as told, in order."""
    left = list(outcomes)

    async def perform(_tried: Effect) -> Outcome:
        return left.pop(0)

    return perform


def test_every_step_of_every_effect_is_a_deed_or_serves_one() -> None:
    """A new kind of effect has to say which of its steps changes something, and which of those are read back."""
    assert set(DEEDS) == {*STEPS, "submit"} - {"react"}  # a mark on a reply is of no job
    known = {*METHODS, *STEPS.items()}
    outside = {(kind, step) for kind, steps in DEEDS.items() for step in steps if kind not in ("submit", "message")}
    assert outside <= known
    assert {step for kind, step in READ_BACK if kind in ("submit", "message")} == SENT_ONCE
    assert {one for one in READ_BACK if one[0] not in ("submit", "message")} == SHOWN_ONCE


@pytest.mark.parametrize(
    ("changes", "fate"),
    [
        ({"state": EffectState.PENDING}, Fate.WAITING),
        ({"state": EffectState.TRYING}, Fate.UNDER_WAY),
        ({"state": EffectState.UNKNOWN}, Fate.IN_DOUBT),
        ({"state": EffectState.DONE}, Fate.DONE),
        ({"state": EffectState.REFUSED, "reason": "no_scope: chat:write"}, Fate.REFUSED),
        ({"state": EffectState.DROPPED}, Fate.NOT_NEEDED),
        ({"state": EffectState.DROPPED, "reason": UNDECIDED}, Fate.UNDECIDED),
        ({"kind": "say", "step": "post", "evidence": {"ts": None}}, Fate.NOT_NEEDED),
        ({"kind": "dm", "step": "open"}, Fate.NOT_NEEDED),
        ({"kind": "enter", "step": "look"}, Fate.NOT_NEEDED),
    ],
)
def test_each_end_has_its_word(changes: dict[str, Any], fate: Fate) -> None:
    """Done without a call counts as not needed; dropped in doubt as undecided."""
    [call] = called(an_effect(**changes))
    assert call.fate is fate
    assert (call.tries == 0) is (fate is Fate.NOT_NEEDED and changes.get("state") is None)


def test_looking_and_verifying_are_no_tries() -> None:
    """A revision that looked five times at a busy session was sent once; an upload that verified was shared once."""
    looked = {"look": {"tries": 5, "first_at": 1.0, "last_at": 9.0}, "send": {"tries": 1, "first_at": 10.0}}
    shared = {"upload": {"tries": 2}, "share": {"tries": 1, "last_at": 3.0}, "verify": {"tries": 4, "last_at": 8.0}}
    revision, file = called(an_effect(step="send", steps=looked), an_effect(kind="upload", step="verify", steps=shared))
    assert (revision.what, revision.tries, revision.first_at) == ("revision", 1, 10.0)
    assert (file.tries, file.last_at) == (1, 3.0)


def test_what_is_simply_repeated_counts_each_time() -> None:
    """An edit taken up again after a lost answer is sent again; one that would change nothing is not sent."""
    [edit] = called(
        an_effect(
            kind="edit", step="edit", evidence={"unchanged": 2},
            steps={"edit": {"tries": 6, "reads": 1, "first_at": 1.0, "last_at": 5.0, "read_at": 7.0}},
        )
    )  # fmt: skip
    assert (edit.tries, edit.reads, edit.last_at) == (5, 0, 7.0)


def test_calls_of_a_release_that_did_not_count_say_so() -> None:
    """Tried, but nobody knows how often; what was never tried was tried no time."""
    tried, waiting = called(an_effect(steps=None), an_effect(steps=None, state=EffectState.PENDING, attempted_at=None))
    assert (tried.tries, tried.last_at) == (None, 60.0)
    assert waiting.tries == 0


def test_a_reason_is_a_code_without_anybodys_words() -> None:
    """HeyGen's words may repeat the prompt or hold a link."""
    [call] = called(an_effect(state=EffectState.REFUSED, reason="not_found: see https://h.example/?Signature=s"))
    assert call.reason == "not_found"


@pytest.mark.parametrize(
    ("ends", "asked"),
    [
        ([{}], 1),
        ([{"state": EffectState.REFUSED}], 0),
        ([{"state": EffectState.DROPPED}], 0),
        ([{"state": EffectState.DROPPED, "reason": UNDECIDED}, {}], 2),
        ([{"state": EffectState.UNKNOWN}], 1),
        ([{"state": EffectState.TRYING}], 1),
        ([{"state": EffectState.TRYING, "steps": None, "attempted_at": None}], 0),
    ],
)
def test_only_what_heygen_may_have_counts_as_asked(ends: list[dict[str, Any]], asked: int) -> None:
    """What it refused, and what is proven not to have reached it, costs nothing."""
    assert times_asked(called(*[an_effect(**end) for end in ends])) == asked


async def test_each_end_of_a_call_has_its_time(desk: Desk) -> None:
    """Done, refused, dropped: from then on; a card that is edited again is open again."""
    job = await desk.ask()
    await desk.tried(answering(Done()))  # enter
    desk.now += 10
    await desk.tried(answering(Done({"ts": "1.1"})))
    assert (await effect(desk, f"card:{job.thread_id}")).settled_at == desk.now
    assert (await effect(desk, f"edit:{job.thread_id}")).settled_at is None
    desk.now += 10
    await desk.tried(answering(Done()))
    assert (await effect(desk, f"edit:{job.thread_id}")).settled_at == desk.now
    await desk.engine.stop(job.id, by="U1")
    assert (await effect(desk, f"edit:{job.thread_id}")).settled_at is None
    assert (await effect(desk, f"submit:{job.id}:1")).settled_at == desk.now


async def test_a_create_that_a_person_sends_again_may_have_happened_twice(desk: Desk) -> None:
    """The first stays undecided; both are counted."""
    job = await desk.ask()
    await desk.slack_works()
    lost = Unknown(at=desk.now, reason="answer_lost")
    await desk.tried(answering(lost), side="heygen")
    await desk.tried(answering(Unknown(at=desk.now + 60, reason="unconfirmed", ask=True)), side="heygen")
    first = (await kept(desk, job))["video"]
    assert (first.fate, first.tries, first.reads) == (Fate.IN_DOUBT, 1, 1)
    question = await desk.question(job)
    assert question is not None
    await desk.engine.answer(question.id, text="send again", by="U1")
    await desk.tried(answering(Done({"session_id": "s1"})), side="heygen")
    found = await desk.database.read(lambda tx: receipts.receipt(tx, job.id))
    assert found is not None
    assert found.job.state is JobState.GENERATING
    made = calls(found)
    assert [(call.fate, call.tries) for call in made if call.what == "video"] == [(Fate.UNDECIDED, 1), (Fate.DONE, 1)]
    assert times_asked(made) == 2


async def test_a_call_that_was_proven_not_to_have_happened_is_no_doubt(desk: Desk) -> None:
    """It is tried again and then stopped: nothing may be charged."""
    job = await desk.ask()
    await desk.slack_works()
    await desk.tried(answering(AgainAt(desk.now + 60, "rate_limit_exceeded")), side="heygen")
    await desk.engine.stop(job.id, by="U1")
    call = (await kept(desk, job))["video"]
    assert (call.fate, call.tries) == (Fate.NOT_NEEDED, 1)
    assert times_asked([call]) == 0


async def test_an_unknown_job_has_no_receipt(desk: Desk) -> None:
    """And is no error."""
    assert await desk.database.read(lambda tx: receipts.receipt(tx, "none")) is None


async def test_a_call_that_an_earlier_release_began_is_never_told_as_not_sent(desk: Desk) -> None:
    """Sent by 0.1, whose answer was lost, and read back by this one: it used to read as "nothing was sent"."""
    job = await desk.ask()
    await desk.slack_works()
    await desk.tried(answering(Unknown(at=desk.now, reason="answer_lost")), side="heygen")
    key = f"submit:{job.id}:1"
    as_of_old = {"steps": None, "tries": 0, "first_tried_at": None}
    await desk.database.write(lambda tx: effects.change_effect(tx, key, **as_of_old))
    sent_at = (await effect(desk, key)).attempted_at
    desk.now += 5
    await desk.tried(answering(Unknown(at=desk.now + 60, reason="unconfirmed")), side="heygen")
    call = (await kept(desk, job))["video"]
    assert (call.fate, call.tries, call.reads, call.last_at) == (Fate.IN_DOUBT, None, 1, sent_at)
    assert times_asked([call]) == 1
    desk.now += 60
    await desk.tried(answering(AgainAt(desk.now, "not there"), Done({"session_id": "s1"})), side="heygen")
    await desk.tried(answering(Done({"session_id": "s1"})), side="heygen")
    call = (await kept(desk, job))["video"]
    assert (call.fate, call.tries, call.first_at, call.last_at) == (Fate.DONE, None, None, desk.now)


async def test_a_try_that_a_shutdown_kept_from_being_made_leaves_the_count_as_it_was(desk: Desk) -> None:
    """Claimed for the second time and given back: the receipt used to know no longer how often it was sent."""
    job = await desk.ask()
    await desk.slack_works()
    await desk.tried(answering(AgainAt(desk.now + 1, "unreachable")), side="heygen")
    before = await effect(desk, f"submit:{job.id}:1")
    desk.now += 1
    claimed = await desk.heygen("submit")
    await desk.database.write(lambda tx: effects.give_back(tx, "desk", [claimed]))
    assert await effect(desk, f"submit:{job.id}:1") == before
    await desk.tried(answering(Done({"session_id": "s1"})), side="heygen")
    assert (await kept(desk, job))["video"].tries == 2


async def test_a_clock_that_was_set_back_leaves_the_count_as_it_was(desk: Desk) -> None:
    """What waits is told to have been tried earlier by the jump; its receipt used to say "at least"."""
    job = await desk.ask()
    await desk.slack_works()
    await desk.tried(answering(AgainAt(desk.now + 1, "unreachable")), side="heygen")
    await desk.database.write(lambda tx: effects.set_back(tx, 3600.0))
    desk.now -= 3590
    await desk.tried(answering(Done({"session_id": "s1"})), side="heygen")
    assert (await kept(desk, job))["video"].tries == 2
