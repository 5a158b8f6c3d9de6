"""Those who are told what happens to jobs: the metrics always, the log, and the traces where somebody collects them."""

import logging
import secrets
from collections.abc import Callable
from importlib.metadata import version
from typing import TYPE_CHECKING

from bot.jobs.outcomes import Outcome
from bot.seeing.metrics import Metrics
from storage.records import Effect, Job

if TYPE_CHECKING:
    from bot.seeing.traces import Traces

logger = logging.getLogger(__name__)


class CannotTrace(Exception):
    """Traces are wanted and cannot be made. The message is one sentence with the cure."""


class Witness:
    """Is told after each commit, and changes nothing."""

    def __init__(self, metrics: Metrics, traces: "Traces | None" = None) -> None:
        self.metrics = metrics
        self._traces = traces

    def began(self, job: Job) -> None:
        """A job was asked for."""
        told = {"action": "asked", "job": job.id, "in_thread": job.thread_id, "kind": job.kind, "version": job.version}
        logger.info("A job was asked for.", extra=told)
        self.metrics.began(job)
        if self._traces is not None:
            self._traces.began(job)

    def tried(self, tried: Effect, outcome: Outcome, seconds: float) -> None:
        """A recorded call was tried, or read back, and its outcome is stored."""
        self.metrics.tried(tried, outcome)
        if self._traces is not None:
            self._traces.tried(tried, outcome, seconds)

    def looked(self, job: Job, outcome: str, seconds: float) -> None:
        """HeyGen was asked how a job is."""
        self.metrics.looked(outcome)
        if self._traces is not None:
            self._traces.looked(job, outcome, seconds)

    async def close(self) -> None:
        """Sends what has not been sent."""
        if self._traces is not None:
            await self._traces.close()


def open_witness(endpoint: str | None, *, clock: Callable[[], float]) -> Witness:
    """With traces where an endpoint for them is set. Raises CannotTrace."""
    if endpoint is None:
        return Witness(Metrics())
    try:
        from bot.seeing.traces import open_traces
    except ModuleNotFoundError as missing:
        raise CannotTrace(
            f"OTEL_EXPORTER_OTLP_ENDPOINT is set and {missing.name} is not installed; install heygen-slack with its "
            "extra `traces`, or remove the setting."
        ) from missing
    instance, release = secrets.token_hex(8), version("heygen-slack")
    return Witness(Metrics(), open_traces(endpoint, clock=clock, instance=instance, release=release))
