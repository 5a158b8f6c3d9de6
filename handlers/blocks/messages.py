"""What is posted: blocks, and the text that notifications read. And the short words said to one person."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from handlers.blocks.elements import SECTION_LIMIT, Block, actions, button, context, section
from handlers.blocks.ids import Action
from handlers.errors import Trouble, trouble
from handlers.text import escape, shortened, shown

NAME_LIMIT = 100
SUGGESTIONS = 5
SPEAKERS = "`/speak` without `--voice` lets you choose one, unless a voice is set in your `/heygen settings`."


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
    @property
    def detail(self) -> str | None: ...


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
    return notice(
        "Sorry, guests and people from other organizations cannot make videos here."
        " Please ask a full member of this workspace to."
    )


def cannot_post_here() -> Message:
    """A conversation the app cannot be in."""
    return notice("I cannot join this conversation. Use `/video` in a channel, or in a direct message to me.")


def held_by_invite(*, bot_name: str, channel_id: str | None = None) -> Message:
    """A private channel the app is no member of: the request waits. Named when it is said elsewhere."""
    where, there = (f"<#{channel_id}>", " there") if channel_id else ("this channel", "")
    return notice(
        f"I'm not in {where} yet. Type `/invite @{escape(bot_name)}`{there} and I go on by myself.",
        context("Your request is kept for a week; nothing has been spent."),
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
        return notice("You have not asked for anything in this channel yet. Start with `/video` and a sentence.")
    return notice(
        f"There is nothing here with the id *{shown(wanted, NAME_LIMIT)}*. `/heygen jobs` lists what there is in this"
        " channel, with the ids."
    )


def unknown_click() -> Message:
    """What was clicked belongs to nothing that is known any more."""
    return notice(
        "I no longer know what this belongs to, so nothing was done.",
        context("Start a new one with `/video`, or write to me directly."),
    )


def form_unopened(words: str) -> Message:
    """The form that a click asks for could not be shown; the words say why, and what to do."""
    return notice(escape(words))


def nothing_to_stop(*, others: Sequence[str] = ()) -> Message:
    """Nothing of theirs is under way in the channel; `others` have something under way there."""
    if not others:
        return notice("Nothing is being made in this channel just now, so there is nothing to stop.")
    return notice(
        "Nothing of yours is being made in this channel just now, so there is nothing to stop."
        f" What {_people(others)} asked for is under way; only they and admins can stop it."
    )


def stopped_already(*, state: str) -> Message:
    """It had ended before anybody could stop it; `state` is how it is now, escaped."""
    return notice(f"There is nothing left to stop. How it is now: *{state}*.")


def stopped_unseen() -> Message:
    """Stopped before there was a card that could say so."""
    return notice("Stopped. HeyGen had not been asked yet, so nothing was charged.")


def stopped() -> Message:
    """Stopped from elsewhere than the thread, whose closing line is not seen there."""
    return notice("Stopped.")


def did_not_fail(*, state: str) -> Message:
    """There is nothing to try again."""
    return notice(f"There is nothing to try again, for it did not fail. How it is now: *{state}*.")


def went_on(*, state: str) -> Message:
    """What failed is being made again already, or something newer is; `state` is how that is."""
    return notice(f"There is nothing to try again: the thread has gone on since. How it is now: *{state}*.")


def trying_again(*, link: str) -> Message:
    """A failed job is made anew; its card tells the rest."""
    return notice(f"I am trying again. {link}")


def not_yours(*, requester_id: str, deed: str) -> Message:
    """Only the requester and admins may end something. `deed` is what somebody else wanted to do with it."""
    return notice(f"This was asked for by <@{requester_id}>. Only they and admins can {deed}.")


def already_answered(*, by: str) -> Message:
    """Somebody was faster."""
    return notice(f"<@{by}> has answered this already. If something is still missing, reply in the thread.")


def no_longer_asked(*, state: str) -> Message:
    """The question was closed; `state` is how its video is now."""
    return notice(f"No answer is needed here any more. How it is now: *{state}*.")


def answered_meanwhile(*, name: str | None) -> str:
    """For the form: the storyboard was answered, by `name`, or closed while it was being filled in. Not escaped."""
    what = f"{name} has answered this storyboard already" if name else "This storyboard waits for no answer any more"
    return f"{what}, so nothing was sent. Copy your words and reply with them in the thread."


def kept_for_later() -> Message:
    """A change that was asked for while a version is being made."""
    return notice("A version is being made just now. Your words are kept, and become the next version after it.")


def no_voice_needed(*, state: str) -> Message:
    """The text waits for no voice any more."""
    return notice(f"This waits for no voice any more. How it is now: *{state}*.")


def nothing_to_move(*, state: str, link: str | None) -> Message:
    """The offered DM was taken already, or the request has ended."""
    return notice(f"There is nothing left to move here. How it is now: *{state}*.{f'  ·  {link}' if link else ''}")


def brought_already(*, is_there: bool, link: str | None) -> Message:
    """Somebody has asked before for the video that came anyway."""
    if not is_there:
        return notice("The video is on its way into the thread.")
    return notice(f"The video is in the thread already.{f'  ·  {link}' if link else ''}")


def no_words() -> Message:
    """A mention in a thread of ours that says nothing."""
    return notice("I am here. Reply with what should be different, or with the answer to what is asked above.")


def only_audio_here() -> Message:
    """A reply to audio, which has no versions."""
    return notice("This is audio, so a reply changes nothing. `/speak` makes another one; mention me here for a video.")


def no_video_here() -> Message:
    """A reply in a thread of the DM that belongs to no video."""
    return notice(
        "There is no video in this thread. Reply in the thread of the video that you mean,"
        " or write outside of threads for a new one.",
        context("Nothing was started."),
    )


def catalog_is_cold(*, subject: str, said: Trouble | None = None) -> Message:
    """The names are still being loaded, or HeyGen does not give them until somebody acts."""
    if said is not None:
        return notice(
            f"I have no list of {subject}s yet, and HeyGen gives me none. {escape(said.what)} {escape(said.next_step)}"
        )
    return notice(f"I am still loading the list of {subject}s from HeyGen. Please try again in a minute.")


def unknown_name(*, subject: str, wanted: str, near: Sequence[Named], speech: bool = False) -> Message:
    """A name that nothing has; for speech, no voice that can read a text aloud, which not every voice of videos can."""
    listed = SPEAKERS if speech else f"The form behind `/video` alone lists every {subject}."
    hint = f"Did you mean {_either(near)}?" if near else listed
    able = " that can read a text aloud" if speech else ""
    return notice(
        f"There is no {subject} called *{shown(wanted, NAME_LIMIT)}*{able}. {hint}", context("Nothing was started.")
    )


def ambiguous_name(*, subject: str, wanted: str, near: Sequence[Named]) -> Message:
    """A name that several have: what is known of each, and their ids, tell them apart."""
    listed = "\n".join(f"• {_told_apart(item)} – `{escape(item.id)[:150]}`" for item in near[:SUGGESTIONS])
    return notice(
        f"Several {subject}s are called *{shown(wanted, NAME_LIMIT)}*. Give the whole name or the id:\n{listed}",
        context("Nothing was started."),
    )


def no_balance(said: Trouble) -> Message:
    """HeyGen did not tell what is left."""
    return notice(f"There is no balance to show just now. {escape(said.what)} {escape(said.next_step)}")


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


def _told_apart(item: Named) -> str:
    detail = f" ({shown(item.detail, NAME_LIMIT)})" if item.detail else ""
    return f"{shown(item.name, NAME_LIMIT)}{detail}"


def _people(user_ids: Sequence[str]) -> str:
    shown_ids = [f"<@{user_id}>" for user_id in user_ids]
    return shown_ids[0] if len(shown_ids) == 1 else f"{', '.join(shown_ids[:-1])} and {shown_ids[-1]}"


def _either(items: Sequence[Named]) -> str:
    names = [f"*{shown(item.name, NAME_LIMIT)}*" for item in items[:SUGGESTIONS]]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"
