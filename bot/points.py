"""Named points around every commit and every call that leaves the process. Tests end the program at one of them.

Between two of these changes only memory changes, so they are all the places where it matters that a program dies. In
production nobody asks to be told, and nothing is in between.
"""

import asyncio
from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any, TypeVar

import aiohttp
import httpx

from storage.database import Database, Transaction

Passing = Callable[[str], None]  # is told the name of each point
T = TypeVar("T")


class _Watched:
    """A database whose commits are told: when the statements have run, and when it is durable and nobody knows yet."""

    def __init__(self, database: Database, passing: Passing) -> None:
        self._database = database
        self._passing = passing
        self.is_shared = database.is_shared

    @property
    def is_refusing(self) -> bool:
        return self._database.is_refusing

    async def write(self, change: Callable[[Transaction], T]) -> T:
        name = _name_of(change)

        def told(tx: Transaction) -> T:
            value = change(tx)
            self._passing(f"commit {name}: ahead")
            return value

        value = await self._database.write(told)
        self._passing(f"commit {name}: done")
        return value

    async def read(self, look: Callable[[Transaction], T]) -> T:
        return await self._database.read(look)

    async def close(self) -> None:
        await self._database.close()


def _name_of(change: Callable[[Transaction], Any]) -> str:
    """The effect's whose task it is, else the function's that the change stands in."""
    task = asyncio.current_task()
    if task is not None and task.get_name().startswith("effect "):
        return task.get_name()
    return change.__qualname__.partition(".<locals>")[0]


def of_commits(database: Database, passing: Passing | None) -> Database:
    """The database, told about or as it is."""
    return database if passing is None else _Watched(database, passing)


def of_session(passing: Passing | None) -> list[aiohttp.TraceConfig]:
    """For calls to Slack and to both sides' file stores. *Done* is an answer that nobody has read."""
    if passing is None:
        return []

    async def ahead(_: Any, __: SimpleNamespace, call: aiohttp.TraceRequestStartParams) -> None:
        passing(f"call {call.method} {call.url.path}: ahead")

    async def done(_: Any, __: SimpleNamespace, call: aiohttp.TraceRequestEndParams) -> None:
        passing(f"call {call.method} {call.url.path}: done")

    trace = aiohttp.TraceConfig()
    trace.on_request_start.append(ahead)
    trace.on_request_end.append(done)
    return [trace]


def of_client(passing: Passing | None) -> dict[str, list[Callable[..., Awaitable[None]]]]:
    """The same for calls to HeyGen."""
    if passing is None:
        return {"request": [], "response": []}

    async def ahead(request: httpx.Request) -> None:
        passing(f"call {request.method} {request.url.path}: ahead")

    async def done(response: httpx.Response) -> None:
        passing(f"call {response.request.method} {response.request.url.path}: done")

    return {"request": [ahead], "response": [done]}
