"""A job's receipt: what was asked, sent, brought back and posted, how often and when, and what it cost."""

from collections import Counter
from collections.abc import Sequence

from bot.jobs.receipt import Call, Fate, calls, submits, times_asked
from handlers.blocks.cards import heading, result_link, shown_title, wishes
from handlers.blocks.elements import SECTION_LIMIT, Block, context, facts, quote, section
from handlers.blocks.messages import Message
from handlers.blocks.phases import reason
from handlers.blocks.price import finished_cost, length, likely_cost
from handlers.blocks.results import charged
from handlers.errors import trouble
from handlers.text import escape, moment, shown
from storage.receipts import Receipt
from storage.records import OPEN_STATES, Job, JobState, Question, QuestionState

PROMPT_QUOTED = 300
PROMPT_LINE = 80
ID_SHOWN = 100
CODE_SHOWN = 60
# What stands on a line of its own, in this order, and what was done with it. Looking a name up changes nothing.
AT_HEYGEN = {
    "asset": ("Files for HeyGen", "sent"),
    "video": ("Request for the video", "sent"),
    "revision": ("The revision", "sent"),
    "speech": ("Request for the audio", "sent"),
    "message": ("Answers to HeyGen", "sent"),
    "stop": ("Stop", "sent"),
}
IN_SLACK = {
    "enter": ("This channel", "joined"),
    "card": ("The card of this thread", "posted"),
    "edit": ("Edits of the card, for all versions", "made"),
    "say": ("Replies in the thread", "posted"),
    "edit_question": ("Edits of questions", "made"),
    "upload": ("Files", "posted"),
    "dm": ("Direct messages", "posted"),
    "whisper": ("Answers to one person", "posted"),
}
FATES = {
    Fate.DONE: "done",
    Fate.WAITING: "waiting",
    Fate.UNDER_WAY: "under way",
    Fate.IN_DOUBT: "answer lost, being looked for",
    Fate.REFUSED: "refused",
    Fate.UNDECIDED: "never settled",
    Fate.NOT_NEEDED: "not needed",
}


def receipt(kept: Receipt, *, state: str) -> Message:
    """The receipt for the one who asked for it. `state` is the job's phase, as its card says it."""
    job, made = kept.job, calls(kept)
    sent = _lines(made, AT_HEYGEN) or ["Nothing yet."]
    posted = _lines(made, IN_SLACK) or ["Nothing yet."]
    blocks = [
        section(f"*Receipt*  ·  {heading(job)}"),
        quote(job.brief.prompt, PROMPT_QUOTED),
        context(_asked(job)),
        *_sections(["*Sent to HeyGen*", *sent]),
        facts("*What came back*", _came_back(job, kept.questions, state)),
        *([context(f"Why it failed: {reason(job)}")] if job.state is JobState.FAILED else []),
        *_sections(["*Posted in Slack*", *posted]),
        section("\n".join(["*Cost*", *_cost(job, made)])),
        context("HeyGen does not tell what it charged; `/heygen credits` shows what is left."),
    ]
    return Message(f"Receipt: {state} – {shown(job.brief.prompt, PROMPT_LINE)}", blocks)


def _asked(job: Job) -> str:
    again = f"tries `{escape(job.retry_of)}` again" if job.retry_of else None
    parts = [f"Asked {moment(job.created_at)}", *wishes(job), again, f"id `{escape(job.id)}`"]
    return " · ".join(part for part in parts if part)


def _sections(lines: Sequence[str]) -> list[Block]:
    """The lines in as few paragraphs as hold them; no line is cut."""
    paragraphs = [lines[0]]
    for line in lines[1:]:
        if len(paragraphs[-1]) + len(line) < SECTION_LIMIT:
            paragraphs[-1] += f"\n{line}"
        else:
            paragraphs.append(line)
    return [section(paragraph) for paragraph in paragraphs]


def _lines(made: Sequence[Call], kinds: dict[str, tuple[str, str]]) -> list[str]:
    """One line for each kind of call, however many there were."""
    alike = {what: [call for call in made if call.what == what and _is_worth_telling(call)] for what in kinds}
    return [_line(*kinds[what], group) for what, group in alike.items() if group]


def _is_worth_telling(call: Call) -> bool:
    return call.fate is not Fate.NOT_NEEDED or call.tries != 0


