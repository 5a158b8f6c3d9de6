"""A later release expands the schema while this one runs on it: nothing stops, and what is begun ends once.

What a later release's code will do cannot be tried before it is written. What holds for each is: it adds tables,
columns, indexes, and names within what a column holds, and leaves the rest. So the schema is expanded here as it would
do, below the running program.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import select, update

from storage.database import Database, Transaction, open_database
from storage.schema import is_current
from storage.tables import jobs
from tests.journeys.once import said
from tests.journeys.test_replicas import all_done, replicas
from tests.journeys.test_restart import mortal
from tests.journeys.world import GENERAL

EXPANSION = (
    "CREATE TABLE budgets (id VARCHAR(20) PRIMARY KEY, usd FLOAT NOT NULL)",
    "ALTER TABLE jobs ADD COLUMN usd FLOAT",
    "ALTER TABLE effects ADD COLUMN shard INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE threads ADD COLUMN audience VARCHAR(20) NOT NULL DEFAULT 'channel'",
    "CREATE INDEX ix_jobs_usd ON jobs (usd)",
    "UPDATE schema_notes SET oldest_release = '0.2'",
    "UPDATE alembic_version SET version_num = '9999'",
)


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Database]:
    database = await open_database(url)
    try:
        yield database
    finally:
        await database.close()


async def expand(database: Database) -> None:
    """What `heygen-slack migrate` of a later release does, in one transaction."""
    await database.write(_expand)


def _expand(tx: Transaction) -> None:
    for statement in EXPANSION:
        tx.exec_driver_sql(statement)
    for job_id, brief in tx.execute(select(jobs.c.id, jobs.c.brief)).all():
        later = {**brief, "usd": 3.5, "files": [{**file, "sha256": "0f"} for file in brief.get("files", [])]}
        tx.execute(update(jobs).where(jobs.c.id == job_id).values(brief=later))


async def shards(database: Database) -> set[int]:
    """What the new column holds in the rows that this release wrote."""
    return await database.read(lambda tx: set(tx.exec_driver_sql("SELECT shard FROM effects").scalars()))


@pytest.mark.slow
async def test_on_one_machine_it_goes_on_with_a_schema_that_grew(tmp_path: Path) -> None:
    """It goes back from a later release to this one: what that one had migrated serves, with jobs of before in it."""
    async with mortal(tmp_path) as made:
        made.heygen.plan_next(slower=3.0)
        await made.video("Before")
        await made.heygen.wait_for(lambda heygen: heygen.sessions)
        await made.program.kill()
        await expand(made.database)
        assert is_current(made.settings.database_url)
        await made.program.start()
        await made.video("After")
        await all_done(made, 2)
        assert {"card": 2, "video-v1.mp4": 2, "result": 2, "dm": 2} == said(made.slack)
        assert 2 == made.creates()
        assert {0} == await shards(made.database)


@pytest.mark.slow
async def test_replicas_go_on_while_the_schema_grows_below_them(tmp_path: Path, postgres_url: str) -> None:
    """In the middle of their work; and one that restarts then, in order or by a crash, finds a schema that fits."""
    async with replicas(tmp_path, postgres_url, 2) as (made, programs), opened(postgres_url) as database:
        for number in range(8):
            await made.video(f"Begun before {number}")
        await made.slack.wait_for(lambda slack: len(slack.messages(GENERAL)) >= 2, timeout=20)
        await expand(database)
        for number in range(4):
            await made.video(f"Begun meanwhile {number}")
        assert 0 == await programs[0].stop()
        await programs[0].start()
        for number in range(4):
            await made.video(f"Begun after {number}")
        await programs[1].kill()
        await asyncio.gather(programs[1].start(), all_done(made, 16, timeout=50))
        assert {"card": 16, "video-v1.mp4": 16, "result": 16, "dm": 16} == said(made.slack)
        assert 16 == made.creates()
        assert {0} == await shards(database)
