"""The engine's promises, with time and the outside in the test's hands."""

from dataclasses import replace
from pathlib import Path

import pytest

from bot.jobs.engine.asking import Ask
from bot.jobs.engine.observing import CLOSE_SECONDS, REMIND_SECONDS
from bot.jobs.engine.talking import APPROVAL, SEND_AGAIN
from bot.jobs.outcomes import AgainAt, Done, Refused, Unknown
from bot.jobs.sight import Asks, Broken, Made, Sight
from storage import jobs
from storage.records import Brief, Hold, JobState, QuestionKind
from tests.jobs.desk import WHERE, Desk

MADE = Made(video_id="v1", title="Intro", duration_seconds=30.0, page_url="https://heygen.test/v1")


async def test_the_same_command_twice_is_one_request(desk: Desk) -> None:
    """Slack delivers at least once; the person asked once."""
    wish = Ask(keys=("trigger:x",), where=WHERE, requester_id="U1", kind="agent", brief=Brief(prompt="p"))
    assert await desk.engine.ask(wish) is not None
    assert await desk.engine.ask(wish) is None


async def test_a_way_in_is_looked_for_only_where_the_app_is_not_known_to_be(desk: Desk) -> None:
    """It costs a call and a wait; where a command came from a channel the app is in, the card is posted at once."""
    for number, (where, expected) in enumerate([(WHERE, "enter"), (replace(WHERE, is_entered=True), "card")]):
        await desk.engine.ask(
            Ask(keys=(f"trigger:{number}",), where=where, requester_id="U1", kind="agent", brief=Brief(prompt="p"))
        )
        [first] = await desk.due("slack")
        assert expected == first.kind


async def test_nothing_is_sent_to_heygen_before_the_card_is_there(desk: Desk) -> None:
    """A card in a place the app cannot reach would be a dead end; so it comes first."""
    job = await desk.ask()
    assert [] == await desk.due("heygen")
    await desk.slack_works()
    assert "submit" == (await desk.heygen("submit")).kind
    assert JobState.SUBMITTING is (await desk.job(job)).state


async def test_a_finished_video_is_uploaded_then_announced_then_told(desk: Desk) -> None:
    """The file, the words, the DM: in this order."""
    job = await desk.submitted(await desk.ask())
    job = await desk.see(job, Sight(made=MADE))
    assert JobState.COMPLETED is job.state
    keys = [key for key in await desk.slack_works() if not key.startswith("edit")]
    assert [f"upload:{job.id}", f"result:{job.id}", f"dm:{job.id}"] == keys


async def test_a_burst_of_replies_is_one_revision(desk: Desk) -> None:
    """Three quick messages are one wish, and v2 of the same session."""
    first = await desk.submitted(await desk.ask())
    await desk.see(first, Sight(made=MADE))
    for text in ("shorter", "and louder", "and in blue"):
        await desk.say(first, text)
    await desk.quiet()
    second = (await desk.jobs(first))[-1]
    assert ("shorter\nand louder\nand in blue", 2) == (second.brief.prompt, second.version)
    assert "look" == (await desk.heygen("submit")).step, "a follow-up in the same session"


async def test_a_revision_never_takes_the_old_video(desk: Desk) -> None:
    """The session shows v1's video until v2 renders; v2 knows that it is not its own."""
    first = await desk.submitted(await desk.ask())
    await desk.see(first, Sight(made=MADE))
    await desk.say(first, "shorter")
    await desk.quiet()
    assert ("v1",) == (await desk.jobs(first))[-1].seen_video_ids


async def test_replies_during_a_render_wait_and_are_marked(desk: Desk) -> None:
    """Words said too early are kept for the next version, and people see that."""
    job = await desk.submitted(await desk.ask())
    await desk.say(job, "make it blue")
    await desk.quiet()
    assert 1 == len(await desk.jobs(job))
    assert any(key.startswith("react:") for key in await desk.slack_works())
    await desk.see(job, Sight(made=MADE))
    await desk.quiet()
    assert "make it blue" == (await desk.jobs(job))[-1].brief.prompt


