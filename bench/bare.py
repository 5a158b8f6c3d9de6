"""A Bolt listener that stores nothing, the yardstick of our acknowledgements: `python -m bench.bare --mode before`."""

import argparse
import asyncio
import signal

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.context.ack.async_ack import AsyncAck

from bench.processes import LOCAL
from bench.signed import PATH

MODES = ("before", "default")


def make_app(secret: str, *, mode: str) -> AsyncApp:
    """Acknowledges `/video`, and nothing else. It asks nobody who sent it, which is the fastest Bolt can be."""

    async def authorize() -> AuthorizeResult:
        return AuthorizeResult(enterprise_id=None, team_id="T0LOCAL", bot_token="xoxb-local", bot_user_id="U0BOT")

    async def video(ack: AsyncAck) -> None:
        await ack()

    app = AsyncApp(authorize=authorize, signing_secret=secret, process_before_response=mode == "before")
    app.command("/video")(video)
    return app


async def main(secret: str, mode: str) -> None:
    """Serves until SIGTERM, at the address that it prints."""
    app = make_app(secret, mode=mode)

    async def deliver(request: web.Request) -> web.Response:
        return await to_aiohttp_response(await app.async_dispatch(await to_bolt_request(request)))

    server = web.Application()
    server.router.add_post(PATH, deliver)
    runner = web.AppRunner(server, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, LOCAL, 0).start()
    stopping = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopping.set)
    print(f"bare listener at http://{LOCAL}:{runner.addresses[0][1]}", flush=True)
    await stopping.wait()
    await runner.cleanup()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--secret", required=True)
    parser.add_argument("--mode", choices=MODES, required=True)
    options = parser.parse_args()
    asyncio.run(main(options.secret, options.mode))
