"""The receipt of a job."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.jobs.outbox import METHODS, STEPS
from handlers.blocks.receipt import receipt
from storage.receipts import Receipt
from storage.records import UNDECIDED, Effect, EffectState, Job, JobState, Question, QuestionState
from tests.slack.limits import check_message
from tests.slack.nouns import WEAPONS, a_job, a_question, a_thread, an_effect, words_of

DONE: dict[str, Any] = {
    "state": JobState.COMPLETED, "title": "Barn", "duration_seconds": 32.0, "result_ts": "2.1", "session_id": "s1",
    "video_id": "v1", "created_at": 10.0, "submitted_at": 61.0, "finished_at": 95.0,
}  # fmt: skip
KINDS = sorted({*METHODS, *STEPS.items(), ("submit", "create"), ("submit", "send"), ("submit", "speak")})


def words(job: Job, *made: Effect, questions: tuple[Question, ...] = (), state: str = "Done") -> str:
    """What the receipt says."""
    kept = Receipt(job=job, thread=a_thread(), questions=questions, effects=made)
    message = receipt(kept, state=state)
    check_message(message)
    return words_of(message.blocks)


def undecided(**changes: Any) -> Effect:
    return an_effect(state=EffectState.DROPPED, reason=UNDECIDED, **changes)


def test_a_plain_receipt_tells_everything() -> None:
    """Who asked and when, what was sent and came back, what was posted, what it cost; times in the reader's zone."""
    edits = an_effect("edit", "edit", steps={"edit": {"tries": 12, "first_at": 50.0, "last_at": 96.0}})
    said = words(
        a_job(**DONE), an_effect(), an_effect("card", "post"), edits, an_effect("upload", "share"),
        an_effect("say", "post"), an_effect("dm", "post", settled_at=99.0), questions=(a_question(),),
    )  # fmt: skip
    at = "<!date^60^{date_short_pretty} {time_secs}|1970-01-01 00:01:00 UTC>"
    assert "*Receipt*  ·  *Video v1* for <@U1>" in said
    assert "A red barn" in said
    assert "Asked <!date^10^" in said
    assert f"• Request for the video: *done* · sent once · {at}" in said
    assert f"• The card of this thread: *done* · posted once · {at}" in said
    assert "• Edits of the card, for all versions: *done* · made 12 times · <!date^50^" in said
    assert f"• Files: *done* · posted once · {at}" in said
    assert "*State*\nDone" in said
    assert "*Length*\n32 s" in said
    assert "*Questions*\n1 asked, 0 answered" in said
    assert "*Session*\n`s1`" in said
    assert "About $1.07 for 32 s, at HeyGen's list price." in said
    assert "HeyGen does not tell what it charged" in said
    assert "twice" not in said


def test_a_receipt_names_no_title_where_there_is_none() -> None:
    """Audio has none; its receipt used to say that it is called Speech."""
    made = a_job(**{**DONE, "kind": "speech", "title": None}, file_id="F1", file_permalink="https://x.test/f")
    assert "*Result*\n<https://x.test/f|open it>" in words(made)
    assert "*Title*\nA film" in words(a_job(**{**DONE, "title": "A film"}))


@pytest.mark.parametrize(
    ("job", "made", "said"),
    [
        (a_job(state=JobState.QUEUED), [], "Likely cost: about $2.00 per finished minute."),
        (a_job(state=JobState.QUEUED), [], "*Sent to HeyGen*\nNothing yet."),
        (a_job(state=JobState.CANCELLED), [], "Nothing was sent to HeyGen, so nothing was charged."),
        (
            a_job(state=JobState.CANCELLED),
            [an_effect(state=EffectState.DROPPED)],
            "HeyGen did not take it, so nothing was charged.",
        ),
        (a_job(state=JobState.CANCELLED), [an_effect()], "It was stopped; HeyGen may have charged it."),
        (
            a_job(state=JobState.CANCELLED),
            [undecided()],
            "Nobody knows whether HeyGen took it: it may have been charged.",
        ),
        (a_job(**DONE), [undecided(), an_effect()], "sent twice, and nobody knows whether HeyGen took all: it may"),
        (
            a_job(**DONE),
            [undecided(), an_effect()],
            "• Request for the video: *1 done*, *1 never settled* · sent twice ·",
        ),
        (a_job(**DONE), [an_effect(), an_effect()], "HeyGen took it twice: it may have been charged twice."),
        (a_job(**DONE), [an_effect(steps={"create": {"tries": 1, "reads": 3}})], "looked for 3 times"),
        (a_job(**DONE), [an_effect(steps=None)], "sent at least once"),
        (a_job(**{**DONE, "kind": "speech"}), [an_effect(step="speak")], "About $0.03 for 32 s"),
        (a_job(**{**DONE, "duration_seconds": None}), [an_effect()], "HeyGen did not tell how long it is."),
        (
            a_job(state=JobState.FAILED, failure_code="rendering_failed"),
            [an_effect()],
            "HeyGen could not finish rendering it.",
        ),
        (a_job(state=JobState.FAILED, failure_code="rendering_failed"), [an_effect()], "It was not charged."),
        (
            a_job(state=JobState.FAILED, failure_code="stuck"),
            [an_effect()],
            "Whether it was charged is not known",
        ),
        (
            a_job(state=JobState.FAILED, failure_code="unauthorized"),
            [an_effect(state=EffectState.REFUSED, reason="unauthorized: no")],
            "*refused* (`unauthorized`)",
        ),
        (a_job(retry_of="j0"), [], "tries `j0` again"),
    ],
)
def test_the_receipt_tells_what_is_known(job: Job, made: list[Effect], said: str) -> None:
    """And what is not: a call in doubt, a length, a price."""
    assert said in words(job, *made)


