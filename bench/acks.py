"""How fast `/video` is acknowledged once it is stored, beside a bare Bolt listener that stores nothing."""

import contextlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from bench.processes import begin_server, output_of
from bench.report import Row, at_least, at_most, median_ratio, percentile
from bench.stage import Stage, stage
from bench.wide_slack import PEOPLE, channel_ids
from bot.playground.local_slack.server import SIGNING_SECRET

CONNECTIONS = 64
BOUND, AIM = 0.2, 0.4
BURST_BOUND_SECONDS = 1.0
LONG_PLAN = {"on": "session_plan", "thinking_seconds": 3600.0}


@dataclass(frozen=True)
class Answers:
    """What one run of the load generator saw."""

    took: float
    seconds: list[float]
    refused: int

    @property
    def per_second(self) -> float:
        """Acknowledged commands."""
        return (len(self.seconds) - self.refused) / self.took


async def measure(
    folder: Path, *, rounds: int = 4, seconds: float = 3.0, running: int = 200, burst: int = 300
) -> list[Row]:
    """Throughput against both bare listeners in turn, then a burst beside running jobs."""
    return [
        *await _throughput(folder / "throughput", rounds=rounds, seconds=seconds),
        *await _burst(folder / "burst", running=running, burst=burst),
    ]


async def _throughput(folder: Path, *, rounds: int, seconds: float) -> list[Row]:
    places = channel_ids(8)
    async with contextlib.AsyncExitStack() as stack:
        made = await stack.enter_async_context(stage(folder, channels=len(places)))
        await _enter(made, places)
        ports = {"ours": made.port}
        for mode in ("before", "default"):
            url = await begin_server(stack, "bench.bare", "--secret", SIGNING_SECRET, "--mode", mode)
            ports[mode] = urlsplit(url).port or 0
        runs: dict[str, list[Answers]] = {name: [] for name in ports}
        for number in range(rounds):
            for name, port in ports.items():
                runs[name].append(await load([port], places, f"{name}.{number}", seconds=seconds))
        acknowledged = sum(len(run.seconds) - run.refused for run in runs["ours"])
        kept = made.count("SELECT count(*) FROM requests") - len(places)
    rates = {name: [run.per_second for run in series] for name, series in runs.items()}
    how = f"HTTP, {CONNECTIONS} connections, synchronous=FULL, {rounds} × {seconds:g} s in turn with the bare listeners"
    return [
        at_least(
            BOUND, median_ratio(rates["ours"], rates["before"]), _ratio, how=how,
            measured=f"/video acknowledged durably, against bare Bolt (aim {AIM:g})",
        ),
        Row(measured="– ours", how="acknowledgements a second, median", figure=_per_second(rates["ours"])),
        Row(measured="– bare Bolt, process_before_response", how="the same", figure=_per_second(rates["before"])),
        Row(measured="– bare Bolt, default mode", how="the same", figure=_per_second(rates["default"])),
        Row(
            measured="– acknowledged and kept", how="rows in the database after the runs",
            figure=f"{kept} of {acknowledged}", bound="all", holds=kept == acknowledged,
        ),
    ]  # fmt: skip


async def _burst(folder: Path, *, running: int, burst: int) -> list[Row]:
    places = channel_ids(25)
    async with stage(folder, channels=len(places), concurrency=running) as made:
        for number in range(running):
            await made.heygen.post("next", **LONG_PLAN)
            person = PEOPLE[number % len(PEOPLE)]
            await made.video("A film", channel=places[number % len(places)], person=person, trigger=f"run.{number}")
        generating = "SELECT count(*) FROM jobs WHERE state = 'generating'"
        await made.until(lambda: made.count(generating) >= running, seconds=60)
        answers = await load([made.port], places, "burst", seconds=1.0, count=burst)
    how = f"{burst} commands in one second beside {running} running jobs"
    return [
        at_most(
            BURST_BOUND_SECONDS, percentile(answers.seconds, 0.99), _milliseconds, how=how,
            measured="acknowledgement of /video in a burst, p99",
        ),
        at_most(0, answers.refused, lambda count: f"{count:g}", measured="– refused", how=how),
    ]  # fmt: skip


async def _enter(made: Stage, places: Sequence[str]) -> None:
    """One command in each channel, so that the program knows its places and people."""
    for number, place in enumerate(places):
        person = PEOPLE[number % len(PEOPLE)]
        await made.video("A film", channel=place, person=person, trigger=f"enter.{number}")
    await made.until(lambda: made.count("SELECT count(*) FROM channels") >= len(places), seconds=30)


async def load(ports: Sequence[int], places: Sequence[str], mark: str, *, seconds: float, count: int = 0) -> Answers:
    """A flood of commands over all connections, or a burst of so many, sent to these replicas in equal parts."""
    printed = await output_of(
        "bench.load", "--ports", ",".join(map(str, ports)), "--secret", SIGNING_SECRET, "--channels", ",".join(places),
        "--people", ",".join(PEOPLE), "--mark", mark, "--connections", str(CONNECTIONS),
        "--seconds", str(seconds), "--count", str(count),
    )  # fmt: skip
    return Answers(**json.loads(printed))


def _ratio(value: float) -> str:
    return f"{value:.2f}"


def _milliseconds(value: float) -> str:
    return f"{value * 1000:.0f} ms"


def _per_second(rates: Sequence[float]) -> str:
    return f"{percentile(rates, 0.5):.0f}/s"
