"""One trace for each job, for those who run a collector: the request, every try of a call, every look, the delivery.

All of a trace is known by the job's id alone, so that it goes on after a restart and on another replica.
"""

import asyncio
import hashlib
import re
from collections.abc import Callable
from typing import Any

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.trace import (
    NonRecordingSpan,
    SpanContext,
    SpanKind,
    StatusCode,
    TraceFlags,
    set_span_in_context,
)

from bot.jobs.outcomes import AgainAt, Done, Outcome, Refused, Unknown
from bot.seeing.metrics import word_of
from storage.records import Effect, Job

PATH = "/v1/traces"
EXPORT_SECONDS = 5.0
CLOSE_SECONDS = 3.0
MACHINE_WORD = re.compile(r"[\w.:-]{1,60}")  # a code or Slack's word; sentences stay out
ENDS = {"result": "completed", "audio": "completed", "failure": "failed", "closing": "cancelled"}


def root_of(job_id: str) -> SpanContext:
    """The trace of a job, and its first span."""
    digest = hashlib.sha256(f"heygen-slack job {job_id}".encode()).digest()
    return SpanContext(
        int.from_bytes(digest[:16], "big"), int.from_bytes(digest[16:24], "big"), is_remote=True,
        trace_flags=TraceFlags(TraceFlags.SAMPLED),
    )  # fmt: skip


class _Ids(RandomIdGenerator):
    """Random ids, but for the span that begins a trace."""

    def __init__(self) -> None:
        self.root: SpanContext | None = None

    def generate_trace_id(self) -> int:
        return self.root.trace_id if self.root is not None else super().generate_trace_id()

    def generate_span_id(self) -> int:
        return self.root.span_id if self.root is not None else super().generate_span_id()


class Traces:
    """Makes the spans, after the fact, and hands them to an exporter that never holds anybody up."""

    def __init__(self, exporter: SpanExporter, *, clock: Callable[[], float], instance: str, release: str) -> None:
        about = {"service.name": "heygen-slack", "service.version": release, "service.instance.id": instance}
        self._exporter = exporter
        self._clock = clock
        self._ids = _Ids()
        self._provider = TracerProvider(id_generator=self._ids, resource=Resource.create(about), shutdown_on_exit=False)
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer("heygen-slack", release)

    def began(self, job: Job) -> None:
        """A job was asked for, and is kept."""
        self._ids.root = root_of(job.id)
        try:
            span = self._tracer.start_span(
                "request", Context(), SpanKind.SERVER, start_time=_nanoseconds(job.created_at),
                attributes={"job.id": job.id, "job.kind": job.kind, "job.version": job.version},
            )  # fmt: skip
        finally:
            self._ids.root = None
        span.end(_nanoseconds(max(self._clock(), job.created_at)))

    def tried(self, tried: Effect, outcome: Outcome, seconds: float) -> None:
        """A recorded call was tried, or read back. What belongs to a thread and to no job is in no trace."""
        if tried.job_id is None:
            return
        name, told = f"{tried.side} {tried.kind} {tried.step}", attributes_of(tried, outcome)
        is_bad = isinstance(outcome, Refused)
        self._span(name, tried.job_id, SpanKind.CLIENT, seconds, told, failed=is_bad)
        end = _end_of(tried)
        if end is not None and isinstance(outcome, Done):
            waited = max(self._clock() - tried.created_at, 0.0)
            self._span("delivered", tried.job_id, SpanKind.INTERNAL, waited, {"job.end": end})

    def looked(self, job: Job, outcome: str, seconds: float) -> None:
        """HeyGen was asked how a job is."""
        is_bad = outcome in ("refused", "fault")
        told = {"look.outcome": outcome, "job.state": job.state.value}
        self._span("look", job.id, SpanKind.CLIENT, seconds, told, failed=is_bad)

    async def close(self) -> None:
        """Sends what is left, within a limit."""
        sending = asyncio.create_task(asyncio.to_thread(self._provider.shutdown), name="last traces")
        await asyncio.wait([sending], timeout=CLOSE_SECONDS)
        if not sending.done():
            self._exporter.shutdown()
        await sending

    def _span(
        self, name: str, job_id: str, kind: SpanKind, seconds: float, told: dict[str, Any], *, failed: bool = False
    ) -> None:
        now = self._clock()
        within = set_span_in_context(NonRecordingSpan(root_of(job_id)), Context())
        span = self._tracer.start_span(
            name, within, kind, attributes={"job.id": job_id, **told}, start_time=_nanoseconds(now - seconds)
        )
        if failed:
            span.set_status(StatusCode.ERROR)
        span.end(_nanoseconds(now))


def open_traces(endpoint: str, *, clock: Callable[[], float], instance: str, release: str) -> Traces:
    """Traces for the collector at this address."""
    exporter = OTLPSpanExporter(f"{endpoint}{PATH}", timeout=EXPORT_SECONDS)
    return Traces(exporter, clock=clock, instance=instance, release=release)


def attributes_of(tried: Effect, outcome: Outcome) -> dict[str, Any]:
    """What a span says of a try: words of ours and codes, never what a person or the agent said."""
    told = {
        "effect.id": tried.id, "effect.kind": tried.kind, "effect.step": tried.step,
        "effect.state": tried.state.value, "effect.tries": tried.tries, "effect.outcome": word_of(outcome),
    }  # fmt: skip
    match outcome:
        case AgainAt(reason=reason) | Unknown(reason=reason) | Refused(code=reason) if MACHINE_WORD.fullmatch(reason):
            return told | {"effect.reason": reason}
        case _:
            return told


def _end_of(tried: Effect) -> str | None:
    """How the job ended that this call shows to people; None when it shows no end."""
    return ENDS.get(str(tried.payload.get("what"))) if tried.kind in ("say", "upload") else None


def _nanoseconds(at: float) -> int:
    return int(at * 1e9)
