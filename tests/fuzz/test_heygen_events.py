"""HeyGen's webhooks and callbacks with something wrong: no 500, no traceback, and a job is looked at, never moved."""

import hashlib
import hmac
import itertools
import json
import time
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.fuzz.bystanders import bystanders, unharmed
from tests.fuzz.mutations import WORDS, broken, dumped, mutated, values_of
from tests.fuzz.throwing import faults, post_all
from tests.journeys.world import ANA, GENERAL, WEBHOOK_SECRET, World, world

SIGNED_SHARE, BROKEN_SHARE, ODD_HEADER_SHARE = 0.7, 0.1, 0.3
TOKENS = ("guess", "0123456789abcdef", "%00", "%ED%A0%80", "%FF", "a" * 5_000, "..%2F..", "%F0%9F%9B%91", "a%20b")


async def events_of(made: World) -> list[dict[str, Any]]:
    """What HeyGen has told of one film, and of Ben's, whose ids anybody who holds the secret may name."""
    await made.video("A film", by=ANA, channel=GENERAL)
    await made.until(lambda made: made.heygen.deliveries)
    told = [delivery.body for delivery in made.heygen.deliveries]
    named = [{**told[0], "event_data": {**told[0]["event_data"], "session_id": name}} for name in made.heygen.sessions]
    return [*told, *named]


@pytest.mark.parametrize(
    ("count", "seed"), [(80, 1), pytest.param(1_500, 2, marks=[pytest.mark.slow, pytest.mark.timeout(300)])]
)
async def test_changed_webhooks_do_no_harm(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, count: int, seed: int
) -> None:
    """Signed and not, with headers as they please: 200 or 401, and Ben's jobs are where they were."""
    random, numbers = Random(seed), itertools.count()
    async with world(tmp_path, webhooks=True) as made:
        before = await bystanders(made)
        told = await events_of(made)
        pool = [value for one in told for value in values_of(one)]

        def event() -> tuple[bytes, dict[str, str]]:
            raw = dumped(mutated({**random.choice(told), "number": next(numbers)}, random, pool=pool))
            raw = broken(raw, random) if random.random() < BROKEN_SHARE else raw
            signature = hmac.new(WEBHOOK_SECRET.encode(), raw, hashlib.sha256).hexdigest()
            headers = {"Heygen-Signature": signature} if random.random() < SIGNED_SHARE else {}
            return raw, {**headers, **_odd_headers(random)}

        answered = await post_all(count, made, "/heygen/webhooks", event)
        assert set(answered) <= {200, 400, 401}, answered
        assert answered[200] > count / 5
        await unharmed(made, before)
    assert faults(caplog.records) == []


@pytest.mark.parametrize(
    ("count", "seed"), [(50, 3), pytest.param(500, 4, marks=[pytest.mark.slow, pytest.mark.timeout(300)])]
)
async def test_changed_callbacks_do_no_harm(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, count: int, seed: int
) -> None:
    """Whatever comes to whatever address is answered 200 or refused, and moves nothing."""
    random = Random(seed)
    async with world(tmp_path, webhooks=True) as made:
        before = await bystanders(made)
        told = await events_of(made)
        for token in TOKENS:

            def event() -> tuple[bytes, dict[str, str]]:
                return broken(json.dumps(random.choice(told)).encode(), random), _odd_headers(random)

            answered = await post_all(count // len(TOKENS), made, f"/heygen/callbacks/{token}", event)
            assert max(answered) < 500, (token[:20], answered)
        await unharmed(made, before)
    assert faults(caplog.records) == []


def _odd_headers(random: Random) -> dict[str, str]:
    """What a header can carry at all."""
    if random.random() >= ODD_HEADER_SHARE:
        return {}
    word = random.choice([word for word in WORDS if word.isprintable() and len(word) < 300])
    name = random.choice(("Heygen-Timestamp", "Heygen-Event-Id", "Heygen-Signature", "Content-Type", "X-Request-Id"))
    return {name: random.choice((word, str(time.time()), "0" * 64, "ü" * 20))}