async def test_a_question_is_asked_once_and_answered_once(desk: Desk) -> None:
    """Two clicks have two trigger ids, but a question has one answer."""
    job = await desk.submitted(await desk.ask())
    asks = Asks(key="q", text="Which one?\n- Office\n- Beach", review=False)
    job = await desk.see(job, Sight(phase="waiting_for_input", asks=asks))
    await desk.see(job, Sight(phase="waiting_for_input", asks=asks))
    question = await desk.question(job)
    assert question is not None
    assert 1 == len([e for e in await desk.recorded(job, "say") if e.payload["what"] == "question"])
    await desk.engine.answer(question.id, text="Beach", by="U1")
    late = await desk.engine.answer(question.id, text="Office", by="U2")
    assert late is not None
    assert ("Beach", "U1") == (late.answer, late.answered_by)
    assert ["Beach"] == [e.payload["text"] for e in await desk.recorded(job, "message")]


async def test_a_reply_answers_the_open_question(desk: Desk) -> None:
    """Free text is always an answer."""
    job = await desk.submitted(await desk.ask())
    await desk.see(job, Sight(asks=Asks(key="q", text="What colour?", review=False)))
    await desk.slack_works()
    await desk.say(job, "Deep blue")
    await desk.quiet()
    assert JobState.GENERATING is (await desk.job(job)).state
    assert ["Deep blue"] == [e.payload["text"] for e in await desk.recorded(job, "message")]


async def test_waiting_for_a_person_holds_no_place(tmp_path: Path) -> None:
    """While one job waits for an answer, the next one goes to HeyGen."""
    desk = await Desk.open(tmp_path, concurrency=1)
    first = await desk.submitted(await desk.ask())
    second = await desk.ask(by="U2")
    await desk.slack_works()
    assert JobState.QUEUED is (await desk.job(second)).state
    await desk.see(first, Sight(asks=Asks(key="q", text="What colour?", review=False)))
    assert JobState.SUBMITTING is (await desk.job(second)).state
    await desk.database.close()


async def test_the_queue_is_fair_between_people(tmp_path: Path) -> None:
    """One person's many requests do not make another wait for all of them."""
    desk = await Desk.open(tmp_path, concurrency=2)
    for _ in range(4):
        await desk.ask(by="U1")
    other = await desk.ask(by="U2")
    await desk.slack_works()
    first = (await desk.due("heygen"))[0]
    await desk.settle(first, Done({"session_id": "s1"}))
    done = await desk.database.read(lambda tx: jobs.job(tx, first.job_id or ""))
    assert done is not None
    await desk.see(done, Sight(made=MADE))
    assert JobState.SUBMITTING is (await desk.job(other)).state
    await desk.database.close()


async def test_a_storyboard_nobody_asked_for_is_approved_once(desk: Desk) -> None:
    """Without --review the app approves by itself; if HeyGen insists, a person is asked."""
    job = await desk.submitted(await desk.ask())
    await desk.see(job, Sight(phase="reviewing", asks=Asks(key="a", text="Here it is", review=True)))
    assert 1 == len(await desk.recorded(job, "message"))
    assert await desk.question(job) is None
    await desk.see(job, Sight(phase="reviewing", asks=Asks(key="b", text="Once more", review=True)))
    question = await desk.question(job)
    assert question is not None
    assert QuestionKind.REVIEW is question.kind


async def test_a_storyboard_that_was_asked_for_waits_for_approval(desk: Desk) -> None:
    """With --review its images are uploaded and a person decides."""
    job = await desk.submitted(await desk.ask(review=True))
    await desk.see(job, Sight(asks=Asks(key="a", text="Here it is", review=True, resource_ids=("r1", "r2"))))
    keys = await desk.slack_works()
    assert keys.index(next(k for k in keys if k.startswith("storyboard:"))) < keys.index(
        next(k for k in keys if k.startswith("question:"))
    )
    question = await desk.question(job)
    assert question is not None
    await desk.engine.answer(question.id, text=APPROVAL, by="U1")
    assert [APPROVAL] == [e.payload["text"] for e in await desk.recorded(job, "message")]


