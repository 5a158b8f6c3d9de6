"""What is posted: blocks, and the text that notifications read. And the short words said to one person."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from handlers.blocks.elements import SECTION_LIMIT, Block, actions, button, context, section
from handlers.blocks.ids import Action
from handlers.errors import trouble
from handlers.text import escape, shortened, shown

NAME_LIMIT = 100
SUGGESTIONS = 5


@dataclass(frozen=True)
class Message:
    """A message as Slack takes it. `text` stands for all of it where blocks are not shown, and is escaped."""

    text: str
    blocks: list[Block]

    @property
    def digest(self) -> str:
        """The same for messages that look the same."""
        return hashlib.sha256(json.dumps([self.text, self.blocks], sort_keys=True).encode()).hexdigest()[:16]


class Named(Protocol):
    """An avatar, voice or style of the catalogue."""

    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str: ...


class UnusableFile(Protocol):
    """A file that HeyGen would not take: one of our codes, and its name."""

    @property
    def code(self) -> str: ...
    @property
    def name(self) -> str: ...


def notice(text: str, *more: Block) -> Message:
    """A message that says one thing, with whatever follows it. The text is escaped already."""
    if len(text) > SECTION_LIMIT:
        raise ValueError(f"A notice of {len(text)} characters fits no section")
    return Message(text, [section(text), *more])


def wrong(words: str) -> Message:
    """What was wrong with something typed; nothing has happened."""
    return notice(
        escape(shortened(words, SECTION_LIMIT)), context("Nothing was started. `/heygen help` shows the way.")
    )


def wrong_file(file: UnusableFile) -> Message:
    """A file that HeyGen does not take; nothing has happened."""
    said = trouble(file.code, None)
    which = "" if file.code == "file_count" else f" That is not so with *{shown(file.name, NAME_LIMIT)}*."
    if file.code == "file_size":
        which = f" It is *{shown(file.name, NAME_LIMIT)}*."
    return notice(f"{escape(said.what)}{which} {escape(said.next_step)}", context("Nothing was started."))


def not_for_guests() -> Message:
    """Guests and people from other organisations are refused."""
    return notice("Sorry, guests and people from other organizations cannot make videos here. Ask a full member to.")


def cannot_post_here() -> Message:
    """A conversation the app cannot be in."""
    return notice("I cannot join this conversation. Use `/video` in a channel, or in a direct message to me.")


def held_by_invite(*, bot_name: str, channel_id: str | None = None) -> Message:
    """A private channel the app is no member of: the request waits. Named when it is said elsewhere."""
    where, there = (f"<#{channel_id}>", " there") if channel_id else ("this channel", "")
    return notice(
        f"I'm not in {where} yet. Type `/invite @{escape(bot_name)}`{there} and I go on by myself.",
        context("Your request is kept; nothing has been spent."),
    )


def offer_dm(*, job_id: str) -> Message:
    """A conversation the app cannot join: the request can move to the DM."""
    return notice(
        "I cannot join the conversation you asked in. Shall I make it in our direct messages instead?",
        actions(button("Make it there", Action.OPEN_IN_DM, job_id, style="primary")),
        context("Your request is kept for a day; nothing has been spent."),
    )


def no_such_job(wanted: str) -> Message:
    """A job that does not exist, or none at all."""
    if not wanted:
        return notice("You have not made anything in this channel yet. Start with `/video` and a sentence.")
    return notice(f"There is no job *{shown(wanted, NAME_LIMIT)}*. `/heygen jobs` lists those of this channel.")


def nothing_to_stop() -> Message:
    """Nothing of theirs is under way."""
    return notice("There is nothing to stop: nothing of yours is being made in this channel just now.")


def nothing_to_retry() -> Message:
    """The job did not fail, or is being made again already."""
    return notice("There is nothing to try again: it did not fail, or it is being made again already.")


def not_yours(*, requester_id: str) -> Message:
    """Only the requester and admins may end something."""
    return notice(f"Only <@{requester_id}> and admins can do that.")


def already_answered(*, by: str) -> Message:
    """Somebody was faster."""
    who = f" by <@{by}>" if by else ""
    return notice(f"This was already answered{who}. If something is still missing, reply in the thread.")


def catalog_is_cold(*, subject: str) -> Message:
    """The names are still being loaded."""
    return notice(f"I am still loading the list of {subject}s from HeyGen. Please try again in a minute.")


def unknown_name(*, subject: str, wanted: str, near: Sequence[Named]) -> Message:
    """A name that nothing has."""
    hint = f"Did you mean {_either(near)}?" if near else f"The form behind `/video` alone lists every {subject}."
    return notice(
        f"There is no {subject} called *{shown(wanted, NAME_LIMIT)}*. {hint}", context("Nothing was started.")
    )


def ambiguous_name(*, subject: str, wanted: str, near: Sequence[Named]) -> Message:
    """A name that several have: their ids tell them apart."""
    listed = "\n".join(f"• {shown(item.name, NAME_LIMIT)} – `{escape(item.id)[:150]}`" for item in near[:SUGGESTIONS])
    return notice(
        f"Several {subject}s are called *{shown(wanted, NAME_LIMIT)}*. Give the whole name or the id:\n{listed}",
        context("Nothing was started."),
    )


def welcome() -> Message:
    """The first words in the app's DM, and the answer to a mention without a wish."""
    examples = (
        "Make a 30 s welcome video for new colleagues",
        "A one-minute explainer of our expense policy, friendly and clear",
        "A short portrait clip that announces Friday's release",
    )
    listed = "\n".join(f"• {example}" for example in examples)
    return notice(
        f"Hi, I make HeyGen videos. Tell me what you would like to see, for example:\n{listed}",
        context(
            "Attach files to use them. Reply in the thread that opens to change things. `/heygen help` shows more."
        ),
    )


def _either(items: Sequence[Named]) -> str:
    names = [f"*{shown(item.name, NAME_LIMIT)}*" for item in items[:SUGGESTIONS]]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"
