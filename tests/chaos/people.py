"""The people: they ask, revise, answer when they are asked, and remember what was acknowledged to them."""

import asyncio
import random
from collections import Counter
from dataclasses import dataclass, field

from bot.playground.local_slack.population import ADMIN
from bot.playground.local_slack.records import BOT_USER, Channel, Message, User
from bot.playground.local_slack.server import LocalSlack

ANNOYED_SECONDS = 0.5
CLICKED = ("Leave it",)


@dataclass
class Asked:
    """What was asked for, and whether it was acknowledged."""

    prompt: str
    kind: str
    channel: str
    acknowledged: bool


@dataclass
class People:
    """Some dozen people in some dozen channels."""

    slack: LocalSlack
    chance: random.Random
    asked: list[Asked] = field(default_factory=list)
    answered: set[str] = field(default_factory=set)
    clicks: int = 0
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
        """One wish: mostly a video, now and then speech. Who gets an error does not ask again."""
        user, channel = self.chance.choice(self.users), self.chance.choice(self.channels)
        kind = "speech" if self.chance.random() < 0.15 else "agent"
        prompt = f"Wish number {number}"
        command, text = ("/speak", f'{prompt} --voice "Annabelle"') if kind == "speech" else ("/video", prompt)
        ack = await self.slack.command(user, channel, command, text)
        acknowledged = ack.ok and not ack.body
        self.asked.append(Asked(prompt, kind, channel, acknowledged))
        if not acknowledged:
            self.errors[str(ack.error or ack.body)] += 1
            await asyncio.sleep(ANNOYED_SECONDS)

    async def answer_questions(self) -> None:
        """Whoever is asked whether something in doubt is to be sent again leaves it: nothing is charged twice."""
        for channel in self.channels:
            for message in [*self.slack.world.channels[channel].messages.values()]:
                if message.ts in self.answered or not message.from_app:
                    continue
                action = _leave_it(message)
                if action is not None and await self._click(channel, message, action):
                    self.answered.add(message.ts)

    async def _click(self, channel: str, message: Message, action: str) -> bool:
        self.clicks += 1
        ack = await self.slack.click(ADMIN, channel, message.ts, action)
        return ack.ok


def _leave_it(message: Message) -> str | None:
    for block in message.blocks:
        for element in block.get("elements") or []:
            words = element.get("text")
            if isinstance(words, dict) and words.get("text") in CLICKED:
                return str(element["action_id"])
    return None
