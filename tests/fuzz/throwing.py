"""Throws changed payloads at the running program, and keeps what it answers."""

import asyncio
import copy
import logging
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Sequence
from random import Random
from typing import Any
from urllib.parse import urlencode

import aiohttp

from bot.playground.local_slack.journal import Delivery
from tests.fuzz.mutations import broken, dumped, mutated, values_of
from tests.journeys.world import World

FORM, JSON = "application/x-www-form-urlencoded", "application/json"
AT_ONCE = 16
NEW_SHARE, BROKEN_SHARE = 0.7, 0.1

Recorded = tuple[str, dict[str, Any]]  # the kind of delivery, and what it says


class Thrower:
    """Makes payload after payload from what was recorded; the seed alone decides which."""

    def __init__(self, recorded: Sequence[Delivery], *, seed: int) -> None:
        self._random = Random(seed)
        self._kinds = _by_kind(recorded)
        plain = [value for entry in recorded for value in values_of(entry.payload)]
        self._pool = [value for value in plain if not isinstance(value, dict | list)]
        self._count = 0

    def payload(self) -> Recorded:
        """The next one; every kind is as likely as any other."""
        kind, said = self._random.choice(self._random.choice(self._kinds))
        self._count += 1
        said = copy.deepcopy(said)
        if self._random.random() < NEW_SHARE:
            _renew(said, self._count)
        return kind, mutated(said, self._random, pool=self._pool)

    def body(self) -> tuple[bytes, str]:
        """The next one as bytes with their content type; some are damaged as bytes, too."""
        kind, said = self.payload()
        raw, content_type = _encoded(kind, said)
        return (broken(raw, self._random) if self._random.random() < BROKEN_SHARE else raw), content_type


async def post_all(
    count: int, made: World, path: str, next_one: Callable[[], tuple[bytes, dict[str, str]]]
) -> Counter[int]:
    """Posts so many bodies, some of them at once; how often each status was answered."""
    url, answered = f"http://127.0.0.1:{made.port}{path}", Counter[int]()
    async with aiohttp.ClientSession() as http:

        async def post() -> None:
            body, headers = next_one()
            async with http.post(url, data=body, headers=headers) as answer:
                await answer.read()
                answered[answer.status] += 1

        await some_at_once(count, post)
    return answered


async def some_at_once(count: int, deed: Callable[[], Awaitable[None]]) -> None:
    """Does it so many times, a few at a time."""
    left = iter(range(count))

    async def do_some() -> None:
        for _ in left:
            await deed()

    await asyncio.gather(*(do_some() for _ in range(AT_ONCE)))


def faults(records: Sequence[logging.LogRecord]) -> list[str]:
    """What the log says of faults of ours: everything with a traceback, and every error."""
    return [
        f"{record.name}: {record.getMessage()[:200]} {record.exc_info[1] if record.exc_info else ''!r}"
        for record in records
        if record.exc_info or record.levelno >= logging.ERROR
    ]


def _by_kind(recorded: Sequence[Delivery]) -> list[list[Recorded]]:
    kinds = defaultdict(list)
    for entry in recorded:
        said = entry.payload
        event, actions = said.get("event") or {}, said.get("actions") or [{}]
        words = (said.get("command"), said.get("type"), event.get("type"), event.get("subtype"))
        kinds[*words, actions[0].get("action_id")].append((entry.kind, said))
    return list(kinds.values())


def _renew(said: dict[str, Any], number: int) -> None:
    """Makes it one that has not arrived before."""
    for name in ("trigger_id", "event_id"):
        if name in said:
            said[name] = f"{said[name]}n{number}"
    if "view" in said:
        said["view"]["id"] += f"n{number}"
    if "ts" in said.get("event", {}):
        said["event"]["ts"] = f"{1_800_000_000 + number}.000100"


def _encoded(kind: str, said: Any) -> tuple[bytes, str]:
    """As Slack sends it, so far as what is changed allows."""
    if kind == "events_api":
        return dumped(said), JSON
    if kind == "slash_commands":
        fields = {name: one if isinstance(one, str) else dumped(one).decode() for name, one in said.items()}
        return urlencode(fields, errors="replace").encode(), FORM
    return urlencode({"payload": dumped(said).decode()}).encode(), FORM
