"""A short chaos: nothing acknowledged is lost, nothing is posted or charged twice."""

from pathlib import Path

import pytest

from tests.chaos.__main__ import table
from tests.chaos.replies import Fate
from tests.chaos.run import Outcome, Plan, play
from tests.database.postgres import postgres

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

KILLS, RESTARTS = 3, 2  # that a short one has at least, on however quick a machine


def was_troubled(outcome: Outcome) -> bool:
    """Whether all sides were in a bad mood: a calm that nobody noticed would prove nothing."""
    return all(outcome.suffered.values()) and bool(outcome.events) and outcome.kills >= KILLS


async def test_two_replicas_on_postgresql(tmp_path: Path) -> None:
    """Both are killed again and again, and the database is restarted below them."""
    plan = Plan(
        jobs=60, replicas=2, seed=7, channels=6, at_once=20, restart_every=(5.0, 10.0), kills=KILLS, restarts=RESTARTS
    )
    with postgres() as server:
        outcome = await play(plan, tmp_path, url=server.new_database(), server=server)
    print(table(outcome))
    assert outcome.acknowledged > plan.jobs / 2
    assert was_troubled(outcome)
    assert outcome.restarts >= RESTARTS
    assert outcome.fates[Fate.VERSION] > 0
    assert outcome.findings.is_right, outcome.findings
    assert not outcome.findings.unheard  # what Slack did not bring was read, at the latest after the last start


async def test_one_program_on_a_file(tmp_path: Path) -> None:
    """The same with SQLite, where one program is all there is."""
    plan = Plan(jobs=40, replicas=1, seed=8, channels=6, at_once=15, kill_every=(6.0, 10.0), kills=KILLS)
    outcome = await play(plan, tmp_path, url=f"sqlite:///{tmp_path}/jobs.db", server=None)
    print(table(outcome))
    assert was_troubled(outcome)
    assert outcome.fates[Fate.VERSION] > 0
    assert outcome.findings.is_right, outcome.findings
    assert not outcome.findings.unheard  # what Slack did not bring was read, at the latest after the last start
