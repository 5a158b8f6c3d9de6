"""A playground for each module and a browser; skipped, with the reason, where there is no Chromium or no built page."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from bench import played
from tests.page.visitor import Visitor, visit

SPEED = "12"  # a video takes two seconds of HeyGen's

REASON = played.why_not()


@pytest.fixture(scope="module", autouse=True)
def _can_look() -> None:
    if REASON is not None:
        pytest.skip(REASON)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser(_can_look: None) -> AsyncIterator[Browser]:
    async with played.browser() as launched:
        yield launched


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def address(_can_look: None, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """Where the page of this module's playground is."""
    async with played.playground(tmp_path_factory.mktemp("playground"), "--speed", SPEED) as url:
        yield url


@pytest_asyncio.fixture(loop_scope="module")
async def visitor(browser: Browser, address: str) -> AsyncIterator[Visitor]:
    """Somebody who opens the page for the first time, on a laptop; whatever the page complains about fails the test."""
    async with visit(browser, address) as opened:
        yield opened
