"""Runs a local HeyGen until it is told to stop: `python -m bot.playground.local_heygen --port 8081`."""

import argparse
import asyncio
import signal
from pathlib import Path

from bot.playground.local_heygen.server import API_KEY, WEBHOOK_SECRET, LocalHeyGen


def main() -> None:
    asyncio.run(_serve(_options().parse_args()))


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="local-heygen", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--speed", type=float, default=1.0, help="divides all that HeyGen takes")
    parser.add_argument("--concurrency", type=int, default=10)
    parser.add_argument("--api-key", default=API_KEY)
    parser.add_argument("--webhook-url", help="an endpoint that is registered from the start")
    parser.add_argument("--webhook-secret", default=WEBHOOK_SECRET)
    parser.add_argument("--state", type=Path, help="folder for rendered files; a passing one without it")
    parser.add_argument("--no-media", action="store_true", help="blobs of a few bytes in place of films and speech")
    return parser


async def _serve(options: argparse.Namespace) -> None:
    heygen = LocalHeyGen(
        api_keys=(options.api_key,),
        speed=options.speed,
        concurrency=options.concurrency,
        state_dir=options.state,
        media=not options.no_media,
        webhook_url=options.webhook_url,
        webhook_secret=options.webhook_secret,
    )
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await heygen.start(options.host, options.port)
    print(f"local HeyGen at {heygen.url}", flush=True)
    try:
        await stop.wait()
    finally:
        await heygen.close()


if __name__ == "__main__":
    main()
