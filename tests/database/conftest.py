"""A fresh database on disk for each test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from storage.database import Database, open_database
from storage.schema import migrate


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/jobs.db"


@pytest.fixture
async def database(url: str) -> AsyncIterator[Database]:
    migrate(url)
    opened = await open_database(url)
    yield opened
    await opened.close()
