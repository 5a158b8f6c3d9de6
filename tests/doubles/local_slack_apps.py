"""Small real Bolt apps, connected to a local Slack by Socket Mode or over HTTP."""

import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from aiohttp import web
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.playground.local_slack.server import LocalSlack

ANA, BEN, GENERAL = "U0ANA", "U0BEN", "C0GENERAL"

Register = Callable[[AsyncApp], None]


def client_of(slack: LocalSlack, token: str = "xoxb-local") -> AsyncWebClient:
    """The real SDK client, which repeats nothing by itself."""
    return AsyncWebClient(token, base_url=slack.api_url, retry_handlers=[])


def bolt_app(slack: LocalSlack) -> AsyncApp:
    return AsyncApp(
        client=client_of(slack),
        signing_secret="local-signing-secret",
        process_before_response=True,
    )


@asynccontextmanager
async def socket_app(register: Register) -> AsyncIterator[LocalSlack]:
    """A local Slack with an app connected by Socket Mode."""
    async with LocalSlack() as slack, connected(slack, register):
        yield slack


@asynccontextmanager
async def connected(slack: LocalSlack, register: Register) -> AsyncIterator[AsyncSocketModeHandler]:
    """One more connection of an app to this Slack."""
    app = bolt_app(slack)
    register(app)
    handler = AsyncSocketModeHandler(app, slack.app_token, web_client=app.client, ping_interval=1)
    before = slack.connections
    await handler.connect_async()  # type: ignore[no-untyped-call]
    await slack.wait_for(lambda slack: slack.connections > before)
    try:
        yield handler
    finally:
        await handler.close_async()  # type: ignore[no-untyped-call]


@asynccontextmanager
async def http_app(register: Register) -> AsyncIterator[LocalSlack]:
    """A local Slack that delivers to an app over signed HTTP."""
    listener = socket.create_server(("127.0.0.1", 0))
    address = f"http://127.0.0.1:{listener.getsockname()[1]}/slack/events"
    async with LocalSlack(request_url=address) as slack:
        app = bolt_app(slack)
        register(app)
        runner = web.AppRunner(app.web_app("/slack/events"), access_log=None)
        await runner.setup()
        await web.SockSite(runner, listener).start()
        try:
            yield slack
        finally:
            await runner.cleanup()
