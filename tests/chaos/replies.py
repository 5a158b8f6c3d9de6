"""What came of people's replies, by the database, what HeyGen was told, and what people see."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import select

from bot.playground.local_heygen.server import LocalHeyGen
from bot.playground.local_slack.records import TEAM
from bot.playground.local_slack.server import LocalSlack
from storage.database import Database, Transaction
from storage.records import JobState, ReplyState
from storage.tables import effects, replies
from tests.chaos.audit import Findings, Row, files, has_end, posted, rows, said_to_heygen
from tests.chaos.people import Asked


class Fate(StrEnum):
    """What came of a reply."""

    VERSION = "part of a version"
    KEPT = "kept after a stop, for the next word"
    TOLD = "answered that it can change nothing"
    NEVER = "unheard"
    OPEN = "without an end"


@dataclass(frozen=True)
class Heard:
    """What the program knows of replies, and what it has made."""

    by_key: dict[str, tuple[ReplyState, str | None, str]]  # state, job and thread
    told: frozenset[str]  # keys of answers for one person alone
    jobs: dict[str, Row]
    newest: dict[str, Row]  # by thread


async def heard(database: Database) -> Heard:
    """Reads it."""

    def look(tx: Transaction) -> tuple[dict[str, tuple[ReplyState, str | None, str]], frozenset[str]]:
        found = tx.execute(select(replies.c.key, replies.c.state, replies.c.job_id, replies.c.thread_id))
        told = tx.execute(select(effects.c.key).where(effects.c.key.startswith("tell:"))).scalars()
        return {row.key: (ReplyState(row.state), row.job_id, row.thread_id) for row in found}, frozenset(told)

    by_key, told = await database.read(look)
    made = await rows(database)
    return Heard(by_key, told, {row.id: row for row in made}, {row.thread_id: row for row in made})


async def follow(
    database: Database, slack: LocalSlack, heygen: LocalHeyGen, *, asked: Iterable[Asked], into: Findings
) -> Counter[str]:
    """Counts what came of each reply; what is wrong goes into the findings."""
    known, posts, shared, said = await heard(database), posted(slack), files(slack), said_to_heygen(heygen)
    fates: Counter[str] = Counter()
    for wish in asked:
        if wish.kind != "reply":
            continue
        fate = _fate(wish, known, posts, shared, said)
        fates[fate.value] += 1
        if wish.acknowledged and fate in (Fate.NEVER, Fate.OPEN):
            into.lost.append(f"{wish.prompt} ({fate})")
        elif fate is Fate.OPEN:
            into.halves.append(wish.prompt)
        elif not wish.acknowledged:
            (into.unheard if fate is Fate.NEVER else into.found_late).append(wish.prompt)
    return fates


def _fate(wish: Asked, known: Heard, posts: Counter[str], shared: Counter[str], said: Counter[str]) -> Fate:
    reply = known.by_key.get(f"message:{TEAM}:{wish.channel}:{wish.ts}")
    if reply is None:
        return Fate.TOLD if f"tell:{wish.channel}:{wish.ts}" in known.told else Fate.NEVER
    state, job_id, thread_id = reply
    if state is ReplyState.WAITING:
        return Fate.KEPT if known.newest[thread_id].state is JobState.CANCELLED else Fate.OPEN
    job = known.jobs[str(job_id)]
    is_said = said[wish.prompt] == 1 or job.state is not JobState.COMPLETED  # HeyGen may not have got what was left
    is_in_job = wish.prompt in job.words
    return Fate.VERSION if has_end(job, posts, shared) and is_said and is_in_job else Fate.OPEN