async def test_a_create_whose_answer_was_lost_is_asked_about_not_repeated(desk: Desk) -> None:
    """Nobody is charged twice by a retry of ours: in doubt the person decides."""
    job = await desk.ask()
    await desk.slack_works()
    tried = await desk.heygen("submit")
    await desk.settle(tried, Unknown(at=desk.now + 10, reason="timeout"))
    assert JobState.UNCONFIRMED is (await desk.job(job)).state
    desk.now += 10
    await desk.settle(await desk.heygen("submit"), Unknown(at=desk.now + 300, reason="unconfirmed", ask=True))
    question = await desk.question(job)
    assert question is not None
    assert QuestionKind.UNCONFIRMED is question.kind
    assert 1 == len(await desk.recorded(job, "submit"))
    await desk.engine.answer(question.id, text=SEND_AGAIN, by="U1")
    assert JobState.SUBMITTING is (await desk.job(job)).state
    assert f"submit:{job.id}:2" == (await desk.heygen("submit")).key


async def test_a_lost_create_that_is_found_goes_on(desk: Desk) -> None:
    """Reading back found the session: the job goes on as if nothing had happened."""
    job = await desk.ask()
    await desk.slack_works()
    await desk.settle(await desk.heygen("submit"), Unknown(at=desk.now + 10, reason="timeout"))
    desk.now += 10
    await desk.settle(await desk.heygen("submit"), Done({"session_id": "s1"}))
    job = await desk.job(job)
    assert (JobState.GENERATING, "s1") == (job.state, job.session_id)


async def test_after_stop_there_is_one_closing_line_and_no_message_more(desk: Desk) -> None:
    """A stopped job's question, result and DM never come."""
    job = await desk.submitted(await desk.ask())
    await desk.see(job, Sight(asks=Asks(key="q", text="What colour?", review=False)))
    assert await desk.engine.stop(job.id, by="U1")
    assert not await desk.engine.stop(job.id, by="U1")
    keys = [key for key in await desk.slack_works() if not key.startswith("edit")]
    assert [f"closing:{job.id}"] == keys
    await desk.see(job, Sight(made=MADE))
    assert [] == [key for key in await desk.slack_works() if not key.startswith("edit")]
    assert "v1" == (await desk.job(job)).video_id, "the card offers the video that came anyway"


async def test_a_stop_before_the_submit_spends_nothing(desk: Desk) -> None:
    """A call that has not been made is not made."""
    job = await desk.ask()
    await desk.slack_works()
    await desk.engine.stop(job.id, by="U1")
    assert [] == await desk.due("heygen")


async def test_a_stop_during_the_submit_reaches_the_session(desk: Desk) -> None:
    """The session that came out of a call under way is stopped at once."""
    job = await desk.ask()
    await desk.slack_works()
    tried = await desk.heygen("submit")
    await desk.engine.stop(job.id, by="U1")
    await desk.settle(tried, Done({"session_id": "s1"}))
    assert "stop" == (await desk.heygen("stop")).kind


async def test_a_failure_says_why_and_frees_its_place(tmp_path: Path) -> None:
    """The reason is kept for the words, and the next job starts."""
    desk = await Desk.open(tmp_path, concurrency=1)
    first = await desk.submitted(await desk.ask())
    second = await desk.ask()
    await desk.slack_works()
    first = await desk.see(first, Sight(broken=Broken(code="rendering_failed", message="Avatar timed out")))
    assert (JobState.FAILED, "rendering_failed") == (first.state, first.failure_code)
    assert f"failure:{first.id}" in await desk.slack_works()
    assert JobState.SUBMITTING is (await desk.job(second)).state
    await desk.database.close()


