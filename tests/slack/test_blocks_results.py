"""How jobs end, in words."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.blocks import results
from handlers.blocks.ids import Action
from handlers.blocks.messages import Message
from handlers.errors import TROUBLES
from handlers.refusals import REFUSALS
from storage.records import Brief, Job, JobState
from tests.slack.limits import check_message
from tests.slack.nouns import WEAPONS, a_job, buttons_of, words_of

SIGNED = "https://files.example/v.mp4?Signature=abc&Expires=1"


def done(**changes: Any) -> Job:
    """A finished video."""
    values: dict[str, Any] = {
        "state": JobState.COMPLETED, "title": "Barn", "duration_seconds": 32.0, "page_url": "https://h.example/v",
    }  # fmt: skip
    return a_job(**(values | changes))


def test_a_delivered_video_is_announced_to_its_requester() -> None:
    """Title, version, length, the file, and what people do next."""
    message = results.result(done(file_id="F1", file_permalink="https://s.example/f"))
    check_message(message)
    assert message.text == "<@U1> your video is ready: *Barn* (v1, 32 s)"
    assert "<https://s.example/f|open the file>" in words_of(message.blocks)
    assert buttons_of(message.blocks) == {Action.CHANGE: "j1"}


def test_a_video_that_is_no_file_has_its_page_and_a_link_on_demand() -> None:
    """With the reason why it is not here."""
    message = results.result(done(file_trouble="file_upload_size_restricted"))
    check_message(message)
    assert "larger than this workspace allows" in message.text
    assert "<https://h.example/v|HeyGen shows it here.>" in words_of(message.blocks)
    assert buttons_of(message.blocks) == {Action.GET_LINK: "j1", Action.CHANGE: "j1"}


@pytest.mark.parametrize("code", TROUBLES)
def test_every_failure_is_told_with_its_next_step_and_charge(code: str) -> None:
    """And a button where the same again has a chance."""
    message = results.failure(a_job(state=JobState.FAILED, failure_code=code))
    check_message(message)
    assert message.text.startswith("<@U1> v1 of your video could not be made.")
    assert "charged" in words_of(message.blocks)
    assert (Action.RETRY in buttons_of(message.blocks)) is TROUBLES[code].retry


def test_heygens_own_words_stand_beside_ours() -> None:
    """Without the links in them; once, when they are all there is."""
    known = results.failure(a_job(failure_code="rendering_failed", failure_message=f"Timed out at {SIGNED}"))
    assert "HeyGen says: Timed out at (link)" in words_of(known.blocks)
    unknown = results.failure(a_job(failure_code="brand_new", failure_message="Oh no"))
    assert words_of(unknown.blocks).count("Oh no") == 1
    ours = results.failure(a_job(failure_code="internal", failure_message="A fault of ours"))
    assert "A fault of ours" not in words_of(ours.blocks)


def test_a_failure_of_speech_is_no_version() -> None:
    """Audio has none."""
    job = a_job(kind="speech", failure_code="internal")
    assert results.failure(job).text.startswith("<@U1> your audio could not be made.")


@pytest.mark.parametrize(
    ("job", "said"),
    [
        (a_job(cancel_asked_by="U2"), "Stopped by <@U2>. HeyGen had not been asked yet, so nothing was charged."),
        (a_job(callback_id="c"), "Stopped. If HeyGen finishes the video anyway, a button on the card brings it here."),
        (a_job(kind="speech", callback_id="c"), "HeyGen may have made and charged the audio already."),
    ],
)
def test_stopping_says_what_may_still_come(job: Job, said: str) -> None:
    """One line, and no promise that cannot be kept."""
    assert said in results.closing(job).text


def test_a_fresh_link_is_for_the_one_who_asked() -> None:
    """The link works as it is, and no other message holds one."""
    message = results.fresh_link(done(), url=SIGNED)
    check_message(message)
    assert "<https://files.example/v.mp4?Signature=abc&amp;Expires=1|open or save the video>" in message.text
    too_long = results.fresh_link(done(), url="https://f.example/" + "x" * 3_000)
    check_message(too_long)
    assert "There is no link just now." in too_long.text


def test_where_the_thread_cannot_be_reached_the_requester_is_told_directly() -> None:
    """What happened to what they asked for, and what they can do."""
    failed = results.instead(a_job(state=JobState.FAILED, failure_code="slack:is_archived"))
    assert "The channel is archived." in failed.text
    assert Action.RETRY in buttons_of(failed.blocks)
    finished = results.instead(done())
    assert "It is finished." in finished.text
    assert buttons_of(finished.blocks) == {Action.GET_LINK: "j1"}
    waiting = results.instead(a_job(state=JobState.WAITING_FOR_INPUT))
    assert "Stop it here" in waiting.text
    assert buttons_of(waiting.blocks) == {Action.STOP: "j1"}
    for message in (failed, finished, waiting):
        check_message(message)


@pytest.mark.parametrize("code", REFUSALS)
def test_audio_that_did_not_arrive_promises_no_link(code: str) -> None:
    """A video can still be had from HeyGen; audio has no page there."""
    assert "link to HeyGen" not in words_of(results.undelivered(done(kind="speech"), code=code).blocks)


@pytest.mark.parametrize("code", [*REFUSALS, "brand_new"])
def test_audio_that_did_not_arrive_is_asked_for_again_at_a_price(code: str) -> None:
    """It used to say that one should try again, as if that were something else than to ask and pay anew."""
    words = words_of(results.undelivered(done(kind="speech"), code=code).blocks)
    assert "Try again" not in words
    assert "Asking again with `/speak` makes and charges it anew." in words


def test_trouble_that_passes_lets_one_ask_for_audio_in_a_few_minutes() -> None:
    """When to ask again is still said."""
    message = results.undelivered(done(kind="speech"), code="fatal_error")
    check_message(message)
    assert "Slack had trouble of its own. Ask again with `/speak` in a few minutes." in message.text


def test_admins_learn_what_to_mend() -> None:
    """The reason, the cure, and that nothing is lost."""
    message = results.account_pause(code="insufficient_credit")
    check_message(message)
    assert "is out of credit" in message.text
    assert "Top it up" in message.text
    assert "Start the app again with a valid HEYGEN_API_KEY" in results.account_pause(code="unauthorized").text
    for code in ("insufficient_credit", "unauthorized", "brand_new"):
        words = words_of(results.account_pause(code=code).blocks)
        assert "once that is mended the queue goes on by itself" in words, "a new key used to go on without a start"


def test_the_direct_message_links_to_the_thread() -> None:
    """And says how to get fewer."""
    message = results.done(done(), thread_link="https://s.example/archives/C1/p1")
    check_message(message)
    assert "<https://s.example/archives/C1/p1|open the thread> in <#C1>" in message.text


@pytest.mark.parametrize("comment", [results.video_comment, results.audio_comment])
def test_what_stands_with_a_file_mentions_nobody(comment: Callable[[Job], str]) -> None:
    """A prompt is somebody's words there, too."""
    text = comment(a_job(brief=Brief(prompt=WEAPONS, voice=WEAPONS), title=WEAPONS))
    check_message(Message(text, results.closing(a_job()).blocks))


