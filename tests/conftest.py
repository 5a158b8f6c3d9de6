"""What every test gets: an environment that holds none of this program's settings and no proxy."""

import os
from collections.abc import Iterator, Sequence

import pytest

from bot.config import Settings

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
