"""The local HeyGen with many videos that are being rendered, and stay so."""

import argparse
import asyncio
import signal

from bot.playground.local_heygen.orders import Plan
from bot.playground.local_heygen.records import Session, Video
from bot.playground.local_heygen.server import LocalHeyGen

BORN_AT = 1_700_000_000.0


def fill(heygen: LocalHeyGen, count: int) -> None:
    """Sessions s1, s2, … with their videos v1, v2, …"""
    for number in range(1, count + 1):
        session = Session(
            id=f"s{number}", mode="chat", prompt="A film", title="A film", orientation="landscape", plan=Plan(),
            created_at=BORN_AT, status="generating", video_id=f"v{number}", video_ids=[f"v{number}"],
        )  # fmt: skip
        session.say("user", session.prompt, BORN_AT)
        heygen.sessions[session.id] = session
        heygen.videos[f"v{number}"] = Video(
            id=f"v{number}", session_id=session.id, title="A film", version=1, created_at=BORN_AT, seconds=30.0,
            file_id=f"f{number}", thumbnail_id=f"t{number}", subtitle_id=f"c{number}", status="processing",
        )  # fmt: skip


async def main(videos: int) -> None:
    """Serves until SIGTERM, at the address that it prints."""
    heygen = LocalHeyGen(media=False)
    fill(heygen, videos)
    stopping = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopping.set)
    async with heygen:
        print(f"local HeyGen at {heygen.url}", flush=True)
        await stopping.wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--videos", type=int, required=True)
    asyncio.run(main(parser.parse_args().videos))
