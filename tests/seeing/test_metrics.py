"""What is counted, and under which words."""

import re
from dataclasses import replace
from typing import Any

import pytest

from bot.jobs.outcomes import AgainAt, Done, Next, Outcome, Refused, Unknown
from bot.seeing.metrics import Metrics, delivered, word_of
from bot.seeing.pulse import Pulse
from storage.records import Effect, EffectState

POST = Effect(
    id=7, key="say:1", side="slack", kind="say", order_key=None, lane="chat.postMessage|T1|C1", priority=10,
    workspace_id="T1", channel_id="C1", thread_id="t1", job_id="j1", step="post", state=EffectState.PENDING,
    payload={"what": "result"}, evidence={}, wanted=1, attempts=1, attempted_at=1.0, due_at=1.0, reason=None,
    claimed_by="me", created_at=1.0, patient_from=1.0,
)  # fmt: skip
SENTENCE = "A secret film about Ana"
OUTCOMES: list[tuple[Outcome, str]] = [
    (Next("share", {"words": SENTENCE}), "next"),
    (Done({"ts": "1700000000.000100"}), "done"),
    (AgainAt(5.0, SENTENCE), "again"),
    (Unknown(at=5.0, reason=SENTENCE), "unknown"),
    (Refused("not_in_channel", SENTENCE), "refused"),
]


def value(metrics: Metrics, name: str, **labels: str) -> float | None:
    return metrics.registry.get_sample_value(f"heygen_slack_{name}", labels)


@pytest.mark.parametrize(("outcome", "word"), OUTCOMES)
def test_every_outcome_is_counted_by_a_word_of_ours(outcome: Outcome, word: str) -> None:
    """The outcome's kind is the label; what it says is not."""
    metrics = Metrics()

    metrics.tried(POST, outcome)

    labels = {"side": "slack", "kind": "say", "step": "post", "way": "try", "outcome": word}
    assert word_of(outcome) == word
    assert value(metrics, "effects_total", **labels) == 1
    assert "secret" not in metrics.text().decode()


def test_reading_back_is_told_from_trying() -> None:
    """A call in doubt that is looked for counts as a reading, so that tries are calls that were made."""
    metrics = Metrics()

    metrics.tried(replace(POST, state=EffectState.UNKNOWN), Done({"ts": "1.1"}))

    labels = {"side": "slack", "kind": "say", "step": "post", "way": "read_back", "outcome": "done"}
    assert value(metrics, "effects_total", **labels) == 1
    assert value(metrics, "delivered_total", what="reply") == 1


@pytest.mark.parametrize(
    ("changed", "outcome", "what"),
    [
        ({"kind": "card"}, Done({"ts": "1.1"}), "card"),
        ({}, Done({"ts": "1.1"}), "reply"),
        ({}, Done({"ts": None}), None),
        ({}, Refused("channel_not_found"), None),
        ({"kind": "dm"}, Done({"ts": "1.1"}), "dm"),
        ({"kind": "dm", "step": "open"}, Done(), None),
        ({"kind": "whisper"}, Done(), "whisper"),
        ({"kind": "whisper", "step": "dm"}, Done({"ts": "1.1"}), "whisper"),
        ({"kind": "upload", "step": "verify", "payload": {"what": "video"}}, Done({"file_id": "F1"}), "video"),
        ({"kind": "upload", "step": "share", "payload": {"what": "video"}}, Next("verify"), None),
        ({"kind": "edit", "step": "edit"}, Done(), None),
    ],
)
def test_only_what_people_have_now_is_delivered(changed: dict[str, Any], outcome: Outcome, what: str | None) -> None:
    """Files that are shared and messages that are posted; neither edits nor what nobody wanted."""
    assert delivered(replace(POST, **changed), outcome) == what


def test_calls_are_timed_by_what_came_of_them() -> None:
    """A histogram for each method and outcome."""
    metrics = Metrics()

    metrics.slack_call("chat.postMessage", "ok", 0.2)
    metrics.slack_call("chat.postMessage", "rate_limited", 0.01)
    metrics.heygen_call("GET /v3/videos/{}", "ok", 0.3)

    assert value(metrics, "slack_call_seconds_sum", method="chat.postMessage", outcome="ok") == 0.2
    assert value(metrics, "slack_call_seconds_bucket", method="chat.postMessage", outcome="ok", le="0.1") == 0
    assert value(metrics, "heygen_call_seconds_count", call="GET /v3/videos/{}", outcome="ok") == 1


def test_two_programs_in_one_process_count_for_themselves() -> None:
    """There is no registry of the module: what one counts the other does not show."""
    one, other = Metrics(), Metrics()

    one.webhook("webhook", "taken")

    assert value(one, "webhooks_total", way="webhook", answer="taken") == 1
    assert value(other, "webhooks_total", way="webhook", answer="taken") is None


def test_the_text_holds_no_birthdays() -> None:
    """Only what somebody watches: no series that tells when a counter began."""
    metrics = Metrics()
    metrics.webhook("webhook", "taken")

    assert not re.findall(r"^heygen_slack_\w+_created", metrics.text().decode(), flags=re.MULTILINE)


async def test_the_pulse_tells_how_late_it_was() -> None:
    """What lies between the second that was asked for and the time it came is the lag; the first time there is none."""
    lags: list[float] = []
    now = 50.0
    pulse = Pulse(clock=lambda: 1_000.0, steady=lambda: now, lagged=lags.append)

    assert await pulse.run_once() == 1_001.0
    now += 1.0
    await pulse.run_once()
    now += 3.25
    await pulse.run_once()

    assert lags == [0.0, 2.25]
