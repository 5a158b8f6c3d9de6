"""A receipt agrees with what Slack and HeyGen themselves have recorded."""

from pathlib import Path

import pytest

from bot.jobs.receipt import Call, Fate, calls
from storage import receipts
from tests.journeys.limits import checked
from tests.journeys.once import asked, choose, delivered
from tests.journeys.once import calls as heard
from tests.journeys.world import ANA, BEN, GENERAL, OPEN, World, shown

BACKGROUND = "Which background?\n- Office\n- Beach"


async def heygen_says(made: World, user: str, words: str, *, channel: str = GENERAL) -> str:
    """What /heygen answers this person."""
    ack = await made.slack.command(user, channel, "/heygen", words)
    assert ack.ok, ack
    return shown(ack.body)


async def sums(made: World) -> dict[str, int]:
    """How often each kind of call was tried, by the receipt of the newest job."""
    [newest, *_] = await made.jobs()
    kept = await made.database.read(lambda tx: receipts.receipt(tx, newest.id))
    assert kept is not None
    counted: dict[str, int] = {}
    for call in calls(kept):
        counted[call.what] = counted.get(call.what, 0) + (call.tries or 0)
    return counted


async def submits(made: World) -> list[Call]:
    [job] = await made.jobs()
    kept = await made.database.read(lambda tx: receipts.receipt(tx, job.id))
    assert kept is not None
    return [call for call in calls(kept) if call.what == "video"]


async def test_a_whole_job_agrees_with_both_sides(tmp_path: Path) -> None:
    """Tries are the calls that Slack and HeyGen got, lost ones and refused ones included."""
    async with checked(tmp_path) as made:
        made.heygen.plan_next(ask=[BACKGROUND])
        made.heygen.fail_next("message", "status", status=409)
        made.slack.next("chat.update", "disconnect_after_commit")
        made.slack.next("files.completeUploadExternal", "disconnect_after_commit")
        await made.video("A 30 s intro")
        card = await made.card()
        await choose(made, await asked(made, card, "Which background"), "Beach")
        await delivered(made, card)
        counted = await sums(made)
        assert counted["video"] == made.creates() == 1
        assert counted["message"] == heard(made, "message") == 2
        assert counted["card"] + counted["say"] + counted["dm"] == len(made.slack.calls("chat.postMessage"))
        assert counted["edit"] + counted["edit_question"] == len(made.slack.calls("chat.update"))
        assert counted["upload"] == len(made.slack.calls("files.completeUploadExternal")) == 1
        said = await heygen_says(made, ANA, "receipt")
        assert "• Request for the video: *done* · sent once · <!date^" in said
        assert f"made {counted['edit']} times" in said
        assert "1 asked, 1 answered · <!date^" in said
        assert "at HeyGen's list price" in said


@pytest.mark.slow
async def test_a_lost_create_that_was_sent_again_may_be_charged_twice(tmp_path: Path) -> None:
    """The receipt says that it was sent twice, and that nobody knows."""
    async with checked(tmp_path) as made:
        made.heygen.fail_next("create", "disconnect_before_commit")
        await made.video("A lost intro")
        card = await made.card()
        await choose(made, await asked(made, card, "Send it again?"), "Send it again")
        await delivered(made, card)
        assert [(call.fate, call.tries) for call in await submits(made)] == [(Fate.UNDECIDED, 1), (Fate.DONE, 1)]
        said = await heygen_says(made, ANA, "receipt")
        assert "It was sent twice, and nobody knows whether HeyGen took all: it may have been charged twice." in said


async def test_a_lost_create_that_was_found_is_charged_once(tmp_path: Path) -> None:
    """It was looked for and is there: no doubt remains on the receipt."""
    async with checked(tmp_path) as made:
        made.heygen.fail_next("create", "disconnect_after_commit")
        await made.video("A lost intro")
        await delivered(made, await made.card())
        [call] = await submits(made)
        assert (call.fate, call.tries) == (Fate.DONE, 1)
        assert call.reads >= 1
        said = await heygen_says(made, ANA, "receipt")
        assert "Request for the video: *done* · sent once" in said
        assert "looked for" in said
        assert "nobody knows" not in said


async def test_a_receipt_is_shown_to_whom_the_job_is(tmp_path: Path) -> None:
    """In its channel to everybody; elsewhere to the one who asked; nobody else learns that there is one."""
    async with checked(tmp_path) as made:
        await made.video("An intro")
        await delivered(made, await made.card())
        [job] = await made.jobs()
        assert "An intro" in await heygen_says(made, BEN, f"receipt {job.id}")
        assert "An intro" in await heygen_says(made, ANA, f"receipt {job.id}", channel=OPEN)
        assert "There is nothing here" in await heygen_says(made, BEN, f"receipt {job.id}", channel=OPEN)
        assert "You have not asked for anything" in await heygen_says(made, BEN, "receipt")
