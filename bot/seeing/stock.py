"""What the database knows, as gauges: read when somebody asks, at most once a second, and never waited for long."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from storage.figures import Figures

logger = logging.getLogger(__name__)

FRESH_SECONDS = 1.0
PATIENCE_SECONDS = 1.0  # a database in trouble keeps nobody waiting: what was read last is shown, with its age


@dataclass(frozen=True, kw_only=True)
class Shown:
    """One gauge: its values by the words of its label, or under no word where it has none."""

    name: str
    words: str
    values: Callable[[Figures], Mapping[str, float]]
    label: str | None = None


GAUGES = (
    Shown(name="jobs", words="Open jobs.", label="state", values=lambda known: known.jobs),
    Shown(
        name="jobs_ended_last_hour", words="Jobs that ended within the last hour.", label="state",
        values=lambda known: known.ended,
    ),
    Shown(
        name="queue_length", words="Jobs that wait for a place at HeyGen.", values=lambda known: {"": known.queue}
    ),
    Shown(
        name="oldest_due_look_seconds", words="How late the latest look is.",
        values=lambda known: {"": known.late_look_seconds},
    ),
    Shown(
        name="oldest_due_effect_seconds", words="How late the latest recorded call is.", label="side",
        values=lambda known: known.late_effect_seconds,
    ),
    Shown(
        name="calls_in_doubt", words="Calls whose answer was lost.", label="side",
        values=lambda known: known.calls_in_doubt,
    ),
    Shown(
        name="questions_in_doubt", words="Open questions about a call that may have happened.",
        values=lambda known: {"": known.questions_in_doubt},
    ),
    Shown(
        name="lanes_resting", words="Lanes whose budget is used up for now.", label="method",
        values=lambda known: {method: rest.lanes for method, rest in known.resting.items()},
    ),
    Shown(
        name="lane_rest_seconds", words="How long the longest of these still rests.", label="method",
        values=lambda known: {method: rest.longest_seconds for method, rest in known.resting.items()},
    ),
    Shown(
        name="heygen_places_used", words="Places at HeyGen that are taken.",
        values=lambda known: {"": known.places_used},
    ),
    Shown(
        name="account_paused", words="1 while trouble of the HeyGen account holds up the queue.",
        values=lambda known: {"": known.is_paused},
    ),
)  # fmt: skip


class Stock(Collector):
    """The newest figures that `read` brought. Until the first are there the gauges have no value."""

    def __init__(
        self,
        read: Callable[[], Coroutine[Any, Any, Figures]],
        *,
        places: int,
        steady: Callable[[], float],
        patience: float = PATIENCE_SECONDS,
    ) -> None:
        self._read = read
        self._places = places
        self._steady = steady
        self._patience = patience
        self._known: Figures | None = None
        self._read_at = 0.0
        self._reading: asyncio.Task[Figures] | None = None

    async def refresh(self) -> None:
        """Reads the figures anew unless they are fresh; all who ask at once share one reading."""
        if self._known is not None and self._steady() - self._read_at < FRESH_SECONDS:
            return
        if self._reading is None:
            self._reading = asyncio.create_task(self._read(), name="figures")
            self._reading.add_done_callback(self._keep)
        await asyncio.wait([self._reading], timeout=self._patience)

    async def close(self) -> None:
        """Ends a reading under way."""
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.wait([self._reading])

    def _keep(self, reading: asyncio.Task[Figures]) -> None:
        self._reading = None
        if reading.cancelled():
            return
        error = reading.exception()
        if error is not None:
            logger.warning("The figures could not be read: %s", type(error).__name__, extra={"action": "figures"})
            return
        self._known, self._read_at = reading.result(), self._steady()

    def collect(self) -> Iterator[Metric]:
        """Every gauge there is, and how old what they show is."""
        known = self._known
        for shown in GAUGES:
            yield _gauge(shown, known)
        asked = CounterMetricFamily("heygen_slack_asked_in_doubt", "Questions about a call that may have happened.")
        age = GaugeMetricFamily("heygen_slack_figures_age_seconds", "How old what the database told is.")
        if known is not None:
            asked.add_metric([], known.asked_in_doubt)
            age.add_metric([], self._steady() - self._read_at)
        yield from (asked, age)
        yield GaugeMetricFamily("heygen_slack_heygen_places", "Places at HeyGen there are.", value=self._places)


def _gauge(shown: Shown, known: Figures | None) -> Metric:
    gauge = GaugeMetricFamily(f"heygen_slack_{shown.name}", shown.words, labels=[shown.label] if shown.label else [])
    for word, value in sorted(shown.values(known).items() if known is not None else ()):
        gauge.add_metric([word] if shown.label else [], value)
    return gauge
