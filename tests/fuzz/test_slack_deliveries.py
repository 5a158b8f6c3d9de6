"""Deliveries of Slack's, over HTTP and by Socket Mode, with something wrong: no 500, no traceback, no job harmed."""

import json
from pathlib import Path

import pytest

from tests.fuzz.bystanders import bystanders, unharmed
from tests.fuzz.recorded import slack_deliveries
from tests.fuzz.throwing import Thrower, faults, post_all, some_at_once
from tests.journeys.world import world


@pytest.mark.parametrize(
    ("count", "seed"), [(150, 1), pytest.param(5_000, 2, marks=[pytest.mark.slow, pytest.mark.timeout(300)])]
)
async def test_changed_deliveries_over_http_do_no_harm(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, count: int, seed: int
) -> None:
    """Rightly signed and senseless: each is answered, none with a status of the five hundreds."""
    async with world(tmp_path, http=True, webhooks=True, HEYGEN_CONCURRENCY="3") as made:
        before = await bystanders(made)
        thrower = Thrower(await slack_deliveries(made), seed=seed)
        slack = made.slack.http
        assert slack is not None

        def signed() -> tuple[bytes, dict[str, str]]:
            body, content_type = thrower.body()
            return body, {"Content-Type": content_type, **slack.signature(body)}

        answered = await post_all(count, made, "/slack/events", signed)
        assert max(answered) < 500, answered
        assert answered[200] > count / 4, "most were refused before a listener saw them"
        await unharmed(made, before)
    assert faults(caplog.records) == []


@pytest.mark.parametrize(
    ("count", "seed"), [(60, 3), pytest.param(1_500, 4, marks=[pytest.mark.slow, pytest.mark.timeout(300)])]
)
async def test_changed_frames_of_socket_mode_do_no_harm(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, count: int, seed: int
) -> None:
    """What cannot be read is left unanswered, and the connection goes on to carry what can."""
    async with world(tmp_path, webhooks=True, HEYGEN_CONCURRENCY="3") as made:
        before = await bystanders(made)
        thrower = Thrower(await slack_deliveries(made), seed=seed)
        names = iter(range(count))

        async def say() -> None:
            kind, payload = thrower.payload()
            envelope = {"type": kind, "envelope_id": f"changed-{next(names)}", "payload": payload}
            await made.slack.say(json.dumps(envelope))

        await some_at_once(count, say)
        await unharmed(made, before)
        assert made.slack.connections >= 1
    assert faults(caplog.records) == []
