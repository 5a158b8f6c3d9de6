"""Streams of what HeyGen's links lead to, from a real server."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.heygen.downloads import Downloads
from bot.heygen.errors import HeyGenError, NotFound, ServerTrouble

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def downloads_from(answer: Answer) -> AsyncIterator[tuple[Downloads, str]]:
    """Downloads, and a link that is answered so."""
    application = web.Application()
    application.router.add_get("/film.mp4", answer)
    async with TestServer(application) as server, aiohttp.ClientSession() as session:
        yield Downloads(session), str(server.make_url("/film.mp4"))


async def test_the_bytes_come_as_they_are() -> None:
    """Size and bytes of the file; asked for uncompressed, for Slack is told the length first, and without the key."""
    asked: list[web.Request] = []

    async def answer(request: web.Request) -> web.Response:
        asked.append(request)
        return web.Response(body=b"abc" * 100_000)

    async with downloads_from(answer) as (downloads, link), downloads.open(link) as download:
        assert 300_000 == download.size_bytes
        assert b"abc" * 100_000 == b"".join([chunk async for chunk in download.chunks])
    assert "identity" == asked[0].headers["Accept-Encoding"]
    assert "X-Api-Key" not in asked[0].headers


async def test_a_signed_link_is_not_rewritten() -> None:
    """A signature covers the very characters of the link."""
    asked: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        asked.append(request.raw_path)
        return web.Response(body=b"abc")

    async with downloads_from(answer) as (downloads, link), downloads.open(f"{link}?Signature=a%2Fb%3D~%7E(c)"):
        pass
    assert ["/film.mp4?Signature=a%2Fb%3D~%7E(c)"] == asked


async def test_a_compressed_body_has_no_size() -> None:
    """The length of a compressed body is not the file's."""

    async def answer(_request: web.Request) -> web.Response:
        response = web.Response(body=b"abc" * 1000)
        response.enable_compression(web.ContentCoding.gzip)
        return response

    async with downloads_from(answer) as (downloads, link), downloads.open(link) as download:
        assert download.size_bytes is None


@pytest.mark.parametrize(("status", "kind"), [(403, NotFound), (404, NotFound), (410, NotFound), (503, ServerTrouble)])
async def test_a_dead_link_is_not_found_and_trouble_is_trouble(status: int, kind: type[HeyGenError]) -> None:
    """HeyGen's links die, and the caller fetches a fresh one; what is HeyGen's trouble is tried again."""

    async def answer(_request: web.Request) -> web.Response:
        return web.Response(status=status)

    async with downloads_from(answer) as (downloads, link):
        with pytest.raises(kind):
            async with downloads.open(link):
                pass


@pytest.mark.parametrize("link", ["", "not a link", "s3://voices/anna.mp3"])
async def test_what_is_no_web_address_is_not_found(link: str) -> None:
    """HeyGen is known to hand out such links."""
    async with aiohttp.ClientSession() as session:
        with pytest.raises(NotFound):
            async with Downloads(session).open(link):
                pass


async def test_a_body_that_breaks_off_is_trouble() -> None:
    """Half a file is no file."""

    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "1000"})
        await response.prepare(request)
        await response.write(b"abc")
        assert request.transport is not None
        request.transport.close()
        return response

    async with downloads_from(answer) as (downloads, link), downloads.open(link) as download:
        with pytest.raises(ServerTrouble):
            async for _ in download.chunks:
                pass
