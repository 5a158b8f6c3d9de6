"""Long times, old questions and wrong clocks: days pass in seconds here, for time is handed in."""

import time
from collections import Counter

import pytest
from sqlalchemy import update

from bot.jobs.clock import JUMP_SECONDS, ClockWatch
from bot.jobs.engine import ARRIVALS_KEPT_SECONDS
from bot.jobs.engine.asking import Ask, Where
from bot.jobs.engine.holding import HELD_SECONDS
from bot.jobs.engine.observing import CLOSE_SECONDS, REMIND_SECONDS
from bot.jobs.engine.pausing import TOLD_EVERY_SECONDS
from bot.jobs.engine.talking import Said
from bot.jobs.outcomes import AgainAt, Done, Refused, Unknown
from bot.jobs.schedule import WATCH_SECONDS
from bot.jobs.sight import Asks, Made, Sight
from handlers.blocks import questions, results
from handlers.blocks.cards import card
from storage import effects, jobs, tables, threads
from storage.records import Brief, Hold, Job, JobState, Question, QuestionState
from tests.jobs.desk import WHERE, Desk
from tests.slack.nouns import words_of

HOUR, DAY, YEAR = 3600.0, 24 * 3600.0, 365 * 24 * 3600.0
JUMPS = [HOUR, -HOUR, DAY, -DAY, YEAR, -YEAR]
BERLIN_SPRING = 1_774_745_400.0  # ten minutes before the clocks of 2026-03-29 are put forward
BERLIN_AUTUMN = 1_792_889_400.0  # and before those of 2026-10-25 are put back
LAST_OF_32_BITS = 2.0**31
ASKS = Asks(key="q", text="Which one?\n- Office\n- Beach", review=False)
RENDERING = Sight(phase="generating", video_id="v1", progress=40)


def made(video_id: str = "v1") -> Sight:
    return Sight(made=Made(video_id=video_id, title="Intro", duration_seconds=30.0, page_url=None))


def watch(desk: Desk, began: float) -> ClockWatch:
    """A clock beside a steady one that stands at `began`; what the desk's clock does since is a jump."""
    return ClockWatch(desk.engine, clock=lambda: desk.now, steady=lambda: began)


async def set_clock(desk: Desk, seconds: float) -> None:
    """Somebody sets the clock, and it is noticed."""
    noticing = watch(desk, desk.now)
    desk.now += seconds
    desk.wrong_by += seconds
    await noticing.run_once()


async def card_words(desk: Desk, job: Job) -> str:
    """What the card of the job's thread shows now."""
    every = await desk.jobs(job)
    thread = await desk.database.read(lambda tx: threads.thread(tx, job.thread_id))
    return words_of(card(thread=thread, jobs=every, now=desk.now).blocks)


async def looked_hourly(desk: Desk, job: Job, hours: float) -> None:
    """Hours pass, and each look shows that HeyGen is still at it."""
    until = desk.now + hours * HOUR
    while desk.now < until:
        desk.now = min(desk.now + HOUR, until)
        await desk.see(job, RENDERING)


# Long renders


@pytest.mark.slow
async def test_a_render_of_two_days_is_watched_to_its_end(desk: Desk) -> None:
    """HeyGen's slowest: the card stays true without a flood of edits, and the video comes."""
    job = await desk.submitted(await desk.ask())
    until, looks, edits = desk.now + 48 * HOUR, 0, 0
    while (due := await desk.database.read(jobs.next_look) or until) < until:
        desk.now = due
        await desk.see(job, RENDERING)
        for tried in await desk.due("slack"):
            await desk.settle(tried, Done({"ts": "1.1"}))
            edits += tried.kind == "edit"
        looks += 1
    desk.now = until
    assert (looks, edits) <= (48 * 15, 48 * 15), "one in four minutes at most"
    assert "Rendering" in (words := await card_words(desk, job))
    assert "2 days" in words
    assert "longer than usual" in words
    assert JobState.COMPLETED is (await desk.see(job, made())).state
    assert f"result:{job.id}" in await desk.slack_works()


async def test_after_49_hours_a_job_is_given_up_with_words(desk: Desk) -> None:
    """It is said why, and what to do; nothing is watched for ever."""
    job = await desk.submitted(await desk.ask())
    await desk.slack_works()
    await looked_hourly(desk, job, WATCH_SECONDS / HOUR - 1)
    assert JobState.GENERATING is (await desk.job(job)).state, "not an hour too soon"
    await looked_hourly(desk, job, 1.0)
    job = await desk.job(job)
    assert (JobState.FAILED, "stuck", None) == (job.state, job.failure_code, job.look_at)
    assert f"failure:{job.id}" in await desk.slack_works()
    assert "not finished this for so long" in words_of(results.failure(job).blocks)


