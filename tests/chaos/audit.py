"""What came of it all, counted from the doubles' own records and the database."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlalchemy import select

from bot.playground.local_heygen.records import Call
from bot.playground.local_heygen.server import LocalHeyGen
from bot.playground.local_slack.server import LocalSlack
from storage.database import Database, Transaction
from storage.records import JobState
from storage.tables import OPEN_EFFECTS, effects, jobs
from tests.chaos.people import Asked

ENDED = frozenset({JobState.COMPLETED, JobState.FAILED, JobState.CANCELLED})
ENDS = ("result:", "failure:", "closing:", "undelivered:", "dm_instead:")  # what tells people that a job has ended


@dataclass
class Findings:
    """What is wrong, each thing by name; all empty is right."""

    lost: list[str] = field(default_factory=list)  # acknowledged, and without an end that people see
    double_posts: list[str] = field(default_factory=list)
    double_charges: list[str] = field(default_factory=list)
    open_effects: list[str] = field(default_factory=list)
    halves: list[str] = field(default_factory=list)  # not acknowledged, and begun without an end

    @property
    def is_right(self) -> bool:
        """Nothing is lost and nothing is double."""
        return not (self.lost or self.double_posts or self.double_charges or self.open_effects or self.halves)


@dataclass(frozen=True)
class Row:
    """One job, as far as it matters here."""

    id: str
    prompt: str
    state: JobState


async def rows(database: Database) -> list[Row]:
    """All jobs."""

    def look(tx: Transaction) -> list[Row]:
        found = tx.execute(select(jobs.c.id, jobs.c.brief, jobs.c.state))
        return [Row(row.id, row.brief["prompt"], JobState(row.state)) for row in found]

    return await database.read(look)


async def open_effects(database: Database) -> list[str]:
    """The keys of calls that are still to be made or in doubt."""
    states = [state.value for state in OPEN_EFFECTS]
    return await database.read(
        lambda tx: list(tx.execute(select(effects.c.key).where(effects.c.state.in_(states))).scalars())
    )


async def examine(
    database: Database, slack: LocalSlack, heygen: LocalHeyGen, *, asked: Iterable[Asked], spoken: Iterable[Call]
) -> Findings:
    """Compares what was acknowledged with what people see and what HeyGen was made to do."""
    found, posts = Findings(), posted(slack)
    made = {row.prompt: row for row in await rows(database)}
    for wish in asked:
        job = made.get(wish.prompt)
        if job is None and wish.acknowledged:
            found.lost.append(wish.prompt)
        elif job is not None and not _has_end(job, posts, slack):
            (found.lost if wish.acknowledged else found.halves).append(f"{wish.prompt} ({job.state})")
    found.double_posts = [f"{key} x{count}" for key, count in posts.items() if count > 1]
    found.double_posts += [f"{name} x{count}" for name, count in files(slack).items() if count > 1]
    found.double_charges = [f"{what} x{count}" for what, count in charged(heygen, spoken).items() if count > 1]
    found.open_effects = await open_effects(database)
    return found


def _has_end(job: Row, posts: Counter[str], slack: LocalSlack) -> bool:
    is_told = any(posts[f"{end}{job.id}"] for end in ENDS)
    return job.state in ENDED and (is_told or _has_audio(job, slack))


def _has_audio(job: Row, slack: LocalSlack) -> bool:
    return any(file.title.startswith(job.prompt) for file in slack.files.values() if file.name.startswith("speech."))


def posted(slack: LocalSlack) -> Counter[str]:
    """The app's messages by the effect that made each."""
    counted: Counter[str] = Counter()
    for channel in slack.world.channels.values():
        for message in channel.messages.values():
            if message.from_app and message.metadata:
                counted[message.metadata["event_payload"]["effect"]] += 1
    return counted


def files(slack: LocalSlack) -> Counter[str]:
    """Messages with files, by thread and name; speech by its title, for it stands in the channel."""
    counted: Counter[str] = Counter()
    for channel in slack.world.channels.values():
        for message in channel.messages.values():
            for file_id in message.files:
                file = slack.files[file_id]
                where = file.title if file.name.startswith("speech.") else message.thread_ts
                counted[f"{file.name} in {channel.id} {where}"] += 1
    return counted


def charged(heygen: LocalHeyGen, spoken: Iterable[Call]) -> Counter[str]:
    """Sessions by their prompt, and texts spoken: each costs money."""
    counted = Counter(f"session {session.prompt}" for session in heygen.sessions.values())
    for call in spoken:
        if call.response is not None and "data" in call.response and call.body:
            counted[f"speech {call.body['text']}"] += 1
    return counted


def bound(n: int) -> float:
    """The share that 0 of n cases still allows with 95 % confidence (Clopper and Pearson)."""
    return float(1 - 0.05 ** (1 / n))
