"""Which databases the crash matrix runs on."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.crash.matrix import DatabaseFor
from tests.database.postgres import PostgresServer


@asynccontextmanager
async def in_a_file(folder: Path) -> AsyncIterator[str]:
    yield f"sqlite:///{folder}/jobs.db"


def on(server: PostgresServer) -> DatabaseFor:
    """A database of its own for each play, gone after it."""
    one_at_a_time = asyncio.Lock()

    @asynccontextmanager
    async def on_the_server(_: Path) -> AsyncIterator[str]:
        async with one_at_a_time:
            url = await asyncio.to_thread(server.new_database)
        try:
            yield url
        finally:
            async with one_at_a_time:
                await asyncio.to_thread(server.drop, url)

    return on_the_server


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def database(request: pytest.FixtureRequest) -> DatabaseFor:
    """A file for each play, or a database on a real server, which is left to `make test-all`."""
    if request.param == "sqlite":
        return in_a_file
    server: PostgresServer = request.getfixturevalue("postgres_server")
    return on(server)
