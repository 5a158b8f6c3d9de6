"""A database, buttons and forms made by the previous release: under this one everything ends as it should, once."""

import copy
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from storage.records import JobState
from tests.journeys.once import calls, choose, said, told
from tests.journeys.world import ADMIN, ANA, BEN, GENERAL, OTHERS, PRIVATE, shown
from tests.upgrade import story
from tests.upgrade.record import card_of, press
from tests.upgrade.stage import Upgraded, a_voice, click_late, posted_twice, upgraded

WAITING = frozenset(
    {
        story.ASKED, story.REVIEWED, story.CHANGED, story.DOUBTED, story.SPOKEN, story.NOT_TAKEN, story.UNINVITED,
        story.ELSEWHERE, story.VOICELESS,
    }
)  # fmt: skip
SHORTER, RED = "Make it shorter", "Begin with red"
SPENT = ("create", "message", "speech", "stop")
TOLD_LATE = {
    "stop": "nothing left to stop",
    "retry": "again",
    "approve": "has answered this already",
    "bring_back": "in the thread already",
    "open_in_dm": "nothing left to move here",
    "pick_voice": "waits for no voice any more",
    "answer:0": "has answered this already",
    "answer:1": "has answered this already",
}


@pytest.fixture
async def made(tmp_path: Path, url: str) -> AsyncIterator[Upgraded]:
    async with upgraded(tmp_path, url) as there:
        yield there


async def test_what_was_under_way_ends_once(made: Upgraded) -> None:
    """Nobody does anything: what can go on ends, what waits for people waits, and nothing is said or sent twice."""
    await made.ended(besides=WAITING)
    states = {job.brief.prompt: job.state for job in await made.jobs()}
    done = {
        story.DONE, story.LINKED, story.REPLIED, story.UPLOADED, story.RENDERING, story.THINKING, story.TAKEN,
        story.QUEUED, story.POSTED, story.LATER, story.SOON,
    }  # fmt: skip
    assert done == {prompt for prompt, state in states.items() if state is JobState.COMPLETED}
    assert {story.STOPPED} == {prompt for prompt, state in states.items() if state is JobState.CANCELLED}
    assert {story.FAILED} == {prompt for prompt, state in states.items() if state is JobState.FAILED}
    [asked] = await made.replies(await card_of(made, story.NOT_TAKEN), lambda text: "Send it again?" in text)
    assert asked
    assert [] == posted_twice(made)
    counted = said(made.slack)
    assert {"card": 17, "result": 11, "dm": 11, "question": 6, "failure": 1, "closing": 1} == {
        what: count for what, count in counted.items() if "." not in what
    }
    assert (8, 2, 2) == tuple(counted[name] for name in ("video-v1.mp4", "video-v2.mp4", "storyboard-1.png"))
    assert {"create": 2, "message": 2} == spent(made), "the two that were queued, and the two replies"


async def use_everything(made: Upgraded) -> None:
    """Each button and form that the previous release left is used by whoever may."""
    await submit_form(made, BEN, {"words": SHORTER})
    await submit_form(made, ADMIN, {"words": RED})
    await submit_form(made, ANA, {"prompt": story.FORM})
    for prompt, label in (
        (story.ASKED, "Beach"), (story.DOUBTED, "Send it again"), (story.SPOKEN, "Leave it"),
    ):  # fmt: skip
        await choose(made, await below(made, prompt, label), label)
    await press(made, story.LINKED, "get_link", by=BEN)
    await press(made, story.REVIEWED, "approve")
    await press(made, story.FAILED, "retry")
    await press(made, story.STOPPED, "bring_back")
    [offer], [picker] = (
        [one for one, item in made.buttons if item["action_id"] == action] for action in ("open_in_dm", "pick_voice")
    )
    assert (await made.slack.click(ANA, OTHERS, offer.ts, "open_in_dm")).ok
    voice = await a_voice(made, picker)
    assert (await made.slack.click(ANA, GENERAL, picker.ts, "pick_voice", selected_option=voice)).ok
    made.slack.invite(PRIVATE)
    await choose(made, await below(made, story.NOT_TAKEN, "Send it again"), "Send it again")
    await approve_what_was_changed(made)