async def test_retry_is_once_however_often_it_is_clicked(desk: Desk) -> None:
    """One failed job has one retry."""
    job = await desk.submitted(await desk.ask())
    job = await desk.see(job, Sight(broken=Broken(code="rendering_failed", message="")))
    again = await desk.engine.retry(job.id, key="trigger:1r", by="U1")
    assert again is not None
    assert await desk.engine.retry(job.id, key="trigger:2r", by="U1") is None
    await desk.engine.stop(again.id, by="U1")
    assert await desk.engine.retry(job.id, key="trigger:3r", by="U1") is None, "nor when that one has ended"
    assert 2 == len(await desk.jobs(job))


async def test_a_lost_session_is_started_again_from_the_last_brief(desk: Desk) -> None:
    """Start again carries the first prompt and the changes since into a new session."""
    first = await desk.submitted(await desk.ask("A cat"))
    await desk.see(first, Sight(made=MADE))
    await desk.say(first, "make it a dog")
    await desk.quiet()
    second = (await desk.jobs(first))[-1]
    await desk.settle(await desk.heygen("submit"), Refused("session_lost"))
    assert "session_lost" == (await desk.job(second)).failure_code
    again = await desk.engine.retry(second.id, key="trigger:again", by="U1")
    assert again is not None
    assert "A cat\n\nWith these changes:\n- make it a dog" == again.brief.prompt
    await desk.slack_works()
    assert "create" == (await desk.heygen("submit")).step


async def test_a_session_must_be_missing_three_times(desk: Desk) -> None:
    """One 404 may be a hiccup."""
    job = await desk.submitted(await desk.ask())
    for _ in range(2):
        job = await desk.see(job, Sight(gone=True))
        assert JobState.GENERATING is job.state
    assert JobState.FAILED is (await desk.see(job, Sight(gone=True))).state


async def test_an_unanswered_question_is_reminded_of_once_and_closed_after_a_week(desk: Desk) -> None:
    """A day, a week; then the job ends, and a reply opens it again."""
    job = await desk.submitted(await desk.ask())
    await desk.see(job, Sight(asks=Asks(key="q", text="What colour?", review=False)))
    await desk.slack_works()
    desk.now += REMIND_SECONDS + 1
    await desk.engine.run_once()
    await desk.engine.run_once()
    reminders = [key for key in await desk.slack_works() if key.startswith("reminder:")]
    assert 1 == len(reminders)
    desk.now += CLOSE_SECONDS
    await desk.engine.run_once()
    assert "unanswered" == (await desk.job(job)).failure_code
    await desk.say(job, "Blue, sorry for the delay")
    await desk.quiet()
    reopened = (await desk.jobs(job))[-1]
    assert (JobState.SUBMITTING, 1) == (reopened.state, reopened.version)


async def test_account_trouble_pauses_the_queue_tells_admins_once_and_resumes(desk: Desk) -> None:
    """Out of credit is one message to the admins, not one for each job."""
    job = await desk.ask()
    await desk.slack_works()
    trouble = "insufficient_credit"
    await desk.settle(await desk.heygen("submit"), AgainAt(desk.now + 60, "insufficient_credit", paused=trouble))
    other = await desk.ask(by="U2")
    told = [key for key in await desk.slack_works() if key.startswith("pause:")]
    assert 1 == len(told)
    assert JobState.QUEUED is (await desk.job(other)).state
    desk.now += 60
    await desk.settle(await desk.heygen("submit"), Done({"session_id": "s1"}))
    assert JobState.GENERATING is (await desk.job(job)).state
    assert JobState.SUBMITTING is (await desk.job(other)).state


