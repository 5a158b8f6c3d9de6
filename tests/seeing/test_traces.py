"""The spans of a job: where they hang, what they say, and what they keep to themselves."""

from dataclasses import replace

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from bot.jobs.outcomes import AgainAt, Done, Outcome, Refused, Unknown
from bot.seeing.traces import Traces, attributes_of, root_of
from storage.records import Brief, Job, JobState
from tests.seeing.test_metrics import POST, SENTENCE

JOB = Job(
    id="j1", request_id="r1", thread_id="t1", enterprise_id=None, workspace_id="T1", channel_id="C1", requester_id="U1",
    kind="agent", version=2, state=JobState.GENERATING, brief=Brief(prompt=SENTENCE), created_at=1_000.0,
)  # fmt: skip
NOW = 1_010.0


class Stand:
    """Traces whose spans the test reads."""

    def __init__(self) -> None:
        self.exporter = InMemorySpanExporter()
        self.traces = Traces(self.exporter, clock=lambda: NOW, instance="one", release="0.2.0")

    async def spans(self) -> list[ReadableSpan]:
        """What was sent, once all of it is."""
        await self.traces.close()
        return list(self.exporter.get_finished_spans())


def test_a_trace_is_known_by_the_job_alone() -> None:
    """The same job gives the same trace everywhere and always; another job another one."""
    assert root_of("j1") == root_of("j1")
    assert root_of("j1").trace_id != root_of("j2").trace_id
    assert root_of("j1").is_valid
    assert f"{root_of('j1').trace_id:032x}" == "f85b593f18bdccff0c69dcd95c21e522"


async def test_two_replicas_make_one_trace() -> None:
    """What one replica begins another goes on with: all spans hang on the one that began."""
    one, other = Stand(), Stand()
    one.traces.began(JOB)
    other.traces.looked(JOB, "seen", 0.5)
    [request], [look] = await one.spans(), await other.spans()

    assert request.context is not None
    assert look.context is not None
    assert look.parent is not None
    assert request.parent is None
    assert request.context.trace_id == look.context.trace_id == root_of("j1").trace_id
    assert request.context.span_id == look.parent.span_id == root_of("j1").span_id
    assert look.context.span_id != request.context.span_id


async def test_spans_cover_the_time_they_speak_of() -> None:
    """The request begins when the job was made; a try and a look as many seconds ago as they took."""
    stand = Stand()
    stand.traces.began(JOB)
    stand.traces.looked(JOB, "unanswered", 2.5)
    stand.traces.tried(replace(POST, created_at=1_004.0), Done({"ts": "1.1"}), 1.5)
    spans = {span.name: span for span in await stand.spans()}
    covered = {name: (span.start_time, span.end_time) for name, span in spans.items()}

    assert covered == {
        "request": (1_000_000_000_000, 1_010_000_000_000),
        "look": (1_007_500_000_000, 1_010_000_000_000),
        "slack say post": (1_008_500_000_000, 1_010_000_000_000),
        "delivered": (1_004_000_000_000, 1_010_000_000_000),
    }


@pytest.mark.parametrize(
    ("what", "end"), [("result", "completed"), ("failure", "failed"), ("closing", "cancelled"), ("question", None)]
)
async def test_the_delivery_says_how_the_job_ended(what: str, end: str | None) -> None:
    """The post that shows people the end makes a span of its own; another post, or one that failed, does not."""
    stand = Stand()
    stand.traces.tried(replace(POST, payload={"what": what}), AgainAt(NOW, "ratelimited"), 0.1)
    stand.traces.tried(replace(POST, payload={"what": what}), Done({"ts": "1.1"}), 0.1)
    ends = [span.attributes for span in await stand.spans() if span.name == "delivered"]

    assert [told["job.end"] for told in ends if told] == ([] if end is None else [end])


async def test_what_is_no_jobs_is_in_no_trace() -> None:
    """An edit belongs to a thread."""
    stand = Stand()
    stand.traces.tried(replace(POST, kind="edit", step="edit", job_id=None), Done(), 0.1)

    assert await stand.spans() == []


@pytest.mark.parametrize(
    ("outcome", "reason"),
    [
        (Refused("not_in_channel", SENTENCE), "not_in_channel"),
        (Refused(SENTENCE), None),
        (AgainAt(5.0, SENTENCE, evidence={"said": SENTENCE}), None),
        (Unknown(at=5.0, reason="TimeoutError"), "TimeoutError"),
        (Done({"said": SENTENCE}), None),
    ],
)
def test_a_span_holds_codes_and_no_sentence(outcome: Outcome, reason: str | None) -> None:
    """What a try showed is told by words of ours and machine codes; what somebody wrote is not."""
    told = attributes_of(replace(POST, payload={"what": "result", "text": SENTENCE}), outcome)

    assert told.get("effect.reason") == reason
    assert SENTENCE not in map(str, told.values())


async def test_a_refusal_is_marked_as_an_error() -> None:
    """So that a viewer shows it red; a retry is none."""
    stand = Stand()
    stand.traces.tried(POST, Refused("is_archived"), 0.1)
    stand.traces.tried(POST, AgainAt(NOW, "ratelimited"), 0.1)

    assert [span.status.is_ok for span in await stand.spans()] == [False, True]
