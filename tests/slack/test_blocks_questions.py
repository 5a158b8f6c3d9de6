"""Questions: open, answered, closed, reminded of."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.jobs.engine.talking import APPROVAL
from handlers.blocks import ids
from handlers.blocks.ids import Action
from handlers.blocks.questions import question, reminder
from storage.records import Option, QuestionKind, QuestionState
from tests.slack.limits import check_message
from tests.slack.nouns import WEAPONS, a_question, buttons_of, words_of

OPTIONS = (Option(label="Office", value="Office"), Option(label="Beach", value="Beach"))
NAMES = (Option(label="Annabelle", value="v1"), Option(label="Let HeyGen choose the voice", value=""))
SEND = (Option(label="Send it again", value="send again"), Option(label="Leave it", value="leave it"))


def test_a_question_with_options_has_a_button_for_each() -> None:
    """Each button names its question and option, and has an action of its own."""
    message = question(a_question(options=OPTIONS), requester_id="U1")
    check_message(message)
    assert buttons_of(message.blocks) == {"answer:0": "q1:0", "answer:1": "q1:1"}
    assert message.text == "<@U1> HeyGen asks: Which one?"
    assert "Or just reply here." in words_of(message.blocks)


def test_a_button_leads_back_to_its_question() -> None:
    """What the builder writes, the listener reads."""
    assert ids.read_answer(ids.answer_value("a:b", 3)) == ("a:b", 3)
    assert re.match(ids.ANSWER_PATTERN, ids.answer_id(12))
    assert ids.read_voice_block(ids.voice_block("j1")) == "j1"


def test_an_open_question_takes_words() -> None:
    """No buttons, and it says how to answer."""
    message = question(a_question(), requester_id="U1")
    assert buttons_of(message.blocks) == {}
    assert "Just reply here." in words_of(message.blocks)


def test_a_storyboard_is_approved_or_changed() -> None:
    """Approve answers the question; Change asks about the job."""
    message = question(a_question(kind=QuestionKind.REVIEW), requester_id="U1")
    check_message(message)
    assert buttons_of(message.blocks) == {Action.APPROVE: "q1", Action.CHANGE: "j1"}


def test_a_name_that_nothing_has_gets_suggestions() -> None:
    """And the way on without one."""
    asked = a_question(kind=QuestionKind.NAME, subject="voice", text="Anabel", options=NAMES)
    message = question(asked, requester_id="U1")
    check_message(message)
    assert message.text == "<@U1> There is no voice called *Anabel*. Did you mean one of these?"
    assert len(buttons_of(message.blocks)) == 2


def test_a_name_that_several_have_is_not_called_unknown() -> None:
    """Also when each is offered with what tells it apart."""
    several = tuple(Option(label=f"Daniel ({language})", value=language) for language in ("English", "German"))
    asked = a_question(kind=QuestionKind.NAME, subject="voice", text="daniel", options=several)
    assert question(asked, requester_id="U1").text == (
        "<@U1> Several voices are called *daniel*. Which one do you mean?"
    )


def test_a_name_with_nothing_near_it_asks_for_another() -> None:
    """Without promising suggestions."""
    asked = a_question(kind=QuestionKind.NAME, subject="voice", text="Qq", options=NAMES[1:])
    assert "Please give another name." in question(asked, requester_id="U1").text


def test_a_name_that_several_have_is_told_apart() -> None:
    """Two buttons never look the same."""
    options = (Option(label="Daniel", value="voice-111111"), Option(label="Daniel", value="voice-222222"))
    asked = a_question(kind=QuestionKind.NAME, subject="voice", text="daniel", options=options)
    message = question(asked, requester_id="U1")
    assert "Several voices are called *daniel*." in message.text
    assert {"Daniel …111111", "Daniel …222222"} <= {
        element["text"]["text"]
        for block in message.blocks
        for element in block.get("elements", [])
        if "value" in element
    }


def test_a_lost_answer_is_asked_about_with_its_price() -> None:
    """Sending again may be charged twice, and the person is told so."""
    message = question(a_question(kind=QuestionKind.UNCONFIRMED, options=SEND), requester_id="U1")
    assert "It could be charged twice." in message.text
    assert len(buttons_of(message.blocks)) == 2


@pytest.mark.parametrize("kind", QuestionKind)
@pytest.mark.parametrize("state", [QuestionState.ANSWERED, QuestionState.CLOSED])
def test_a_settled_question_has_no_buttons(kind: QuestionKind, state: QuestionState) -> None:
    """It cannot be answered twice."""
    asked = a_question(kind=kind, state=state, options=SEND, answer="send again", answered_by="U2")
    message = question(asked, requester_id="U1")
    check_message(message)
    assert buttons_of(message.blocks) == {}


def test_an_answered_question_shows_the_answer_and_by_whom() -> None:
    """In the words of the button."""
    asked = a_question(state=QuestionState.ANSWERED, options=NAMES, answer="v1", answered_by="U2")
    assert "Answered by <@U2>: Annabelle" in question(asked, requester_id="U1").text


def test_the_reminder_says_when_the_question_closes() -> None:
    """And how to answer."""
    message = reminder(a_question(close_at=7 * 86_400.0), requester_id="U1", now=86_400.0)
    check_message(message)
    assert "<@U1> this still waits for an answer. I close it in 6 days." in message.text
    assert "Just reply here." in words_of(message.blocks)


def test_the_reminder_of_what_only_a_button_decides_asks_for_no_reply() -> None:
    """What may be charged twice is not decided by words."""
    message = reminder(a_question(kind=QuestionKind.UNCONFIRMED, options=SEND), requester_id="U1", now=0.0)
    assert "Use the buttons above." in words_of(message.blocks)
    assert "reply" not in words_of(message.blocks)


def test_an_approval_puts_no_words_into_anybodys_mouth() -> None:
    """What HeyGen is told then is the app's sentence, not the person's."""
    asked = a_question(kind=QuestionKind.REVIEW, state=QuestionState.ANSWERED, answer=APPROVAL, answered_by="U2")
    assert "Approved by <@U2>." in question(asked, requester_id="U1").text
    changed = a_question(kind=QuestionKind.REVIEW, state=QuestionState.ANSWERED, answer="Red", answered_by="U2")
    assert "Answered by <@U2>: Red" in question(changed, requester_id="U1").text


@given(
    text=st.text() | st.just(WEAPONS) | st.just("&" * 20_000), answer=st.text() | st.just(WEAPONS),
    labels=st.lists(st.text(), max_size=30), kind=st.sampled_from(QuestionKind), state=st.sampled_from(QuestionState),
)  # fmt: skip
def test_any_words_of_the_agent_make_a_message_that_slack_takes(
    text: str, answer: str, labels: list[str], kind: QuestionKind, state: QuestionState
) -> None:
    """And that mentions nobody but those we mean."""
    options = tuple(Option(label=label, value=label) for label in labels)
    asked = a_question(text=text, options=options, kind=kind, state=state, answer=answer, answered_by="U2")
    check_message(question(asked, requester_id="U1"))
    check_message(reminder(asked, requester_id="U1", now=0.0))
