"""What the running program shows of itself: numbers without ids, lines with the job, one trace for each job."""

import asyncio
import io
import json
import logging
import re
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from prometheus_client.parser import text_string_to_metric_families

from bot.config import load_settings
from bot.log import WORDY_LOGGERS, configure_logging
from bot.seeing.traces import root_of
from storage.records import Job
from tests.journeys.once import asked, choose, delivered
from tests.journeys.world import ANA, GENERAL, World, doubles, in_process, settings_for, world
from tests.ports import free_port
from tests.seeing.test_described import DOCUMENTED, base_of

PROMPT = "Zebrafinken im Nordwind"
REVISION = "Quittenmarmelade statt Wind"
QUESTION = "Welcher Hintergrund?\n- Kornblumen\n- Heidekraut"
WORDS = ("zebrafinken", "nordwind", "quittenmarmelade", "hintergrund", "kornblumen")


async def scraped(made: World) -> str:
    """What Prometheus would be given now."""
    address = f"http://127.0.0.1:{made.port}/metrics"
    async with aiohttp.ClientSession() as http, http.get(address) as answer:
        assert answer.status == 200
        assert answer.content_type == "text/plain"
        return await answer.text()


class Samples:
    """What was scraped, to be asked for by name and labels."""

    def __init__(self, text: str) -> None:
        self._values = {
            (sample.name, frozenset(sample.labels.items())): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }

    def get(self, name: str, **labels: str) -> float:
        """One value; one that does not exist is a mistake of the test's."""
        return self._values[f"heygen_slack_{name}", frozenset(labels.items())]

    def tries(self, side: str, kind: str, step: str, outcome: str, *, way: str = "try") -> float:
        """How often that came of a recorded call."""
        return self.get("effects_total", side=side, kind=kind, step=step, way=way, outcome=outcome)


def labels_of(text: str) -> dict[str, set[str]]:
    """The labels that each metric of ours was given."""
    found: dict[str, set[str]] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            if sample.name.startswith("heygen_slack_"):
                found.setdefault(base_of(sample.name), set()).update(set(sample.labels) - {"le"})
    return found


async def two_versions(made: World) -> None:
    """A video with a question on the way, and a second version of it."""
    made.heygen.plan_next(ask=[QUESTION])
    await made.video(PROMPT)
    card = await made.card()
    await choose(made, await asked(made, card, "Hintergrund"), "Kornblumen")
    await delivered(made, card)
    made.slack.post(ANA, GENERAL, REVISION, thread_ts=card["ts"])
    await delivered(made, card, version=2)


def everything_known(database: Path) -> set[str]:
    """Every id, key and word that the program has stored, as far as it is told apart from a plain word."""
    tables = ("threads", "jobs", "requests", "effects", "questions", "replies", "arrivals", "lanes", "channels")
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:
        rows = [row for table in tables for row in connection.execute(f"SELECT * FROM {table}")]
    connection.close()
    values = {value for row in rows for value in row if isinstance(value, str)}
    return {value for value in values if len(value) >= 5 and re.search(r"[\d:|]", value)}


async def test_the_numbers_of_a_job_and_nothing_else_of_it(tmp_path: Path) -> None:
    """Two versions are counted, timed and delivered; no id and no word of them is in what Prometheus gets."""
    async with world(tmp_path, webhooks=True) as made:
        await two_versions(made)
        text = await scraped(made)
        jobs = await made.jobs()
    seen = Samples(text)

    assert seen.get("requests_total", kind="agent") == 2
    assert seen.get("delivered_total", what="video") == 2
    assert seen.get("delivered_total", what="card") == 1
    assert seen.get("delivered_total", what="dm") == 2
    assert seen.get("jobs", state="generating") == 0
    assert seen.get("jobs_ended_last_hour", state="completed") == 2
    assert seen.tries("heygen", "submit", "create", "done") == 1
    assert seen.get("heygen_call_seconds_count", call="POST /v3/video-agents", outcome="ok") == made.creates() == 1
    posts = len(made.slack.calls("chat.postMessage"))
    assert seen.get("slack_call_seconds_count", method="chat.postMessage", outcome="ok") == posts
    assert seen.get("webhooks_total", way="webhook", answer="taken") >= 1
    assert seen.get("looks_total", outcome="seen") >= 2
    assert seen.get("heygen_places") == 8
    assert seen.get("loop_lag_seconds_count") >= 1
    known = everything_known(tmp_path / "jobs.db")
    assert {jobs[0].id, jobs[0].session_id, jobs[0].video_id} <= known
    assert not [value for value in known if value in text]
    assert not [word for word in WORDS if word in text.casefold()]
    assert labels_of(text).items() <= DOCUMENTED.items()


