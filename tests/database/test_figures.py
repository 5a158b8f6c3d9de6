"""The figures for those who watch: what counts as waiting, late, in doubt and resting, and what does not."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.jobs.outcomes import AgainAt, Done, Refused, Unknown
from storage import effects, threads
from storage.database import Transaction
from storage.figures import Figures, Rest, figures
from storage.records import Hold
from tests.jobs.desk import Desk


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    made = await Desk.open(tmp_path, concurrency=1)
    yield made
    await made.database.close()


async def now(desk: Desk) -> Figures:
    return await desk.database.read(lambda tx: figures(tx, desk.now))


async def test_an_empty_database_shows_noughts(desk: Desk) -> None:
    """Every state and side is there from the start, so that nothing has to be guessed from a gap."""
    seen = await now(desk)

    assert seen.jobs == dict.fromkeys(["queued", "submitting", "unconfirmed", "generating", "waiting_for_input"], 0)
    assert seen.ended == dict.fromkeys(["completed", "failed", "cancelled"], 0)
    assert (seen.queue, seen.places_used, seen.is_paused) == (0, 0, False)
    assert seen.late_effect_seconds == {"slack": 0.0, "heygen": 0.0}
    assert seen.resting == {}


async def test_jobs_are_counted_where_they_are(desk: Desk) -> None:
    """One has the place, one waits for it; who was stopped has ended, for an hour."""
    first = await desk.ask("One", by="U1")
    await desk.submitted(first)
    await desk.ask("Two", by="U2")
    third = await desk.ask("Three", by="U3")
    await desk.slack_works()
    await desk.engine.stop(third.id, by="U3")
    seen = await now(desk)

    assert (seen.jobs["generating"], seen.jobs["queued"], seen.ended["cancelled"]) == (1, 1, 1)
    assert (seen.queue, seen.places_used) == (1, 1)
    desk.now += 3601.0
    assert (await now(desk)).ended["cancelled"] == 0


async def test_a_look_and_a_call_get_late_while_nobody_does_them(desk: Desk) -> None:
    """How long they have been due; what is not due yet is not late."""
    job = await desk.submitted(await desk.ask())
    assert (await now(desk)).late_look_seconds == 0.0
    desk.now = (job.look_at or 0.0) + 40.0
    await desk.ask("Another", by="U2")
    desk.now += 2.0
    seen = await now(desk)

    assert seen.late_look_seconds == 42.0
    assert seen.late_effect_seconds["slack"] >= 2.0
    assert seen.late_effect_seconds["heygen"] == 0.0


async def test_what_waits_for_people_or_for_its_turn_is_not_late(desk: Desk) -> None:
    """A held thread's calls, and those behind another one, cannot be tried; they count once they can be."""
    job = await desk.ask()
    [enter] = [tried for tried in await desk.due() if tried.kind == "enter"]
    await desk.settle(enter, Refused("invite"))
    await desk.slack_works()  # the requester is told
    desk.now += 3600.0
    assert (await desk.database.read(lambda tx: threads.thread(tx, job.thread_id))).hold is Hold.INVITE
    assert (await now(desk)).late_effect_seconds["slack"] == 0.0
    assert (await now(desk)).queue == 0

    await desk.engine.invited("T1", "C1")
    desk.now += 5.0
    assert (await now(desk)).late_effect_seconds["slack"] > 0.0


async def test_doubt_is_counted_while_it_lasts_and_the_question_for_ever(desk: Desk) -> None:
    """A lost answer is a call in doubt; once a person is asked it is a question; afterwards only the count stays."""
    job = await desk.ask()
    await desk.slack_works()
    await desk.settle(await desk.heygen("submit"), Unknown(at=desk.now, reason="timeout"))
    assert (await now(desk)).calls_in_doubt == {"slack": 0, "heygen": 1}

    await desk.settle(await desk.heygen("submit"), Unknown(at=desk.now, reason="unread", ask=True))
    seen = await now(desk)
    assert (seen.questions_in_doubt, seen.asked_in_doubt) == (1, 1)

    asked = await desk.question(job)
    assert asked is not None
    await desk.engine.answer(asked.id, text="leave", by="U1")
    seen = await now(desk)
    assert (seen.questions_in_doubt, seen.asked_in_doubt) == (0, 1)
    assert seen.calls_in_doubt == {"slack": 0, "heygen": 0}


async def test_lanes_that_rest_are_told_by_their_method(desk: Desk) -> None:
    """Two channels that may not be posted in are two lanes of one method, and the longer rest is told."""
    rests = {"chat.postMessage|T1|C1": 5.0, "chat.postMessage|T1|C2": 30.0, "chat.update|T1": -1.0}

    def pause(tx: Transaction) -> None:
        for key, seconds in rests.items():
            effects.pause_lane(tx, key, desk.now + seconds)

    await desk.database.write(pause)

    assert (await now(desk)).resting == {"chat.postMessage": Rest(lanes=2, longest_seconds=30.0)}


async def test_a_pause_lasts_until_something_works(desk: Desk) -> None:
    """Out of credit: paused, also when the minute is over and it is tried again; not once HeyGen took something."""
    await desk.ask()
    await desk.slack_works()
    trouble = AgainAt(desk.now + 60.0, "no credit", paused="insufficient_credit")
    await desk.settle(await desk.heygen("submit"), trouble)
    assert (await now(desk)).is_paused

    desk.now += 61.0
    await desk.engine.run_once()
    assert (await now(desk)).is_paused
    await desk.settle(await desk.heygen("submit"), Done({"session_id": "s1"}))
    assert not (await now(desk)).is_paused
