"""Named points around every call that leaves the process. Tests end the program at one of them; production has none.

Between two commits and two calls nothing can be lost but memory: these points, and those of the database's commits,
are all the places where it matters that a program dies.
"""

from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any

import aiohttp
import httpx

Passing = Callable[[str], None]  # is told the name of each point


def of_aiohttp(passing: Passing) -> aiohttp.TraceConfig:
    """The points of a session: what goes to Slack, and what is fetched from both sides' file stores."""

    async def ahead(_: Any, __: SimpleNamespace, call: aiohttp.TraceRequestStartParams) -> None:
        passing(f"call {call.method} {call.url.path}: ahead")

    async def done(_: Any, __: SimpleNamespace, call: aiohttp.TraceRequestEndParams) -> None:
        passing(f"call {call.method} {call.url.path}: done")

    trace = aiohttp.TraceConfig()
    trace.on_request_start.append(ahead)
    trace.on_request_end.append(done)
    return trace


def of_httpx(passing: Passing) -> dict[str, list[Callable[..., Awaitable[None]]]]:
    """The points of the client that speaks to HeyGen. *Done* is when its answer is there and nobody has read it."""

    async def ahead(request: httpx.Request) -> None:
        passing(f"call {request.method} {request.url.path}: ahead")

    async def done(response: httpx.Response) -> None:
        passing(f"call {response.request.method} {response.request.url.path}: done")

    return {"request": [ahead], "response": [done]}
