"""What a story came to, by the doubles' own records, and what of it must never be."""

import re
from collections import Counter
from dataclasses import dataclass, field

from sqlalchemy import func, select

from storage import tables
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
    said={}, files={}, cards=[], told=[], sessions=0, assets=0, speeches=0, videos=0, wallet=100.0, jobs=[], twice=[],
    left=[],
)  # fmt: skip


async def outcome_of(made: Life) -> Outcome:
    """Taken once all is settled."""
    keys = Counter(key for one in made.said() if (key := _effect(one.metadata)))
    said = Counter(key.split(":")[0] for key in keys.elements())
    files = Counter(made.slack.files[one].name for message in made.said() for one in message.files)
    doubts = await made.database.read(_doubts)
    said["question"] -= doubts
    return Outcome(
        said=dict(+said), files=dict(files), cards=_cards(made), told=told(made), sessions=len(made.heygen.sessions),
        assets=len(made.heygen.assets), speeches=calls(made, "speech"), videos=len(made.heygen.videos),
        wallet=made.heygen.settings.wallet,
        jobs=sorted(f"{job.kind} v{job.version} {job.state} {job.failure_code}" for job in await made.jobs()),
        twice=[key for key, count in keys.items() if count > 1], left=await made.database.read(open_work),
        doubts=doubts,
    )  # fmt: skip


def _effect(metadata: dict[str, dict[str, str]] | None) -> str | None:
    return metadata["event_payload"]["effect"] if metadata else None


def _cards(made: Life) -> list[str]:
    """What the cards say in the end, without their times and links."""
    cards = [one for one in made.said() if (_effect(one.metadata) or "").startswith("card:")]
    return [PASSING.sub("", shown(vars(one))) for one in cards]


def _doubts(tx: Transaction) -> int:
    questions = tables.questions
    return tx.execute(select(func.count()).where(questions.c.kind == QuestionKind.UNCONFIRMED.value)).scalar_one()


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
