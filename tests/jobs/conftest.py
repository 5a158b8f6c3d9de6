"""A migrated file for those who need very many of them."""

from pathlib import Path

import pytest

from storage.schema import migrate


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated file, to be copied: migrating takes longer than what is tried on it."""
    path = tmp_path_factory.mktemp("empty") / "jobs.db"
    migrate(f"sqlite:///{path}")
    return path
