"""The local Slack with many channels, so that one channel's rate of posts does not stand in the way."""

import argparse
import asyncio
import signal

from bot.playground.local_slack.population import ADMIN, ANA, BEN
from bot.playground.local_slack.records import BOT_USER, Channel, Message
from bot.playground.local_slack.server import SIGNING_SECRET, LocalSlack

PEOPLE = (ANA, BEN, ADMIN)


def channel_ids(count: int) -> list[str]:
    """The channels beyond those of every local Slack."""
    return [f"C0WIDE{number:03d}" for number in range(count)]


def card_ts(number: int) -> str:
    """When the card of this number was posted."""
    return f"1700{number:06d}.000100"


def post_cards(slack: LocalSlack, channels: list[str], count: int) -> None:
    """Cards 1, 2, … of the app, that stand in the channels by turns."""
    for number in range(1, count + 1):
        place = channels[number % len(channels)]
        card = Message(channel=place, ts=card_ts(number), user=BOT_USER, text="A film", from_app=True)
        slack.world.channels[place].add(card)


async def main(request_url: str, channels: int, cards: int) -> None:
    """Serves until SIGTERM, at the address that it prints."""
    slack = LocalSlack(request_url=request_url, signing_secret=SIGNING_SECRET)
    for channel_id in channel_ids(channels):
        slack.world.channels[channel_id] = Channel(channel_id, channel_id.lower(), "public", {*PEOPLE, BOT_USER})
    post_cards(slack, channel_ids(channels), cards)
    stopping = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopping.set)
    async with slack:
        print(f"local Slack at {slack.url}", flush=True)
        await stopping.wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--request-url", required=True)
    parser.add_argument("--channels", type=int, default=0)
    parser.add_argument("--cards", type=int, default=0)
    options = parser.parse_args()
    asyncio.run(main(options.request_url, options.channels, options.cards))
