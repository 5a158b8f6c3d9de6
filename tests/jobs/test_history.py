"""HeyGen's history of its events: what moved meanwhile is looked at before the rest."""

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from bot.heygen.client import HeyGenClient
from bot.jobs.history import PAGES, History
from storage import arrivals, jobs
from storage.database import Transaction
from storage.records import Job
from tests.jobs.desk import Desk


class Past:
    """HeyGen's history, newest first, a hundred at a time; or an answer that is none."""

    def __init__(self, *events: dict[str, Any], status: int = 200) -> None:
        self._events = events
        self._status = status
        self.asked = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked += 1
        if self._status != 200:
            return httpx.Response(self._status, json={"error": {"code": "", "message": "no"}})
        start = int(request.url.params.get("token", 0))
        page, rest = self._events[start : start + 100], len(self._events) > start + 100
        return httpx.Response(200, json={"data": page, "has_more": rest, "next_token": f"{start + 100}"})

    async def read(self, desk: Desk) -> None:
        async with httpx.AsyncClient(transport=httpx.MockTransport(self)) as http:
            client = HeyGenClient(http, api_key="k", base_url="https://heygen.test")
            await History(client, desk.engine).read(desk.now - 3600)


def event(desk: Desk, name: str, *, ago: float, **ids: str) -> dict[str, Any]:
    at = datetime.fromtimestamp(desk.now - ago, UTC).isoformat()
    return {"event_id": name, "event_type": "video_agent.success", "event_data": ids, "created_at": at}


async def generating(desk: Desk, count: int) -> list[Job]:
    """Jobs at HeyGen, looked at much later."""
    made = [await desk.submitted(await desk.ask(), session_id=f"s{number}") for number in range(1, count + 1)]

    def later(tx: Transaction) -> None:
        for job in made:
            jobs.change_job(tx, job.id, look_at=desk.now + 300)

    await desk.database.write(later)
    return made


async def due(desk: Desk) -> list[str | None]:
    """The sessions to be looked at now, in turn."""
    looked = []
    while claimed := await desk.database.write(lambda tx: jobs.claim_looks(tx, "me", desk.now, 1)):
        looked += [job.session_id for job in claimed]
    return looked


async def test_what_moved_is_due_since_then(desk: Desk) -> None:
    """So it is looked at before all that is merely due now; what is older than the gap is left alone."""
    await generating(desk, 4)
    await desk.database.write(lambda tx: jobs.nudge(tx, desk.now, session_id="s4"))
    past = Past(
        event(desk, "c", ago=60, session_id="s1"),
        event(desk, "b", ago=1800, session_id="s2"),
        event(desk, "a", ago=7200, session_id="s3"),
    )
    await past.read(desk)
    assert await due(desk) == ["s2", "s1", "s4"]


async def test_an_event_whose_webhook_came_is_known(desk: Desk) -> None:
    """And the other way round: a webhook that comes late makes nothing due again."""
    await generating(desk, 1)
    assert await desk.engine.nudged("webhook:b", session_id="s1")
    assert await due(desk) == ["s1"]
    await Past(event(desk, "c", ago=60, session_id="s9"), event(desk, "b", ago=60, session_id="s1")).read(desk)
    [job] = await desk.database.read(lambda tx: jobs.all_jobs(tx, limit=9))
    assert job.nudges == 1
    assert not await desk.engine.nudged("webhook:c", session_id="s1")


async def test_the_history_is_read_page_by_page_and_not_for_ever(desk: Desk) -> None:
    """To the first page that reaches back far enough; a busy account's is read in part."""
    few = Past(*(event(desk, f"a{number}", ago=number) for number in range(150)))
    await few.read(desk)
    assert few.asked == 2
    assert await desk.database.read(lambda tx: arrivals.has_arrived(tx, "webhook:a149"))
    old = Past(*(event(desk, f"b{number}", ago=3000 + 10 * number) for number in range(250)))
    await old.read(desk)
    assert old.asked == 1
    many = Past(*({"event_id": f"c{number}", "event_data": {}} for number in range(100 * PAGES + 1)))
    await many.read(desk)
    assert many.asked == PAGES


@pytest.mark.parametrize("status", [403, 404, 400])
async def test_an_account_without_a_history_is_no_trouble(
    desk: Desk, caplog: pytest.LogCaptureFixture, status: int
) -> None:
    """One line in the log; polling finds everything anyway."""
    past = Past(status=status)
    with caplog.at_level("INFO"):
        await past.read(desk)
    assert past.asked == 1
    assert len([record for record in caplog.records if record.getMessage().startswith("HeyGen")]) == 1
