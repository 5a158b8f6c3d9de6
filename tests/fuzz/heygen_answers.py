"""What HeyGen really answers to every call of ours, recorded from the double, and a HeyGen that answers it changed."""

import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import httpx

from bot.heygen.client import HeyGenClient, open_http
from bot.heygen.rest import Rest
from bot.heygen.wire import LONGEST_REST_SECONDS
from bot.playground.local_heygen.server import API_KEY, LocalHeyGen
from tests.fuzz.mutations import broken, dumped, mutated, values_of

Ask = Callable[[HeyGenClient], Awaitable[Any]]

STATUSES = (200, 201, 204, 302, 400, 401, 402, 403, 404, 408, 409, 413, 422, 429, 500, 502, 503, 504)
RESTS = (
    "",
    "0",
    "2",
    "1.5",
    "-1",
    "1e999",
    "²",
    "١",
    "9" * 400,
    "soon",
    "Wed, 21 Oct 2099 07:28:00 GMT",
    "Wed, 99 Foo",
)
KINDS = ("application/json", "text/html", "application/json; charset=utf-16", "application/octet-stream", "")
PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(64)
NAMES = "v3 video-agents videos resources styles voices speech avatars looks users me assets stop"
PARTS = frozenset(NAMES.split())  # of addresses; the others are ids
CREATE = ("POST", "v3", "video-agents")
SPEED = 400.0
BROKEN_SHARE, STATUS_SHARE, REST_SHARE, KIND_SHARE = 0.1, 0.2, 0.2, 0.1


@dataclass(frozen=True)
class Answered:
    """One recorded answer, and to which call."""

    call: tuple[str, ...]
    status: int
    body: Any


@dataclass(frozen=True)
class Record:
    """Every call of the client's, and what HeyGen answers to each."""

    asks: list[Ask]
    answers: list[Answered]


async def recorded(folder: Path) -> Record:
    """Asks the double everything once."""
    taken: list[Answered] = []

    async def keep(response: httpx.Response) -> None:
        await response.aread()
        taken.append(Answered(_call(response.request), response.status_code, response.json()))

    async with LocalHeyGen(speed=SPEED, media=False, state_dir=folder) as heygen, open_http() as http:
        client = HeyGenClient(http, api_key=API_KEY, base_url=heygen.url)
        asked = await _asked(client, heygen)
        http.event_hooks = {"response": [keep]}
        for ask in asked:
            await ask(client)
        return Record(asked, taken)


async def _asked(client: HeyGenClient, heygen: LocalHeyGen) -> list[Ask]:
    heygen.plan_next(review=True)
    drawn = await client.create_session("A storyboard")
    made = await client.create_session("A film")
    await heygen.wait_for(lambda heygen: heygen.sessions[drawn.session_id].status == "reviewing")
    await heygen.wait_for(lambda heygen: heygen.sessions[made.session_id].status == "completed")
    session = await client.session(drawn.session_id)
    resource_id = next(message.resource_ids[0] for message in session.messages if message.resource_ids)
    [video, *_] = await client.session_videos(made.session_id)
    [voice, *_] = (await client.voices(engine="starfish")).items
    return [
        lambda client: client.create_session("Another film"),
        lambda client: client.list_sessions(),
        lambda client: client.session(drawn.session_id),
        lambda client: client.session(made.session_id),
        lambda client: client.send_message(made.session_id, "shorter"),
        lambda client: client.session_videos(made.session_id),
        lambda client: client.resource(drawn.session_id, resource_id),
        lambda client: client.styles(),
        lambda client: client.video(video.id),
        lambda client: client.speech("Hello", voice.voice_id),
        lambda client: client.voices(),
        lambda client: client.looks(),
        lambda client: client.account(),
        lambda client: client.stop(drawn.session_id),
        lambda client: client.upload_asset("a.png", "image/png", len(PICTURE), _picture(), idempotency_key="k"),
    ]


async def _picture() -> AsyncIterator[bytes]:
    yield PICTURE


class Changed:
    """A HeyGen that answers what was recorded, a share of it with something wrong, for httpx's own test transport."""

    def __init__(self, known: Record, *, seed: int, share: float = 1.0) -> None:
        self._random = Random(seed)
        self._share = share
        self._numbers = itertools.count(1)
        self._known = known.answers
        plain = [value for answered in self._known for value in values_of(answered.body)]
        self._pool = [value for value in plain if not isinstance(value, dict | list)]

    def __call__(self, request: httpx.Request) -> httpx.Response:
        random, call = self._random, _call(request)
        fitting = [answered for answered in self._known if answered.call == call]
        if not fitting:  # an id may be a word that stands in addresses, too
            return httpx.Response(404, json={"error": {"code": "not_found", "message": "no such thing"}})
        known = random.choice(fitting)
        body = _renewed(known.body, next(self._numbers)) if call == CREATE else known.body
        if random.random() >= self._share:
            return httpx.Response(known.status, json=body)
        raw = dumped(mutated(body, random, pool=self._pool))
        headers = {b"Content-Type": (random.choice(KINDS) if random.random() < KIND_SHARE else KINDS[0]).encode()}
        if random.random() < REST_SHARE:
            headers[b"Retry-After"] = random.choice(RESTS).encode()
        return httpx.Response(
            random.choice(STATUSES) if random.random() < STATUS_SHARE else known.status,
            content=broken(raw, random) if random.random() < BROKEN_SHARE else raw,
            headers=headers,
        )


def _renewed(body: Any, number: int) -> Any:
    """Each session has an id of its own."""
    return {**body, "data": {**body["data"], "session_id": f"session-{number}"}}


def _call(request: httpx.Request) -> tuple[str, ...]:
    """The method and the path without its ids."""
    return (request.method, *(part if part in PARTS else "*" for part in request.url.path.strip("/").split("/")))


def client_of(heygen: Callable[[httpx.Request], httpx.Response]) -> HeyGenClient:
    """The real client on this HeyGen; it never sleeps, and every rest is over by the next call."""
    later = itertools.count(step=2 * LONGEST_REST_SECONDS)

    async def at_once(_seconds: float) -> None:
        return

    http = httpx.AsyncClient(transport=httpx.MockTransport(heygen))
    rest = Rest(steady=lambda: next(later))
    return HeyGenClient(http, api_key=API_KEY, base_url="https://heygen.test", sleep=at_once, rest=rest)
