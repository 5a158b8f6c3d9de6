"""Short words to one person, and what commands answer."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.blocks import answers, messages
from handlers.blocks.answers import Balance
from handlers.blocks.cards import card
from handlers.blocks.ids import Action
from handlers.blocks.messages import Message
from handlers.blocks.phases import Standing
from handlers.errors import trouble
from handlers.parse import ParseError, speak
from storage.records import Account, DmWhen, Hold, JobState, Preference, QuestionKind
from tests.slack.limits import check_message
from tests.slack.nouns import WEAPONS, a_job, a_question, a_thread, buttons_of, words_of

PREFERENCE = Preference(workspace_id="T1", user_id="U1")


@dataclass(frozen=True)
class Item:
    """Something of the catalogue."""

    id: str
    name: str
    detail: str | None = None


@dataclass(frozen=True)
class File:
    """A file that HeyGen would not take."""

    code: str
    name: str


NEAR = [Item("v1", "Annabelle", "English"), Item("v2", "Anna")]


@pytest.mark.parametrize(
    ("message", "said"),
    [
        (messages.wrong("There is no flag --x."), "There is no flag --x."),
        (messages.wrong_file(File("file_type", "a.exe")), "That is not so with *a.exe*."),
        (messages.wrong_file(File("file_size", "a.mp4")), "A file is too large for HeyGen. It is *a.mp4*."),
        (messages.wrong_file(File("file_count", "21")), "HeyGen takes at most 20 files. Ask again"),
        (messages.not_for_guests(), "guests and people from other organizations"),
        (messages.cannot_post_here(), "I cannot join this conversation."),
        (messages.held_by_invite(bot_name="heygen"), "Type `/invite @heygen` and I go on by myself."),
        (messages.held_by_invite(bot_name="heygen", channel_id="C1"), "I'm not in <#C1> yet."),
        (messages.offer_dm(job_id="j1"), "in our direct messages instead?"),
        (messages.no_such_job("abc"), "There is nothing here with the id *abc*."),
        (messages.no_such_job(""), "You have not asked for anything in this channel yet."),
        (messages.unknown_click(), "I no longer know what this belongs to"),
        (messages.nothing_to_stop(), "Nothing is being made in this channel just now"),
        (messages.nothing_to_stop(others=["U1"]), "What <@U1> asked for is under way; only they and admins"),
        (messages.nothing_to_stop(others=["U1", "U2", "U3"]), "What <@U1>, <@U2> and <@U3> asked for is"),
        (messages.stopped_already(state="Done"), "There is nothing left to stop. How it is now: *Done*."),
        (messages.stopped_unseen(), "HeyGen had not been asked yet, so nothing was charged."),
        (messages.stopped(), "Stopped."),
        (messages.no_balance(trouble("service_unavailable", None)), "There is no balance to show just now. HeyGen had"),
        (messages.did_not_fail(state="Done"), "it did not fail. How it is now: *Done*."),
        (messages.went_on(state="Rendering"), "the thread has gone on since. How it is now: *Rendering*."),
        (messages.trying_again(link="<https://s.example|open>"), "I am trying again. <https://s.example|open>"),
        (messages.not_yours(requester_id="U1", deed="stop it"), "by <@U1>. Only they and admins can stop it."),
        (messages.already_answered(by="U2"), "<@U2> has answered this already."),
        (messages.no_longer_asked(state="Rendering"), "No answer is needed here any more. How it is now: *Rendering*."),
        (messages.kept_for_later(), "become the next version"),
        (messages.no_voice_needed(state="Done"), "waits for no voice any more. How it is now: *Done*."),
        (messages.nothing_to_move(state="Done", link=None), "nothing left to move here. How it is now: *Done*."),
        (
            messages.nothing_to_move(state="Done", link="<https://s.example|open>"),
            "*Done*.  ·  <https://s.example|open>",
        ),
        (messages.brought_already(is_there=False, link=None), "on its way into the thread."),
        (messages.brought_already(is_there=True, link="<https://s.example|it>"), "already.  ·  <https://s.example|it>"),
        (messages.no_words(), "Reply with what should be different"),
        (messages.only_audio_here(), "a reply changes nothing. `/speak` makes another one"),
        (messages.no_video_here(), "There is no video in this thread."),
        (messages.catalog_is_cold(subject="voice"), "loading the list of voices"),
        (
            messages.catalog_is_cold(subject="voice", said=trouble("unauthorized", None)),
            "HeyGen does not accept this app's key. Please tell the admins of this app.",
        ),
        (messages.unknown_name(subject="voice", wanted="Anabel", near=NEAR), "Did you mean *Annabelle* or *Anna*?"),
        (
            messages.unknown_name(subject="voice", wanted="Qq", near=[]),
            "There is no voice called *Qq*. The form behind `/video` alone lists every voice.",
        ),
        (
            messages.unknown_name(subject="voice", wanted="Qq", near=[], speech=True),
            "There is no voice called *Qq* that can read a text aloud. `/speak` without `--voice` lets you choose",
        ),
        (
            messages.ambiguous_name(subject="voice", wanted="Ann", near=NEAR),
            "• Annabelle (English) – `v1`\n• Anna – `v2`",
        ),
        (messages.welcome(), "Hi, I make HeyGen videos."),
        (answers.help(bot_name="heygen"), "`@heygen make …`"),
        (answers.jobs_list(jobs=[], now=0.0), "Nothing has been asked for in this channel yet."),
        (answers.settings(preference=PREFERENCE), "Direct messages: *for every finished video*"),
        (answers.credits(balances=[]), "HeyGen does not tell the balance"),
    ],
)
def test_words_to_one_person(message: Message, said: str) -> None:
    """They say what happened and what to do next, within Slack's limits."""
    check_message(message)
    assert said in words_of(message.blocks)