async def test_looks_that_work_do_not_end_a_pause_for_want_of_credit(desk: Desk) -> None:
    """Looking costs nothing: the pause used to end at the next look, the cards lied, and the admins were told again."""
    running = await desk.submitted(await desk.ask())
    trouble = "insufficient_credit"
    refused = await desk.ask(by="U2")
    await desk.slack_works()
    await desk.settle(await desk.heygen("submit"), AgainAt(desk.now + 60, "insufficient_credit", paused=trouble))
    assert {f"edit:{refused.thread_id}"} <= set(await desk.slack_works()), (
        "the card of the refused one says why it waits"
    )
    await desk.see(running, Sight(phase="generating"))
    account = await desk.database.read(jobs.account)
    assert ("insufficient_credit", True) == (account.pause_code, account.paused_until is not None)
    desk.now += 60
    await desk.engine.run_once()
    await desk.settle(await desk.heygen("submit"), AgainAt(desk.now + 60, "insufficient_credit", paused=trouble))
    assert [] == [key for key in await desk.slack_works() if key.startswith("pause:")]


async def test_a_pause_seen_by_a_look_ends_by_itself(desk: Desk) -> None:
    """When only looks met the trouble, the queue still tries again after a while, without a second message."""
    running = await desk.submitted(await desk.ask())
    trouble = "unauthorized"
    await desk.engine.look_refused(running, trouble)
    queued = await desk.ask(by="U2")
    assert 1 == len([key for key in await desk.slack_works() if key.startswith("pause:")])
    assert JobState.QUEUED is (await desk.job(queued)).state
    desk.now += 61
    await desk.engine.run_once()
    assert JobState.SUBMITTING is (await desk.job(queued)).state


async def test_a_nudge_during_a_look_is_not_lost(desk: Desk) -> None:
    """A webhook that arrives while HeyGen is being asked causes one more look."""
    job = await desk.submitted(await desk.ask())
    desk.now += 60
    [looked] = await desk.database.write(lambda tx: jobs.claim_looks(tx, "me", desk.now, 10))
    await desk.engine.nudged("webhook:1", session_id="s1")
    await desk.engine.observed(looked, Sight(phase="generating"))
    assert [job.id] == [again.id for again in await desk.database.write(
        lambda tx: jobs.claim_looks(tx, "me", desk.now, 10))]  # fmt: skip


async def test_the_same_webhook_twice_is_one_look(desk: Desk) -> None:
    """A repeated delivery changes nothing."""
    await desk.submitted(await desk.ask())
    assert await desk.engine.nudged("webhook:1", session_id="s1")
    assert not await desk.engine.nudged("webhook:1", session_id="s1")


async def test_a_deleted_channel_reaches_the_requester_by_dm(desk: Desk) -> None:
    """Where no card can be posted, the person still learns what to do."""
    job = await desk.ask()
    [tried] = await desk.due("slack")
    await desk.settle(tried, Refused("is_archived"))
    assert "slack:is_archived" == (await desk.job(job)).failure_code
    assert [f"dm_instead:{job.id}"] == await desk.slack_works()


async def test_a_private_channel_keeps_the_request_until_the_invitation(desk: Desk) -> None:
    """Held, told, and going on by itself once invited."""
    job = await desk.ask()
    [tried] = await desk.due("slack")
    await desk.settle(tried, Refused("invite"))
    assert not [key for key in await desk.slack_works() if key.startswith("card:")]
    await desk.engine.invited("T1", "C1")
    assert f"card:{job.thread_id}" in await desk.slack_works()


async def test_an_invitation_that_comes_while_the_channel_is_looked_at_is_not_missed(desk: Desk) -> None:
    """Slack had said "not a member" by then: the request was kept for an invitation that nobody could give again."""
    job = await desk.ask()
    [tried] = await desk.due("slack")
    desk.now += 0.2
    await desk.engine.invited("T1", "C1")
    await desk.settle(tried, Refused("invite"))
    assert f"card:{job.thread_id}" in await desk.slack_works()


async def test_an_invitation_that_comes_while_a_command_is_answered_is_not_missed(desk: Desk) -> None:
    """The same where the command itself has looked, before anything was kept."""
    await desk.engine.invited("T1", "C1")
    wish = Ask(
        keys=("trigger:held",), where=WHERE, requester_id="U1", kind="agent", brief=Brief(prompt="p"), hold=Hold.INVITE
    )
    job = await desk.engine.ask(wish)
    assert job is not None
    assert f"card:{job.thread_id}" in await desk.slack_works()


