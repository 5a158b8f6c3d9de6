"""Effects over long times: what is old is not given up for it, what is in doubt is not done twice."""

from dataclasses import replace
from typing import TypeVar

import httpx
import pytest

from bot.heygen.client import HeyGenClient
from bot.heygen.errors import AccountTrouble, AnswerLost, HeyGenError, ServerTrouble
from bot.jobs.clock import ClockWatch
from bot.jobs.kinds.conversation import BUSY_FOR_SECONDS, read_back
from bot.jobs.moment import Rules
from bot.jobs.outbox import EDIT_GAP_SECONDS
from bot.jobs.outcomes import AgainAt, Done, Outcome, Refused, Unknown
from bot.jobs.patience import wait_after
from bot.jobs.sight import Made, Sight
from bot.jobs.trouble import GIVE_UP_SECONDS, UNREAD_LIMIT, outcome_of
from storage import effects, jobs, threads
from storage.database import Database, DatabaseFault
from storage.database.terms import Change
from storage.records import Effect, EffectState, Job, JobState
from tests.jobs.desk import Desk

DAY = 24 * 3600.0
RULES = Rules(concurrency=8, poll_seconds=10.0, webhooks=False, admins=(), callback_base=None)
T = TypeVar("T")


async def effect(desk: Desk, key: str) -> Effect:
    found = await desk.database.read(lambda tx: effects.effect(tx, key))
    assert found is not None
    return found


async def test_patience_with_an_edit_begins_anew_with_each_wish(desk: Desk) -> None:
    """A card's edits are one effect: a day after the first of them one 429 used to be the end of the newest."""
    job = await desk.submitted(await desk.ask())
    await desk.slack_works()
    desk.now += 2 * DAY
    await desk.see(job, Sight(phase="generating"))
    assert desk.now == (await effect(desk, f"edit:{job.thread_id}")).patient_from


async def test_patience_with_a_held_card_begins_with_the_invitation(desk: Desk) -> None:
    """Kept for days, and then given up for one hiccup of Slack's: that is no keeping."""
    job = await desk.ask()
    [tried] = await desk.due("slack")
    await desk.settle(tried, Refused("invite"))
    desk.now += 3 * DAY
    await desk.engine.invited("T1", "C1")
    assert desk.now == (await effect(desk, f"card:{job.thread_id}")).patient_from


async def test_patience_begins_anew_at_a_start(desk: Desk) -> None:
    """The program was down for days: nothing was tried meanwhile, so nothing is given up; and nothing is put off."""
    job = await desk.ask()
    [tried] = await desk.due("slack")
    await desk.settle(tried, AgainAt(desk.now + 10 * DAY, "a clock that was wrong"))
    await desk.database.write(lambda tx: effects.pause_lane(tx, tried.lane, desk.now + 10 * DAY))
    desk.now += 2 * DAY
    await desk.database.write(lambda tx: effects.free_claims(tx, desk.now))
    assert {desk.now} == {(await effect(desk, key)).patient_from for key in (tried.key, f"card:{job.thread_id}")}
    assert [tried.key] == [again.key for again in await desk.due("slack")]


async def test_a_card_on_its_way_is_not_posted_again_for_a_retry(desk: Desk) -> None:
    """The job fails and is tried again just while its card is posted: that used to make a second card."""
    job = await desk.ask(voice="Nobody")
    posted: list[str] = []

    async def perform(tried: Effect) -> Outcome:
        if tried.kind == "card" and not posted:
            await desk.settle(await desk.heygen("names"), Refused("voice_not_found"))
            assert await desk.engine.retry(job.id, key="trigger:retry", by="U1") is not None
        posted.extend([tried.key] if tried.kind == "card" else [])
        return Done({"ts": "1000.1"})

    for _ in range(5):
        desk.now += 5.0
        await desk.tried(perform)
    assert [f"card:{job.thread_id}"] == posted


async def test_a_follow_up_sent_after_a_day_of_waiting_may_have_happened(desk: Desk) -> None:
    """The session was busy for a day, then our words' answer was lost: they used to count as given up."""
    await desk.ask()
    [tried] = [one for one in await desk.due("slack") if one.kind == "enter"]
    sent = replace(tried, side="heygen", kind="message", step="send", patient_from=desk.now - GIVE_UP_SECONDS - 1)
    assert isinstance(outcome_of(AnswerLost("timeout"), sent, desk.now, RULES), Unknown)
    assert isinstance(outcome_of(ServerTrouble("internal_error"), sent, desk.now, RULES), Refused)


@pytest.mark.parametrize("error", [AccountTrouble("forbidden"), ServerTrouble("internal_error")])
async def test_a_create_that_can_never_be_read_back_is_asked_about(desk: Desk, error: HeyGenError) -> None:
    """A key that may not list sessions: the job used to stay in doubt for ever, and nobody was asked."""
    job = await desk.ask()
    await desk.slack_works()
    tried = await desk.heygen("submit")
    for _ in range(UNREAD_LIMIT):
        assert await desk.question(job) is None
        tried = replace(tried, state=EffectState.UNKNOWN)
        outcome = outcome_of(error, tried, desk.now, RULES)
        assert isinstance(outcome, Unknown)
        await desk.settle(tried, outcome)
        desk.now = outcome.at
        tried = replace(await desk.heygen("submit"), evidence=outcome.evidence)
    assert await desk.question(job) is not None


