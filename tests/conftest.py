"""What every test gets: an environment that holds none of this program's settings and no proxy."""

import os
from collections.abc import Iterator

import pytest

from bot.config import Settings

FOR_TESTS = frozenset({"HEYGEN_API_DESCRIPTION"})
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