async def test_what_is_held_too_long_ends_with_a_word(desk: Desk) -> None:
    """A request kept for an invitation that never comes is not dropped in silence."""
    job = await desk.ask()
    [tried] = await desk.due("slack")
    await desk.settle(tried, Refused("invite"))
    await desk.slack_works()
    desk.now += 8 * 24 * 3600
    await desk.engine.tidy()
    assert "not_let_in" == (await desk.job(job)).failure_code
    assert [f"dm_instead:{job.id}"] == await desk.slack_works()


async def test_what_is_held_again_after_a_retry_is_said_again(desk: Desk) -> None:
    """The second time it used to be kept in silence."""
    job = await desk.ask()
    [tried] = await desk.due("slack")
    await desk.settle(tried, Refused("invite"))
    assert [f"hold:{job.id}"] == await desk.slack_works()
    desk.now += 8 * 24 * 3600
    await desk.engine.tidy()
    await desk.slack_works()
    again = await desk.engine.retry(job.id, key="trigger:retry", by="U1")
    assert again is not None
    [tried] = await desk.due("slack")
    await desk.settle(tried, Refused("invite"))
    assert [f"hold:{again.id}"] == await desk.slack_works()


async def test_a_create_found_after_all_is_not_sent_again(desk: Desk) -> None:
    """A person had it sent again, and then the first one came after all: the second is never made."""
    job = await desk.ask()
    await desk.slack_works()
    await desk.settle(await desk.heygen("submit"), Unknown(at=desk.now, reason="timeout", ask=True))
    reading = await desk.heygen("submit")
    question = await desk.question(job)
    assert question is not None
    await desk.engine.answer(question.id, text=SEND_AGAIN, by="U1")
    assert [] == await desk.due("heygen"), "it waits for what the reading under way will show"
    await desk.settle(reading, Done({"session_id": "s1"}))
    assert [] == await desk.due("heygen")
    assert (JobState.GENERATING, "s1") == ((await desk.job(job)).state, (await desk.job(job)).session_id)


async def test_a_session_found_after_its_job_failed_is_stopped(desk: Desk) -> None:
    """Nothing is made, and charged, that nobody waits for."""
    job = await desk.ask()
    await desk.slack_works()
    await desk.settle(await desk.heygen("submit"), Unknown(at=desk.now, reason="timeout", ask=True))
    reading = await desk.heygen("submit")
    desk.now += CLOSE_SECONDS + 1
    await desk.engine.run_once()
    assert "unanswered" == (await desk.job(job)).failure_code
    await desk.settle(reading, Done({"session_id": "s1"}))
    assert "stop" == (await desk.heygen("stop")).kind


async def test_another_jobs_video_is_never_taken(desk: Desk) -> None:
    """One video is one job's, whatever a session shows; the look does no harm."""
    first = await desk.submitted(await desk.ask())
    await desk.see(first, Sight(made=MADE))
    second = await desk.submitted(await desk.ask(), session_id="s2")
    second = await desk.see(second, Sight(phase="generating", made=MADE, video_id="v1"))
    assert (JobState.GENERATING, None) == (second.state, second.video_id)


@pytest.mark.slow
async def test_every_card_has_its_turn_when_there_are_more_edits_than_slack_takes(desk: Desk) -> None:
    """The oldest cards used to be edited again and again, the newest never: *Queued* stood above a finished video."""
    asked = [await desk.ask(by=f"U{number}") for number in range(40)]
    await desk.slack_works()
    edited = set()
    for _ in range(8):
        for job in asked:
            await desk.say(job, "and one thing more")
        for tried in await desk.due("slack"):
            edited.update([tried.thread_id] if tried.kind == "edit" else [])
            await desk.settle(tried, Done({}))
        desk.now += 10.0
    assert {job.thread_id for job in asked} == edited
