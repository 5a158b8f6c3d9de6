"""What runs at every tick, command or event costs the same after 20,000 jobs as after twenty."""

import inspect
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, create_engine

from bot.jobs.outbox import PACE
from storage import (
    arrivals,
    effects,
    figures,
    hearing,
    instances,
    jobs,
    looks,
    pace,
    preferences,
    receipts,
    threads,
)  # fmt: skip
from storage.database import Transaction
from storage.records import QuestionState, Reply, ReplyState, Request
from storage.schema import migrate

MANY = 20_000
OPEN = 20  # jobs under way, the newest ones
STEPS = 10_000  # of SQLite's own machine: a look at every one of many rows takes six times as many
EVERY = 50  # steps from one count to the next
NOW = 2_000_000.0

FILL = (
    """INSERT INTO threads (id, workspace_id, channel_id, is_im, root_ts, card_ts, session_id, created_at)
       SELECT 't' || n, 'T1', 'C' || (n % 20), 0, n || '.1', n || '.2', 's' || n, n FROM numbers""",
    """INSERT INTO requests (id, key, thread_id, requester_id, kind, created_at)
       SELECT 'r' || n, 'trigger:' || n, 't' || n, 'U' || (n % 50), 'agent', n FROM numbers""",
    f"""INSERT INTO jobs (id, request_id, thread_id, workspace_id, channel_id, requester_id, kind, version, state,
         brief, session_id, video_id, callback_id, callback_token, seen_video_ids, asked_words, looks, nudges,
         lost_looks, empty_looks, failed_looks, slow_told, created_at, submitted_at, finished_at, look_at)
       SELECT 'j' || n, 'r' || n, 't' || n, 'T1', 'C' || (n % 20), 'U' || (n % 50), 'agent', 1,
         CASE WHEN n <= {MANY - OPEN} THEN 'completed' WHEN n % 2 THEN 'generating' ELSE 'queued' END,
         '{{"prompt": "p"}}', 's' || n, 'v' || n, 'c' || n, 'k' || n, '[]', '[]', 1, 0, 0, 0, 0, 0, n, n, n + 9,
         CASE WHEN n > {MANY - OPEN} THEN n END FROM numbers""",
    f"""INSERT INTO effects (key, side, kind, order_key, lane, priority, workspace_id, channel_id, thread_id, job_id,
         step, state, payload, evidence, wanted, attempts, due_at, created_at, patient_from)
       SELECT kind || ':' || n, side, kind, 'thread:t' || n, lane || n, 10, 'T1', 'C' || (n % 20), 't' || n, 'j' || n,
         'post', CASE WHEN n <= {MANY - OPEN} THEN 'done' ELSE 'pending' END, '{{}}', '{{}}', 1, 1, n, n, n
       FROM numbers JOIN (SELECT 'card' AS kind, 'slack' AS side, 'chat.postMessage|' AS lane
         UNION SELECT 'submit', 'heygen', 'heygen|' UNION SELECT 'say', 'slack', 'chat.postMessage|')""",
    """INSERT INTO replies (id, key, thread_id, user_id, ts, text, files, state, created_at)
       SELECT 'w' || n, 'message:' || n, 't' || n, 'U1', n || '.3', 'words', '[]', 'joined', n FROM numbers""",
    f"""INSERT INTO questions (id, thread_id, job_id, number, kind, text, options, resource_ids, state, asked_at,
         remind_at, close_at)
       SELECT 'q' || n, 't' || n, 'j' || n, 1, 'agent', 'Which?', '[]', '[]',
         CASE WHEN n <= {MANY - OPEN} THEN 'answered' ELSE 'open' END, n, n, n FROM numbers""",
    "INSERT INTO arrivals (key, received_at) SELECT 'message:' || n, n FROM numbers",
    "INSERT INTO activity (thread_id, user_id, at) SELECT 't' || n, 'U1', n FROM numbers",
)

