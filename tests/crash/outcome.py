"""What a story came to, by the doubles' own records, and what of it must never be."""

import re
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field

from sqlalchemy import select

from bot.playground.local_slack.records import BOT_USER
from storage import keys, tables
from storage.database import Transaction
from storage.records import QuestionKind
from tests.crash.life import Life, open_work
from tests.journeys.once import calls, told
from tests.journeys.world import shown

PASSING = re.compile(r'\d+ (s|min)\b|<http[^|>]*|, "block_id": "[^"]*"')  # what differs from play to play


@dataclass(frozen=True)
class Outcome:
    """All that people and HeyGen have of it. `doubts` is how often a person was asked whether to send again."""

    said: dict[str, int]
    files: dict[str, int]
    cards: list[str]
    questions: list[str]
    marks: dict[str, int]
    told: list[str]
    sessions: int
    assets: int
    speeches: int
    videos: int
    wallet: float
    jobs: list[str]
    twice: list[str]
    left: list[str]
    doubts: int = field(compare=False, default=0)


NOTHING = Outcome(
    said={}, files={}, cards=[], questions=[], marks={}, told=[], sessions=0, assets=0, speeches=0, videos=0,
    wallet=100.0, jobs=[], twice=[], left=[],
)  # fmt: skip


async def outcome_of(made: Life) -> Outcome:
    """Taken once all is settled."""
    posts = Counter(key for one in made.said() if (key := _effect(one.metadata)))
    said = Counter(key.split(":")[0] for key in posts.elements())
    files = Counter(made.slack.files[one].name for message in made.said() for one in message.files)
    doubts = await made.database.read(_doubts)
    said["question"] -= len(doubts)
    return Outcome(
        said=dict(+said), files=dict(files), cards=_words(made, "card:"), told=told(made),
        questions=_words(made, "question:", besides=doubts), marks=dict(_marks(made)),
        sessions=len(made.heygen.sessions), assets=len(made.heygen.assets), speeches=calls(made, "speech"),
        videos=len(made.heygen.videos), wallet=made.heygen.settings.wallet,
        jobs=sorted(f"{job.kind} v{job.version} {job.state} {job.failure_code}" for job in await made.jobs()),
        twice=[key for key, count in posts.items() if count > 1], left=await made.database.read(open_work),
        doubts=len(doubts),
    )  # fmt: skip


def _effect(metadata: dict[str, dict[str, str]] | None) -> str | None:
    return metadata["event_payload"]["effect"] if metadata else None


def _words(made: Life, kind: str, *, besides: Collection[str] = ()) -> list[str]:
    """What the messages of a kind say in the end, without their times and links."""
    every = [(_effect(one.metadata) or "", one) for one in made.said()]
    return [PASSING.sub("", shown(vars(one))) for key, one in every if key.startswith(kind) and key not in besides]


def _marks(made: Life) -> Counter[str]:
    """The app's reactions to people's messages."""
    every = (message for channel in made.slack.world.channels.values() for message in channel.messages.values())
    return Counter(name for message in every for name, users in message.reactions.items() if BOT_USER in users)


def _doubts(tx: Transaction) -> list[str]:
    """The keys of the questions whether to send again."""
    doubtful = tables.questions.c.kind == QuestionKind.UNCONFIRMED.value
    return [keys.question(one) for one in tx.execute(select(tables.questions.c.id).where(doubtful)).scalars()]


def differences(undisturbed: Outcome, found: Outcome) -> list[str]:
    """What is not as it was when nothing died; a speech that a person had sent again is theirs."""
    wrong = []
    for name, expected in vars(undisturbed).items():
        value = getattr(found, name)
        is_theirs = found.speeches > undisturbed.speeches and found.speeches - undisturbed.speeches <= found.doubts
        is_allowed = name == "doubts" or (name in ("speeches", "wallet") and is_theirs)
        if value != expected and not is_allowed:
            wrong.append(f"{name}: {value} instead of {expected}")
    return wrong
