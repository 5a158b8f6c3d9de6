"""The oracle of the crash matrix finds what it is there for."""

from dataclasses import replace
from typing import Any

import pytest

from tests.crash.matrix import deaths_of
from tests.crash.mortal import Death
from tests.crash.outcome import NOTHING, Outcome, differences

WHOLE = replace(
    NOTHING, said={"card": 1, "result": 1, "dm": 1}, files={"video-v1.mp4": 1}, cards=["Done"], told=["An intro"],
    sessions=1, videos=1, jobs=["agent v1 completed None"],
)  # fmt: skip


@pytest.mark.parametrize(
    "fault",
    [
        {"said": {"card": 1, "result": 1, "dm": 2}},
        {"said": {"card": 1, "result": 1}},
        {"files": {}},
        {"cards": ["Rendering"]},
        {"told": ["An intro", "An intro"]},
        {"sessions": 2},
        {"jobs": ["agent v1 failed stuck"]},
        {"twice": ["card:1"]},
        {"left": {"effects": 1}},
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
    """What lies between two changes is one state; a name that is passed twice has two deaths."""
    trail = ["commit ask: ahead", "commit ask: done", "call GET /a: done", "call POST /b: ahead", "call POST /b: done"]
    every = [*trail, "commit ask: done"]
    assert deaths_of(every) == [
        Death(1, "commit ask: done"),
        Death(1, "call POST /b: done"),
        Death(2, "commit ask: done"),
    ]
    assert len(deaths_of(every, at_every_point=True)) == len(every)
