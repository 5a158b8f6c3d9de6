"""The card in every state."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.blocks.cards import card
from handlers.blocks.ids import Action
from storage.records import OPEN_STATES, Account, Attachment, Brief, Hold, Job, JobState, QuestionKind
from tests.slack.limits import check_message
from tests.slack.nouns import WEAPONS, a_job, a_question, a_thread, buttons_of, words_of

NOW = 1_000.0
PAUSED = Account(paused_until=2_000.0, pause_code="insufficient_credit", told=True)


def shown_words(*jobs: Job, **more: Any) -> str:
    """What the card of these jobs says."""
    message = card(thread=a_thread(), jobs=jobs, now=NOW, **more)
    check_message(message)
    return words_of(message.blocks)


def buttons(*jobs: Job) -> dict[str, str]:
    """The buttons of the card of these jobs."""
    return buttons_of(card(thread=a_thread(), jobs=jobs, now=NOW).blocks)


@pytest.mark.parametrize(
    ("job", "more", "said"),
    [
        (a_job(state=JobState.QUEUED), {}, "*Queued*"),
        (a_job(state=JobState.QUEUED), {"place": 1}, "*Queued, next in line*"),
        (a_job(state=JobState.QUEUED), {"place": 2}, "*Queued, 2nd in line*"),
        (a_job(state=JobState.QUEUED), {"place": 3}, "*Queued, 3rd in line*"),
        (a_job(state=JobState.QUEUED), {"place": 11}, "*Queued, 11th in line*"),
        (a_job(state=JobState.QUEUED), {"place": 23}, "*Queued, 23rd in line*"),
        (a_job(state=JobState.QUEUED), {"question": a_question(kind=QuestionKind.NAME)}, "A name is not clear"),
        (a_job(state=JobState.QUEUED), {"account": PAUSED}, "out of credit; the admins know"),
        (a_job(state=JobState.SUBMITTING), {}, "*Sending to HeyGen*"),
        (a_job(state=JobState.SUBMITTING), {"account": PAUSED}, "*Waiting to go to HeyGen*"),
        (a_job(state=JobState.UNCONFIRMED), {}, "*Checking whether HeyGen got it*"),
        (a_job(state=JobState.UNCONFIRMED), {"question": a_question(kind=QuestionKind.UNCONFIRMED)}, "please decide"),
        (a_job(phase="thinking"), {}, "*Planning*"),
        (a_job(phase="generating"), {}, "*Rendering*"),
        (a_job(phase="generating", progress=97), {}, "*Finishing*"),
        (a_job(phase="reviewing"), {}, "*Storyboard ready, going on*"),
        (a_job(phase="brand_new"), {}, "*Working*"),
        (a_job(state=JobState.WAITING_FOR_INPUT), {"question": a_question()}, "HeyGen asks something"),
        (a_job(state=JobState.WAITING_FOR_INPUT), {"question": a_question(kind=QuestionKind.REVIEW)}, "Storyboard"),
        (a_job(state=JobState.COMPLETED), {}, "*Finished at HeyGen, bringing it here*"),
        (a_job(state=JobState.COMPLETED, result_ts="2.1"), {}, "*Done*"),
        (a_job(state=JobState.FAILED, failure_code="rendering_failed"), {}, "HeyGen could not finish rendering it."),
        (a_job(state=JobState.CANCELLED, cancel_asked_by="U2"), {}, "*Stopped by <@U2>*"),
        (a_job(slow_told=True), {}, "taking longer than usual"),
        (a_job(), {"waiting_replies": 1}, "1 reply is kept for the next version."),
        (a_job(), {"waiting_replies": 2}, "2 replies are kept"),
        (
            a_job(state=JobState.CANCELLED),
            {"waiting_replies": 1},
            "1 reply is kept; the next reply here makes a version",
        ),
        (a_job(prompt="a 30 s intro"), {}, "Likely cost: about $1.00 for 30 s."),
        (a_job(kind="speech", state=JobState.SUBMITTING), {}, "*Speech* for <@U1>"),
        (a_job(kind="speech", state=JobState.COMPLETED, file_trouble="expired_audio"), {}, "could not be brought here"),
    ],
)
def test_the_card_says_how_things_are(job: Job, more: dict[str, Any], said: str) -> None:
    """In plain words for every state, phase and obstacle."""
    assert said in shown_words(job, **more)


@pytest.mark.parametrize("state", JobState)
def test_every_state_has_a_card(state: JobState) -> None:
    """With the requester, the prompt, and a text for notifications."""
    job = a_job(state=state)
    message = card(thread=a_thread(), jobs=[job], now=NOW)
    check_message(message)
    assert "<@U1>" in words_of(message.blocks)
    assert "A red barn" in words_of(message.blocks)
    assert message.text.startswith("Video v1: ")


@pytest.mark.parametrize("hold", Hold)
def test_a_held_thread_says_what_it_waits_for(hold: Hold) -> None:
    """Nothing is queued at HeyGen while it is held."""
    message = card(thread=a_thread(hold=hold), jobs=[a_job(state=JobState.QUEUED)], now=NOW)
    assert "*Waiting for" in words_of(message.blocks)


@pytest.mark.parametrize("state", JobState)
def test_time_cost_and_bar_are_shown_only_while_they_are_true(state: JobState) -> None:
    """Elapsed time and bar while HeyGen works; the likely cost while nothing has been decided."""
    words = shown_words(a_job(state=state, submitted_at=NOW - 150, progress=40))
    assert ("2 min" in words) is (state is JobState.GENERATING)
    assert ("▓▓▓▓░░░░░░ 40 %" in words) is (state is JobState.GENERATING)
    assert ("Likely cost" in words) is (state in OPEN_STATES)


@pytest.mark.parametrize("state", JobState)
def test_stop_stands_on_the_card_of_what_can_be_stopped(state: JobState) -> None:
    """And on no other; its value is the job."""
    expected = {Action.STOP: "j1"} if state in OPEN_STATES else {}
    assert {name: value for name, value in buttons(a_job(state=state)).items() if name == Action.STOP} == expected


def test_retry_is_offered_where_it_has_a_chance() -> None:
    """Not for moderated words; a lost session is started again."""
    assert buttons(a_job(state=JobState.FAILED, failure_code="rendering_failed")) == {Action.RETRY: "j1"}
    assert buttons(a_job(state=JobState.FAILED, failure_code="content_policy_violation")) == {}
    assert "Start again" in shown_words(a_job(state=JobState.FAILED, failure_code="session_lost"))


def test_a_stopped_video_that_came_anyway_is_a_button() -> None:
    """Also when another version is under way; not once it was fetched, nor while it is unfinished."""
    came = a_job(id="j0", state=JobState.CANCELLED, video_id="v", progress=100)
    assert buttons(came) == {Action.BRING_BACK: "j0"}
    assert buttons(came, a_job()) == {Action.STOP: "j1", Action.BRING_BACK: "j0"}
    assert buttons(a_job(state=JobState.CANCELLED, video_id="v", progress=60)) == {}
    assert buttons(a_job(state=JobState.CANCELLED, video_id="v", progress=100, result_ts="2.1")) == {}


def test_files_are_counted_while_they_are_prepared() -> None:
    """Each file HeyGen has is ready."""
    files = [Attachment(file_id=f"F{n}", name="a", mimetype="image/png", size_bytes=1) for n in range(3)]
    known = Attachment(file_id="F9", name="a", mimetype="image/png", size_bytes=1, asset_id="a1")
    brief = Brief(prompt="x", files=(known, *files))
    words = shown_words(a_job(state=JobState.SUBMITTING, brief=brief))
    assert "Preparing your files (1 of 4 ready)" in words
    assert "4 files" in words


def test_what_was_chosen_stands_on_the_card() -> None:
    """Avatar, voice, style, orientation, review."""
    brief = Brief(prompt="x", avatar="Annie", voice="Bea", style="Noir", orientation="portrait", review=True)
    assert "Avatar Annie · Voice Bea · Style Noir · portrait · review first" in shown_words(a_job(brief=brief))


def test_done_links_to_the_result() -> None:
    """To the file in Slack; to HeyGen's page where there is no file."""
    done: dict[str, Any] = {"state": JobState.COMPLETED, "title": "Barn", "duration_seconds": 32.0, "result_ts": "2.1"}
    file, page = "https://s.example/f", "https://h.example/v"
    assert f"<{file}|Barn>  ·  32 s" in shown_words(a_job(file_permalink=file, page_url=page, **done))
    assert f"<{page}|Barn>" in shown_words(a_job(page_url=page, **done))


