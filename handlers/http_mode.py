"""Slack's HTTP deliveries into Bolt, with two guards around what Bolt 1.30 gets wrong."""

from urllib.parse import parse_qsl

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response
from slack_bolt.async_app import AsyncApp
from slack_bolt.context.async_context import AsyncBoltContext
from slack_bolt.request.async_internals import build_async_context
from slack_bolt.request.async_request import AsyncBoltRequest

from handlers.shapes import UNREADABLE

FORM = "application/x-www-form-urlencoded"


class HttpDelivery:
    """One POST path for events, commands, interactivity and options."""

    def __init__(self, app: AsyncApp) -> None:
        self._app = app

    async def deliver(self, request: web.Request) -> web.StreamResponse:
        """Verifies and dispatches; the answer leaves when the listener has committed."""
        stamp = request.headers.get("X-Slack-Request-Timestamp", "")
        if not (stamp.isascii() and stamp.isdigit()):
            return web.json_response({"error": "invalid request"}, status=401)  # the SDK would raise instead
        raw = (await request.read()).decode("utf-8", errors="replace")
        try:
            bolt_request = AsyncBoltRequest(body=raw, query=request.query_string, headers=dict(request.headers))
        except UNREADABLE:
            return web.json_response({"error": "invalid request"}, status=400)
        if not bolt_request.body and request.content_type == FORM:
            _restore_command(bolt_request, raw)
        response = await self._app.async_dispatch(bolt_request)
        return await to_aiohttp_response(response)


def _restore_command(bolt_request: AsyncBoltRequest, raw: str) -> None:
    """Bolt takes any form that contains the word "payload" for an interaction, and a command with that word is lost."""
    bolt_request.body = dict(parse_qsl(raw, keep_blank_values=True))
    bolt_request.context = build_async_context(AsyncBoltContext({}), bolt_request.body)