async def submit_form(made: Upgraded, user: str, values: dict[str, str]) -> None:
    ack = await made.slack.submit_view(user, made.forms[user].id, values)
    assert ack.ok, ack
    assert not ack.body, ack.body


async def below(made: Upgraded, prompt: str, label: str) -> dict[str, object]:
    """The question about a wish that offers this."""
    [found] = await made.replies(await card_of(made, prompt), lambda text: f'"{label}"' in text)
    return found


async def approve_what_was_changed(made: Upgraded) -> None:
    """HeyGen shows the storyboard again, with the change: a new question, which is approved."""
    card, old = await card_of(made, story.CHANGED), {message.ts for message, _ in made.buttons}

    def look(_: object) -> list[str]:
        thread = made.slack.thread(GENERAL, card["ts"])
        return [one["ts"] for one in thread if '"approve"' in shown(one) and one["ts"] not in old]

    [asked_at] = await made.until(look)
    assert (await made.slack.click(ANA, GENERAL, asked_at, "approve")).ok


def spent(made: Upgraded) -> dict[str, int]:
    """How often HeyGen was asked for something that costs or changes anything."""
    return {name: count for name in SPENT if (count := calls(made, name))}


async def test_old_buttons_and_forms_do_what_they_say(made: Upgraded) -> None:
    """Every question, button and form of the previous release is acted on, once."""
    await use_everything(made)
    await made.ended()
    states = Counter(job.state for job in await made.jobs())
    assert {JobState.COMPLETED: 22, JobState.CANCELLED: 2, JobState.FAILED: 1} == states
    assert (await made.job(story.SPOKEN)).state is JobState.CANCELLED
    assert (await made.job(story.STOPPED)).file_id, "the video that came anyway was fetched"
    assert [] == posted_twice(made)
    words = told(made)
    for once in ("Beach", SHORTER, RED, story.FORM, story.DOUBTED, story.NOT_TAKEN, story.UNINVITED, story.ELSEWHERE):
        assert 1 == words.count(once), once
    assert 1 == spent(made)["speech"], "the greeting that got its voice"
    [link] = made.slack.ephemerals(BEN, GENERAL)
    assert made.heygen.url in shown(link)


@pytest.mark.slow
async def test_old_buttons_and_forms_that_come_too_late_are_told_so(made: Upgraded) -> None:
    """Screens that were never refreshed: each click is answered with how things are now, and nothing is done again."""
    await use_everything(made)
    await made.ended()
    before, posted = (len(await made.jobs()), spent(made)), said(made.slack)
    for message, item in made.buttons:
        action = item["action_id"]
        answer = await click_late(made, message, item, by=ANA if message.ephemeral_to else ADMIN)
        assert TOLD_LATE.get(action, "") in answer, (action, answer)
    await submit_late(made, ADMIN, "Begin with blue", tells="has answered this storyboard already")
    await submit_late(made, BEN, SHORTER)
    await made.settled()
    assert before == (len(await made.jobs()), spent(made))
    assert posted | {"tell": 1} == said(made.slack), "who asked where the app cannot be is told in the DM"


async def submit_late(made: Upgraded, user: str, words: str, *, tells: str | None = None) -> None:
    """Submits a form again that was submitted already."""
    made.slack.world.stacks[user] = [copy.deepcopy(made.forms[user])]
    ack = await made.slack.submit_view(user, made.forms[user].id, {"words": words})
    assert ack.ok
    assert (tells or "None") in str((ack.body or {}).get("errors"))


async def test_receipts_say_at_least_for_what_was_not_counted(made: Upgraded) -> None:
    """0.1 did not count its calls, nor those that were read back since; what this release does is counted."""
    await made.ended(besides=WAITING)
    for prompt, expected in (
        (story.DONE, "Request for the video: *done* · sent at least once"),
        (story.TAKEN, "Request for the video: *done* · sent at least once"),
        (story.POSTED, "The card of this thread: *done* · posted at least once"),
        (story.QUEUED, "Request for the video: *done* · sent once"),
    ):
        ack = await made.slack.command(ANA, GENERAL, "/heygen", f"receipt {(await made.job(prompt)).id}")
        assert expected in shown(ack.body), prompt
        assert "Nothing was sent" not in shown(ack.body), prompt
