"""The one way out: makes a call, again where that is safe, and turns every failure into one of our errors."""

import asyncio
import json
import logging
import random as randomness
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote

import httpx
from h11 import LocalProtocolError

from bot.heygen.errors import AnswerLost, HeyGenError, RateLimited, ServerTrouble, Unreachable, answer_word, error_of
from bot.heygen.rest import Rest
from bot.heygen.retry import again
from bot.keepable import keepable

logger = logging.getLogger(__name__)

CONNECT_SECONDS = 10.0
READ_SECONDS = 30.0
WRITE_SECONDS = 120.0  # HeyGen's slowest hundredth of creates takes half a minute
MAX_CONNECTIONS = 100
KEPT_ALIVE = 20
LONGEST_REST_SECONDS = 3600.0  # a rest that is longer was made by a clock that is wrong
SECONDS = re.compile(r"^[0-9]+(\.[0-9]*)?$")

Timed = Callable[[str, str, float], None]  # the call, what came of it, and the seconds it took


def open_http() -> httpx.AsyncClient:
    """A pooled HTTP client with our limits."""
    limits = httpx.Limits(max_connections=MAX_CONNECTIONS, max_keepalive_connections=KEPT_ALIVE)
    return httpx.AsyncClient(limits=limits, timeout=timeout_of(READ_SECONDS), follow_redirects=False)


def timeout_of(seconds: float) -> httpx.Timeout:
    """How long one silence may last."""
    return httpx.Timeout(seconds, connect=CONNECT_SECONDS, pool=CONNECT_SECONDS)


class Wire:
    """Speaks HTTP to HeyGen with one key. The key is in no repr, log line or error."""

    def __init__(
        self,
        http: httpx.AsyncClient,
        *,
        api_key: str,
        base_url: str,
        clock: Callable[[], float] = time.time,
        random: Callable[[], float] = randomness.random,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        timed: Timed = lambda _call, _outcome, _seconds: None,
        rest: Rest | None = None,
    ) -> None:
        self._http = http
        self._rest = rest or Rest()
        self._headers = {"X-Api-Key": api_key, "Accept": "application/json"}
        self._base_url = base_url.rstrip("/")
        self._clock = clock
        self._random = random
        self._sleep = sleep
        self._timed = timed

    def __repr__(self) -> str:
        return f"Wire({self._base_url})"

    async def send(
        self,
        method: str,
        path: str,
        *ids: str,
        body: Mapping[str, Any] | None = None,
        query: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        repeatable: bool | None = None,
    ) -> dict[str, Any]:
        """Makes the call, again where that is safe, and returns the whole answer. `path` is a template for `ids`."""
        safe = method == "GET" if repeatable is None else repeatable
        content = None if body is None else json.dumps(body).encode()
        kind = {} if body is None else {"Content-Type": "application/json"}
        attempt = 1
        while True:
            try:
                return await self.once(
                    method, path, path.format(*(quote(item, safe="") for item in ids)), content=content, query=query,
                    headers={**kind, **(headers or {})}, repeatable=safe,
                    seconds=READ_SECONDS if method == "GET" else WRITE_SECONDS,
                )  # fmt: skip
            except HeyGenError as error:
                wait = again(error, attempt, repeatable=safe, random=self._random)
                if wait is None:
                    raise
            attempt += 1
            await self._sleep(wait)

    async def once(self, method: str, template: str, path: str, **sent: Any) -> dict[str, Any]:
        """Makes the call once, and tells how long it took and what came of it."""
        began = time.perf_counter()
        try:
            answer = await self._once(method, template, path, **sent)
        except HeyGenError as error:
            self._timed(f"{method} {template}", answer_word(error), time.perf_counter() - began)
            raise
        self._timed(f"{method} {template}", "ok", time.perf_counter() - began)
        return answer

    async def _once(
        self,
        method: str,
        template: str,
        path: str,
        *,
        content: bytes | AsyncIterator[bytes] | None,
        headers: Mapping[str, str],
        repeatable: bool,
        seconds: float,
        query: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        self._rest.check()
        began = time.perf_counter()
        try:
            async with asyncio.timeout(seconds + CONNECT_SECONDS):  # httpx's limits are for one silence each
                response = await self._http.request(
                    method, self._base_url + path, params=query, content=content,
                    headers={**self._headers, **headers}, timeout=timeout_of(seconds),
                )  # fmt: skip
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise Unreachable("unreachable", type(error).__name__) from error
        except (httpx.TimeoutException, TimeoutError) as error:
            # A time-out is never repeated by the client: HeyGen may be at it still.
            raise (ServerTrouble if repeatable else AnswerLost)(
                "timeout", type(error).__name__, retry_after=0
            ) from error
        except (httpx.HTTPError, LocalProtocolError) as error:
            raise (ServerTrouble if repeatable else AnswerLost)("no_answer", type(error).__name__) from error
        request_id = response.headers.get("X-Request-Id")
        logger.debug(
            "%s %s: %s in %.0f ms", method, template, response.status_code, (time.perf_counter() - began) * 1000,
            extra={"action": "heygen_call", "request_id": request_id},
        )  # fmt: skip
        try:
            return self._answer(response, repeatable=repeatable, request_id=request_id)
        except RateLimited as error:
            await self._rest.begin(error)
            raise

    def _answer(self, response: httpx.Response, *, repeatable: bool, request_id: str | None) -> dict[str, Any]:
        try:
            body = keepable(response.json())
        except (ValueError, RecursionError):
            body = None
        if response.status_code >= 300 or (isinstance(body, dict) and body.get("error")):
            raise error_of(
                response.status_code, body, repeatable=repeatable, request_id=request_id,
                retry_after=self._retry_after(response),
            )  # fmt: skip
        if not isinstance(body, dict) or "data" not in body:
            lost = ServerTrouble if repeatable else AnswerLost
            raise lost("garbled_answer", "HeyGen's answer could not be read", status=response.status_code)
        return body

    def _retry_after(self, response: httpx.Response) -> float | None:
        """Seconds, or a date; a senseless one is none, and one too far away is cut."""
        said = response.headers.get("Retry-After", "").strip()
        if not said:
            return None
        try:
            rest = float(said) if SECONDS.match(said) else parsedate_to_datetime(said).timestamp() - self._clock()
        except (ValueError, OverflowError):
            return None
        return min(max(rest, 0.0), LONGEST_REST_SECONDS)
