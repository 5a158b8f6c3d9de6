"""What came of it all, counted from the doubles' own records and the database."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from bot.playground.local_heygen.records import Call
from bot.playground.local_heygen.server import LocalHeyGen
from bot.playground.local_slack.server import LocalSlack
from handlers.blocks import cards
from storage.database import Database, Transaction
from storage.jobs import account, jobs_of_thread
from storage.records import JobState
from storage.tables import OPEN_EFFECTS, effects, hearing, jobs, threads
from storage.threads import open_question, thread, waiting_replies
from tests.chaos.people import Asked

ENDED = frozenset({JobState.COMPLETED, JobState.FAILED, JobState.CANCELLED})
ENDS = ("failure:", "closing:", "dm_instead:")  # what tells people that a job has ended without a result


@dataclass
class Findings:
    """What is wrong, each thing by name; all empty is right."""

    lost: list[str] = field(default_factory=list)  # acknowledged, and without an end that people see
    double_posts: list[str] = field(default_factory=list)
    double_charges: list[str] = field(default_factory=list)
    open_effects: list[str] = field(default_factory=list)
    untrue_cards: list[str] = field(default_factory=list)  # those that do not show how things have ended
    halves: list[str] = field(default_factory=list)  # not acknowledged, and begun without an end
    found_late: list[str] = field(default_factory=list)  # said, not acknowledged, and heard all the same: nothing wrong
    unheard: list[str] = field(default_factory=list)  # said, and Slack could not bring it: nothing of ours is wrong

    @property
    def is_right(self) -> bool:
        """Nothing is lost, nothing is double, and what people see is true."""
        return not any((self.lost, self.double_posts, self.double_charges, self.open_effects, self.untrue_cards,
                        self.halves))  # fmt: skip


@dataclass(frozen=True)
class Row:
    """One job, as far as it matters here."""

    id: str
    thread_id: str
    kind: str
    prompt: str
    state: JobState
    file: str  # what was made, and where it must stand

    @property
    def words(self) -> list[str]:
        """What people said for it, one thing a line: a burst of replies is one version."""
        return self.prompt.splitlines()


async def rows(database: Database) -> list[Row]:
    """All jobs, the oldest first."""

    def look(tx: Transaction) -> list[Row]:
        wanted = (jobs.c.id, jobs.c.thread_id, jobs.c.kind, jobs.c.brief, jobs.c.state, jobs.c.version)
        where = (threads.c.channel_id, threads.c.root_ts)
        found = tx.execute(
            select(*wanted, *where).join(threads, threads.c.id == jobs.c.thread_id)
            .order_by(jobs.c.created_at, jobs.c.version)
        )  # fmt: skip
        return [
            Row(row.id, row.thread_id, row.kind, row.brief["prompt"], JobState(row.state), _file_of(row))
            for row in found
        ]

    return await database.read(look)


def _file_of(row: Any) -> str:
    """As `files` names it."""
    if row.kind == "speech":
        return f"speech.mp3 in {row.channel_id} {row.brief['prompt'][:60]}"
    return f"video-v{row.version}.mp4 in {row.channel_id} {row.root_ts}"


async def open_jobs(database: Database) -> list[str]:
    """The ids of jobs that have not ended."""
    look = select(jobs.c.id).where(jobs.c.state.not_in([state.value for state in ENDED]))
    return await database.read(lambda tx: list(tx.execute(look).scalars()))


async def open_effects(database: Database) -> list[str]:
    """The keys of calls that are still to be made or in doubt."""
    states = [state.value for state in OPEN_EFFECTS]
    return await database.read(
        lambda tx: list(tx.execute(select(effects.c.key).where(effects.c.state.in_(states))).scalars())
    )


async def is_gathering(database: Database) -> bool:
    """Whether replies are about to become a version."""
    look = select(threads.c.id).where(threads.c.gather_at.is_not(None)).limit(1)
    return await database.read(lambda tx: tx.execute(look).first() is not None)


async def has_caught_up(database: Database, since: float) -> bool:
    """Whether what was missed until then has been read."""
    look = select(hearing.c.heard_until, hearing.c.claimed_by)
    until, reader = await database.read(lambda tx: tx.execute(look).one())
    return reader is None and until is not None and until >= since


async def untrue_cards(database: Database, slack: LocalSlack) -> list[str]:
    """The cards of which the first line is not what it should be by now."""

    def look(tx: Transaction) -> list[tuple[str, str, str]]:
        found = []
        for thread_id in tx.execute(select(threads.c.id).where(threads.c.card_ts.is_not(None))).scalars().all():
            its, made = thread(tx, thread_id), jobs_of_thread(tx, thread_id)
            card = cards.card(
                thread=its, jobs=made, now=0.0, waiting_replies=len(waiting_replies(tx, thread_id)),
                question=open_question(tx, made[-1].id), account=account(tx),
            )  # fmt: skip
            found.append((its.channel_id, str(its.card_ts), card.text))
        return found

    shown = slack.world.channels
    return [
        f"{shown[channel].messages[ts].text} instead of {text}"
        for channel, ts, text in await database.read(look)
        if shown[channel].messages[ts].text != text
    ]


async def examine(
    database: Database, slack: LocalSlack, heygen: LocalHeyGen, *, asked: Iterable[Asked], spoken: Iterable[Call]
) -> Findings:
    """Compares what was acknowledged with what people see and what HeyGen was made to do."""
    found, posts, shared = Findings(), posted(slack), files(slack)
    made = await rows(database)
    by_prompt = {row.prompt: row for row in made}
    for wish in asked:
        if wish.kind != "reply":
            _judge(wish, by_prompt.get(wish.prompt), posts, shared, into=found)
    found.double_posts = [f"{key} x{count}" for key, count in posts.items() if count > 1]
    found.double_posts += [f"{name} x{count}" for name, count in shared.items() if count > 1]
    done = charged(heygen, spoken) + Counter(f"job for {words}" for row in made for words in row.words)
    found.double_charges = [f"{what} x{count}" for what, count in done.items() if count > 1]
    found.open_effects = await open_effects(database)
    found.untrue_cards = await untrue_cards(database, slack)
    return found


def _judge(wish: Asked, job: Row | None, posts: Counter[str], shared: Counter[str], *, into: Findings) -> None:
    if job is not None and not has_end(job, posts, shared):
        (into.lost if wish.acknowledged else into.halves).append(f"{wish.prompt} ({job.state})")
    elif job is None and wish.acknowledged:
        into.lost.append(wish.prompt)
    elif wish.ts is not None and not wish.acknowledged:
        (into.unheard if job is None else into.found_late).append(wish.prompt)


def has_end(job: Row, posts: Counter[str], shared: Counter[str]) -> bool:
    """Whether the job has ended, and people can see it: what was made is there itself, and not only words about it."""
    if job.state is not JobState.COMPLETED:
        return job.state in ENDED and any(posts[f"{end}{job.id}"] for end in ENDS)
    return shared[job.file] > 0 and (job.kind == "speech" or posts[f"result:{job.id}"] > 0)


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
    """What sessions were begun with and told afterwards, and texts spoken: each costs money."""
    counted = Counter({f"session told {words}": count for words, count in said_to_heygen(heygen).items()})
    for call in spoken:
        if call.response is not None and "data" in call.response and call.body:
            counted[f"speech {call.body['text']}"] += 1
    return counted


def said_to_heygen(heygen: LocalHeyGen) -> Counter[str]:
    """How often the sessions, all together, were told each thing: the wish that begins one is its first message."""
    messages = (message for session in heygen.sessions.values() for message in session.messages)
    return Counter(line for message in messages if message.role == "user" for line in message.content.splitlines())


def bound(n: int) -> float:
    """The share that 0 of n cases still allows with 95 % confidence (Clopper and Pearson)."""
    return float(1 - 0.05 ** (1 / n))
