"""The Web API's front door: token, scopes, limits and orders to fail, then the method itself."""

import asyncio
import hmac

from aiohttp import web

from bot.playground.local_slack.arguments import Arguments, loggable, read_arguments
from bot.playground.local_slack.methods.table import METHODS, Method
from bot.playground.local_slack.records import Json, SlackError
from bot.playground.local_slack.showpieces import unclaimed_videos
from bot.playground.local_slack.temper import Order
from bot.playground.local_slack.workspace import Workspace

RATE_LIMITED = "ratelimited"


class WebApi:
    """Answers /api/<method> for the one app of this workspace."""

    def __init__(self, workspace: Workspace, *, bot_token: str, app_token: str) -> None:
        self._workspace = workspace
        self._bot_token = bot_token
        self._app_token = app_token

    async def handle(self, request: web.Request) -> web.StreamResponse:
        name, began_at = request.match_info["method"], self._workspace.clock()
        await asyncio.sleep(self._workspace.temper.latency)
        try:
            arguments = await read_arguments(request)
        except SlackError as refusal:
            return self._refused(name, {}, refusal)
        order = self._workspace.orders.take(name)
        if order is not None and order.is_before_commit:
            return await self._suffer(request, name, arguments, order)
        try:
            content = self._call(name, arguments)
        except SlackError as refusal:
            return self._refused(name, loggable(arguments), refusal)
        answer = None if order is not None else {"ok": True, **content}
        self._workspace.journal.called(name, loggable(arguments), None, began_at=began_at, answer=answer)
        if order is not None:
            return await lose_answer(self._workspace, request, order)
        headers = {"x-oauth-scopes": self._workspace.temper.scopes} if name == "auth.test" else {}
        return web.json_response(answer, headers=headers)

    def _call(self, name: str, arguments: Arguments) -> Json:
        method = METHODS.get(name)
        if method is None:
            raise SlackError("unknown_method", {"req_method": name})
        self._check_token(method, arguments.token)
        if method.scopes:
            self._workspace.require(*method.scopes)
        self._check_videos(arguments)
        wait = self._workspace.rates.wait(name, method.per_minute)
        if wait:
            raise SlackError(RATE_LIMITED, {"retry_after": wait})
        return method.answer(self._workspace, arguments)

    def _check_token(self, method: Method, token: str) -> None:
        if not token:
            raise SlackError("not_authed")
        right, wrong = self._bot_token, self._app_token
        if method.takes_app_token:
            right, wrong = wrong, right
        if _same(token, wrong):
            raise SlackError("not_allowed_token_type")
        if not _same(token, right):
            raise SlackError("invalid_auth")

    def _check_videos(self, arguments: Arguments) -> None:
        """A video block shows a player page of a domain that the app has claimed in its manifest."""
        for name in ("blocks", "view"):
            if unclaimed_videos(arguments.nested(name), self._workspace.temper.claimed):
                words = f"[ERROR] not a valid unfurl domain claimed by your app [json-pointer:/{name}]"
                raise SlackError("invalid_blocks", {"response_metadata": {"messages": [words]}})

    async def _suffer(self, request: web.Request, name: str, arguments: Arguments, order: Order) -> web.StreamResponse:
        """Carry out an order that keeps the method from being called."""
        shown = loggable(arguments)
        if order.do == "error":
            return self._refused(name, shown, SlackError(order.error))
        if order.do == "429":
            return self._refused(name, shown, SlackError(RATE_LIMITED, {"retry_after": order.retry_after}))
        if order.do == "status":
            self._workspace.journal.called(name, shown, f"status {order.status}")
            return web.Response(status=order.status, text="<html>upstream trouble</html>", content_type="text/html")
        self._workspace.journal.called(name, shown, order.do)
        return await lose_answer(self._workspace, request, order)

    def _refused(self, name: str, shown: Json, refusal: SlackError) -> web.Response:
        body: Json = {"ok": False, "error": refusal.word}
        if refusal.word != RATE_LIMITED:
            body |= refusal.details
        self._workspace.journal.called(name, shown, refusal.word, answer=body)
        if refusal.word == RATE_LIMITED:
            headers = {"Retry-After": str(refusal.details.get("retry_after", 1))}
            return web.json_response(body, status=429, headers=headers)
        return web.json_response(body)


async def lose_answer(workspace: Workspace, request: web.Request, order: Order) -> web.Response:
    """End the connection without an answer: at once, or after holding it as long as ordered."""
    if order.do.startswith("timeout"):
        try:
            async with asyncio.timeout(order.hold_seconds):
                await workspace.closing.wait()
        except TimeoutError:
            pass  # held long enough
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())
