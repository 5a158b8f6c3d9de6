"""A fresh database for each test, of either kind."""

from collections.abc import AsyncIterator

import pytest

from storage.database import Database, open_database
from storage.schema import migrate


@pytest.fixture
async def database(url: str) -> AsyncIterator[Database]:
    migrate(url)
    opened = await open_database(url)
    yield opened
    await opened.close()