def test_a_failure_after_a_call_that_was_given_up_in_doubt_is_not_called_free() -> None:
    """Sent again at a person's word and then refused: HeyGen may be making, and charging, the first one."""
    job = a_job(state=JobState.FAILED, failure_code="content_policy_violation")
    said = words(job, undecided(), an_effect(state=EffectState.REFUSED))
    assert "It was not charged." not in said
    assert "it may have been charged" in said


def test_answered_questions_are_counted() -> None:
    """Of those that were asked."""
    answered = a_question(state=QuestionState.ANSWERED)
    assert "2 asked, 1 answered" in words(a_job(), questions=(answered, a_question(id="q2")))


def test_nobodys_words_do_anything() -> None:
    """The prompt is quoted, a code is escaped, and the notification mentions nobody."""
    kept = Receipt(
        job=a_job(prompt=WEAPONS, session_id=WEAPONS), thread=a_thread(), questions=(),
        effects=(an_effect(state=EffectState.REFUSED, reason=WEAPONS),),
    )  # fmt: skip
    message = receipt(kept, state="Failed")
    check_message(message)
    assert "<!channel>" not in message.text


@st.composite
def some_effect(draw: st.DrawFn) -> Effect:
    """Any effect, at any of its steps, with any counts."""
    kind, step = draw(st.sampled_from(KINDS))
    tally = st.fixed_dictionaries(
        {},
        optional={
            "tries": st.integers(1, 10**6), "reads": st.integers(1, 10**6),
            "first_at": st.floats(0, 4e9), "last_at": st.floats(0, 4e9), "read_at": st.floats(0, 4e9),
        },
    )  # fmt: skip
    steps = st.none() | st.dictionaries(st.just(step), tally)
    return an_effect(
        kind, step, state=draw(st.sampled_from(EffectState)), steps=draw(steps),
        reason=draw(st.none() | st.just(UNDECIDED) | st.text(max_size=500)),
        evidence=draw(st.sampled_from([{}, {"ts": None}, {"unchanged": 3}])),
    )  # fmt: skip


@given(
    made=st.lists(some_effect(), max_size=60), asked=st.integers(0, 40), prompt=st.text(max_size=2_000),
    title=st.text(), code=st.none() | st.text(), state=st.sampled_from(JobState),
    kind=st.sampled_from(["agent", "speech"]), length=st.none() | st.floats(0.1, 1e5),
)  # fmt: skip
def test_any_job_makes_a_receipt_that_slack_takes(
    made: list[Effect], asked: int, prompt: str, title: str, code: str | None, state: JobState, kind: str,
    length: float | None,
) -> None:  # fmt: skip
    """Whatever became of it, and whatever people typed and HeyGen answered."""
    job = a_job(
        prompt=prompt, title=title, failure_code=code, failure_message=title, state=state, kind=kind,
        duration_seconds=length, session_id=title, video_id=code, retry_of=code, page_url="https://h.example/" + title,
        submitted_at=length, finished_at=length,
    )  # fmt: skip
    kept = Receipt(job=job, thread=a_thread(), questions=(a_question(),) * asked, effects=tuple(made))
    check_message(receipt(kept, state="Done"))


def test_hundreds_of_calls_are_still_a_few_lines() -> None:
    """Each kind of call has its line, however many there were."""
    steps = {"tries": 10**6, "reads": 10**6, "first_at": 1e9, "last_at": 2e9}
    made = [
        an_effect(kind, step, state=state, reason=UNDECIDED if number else "r" * 500, steps={step: steps})
        for kind, step in KINDS
        for state in EffectState
        for number in range(10)
    ]
    said = words(a_job(prompt="&" * 10_000, session_id="<" * 300, title="&" * 300), *made)
    assert len(made) > 1_000
    assert said.count("•") == 14
