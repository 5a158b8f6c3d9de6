"""What this process has done, counted and timed for Prometheus. Labels are words of ours: no ids, no text.

docs/operate/seeing.md has a row for each metric.
"""

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector, disable_created_metrics
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest

from bot.jobs.outcomes import AgainAt, Done, Next, Outcome, Refused, Unknown
from storage.records import Effect, EffectState, Job

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4
CALL_SECONDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 150.0)  # HeyGen's creates may take half a minute
LAG_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 3.0)  # Slack takes an acknowledgement for three seconds
POSTS = {
    ("card", "post"): "card",
    ("say", "post"): "reply",
    ("dm", "post"): "dm",
    ("whisper", "post"): "whisper",
    ("whisper", "dm"): "whisper",
}


class Metrics:
    """The counters and histograms of one program, in a registry of their own."""

    def __init__(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # when a counter began is a time for each of them, which nobody watches
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._requests = self._counter("requests", "Jobs asked for.", "kind")
        self._effects = self._counter(
            "effects", "Tries of recorded calls, by what they showed.", "side", "kind", "step", "way", "outcome"
        )
        self._delivered = self._counter("delivered", "Files shared and messages posted.", "what")
        self._looks = self._counter("looks", "Looks at jobs at HeyGen.", "outcome")
        self._webhooks = self._counter("webhooks", "Events from HeyGen, by our answer.", "way", "answer")
        self._slack = self._histogram("slack_call_seconds", "Calls to Slack.", "method", "outcome")
        self._heygen = self._histogram("heygen_call_seconds", "Calls to HeyGen.", "call", "outcome")
        self._lag = self._histogram("loop_lag_seconds", "How late the event loop is.", buckets=LAG_SECONDS)

    def _counter(self, name: str, words: str, *labels: str) -> Counter:
        return Counter(f"heygen_slack_{name}", words, labels, registry=self.registry)

    def _histogram(self, name: str, words: str, *labels: str, buckets: tuple[float, ...] = CALL_SECONDS) -> Histogram:
        return Histogram(f"heygen_slack_{name}", words, labels, registry=self.registry, buckets=buckets)

    def began(self, job: Job) -> None:
        """A job was asked for."""
        self._requests.labels(job.kind).inc()

    def tried(self, tried: Effect, outcome: Outcome) -> None:
        """A recorded call was tried, or read back, and its outcome is stored."""
        way = "read_back" if tried.state is EffectState.UNKNOWN else "try"
        self._effects.labels(tried.side, tried.kind, tried.step, way, word_of(outcome)).inc()
        what = delivered(tried, outcome)
        if what is not None:
            self._delivered.labels(what).inc()

    def looked(self, outcome: str) -> None:
        """HeyGen was asked how a job is."""
        self._looks.labels(outcome).inc()

    def webhook(self, way: str, answer: str) -> None:
        """HeyGen told us something."""
        self._webhooks.labels(way, answer).inc()

    def slack_call(self, method: str, outcome: str, seconds: float) -> None:
        """Slack answered, or did not."""
        self._slack.labels(method, outcome).observe(seconds)

    def heygen_call(self, call: str, outcome: str, seconds: float) -> None:
        """HeyGen answered, or did not. `call` is the method with the template of the path."""
        self._heygen.labels(call, outcome).observe(seconds)

    def lagged(self, seconds: float) -> None:
        """The event loop was this late."""
        self._lag.observe(seconds)

    def text(self) -> bytes:
        """All of it as Prometheus reads it."""
        return generate_latest(self.registry)


def word_of(outcome: Outcome) -> str:
    """What a try showed, in a word."""
    match outcome:
        case Next():
            return "next"
        case Done():
            return "done"
        case AgainAt():
            return "again"
        case Unknown():
            return "unknown"
        case Refused():
            return "refused"


def delivered(tried: Effect, outcome: Outcome) -> str | None:
    """What people have now that they had not before; None when it is nothing."""
    if not isinstance(outcome, Done):
        return None
    if tried.kind == "upload":
        return str(tried.payload["what"])  # video, audio or storyboard
    nothing_to_say = tried.kind == "say" and outcome.evidence.get("ts") is None
    return None if nothing_to_say else POSTS.get((tried.kind, tried.step))
