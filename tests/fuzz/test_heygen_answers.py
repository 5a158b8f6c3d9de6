"""Answers of HeyGen's with something wrong: each is read or is one of our errors, and no job is moved by nonsense."""

from pathlib import Path
from random import Random
from typing import Any

import pytest

from bot.heygen.catalog import Catalog
from bot.heygen.client import HeyGenClient
from bot.heygen.errors import AnswerLost, BadRequest, HeyGenError, ServerTrouble
from bot.heygen.models import Account, Answer, Page
from bot.heygen.wire import LONGEST_REST_SECONDS
from bot.jobs.calls import FileUnread, HeyGenCalls
from bot.jobs.kinds import kinds_of
from bot.jobs.moment import Rules
from bot.jobs.observer import Observer
from storage import jobs
from storage.records import Job, JobState
from tests.fuzz.heygen_answers import Changed, client_of, recorded
from tests.fuzz.throwing import faults
from tests.jobs.desk import Desk

RULES = Rules(concurrency=100, poll_seconds=10.0, webhooks=False, admins=(), callback_base=None)
LIVES, ROUNDS, ROUND_SECONDS = 6, 12, 30.0


def read_all(found: Any) -> None:
    """Whatever the program reads of an answer can be read."""
    for one in found.items if isinstance(found, Page) else found if isinstance(found, tuple) else (found,):
        assert one is None or isinstance(one, Answer)
        one_line = repr(one).encode()
        assert b"\x00" not in one_line
        if isinstance(one, Account):
            assert all(abs(amount) < float("inf") for _, amount, _ in one.balances)
            assert one.reloads in (True, False)


@pytest.mark.parametrize(
    ("count", "seed"), [(300, 1), pytest.param(2_500, 2, marks=[pytest.mark.slow, pytest.mark.timeout(300)])]
)
async def test_a_changed_answer_is_read_or_is_an_error_of_ours(tmp_path: Path, count: int, seed: int) -> None:
    """Of whatever kind, size and status; no rest is longer than an hour."""
    known, random = await recorded(tmp_path), Random(seed)
    client, errors = client_of(Changed(known, seed=seed)), list[HeyGenError]()
    for _ in range(count):
        try:
            read_all(await random.choice(known.asks)(client))
        except HeyGenError as error:
            errors.append(error)
    assert {AnswerLost, ServerTrouble, BadRequest} <= {type(error) for error in errors}
    assert len(errors) < count, "nothing was read"
    assert all(0 <= (error.retry_after or 0) <= LONGEST_REST_SECONDS for error in errors)
    assert all(str(error).encode() for error in errors), "no error holds half a character"


@pytest.mark.parametrize(
    ("lives", "seed"), [(1, 3), pytest.param(LIVES, 4, marks=[pytest.mark.slow, pytest.mark.timeout(300)])]
)
async def test_changed_answers_move_no_job_by_nonsense(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, lives: int, seed: int
) -> None:
    """Jobs whose every second answer is changed end or go on; the one nobody answers for stays as it was."""
    known = await recorded(tmp_path / "heygen")
    desk = await Desk.open(tmp_path, concurrency=100)
    client = client_of(Changed(known, seed=seed, share=0.5))
    bystander = await desk.submitted(await desk.ask("Of somebody else", by="U2"), session_id="of somebody else")
    await desk.database.write(lambda tx: jobs.release_look(tx, bystander, None))
    before = await desk.job(bystander)
    for _ in range(lives):
        for number in range(LIVES):
            await desk.ask(f"A film {number}")
        await _live(desk, client)
    assert before == await desk.job(bystander)
    every = await desk.database.read(lambda tx: jobs.all_jobs(tx, limit=1000))
    assert {JobState.GENERATING, JobState.COMPLETED} <= {job.state for job in every}
    assert all(_is_sound(job) for job in every)
    await desk.database.close()
    assert sorted(set(faults(caplog.records))) == []


async def _live(desk: Desk, client: HeyGenClient) -> None:
    """Some rounds of what the program's loops do."""
    kinds = kinds_of(client, desk.database, rules=RULES, clock=lambda: desk.now)
    catalog = Catalog(client, clock=lambda: desk.now)
    calls = HeyGenCalls(
        desk.database, client, catalog, kinds, rules=RULES, clock=lambda: desk.now, open_file=_no_file
    )  # fmt: skip
    observer = Observer(
        desk.database, desk.engine, instance="desk", clock=lambda: desk.now,
        observe=lambda job: kinds[job.kind].observe(job),
        bulks={name: kind.bulk for name, kind in kinds.items() if kind.bulk},
    )  # fmt: skip
    for _ in range(ROUNDS):
        await desk.slack_works()
        await desk.tried(calls.perform, side="heygen")
        await observer.run_once()
        await observer.loop.drain(5.0)
        await catalog.refresh_all()
        desk.now += ROUND_SECONDS


def _no_file(*_: object) -> Any:
    raise FileUnread(NotImplemented)


def _is_sound(job: Job) -> bool:
    """What PostgreSQL would keep as SQLite does, and what a card can show."""
    return (
        len(job.session_id or "") <= 200
        and len(job.video_id or "") <= 200
        and len(job.phase or "") <= 80
        and len(job.failure_code or "") <= 120
        and (job.progress is None or 0 <= job.progress <= 100)
        and (job.duration_seconds is None or job.duration_seconds < 1e8)
    )