def test_earlier_versions_are_listed_newest_first() -> None:
    """Each with its end: a link, a reason, who stopped it."""
    first = a_job(state=JobState.COMPLETED, result_ts="2", page_url="https://h.example/1", title="Barn")
    second = a_job(version=2, state=JobState.FAILED, failure_code="rendering_failed")
    third = a_job(version=2, state=JobState.CANCELLED, cancel_asked_by="U2")
    words = shown_words(first, second, third, a_job(version=2, state=JobState.QUEUED))
    assert (
        "*Earlier*\n"
        "v2 · stopped by <@U2>\n"
        "v2 · failed · HeyGen could not finish rendering it.\n"
        "v1 · done · <https://h.example/1|Barn>"
    ) in words


def test_fifty_versions_of_the_longest_prompt_fit() -> None:
    """The oldest are counted, not listed."""
    brief = Brief(prompt="&" * 10_000, avatar="&" * 500, voice="<" * 500, style=">" * 500, orientation="landscape")
    url = "https://h.example/" + "&" * 300
    old = [
        a_job(version=n, state=JobState.COMPLETED, title="&" * 300, page_url=url, result_ts="2", brief=brief)
        for n in range(1, 50)
    ]
    message = card(thread=a_thread(), jobs=[*old, a_job(version=50, brief=brief)], now=NOW, account=PAUSED)
    check_message(message)
    few = shown_words(*[a_job(version=n, state=JobState.FAILED) for n in range(1, 50)], a_job(version=50))
    assert "and 39 more before" in few


