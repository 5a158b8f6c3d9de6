"""Which words a person meant as what: an answer is said after its question could be read, the rest is kept."""

from dataclasses import replace

import pytest

from bot.jobs.engine.talking import FILES_LIMIT, KEPT, PROMPT_LIMIT, Said
from bot.jobs.outcomes import Done, Refused, Unknown
from bot.jobs.sight import Asks, Made, Sight
from storage import threads
from storage.records import Attachment, Effect, Job, JobState
from tests.jobs.desk import Desk

ASKS = Asks(key="q", text="What colour?", review=False)
MADE = Made(video_id="v1", title=None, duration_seconds=30.0, page_url=None)


async def answered(desk: Desk, job: Job) -> list[str]:
    """What HeyGen is told as an answer."""
    return [str(effect.payload["text"]) for effect in await desk.recorded(job, "message")]


async def question_on_its_way(desk: Desk) -> tuple[Job, Effect]:
    """The agent has asked, and Slack is being told so."""
    job = await desk.submitted(await desk.ask())
    await desk.slack_works()
    job = await desk.see(job, Sight(asks=ASKS))
    [posting] = [tried for tried in await desk.due("slack") if tried.kind == "say"]
    return job, posting


async def test_words_kept_during_the_render_are_no_answer(desk: Desk) -> None:
    """Said before the question was asked: they used to be sent as part of the answer, and are the next version."""
    job = await desk.submitted(await desk.ask())
    await desk.say(job, "make it longer")
    await desk.quiet()
    await desk.see(job, Sight(asks=ASKS))
    await desk.slack_works()
    await desk.say(job, "Deep blue")
    await desk.quiet()
    assert ["Deep blue"] == await answered(desk, job)
    await desk.see(job, Sight(made=MADE))
    await desk.quiet()
    assert "make it longer" == (await desk.jobs(job))[-1].brief.prompt


async def test_words_said_while_the_question_is_posted_are_kept_and_marked(desk: Desk) -> None:
    """Nobody can answer what cannot be read yet; the person sees that their words wait."""
    job, posting = await question_on_its_way(desk)
    await desk.say(job, "make it longer")
    await desk.quiet()
    await desk.settle(posting, Done({"ts": f"{desk.now:.6f}"}))
    assert any(key.startswith("react:") for key in await desk.slack_works())
    await desk.quiet()
    assert [] == await answered(desk, job)
    assert JobState.WAITING_FOR_INPUT is (await desk.job(job)).state


async def test_an_answer_to_a_question_whose_post_was_in_doubt_counts(desk: Desk) -> None:
    """Slack had shown the question though we did not know: what was said below it is read once we do."""
    job, posting = await question_on_its_way(desk)
    shown = f"{desk.now:.6f}"
    desk.now += 2.0
    await desk.settle(posting, Unknown(at=desk.now + 3, reason="timeout"))
    await desk.say(job, "Deep blue")
    await desk.quiet()
    assert [] == await answered(desk, job)
    [reading] = [tried for tried in await desk.due("slack") if tried.kind == "say"]
    await desk.settle(reading, Done({"ts": shown}))
    await desk.quiet()
    assert ["Deep blue"] == await answered(desk, job)


async def test_where_the_question_cannot_be_posted_words_still_answer_it(desk: Desk) -> None:
    """Slack refuses the post and the requester hears of it by DM: what they say in the thread then counts."""
    job, posting = await question_on_its_way(desk)
    await desk.settle(posting, Refused("restricted_action"))
    assert f"dm_instead:{job.id}" in await desk.slack_works()
    await desk.say(job, "Deep blue")
    await desk.quiet()
    assert ["Deep blue"] == await answered(desk, job)


async def test_a_stop_while_the_question_is_posted_lets_kept_words_rest(desk: Desk) -> None:
    """After a stop nothing begins by itself, although the question of the stopped job arrives after all."""
    job, posting = await question_on_its_way(desk)
    await desk.say(job, "make it longer")
    await desk.engine.stop(job.id, by="U1")
    await desk.settle(posting, Done({"ts": f"{desk.now:.6f}"}))
    await desk.quiet()
    assert [job.id] == [one.id for one in await desk.jobs(job)]