def test_a_storyboard_is_counted() -> None:
    """One picture, three pictures."""
    assert results.storyboard_comment(a_job(), scenes=1) == "The storyboard of v1: 1 picture"
    assert results.storyboard_comment(a_job(version=2), scenes=3) == "The storyboard of v2: 3 pictures"


@given(
    words=st.text() | st.just(WEAPONS) | st.just("&" * 5_000), state=st.sampled_from(JobState),
    kind=st.sampled_from(["agent", "speech"]), file_id=st.none() | st.just("F1"),
)  # fmt: skip
def test_any_words_end_in_a_message_that_slack_takes(words: str, state: JobState, kind: str, file_id: str) -> None:
    """Whatever title, reason, prompt or address there is."""
    job = a_job(
        prompt=words, state=state, kind=kind, title=words, failure_code=words, failure_message=words, file_id=file_id,
        file_permalink=f"https://s.example/{words}", page_url=f"https://h.example/{words}", file_trouble=words,
    )  # fmt: skip
    built = [results.result, results.failure, results.closing, results.instead]
    for message in [build(job) for build in built]:
        check_message(message)
    check_message(results.undelivered(job, code=words))
    check_message(results.fresh_link(job, url=f"https://f.example/{words}"))
    check_message(results.no_link(job, code=words))
    check_message(results.no_link(job, message=words))
    check_message(results.account_pause(code=words))