def _line(label: str, deed: str, group: Sequence[Call]) -> str:
    reads = sum(call.reads for call in group)
    parts = [_fates(group), _tries(deed, group), _span(group), f"looked for {times(reads)}" if reads else None]
    return f"• {label}: {' · '.join(part for part in parts if part)}"


def _fates(group: Sequence[Call]) -> str:
    if len(group) == 1:
        [call] = group
        why = call.reason if call.fate is Fate.REFUSED else None
        return f"*{FATES[call.fate]}*" + (f" (`{shown(why, CODE_SHOWN)}`)" if why else "")
    counted = Counter(call.fate for call in group)
    return ", ".join(f"*{counted[fate]} {words}*" for fate, words in FATES.items() if counted[fate])


def _tries(deed: str, group: Sequence[Call]) -> str | None:
    known = sum(call.tries or 0 for call in group)
    uncounted = sum(call.tries is None for call in group)
    if uncounted:
        return f"{deed} at least {times(known + uncounted)}"
    return f"{deed} {times(known)}" if known else None


def times(count: int) -> str:
    """How often, in words."""
    return {1: "once", 2: "twice"}.get(count, f"{count:,} times")


def _span(group: Sequence[Call]) -> str | None:
    times_known = [at for call in group for at in (call.first_at, call.last_at) if at is not None]
    return _between(times_known) if times_known else None


def _between(times_known: Sequence[float]) -> str:
    first, last = moment(min(times_known)), moment(max(times_known))
    return first if first == last else f"{first} – {last}"


def _came_back(job: Job, asked: Sequence[Question], state: str) -> list[str]:
    done = job.state is JobState.COMPLETED
    known = {
        "State": state,
        "Taken by HeyGen": moment(job.submitted_at) if job.submitted_at is not None else None,
        "Ended": moment(job.finished_at) if job.finished_at is not None else None,
        "Title" if job.title else "Result": (result_link(job) or _title(job)) if done else None,
        "Length": length(job.duration_seconds) if job.duration_seconds else None,
        "Questions": _questions(asked) if asked else None,
        "Session": f"`{shown(job.session_id, ID_SHOWN)}`" if job.session_id else None,
        "Video": f"`{shown(job.video_id, ID_SHOWN)}`" if job.video_id else None,
    }
    return [f"*{name}*\n{value}" for name, value in known.items() if value]


def _title(job: Job) -> str | None:
    return escape(shown_title(job)) if job.title else None


def _questions(asked: Sequence[Question]) -> str:
    answered = sum(question.state is QuestionState.ANSWERED for question in asked)
    return f"{len(asked)} asked, {answered} answered · {_between([question.asked_at for question in asked])}"


def _cost(job: Job, made: Sequence[Call]) -> list[str]:
    return [line for line in (_amount(job, made), _doubt(made)) if line]


def _amount(job: Job, made: Sequence[Call]) -> str | None:
    likely = likely_cost(job.kind, job.brief.prompt)
    if job.state in OPEN_STATES:
        return f"Likely cost: {likely}."
    if not any(call.tries != 0 for call in submits(made)):
        return "Nothing was sent to HeyGen, so nothing was charged."
    match job.state:
        case JobState.COMPLETED if job.duration_seconds:
            cost = finished_cost(job.kind, job.duration_seconds)
            return f"{cost[:1].upper()}{cost[1:]}, at HeyGen's list price."
        case JobState.COMPLETED:
            return f"HeyGen did not tell how long it is. Likely cost: {likely}."
        case JobState.FAILED:
            in_doubt = any(call.fate is Fate.UNDECIDED for call in submits(made))
            return charged(trouble(job.failure_code, job.failure_message), in_doubt=in_doubt)
        case _ if times_asked(made):
            return "It was stopped; HeyGen may have charged it."
        case _:
            return "HeyGen did not take it, so nothing was charged."


def _doubt(made: Sequence[Call]) -> str | None:
    """What is not known about how often HeyGen makes it."""
    asked, fates = times_asked(made), Counter(call.fate for call in submits(made))
    if fates[Fate.DONE] == asked > 1:
        return f"HeyGen took it {times(asked)}: it may have been charged {times(asked)}."
    if asked > 1:
        often = times(asked)
        return f"It was sent {often}, and nobody knows whether HeyGen took all: it may have been charged {often}."
    return "Nobody knows whether HeyGen took it: it may have been charged." if fates[Fate.UNDECIDED] else None
