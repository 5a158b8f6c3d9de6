"""SIGKILL at every named point: one outcome, nothing twice, nothing lost, whatever the moment."""

import os
import random
from collections import Counter
from collections.abc import Callable, Sequence

import pytest

from tests.crash.conftest import in_a_file
from tests.crash.matrix import (
    DatabaseFor,
    Play,
    Surroundings,
    deaths_at,
    deaths_before_answers,
    deaths_of,
    new_deaths,
    played,
    row,
    undisturbed,
)
from tests.crash.mortal import ANY, Death
from tests.crash.stories import STORIES, Story

EVERY = os.environ.get("CRASH") == "every"
FEW = 4  # deaths of each story in `make test`
SECOND_DEATHS = 4  # of each story
RECOVERY_POINTS = 60  # a start passes some 20 before it goes on with a job
SEED = 20_26
LONGEST_SECONDS = 3_600  # for the slowest machine; the figures in docs/promises.md are of two cores
SOME_SECONDS = 240  # on two idle cores it takes five
ANSWERED = ("whole video over HTTP", "by the form")  # a mention, a click, a webhook; a form
REPRESENTATIVE = ("whole video over HTTP", "speech", "stopped")  # the slow ones play all

Record = Callable[[str, object], None]


def by_name(*names: str) -> list[Story]:
    return [story for story in STORIES if not names or story.name in names]


def told(plays: Sequence[Play]) -> str:
    """What went wrong, for people."""
    return "\n".join(f"{play.deaths}: {wrong}" for play in plays for wrong in play.wrong)


@pytest.mark.timeout(SOME_SECONDS)
@pytest.mark.parametrize("story", by_name(*REPRESENTATIVE), ids=lambda story: story.name)
async def test_some_deaths(story: Story, database: DatabaseFor) -> None:
    """Killed at a few points of its life and started again, it comes to the same."""
    ending = await undisturbed(story, database)
    deaths = deaths_of(ending.trail)
    some = deaths[len(deaths) // FEW // 2 :: len(deaths) // FEW]
    plays = await played(story, database, ending.outcome, [(death,) for death in some])
    assert not told(plays), told(plays)
    assert any(play.died for play in plays)


@pytest.mark.slow
@pytest.mark.timeout(LONGEST_SECONDS)
async def test_every_death(database: DatabaseFor, record_property: Record) -> None:
    """Killed after each commit and each call, every story comes to the same.

    What two stories have in common is killed in the first of them; with CRASH=every, which `make crash` sets, in each.
    """
    known: set[Surroundings] = set()
    wrong = ""
    for story in STORIES:
        ending = await undisturbed(story, database)
        deaths = deaths_of(ending.trail) if EVERY else new_deaths(ending.trail, known)
        plays = await played(story, database, ending.outcome, [(death,) for death in deaths])
        record_property("crash", row(story.name, len(ending.trail), plays))
        wrong += told(plays)
    assert not wrong, wrong


@pytest.mark.timeout(SOME_SECONDS)
@pytest.mark.parametrize(
    "story", [pytest.param(story, marks=[] if story.name in ANSWERED else pytest.mark.slow) for story in STORIES],
    ids=lambda story: story.name,
)  # fmt: skip
async def test_nothing_is_acknowledged_before_it_is_kept(story: Story, record_property: Record) -> None:
    """Killed right before a commit that somebody is answered after: Slack and people do it again, so none is lost.

    On a file alone, for whether an answer waits for the commit is no matter of the database.
    """
    ending = await undisturbed(story, in_a_file)
    plays = await played(story, in_a_file, ending.outcome, [(death,) for death in deaths_before_answers(ending.trail)])
    record_property("crash", row(f"{story.name}, before each answer", len(ending.trail), plays))
    assert not told(plays), told(plays)
    assert any(play.died for play in plays)


@pytest.mark.slow
@pytest.mark.timeout(LONGEST_SECONDS)
async def test_every_point(database: DatabaseFor, record_property: Record) -> None:
    """Also where nothing has changed since the point before: no such point is one of its own."""
    [story] = by_name("in somebody's thread")
    ending = await undisturbed(story, database)
    plays = await played(story, database, ending.outcome, [(death,) for death in deaths_at(ending.trail)])
    record_property("crash", row(f"{story.name}, every point", len(ending.trail), plays))
    assert not told(plays), told(plays)


@pytest.mark.slow
@pytest.mark.timeout(LONGEST_SECONDS)
async def test_a_second_death_while_it_recovers(database: DatabaseFor, record_property: Record) -> None:
    """Killed, started, killed again within its first steps: a sample, the same in each run."""
    chance = random.Random(SEED)
    plays: list[Play] = []
    points = 0
    for story in STORIES:
        ending = await undisturbed(story, database)
        points += len(ending.trail)
        first = chance.sample(deaths_of(ending.trail), SECOND_DEATHS)
        lives = [(death, Death(ANY, chance.randint(1, RECOVERY_POINTS))) for death in first]
        plays += await played(story, database, ending.outcome, lives)
    record_property("crash", row("two deaths, a sample", points, plays))
    assert not told(plays), told(plays)


@pytest.mark.parametrize("story", by_name("whole video", "speech"), ids=lambda story: story.name)
async def test_no_call_is_made_that_is_no_point(story: Story, database: DatabaseFor) -> None:
    """The points are all there are: each call that the doubles got stands in the trail, before and after."""
    ending = await undisturbed(story, database)
    for when in ("ahead", "done"):
        passed = Counter(point.split()[-2] for point in ending.trail if "call " in point and point.endswith(when))
        missing = Counter(f"{path}:" for path in ending.called) - passed
        assert not missing
