"""HeyGen takes fewer jobs than we think: nothing is lost, nothing storms, and everybody gets their turn."""

from pathlib import Path

import pytest

from tests.journeys.world import ANA, BEN, World, world

OURS, THEIRS, JOBS = 8, 2, 8
MOST_REFUSED = (OURS - THEIRS) + JOBS  # those on their way when the first is refused, then one for each place given


def refused(made: World) -> int:
    return len([call for call in made.heygen.calls if call.status == 429])


@pytest.mark.slow
async def test_a_ceiling_below_ours_costs_few_refusals(tmp_path: Path) -> None:
    """Two places where we think there are eight: all that were refused used to come again together."""
    async with world(tmp_path, HEYGEN_CONCURRENCY=str(OURS)) as made:
        made.heygen.set(concurrency=THEIRS, generating_seconds=60.0)
        for number in range(JOBS):
            await made.video(f"Film {number}", by=ANA if number % 2 else BEN)
        await made.until(lambda world: len(world.heygen.sessions) == JOBS, timeout=45)
        await made.until(lambda world: not world.heygen.running, timeout=10)
        assert JOBS == len({session.prompt for session in made.heygen.sessions.values()})
        assert JOBS <= made.creates() <= JOBS + MOST_REFUSED
        assert refused(made) <= MOST_REFUSED
