"""The plainest way to bring bytes from one server to another, as the yardstick of our relay; a process of its own."""

import argparse
import asyncio

import aiohttp


async def main(source: str, target: str, size: int) -> None:
    """Streams the source into the target."""
    timeout = aiohttp.ClientTimeout(total=600)
    async with aiohttp.ClientSession(timeout=timeout) as session, session.get(source) as got:
        got.raise_for_status()
        headers = {"Content-Length": str(size), "Content-Type": "application/octet-stream"}
        async with session.post(target, data=got.content, headers=headers) as sent:
            sent.raise_for_status()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--source", required=True)
    parser.add_argument("--target", required=True)
    parser.add_argument("--size", type=int, required=True)
    options = parser.parse_args()
    asyncio.run(main(options.source, options.target, options.size))