# Run at a start, once an hour, after the clock was set or Slack was lost, or from the command line.
SELDOM = {
    "effects.free_claims", "effects.set_back", "effects.be_patient", "jobs.free_claims", "jobs.set_back",
    "jobs.held_since", "jobs.all_jobs", "threads.set_back", "arrivals.forget_arrivals", "instances.join",
    "instances.leave", "hearing.free_turn", "hearing.threads_to_read", "hearing.dms_to_read",
    "hearing.channels_to_enter", "arrivals.try_to_write", "effects.let_through", "effects.give_back", "jobs.give_back",
    "jobs.watch_longer", "threads.wait_longer", "arrivals.shift",
}  # fmt: skip
OLD, NEW = "1234", str(MANY - 1)
ROW: dict[str, Any] = {
    "key": "say:new", "side": "slack", "kind": "say", "order_key": "thread:t1", "lane": "chat.postMessage|T1|C1",
    "priority": 10, "workspace_id": "T1", "channel_id": "C1", "thread_id": "t1", "job_id": "j1", "step": "post",
    "state": "pending", "payload": {}, "evidence": {}, "wanted": 1, "attempts": 0, "due_at": NOW, "created_at": NOW,
    "patient_from": NOW, "wider_lane": "posts|T1",
}  # fmt: skip

Call = Callable[[Transaction], object]


