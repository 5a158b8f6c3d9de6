"""The people: they ask, revise, answer when they are asked, and remember what was acknowledged to them."""

import asyncio
import math
import random
import time
from collections import Counter
from dataclasses import dataclass, field

from bot.playground.local_slack.population import ADMIN
from bot.playground.local_slack.records import BOT_USER, Ack, Channel, Message, User
from bot.playground.local_slack.server import LocalSlack

ANNOYED_SECONDS = 0.5
SPEECH, MENTIONS, REPLIES = 0.12, 0.12, 0.25  # shares of the wishes; the rest are commands for videos
BURSTS = 0.2  # of the replies are two, one right after the other
WITH_MENTION = 0.2  # of the replies name the app as well
LOOKED_AT = 200  # messages of a channel that people still look at
PATIENCE_SECONDS = 5.0  # with a button that was clicked and stands there still
CLICKED = ("Leave it",)


@dataclass
class Asked:
    """What was asked for, and whether it was acknowledged."""

    prompt: str
    kind: str
    channel: str
    acknowledged: bool  # with a message it is learned later
    ts: str | None = None  # of the message, where it is one


@dataclass
class People:
    """Some dozen people in some dozen channels."""

    slack: LocalSlack
    chance: random.Random
    asked: list[Asked] = field(default_factory=list)
    answered: dict[str, float] = field(default_factory=dict)  # when a message was clicked last
    errors: Counter[str] = field(default_factory=Counter)  # what people were told in place of an acknowledgement

    def move_in(self, *, people: int, channels: int) -> None:
        """Makes accounts and channels."""
        self.users = [f"U0P{number:03d}" for number in range(people)]
        for user in self.users:
            self.slack.world.users[user] = User(user, user.lower(), f"Person {user[3:]}")
        self.channels = [f"C0X{number:03d}" for number in range(channels)]
        for name in self.channels:
            members = {*self.users, ADMIN, BOT_USER}
            self.slack.world.channels[name] = Channel(name, name.lower(), "public", members)

    async def ask(self, number: int) -> None:
        """One wish, in one of four ways."""
        user, channel, at = self.chance.choice(self.users), self.chance.choice(self.channels), self.chance.random()
        root = self._thread(channel)
        prompt = f"Wish number {number}"
        if at < SPEECH:
            await self._command(user, channel, prompt, "speech")
        elif at < SPEECH + MENTIONS:
            self._say(user, channel, prompt, "mention", f"<@{BOT_USER}> {prompt}")
        elif at < SPEECH + MENTIONS + REPLIES and root is not None:
            self._reply(user, channel, root, number)
        else:
            await self._command(user, channel, prompt, "agent")

    async def _command(self, user: str, channel: str, prompt: str, kind: str) -> None:
        """Who gets an error does not ask again."""
        command, text = ("/speak", f'{prompt} --voice "Annabelle"') if kind == "speech" else ("/video", prompt)
        ack = await self.slack.command(user, channel, command, text)
        acknowledged = ack.ok and not ack.body
        self.asked.append(Asked(prompt, kind, channel, acknowledged))
        if not acknowledged:
            self.errors[_told(ack)] += 1
            await asyncio.sleep(ANNOYED_SECONDS)

    def _say(self, user: str, channel: str, prompt: str, kind: str, text: str, root: str | None = None) -> None:
        ts = self.slack.post(user, channel, text, root)
        self.asked.append(Asked(prompt, kind, channel, False, ts))

    def _reply(self, user: str, channel: str, root: str, number: int) -> None:
        """A change of the video, whether it is done or not; some people press return in the middle."""
        changes = [f"Change number {number}"]
        if self.chance.random() < BURSTS:
            changes.append(f"And also change number {number}")
        for change in changes:
            named = f"<@{BOT_USER}> " if self.chance.random() < WITH_MENTION else ""
            self._say(user, channel, change, "reply", named + change, root)

    def _thread(self, channel: str) -> str | None:
        """One in which the app has lately shown a card or said how a job ended."""
        latest = [*self.slack.world.channels[channel].messages.values()][-LOOKED_AT:]
        roots = [message.thread_ts or message.ts for message in latest if message.from_app and message.metadata]
        return self.chance.choice(roots) if roots else None

    async def answer_questions(self) -> None:
        """Whoever is asked whether something in doubt is to be sent again leaves it: nothing is charged twice.

        While the button stands there it is clicked again: a click may have failed, which its person was told.
        """
        for channel in self.channels:
            for message in [*self.slack.world.channels[channel].messages.values()]:
                action = _leave_it(message) if message.from_app else None
                if action is None or time.monotonic() - self.answered.get(message.ts, -math.inf) < PATIENCE_SECONDS:
                    continue
                await self.slack.click(ADMIN, channel, message.ts, action)
                self.answered[message.ts] = time.monotonic()


def _told(ack: Ack) -> str:
    return str(ack.error or (ack.body["text"] if isinstance(ack.body, dict) else ack.body))


def _leave_it(message: Message) -> str | None:
    for block in message.blocks:
        for element in block.get("elements") or []:
            words = element.get("text")
            if isinstance(words, dict) and words.get("text") in CLICKED:
                return str(element["action_id"])
    return None
