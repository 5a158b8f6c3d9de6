"""Bringing a large video from HeyGen to Slack: memory, and speed beside a plain copy between the same two servers."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from bench.processes import output_of
from bench.report import Row, at_least, at_most, median_ratio, percentile
from bench.stage import Stage, stage
from bench.wide_slack import PEOPLE, channel_ids
from bot.playground.local_heygen.server import API_KEY
from bot.playground.local_slack.server import BOT_TOKEN

VIDEO_BYTES = 500_000_000
MEGABYTE = 1024 * 1024
MEMORY_BOUND_BYTES = 32 * MEGABYTE
SPEED_BOUND = 0.5
SAMPLE_SECONDS = 0.02
WAIT_SECONDS = 120.0
SPEED = 20.0  # HeyGen's making is not what is measured here
DELIVERED = "SELECT video_id, file_id FROM jobs WHERE result_ts IS NOT NULL ORDER BY finished_at"

Json = dict[str, Any]


@dataclass
class Memory:
    """Resident memory of a process: at the beginning, and at its highest since."""

    first: int
    highest: int

    @property
    def growth(self) -> int:
        """Bytes."""
        return self.highest - self.first


async def measure(folder: Path, *, video_bytes: int = VIDEO_BYTES, rounds: int = 3) -> list[Row]:
    """A small video first, so that nothing is done for the first time; then relay and copy in turn."""
    [place] = channel_ids(1)
    relayed, copied, growths = [], [], []
    async with stage(folder, speed=SPEED, channels=1) as made:
        await _deliver(made, place, "warm", video_bytes=MEGABYTE)
        for number in range(rounds):
            async with _memory(made.pid) as memory:
                await _deliver(made, place, f"relay.{number}", video_bytes=video_bytes)
            growths.append(memory.growth)
            relayed.append(video_bytes / await _seconds(made, video_bytes))
            await _copy(made, video_bytes)
            copied.append(video_bytes / await _seconds(made, video_bytes))
    how = f"{video_bytes / 1e6:g} MB, {rounds} times, in turn with the copy"
    return [
        at_most(
            MEMORY_BOUND_BYTES, max(growths), _megabytes, how=f"{how}; the program's RSS at its highest, the worst",
            measured="relay of a video from HeyGen to Slack: memory growth",
        ),
        at_least(
            SPEED_BOUND, median_ratio(relayed, copied), lambda ratio: f"{ratio:.2f}", how=how,
            measured="relay of a video: speed against a plain aiohttp copy",
        ),
        Row(measured="– ours", how="median", figure=f"{_megabytes(percentile(relayed, 0.5))}/s"),
        Row(measured="– plain copy", how="median", figure=f"{_megabytes(percentile(copied, 0.5))}/s"),
    ]  # fmt: skip


async def _deliver(made: Stage, place: str, trigger: str, *, video_bytes: int) -> None:
    """One job whose video is so large, until its message is in Slack."""
    before = len(made.rows(DELIVERED))
    await made.heygen.post("next", on="session_plan", video_bytes=video_bytes)
    await made.video("A film", channel=place, person=PEOPLE[0], trigger=trigger)
    await made.until(lambda: len(made.rows(DELIVERED)) > before, seconds=WAIT_SECONDS)


async def _copy(made: Stage, size: int) -> None:
    """The same video once more, by the plain copy."""
    [*_, (video_id, file_id)] = made.rows(DELIVERED)
    await _slack(made, "files.delete", file=file_id)
    async with made.session.get(f"{made.heygen.url}/v3/videos/{video_id}", headers={"X-Api-Key": API_KEY}) as answer:
        source = (await answer.json())["data"]["video_url"]
    slot = await _slack(made, "files.getUploadURLExternal", filename="copy.mp4", length=str(size))
    await output_of("bench.plain_copy", "--source", source, "--target", slot["upload_url"], "--size", str(size))
    await _slack(made, "files.delete", file=slot["file_id"])


async def _seconds(made: Stage, size: int) -> float:
    """From the newest download's beginning to the end of the upload of that size, as both servers saw it."""
    begun = max(float(call["at"]) for call in await made.heygen.get("downloads") if "video-" in call["path"])
    uploads = await made.slack.get("calls", method="upload")
    ended = max(float(call["at"]) for call in uploads if call["arguments"]["content_length"] == size)
    return ended - begun


async def _slack(made: Stage, method: str, **arguments: str) -> Json:
    headers = {"Authorization": f"Bearer {BOT_TOKEN}"}
    async with made.session.post(f"{made.slack.url}/api/{method}", data=arguments, headers=headers) as answer:
        said: Json = await answer.json()
        assert said["ok"], said
        return said


@asynccontextmanager
async def _memory(pid: int) -> AsyncIterator[Memory]:
    process = psutil.Process(pid)
    memory = Memory(first=process.memory_info().rss, highest=0)
    watching = asyncio.create_task(_watch(process, memory), name="memory")
    try:
        yield memory
    finally:
        watching.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await watching


async def _watch(process: psutil.Process, memory: Memory) -> None:
    while True:
        memory.highest = max(memory.highest, process.memory_info().rss)
        await asyncio.sleep(SAMPLE_SECONDS)


def _megabytes(size: float) -> str:
    return f"{size / MEGABYTE:.1f} MB"
