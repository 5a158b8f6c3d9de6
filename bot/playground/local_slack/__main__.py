"""Runs a local Slack until it is told to stop: `python -m bot.playground.local_slack --port 8080`."""

import argparse
import asyncio
import signal

from bot.playground.local_slack.server import LocalSlack


def main() -> None:
    asyncio.run(_serve(_options().parse_args()))


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="local-slack", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--request-url", help="deliver over HTTP to this address; without it by Socket Mode")
    parser.add_argument("--signing-secret", default="local-signing-secret")
    parser.add_argument("--bot-token", default="xoxb-local")
    parser.add_argument("--app-token", default="xapp-local")
    parser.add_argument("--retry-pace", type=float, default=60.0, help="how many times faster events are repeated")
    parser.add_argument("--rate-factor", type=float, help="1: Slack's limits; 100: a hundred times faster")
    return parser


async def _serve(options: argparse.Namespace) -> None:
    slack = LocalSlack(
        bot_token=options.bot_token,
        app_token=options.app_token,
        signing_secret=options.signing_secret,
        request_url=options.request_url,
        rate_factor=options.rate_factor,
        retry_pace=options.retry_pace,
    )
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await slack.start(options.host, options.port)
    print(f"local Slack at {slack.url}", flush=True)
    try:
        await stop.wait()
    finally:
        await slack.close()


if __name__ == "__main__":
    main()
