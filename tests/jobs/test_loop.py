"""How long a loop waits before it looks again."""

import pytest

from bot.jobs.loop import IDLE_SECONDS, Loop, RunOnce

NOW = 1_000.0


def due_at(due: float | None) -> RunOnce:
    async def run_once() -> float | None:
        return due

    return run_once


@pytest.mark.parametrize(
    ("due", "longest", "waits"),
    [
        (NOW + 2.0, IDLE_SECONDS, 2.0),
        (NOW - 2.0, IDLE_SECONDS, 0.0),
        (None, IDLE_SECONDS, IDLE_SECONDS),
        (NOW + 60.0, IDLE_SECONDS, IDLE_SECONDS),
        (NOW + 60.0, 1_800.0, 60.0),
        (NOW + 9_000.0, 1_800.0, 1_800.0),
    ],
)
async def test_a_loop_waits_until_it_is_due(due: float | None, longest: float, waits: float) -> None:
    """As `run_once` said, and never longer than its longest wait; a chore of half an hour is not done every 5 s."""
    loop = Loop("chore", run_once=due_at(due), clock=lambda: NOW, longest_seconds=longest)
    assert waits == await loop.round()


def test_a_rush_of_wakes_is_not_spent_looking() -> None:
    """One slow round, such as the first, holds nothing up; slow ones in a row rest longer, as long as they are slow."""
    loop = Loop("chore", run_once=due_at(None), clock=lambda: NOW, least_seconds=0.05, rest=19.0)
    assert [loop.pause_after(took) for took in (0.04, 0.002, 0.04, 0.03, 0.5, 0.002)] == pytest.approx(
        [0.05, 0.05, 0.05, 0.57, 0.57, 0.05]
    )