class Troubled:
    """A database that cannot be read a few times, as without a free file handle."""

    is_shared = False
    is_refusing = False

    def __init__(self, real: Database, faults: int) -> None:
        self._real = real
        self._faults = faults

    async def read(self, look: Change[T]) -> T:
        if self._faults and self._claimed:
            self._faults -= 1
            raise DatabaseFault("SELECT", None, OSError("too many open files"))
        return await self._real.read(look)

    async def write(self, change: Change[T]) -> T:
        self._claimed = True
        return await self._real.write(change)

    async def close(self) -> None:
        await self._real.close()

    _claimed = False


async def test_a_claim_whose_check_cannot_be_read_is_tried_all_the_same(desk: Desk) -> None:
    """Claimed, and then the database could not be read: the effect used to be under way until the next start."""
    job = await desk.ask()

    async def perform(tried: Effect) -> Outcome:
        return Done()

    await desk.tried(perform, database=Troubled(desk.database, faults=1))
    assert EffectState.DONE is (await effect(desk, f"enter:{job.thread_id}")).state


async def test_a_hint_that_comes_while_the_truth_is_read_is_not_lost(desk: Desk) -> None:
    """HeyGen's callback names the session just while a list shows nothing: it is read back at once, from there."""
    job = await desk.ask()
    await desk.slack_works()
    await desk.settle(await desk.heygen("submit"), Unknown(at=desk.now, reason="timeout"))
    job = await desk.job(job)

    async def perform(tried: Effect) -> Outcome:
        if "hint" in tried.evidence:
            return Done({"session_id": tried.evidence["hint"]})
        await desk.engine.nudged("webhook:1", session_id="s1", callback_id=job.callback_id)
        return Unknown(at=desk.now + 300, reason="unconfirmed", evidence={"reads": 4})

    for _ in range(2):
        await desk.tried(perform, side="heygen")
    assert (JobState.GENERATING, "s1") == ((await desk.job(job)).state, (await desk.job(job)).session_id)


async def test_a_clock_set_back_puts_nothing_off(desk: Desk) -> None:
    """An hour back, as after a wrong start: what was due in seconds used to wait for an hour and more."""
    first, job = await desk.submitted(await desk.ask()), await desk.ask()
    await desk.say(first, "shorter")
    waited = await _due_in(desk, first)
    lanes = await desk.database.read(lambda tx: effects.next_due(tx, side="slack"))
    assert lanes is not None
    watch = ClockWatch(desk.engine, clock=lambda: desk.now, steady=lambda: 0.0)
    desk.now -= 3600.0
    await watch.run_once()
    assert waited == await _due_in(desk, first)
    assert lanes - 3600.0 == await desk.database.read(lambda tx: effects.next_due(tx, side="slack"))
    await desk.slack_works()
    assert JobState.SUBMITTING is (await desk.job(job)).state


async def _due_in(desk: Desk, job: Job) -> tuple[float | None, ...]:
    looked, thread = await desk.database.read(lambda tx: (jobs.job(tx, job.id), threads.thread(tx, job.thread_id)))
    assert looked is not None
    times = (looked.look_at, thread.gather_at, thread.edited_at)
    return tuple(round(at - desk.now, 3) if at is not None else None for at in times)


async def test_after_a_sleep_patience_begins_anew(desk: Desk) -> None:
    """The machine slept for days: its first failing calls are not the last of many."""
    watch = ClockWatch(desk.engine, clock=lambda: desk.now, steady=lambda: 0.0)
    job = await desk.ask()
    desk.now += 1.0
    await watch.run_once()
    assert desk.now - 1.0 == (await effect(desk, f"card:{job.thread_id}")).patient_from
    desk.now += 3 * DAY
    await watch.run_once()
    assert desk.now == (await effect(desk, f"card:{job.thread_id}")).patient_from


async def test_an_edit_is_not_put_off_by_one_from_the_future(desk: Desk) -> None:
    """The clock was put right while the program was down: the card is edited now, not in an hour."""
    job = await desk.submitted(await desk.ask())
    await desk.slack_works()
    desk.now -= 3600.0
    await desk.see(job, Sight(phase="generating"))
    assert (await effect(desk, f"edit:{job.thread_id}")).due_at <= desk.now + EDIT_GAP_SECONDS


@pytest.mark.parametrize(("waited", "asks"), [(60.0, False), (BUSY_FOR_SECONDS + 1, True)])
async def test_a_follow_up_in_doubt_for_a_day_is_asked_about(desk: Desk, waited: float, asks: bool) -> None:
    """The session works on for ever and its messages show nothing: nobody used to be asked, ever."""
    first = await desk.submitted(await desk.ask())
    await desk.see(first, Sight(made=Made(video_id="v1", title=None, duration_seconds=1.0, page_url=None)))
    await desk.say(first, "shorter")
    await desk.quiet()
    tried = replace(await desk.heygen("submit"), step="send", attempted_at=desk.now)
    busy = httpx.MockTransport(lambda _: httpx.Response(200, json={"data": {"session_id": "s1", "status": "thinking"}}))
    async with httpx.AsyncClient(transport=busy) as http:
        client = HeyGenClient(http, api_key="k", base_url="http://127.0.0.1")
        outcome = await read_back(client, "s1", "shorter", now=desk.now + waited, rules=RULES, tried=tried)
    assert isinstance(outcome, Unknown)
    assert asks is outcome.ask


def test_what_goes_on_failing_is_tried_ever_more_rarely() -> None:
    """Twice as long after each try, up to a limit, however many there were; what was not counted waits as the first."""
    waits = [wait_after(tries, first=2.0, longest=60.0) for tries in (0, 1, 2, 3, 5, 6, 10_000)]
    assert waits == [2.0, 2.0, 4.0, 8.0, 32.0, 60.0, 60.0]