# Old questions


async def asked(desk: Desk) -> tuple[Job, Question]:
    """A question of HeyGen's in its thread."""
    job = await desk.submitted(await desk.ask())
    job = await desk.see(job, Sight(phase="waiting_for_input", asks=ASKS))
    await desk.slack_works()
    question = await desk.question(job)
    assert question is not None
    return job, question


async def pass_days(desk: Desk, days: int) -> list[str]:
    """Days go by, hour by hour; what was said in them."""
    said = []
    for _ in range(days * 24):
        desk.now += HOUR
        await desk.engine.run_once()
        await desk.engine.tidy()
        said += [key for key in await desk.slack_works() if not key.startswith("edit")]
    return said


@pytest.mark.parametrize("by_click", [True, False])
async def test_a_question_is_answered_on_the_sixth_day(desk: Desk, by_click: bool) -> None:
    """By its button or by words; one reminder came meanwhile, and says when it closes."""
    job, question = await asked(desk)
    assert [f"reminder:{question.id}"] == await pass_days(desk, 6)
    if by_click:
        await desk.engine.answer(question.id, text="Beach", by="U1")
    else:
        await desk.say(job, "Beach")
        await desk.quiet()
    assert JobState.GENERATING is (await desk.job(job)).state
    assert ["Beach"] == [tried.payload["text"] for tried in await desk.recorded(job, "message")]


async def test_a_reminder_says_how_long_the_question_stays_open(desk: Desk) -> None:
    """A day after it was asked six are left."""
    _, question = await asked(desk)
    said = questions.reminder(question, requester_id="U1", now=desk.now + REMIND_SECONDS)
    assert "I close it in 6 days." in words_of(said.blocks)


async def test_a_click_on_the_eighth_day_is_answered_with_words(desk: Desk) -> None:
    """The question was closed on the seventh, its message says so, and the job its reason; nothing is sent."""
    job, question = await asked(desk)
    said = await pass_days(desk, 8)
    assert Counter([f"reminder:{question.id}", f"failure:{job.id}"]) == Counter(said)
    closed = await desk.engine.answer(question.id, text="Beach", by="U1")
    assert closed is not None
    assert (QuestionState.CLOSED, None) == (closed.state, closed.answered_by)
    assert "Closed without an answer here." in words_of(questions.question(closed, requester_id="U1").blocks)
    assert "Nobody answered the question" in words_of(results.failure(await desk.job(job)).blocks)
    assert [] == await desk.recorded(job, "message")


async def test_a_reply_on_the_eighth_day_takes_it_up_again(desk: Desk) -> None:
    """Closed is not lost."""
    job, _ = await asked(desk)
    await pass_days(desk, 8)
    await desk.say(job, "Beach")
    await desk.quiet()
    assert [JobState.FAILED, JobState.SUBMITTING] == [each.state for each in await desk.jobs(job)]


@pytest.mark.slow
@pytest.mark.parametrize("others_heard", [False, True])
async def test_replicas_that_see_one_jump_act_once(postgres_url: str, others_heard: bool) -> None:
    """Two of them notice the same sleep; where a third was awake, not even one has anything to make up for."""
    desk = await Desk.open_at(postgres_url)
    _, question = await asked(desk)
    due = question.close_at or 0.0
    noticing = [watch(desk, desk.now) for _ in range(2)]
    desk.now += 3 * DAY
    if others_heard:
        await desk.database.write(lambda tx: tx.execute(update(tables.hearing).values(heard_until=desk.now - 5.0)))
    for one in noticing:
        await one.run_once()
        desk.now += 50.0  # into the next minute
    found = await desk.database.read(lambda tx: threads.question(tx, question.id))
    assert found is not None
    assert (due + (0.0 if others_heard else 3 * DAY)) == pytest.approx(found.close_at)
    await desk.database.close()


async def test_a_question_stays_open_for_the_days_in_which_nobody_could_be_heard(desk: Desk) -> None:
    """The machine slept for ten days: the week used to be over before the first reply could come."""
    job, question = await asked(desk)
    await set_clock(desk, 10 * DAY)
    assert [f"reminder:{question.id}"] == await pass_days(desk, 6)
    assert JobState.WAITING_FOR_INPUT is (await desk.job(job)).state
    assert f"failure:{job.id}" in await pass_days(desk, 2)


# Clocks that are set


