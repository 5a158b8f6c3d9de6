"""An engine on a fresh database for each test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.jobs.desk import Desk


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    opened = await Desk.open(tmp_path)
    yield opened
    await opened.database.close()
