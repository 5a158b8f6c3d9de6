"""An engine on a fresh database for each test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from storage.schema import migrate
from tests.jobs.desk import Desk


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated file, to be copied: migrating takes longer than what is tried on it."""
    path = tmp_path_factory.mktemp("empty") / "jobs.db"
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    opened = await Desk.open(tmp_path)
    yield opened
    await opened.database.close()