class Journey:
    """A video with a question, a lost answer and a second version; the clock jumps before one of its phases."""

    def __init__(self, desk: Desk, number: int, *, jump_at: int | None = None, seconds: float = 0.0) -> None:
        self.desk, self.seconds = desk, seconds
        self.session, self.videos = f"s{number}", (f"first{number}", f"second{number}")
        self.phases_left = jump_at
        self.said: list[str] = []

    async def next_phase(self, pause: float = 1.0) -> None:
        """Slack does what is due, unless the clock is set just now."""
        if self.phases_left == 0:
            await set_clock(self.desk, self.seconds)
        if self.phases_left is not None:
            self.phases_left -= 1
        self.desk.now += pause

    async def slack_works(self) -> None:
        keys = await self.desk.slack_works()
        self.said += [key.split(":")[0] for key in keys if not key.startswith(("edit", "enter"))]
        await self.next_phase()

    async def run(self) -> list[str]:
        """What was said, in order."""
        desk = self.desk
        await self.next_phase()
        job = await desk.ask()
        await self.next_phase()
        await self.slack_works()
        await desk.settle(await desk.heygen("submit"), Unknown(at=desk.now + 5, reason="lost"))
        await self.next_phase(5.0)
        await desk.settle(await desk.heygen("submit"), Done({"session_id": self.session}))
        await self.next_phase()
        await desk.see(job, Sight(phase="waiting_for_input", asks=ASKS))
        await self.next_phase()
        await self.slack_works()
        await desk.say(job, "Beach")
        await self.next_phase(5.0)
        await desk.engine.run_once()
        await desk.settle(await desk.heygen("message"), Done())
        await self.next_phase()
        await desk.see(job, made(self.videos[0]))
        await self.slack_works()
        await desk.say(job, "shorter")
        await self.next_phase(5.0)
        await desk.engine.run_once()
        await self._second_version(job)
        return self.said

    async def _second_version(self, job: Job) -> None:
        desk = self.desk
        await desk.settle(await desk.heygen("submit"), Done({"session_id": self.session}))
        await self.next_phase()
        await desk.see((await desk.jobs(job))[-1], made(self.videos[1]))
        await self.slack_works()
        versions = [(each.video_id, each.state) for each in await desk.jobs(job)]
        assert [(video, JobState.COMPLETED) for video in self.videos] == versions


SAID = ["card", "question", "upload", "result", "dm", "upload", "result", "dm"]
PHASES = 13


@pytest.mark.slow
@pytest.mark.parametrize("seconds", JUMPS)
async def test_a_jump_of_the_clock_changes_nothing_that_is_said(desk: Desk, seconds: float) -> None:
    """An hour, a day or a year, forward or back, in any phase: two videos, each message once, in the same order."""
    for number in range(PHASES):
        journey = Journey(desk, number, jump_at=number, seconds=seconds)
        assert SAID == await journey.run(), number
        assert journey.phases_left is not None
        assert journey.phases_left < 0, "there are fewer phases than that"


async def test_a_clock_put_right_by_a_year_gives_no_render_up(desk: Desk) -> None:
    """A machine that started in the past: HeyGen was only just asked, whatever the clock says now."""
    job = await desk.submitted(await desk.ask())
    await set_clock(desk, YEAR)
    assert JobState.GENERATING is (await desk.see(job, RENDERING)).state
    await looked_hourly(desk, job, WATCH_SECONDS / HOUR)
    assert JobState.FAILED is (await desk.job(job)).state, "and yet it ends"


async def test_a_clock_set_back_a_year_ends_the_watch_in_time_all_the_same(desk: Desk) -> None:
    """A job that HeyGen never finishes used to be watched for a year and two days."""
    job = await desk.submitted(await desk.ask())
    await set_clock(desk, -YEAR)
    await looked_hourly(desk, job, WATCH_SECONDS / HOUR + 1)
    assert "stuck" == (await desk.job(job)).failure_code


async def test_a_stopped_job_is_not_watched_for_a_year_after_a_clock_was_set_back(desk: Desk) -> None:
    """Two hours more, as ever."""
    job = await desk.submitted(await desk.ask())
    await desk.engine.stop(job.id, by="U1")
    await desk.slack_works()
    await desk.settle(await desk.heygen("stop"), Done())
    await set_clock(desk, -YEAR)
    await looked_hourly(desk, job, 1.0)
    assert (await desk.job(job)).look_at is not None
    await looked_hourly(desk, job, 1.0)
    assert (await desk.job(job)).look_at is None