@pytest.mark.parametrize("asks", [False, True])
async def test_words_from_a_form_have_no_place_in_slack_and_count_all_the_same(desk: Desk, asks: bool) -> None:
    """A form's words are a revision, or an answer where the agent waits for one; there is no message to mark."""
    job = await desk.submitted(await desk.ask())
    await desk.see(job, Sight(asks=ASKS) if asks else Sight(made=MADE))
    await desk.slack_works()
    desk.now += 1.0
    said = Said(keys=("view:V1",), thread_id=job.thread_id, user_id="U1", ts=None, text="blue")
    assert await desk.engine.hear(said)
    assert not await desk.engine.hear(said)
    assert (None, "view:V1") == await desk.database.read(
        lambda tx: next((reply.ts, reply.key) for reply in threads.waiting_replies(tx, job.thread_id))
    )
    await desk.quiet()
    assert (["blue"] if asks else []) == await answered(desk, job)
    assert ("An intro" if asks else "blue") == (await desk.jobs(job))[-1].brief.prompt


async def test_replies_are_read_in_the_order_they_were_said(desk: Desk) -> None:
    """Slack delivers in any order; its own times tell which came first."""
    job = await desk.submitted(await desk.ask())
    await desk.see(job, Sight(made=MADE))
    for ts, text in (("1000100.000200", "second"), ("1000100.000100", "first")):
        await desk.engine.hear(Said(keys=(ts,), thread_id=job.thread_id, user_id="U1", ts=ts, text=text))
    await desk.quiet()
    assert "first\nsecond" == (await desk.jobs(job))[-1].brief.prompt


async def test_words_that_were_said_before_a_click_are_the_answer(desk: Desk) -> None:
    """Whoever was first has answered: the words used to lose, unmarked, and were charged as the next version."""
    job = await desk.submitted(await desk.ask())
    await desk.see(job, Sight(asks=ASKS))
    await desk.slack_works()
    asked = await desk.question(job)
    assert asked is not None
    await desk.say(job, "Deep blue", by="U2")
    settled = await desk.engine.answer(asked.id, text="Red", by="U1")
    assert settled is not None
    assert ("U2", "Deep blue") == (settled.answered_by, settled.answer)
    assert ["Deep blue"] == await answered(desk, job)
    await desk.see(job, Sight(made=MADE))
    await desk.quiet()
    assert [job.id] == [one.id for one in await desk.jobs(job)]


async def test_replies_too_long_for_one_version_make_the_one_after_it_too(desk: Desk) -> None:
    """Nothing is cut off unseen: what HeyGen does not take at once is marked and kept."""
    job = await desk.submitted(await desk.ask())
    long = "x" * (PROMPT_LIMIT - 10)
    for text in (long, "and make it blue", "soon"):
        await desk.say(job, text)
    await desk.see(job, Sight(made=MADE))
    await desk.quiet()
    assert ["An intro", long] == [one.brief.prompt for one in await desk.jobs(job)]
    second = await desk.submitted((await desk.jobs(job))[-1])
    await desk.see(second, Sight(made=replace(MADE, video_id="v2")))
    await desk.quiet()
    assert "and make it blue\nsoon" == (await desk.jobs(job))[-1].brief.prompt


async def test_files_too_many_for_one_version_go_with_the_one_after_it(desk: Desk) -> None:
    """The files of a burst count together, and those beyond HeyGen's limit are not lost; the rest is marked."""
    job = await desk.submitted(await desk.ask())
    await desk.see(job, Sight(made=MADE))
    await desk.slack_works()
    for number in range(2):
        files = tuple(file(f"F{number}.{one}") for one in range(FILES_LIMIT - 5))
        said = Said(
            keys=(f"m{number}",), thread_id=job.thread_id, user_id="U1", ts=f"100010{number}.0", text="", files=files
        )
        await desk.engine.hear(said)
    await desk.quiet()
    assert FILES_LIMIT - 5 == len((await desk.jobs(job))[-1].brief.files)
    assert [f"react:{job.thread_id}:1000101.0:{KEPT}"] == [key for key in await desk.slack_works() if "react:" in key]


def file(file_id: str) -> Attachment:
    return Attachment(file_id=file_id, name=f"{file_id}.png", mimetype="image/png", size_bytes=1)


async def test_a_file_alone_answers_with_words(desk: Desk) -> None:
    """HeyGen takes no message without a word in it."""
    job = await desk.submitted(await desk.ask())
    await desk.see(job, Sight(asks=ASKS))
    await desk.slack_works()
    said = Said(
        keys=("m",), thread_id=job.thread_id, user_id="U1", ts=f"{desk.now + 9:.6f}", text="", files=(file("F1"),)
    )
    await desk.engine.hear(said)
    await desk.quiet()
    assert ["Please use the attached files."] == await answered(desk, job)
