"""What happens in a server of the playground, told as it happens and served as server-sent events."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from aiohttp import web

Json = dict[str, Any]

CLOSING = "closing"  # the last line of a stream
MISSED = "missed"  # in place of lines that a slow watcher will never get
KEPT = 1_000  # lines waiting for one slow watcher
STILL_HERE_SECONDS = 15.0  # between two signs of life, by which a watcher who left is noticed
STREAM = {"Content-Type": "text/event-stream", "Cache-Control": "no-store"}
BEGIN = b": listening\n\n"
STILL_HERE = b": still here\n\n"


class News:
    """Hands each line to everybody who watches at that moment."""

    def __init__(self) -> None:
        self._watchers: set[asyncio.Queue[Json]] = set()

    def tell(self, kind: str, line: Json) -> None:
        """Who has let too many lines wait gets one that says so instead of them, and does well to read anew."""
        for watcher in self._watchers:
            if watcher.full():
                _empty(watcher)
                watcher.put_nowait({"kind": MISSED})
            watcher.put_nowait({"kind": kind, **line})

    @property
    def is_watched(self) -> bool:
        return bool(self._watchers)

    @contextmanager
    def watching(self) -> Iterator[asyncio.Queue[Json]]:
        """The lines from now on."""
        watcher: asyncio.Queue[Json] = asyncio.Queue(KEPT)
        self._watchers.add(watcher)
        try:
            yield watcher
        finally:
            self._watchers.discard(watcher)

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Everything from now on, until the server closes or nobody listens any more."""
        response = web.StreamResponse(headers=STREAM)
        with self.watching() as lines:
            await response.prepare(request)
            try:
                await response.write(BEGIN)
                while (line := await next_line(lines)) is None or line["kind"] != CLOSING:
                    await response.write(STILL_HERE if line is None else as_event(line))
            except ConnectionError:
                return response  # nobody listens any more
        return response


async def next_line(lines: asyncio.Queue[Json]) -> Json | None:
    """The next line, or None when it is time for a sign of life."""
    try:
        return await asyncio.wait_for(lines.get(), STILL_HERE_SECONDS)
    except TimeoutError:
        return None


def as_event(line: Json) -> bytes:
    return f"data: {json.dumps(line, default=str)}\n\n".encode()


def _empty(queue: asyncio.Queue[Json]) -> None:
    while not queue.empty():
        queue.get_nowait()