async def test_the_newest_version_stays_the_newest_when_the_clock_is_set_back(desk: Desk) -> None:
    """Jobs of a thread are told apart by when they were asked for: the card went back to v1."""
    first = await desk.submitted(await desk.ask())
    await desk.see(first, made())
    await desk.slack_works()
    await set_clock(desk, -DAY)
    await desk.say(first, "shorter")
    await desk.quiet()
    assert [1, 2] == [job.version for job in await desk.jobs(first)]
    assert "Video v2" in await card_words(desk, first)


async def test_words_from_a_form_answer_the_question_also_after_the_clock_was_set_back(desk: Desk) -> None:
    """They have no time of Slack's, and by ours they seemed older than the question: kept for a next version."""
    job, question = await asked(desk)
    await desk.database.write(lambda tx: threads.change_question(tx, question.id, message_ts=None))
    await set_clock(desk, -HOUR)
    desk.now += 60.0
    await desk.engine.hear(Said(keys=("view:1",), thread_id=job.thread_id, user_id="U1", ts=None, text="Beach"))
    await desk.quiet()
    assert ["Beach"] == [tried.payload["text"] for tried in await desk.recorded(job, "message")]


async def test_a_post_in_doubt_is_looked_for_at_the_right_time_after_the_clock_was_set_back(desk: Desk) -> None:
    """Slack's times are right: who looked an hour later than the post was made found nothing, and posted again."""
    job = await desk.ask()
    for tried in await desk.due("slack"):
        await desk.settle(tried, Done())
    [posted] = await desk.due("slack")
    await desk.settle(posted, Unknown(at=desk.now + 3, reason="lost"))
    await set_clock(desk, -HOUR)
    desk.now += 10.0
    [reading] = [tried for tried in await desk.due("slack") if tried.kind == "card"]
    assert reading.attempted_at == desk.now - 10.0, job.id


async def test_a_leap_second_is_no_jump(desk: Desk) -> None:
    """The clock repeats a second: nothing is put off, nothing is done twice."""
    job = await desk.submitted(await desk.ask())
    noticing = watch(desk, desk.now)
    desk.now -= 1.0
    assert JUMP_SECONDS > 1.0
    await noticing.run_once()
    assert desk.now + 11.0 == (await desk.job(job)).look_at


async def test_a_clock_that_was_slow_is_noticed_before_a_question_is_closed_for_it(desk: Desk) -> None:
    """Forward and back again, as a clock that is put wrong and right: the week is a week."""
    job, question = await asked(desk)
    for seconds in (YEAR, -YEAR):
        await set_clock(desk, seconds)
        await desk.engine.run_once()
    left = await desk.question(job)
    assert left is not None
    assert question.close_at == left.close_at


# Calendars


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "America/New_York", "Pacific/Apia"])
@pytest.mark.parametrize("began", [BERLIN_SPRING, BERLIN_AUTUMN])
async def test_daylight_saving_changes_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, zone: str, began: float
) -> None:
    """An hour is an hour on the card, and a reminder comes after 24 of them, wherever the machine stands."""
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    desk.now = began
    job, question = await asked(desk)
    await desk.engine.answer(question.id, text="Beach", by="U1")
    desk.now = began + 2 * HOUR + 60
    assert "2 h" in await card_words(desk, job)
    assert (REMIND_SECONDS, CLOSE_SECONDS) == (24 * HOUR, 7 * 24 * HOUR)
    assert (question.asked_at + 24 * HOUR, question.asked_at + 168 * HOUR) == (question.remind_at, question.close_at)
    monkeypatch.undo()
    time.tzset()


async def test_the_end_of_32_bits_is_a_second_like_any_other(desk: Desk) -> None:
    """2038-01-19, 03:14:08: what was asked before is answered after it."""
    desk.now = LAST_OF_32_BITS - 20.0
    assert SAID == await Journey(desk, 0).run()
    assert desk.now > LAST_OF_32_BITS


# What waits for days


async def test_an_arrival_is_known_for_a_week(desk: Desk) -> None:
    """Far beyond any redelivery, also when the clock was put forward; then it is forgotten."""
    wish = Ask(keys=("trigger:x",), where=WHERE, requester_id="U1", kind="agent", brief=Brief(prompt="p"))
    assert await desk.engine.ask(wish) is not None
    await set_clock(desk, YEAR)
    desk.now += ARRIVALS_KEPT_SECONDS - 1
    await desk.engine.tidy()
    assert await desk.engine.ask(wish) is None
    assert not await desk.engine.nudged("trigger:x")
    desk.now += 2.0
    await desk.engine.tidy()
    assert await desk.engine.nudged("trigger:x"), "the table does not grow for ever"


