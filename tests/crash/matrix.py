"""Plays a story once undisturbed, then again and again with a death at each point that it passed."""

import asyncio
import os
import re
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path

from tests.crash.life import Life, life
from tests.crash.mortal import Death, plain, trail_of
from tests.crash.outcome import NOTHING, Outcome, differences, outcome_of
from tests.crash.stories import Story

HEARTBEAT = "commit Heartbeat._beat"
LISTENED = re.compile(r"commit Engine\.(ask|hear|answer|stop|retry|bring_back|invited|nudged): ahead")
AT_ONCE = 1 + (os.cpu_count() or 1)  # worlds; some of the time each of them waits
LOG_SHOWN = 3_000

Deaths = tuple[Death, ...]
Surroundings = tuple[str, str, str]  # the change before a death, the change it follows, and the one to come
DatabaseFor = Callable[[Path], AbstractAsyncContextManager[str]]  # the URL of an empty one, for one play


@dataclass(frozen=True)
class Ending:
    """What a play came to: the points passed, the deaths died, and whether the command was refused as a whole.

    `called` are the calls that both doubles have got.
    """

    trail: list[str]
    called: list[str]
    died: int
    refused: bool
    outcome: Outcome


@dataclass(frozen=True)
class Play:
    """A play with deaths in it. `wrong` is empty when nothing was lost and nothing came twice."""

    deaths: Deaths
    died: int = 0
    refused: bool = False
    doubts: int = 0
    wrong: tuple[str, ...] = ()


async def undisturbed(story: Story, database: DatabaseFor) -> Ending:
    """How the story goes when nothing dies."""
    with tempfile.TemporaryDirectory(prefix="crash-") as folder:
        ending = await _play(story, database, Path(folder), ())
    assert not ending.refused
    return ending


def deaths_at(trail: Sequence[str]) -> list[Death]:
    """One at each point."""
    passed: Counter[str] = Counter()
    found = []
    for point in trail:
        passed[point] += 1
        found.append(Death(point, passed[point]))
    return found


def deaths_of(trail: Sequence[str]) -> list[Death]:
    """A death in each state that the world is in: after each commit, and after each call that changes something.

    Between two of these only memory changes, and that is gone anyhow.
    """
    return [death for death in deaths_at(trail) if changes(death.point)]


def deaths_before_answers(trail: Sequence[str]) -> list[Death]:
    """One right before each commit after which a person, Slack or HeyGen is answered; nobody may have been by then.

    An answer is no point, for it changes nothing here; but what was answered too early is lost at these.
    """
    return [death for death in deaths_at(trail) if LISTENED.fullmatch(death.point)]


def new_deaths(trail: Sequence[str], known: set[Surroundings]) -> list[Death]:
    """Those of `deaths_of` that lie between other changes than all in `known`, which learns them."""
    deaths = deaths_of(trail)
    points = ["", *(death.point for death in deaths), ""]
    found = []
    for surroundings, death in zip(zip(points, points[1:], points[2:], strict=False), deaths, strict=True):
        if surroundings not in known:
            known.add(surroundings)
            found.append(death)
    return found


def changes(point: str) -> bool:
    """Whether the world, here or outside, is another one after this point. A heartbeat says only that we live."""
    return point.endswith(": done") and "call GET " not in point and HEARTBEAT not in point


async def played(story: Story, database: DatabaseFor, expected: Outcome, lives: Sequence[Deaths]) -> list[Play]:
    """The story with each of these deaths, several at a time."""
    room = asyncio.Semaphore(AT_ONCE)

    async def one(deaths: Deaths) -> Play:
        async with room:
            return await _judged(story, database, expected, deaths)

    return list(await asyncio.gather(*(one(deaths) for deaths in lives)))


async def _judged(story: Story, database: DatabaseFor, expected: Outcome, deaths: Deaths) -> Play:
    with tempfile.TemporaryDirectory(prefix="crash-") as folder:
        try:
            ending = await _play(story, database, Path(folder), deaths)
        except (TimeoutError, AssertionError) as error:
            log = (Path(folder) / "log").read_text()[-LOG_SHOWN:]
            return Play(deaths, wrong=(f"{type(error).__name__}: {error}\n{log}",))
    wrong = differences(NOTHING if ending.refused else expected, ending.outcome)
    return Play(deaths, ending.died, ending.refused, ending.outcome.doubts, tuple(wrong))


async def _play(story: Story, database: DatabaseFor, folder: Path, deaths: Deaths) -> Ending:
    async with (
        database(folder) as url,
        life(folder, deaths, story.settings, url=url, http=story.http, webhooks=story.webhooks) as made,
    ):
        doubted = asyncio.create_task(made.send_again(), name="answers to doubts")
        try:
            kept = await story.play(made)
            await made.at_rest()
        finally:
            doubted.cancel()
        return Ending(trail_of(folder), _called(made), made.died, not kept, await outcome_of(made))


def _called(made: Life) -> list[str]:
    asked = [call.path for call in made.heygen.calls]
    told = [f"/api/{call.method}" for call in made.slack.calls() if "." in call.method]  # bytes go by none
    return [plain(path) for path in (*asked, *told)]


def row(name: str, points: int, plays: Sequence[Play]) -> tuple[str, int, int, int, int, int, int]:
    """For the table: points passed, plays, deaths, and what the plays came to."""
    return (
        name, points, len(plays), sum(play.died for play in plays),
        sum(play.refused for play in plays), sum(play.doubts > 0 for play in plays),
        sum(bool(play.wrong) for play in plays),
    )  # fmt: skip