def calls() -> dict[str, Call]:
    """Every function of storage that runs often, called as the program calls it."""
    return {
        "jobs.add_job": lambda tx: jobs.add_job(tx, replace(_job(tx, OLD), **_FRESH_JOB)),
        "jobs.job": lambda tx: _job(tx, OLD),
        "jobs.jobs_of_thread": lambda tx: jobs.jobs_of_thread(tx, f"t{OLD}"),
        "jobs.open_job": lambda tx: jobs.open_job(tx, f"t{NEW}"),
        "jobs.change_job": lambda tx: jobs.change_job(tx, f"j{OLD}", progress=5),
        "jobs.recent_jobs": lambda tx: (
            jobs.recent_jobs(tx, "T1", requester_id="U1", channel_id=None, limit=10),
            jobs.recent_jobs(tx, "T1", requester_id=None, channel_id="C1", limit=10),
            jobs.recent_jobs(tx, "T1", requester_id="U1", channel_id="C1", limit=10),
            jobs.recent_jobs(tx, "T1", requester_id="U1", channel_id="Cnowhere", limit=10),
            jobs.recent_jobs(tx, "T1", requester_id=None, channel_id="Cnowhere", limit=10),
        ),
        "jobs.open_jobs": lambda tx: (
            jobs.open_jobs(tx, "T1", requester_id=None, channel_id="C1", limit=10),
            jobs.open_jobs(tx, "T1", requester_id="U1", channel_id="C1", limit=10),
        ),
        "jobs.next_queued": lambda tx: jobs.next_queued(tx, kind="agent", among=8),
        "jobs.slots_used": jobs.slots_used,
        "jobs.place_in_queue": lambda tx: jobs.place_in_queue(tx, _job(tx, NEW)),
        "jobs.places_in_queue": lambda tx: jobs.places_in_queue(tx, kind="agent"),
        "jobs.is_any_queued": jobs.is_any_queued,
        "jobs.is_there_a_line": lambda tx: jobs.is_there_a_line(tx, kind="agent", places=8),
        "jobs.queue_length": jobs.queue_length,
        "jobs.queued_threads": lambda tx: jobs.queued_threads(tx, 10),
        "jobs.submitting_threads": lambda tx: jobs.submitting_threads(tx, 10),
        "jobs.claim_looks": lambda tx: jobs.claim_looks(tx, "me", NOW, 5),
        "jobs.release_look": lambda tx: jobs.release_look(tx, _job(tx, NEW), NOW),
        "looks.claim_along": lambda tx: looks.claim_along(tx, "me", kind="agent", limit=5),
        "looks.let_go": lambda tx: looks.let_go(tx, [_job(tx, NEW)]),
        "looks.leave": lambda tx: looks.leave(tx, _job(tx, NEW), NOW),
        "looks.seen": lambda tx: looks.seen(tx, [(_job(tx, NEW), NOW)]),
        "looks.not_seen": lambda tx: looks.not_seen(tx, [(_job(tx, NEW), NOW)]),
        "looks.put_off": lambda tx: looks.put_off(tx, [(_job(tx, NEW), NOW)]),
        "looks.still_held": lambda tx: looks.still_held(tx, [_job(tx, NEW)]),
        "looks.look_alone": lambda tx: looks.look_alone(tx, [_job(tx, NEW)], NOW),
        "looks.stale_threads": lambda tx: looks.stale_threads(
            tx, [_job(tx, NEW)], NOW, unplanned_before=NOW, urgent=30
        ),
        "jobs.owner_of_video": lambda tx: jobs.owner_of_video(tx, f"v{OLD}"),
        "jobs.next_look": jobs.next_look,
        "jobs.nudge": lambda tx: jobs.nudge(
            tx, NOW, session_id=f"s{NEW}", video_id=f"v{NEW}", callback_id=f"c{NEW}", callback_token=f"k{NEW}"
        ),
        "jobs.jobs_with_callback": lambda tx: jobs.jobs_with_callback(tx, f"c{OLD}", f"k{OLD}"),
        "jobs.sessions_bound": lambda tx: jobs.sessions_bound(tx, [f"s{number}" for number in range(50)]),
        "jobs.other_creates": lambda tx: jobs.other_creates(tx, _job(tx, NEW)),
        "jobs.usual_seconds": jobs.usual_seconds,
        "jobs.being_made": lambda tx: jobs.being_made(tx, "T1"),
        "jobs.account": jobs.account,
        "jobs.lock_account": jobs.lock_account,
        "jobs.threads_named": lambda tx: jobs.threads_named(
            tx, session_id=f"s{OLD}", video_id=f"v{OLD}", callback_id=f"c{OLD}", callback_token=f"k{OLD}"
        ),
        "threads.lock": lambda tx: threads.lock(tx, f"t{OLD}"),
        "threads.lock_of_job": lambda tx: threads.lock_of_job(tx, f"j{OLD}"),
        "threads.lock_of_question": lambda tx: threads.lock_of_question(tx, f"q{OLD}"),
        "threads.lock_of_reply": lambda tx: threads.lock_of_reply(tx, f"message:{OLD}"),
        "threads.lock_if_free": lambda tx: threads.lock_if_free(tx, f"t{OLD}"),
        "jobs.change_account": lambda tx: jobs.change_account(tx, told=True),
        "effects.record": lambda tx: effects.record(tx, ROW),
        "effects.record_again": lambda tx: effects.record_again(tx, {**ROW, "key": f"say:{OLD}"}),
        "effects.record_anew": lambda tx: effects.record_anew(tx, {**ROW, "key": f"card:{OLD}"}),
        "effects.effect": lambda tx: effects.effect(tx, f"say:{OLD}"),
        "effects.is_open": lambda tx: effects.is_open(tx, f"say:{OLD}"),
        "effects.is_card_on_its_way": lambda tx: effects.is_card_on_its_way(tx, "T1", "C1"),
        "effects.effects_of_job": lambda tx: effects.effects_of_job(tx, f"j{OLD}"),
        "effects.claim": lambda tx: effects.claim(tx, "me", NOW, side="slack", limit=5, pace=PACE),
        "effects.pause_lane": lambda tx: effects.pause_lane(tx, "chat.update|T1", NOW),
        "effects.settle": lambda tx: effects.settle(tx, _effect(tx), "me", NOW, state="done"),
        "effects.still_ours": lambda tx: effects.still_ours(tx, _effect(tx), "me"),
        "effects.as_it_is": lambda tx: effects.as_it_is(tx, _effect(tx)),
        "effects.drop": lambda tx: effects.drop(tx, f"j{NEW}", {"say", "submit"}, NOW),
        "effects.has_later": lambda tx: effects.has_later(tx, _effect(tx)),
        "effects.give_up": lambda tx: effects.give_up(tx, f"j{NEW}", "submit", NOW),
        "effects.drop_tried": lambda tx: effects.drop_tried(tx, _effect(tx), NOW, in_doubt=True),
        "effects.drop_key": lambda tx: effects.drop_key(tx, f"say:{NEW}", NOW),
        "effects.change_effect": lambda tx: effects.change_effect(tx, f"say:{OLD}", due_at=NOW),
        "pace.free_at": lambda tx: pace.free_at(tx, "heygen"),
        "pace.hold": lambda tx: pace.hold(tx, "heygen|looks"),
        "pace.spend": lambda tx: pace.spend(tx, "heygen|looks", NOW, calls=3, interval=0.1, burst=5),
        "effects.next_due": lambda tx: effects.next_due(tx, side="slack"),
        "effects.oldest_due": lambda tx: effects.oldest_due(tx, NOW, side="slack"),
        "effects.hint": lambda tx: effects.hint(tx, f"j{OLD}", "s", NOW),
        "effects.redirect": lambda tx: effects.redirect(
            tx, threads.thread(tx, f"t{NEW}"), NOW, lane="chat.postMessage|T1|D1"
        ),
        "threads.add_thread": lambda tx: threads.add_thread(
            tx, replace(threads.thread(tx, f"t{OLD}"), id="new", root_ts="0.1", session_id="new")
        ),
        "threads.thread": lambda tx: threads.thread(tx, f"t{OLD}"),
        "threads.thread_at": lambda tx: threads.thread_at(tx, "T1", "C1", f"{OLD}.1"),
        "threads.thread_with": lambda tx: threads.thread_with(tx, "T1", "C14", f"{OLD}.2"),
        "threads.change_thread": lambda tx: threads.change_thread(tx, f"t{OLD}", edited_at=NOW),
        "threads.due_threads": lambda tx: threads.due_threads(tx, NOW, 8),
        "threads.put_off": lambda tx: threads.put_off(tx, f"t{NEW}", NOW, NOW + 60),
        "threads.next_gathering": threads.next_gathering,
        "threads.held_threads": lambda tx: threads.held_threads(tx, "T1", "C1", "invite"),
        "threads.add_request": lambda tx: threads.add_request(
            tx, Request(id="new", key="new", thread_id="t1", requester_id="U1", kind="agent", created_at=NOW)
        ),
        "threads.request_by_key": lambda tx: threads.request_by_key(tx, f"trigger:{OLD}"),
        "threads.first_request": lambda tx: threads.first_request(tx, f"t{OLD}"),
        "threads.add_reply": lambda tx: threads.add_reply(tx, _reply()),
        "threads.waiting_replies": lambda tx: threads.waiting_replies(tx, f"t{OLD}"),
        "threads.join_replies": lambda tx: threads.join_replies(tx, [f"w{OLD}"], f"j{OLD}"),
        "threads.reword_reply": lambda tx: threads.reword_reply(tx, f"reply:{OLD}", "words"),
        "threads.withdraw_reply": lambda tx: threads.withdraw_reply(tx, f"reply:{OLD}"),
        "threads.add_question": lambda tx: threads.add_question(
            tx, replace(_question(tx, OLD), id="new", number=2, state=QuestionState.CLOSED)
        ),
        "threads.question": lambda tx: _question(tx, OLD),
        "threads.open_question": lambda tx: threads.open_question(tx, f"j{NEW}"),
        "threads.questions_of_job": lambda tx: threads.questions_of_job(tx, f"j{OLD}"),
        "threads.settle_question": lambda tx: threads.settle_question(tx, f"q{NEW}", QuestionState.CLOSED),
        "threads.change_question": lambda tx: threads.change_question(tx, f"q{OLD}", message_ts="1.1"),
        "threads.questions_due": lambda tx: threads.questions_due(tx, f"t{NEW}", NOW),
        "threads.next_reminder": threads.next_reminder,
        "instances.beat": lambda tx: instances.beat(tx, "i", release="0.2", now=NOW),
        "instances.last_seen": instances.last_seen,
        "instances.remove_dead": lambda tx: instances.remove_dead(tx, now=NOW, dead_after=20.0),
        "instances.claims_of": lambda tx: instances.claims_of(tx, "i"),
        "instances.free": lambda tx: instances.free(tx, "i", effect_ids={1}, job_ids={f"j{OLD}"}, now=NOW),
        "hearing.heard_until": hearing.heard_until,
        "hearing.go_on_hearing": lambda tx: hearing.go_on_hearing(tx, NOW, since=0.0),
        "hearing.take_turn": lambda tx: hearing.take_turn(tx, "me", NOW, NOW + 1),
        "hearing.caught_up": lambda tx: hearing.caught_up(tx, "me", NOW),
        "arrivals.has_arrived": lambda tx: arrivals.has_arrived(tx, f"message:{OLD}"),
        "arrivals.first_time": lambda tx: arrivals.first_time(tx, "new", NOW),
        "arrivals.is_member": lambda tx: arrivals.is_member(tx, "T1", "C1"),
        "arrivals.note_member": lambda tx: arrivals.note_member(tx, "T1", "C1", NOW),
        "arrivals.note_absent": lambda tx: arrivals.note_absent(tx, "T1", "C1", looked_at=NOW),
        "arrivals.note_activity": lambda tx: arrivals.note_activity(tx, f"t{OLD}", "U1", NOW),
        "arrivals.last_activity": lambda tx: arrivals.last_activity(tx, f"t{OLD}", "U1"),
        "arrivals.forget_channel": lambda tx: arrivals.forget_channel(tx, "T1", "C1"),
        "figures.figures": lambda tx: figures.figures(tx, NOW),
        "preferences.preference": lambda tx: preferences.preference(tx, "T1", "U1"),
        "receipts.receipt": lambda tx: receipts.receipt(tx, f"j{OLD}"),
        "preferences.set_preference": lambda tx: preferences.set_preference(tx, "T1", "U1", voice_id="v"),
    }


