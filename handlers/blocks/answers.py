"""What commands answer, to the one who typed them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from handlers.blocks.cards import heading, may_be_retried, notes, result_link, state_line, wishes
from handlers.blocks.elements import SECTION_LIMIT, Block, actions, button, context, plain_text, quote, section
from handlers.blocks.ids import Action, voice_block
from handlers.blocks.messages import Message, notice
from handlers.blocks.phases import Standing, is_delivered, paused
from handlers.blocks.price import VIDEO_USD_PER_SECOND, elapsed
from handlers.text import escape, shown
from storage.records import OPEN_STATES, Account, DmWhen, Job, Preference

JOBS_SHOWN = 10
PROMPT_LINE = 80
OWN_RUNNING = "Several things of yours are being made here."
OTHERS_RUNNING = "Nothing of yours is being made here, but this is."

HELP: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "Make a video",
        (
            "`/video A 30 s intro for our team page` – or `/video` alone for a form",
            'Add `--avatar NAME`, `--voice NAME` or `--style NAME`; long names in quotes: `--voice "Anna Lee"`',
            "Add `--portrait` or `--landscape`, and `--review` to see the storyboard first",
            "`@{bot} make …` in a channel or thread, with files if you like, or a direct message to me",
        ),
    ),
    (
        "Change it",
        (
            "Reply in its thread: every reply makes the next version",
            "When HeyGen asks something, answer with a button or a reply",
            "Stop with the button, `/heygen stop` or a :octagonal_sign: on the card",
        ),
    ),
    (
        "Make speech",
        ("`/speak Welcome, everybody! --voice NAME --speed 1.2 --language English`",),
    ),
    (
        "Look after things",
        (
            "`/heygen jobs`, `/heygen show`, `/heygen stop`, `/heygen retry` – what is made in this channel",
            "`/heygen receipt` – what was sent, brought back and posted, how often and when, and what it cost",
            "`/heygen credits` – what is left at HeyGen",
            "`/heygen settings` – your direct messages, voice and avatar",
            "`/heygen video …` and `/heygen speak …` do the same as `/video` and `/speak`",
        ),
    ),
)
DM_WORDS = {
    DmWhen.ALWAYS: "for every finished video",
    DmWhen.AWAY: "when you are away from the thread",
    DmWhen.NEVER: "never",
}


@dataclass(frozen=True, kw_only=True)
class Balance:
    """Something left at HeyGen."""

    name: str  # wallet, premium credits, …
    amount: float
    unit: Literal["usd", "credits"]


def help(*, bot_name: str) -> Message:
    """All ways in."""
    blocks = []
    for title, lines in HELP:
        listed = "\n".join(f"• {line.replace('{bot}', escape(bot_name))}" for line in lines)
        blocks.append(section(f"*{title}*\n{listed}"))
    blocks.append(context("Videos and voices are made by HeyGen's AI and charged by the finished second."))
    return Message("How to make HeyGen videos here: /video, /speak, /heygen", blocks)


def jobs_list(*, jobs: Sequence[Standing], now: float) -> Message:
    """The newest jobs of the channel."""
    if not jobs:
        return notice("Nothing has been asked for in this channel yet. Start with `/video` and a sentence.")
    lines = [section(_job_line(job, now)) for job in jobs[:JOBS_SHOWN]]
    title = "The newest one of this channel" if len(lines) == 1 else f"The {len(lines)} newest of this channel"
    hint = "`/heygen show ID` tells more about one of them; its id stands at the end of its line."
    return Message(title, [section(f"*{title}*"), *lines, context(hint)])


def show_job(*, shown_job: Standing, now: float) -> Message:
    """One job in full."""
    job, state = shown_job.job, shown_job.words
    chosen = " · ".join(wishes(job))
    small = [
        chosen, *notes(job, waiting_replies=0, question=shown_job.question, account=shown_job.account),
        f"For {_takes_id(job)} its id is `{escape(job.id)}`.",
    ]  # fmt: skip
    return Message(
        f"{state} – {shown(job.brief.prompt, PROMPT_LINE)}",
        [
            section(heading(job)),
            quote(job.brief.prompt),
            section(state_line(job, state, now)),
            *[context(line) for line in small if line],
        ],
    )


def credits(*, balances: Sequence[Balance], auto_reload: bool = False, account: Account | None = None) -> Message:
    """What is left at HeyGen, and what it is enough for."""
    waits = paused(account)
    tail = [context(waits)] if waits else []
    if not balances:
        return notice("HeyGen does not tell the balance of this kind of account.", *tail)
    if auto_reload:
        tail.append(context("It reloads by itself when it runs low."))
    return notice("\n".join(_balance(item) for item in balances), *tail)


def settings(*, preference: Preference) -> Message:
    """A person's settings, and how to change them."""
    voice = f"*{shown(preference.voice_name, 100)}*" if preference.voice_name else "none of your own"
    avatar = f"*{shown(preference.avatar_name, 100)}*" if preference.avatar_name else "none of your own"
    lines = (
        "*Your settings*",
        f"• Direct messages: *{DM_WORDS[preference.dm]}* – `/heygen settings dm always`, `away` or `never`",
        f"• Voice: {voice} – `/heygen settings voice NAME` or `none`",
        f"• Avatar: {avatar} – `/heygen settings avatar NAME` or `none`",
    )
    return notice("\n".join(lines), context("Away means: no message or click of yours in the thread for 15 minutes."))


