"""What every test gets: an environment that holds none of this program's settings and no proxy.

And what tests may ask for: the URL of a fresh database, of both kinds in turn.
"""

import os
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path

import pytest

from bot.config import Settings
from tests.database.postgres import PostgresServer, postgres
from tests.jobs.desk import Desk

FOR_TESTS = frozenset({"HEYGEN_API_DESCRIPTION"})
CRASH_COLUMNS = (
    "story",
    "points passed",
    "plays",
    "kills",
    "nothing kept, and told so",
    "asked whether to send again",
    "wrong",
)
PROXIES = frozenset({"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"})


@pytest.fixture(scope="session", autouse=True)
def _cleaned_environment() -> Iterator[None]:
    ours = {name.upper() for name in Settings.model_fields} | PROXIES
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            is_vendors = name.upper().startswith(("SLACK_", "HEYGEN_")) and name not in FOR_TESTS
            if name.upper() in ours or is_vendors:
                patch.delenv(name)
        yield


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A PostgreSQL of this run's own."""
    with postgres() as server:
        yield server


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """A fresh database in it."""
    made = postgres_server.new_database()
    yield made
    postgres_server.drop(made)


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """A fresh database in a file."""
    return f"sqlite:///{tmp_path}/jobs.db"


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def url(request: pytest.FixtureRequest, sqlite_url: str) -> str:
    """A fresh database of either kind; the slower one is left to `make test-all`."""
    if request.param == "sqlite":
        return sqlite_url
    made: str = request.getfixturevalue("postgres_url")
    return made


@pytest.fixture
async def desk(url: str) -> AsyncIterator[Desk]:
    """An engine on a fresh database, with the outside played by the test."""
    opened = await Desk.open_at(url)
    yield opened
    await opened.database.close()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Prints what the crash matrix came to, wherever its tests ran."""
    reports = [
        one for several in terminalreporter.stats.values() for one in several if getattr(one, "when", "") == "call"
    ]
    properties = [one for report in reports for one in report.user_properties]
    if rows := [value for name, value in properties if name == "crash"]:
        terminalreporter.section("crash matrix")
        terminalreporter.write_line(table([CRASH_COLUMNS, *rows]))


def table(rows: Sequence[Sequence[object]]) -> str:
    """As Markdown, so that it can go into the docs."""
    lines = [f"| {' | '.join(str(cell) for cell in row)} |" for row in rows]
    return "\n".join([lines[0], "|---" * len(rows[0]) + "|", *lines[1:]])