def test_a_prompt_mentions_nobody() -> None:
    """Neither in the blocks nor in the notification."""
    message = card(thread=a_thread(), jobs=[a_job(prompt=WEAPONS)], now=NOW)
    check_message(message)
    assert WEAPONS in words_of(message.blocks)  # rich text shows it literally
    assert "<!channel>" not in message.text


def test_a_card_that_looks_the_same_has_the_same_digest() -> None:
    """So that an edit that would change nothing is not sent."""
    cards = [card(thread=a_thread(), jobs=[a_job(progress=p, submitted_at=NOW)], now=NOW) for p in (10, 10, 20)]
    assert cards[0].digest == cards[1].digest != cards[2].digest


@given(
    prompt=st.text(max_size=10_000), name=st.text(), title=st.text(), said=st.text(), phase=st.text(),
    state=st.sampled_from(JobState), kind=st.sampled_from(["agent", "speech"]),
    progress=st.none() | st.integers(min_value=-5, max_value=500), age=st.floats(min_value=-1e6, max_value=1e9),
)  # fmt: skip
def test_any_words_make_a_card_that_slack_takes(
    prompt: str, name: str, title: str, said: str, phase: str, state: JobState, kind: str, progress: int, age: float
) -> None:
    """Whatever people type and HeyGen answers."""
    brief = Brief(prompt=prompt, avatar=name, voice=name, style=name, orientation=name, speed=1.5, language=name)
    job = a_job(
        brief=brief, title=title, failure_code=name, failure_message=said, phase=phase, state=state, kind=kind,
        progress=progress, created_at=NOW - age, file_trouble=name, page_url="https://h.example/" + said,
        result_ts="2.1", duration_seconds=abs(age), cancel_asked_by="U2",
    )  # fmt: skip
    check_message(card(thread=a_thread(), jobs=[job, job], now=NOW))