def stop_picker(*, jobs: Sequence[Standing], now: float, lead: str = OWN_RUNNING) -> Message:
    """Which of the running jobs to stop: one's own, or for an admin those of others."""
    rows = [
        section(_job_line(one, now), button("Stop", Action.STOP, one.job.id, style="danger"))
        for one in jobs[:JOBS_SHOWN]
    ]
    title = f"{lead} Which one shall I stop?"
    return Message(title, [section(title), *rows])


def voice_picker(*, job_id: str, text: str) -> Message:
    """Asks for the voice that a text has none of; the text is kept with the job."""
    title = "Which voice shall say this?"
    picker: Block = {
        "type": "external_select",
        "action_id": Action.PICK_VOICE.value,
        "placeholder": plain_text("Type a name or a language", 150),
        "min_query_length": 0,
    }
    return Message(
        title,
        [
            section(title),
            quote(text, 500),
            actions(picker, block_id=voice_block(job_id)),
            context("I keep the text for a day. `/heygen settings voice NAME` sets a voice for good."),
        ],
    )


def _job_line(listed: Standing, now: float) -> str:
    job, state = listed.job, listed.words
    found = result_link(job) if is_delivered(job) else None
    what = "Speech" if job.kind == "speech" else f"v{job.version}"
    parts = [what, state, f"{elapsed(now - job.created_at)} ago", f"<@{job.requester_id}>", found]
    line = " · ".join(part for part in parts if part)
    text = f"*{shown(job.brief.prompt, PROMPT_LINE) or '–'}*\n{line}  `{escape(job.id)}`"
    return text if len(text) <= SECTION_LIMIT else f"*{shown(job.brief.prompt, PROMPT_LINE)}*\n{state}"


def _takes_id(job: Job) -> str:
    """The commands that do something with this job."""
    receipt = "`/heygen receipt`"
    if job.state in OPEN_STATES:
        return f"`/heygen stop` and {receipt}"
    return f"`/heygen retry` and {receipt}" if may_be_retried(job) else receipt


def _balance(item: Balance) -> str:
    name = escape(item.name[:1].upper() + item.name[1:])
    if item.unit == "credits":
        return f"*{name}*: {item.amount:,.0f} credits left"
    minutes = int(max(item.amount, 0) // (60 * VIDEO_USD_PER_SECOND))
    enough = (
        f"about {minutes} finished minute{'s' if minutes != 1 else ''}" if minutes else "less than a finished minute"
    )
    return f"*{name}*: ${item.amount:,.2f} left, {enough}"
