"""From HeyGen's webhook to the finished message in Slack, less what the doubles themselves took."""

import asyncio
import statistics
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.report import Row, at_most, percentile
from bench.stage import Stage, stage
from bench.wide_slack import PEOPLE, channel_ids

BOUND_SECONDS = 0.250
MAKING_SECONDS = 12.0  # so that the first look, after ten, finds the video being rendered
THINKING_SHARE = 0.25
APART_SECONDS = 1.5  # far enough for one delivery to be over when the next begins
WAIT_SECONDS = 60.0
LOOKS = ("session", "video", "videos", "download")
FINISHED = "SELECT session_id, video_id, result_ts FROM jobs WHERE result_ts IS NOT NULL"

Json = dict[str, Any]


@dataclass(frozen=True)
class Chain:
    """One delivery, and the doubles' share of it."""

    seconds: float
    doubles_seconds: float

    @property
    def own_seconds(self) -> float:
        """What the program took."""
        return self.seconds - self.doubles_seconds


async def measure(
    folder: Path, *, jobs: int = 40, apart: float = APART_SECONDS, making: float = MAKING_SECONDS
) -> list[Row]:
    """Jobs that end one after the other, each told by a webhook."""
    places = channel_ids(min(jobs, 20))
    async with stage(folder, channels=len(places), concurrency=jobs) as made:
        thinking = making * THINKING_SHARE
        await made.heygen.post("set", thinking_seconds=thinking, generating_seconds=making - thinking)
        for number in range(jobs):
            person, place = PEOPLE[number % len(PEOPLE)], places[number % len(places)]
            await made.video("A film", channel=place, person=person, trigger=f"delivery.{number}")
            await asyncio.sleep(apart)
        await made.until(lambda: len(made.rows(FINISHED)) >= jobs, seconds=WAIT_SECONDS)
        chains = await _chains(made)
    how = (
        f"{jobs} jobs with webhooks, file and captions, {apart:g} s apart; p95 of what is beyond the doubles' own time"
    )
    return [
        at_most(
            BOUND_SECONDS, percentile([chain.own_seconds for chain in chains], 0.95), _milliseconds, how=how,
            measured="HeyGen's webhook to the finished message in Slack",
        ),
        Row(
            measured="– all of it, doubles included", how="median",
            figure=_milliseconds(statistics.median(chain.seconds for chain in chains)),
        ),
        Row(
            measured="– the doubles' own time", how="median; calls and the wait for Slack to share the file",
            figure=_milliseconds(statistics.median(chain.doubles_seconds for chain in chains)),
        ),
    ]  # fmt: skip


async def _chains(made: Stage) -> list[Chain]:
    heygen, slack = await made.heygen.get("state"), await made.slack.get("state")
    looks = [*await made.heygen.get("calls"), *await made.heygen.get("downloads")]
    calls = await made.slack.get("calls")
    told: dict[str, float] = {}
    for event in heygen["events"]:  # the newest first
        data = event["data"]
        told[data.get("session_id") or ""] = told[data.get("video_id") or ""] = float(event["created_at"])
    return [
        _chain(told[video_id], result_ts, session_id, looks, calls, share_seconds=slack["settings"]["share_delay"])
        for session_id, video_id, result_ts in made.rows(FINISHED)
    ]


def _chain(
    began: float, result_ts: str, session_id: str, looks: Iterable[Json], calls: Iterable[Json], *, share_seconds: float
) -> Chain:
    """Other jobs' calls may fall into the same time; only what this delivery waited for is counted."""
    until = float(result_ts)
    at_heygen = [
        call for call in looks if call["op"] in LOOKS and (call["op"] != "session" or session_id in call["path"])
    ]
    at_slack = [call for call in calls if _is_file_call(call["method"])]
    spent = [call["seconds"] for call in [*at_heygen, *at_slack] if began <= call["at"] <= until]
    return Chain(seconds=until - began, doubles_seconds=sum(spent) + share_seconds)


def _is_file_call(method: str) -> bool:
    return method == "upload" or method.startswith("files.")


def _milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms"
