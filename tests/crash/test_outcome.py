"""The oracle of the crash matrix finds what it is there for."""

from dataclasses import replace
from typing import Any

import pytest

from tests.crash.matrix import Surroundings, deaths_at, deaths_before_answers, deaths_of, new_deaths
from tests.crash.mortal import Death
from tests.crash.outcome import NOTHING, Outcome, differences

WHOLE = replace(
    NOTHING, said={"card": 1, "result": 1, "dm": 1}, files={"video-v1.mp4": 1}, cards=["Done"], told=["An intro"],
    questions=["Which one? Beach"], marks={"hourglass": 1}, sessions=1, videos=1, jobs=["agent v1 completed None"],
)  # fmt: skip


@pytest.mark.parametrize(
    "fault",
    [
        {"said": {"card": 1, "result": 1, "dm": 2}},
        {"said": {"card": 1, "result": 1}},
        {"files": {}},
        {"cards": ["Rendering"]},
        {"questions": ["Which one?"]},
        {"marks": {}},
        {"told": ["An intro", "An intro"]},
        {"sessions": 2},
        {"jobs": ["agent v1 failed stuck"]},
        {"twice": ["card:1"]},
        {"left": ["card:1 post unknown"]},
    ],
    ids=str,
)
def test_what_is_lost_or_twice_is_a_difference(fault: dict[str, Any]) -> None:
    """Each kind of loss and repetition, alone."""
    assert len(differences(WHOLE, replace(WHOLE, **fault))) == 1
    assert differences(WHOLE, replace(WHOLE, doubts=1)) == []


@pytest.mark.parametrize(("speeches", "doubts", "is_right"), [(1, 1, True), (2, 1, True), (2, 0, False), (3, 1, False)])
def test_speech_is_made_twice_only_at_a_persons_word(speeches: int, doubts: int, is_right: bool) -> None:
    """Its truth cannot be read back, so a person decides; nothing else repeats it."""
    spoken: Outcome = replace(NOTHING, speeches=1)
    assert (differences(spoken, replace(spoken, speeches=speeches, doubts=doubts)) == []) is is_right


def test_a_death_for_each_state_of_the_world() -> None:
    """What lies between two changes is one state, and the same three changes in a row are one place."""
    trail = ["commit a: ahead", "commit a: done", "call GET /a: done", "call POST /b: ahead", "call POST /b: done"]
    deaths = [Death("commit a: done", 1), Death("call POST /b: done", 1), Death("commit a: done", 2)]
    assert deaths_of([*trail, *trail])[:3] == deaths
    assert len(deaths_at([*trail, *trail])) == 10
    known: set[Surroundings] = set()
    assert len(new_deaths(trail * 4, known)) == 4, "the first, the last, and one for each of the two in between"
    assert new_deaths(trail * 3, known) == []


def test_a_death_before_each_answer() -> None:
    """What listeners store, and nothing that the loops do."""
    trail = [
        "commit Engine.ask: ahead",
        "commit Engine.ask: done",
        "commit Engine.run_once: ahead",
        "call GET /: ahead",
    ]
    assert deaths_before_answers(trail * 2) == [Death(trail[0], 1), Death(trail[0], 2)]