def test_a_mistake_in_a_flag_is_told_as_the_parser_says_it() -> None:
    """With whatever was typed shown as text."""
    with pytest.raises(ParseError) as raised:
        speak("x --speed <!channel>")
    message = messages.wrong(str(raised.value))
    check_message(message)
    assert "“&lt;!channel&gt;” is not." in message.text


def test_the_offered_dm_is_taken_by_a_button() -> None:
    """Its value is the job that waits."""
    assert buttons_of(messages.offer_dm(job_id="j1").blocks) == {Action.OPEN_IN_DM: "j1"}


def test_help_names_every_way_in() -> None:
    """Commands, mention, DM, replies."""
    words = words_of(answers.help(bot_name="heygen").blocks)
    flags = ("avatar", "voice", "style", "portrait", "landscape", "review", "speed", "language")
    ways = ("/video", "/speak", "direct message", "Reply", *(f"--{flag}" for flag in flags))
    assert [way for way in ways if way not in words] == []
    for word in ("jobs", "show", "stop", "retry", "credits", "settings"):
        assert f"/heygen {word}" in words


def test_jobs_are_listed_with_their_state() -> None:
    """At most ten, each with the id that `show` takes."""
    jobs = [Standing(job=a_job(id=f"j{n}", prompt="&" * 10_000)) for n in range(40)]
    message = answers.jobs_list(jobs=jobs, now=150.0)
    check_message(message)
    assert "The 10 newest of" in message.text
    assert "v1 · Working · 2 min ago · <@U1>  `j0`" in words_of(message.blocks)


def test_audio_is_no_link_called_speech() -> None:
    """It has no title: its line used to say Speech twice."""
    made = a_job(kind="speech", state=JobState.COMPLETED, file_id="F1", file_permalink="https://x.test/f")
    said = words_of(answers.jobs_list(jobs=[Standing(job=made)], now=150.0).blocks)
    assert "<https://x.test/f|open it>" in said
    assert 1 == said.count("Speech")


@pytest.mark.parametrize("state", JobState)
def test_one_job_is_shown_in_full(state: JobState) -> None:
    """Whatever its state; questions included."""
    found = Standing(job=a_job(state=state, prompt=WEAPONS), question=a_question())
    message = answers.show_job(shown_job=found, now=1.0)
    check_message(message)
    assert "its id is `j1`" in words_of(message.blocks)


@pytest.mark.parametrize(
    ("state", "named"),
    [
        (JobState.GENERATING, "For `/heygen stop` and `/heygen receipt` its id"),
        (JobState.FAILED, "For `/heygen retry` and `/heygen receipt` its id"),
        (JobState.COMPLETED, "For `/heygen receipt` its id"),
    ],
)
def test_a_job_is_shown_with_the_commands_that_do_something_with_it(state: JobState, named: str) -> None:
    """A finished one used to be offered to be stopped, and tried again."""
    found = Standing(job=a_job(state=state, failure_code="rendering_failed"))
    assert named in words_of(answers.show_job(shown_job=found, now=1.0).blocks)


HELD = Standing(job=a_job(state=JobState.QUEUED), place=1, hold=Hold.INVITE)
ASKED = Standing(job=a_job(state=JobState.WAITING_FOR_INPUT), question=a_question(kind=QuestionKind.REVIEW))


