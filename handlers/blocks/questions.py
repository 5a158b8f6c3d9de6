"""What a person is asked, and what became of it. A question's message is edited once it is answered or closed."""

from bot.jobs.engine.talking import APPROVAL
from handlers.blocks.elements import Block, actions, button, context, quote, section
from handlers.blocks.ids import Action, answer_id, answer_value
from handlers.blocks.messages import Message
from handlers.blocks.price import days
from handlers.text import shown
from storage.records import Option, Question, QuestionKind, QuestionState

ANSWER_SHOWN = 500
NAME_SHOWN = 100
SUMMARY_SHOWN = 300
BUTTONS_MOST = 25
DIFFERENCE_SHOWN = 6


def question(asked: Question, *, requester_id: str) -> Message:
    """The message of a question as it is now: open with its buttons, answered, or closed."""
    match asked.state:
        case QuestionState.OPEN:
            return _open(asked, requester_id)
        case QuestionState.ANSWERED:
            return _settled(asked, _answered(asked))
        case QuestionState.CLOSED:
            return _settled(asked, "Closed without an answer here.")


def reminder(asked: Question, *, requester_id: str, now: float) -> Message:
    """The one reminder of an open question."""
    closes = f" I close it in {days(asked.close_at - now)}." if asked.close_at is not None else ""
    text = f"<@{requester_id}> this still waits for an answer.{closes}"
    hint = _reminder_hint(asked)
    return Message(
        f"{text} {shown(asked.text, SUMMARY_SHOWN)}", [section(text), quote(asked.text, 1_000), context(hint)]
    )


def _open(asked: Question, requester_id: str) -> Message:
    lead = f"<@{requester_id}> {_lead(asked)}"
    blocks = [section(lead), *_words(asked), *_buttons(asked), context(_hint(asked))]
    summary = f" {shown(asked.text, SUMMARY_SHOWN)}" if _words(asked) else ""
    return Message(lead + summary, blocks)


def _settled(asked: Question, outcome: str) -> Message:
    lead = _lead(asked)
    return Message(f"{lead} {outcome}", [section(lead), *_words(asked), context(outcome)])


def _answered(asked: Question) -> str:
    if asked.kind is QuestionKind.REVIEW and asked.answer == APPROVAL:
        return f"Approved by <@{asked.answered_by}>."
    return f"Answered by <@{asked.answered_by}>: {shown(_answer(asked), ANSWER_SHOWN)}"


def _lead(asked: Question) -> str:
    match asked.kind:
        case QuestionKind.AGENT:
            return "HeyGen asks:"
        case QuestionKind.REVIEW:
            return "The storyboard is ready. HeyGen says:"
        case QuestionKind.NAME:
            return _name_lead(asked)
        case QuestionKind.UNCONFIRMED:
            return "HeyGen may already have got this. Send it again? It could be charged twice."


def _name_lead(asked: Question) -> str:
    name = shown(asked.text, NAME_SHOWN)
    subject = asked.subject or "name"
    near = [option for option in asked.options if option.value]
    if sum(_is_called(option, asked.text) for option in near) > 1:
        return f"Several {subject}s are called *{name}*. Which one do you mean?"
    hint = "Did you mean one of these?" if near else "Please give another name."
    return f"There is no {subject} called *{name}*. {hint}"


def _is_called(option: Option, name: str) -> bool:
    """Whether the option has this very name; what tells it apart may follow in brackets."""
    label, wanted = option.label.casefold(), " ".join(name.casefold().split())
    return label == wanted or label.startswith(f"{wanted} (")


def _words(asked: Question) -> list[Block]:
    """The quoted words; a name stands in the lead already."""
    return [] if asked.kind is QuestionKind.NAME else [quote(asked.text)]


def _reminder_hint(asked: Question) -> str:
    if asked.kind is QuestionKind.UNCONFIRMED:
        return "Use the buttons above."  # a reply decides nothing that may be charged twice
    has_buttons = asked.kind is QuestionKind.REVIEW or bool(asked.options)
    return "Use the buttons above, or just reply here." if has_buttons else "Just reply here."


def _buttons(asked: Question) -> list[Block]:
    if asked.kind is QuestionKind.REVIEW:
        approve = button("Approve", Action.APPROVE, asked.id, style="primary")
        return [actions(approve, button("Change…", Action.CHANGE, asked.job_id))]
    elements = [
        button(_label(asked, option), answer_id(number), answer_value(asked.id, number))
        for number, option in enumerate(asked.options[:BUTTONS_MOST])
    ]
    return [actions(*elements)] if elements else []


def _label(asked: Question, option: Option) -> str:
    """The option's label; where several are the same, the end of what they stand for tells them apart."""
    same = [other for other in asked.options if other.label == option.label]
    if len(same) < 2:
        return option.label
    return f"{option.label[: 70 - DIFFERENCE_SHOWN]} …{option.value[-DIFFERENCE_SHOWN:]}"


def _hint(asked: Question) -> str:
    match asked.kind:
        case QuestionKind.AGENT:
            return "Or just reply here." if asked.options else "Just reply here."
        case QuestionKind.REVIEW:
            return "Or reply here with what to change."
        case QuestionKind.NAME:
            return "Or reply here with another name."
        case QuestionKind.UNCONFIRMED:
            return (
                "I could not find out by myself. *Leave it* ends this one; if HeyGen has it, it may still finish there."
            )


def _answer(asked: Question) -> str:
    answer = asked.answer or ""
    return next((option.label for option in asked.options if option.value == answer), answer)