@pytest.mark.slow
async def test_what_goes_wrong_is_counted(tmp_path: Path) -> None:
    """A rest that was asked for is a retry, a forged webhook is refused, a doubt that was settled stays counted."""
    async with world(tmp_path, webhooks=True) as made:
        made.heygen.fail_next("create", "disconnect_before_commit")
        made.slack.next("chat.postMessage", "429", retry_after=1)
        assert await made.heygen.send_webhook("video_agent.success", {"session_id": "s"}, sign="forged") == 401
        await made.video(PROMPT)
        card = await made.card()
        question = await asked(made, card, "Send it again?")
        in_doubt = Samples(await scraped(made))
        await choose(made, question, "Send it again")
        await delivered(made, card)
        async with asyncio.timeout(10):  # what the database knows may be a second old
            while (seen := Samples(await scraped(made))).get("questions_in_doubt"):
                await asyncio.sleep(0.1)

    assert seen.tries("slack", "card", "post", "again") == 1
    assert seen.get("slack_call_seconds_count", method="chat.postMessage", outcome="rate_limited") == 1
    assert seen.get("webhooks_total", way="webhook", answer="refused") == 1
    assert seen.tries("heygen", "submit", "create", "unknown") == 1
    assert seen.tries("heygen", "submit", "create", "unknown", way="read_back") >= 1
    assert seen.get("heygen_call_seconds_count", call="POST /v3/video-agents", outcome="lost") == 1
    assert in_doubt.get("questions_in_doubt") == 1
    assert seen.get("asked_in_doubt_total") == 1


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Everything the program logs, at its most talkative."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    levels = {name: logging.getLogger(name).level for name in WORDY_LOGGERS}
    stream = io.StringIO()
    configure_logging("DEBUG", "json", stream=stream)
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)
    for name, earlier in levels.items():
        logging.getLogger(name).setLevel(earlier)


async def test_every_line_about_a_job_names_it(tmp_path: Path, log: io.StringIO) -> None:
    """Tries, looks and the calls made for them have the job's id; no line holds what people said."""
    async with world(tmp_path, webhooks=True) as made:
        await two_versions(made)
        ids = {job.id for job in await made.jobs()}
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    calls = [line for line in lines if line.get("action") == "heygen_call"]

    assert {line["job"] for line in lines if line.get("action") == "asked"} == ids
    assert {line["job"] for line in lines if line.get("action") == "effect"} - {None} == ids
    assert all(line.get("job") or line["in_thread"] for line in lines if line.get("action") == "effect")
    assert {line.get("job") for line in calls} - {None} == ids
    assert not [line for line in calls if "/v3/video-agents " in line["message"] and "job" not in line]
    assert not [word for word in WORDS if word in log.getvalue().casefold()]


class Collector:
    """An OpenTelemetry collector that keeps what it gets."""

    def __init__(self) -> None:
        self.spans: list[Span] = []
        self.raw = b""

    async def take(self, request: web.Request) -> web.Response:
        raw = await request.read()
        self.raw += raw
        for group in ExportTraceServiceRequest.FromString(raw).resource_spans:
            self.spans += [span for scope in group.scope_spans for span in scope.spans]
        return web.Response(content_type="application/x-protobuf")

    def of(self, job: Job) -> list[Span]:
        """The spans of a job's trace."""
        trace_id = root_of(job.id).trace_id.to_bytes(16, "big")
        return [span for span in self.spans if span.trace_id == trace_id]


@asynccontextmanager
async def collector() -> AsyncIterator[tuple[Collector, str]]:
    """A collector and its address."""
    made, application = Collector(), web.Application()
    application.router.add_post("/v1/traces", made.take)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield made, f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


def told_by(span: Span) -> dict[str, Any]:
    return {item.key: item.value.string_value or item.value.int_value for item in span.attributes}


async def test_a_job_is_one_trace_also_after_a_restart(tmp_path: Path) -> None:
    """Request, tries, looks and delivery hang on one root, though the program was started anew in between."""
    port = free_port()
    async with (
        collector() as (got, endpoint),
        doubles(tmp_path, port, http=False, webhooks=True, media=False) as (slack, heygen),
    ):
        environment = settings_for(
            tmp_path, slack, heygen, port, http=False, webhooks=True, OTEL_EXPORTER_OTLP_ENDPOINT=endpoint
        )
        made = World(slack, heygen, load_settings(None, environment))
        heygen.plan_next(ask=[QUESTION])
        async with in_process(made):
            await made.video(PROMPT)
            card = await made.card()
            question = await asked(made, card, "Hintergrund")
        before = len(got.spans)
        async with in_process(made):
            await choose(made, question, "Kornblumen")
            await delivered(made, card)
            [job] = await made.jobs()
    spans = got.of(job)
    [root] = [span for span in spans if span.name == "request"]
    names = [span.name for span in spans]

    assert 0 < before < len(got.spans)
    assert len(spans) == len(got.spans)
    assert root.span_id == root_of(job.id).span_id.to_bytes(8, "big")
    assert not root.parent_span_id
    assert {span.parent_span_id for span in spans if span is not root} == {root.span_id}
    assert {"slack card post", "heygen submit create", "heygen message send", "slack upload verify"} <= set(names)
    assert names.count("look") >= 2
    [end] = [span for span in spans if span.name == "delivered"]
    assert told_by(end)["job.end"] == "completed"
    assert all(span.start_time_unix_nano <= span.end_time_unix_nano for span in spans)
    assert not [word for word in WORDS if word.encode() in got.raw.lower()]


@pytest.mark.slow
async def test_a_dead_collector_holds_up_nobody(tmp_path: Path) -> None:
    """The job is delivered, and the program ends within its limit, though no span ever arrives."""
    async with world(tmp_path, OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:9") as made:
        await made.video(PROMPT)
        await delivered(made, await made.card())
        began = asyncio.get_running_loop().time()
    assert asyncio.get_running_loop().time() - began < 12.0
