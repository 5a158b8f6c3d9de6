"""After a stop there is one closing line and no message more, whatever was on its way at that moment."""

import pytest

from bot.jobs.engine.observing import REMIND_SECONDS
from bot.jobs.outcomes import AgainAt, Done, Next, Outcome, Refused, Unknown
from bot.jobs.sight import Asks, Sight
from storage import threads
from storage.records import Effect, Hold, JobState
from tests.jobs.desk import Desk

ASKS = Asks(key="q", text="What colour?", review=False)


async def due(desk: Desk, kind: str) -> Effect:
    [tried] = [tried for tried in await desk.due("slack") if tried.kind == kind]
    return tried


async def all_said(desk: Desk) -> list[str]:
    desk.now += 60.0
    return [key for key in await desk.slack_works() if not key.startswith("edit")]


async def test_a_card_that_was_not_posted_before_the_stop_is_not_posted_after_it(desk: Desk) -> None:
    """Slack was busy with the card just then: it used to come all the same, to say that it was stopped."""
    job = await desk.ask()
    await desk.settle(await due(desk, "enter"), Done())
    card = await due(desk, "card")
    await desk.engine.stop(job.id, by="U1")
    await desk.settle(card, AgainAt(desk.now + 2, "busy"))
    assert [] == await all_said(desk)


async def test_the_card_of_a_retry_is_not_posted_after_a_stop(desk: Desk) -> None:
    """It was recorded for the job that failed, so the stop of the second one did not find it."""
    job = await desk.ask()
    await desk.settle(await due(desk, "enter"), Refused("is_archived"))
    again = await desk.engine.retry(job.id, key="trigger:retry", by="U1")
    assert again is not None
    await desk.engine.stop(again.id, by="U1")
    assert [] == [key for key in await all_said(desk) if not key.startswith("dm_instead")]


async def test_a_held_request_that_is_stopped_leaves_nothing_to_do(desk: Desk) -> None:
    """The way into the channel was to be tried for ever, and was tried for nobody once the app was let in."""
    job = await desk.ask()
    await desk.settle(await due(desk, "enter"), Refused("invite"))
    await desk.engine.stop(job.id, by="U1")
    assert (await desk.database.read(lambda tx: threads.thread(tx, job.thread_id))).hold is None
    await desk.engine.invited("T1", "C1")
    assert [] == [key for key in await all_said(desk) if not key.startswith("hold:")]


@pytest.mark.parametrize("outcome", [Done(), Next("join"), Refused("invite")])
async def test_a_way_in_that_is_found_after_the_stop_leads_nowhere(desk: Desk, outcome: Outcome) -> None:
    """Stopped while the channel was looked at: nothing is joined, held, posted or told."""
    job = await desk.ask()
    entering = await due(desk, "enter")
    await desk.engine.stop(job.id, by="U1")
    await desk.settle(entering, outcome)
    assert (await desk.database.read(lambda tx: threads.thread(tx, job.thread_id))).hold is None
    assert [] == await all_said(desk)


@pytest.mark.parametrize("outcome", [Next("post", {"channel": "D1"}), AgainAt(1.0, "busy"), Unknown(1.0, "lost")])
async def test_nobody_is_told_that_a_stopped_request_is_held(desk: Desk, outcome: Outcome) -> None:
    """The DM about the invitation was half sent when the request was stopped."""
    job = await desk.ask()
    await desk.settle(await due(desk, "enter"), Refused(Hold.INVITE.value))
    telling = await due(desk, "dm")
    await desk.engine.stop(job.id, by="U1")
    await desk.settle(telling, outcome)
    assert [] == await all_said(desk)


@pytest.mark.parametrize("outcome", [AgainAt(1.0, "busy"), Refused("is_archived")])
async def test_a_question_on_its_way_is_dropped_by_the_stop(desk: Desk, outcome: Outcome) -> None:
    """It is not said later, and its person is not told by DM that it could not be said."""
    job = await desk.submitted(await desk.ask())
    await desk.see(job, Sight(asks=ASKS))
    desk.now += 5.0
    question = await due(desk, "say")
    await desk.engine.stop(job.id, by="U1")
    await desk.settle(question, outcome)
    assert [f"closing:{job.id}"] == await all_said(desk)


async def test_a_question_of_a_job_that_went_on_is_not_said_late(desk: Desk) -> None:
    """Answered at HeyGen while Slack was busy: the thread is not asked what needs no answer."""
    job = await desk.submitted(await desk.ask())
    await desk.see(job, Sight(asks=ASKS))
    desk.now += 5.0
    question = await due(desk, "say")
    assert JobState.GENERATING is (await desk.see(job, Sight(phase="generating"))).state
    await desk.settle(question, AgainAt(desk.now + 2, "busy"))
    assert [] == await all_said(desk)


async def test_a_storyboard_that_nobody_has_begun_to_show_is_not_shown_after_the_stop(desk: Desk) -> None:
    """Pictures and question wait for their turn in the thread when it is stopped."""
    job = await desk.submitted(await desk.ask(review=True))
    await desk.see(job, Sight(phase="reviewing", asks=Asks(key="q", text="Good?", review=True, resource_ids=("r1",))))
    await desk.engine.stop(job.id, by="U1")
    assert [f"closing:{job.id}"] == await all_said(desk)


async def test_a_reminder_that_nobody_has_begun_to_say_is_not_said_after_the_stop(desk: Desk) -> None:
    """It was due just before."""
    job = await desk.submitted(await desk.ask())
    await desk.see(job, Sight(phase="waiting_for_input", asks=ASKS))
    await all_said(desk)
    desk.now += REMIND_SECONDS
    await desk.engine.run_once()
    await desk.engine.stop(job.id, by="U1")
    assert [f"closing:{job.id}"] == await all_said(desk)