_FRESH_JOB: dict[str, Any] = {
    "id": "new", "session_id": None, "video_id": None, "callback_id": None, "callback_token": None
}  # fmt: skip


def _job(tx: Transaction, number: str) -> Any:
    return jobs.job(tx, f"j{number}")


def _effect(tx: Transaction) -> Any:
    return effects.effect(tx, f"say:{NEW}")


def _question(tx: Transaction, number: str) -> Any:
    return threads.question(tx, f"q{number}")


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    """A database after 20,000 jobs."""
    file: Path = tmp_path_factory.mktemp("grown") / "jobs.db"
    migrate(f"sqlite:///{file}")
    with sqlite3.connect(file) as connection:
        connection.execute("CREATE TEMP TABLE numbers (n INTEGER PRIMARY KEY)")
        connection.executemany("INSERT INTO numbers VALUES (?)", ((number,) for number in range(1, MANY + 1)))
        for statement in FILL:
            connection.execute(statement)
    connection.close()
    engine = create_engine(f"sqlite:///{file}")
    with engine.connect() as opened:
        yield opened
    engine.dispose()


def test_every_function_of_storage_is_weighed_or_seldom() -> None:
    """A new query has to say here how it is called, or that it runs seldom."""
    there = {
        f"{module.__name__.removeprefix('storage.')}.{name}"
        for module in (
            jobs,
            looks,
            effects,
            pace,
            threads,
            arrivals,
            preferences,
            instances,
            receipts,
            figures,
            hearing,
        )
        for name, found in inspect.getmembers(module, inspect.isfunction)
        if found.__module__ == module.__name__ and not name.startswith("_")
    }
    assert there == set(calls()) | SELDOM
    assert not set(calls()) & SELDOM


@pytest.mark.parametrize("name", sorted(calls()))
def test_what_runs_often_does_not_grow_with_the_jobs(grown: Connection, name: str) -> None:
    """No query that runs often looks at all rows of a table that grows."""
    steps = steps_of(grown, calls()[name])
    assert steps < STEPS, f"{name} took {steps} steps"


def steps_of(connection: Connection, call: Call) -> int:
    """How many steps SQLite takes for a call; what it changed is undone."""
    steps = 0

    def count() -> None:
        nonlocal steps
        steps += EVERY

    driver = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)
    driver.set_progress_handler(count, EVERY)
    try:
        call(connection)
    finally:
        driver.set_progress_handler(None, 0)
        connection.rollback()
    return steps


def _reply() -> Reply:
    return Reply(
        id="new", key="new", thread_id="t1", user_id="U1", ts="1.1", text="words", files=(), state=ReplyState.WAITING,
        job_id=None, created_at=NOW,
    )  # fmt: skip