@pytest.mark.parametrize("found", [HELD, ASKED, *(Standing(job=a_job(state=state)) for state in JobState)])
def test_a_job_stands_everywhere_in_the_words_of_its_card(found: Standing) -> None:
    """In the list, in full and in the picker: also what it is held by, and what it asks."""
    on_the_card = card(
        thread=a_thread(hold=found.hold), jobs=[found.job], now=1.0, place=found.place, question=found.question
    )
    assert f"*{found.words}*" in words_of(on_the_card.blocks)
    for message in (
        answers.jobs_list(jobs=[found], now=1.0),
        answers.show_job(shown_job=found, now=1.0),
        answers.stop_picker(jobs=[found], now=1.0),
    ):
        check_message(message)
        assert found.words in words_of(message.blocks)


def test_a_held_job_asks_nothing_yet() -> None:
    """What holds its thread comes first, for a question could not be seen before that."""
    found = Standing(job=a_job(state=JobState.QUEUED), hold=Hold.INVITE, question=a_question(kind=QuestionKind.NAME))
    assert found.words == "Waiting for me to be invited to the channel"


def test_the_picker_stops_the_job_beside_its_button() -> None:
    """A button for each job."""
    message = answers.stop_picker(jobs=[Standing(job=a_job()), Standing(job=a_job(id="j2"))], now=0.0)
    check_message(message)
    assert [block["accessory"]["value"] for block in message.blocks if "accessory" in block] == ["j1", "j2"]


def test_the_voice_picker_remembers_its_job() -> None:
    """The text is shown, and kept with the job."""
    message = answers.voice_picker(job_id="j1", text=WEAPONS)
    check_message(message)
    assert message.blocks[2]["block_id"] == "voice_for:j1"


def test_the_balance_is_told_in_money_and_minutes() -> None:
    """Never more than there is; a pause is told, too."""
    balances = [Balance(name="wallet", amount=12.34, unit="usd"), Balance(name="add-on", amount=1200, unit="credits")]
    paused = Account(paused_until=1.0, pause_code="unauthorized", told=False)
    message = answers.credits(balances=balances, auto_reload=True, account=paused)
    check_message(message)
    assert message.text == "*Wallet*: $12.34 left, about 6 finished minutes\n*Add-on*: 1,200 credits left"
    words = words_of(message.blocks)
    assert "no longer accepts our key" in words
    assert "the admins know" not in words
    empty = answers.credits(balances=[Balance(name="wallet", amount=0.5, unit="usd")])
    assert empty.text == "*Wallet*: $0.50 left, less than a finished minute"


@pytest.mark.parametrize("dm", DmWhen)
def test_settings_are_shown_for_every_choice(dm: DmWhen) -> None:
    """With the names people know."""
    preference = Preference(workspace_id="T1", user_id="U1", dm=dm, voice_id="v", voice_name="Bea")
    assert "Voice: *Bea*" in words_of(answers.settings(preference=preference).blocks)


WITH_WORDS: list[Callable[[str], Message]] = [
    messages.wrong,
    messages.no_such_job,
    lambda words: messages.held_by_invite(bot_name=words[:80]),
    lambda words: messages.wrong_file(File("file_type", words)),
    lambda words: messages.unknown_name(subject="voice", wanted=words, near=[Item("v", words)] * 9),
    lambda words: messages.ambiguous_name(subject="voice", wanted=words, near=[Item(words, words, words)] * 9),
    lambda words: answers.voice_picker(job_id="j1", text=words),
    lambda words: answers.jobs_list(jobs=[Standing(job=a_job(prompt=words, title=words, page_url=words))], now=0.0),
    lambda words: answers.show_job(
        shown_job=Standing(job=a_job(prompt=words, title=words, failure_code=words)), now=0.0
    ),
    lambda words: answers.stop_picker(jobs=[Standing(job=a_job(prompt=words))], now=0.0),
    lambda words: answers.settings(
        preference=Preference(workspace_id="T1", user_id="U1", voice_name=words, avatar_name=words)
    ),
]


@pytest.mark.parametrize("build", WITH_WORDS)
@given(words=st.text(min_size=1).filter(str.strip) | st.just(WEAPONS) | st.just("&" * 12_000))
def test_any_words_make_a_message_that_slack_takes(build: Callable[[str], Message], words: str) -> None:
    """Whatever people type and HeyGen names."""
    check_message(build(words))
