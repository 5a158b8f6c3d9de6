"""Which database the crash matrix runs on."""

import pytest

from tests.crash.matrix import DatabaseFor


@pytest.fixture
def database() -> DatabaseFor:
    """A SQLite file in the play's own folder."""
    return lambda folder: f"sqlite:///{folder}/jobs.db"
