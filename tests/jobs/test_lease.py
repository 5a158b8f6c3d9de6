"""A call whose claim is too old is not sent; whoever has it by now makes it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

import aiohttp
import httpx
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from slack_sdk.web.async_client import AsyncWebClient

from bot.jobs.lease import LEASE, Lease, LeaseLost, of_request, of_session

SECONDS = 15.0


@dataclass
class Claim:
    """A claim whose clock and owner the test sets."""

    now: float = 0.0
    is_ours: bool = True
    seen: int = 0
    pause: float = 0.0  # how long the process stands still between a look and the sending

    async def look(self) -> bool:
        self.seen += 1
        return self.is_ours

    def steady(self) -> float:
        """Each look at the clock comes so much later: once before the call is prepared, once before it is sent."""
        self.now += self.pause
        return self.now

    def lease(self) -> Lease:
        return Lease(self.look, seconds=SECONDS, steady=self.steady)


@dataclass
class Heard:
    """A server's calls, by method."""

    methods: list[str] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.Response:
        self.methods.append(request.method)
        return web.json_response({"ok": True})


Call = Callable[[str, str], Awaitable[object]]


async def by_aiohttp(method: str, url: str) -> None:
    async with aiohttp.ClientSession(trace_configs=[of_session()]) as session:
        answer = await session.request(method, url, json={} if method == "POST" else None)
        await answer.read()


async def by_slacks_client(method: str, url: str) -> None:
    async with aiohttp.ClientSession(trace_configs=[of_session()]) as session:
        client = AsyncWebClient("xoxb-1", base_url=url, session=session, retry_handlers=[])
        await client.api_call("x.y", http_verb=method, json={} if method == "POST" else None)


async def by_httpx(method: str, url: str) -> None:
    async with httpx.AsyncClient(event_hooks={"request": [of_request]}) as client:
        await client.request(method, url, json={} if method == "POST" else None)


async def held() -> Claim:
    """A claim that was just seen; the test's calls are made under it."""
    claim = Claim()
    LEASE.set(lease := claim.lease())
    await lease.renew()
    return claim


ways = pytest.mark.parametrize("call", [by_aiohttp, by_slacks_client, by_httpx])


@pytest.fixture
async def server() -> AsyncIterator[tuple[Heard, str]]:
    """One that takes everything, and its address."""
    heard, application = Heard(), web.Application()
    application.router.add_route("*", "/{tail:.*}", heard.answer)
    async with TestServer(application) as server:
        yield heard, str(server.make_url("/"))


@ways
async def test_a_claim_that_was_just_seen_is_not_looked_at_again(call: Call, server: tuple[Heard, str]) -> None:
    """Of ten thousand calls all but a few are made within a blink."""
    heard, url = server
    claim = await held()
    await call("POST", url)
    assert (["POST"], 1) == (heard.methods, claim.seen)


@ways
async def test_a_claim_that_was_seen_long_ago_is_looked_at_again(call: Call, server: tuple[Heard, str]) -> None:
    """Before a call that follows a slow one, for example."""
    heard, url = server
    claim = await held()
    claim.now += SECONDS + 1
    await call("POST", url)
    assert (["POST"], 2) == (heard.methods, claim.seen)


@ways
async def test_what_another_has_by_now_is_not_sent(call: Call, server: tuple[Heard, str]) -> None:
    """It was taken over while this process stood still."""
    heard, url = server
    claim = await held()
    claim.now, claim.is_ours = SECONDS + 1, False
    with pytest.raises(LeaseLost):
        await call("POST", url)
    assert not heard.methods


@ways
async def test_what_stood_still_between_the_look_and_the_sending_is_not_sent(
    call: Call, server: tuple[Heard, str]
) -> None:
    """There is no time to look again: that takes some itself."""
    heard, url = server
    claim = Claim(pause=SECONDS + 1)
    LEASE.set(claim.lease())
    with pytest.raises(LeaseLost):
        await call("POST", url)
    assert not heard.methods


@ways
async def test_reading_needs_no_lease(call: Call, server: tuple[Heard, str]) -> None:
    """It changes nothing."""
    heard, url = server
    LEASE.set(Claim(is_ours=False).lease())
    await call("GET", url)
    assert ["GET"] == heard.methods