@pytest.mark.parametrize(("hold", "code"), [(Hold.INVITE, "not_let_in"), (Hold.OFFER, "not_let_in")])
async def test_a_held_request_is_kept_to_the_last_hour(desk: Desk, hold: Hold, code: str) -> None:
    """A week for an invitation, a day for the offered DM; then its person is told."""
    job = await desk.ask()
    [tried] = await desk.due("slack")
    await desk.settle(tried, Refused(hold.value))
    await desk.slack_works()
    held = desk.now
    desk.now = held + HELD_SECONDS[hold] - HOUR
    await desk.engine.tidy()
    assert JobState.QUEUED is (await desk.job(job)).state
    desk.now = held + HELD_SECONDS[hold] + HOUR
    await desk.engine.tidy()
    assert code == (await desk.job(job)).failure_code
    assert [f"dm_instead:{job.id}"] == await desk.slack_works()


async def test_a_request_that_is_tried_again_is_held_for_a_new_week(desk: Desk) -> None:
    """The week was counted from the first time: what was tried again was dropped within the hour."""
    job = await desk.ask()
    [tried] = await desk.due("slack")
    await desk.settle(tried, Refused("invite"))
    desk.now += 8 * DAY
    await desk.engine.tidy()
    again = await desk.engine.retry(job.id, key="trigger:retry", by="U1")
    assert again is not None
    [tried] = [tried for tried in await desk.due("slack") if tried.kind == "enter"]
    await desk.settle(tried, Refused("invite"))
    desk.now += 6 * DAY
    await desk.engine.tidy()
    assert JobState.QUEUED is (await desk.job(again)).state


async def test_a_voice_is_waited_for_a_day_after_the_invitation(desk: Desk) -> None:
    """The day was counted from the request: who was invited on the sixth day had no time to choose."""
    job = await desk.ask(kind="speech")
    [tried] = await desk.due("slack")
    await desk.settle(tried, Refused("invite"))
    desk.now += 6 * DAY
    await desk.engine.invited("T1", "C1")
    desk.now += 23 * HOUR
    await desk.engine.tidy()
    assert await desk.engine.choose_voice(job.id, voice_id="v", voice="Anna") is not None
    assert f"card:{job.thread_id}" in await desk.slack_works()


async def test_an_account_without_credit_for_three_days_loses_nothing_that_waits(desk: Desk) -> None:
    """Admins are told once, the queue waits, and goes on by itself."""
    job = await desk.submitted(await desk.ask())
    waiting = [await desk.ask(by=f"U{number}") for number in range(3)]
    trouble = "insufficient_credit"
    await desk.engine.look_refused(job, trouble)
    told = await desk.slack_works()
    until = desk.now + 3 * DAY
    while desk.now < until:
        desk.now += 6 * HOUR
        await desk.engine.look_refused(await desk.job(job), trouble)
        told += await desk.slack_works()
    assert [1, True] == [len([key for key in told if key.startswith("pause:")]), TOLD_EVERY_SECONDS < 3 * DAY]
    assert {JobState.QUEUED} == {(await desk.job(one)).state for one in waiting}
    desk.now += 61.0
    await desk.engine.run_once()
    assert {JobState.SUBMITTING} == {(await desk.job(one)).state for one in waiting}


async def test_a_rest_that_slack_asked_for_is_over_in_time_after_a_jump(desk: Desk) -> None:
    """A lane that rests for a minute does so for a minute, whatever the clock."""
    await desk.ask()
    [tried] = await desk.due("slack")
    await desk.settle(tried, AgainAt(desk.now + 60, "ratelimited"))
    await desk.database.write(lambda tx: effects.pause_lane(tx, tried.lane, desk.now + 60))
    for seconds in (-YEAR, -DAY):
        await set_clock(desk, seconds)
    assert desk.now + 60 == await desk.database.read(lambda tx: effects.next_due(tx, side="slack"))


async def test_a_request_in_a_dm_needs_no_way_in_however_late(desk: Desk) -> None:
    """Told after a year of sleep: the card is posted where it was asked for."""
    where = Where(enterprise_id=None, workspace_id="T1", channel_id="D1", is_im=True)
    wish = Ask(keys=("trigger:d",), where=where, requester_id="U1", kind="agent", brief=Brief(prompt="p"))
    job = await desk.engine.ask(wish)
    assert job is not None
    await set_clock(desk, YEAR)
    assert [f"card:{job.thread_id}"] == [key for key in await desk.slack_works() if not key.startswith("edit")]
