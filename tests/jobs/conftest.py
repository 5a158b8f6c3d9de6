"""An engine on a fresh database for each test, of either kind."""

from collections.abc import AsyncIterator

import pytest

from tests.jobs.desk import Desk


@pytest.fixture
async def desk(url: str) -> AsyncIterator[Desk]:
    opened = await Desk.open_at(url)
    yield opened
    await opened.database.close()
