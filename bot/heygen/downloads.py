"""What HeyGen's links lead to, as streams.

Over aiohttp, which also takes the bytes on to Slack: httpx brings a large file at half that speed.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import aiohttp
from yarl import URL

from bot.heygen.errors import NotFound, ServerTrouble

TIMEOUT = aiohttp.ClientTimeout(total=None, sock_connect=10, sock_read=60)  # a large file may take long; silence not
DEAD_LINK = frozenset({401, 403, 404, 410})


@dataclass(frozen=True, kw_only=True)
class Download:
    """A file on its way: its size where HeyGen says it, and its bytes."""

    size_bytes: int | None
    chunks: AsyncIterator[bytes]


class Downloads:
    """Opens presigned links. The API key is never sent there."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    @asynccontextmanager
    async def open(self, url: str) -> AsyncIterator[Download]:
        """Streams a file. Raises NotFound when the link is dead or none, ServerTrouble when it may be tried again."""
        got = await self._get(url)
        try:
            if got.status in DEAD_LINK:
                raise NotFound("link_dead", "the link has expired", status=got.status)
            if got.status != 200:
                raise ServerTrouble("download_failed", status=got.status)
            # A length that was said of a compressed body is not that of the bytes that come.
            size = None if "Content-Encoding" in got.headers else got.content_length
            yield Download(size_bytes=size, chunks=_read(got))
        finally:
            got.close()

    async def _get(self, url: str) -> aiohttp.ClientResponse:
        headers = {"Accept-Encoding": "identity"}
        try:
            return await self._session.get(URL(url, encoded=True), headers=headers, timeout=TIMEOUT)  # signed as it is
        except (aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError, ValueError) as error:
            raise NotFound("link_dead", "the link is no web address") from error
        except (aiohttp.ClientError, TimeoutError) as error:
            raise ServerTrouble("download_failed", type(error).__name__) from error


async def _read(got: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    try:
        async for chunk in got.content.iter_any():
            yield chunk
    except (aiohttp.ClientError, TimeoutError) as error:
        raise ServerTrouble("download_failed", type(error).__name__) from error
